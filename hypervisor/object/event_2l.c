/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 2-level format: a pending and a mask bit for each port in the shared info page, and in each vcpu_info a
 * selector bit for each word of pending bits. Both bit arrays have the same byte layout in the 64-bit and the 32-bit
 * shared info; only their places, lengths and the selector's word size differ.
 */
#include "bitmap.h"
#include "errno.h"
#include "event_internal.h"

static uint32_t abi2l_max_ports(const struct domain *d)
{
    return d->abi32 ? NR_EVENT_CHANNELS_2L_COMPAT : NR_EVENT_CHANNELS_2L;
}

static uint64_t *pending_bits(struct domain *d)
{
    struct shared_info *si = d->shared_info;

    /* both layouts put the pending words at the same place */
    _Static_assert(offsetof(struct shared_info, evtchn_pending) ==
                   offsetof(struct compat_shared_info, evtchn_pending), "evtchn_pending");
    return si->evtchn_pending;
}

static uint64_t *mask_bits(struct domain *d)
{
    size_t offset = d->abi32 ? offsetof(struct compat_shared_info, evtchn_mask)
                             : offsetof(struct shared_info, evtchn_mask);

    return (uint64_t *)(void *)((char *)d->shared_info + offset);
}

/* Ports above the limit exist only if the layout changed after they were bound: they have no bits. */
static bool has_bits(const struct domain *d, const struct evtchn *chn)
{
    return d->shared_info && chn->port < abi2l_max_ports(d);
}

/* Set the selector bit of port's word; true if it was clear. */
static bool select_word(struct vcpu *v, uint32_t port)
{
    struct vcpu_info *info = v->info;
    struct compat_vcpu_info *info32 = v->info;
    uint64_t bit = 1ULL << (port / 64);
    uint32_t bit32 = 1U << (port / 32 % 32);

    if (v->domain->abi32)
        return !(__atomic_fetch_or(&info32->evtchn_pending_sel, bit32, __ATOMIC_SEQ_CST) & bit32);
    return !(__atomic_fetch_or(&info->evtchn_pending_sel, bit, __ATOMIC_SEQ_CST) & bit);
}

/* Without a vcpu_info there is nothing to select in: evtchn_vcpu_info_moved makes up for it. */
static void notify(struct vcpu *v, uint32_t port)
{
    if (v && v->info && select_word(v, port))
        evtchn_mark_upcall(v);
}

static void abi2l_init_port(struct domain *d, struct evtchn *chn)
{
    (void)d;
    (void)chn;
}

static void notify_unmasked(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
    if (has_bits(d, chn) && !bit_test(mask_bits(d), chn->port))
        notify(v, chn->port);
}

static void abi2l_set_pending(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
    bool abi32 = READ_ONCE(d->abi32);

    if (!has_bits(d, chn) || bit_test_and_set(pending_bits(d), chn->port))
        return;
    notify_unmasked(d, v, chn);
    smp_mb(); /* the event first, then the look; domain_latch_layout() does the reverse */
    if (unlikely(READ_ONCE(d->abi32) != abi32)) /* the guest may look at the new places only */
        notify_unmasked(d, v, chn);
}

/*
 * The pending bits stay where they are. The masks are not moved: the guest writes them where its own layout has them,
 * and may have done so before it told. So look at each port again.
 */
void evtchn_2l_layout_changed(struct domain *d)
{
    struct evtchn *chn;

    if (READ_ONCE(d->events.abi) != &evtchn_abi_2l)
        return;
    for (uint32_t port = 1; port < abi2l_max_ports(d) && (chn = evtchn_lookup(d, port)); port++) {
        port_lock(chn);
        if (chn->state > PORT_RESERVED && bit_test(pending_bits(d), port))
            notify_unmasked(d, domain_vcpu(d, chn->notify_vcpu), chn);
        port_unlock(chn);
    }
}

static void abi2l_clear_pending(struct domain *d, struct evtchn *chn)
{
    if (has_bits(d, chn))
        bit_test_and_clear(pending_bits(d), chn->port);
}

static void abi2l_unmask(struct domain *d, struct vcpu *v, struct evtchn *chn)
{
    if (has_bits(d, chn) && bit_test_and_clear(mask_bits(d), chn->port) && bit_test(pending_bits(d), chn->port))
        notify(v, chn->port);
}

static bool abi2l_is_pending(struct domain *d, const struct evtchn *chn)
{
    return has_bits(d, chn) && bit_test(pending_bits(d), chn->port);
}

static bool abi2l_is_masked(struct domain *d, const struct evtchn *chn)
{
    return !has_bits(d, chn) || bit_test(mask_bits(d), chn->port);
}

static bool abi2l_is_busy(struct domain *d, const struct evtchn *chn)
{
    (void)d;
    (void)chn;
    return false;
}

const struct evtchn_abi evtchn_abi_2l = {
    .name = "2-level",
    .max_ports = abi2l_max_ports,
    .init_port = abi2l_init_port,
    .set_pending = abi2l_set_pending,
    .clear_pending = abi2l_clear_pending,
    .unmask = abi2l_unmask,
    .is_pending = abi2l_is_pending,
    .is_masked = abi2l_is_masked,
    .is_busy = abi2l_is_busy,
};
