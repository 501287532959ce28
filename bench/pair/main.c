/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two guests that send each other an event in turn and halt in between. "pong" on the command line answers the domain
 * that is made next; "ping=DOMID port=PORT" measures: "bench ping-pong MIN MEDIAN" in ticks of the TSC a round trip.
 */
#include "guest.h"

#include "public/event_channel.h"
#include "public/hvm.h"
#include "public/memory.h"

#define VECTOR 0xf3
#define COUNT 1000u

static uint8_t shared_page[PAGE_SIZE] __attribute__((aligned(4096)));
static volatile struct shared_info *const shared = (volatile struct shared_info *)shared_page;
static uint64_t samples[COUNT];
static volatile bool seen;
static uint32_t port;

static int64_t event_op(unsigned cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static void upcall(void)
{
    shared->vcpu_info[0].evtchn_upcall_pending = 0;
    shared->vcpu_info[0].evtchn_pending_sel = 0;
    __atomic_fetch_and(&shared->evtchn_pending[port / 64], ~(1ull << port % 64), __ATOMIC_SEQ_CST);
    seen = true;
}

static void init(void)
{
    struct xen_add_to_physmap map = { .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
                                      .gpfn = (uintptr_t)shared_page >> 12 };
    struct xen_hvm_param param = { .domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ, .value = 2ull << 56 | VECTOR };

    out("map %ld", hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &map));
    for (unsigned i = 0; i < 64; i++)
        shared->evtchn_mask[i] = ~0ull;
    set_handler(VECTOR, upcall);
    out(" callback %ld\n", hypercall2(__HYPERVISOR_hvm_op, HVMOP_set_param, &param));
}

/* Binding leaves the port pending, and what is pending is not announced again. */
static void unmask(void)
{
    __atomic_fetch_and(&shared->evtchn_pending[port / 64], ~(1ull << port % 64), __ATOMIC_SEQ_CST);
    __atomic_fetch_and(&shared->evtchn_mask[port / 64], ~(1ull << port % 64), __ATOMIC_SEQ_CST);
}

static void await(void)
{
    while (!seen)
        __asm__ __volatile__("sti; hlt; cli" ::: "memory");
    seen = false;
}

static unsigned word(const char *words, const char *key)
{
    for (; *words; words++) {
        unsigned i = 0, value = 0;

        while (key[i] && words[i] == key[i])
            i++;
        if (key[i])
            continue;
        for (words += i; *words >= '0' && *words <= '9'; words++)
            value = value * 10 + (unsigned)(*words - '0');
        return value;
    }
    return 0;
}

static void pong(void)
{
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF };
    struct evtchn_send send;
    uint32_t r[4];

    cpuid(xen_cpuid_base() + 4, 0, r);
    alloc.remote_dom = (uint16_t)(r[2] + 1);
    out("alloc_unbound %ld\n", event_op(EVTCHNOP_alloc_unbound, &alloc));
    send.port = port = alloc.port;
    unmask();
    out("port %u\n", port);
    for (;;) {
        await();
        event_op(EVTCHNOP_send, &send);
    }
}

static void ping(unsigned remote_dom, unsigned remote_port)
{
    struct evtchn_bind_interdomain bind = { .remote_dom = (uint16_t)remote_dom, .remote_port = remote_port };
    struct evtchn_send send;

    out("bind_interdomain %ld\n", event_op(EVTCHNOP_bind_interdomain, &bind));
    send.port = port = bind.local_port;
    unmask();
    for (unsigned i = 0; i < COUNT; i++) {
        uint64_t start = rdtsc();

        event_op(EVTCHNOP_send, &send);
        await();
        samples[i] = rdtsc() - start;
    }
    for (unsigned i = 1; i < COUNT; i++)
        for (unsigned j = i; j && samples[j - 1] > samples[j]; j--) {
            uint64_t v = samples[j];

            samples[j] = samples[j - 1];
            samples[j - 1] = v;
        }
    out("bench ping-pong %lu %lu\n", samples[0], samples[COUNT / 2]);
}

void guest_test(const struct hvm_start_info *info)
{
    const char *words = (const char *)info->cmdline_paddr;

    init();
    if (word(words, "ping="))
        ping(word(words, "ping="), word(words, "port="));
    else
        pong();
}
