/* SPDX-License-Identifier: GPL-2.0-only */
/* Local APIC: which vCPUs a message is for, and the interrupt command register. */
#include "vlapic.h"

#include "arch.h"
#include "domain.h"

/* ICR fields. */
#define ICR_LOGICAL (1u << 11)
#define ICR_ASSERT (1u << 14)
#define ICR_LEVEL (1u << 15)
#define ICR_WRITABLE 0x000ccfffu

enum icr_shorthand { ICR_DEST, ICR_SELF, ICR_ALL, ICR_OTHERS };

/* SDM "Logical destination mode": flat gives each APIC a bit, cluster a cluster number and one of four bits. */
static bool match_logical_xapic(const struct vlapic *l, uint32_t dest)
{
    uint32_t ldr = READ_ONCE(l->reg[APIC_LDR]) >> 24;

    if (dest > 0xff)
        return false;
    if (READ_ONCE(l->reg[APIC_DFR]) >> 28 == 0xf)
        return ldr & dest;
    return (dest >> 4 == 0xf || dest >> 4 == ldr >> 4) && (ldr & dest & 0xf);
}

static bool match_logical_x2apic(const struct vlapic *l, uint32_t dest)
{
    uint32_t ldr = READ_ONCE(l->reg[APIC_LDR]);

    return ldr >> 16 == dest >> 16 && (ldr & dest & 0xffff);
}

bool vlapic_match(const struct vcpu *v, const struct apic_msg *msg)
{
    const struct vlapic *l = v->vlapic;
    bool x2 = vlapic_is_x2(l), everybody = msg->dest == (msg->wide ? 0xffffffff : 0xff);

    if (!msg->logical)
        return everybody || msg->dest == vlapic_id_of_vcpu(v->id);
    if (everybody && (x2 || msg->wide))
        return true;
    return x2 ? match_logical_x2apic(l, msg->dest) : match_logical_xapic(l, msg->dest);
}

/* NMI, INIT and SIPI also reach an APIC that SVR has switched off; only the base MSR cuts the wire. */
static bool deliver_one(struct vcpu *v, const struct apic_msg *msg)
{
    switch (msg->mode) {
    case APIC_DM_FIXED:
    case APIC_DM_LOWEST:
        if (!vlapic_accepts(v))
            return false;
        vlapic_raise(v, msg->vector, msg->level);
        return true;
    case APIC_DM_NMI:
        arch_vcpu_nmi(v);
        return true;
    case APIC_DM_INIT:
        arch_vcpu_init_signal(v);
        return true;
    case APIC_DM_SIPI:
        arch_vcpu_sipi(v, msg->vector);
        return true;
    default:
        return false;
    }
}

/* The least busy of the vCPUs named; where the search begins depends on the vector, to spread equal ones. */
static unsigned deliver_lowest(struct domain *d, const struct apic_msg *msg)
{
    struct vcpu *best = NULL;
    unsigned best_ppr = 0x100;

    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        struct vcpu *v = domain_vcpu(d, (msg->vector + i) % d->nr_vcpus);

        if (!v || !vlapic_accepts(v) || !vlapic_match(v, msg))
            continue;
        if (vlapic_ppr(v->vlapic) < best_ppr) {
            best = v;
            best_ppr = vlapic_ppr(v->vlapic);
        }
    }
    return best ? deliver_one(best, msg) : 0;
}

unsigned vlapic_deliver(struct domain *d, const struct apic_msg *msg)
{
    unsigned taken = 0;

    if (msg->mode == APIC_DM_LOWEST)
        return deliver_lowest(d, msg);
    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        struct vcpu *v = domain_vcpu(d, i);

        if (v && vlapic_enabled(v) && vlapic_match(v, msg))
            taken += deliver_one(v, msg);
    }
    return taken;
}

/* "All" and "all others" are not addresses: every enabled APIC takes part whatever its mode. */
static void deliver_all(struct vcpu *sender, bool self, const struct apic_msg *msg)
{
    struct domain *d = sender->domain;

    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        struct vcpu *v = domain_vcpu(d, i);

        if (v && vlapic_enabled(v) && (self || v != sender))
            deliver_one(v, msg);
    }
}

static bool icr_vector_illegal(const struct apic_msg *msg)
{
    return msg->mode <= APIC_DM_LOWEST && msg->vector < 16;
}

static void icr_send(struct vcpu *v, enum icr_shorthand shorthand, const struct apic_msg *msg)
{
    bool starts = msg->mode == APIC_DM_INIT || msg->mode == APIC_DM_SIPI;

    switch (shorthand) {
    case ICR_DEST:
        vlapic_deliver(v->domain, msg);
        break;
    case ICR_SELF:
        if (!starts)
            deliver_one(v, msg);
        break;
    case ICR_ALL:
        if (!starts)
            deliver_all(v, true, msg);
        break;
    case ICR_OTHERS:
        deliver_all(v, false, msg);
        break;
    }
}

void vlapic_icr_write(struct vcpu *v, uint32_t low, uint32_t dest)
{
    struct apic_msg msg = {
        .dest = dest,
        .vector = (uint8_t)low,
        .mode = (low >> 8) & 7,
        .level = false, /* IPIs are edges: the trigger bit matters to the INIT de-assert message only */
        .logical = low & ICR_LOGICAL,
        .wide = vlapic_is_x2(v->vlapic),
    };

    v->vlapic->reg[APIC_ICR] = low & ICR_WRITABLE;
    if (msg.mode == APIC_DM_INIT && (low & ICR_LEVEL) && !(low & ICR_ASSERT))
        return;
    if (icr_vector_illegal(&msg))
        vlapic_error(v, APIC_ESR_SEND_ILLEGAL);
    else
        icr_send(v, (low >> 18) & 3, &msg);
}
