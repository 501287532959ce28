/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole contract between the core and an architecture: arch/x86 implements it for the machine,
 * tests/fake/arch_fake.c for the host-built core.
 */
#ifndef XENOLITH_ARCH_H
#define XENOLITH_ARCH_H

#include "arch_types.h" /* arch_this_cpu, and the architecture's part of the objects */
#include "p2m.h"
#include "types.h"

struct cpu;
struct domain;
struct msi_message;
struct vcpu;
struct vcpu_time_info;

/* --- CPUs --- */
void arch_relax(void);            /* in a spin loop */
void arch_kick_cpu(unsigned cpu); /* interrupt it, if it is not this one */
void arch_take_interrupts(void);  /* enable interrupts for a moment: handlers run, raising work */
void arch_idle(void);             /* halt until an interrupt, unless work is raised; interrupts handled on return */
stime_t arch_now(void);           /* ns since boot, the same on every CPU */
void arch_timer_program(stime_t deadline); /* this CPU's one-shot timer; STIME_NEVER: off */
void arch_host_shutdown(bool reboot) __noreturn; /* power off or restart the machine */
void arch_panic_dump(void);       /* registers, stack, vCPU, to the log */
void arch_panic_end(void) __noreturn;
void arch_console_write(const char *s, size_t len); /* raw bytes to the serial port */

/* --- memory --- */
void *mfn_to_virt(mfn_t mfn);     /* direct map */
mfn_t virt_to_mfn(const void *p);
void arch_clear_page(void *page);
void arch_copy_page(void *dst, const void *src);

/* --- nested page tables: entries at level 1 (4K), 2 (2M or table), 3 (1G or table), 4 --- */
uint64_t arch_p2m_encode(mfn_t mfn, enum p2m_type type, unsigned level); /* a leaf; type P2M_NONE gives 0 */
uint64_t arch_p2m_encode_table(mfn_t table, unsigned level); /* of the entry that points to it */
bool arch_p2m_is_table(uint64_t entry, unsigned level);
mfn_t arch_p2m_decode(uint64_t entry, enum p2m_type *ret_type); /* leaf; RETAINED entries are not present to hardware */
void arch_p2m_flush(struct domain *d); /* no CPU and no device uses old entries after this returns */
void arch_p2m_added(struct domain *d); /* entries that were absent are there: for who remembers absent ones */

/* --- domains and vCPUs --- */
int arch_domain_init(struct domain *d);
void arch_domain_destroy(struct domain *d);
int arch_vcpu_init(struct vcpu *v);
void arch_vcpu_destroy(struct vcpu *v);
void arch_vcpu_switch(struct vcpu *from, struct vcpu *to); /* this CPU: save FPU and state of from, load to */
void arch_vcpu_run(struct vcpu *v); /* enter the guest; return after its next exit has been handled */
void arch_vcpu_nmi(struct vcpu *v);
void arch_vcpu_init_signal(struct vcpu *v); /* INIT: stop, wait for SIPI */
void arch_vcpu_sipi(struct vcpu *v, uint8_t page); /* start in real mode at page << 12 if it waits */
/* PV clock: bring v's vcpu_time_info and the domain's wall clock up to date. */
void arch_update_time(struct vcpu *v);
void arch_update_wallclock(struct domain *d);
/* Deliver "an upcall is pending" by the domain's callback vector or the vCPU's own (called by event.c). */
void arch_event_upcall(struct vcpu *v);
void arch_set_callback_vector(struct domain *d, uint8_t vector); /* HVM_PARAM_CALLBACK_IRQ of type vector; 0: none */
/* Is there a reason for v, current, to go on from HLT, SCHEDOP_block or poll: NMI, INIT, or an interrupt it would take? */
bool arch_vcpu_has_event(struct vcpu *v);

/*
 * Guest-virtual to guest-physical by v's own page tables and mode (arch/x86/guest_walk.c). size bytes at va must not
 * cross a page. 0 and *ret_gpa, or -EFAULT and *ret_pfec (page-fault error code to inject).
 */
#define GUEST_WALK_WRITE (1u << 0)
#define GUEST_WALK_USER (1u << 1) /* as CPL 3 would */
#define GUEST_WALK_FETCH (1u << 2)
int arch_guest_walk(struct vcpu *v, guest_va_t va, unsigned access, gpaddr_t *ret_gpa, uint32_t *ret_pfec);
bool arch_guest_is_32bit(const struct vcpu *v); /* hypercalls of its present mode use the 32-bit layouts */

/* --- physical interrupts for dom0 --- */
/* Bind a machine GSI: deliver to vioapic_assert(d, gsi). level, active_low as the guest programmed. 0 or -errno. */
int arch_irq_bind(struct domain *d, uint32_t gsi, bool level, bool active_low);
void arch_irq_mask(uint32_t gsi);
void arch_irq_unmask(uint32_t gsi); /* also after EOI of a level interrupt */

/*
 * A message of a device of d: a handle or -ENOSPC. Once routed, the device is to send *ret_message; its interrupt goes to
 * the CPU and becomes vmsi_deliver(d, as). It may be routed again at any time: only the message's address changes.
 */
int arch_msi_alloc(void);
void arch_msi_route(int handle, struct domain *d, const struct msi_message *as, unsigned cpu,
                    struct msi_message *ret_message);
void arch_msi_free(int handle);

/* --- machine access for dom0 devices --- */
/* Device registers at any address, not across a page. Takes a lock of RANK_IRQ. */
uint64_t arch_mmio_read(paddr_t addr, unsigned size);
void arch_mmio_write(paddr_t addr, unsigned size, uint64_t value);
uint64_t arch_port_read(uint16_t port, unsigned size);
void arch_port_write(uint16_t port, unsigned size, uint64_t value);

#endif
