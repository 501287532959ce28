/* SPDX-License-Identifier: GPL-2.0-only */
/* The smallest guest for life cycle tests: a line on the PV console, then it blocks for ever. */
#include "guest.h"

#include "public/event_channel.h"
#include "public/hvm.h"
#include "public/memory.h"
#include "public/sched.h"

/* The console's page (xen/io/console.h of the public ABI). */
struct console_ring {
    char in[1024], out[2048];
    uint32_t in_cons, in_prod, out_cons, out_prod;
};

/* The frame behind it goes back to the hypervisor: the shared page is mapped in its place. */
static uint8_t shared_page[PAGE_SIZE] __attribute__((aligned(4096)));

static uint64_t param(uint32_t index)
{
    struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };

    return hypercall2(__HYPERVISOR_hvm_op, HVMOP_get_param, &p) ? 0 : p.value;
}

static void console_line(const char *s)
{
    struct console_ring *ring = (void *)(param(HVM_PARAM_CONSOLE_PFN) * PAGE_SIZE);
    struct evtchn_send send = { .port = (uint32_t)param(HVM_PARAM_CONSOLE_EVTCHN) };
    uint32_t prod;

    if (!ring)
        return;
    for (prod = READ_ONCE(ring->out_prod); *s; s++)
        ring->out[prod++ % sizeof(ring->out)] = *s;
    __atomic_store_n(&ring->out_prod, prod, __ATOMIC_SEQ_CST);
    hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
}

/* No event may end the wait: all are masked. */
static void mask_events(void)
{
    struct xen_add_to_physmap a = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = (uint64_t)shared_page / PAGE_SIZE
    };
    struct shared_info *shared = (void *)shared_page;

    if (hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &a))
        return;
    for (unsigned i = 0; i < ARRAY_SIZE(shared->evtchn_mask); i++)
        *(volatile uint64_t *)&shared->evtchn_mask[i] = ~0ull;
    *(volatile uint8_t *)&shared->vcpu_info[0].evtchn_upcall_pending = 0;
}

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    mask_events();
    console_line("tiny is up\r\n");
    for (;;)
        hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
}
