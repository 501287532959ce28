/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guests see as devices (device/): each model claims port and memory ranges of a domain through a const table.
 * Addresses that nobody claims: policy of the domain (dom0: the real thing, where allowed; guests: all ones).
 */
#ifndef XENOLITH_DEVICE_H
#define XENOLITH_DEVICE_H

#include "types.h"

struct domain;
struct vcpu;

struct io_req {
    uint64_t addr;  /* port or guest-physical address */
    uint64_t data;  /* written value, or where the read value goes (upper bytes zero) */
    uint8_t size;   /* 1, 2, 4 or 8 */
    bool write;
};

struct io_range {
    const char *name;
    uint64_t base, size;
    /* Is the range present for this vCPU now, and where (vlapic moves)? NULL: yes, at base. */
    bool (*match)(const struct vcpu *v, uint64_t addr);
    void (*handle)(struct vcpu *v, struct io_req *req); /* cannot fail: odd accesses read as ones or are dropped */
};

/* Find the model for this access and run it. False: nobody claims it. */
bool device_mmio(struct vcpu *v, struct io_req *req);
bool device_pio(struct vcpu *v, struct io_req *req);
/* Does any model of v's domain claim the byte (page) at addr? Used to build the I/O permission bitmap / p2m. */
bool device_claims_port(const struct domain *d, uint16_t port);
bool device_claims_page(const struct domain *d, gpaddr_t addr);
/* Is host RAM, an IOMMU or a page of a model in [start, end), whole pages? by_tables: the pages of MSI-X tables count, too. */
bool device_range_taken(const struct domain *d, gpaddr_t start, gpaddr_t end, bool by_tables);

int devices_domain_init(struct domain *d);
void devices_domain_destroy(struct domain *d);
int devices_vcpu_init(struct vcpu *v);
void devices_vcpu_destroy(struct vcpu *v);

/* --- vlapic.c: local APIC, xAPIC page and x2APIC MSRs --- */
/* APIC ID is 2 * vcpu_id. */
static inline uint32_t vlapic_id_of_vcpu(unsigned vcpu_id)
{
    return vcpu_id * 2;
}
void vlapic_reset(struct vcpu *v); /* power-up state; BSP flag by vcpu id 0 */
/*
 * Raise a vector; wakes v. Illegal vectors (< 16) are dropped. Level-triggered ones EOI to the IO-APIC. While the APIC is
 * disabled the vector waits: IPIs and pins ask vlapic_accepts first.
 */
void vlapic_raise(struct vcpu *v, uint8_t vector, bool level);
/* The vCPU's own upcall vector, if it has one; a disabled APIC does not take it, and when it is enabled looks again. */
void vlapic_raise_upcall(struct vcpu *v);
/* Highest vector that may be delivered now given PPR; -1: none. vlapic_accept moves it from IRR to ISR. */
int vlapic_pending(struct vcpu *v);
void vlapic_accept(struct vcpu *v, uint8_t vector);
/* Is there a vector that only TPR holds back? A lower CR8 lets it in. */
bool vlapic_held_by_tpr(const struct vcpu *v);
uint8_t vlapic_get_tpr(const struct vcpu *v); /* CR8 = TPR >> 4 */
void vlapic_set_tpr(struct vcpu *v, uint8_t tpr);
/* MSRs: IA32_APIC_BASE, x2APIC range 0x800-0x8ff, TSC deadline. 0 or -EPERM: inject #GP. */
int vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *ret_value);
int vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);
bool vlapic_x2apic_mode(const struct vcpu *v);
bool vlapic_enabled(const struct vcpu *v);
/* NMI, INIT and SIPI that IPIs asked for are handed to arch: arch_vcpu_nmi, arch_vcpu_init_signal, arch_vcpu_sipi. */

/* --- vioapic.c: dom0's IO-APICs, one for each real one; pins are bound to the machine's when unmasked --- */
void vioapic_set_line(struct domain *d, uint32_t gsi, bool level); /* a virtual device's line changed */
void vioapic_pulse(struct domain *d, uint32_t gsi);
void vioapic_eoi(struct domain *d, uint8_t vector);
/* A physical interrupt arrived for a bound pin (called by arch; the physical pin is masked if level-triggered). */
void vioapic_assert(struct domain *d, uint32_t gsi);
void vioapic_dump(struct domain *d);

/* --- vmsi.c: messages of dom0's devices --- */
struct msi_message {
    uint64_t address;
    uint32_t data;
};
/* A physical interrupt arrived that d's device was told to send as *message (called by arch). */
void vmsi_deliver(struct domain *d, const struct msi_message *message);

/* --- vpci.c --- */
/* dom0 has found (lost) a device of segment 0. 0, or -ENODEV: there is none (it was not known). */
int vpci_device_add(struct domain *d, uint16_t bdf);
int vpci_device_remove(struct domain *d, uint16_t bdf);
void vpci_dump(struct domain *d);

#endif
