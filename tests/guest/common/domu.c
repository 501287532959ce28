/* SPDX-License-Identifier: GPL-2.0-only */
/* Output and end of a test kernel that runs in a domain of xl's: the ring of the para-virtual console. */
#include "guest.h"

#include "public/event_channel.h"
#include "public/hvm.h"
#include "public/sched.h"

struct console_ring { /* public document: "io/console.h" */
    char in[1024], out[2048];
    uint32_t in_cons, in_prod, out_cons, out_prod;
};

/* Compilers call these by themselves; the hypervisor's are for 64-bit code. */
void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);

void *memcpy(void *dst, const void *src, size_t n)
{
    const char *s = src;

    for (volatile char *d = dst; n--;)
        *d++ = *s++;
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    for (volatile char *d = dst; n--;)
        *d++ = (char)c;
    return dst;
}

static struct console_ring *ring;
static struct evtchn_send kick;

static uint64_t param(uint32_t index)
{
    struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };

    return hypercall2(__HYPERVISOR_hvm_op, HVMOP_get_param, &p) ? 0 : p.value;
}

static void let_others_run(void)
{
    hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &kick);
    hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
}

void guest_put(char c)
{
    uint32_t prod;

    if (!ring) {
        ring = (struct console_ring *)(uintptr_t)(param(HVM_PARAM_CONSOLE_PFN) * PAGE_SIZE);
        kick.port = (uint32_t)param(HVM_PARAM_CONSOLE_EVTCHN);
    }
    prod = ring->out_prod;
    while (prod - READ_ONCE(ring->out_cons) >= sizeof(ring->out))
        let_others_run();
    ring->out[prod % sizeof(ring->out)] = c;
    __atomic_store_n(&ring->out_prod, prod + 1, __ATOMIC_SEQ_CST);
    if (c == '\n')
        hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &kick);
}

/* Everything printed has been read by the console daemon; it cannot read a domain that is gone. */
static void console_drain(void)
{
    while (ring && READ_ONCE(ring->out_cons) != ring->out_prod)
        let_others_run();
}

void guest_exit(unsigned status)
{
    struct sched_shutdown s = { .reason = status };

    console_drain();
    hypercall2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s);
    for (;;)
        __asm__ __volatile__("cli; hlt");
}
