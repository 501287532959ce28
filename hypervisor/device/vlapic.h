/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC model's inside, shared by its three files: vlapic.c (registers, priorities), vlapic_ipi.c
 * (destinations, interrupt commands), vlapic_timer.c. References: Intel SDM volume 3, chapter "APIC".
 */
#ifndef XENOLITH_VLAPIC_H
#define XENOLITH_VLAPIC_H

#include "device.h"
#include "lock.h"
#include "timer.h"
#include "vcpu.h"

#define APIC_DEFAULT_BASE 0xfee00000ULL
#define APIC_BASE_BSP (1ULL << 8)
#define APIC_BASE_EXTD (1ULL << 10)
#define APIC_BASE_EN (1ULL << 11)

#define MSR_APIC_BASE 0x1b
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC_FIRST 0x800
#define MSR_X2APIC_LAST 0x8ff

/* Register numbers: the page offset / 16, which is also the x2APIC MSR less 0x800. */
enum apic_reg_nr {
    APIC_ID = 0x02, APIC_VERSION = 0x03, APIC_TPR = 0x08, APIC_APR = 0x09, APIC_PPR = 0x0a, APIC_EOI = 0x0b,
    APIC_RRD = 0x0c, APIC_LDR = 0x0d, APIC_DFR = 0x0e, APIC_SVR = 0x0f, APIC_ISR = 0x10, APIC_TMR = 0x18,
    APIC_IRR = 0x20, APIC_ESR = 0x28, APIC_ICR = 0x30, APIC_ICR2 = 0x31, APIC_LVTT = 0x32, APIC_LVT_THERMAL = 0x33,
    APIC_LVT_PERF = 0x34, APIC_LVT_LINT0 = 0x35, APIC_LVT_LINT1 = 0x36, APIC_LVT_ERROR = 0x37, APIC_TMICT = 0x38,
    APIC_TMCCT = 0x39, APIC_TDCR = 0x3e, APIC_SELF_IPI = 0x3f, APIC_NR_REGS = 0x40,
};

#define APIC_VERSION_VALUE 0x00050014u /* 6 LVT entries, integrated APIC; what stock Xen shows */
#define APIC_SVR_ENABLE (1u << 8)
#define APIC_LVT_MASKED (1u << 16)
#define APIC_ESR_SEND_ILLEGAL (1u << 5)
#define APIC_ESR_RECV_ILLEGAL (1u << 6)
#define APIC_ESR_BAD_REGISTER (1u << 7)

enum apic_delivery {
    APIC_DM_FIXED, APIC_DM_LOWEST, APIC_DM_SMI, APIC_DM_RESERVED, APIC_DM_NMI, APIC_DM_INIT, APIC_DM_SIPI,
    APIC_DM_EXTINT,
};

/* An interrupt message on the (virtual) APIC bus. */
struct apic_msg {
    uint32_t dest;
    uint8_t vector;
    enum apic_delivery mode;
    bool level, logical;
    bool wide; /* dest has 32 bits (from an x2APIC); otherwise 8 bits and 0xff is everybody */
};

struct vlapic {
    /*
     * IRR, TMR and the latent errors are written by any CPU, atomically; the rest by the vCPU itself or while it
     * cannot run. IRR, ISR and TMR are 8 words of 32 vectors each.
     */
    uint32_t reg[APIC_NR_REGS];
    uint64_t base_msr;
    uint32_t latent_errors; /* shown in ESR after the next write to it */

    struct spinlock timer_lock; /* RANK_DEVICE: the two below against the timer's own CPU */
    stime_t deadline;           /* STIME_NEVER: not counting */
    uint64_t tsc_deadline;
    int64_t tsc_offset;         /* guest TSC - host TSC */
    struct timer timer;
};

int vlapic_create(struct vcpu *v); /* in the power-up state. -ENOMEM */
void vlapic_destroy(struct vcpu *v);
/* The vCPU takes an INIT: as power-up, but the mode (xAPIC, x2APIC, off) and the base stay. v must not be running. */
void vlapic_take_init(struct vcpu *v);
/* TSC-deadline values are in guest time; the offset is 0 until this is called. */
void vlapic_set_tsc_offset(struct vcpu *v, int64_t offset);
void vlapic_mmio(struct vcpu *v, struct io_req *req);
bool vlapic_mmio_match(const struct vcpu *v, uint64_t addr);

/* Would a fixed interrupt be taken? (Enabled both in the base MSR and in SVR.) */
bool vlapic_accepts(const struct vcpu *v);
uint8_t vlapic_ppr(const struct vlapic *l);
void vlapic_error(struct vcpu *v, uint32_t esr_bit);
static inline bool vlapic_is_x2(const struct vlapic *l)
{
    return READ_ONCE(l->base_msr) & APIC_BASE_EXTD;
}

/* --- vlapic_ipi.c --- */
/* Send msg to whom it names in d; returns how many vCPUs took it. */
unsigned vlapic_deliver(struct domain *d, const struct apic_msg *msg);
bool vlapic_match(const struct vcpu *v, const struct apic_msg *msg);
void vlapic_icr_write(struct vcpu *v, uint32_t low, uint32_t dest);

/* --- vlapic_timer.c --- */
int vlapic_timer_create(struct vcpu *v);
void vlapic_timer_destroy(struct vcpu *v);
void vlapic_timer_reset(struct vcpu *v); /* not counting, registers 0 */
uint32_t vlapic_timer_count(const struct vlapic *l);
void vlapic_timer_set_initial(struct vcpu *v, uint32_t count);
void vlapic_timer_set_divide(struct vcpu *v, uint32_t tdcr);
void vlapic_timer_set_lvt(struct vcpu *v, uint32_t lvt);
uint64_t vlapic_timer_tsc_deadline(const struct vlapic *l);
void vlapic_timer_set_tsc_deadline(struct vcpu *v, uint64_t tsc);

#endif
