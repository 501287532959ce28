/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels of one vCPU: allocation, loop to itself, VIRQ_TIMER through the vector callback, status, close. */
#include "guest.h"

#include "public/event_channel.h"
#include "public/hvm.h"
#include "public/memory.h"
#include "public/vcpu.h"

#define SHARED_INFO 0x20000000ul /* inside RAM of every test machine: the frame there is displaced */
#define VECTOR 0xf3

static struct shared_info *const shared = (void *)SHARED_INFO;
static volatile bool seen;
static volatile unsigned count;
static uint32_t pending_port;

static void upcall(void)
{
    shared->vcpu_info[0].evtchn_upcall_pending = 0;
    uint64_t sel = __atomic_exchange_n(&shared->vcpu_info[0].evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);

    for (unsigned w = 0; w < 64; w++)
        if (sel >> w & 1)
            for (unsigned b = 0; b < 64; b++)
                if (__atomic_fetch_and(&shared->evtchn_pending[w], ~(1ull << b), __ATOMIC_SEQ_CST) >> b & 1)
                    pending_port = w * 64 + b;
    count = count + 1;
    seen = true;
}

static void unmask(uint32_t port)
{
    __atomic_fetch_and(&shared->evtchn_mask[port / 64], ~(1ull << port % 64), __ATOMIC_SEQ_CST);
}

static int64_t event_op(unsigned cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static void setup(void)
{
    struct xen_add_to_physmap map = { .domid = DOMID_SELF, .space = 0, .gpfn = SHARED_INFO >> 12 };
    struct xen_hvm_param param = { .domid = DOMID_SELF, .index = 0, .value = 2ull << 56 | VECTOR };

    out("map shared_info: %ld\n", hypercall2(__HYPERVISOR_memory_op, 7, &map));
    out("set callback vector: %ld\n", hypercall2(__HYPERVISOR_hvm_op, 0, &param));
    for (unsigned i = 0; i < 64; i++)
        shared->evtchn_mask[i] = ~0ull;
    set_handler(VECTOR, upcall);
}

static void test_loop(void)
{
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
    struct evtchn_send send;
    struct evtchn_close close;

    out("alloc_unbound: %ld\n", event_op(6, &alloc));
    bind.remote_port = alloc.port;
    out("bind_interdomain: %ld\n", event_op(0, &bind));
    unmask(alloc.port);
    seen = false;
    send.port = bind.local_port;
    out("send: %ld\n", event_op(4, &send));
    out("delivered: %d at the right port: %d\n", wait_for(&seen), pending_port == alloc.port);
    close.port = bind.local_port;
    out("close: %ld\n", event_op(3, &close));
    out("close again: %ld\n", event_op(3, &close));
    out("send on a closed port: %ld\n", event_op(4, &send));
    send.port = 0;
    out("send on port 0: %ld\n", event_op(4, &send));
    send.port = 0xffffffff;
    out("send on port 2^32-1: %ld\n", event_op(4, &send));
}

static void test_timer(void)
{
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER };
    struct vcpu_set_singleshot_timer timer = { 0 };
    uint64_t start = shared->vcpu_info[0].time.system_time;

    out("bind VIRQ_TIMER: %ld\n", event_op(1, &virq));
    out("bind VIRQ_TIMER again: %ld\n", event_op(1, &virq));
    unmask(virq.port);
    out("stop periodic timer: %ld\n", hypercall3(__HYPERVISOR_vcpu_op, 7, 0, 0));
    timer.timeout_abs_ns = start + 1;
    timer.flags = 1; /* VCPU_SSHOTTMR_future */
    out("singleshot in the past, future wanted: %ld\n", hypercall3(__HYPERVISOR_vcpu_op, 8, 0, &timer));
    seen = false;
    timer.flags = 0;
    out("singleshot in the past: %ld\n", hypercall3(__HYPERVISOR_vcpu_op, 8, 0, &timer));
    out("fired: %d\n", wait_for(&seen));
    virq.virq = 99;
    out("bind virq 99: %ld\n", event_op(1, &virq));
    virq.virq = VIRQ_TIMER;
    virq.vcpu = 1000;
    out("bind virq on vcpu 1000: %ld\n", event_op(1, &virq));
}

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    setup();
    test_loop();
    test_timer();
}
