/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of dom0 and of a guest, as the input says: numbers, arguments, and what lies in guest memory. Beyond the
 * sanitizers and the core's own assertions: nothing but a debug key stops the machine, and when every domain has
 * been destroyed no frame, no object and no lock is still held.
 */
#include <stdlib.h>
#include <string.h>

#include "errno.h"
#include "fake.h"
#include "fuzz.h"
#include "list.h"
#include "op.h"
#include "page.h"
#include "public/domctl.h"
#include "public/platform.h"
#include "public/sysctl.h"
#include "sched.h"

#define RAM_MIB 4
#define ARG 0x2000  /* argument structure: gfn 2 */
#define BUF 0x4000  /* lists and buffers: gfn 4 and on */
#define BAD 0x7fff0000ULL
#define MAX_CALLS 64
#define MAX_RESTARTS 256

struct input {
    const uint8_t *at;
    size_t left;
};

static struct input in;
static struct domain *control, *who; /* the privileged domain; the caller */
static unsigned vcpu_id;

static void take(void *dst, size_t n)
{
    size_t have = n < in.left ? n : in.left;

    memset(dst, 0, n);
    memcpy(dst, in.at, have);
    in.at += have;
    in.left -= have;
}

static uint8_t take_byte(void)
{
    uint8_t b;

    take(&b, 1);
    return b;
}

static uint64_t take_u64(void)
{
    uint64_t v;

    take(&v, sizeof(v));
    return v;
}

/* One register or field: mostly values that get past the first checks. */
static uint64_t take_value(void)
{
    static const uint64_t likely[] = {
        0, 1, 2, ARG, BUF, ARG + 0xff8, BAD, 0x8000, 0x10000, UINT64_MAX, UINT32_MAX, 0x7fffffff, DOMID_SELF,
        0x7ff1, 0x7ff2, 0x7ff4, 64, 511, 512, 1023, 4095, 4096, 0x40000, 1ULL << 63,
    };
    uint8_t kind = take_byte();

    if (kind < sizeof(likely) / sizeof(likely[0]))
        return likely[kind];
    if (kind < 128)
        return kind & 63;
    return kind < 192 ? take_byte() : take_u64();
}

/* One field of guest memory, aligned; the address behind it. */
static gpaddr_t write_field(gpaddr_t gpa, unsigned size, uint64_t value)
{
    void *p;

    gpa = (gpa + size - 1) & ~(gpaddr_t)(size - 1);
    p = fake_guest_ptr(who, gpa);
    if (p)
        memcpy(p, &value, size);
    return gpa + size;
}

static void write_fields(gpaddr_t gpa, unsigned n)
{
    while (n--) {
        unsigned size = 1u << (take_byte() & 3);

        gpa = write_field(gpa, size, take_value());
    }
}

/* The argument of a row, by its layout (wire.h). */
static void write_wire(const struct wire *w)
{
    gpaddr_t gpa = ARG;
    unsigned bytes = 0;

    for (const char *c = w->layout; *c; c++)
        if (*c >= '0' && *c <= '9')
            bytes = bytes * 10 + (unsigned)(*c - '0');
        else if (*c == 'b' && bytes)
            for (; bytes; bytes--)
                gpa = write_field(gpa, 1, take_byte());
        else
            gpa = write_field(gpa, *c == 'b' ? 1 : *c == 'h' ? 2 : *c == 'w' ? 4 : 8, take_value());
}

/* A description that may be right: as many vCPUs as guests have here, in words that are mostly 0 or 1. */
static void write_vnuma(gpaddr_t gpa)
{
    gpaddr_t words = BUF;

    gpa = write_field(gpa, 4, take_byte() & 3);
    gpa = write_field(gpa, 4, take_byte() & 3);
    gpa = write_field(gpa, 4, 2);
    gpa = write_field(gpa, 4, 0);
    for (unsigned i = 0; i < 4; i++)
        gpa = write_field(gpa, 8, BUF + 64u * i);
    for (unsigned n = take_byte() & 127; n; n--)
        words = write_field(words, 4, take_byte() & 1);
}

/* domctl, sysctl and platform_op begin alike: command, version, and a domain or the first fields. */
static void write_ctl(uint32_t version, bool has_domain)
{
    uint32_t cmd = take_byte() % 96;
    gpaddr_t gpa = write_field(ARG, 4, cmd);

    gpa = write_field(gpa, 4, version);
    if (has_domain)
        gpa = write_field(gpa, 8, take_byte() & 3);
    if (has_domain && cmd == XEN_DOMCTL_setvnumainfo)
        write_vnuma(gpa);
    else
        write_fields(gpa, take_byte() % 12);
}

/* The calls that have a table of sub-operations; arg: which register names the argument structure. */
static const struct {
    uint64_t nr;
    const struct op_row *rows;
    const unsigned *nr_rows;
    unsigned arg;
} tables[] = {
    {__HYPERVISOR_memory_op, memory_ops, &nr_memory_ops, 1},
    {__HYPERVISOR_event_channel_op, event_ops, &nr_event_ops, 1}, {__HYPERVISOR_vcpu_op, vcpu_ops, &nr_vcpu_ops, 2},
    {__HYPERVISOR_sched_op, sched_ops, &nr_sched_ops, 1}, {__HYPERVISOR_hvm_op, hvm_ops, &nr_hvm_ops, 1},
    {__HYPERVISOR_physdev_op, physdev_ops, &nr_physdev_ops, 1},
    {__HYPERVISOR_xen_version, version_ops, &nr_version_ops, 1},
};

static uint64_t choose_table(unsigned which, uint64_t args[6])
{
    unsigned cmd = take_byte() % *tables[which].nr_rows;
    const struct op_row *row = &tables[which].rows[cmd];

    args[0] = cmd;
    args[3 - tables[which].arg] = take_byte() & 3; /* a vCPU, or how many structures */
    args[tables[which].arg] = ARG;
    if (row->wire)
        write_wire(row->wire);
    else
        write_fields(ARG, take_byte() % 12);
    return tables[which].nr;
}

/* Number and arguments of the next call: formed as a guest would, or anything at all. */
static uint64_t choose_call(uint64_t args[6])
{
    unsigned which = take_byte() % 16;

    if (which < ARRAY_SIZE(tables))
        return choose_table(which, args);
    args[0] = ARG;
    switch (which) {
    case 7:
    case 8:
        args[0] = take_byte() % 16;
        args[1] = ARG;
        args[2] = take_byte() & 3;
        write_fields(ARG, take_byte() % 24);
        return __HYPERVISOR_grant_table_op;
    case 9:
        write_ctl(XEN_DOMCTL_INTERFACE_VERSION, true);
        return __HYPERVISOR_domctl;
    case 10:
        write_ctl(XEN_SYSCTL_INTERFACE_VERSION, false);
        return __HYPERVISOR_sysctl;
    case 11:
        write_ctl(XENPF_INTERFACE_VERSION, false);
        return __HYPERVISOR_platform_op;
    case 12:
        args[1] = take_byte() & 7;
        write_fields(ARG, 8 * (unsigned)args[1]);
        return __HYPERVISOR_multicall;
    default:
        write_fields(ARG, take_byte() % 16);
        for (unsigned i = 0; i < 6; i++)
            args[i] = take_value();
        return take_byte();
    }
}

static void call(uint8_t how)
{
    uint64_t args[6] = {0}, nr = choose_call(args);
    bool restart = true;

    for (unsigned i = 0; restart && i < MAX_RESTARTS; i++) {
        /* Either every question for preemption is answered yes, or none. */
        this_cpu()->entered = how & 0x80 ? 1 : 0;
        hypercall(who->vcpu[vcpu_id], nr, args, how & 0x20, &restart);
        CHECK(this_cpu()->lock_ranks == 0);
    }
}

static void step(uint8_t op)
{
    switch (op & 7) {
    case 0:
        fake_time += take_u64() & 0xffffffffff;
        timer_run();
        break;
    case 1:
        write_fields(take_value() & 0xfffff, take_byte() % 16);
        break;
    case 2:
        vcpu_id = op >> 3 & 1;
        who = op & 0x10 ? domain_get_by_id(1) : domain_get_by_id(0);
        if (who == NULL || who->state != DOMAIN_ALIVE || who->vcpu[vcpu_id] == NULL) {
            if (who)
                domain_put(who);
            who = control;
            domain_get(who);
        }
        domain_put(who);
        fake_set_current(who->vcpu[vcpu_id]);
        break;
    default:
        call(op);
        break;
    }
}

/* dom0 may destroy the guest while it is the one that calls next: go on as dom0 then. */
static void forget_dead(void)
{
    if (who->id && who->state == DOMAIN_ALIVE)
        return;
    who = control;
    vcpu_id = 0;
    fake_set_current(who->vcpu[0]);
}

static void calls(void *arg)
{
    (void)arg;
    for (unsigned n = 0; in.left && n < MAX_CALLS; n++) {
        if (who->id) {
            struct domain *d = domain_get_by_id(who->id);

            CHECK(d == who);
            step(take_byte());
            if (who == d)
                forget_dead();
            domain_put(d);
        } else {
            step(take_byte());
        }
    }
}

static void kill(struct domain *d)
{
    this_cpu()->entered = 0;
    while (domain_kill(d) == -ERESTART)
        this_cpu()->entered = 0;
}

/* Guests first, then dom0, which holds what it mapped of them. */
static void kill_all(void)
{
    struct domain *d;
    domid_t next = 1;

    fake_set_current(control->vcpu[0]);
    while ((d = domain_next(next)) != NULL) {
        next = d->id + 1;
        kill(d);
        domain_put(d);
    }
    fake_set_current(NULL);
    kill(control);
}

static void check_nothing_left(uint64_t pages, uint64_t objects)
{
    CHECK(list_empty(&domain_list));
    CHECK(this_cpu()->lock_ranks == 0);
    CHECK(hv_heap_objects() == objects);
    CHECK(free_pages_count() == pages);
    for (mfn_t mfn = 0; mfn < FAKE_BOOT_PAGES; mfn++)
        CHECK(mfn_to_page(mfn)->refs == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t pages, objects;

    if (size == 0)
        return 0;
    fake_init(RAM_MIB);
    pages = free_pages_count();
    objects = hv_heap_objects();
    fake_time = MILLISECS(10);
    in = (struct input){ data, size };
    control = who = fake_domain(0, 2);
    fake_domain(1, 2);
    dom0 = NULL; /* its shutdown is then a guest's, and the machine goes on */
    vcpu_id = 0;
    fake_set_current(who->vcpu[0]);
    if (fake_expect_panic(calls, NULL)) {
        CHECK(fake.host_shutdowns); /* by debug key: the one other way to stop the machine */
        return 0;
    }
    kill_all();
    check_nothing_left(pages, objects);
    return 0;
}
