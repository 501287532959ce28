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
                if (!(shared->evtchn_mask[w] >> b & 1) &&
                    (__atomic_fetch_and(&shared->evtchn_pending[w], ~(1ull << b), __ATOMIC_SEQ_CST) >> b & 1))
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

    out("bind VIRQ_TIMER: %ld\n", event_op(1, &virq));
    out("bind VIRQ_TIMER again: %ld\n", event_op(1, &virq));
    unmask(virq.port);
    out("stop periodic timer: %ld\n", hypercall3(__HYPERVISOR_vcpu_op, 7, 0, 0));
    timer.timeout_abs_ns = 1;
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

static void status(const char *what, uint16_t dom, uint32_t port)
{
    struct evtchn_status s = { .dom = dom, .port = port };
    int64_t rc = event_op(EVTCHNOP_status, &s);

    out("status %s: %ld is %u vcpu %u\n", what, rc, s.status, s.vcpu);
}

static void alloc(const char *what, uint16_t dom, uint16_t remote)
{
    struct evtchn_alloc_unbound a = { .dom = dom, .remote_dom = remote };

    out("alloc_unbound %s: %ld\n", what, event_op(EVTCHNOP_alloc_unbound, &a));
}

static void bind(const char *what, uint16_t dom, uint32_t port)
{
    struct evtchn_bind_interdomain b = { .remote_dom = dom, .remote_port = port };

    out("bind_interdomain %s: %ld\n", what, event_op(EVTCHNOP_bind_interdomain, &b));
}

static void bind_vcpu(const char *what, uint32_t port, uint32_t vcpu)
{
    struct evtchn_bind_vcpu b = { .port = port, .vcpu = vcpu };

    out("bind_vcpu %s: %ld\n", what, event_op(EVTCHNOP_bind_vcpu, &b));
}

static void test_errors(void)
{
    struct evtchn_alloc_unbound own = { .dom = DOMID_SELF, .remote_dom = 5 };
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_bind_pirq pirq = { .pirq = 9 };
    struct evtchn_unmask unmask_port = { .port = 0 };
    struct evtchn_reset reset = { .dom = 77 };
    struct evtchn_bind_virq virq = { .virq = VIRQ_DOM_EXC };

    alloc("domain 77", 77, DOMID_SELF);
    alloc("DOMID_IO", 0x7ff1, DOMID_SELF);
    alloc("DOMID_XEN", 0x7ff2, DOMID_SELF);
    alloc("DOMID_INVALID", 0x7ff4, DOMID_SELF);
    alloc("remote 77", DOMID_SELF, 77);
    out("alloc for 5: %ld\n", event_op(EVTCHNOP_alloc_unbound, &own));
    status("unbound", DOMID_SELF, own.port);
    status("port 0", DOMID_SELF, 0);
    status("port 4095", DOMID_SELF, 4095);
    status("port 2^31", DOMID_SELF, 1u << 31);
    status("of domain 77", 77, 1);
    bind("a port for 5", DOMID_SELF, own.port);
    bind("domain 77", 77, 1);
    bind("port 0", DOMID_SELF, 0);
    bind("port 2^31", DOMID_SELF, 1u << 31);
    out("bind_ipi: %ld\n", event_op(EVTCHNOP_bind_ipi, &ipi));
    status("ipi", DOMID_SELF, ipi.port);
    bind_vcpu("ipi", ipi.port, 0);
    bind_vcpu("unbound", own.port, 0);
    bind_vcpu("unbound to vcpu 99", own.port, 99);
    bind_vcpu("port 2^31", 1u << 31, 0);
    ipi.vcpu = 99;
    out("bind_ipi vcpu 99: %ld\n", event_op(EVTCHNOP_bind_ipi, &ipi));
    out("bind VIRQ_DOM_EXC: %ld\n", event_op(EVTCHNOP_bind_virq, &virq));
    status("virq", DOMID_SELF, virq.port);
    virq.vcpu = 1;
    out("bind VIRQ_DOM_EXC on vcpu 1: %ld\n", event_op(EVTCHNOP_bind_virq, &virq));
    out("bind_pirq 9: %ld\n", event_op(EVTCHNOP_bind_pirq, &pirq));
    out("unmask port 0: %ld\n", event_op(EVTCHNOP_unmask, &unmask_port));
    unmask_port.port = own.port;
    out("unmask unbound: %ld\n", event_op(EVTCHNOP_unmask, &unmask_port));
    unmask_port.port = 1u << 31;
    out("unmask port 2^31: %ld\n", event_op(EVTCHNOP_unmask, &unmask_port));
    out("reset domain 77: %ld\n", event_op(EVTCHNOP_reset, &reset));
}

static uint8_t control[4096] __attribute__((aligned(4096))), array[2][4096] __attribute__((aligned(4096)));

static void init_control(const char *what, uint64_t gfn, uint32_t offset, uint32_t vcpu)
{
    struct evtchn_init_control c = { .control_gfn = gfn, .offset = offset, .vcpu = vcpu };
    int64_t rc = event_op(EVTCHNOP_init_control, &c);

    out("init_control %s: %ld link bits %u\n", what, rc, rc ? 0 : c.link_bits);
}

static void expand(const char *what, uint64_t gfn)
{
    struct evtchn_expand_array e = { .array_gfn = gfn };

    out("expand_array %s: %ld\n", what, event_op(EVTCHNOP_expand_array, &e));
}

static void priority(const char *what, uint32_t port, uint32_t level)
{
    struct evtchn_set_priority p = { .port = port, .priority = level };

    out("set_priority %s: %ld\n", what, event_op(EVTCHNOP_set_priority, &p));
}

static void fifo_upcall(void)
{
    shared->vcpu_info[0].evtchn_upcall_pending = 0;
    seen = true;
}

static void test_fifo(void)
{
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    volatile uint32_t *word = (volatile uint32_t *)array[0];
    struct evtchn_send send;
    uint64_t gfn = (uint64_t)control >> 12;

    priority("before init", 1, 3);
    expand("before init", (uint64_t)array[0] >> 12);
    init_control("offset not aligned", gfn, 4, 0);
    init_control("offset over the end", gfn, 4096 - 64, 0);
    init_control("vcpu 99", gfn, 0, 99);
    init_control("hole", 0xf4000, 0, 0);
    set_handler(VECTOR, fifo_upcall);
    init_control("good", gfn, 0, 0);
    init_control("again", gfn, 0, 0);
    expand("hole", 0xf4000);
    expand("good", (uint64_t)array[0] >> 12);
    expand("second", (uint64_t)array[1] >> 12);
    out("bind_ipi: %ld\n", event_op(EVTCHNOP_bind_ipi, &ipi));
    priority("16", ipi.port, 16);
    priority("3", ipi.port, 3);
    priority("of port 2^31", 1u << 31, 3);
    send.port = ipi.port;
    word[ipi.port] = 0;
    seen = false;
    out("send: %ld\n", event_op(EVTCHNOP_send, &send));
    out("delivered: %d word 0x%x ready 0x%x head %d\n", wait_for(&seen), word[ipi.port] >> 28, *(uint32_t *)control,
        ((uint32_t *)control)[2 + 3] == ipi.port);
    out("port 1 masked still: 0x%x\n", word[1] >> 28);
}

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    setup();
    test_loop();
    test_timer();
    test_errors();
    test_fifo();
}
