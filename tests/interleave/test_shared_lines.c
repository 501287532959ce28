/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cache lines that two CPUs both write when each does one operation: none on two objects, at most two on one. Lines
 * are found by the hooks before each access of the core. What the ABI makes both write is counted apart: the guest's
 * entry in a grant table, and the bits of event channels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu.h"
#include "fake.h"
#include "hooks.h"
#include "object/event_internal.h"
#include "object/grant_internal.h"
#include "op.h"
#include "page.h"

#define MAX_LINES 4096
#define PAGES 48
#define ARG_GFN 1 /* of vCPU 0; another CPU's argument is in another line of another page */
#define WINDOW_GFN 64

/* --- lines --- */

static struct {
    uintptr_t line[MAX_LINES];
    unsigned nr;
} written[2];
static unsigned writer;
static uintptr_t stack_low, stack_high;

static void on_access(uintptr_t addr, size_t size, enum hook_access kind)
{
    if (!HOOK_IS_WRITE(kind) || (addr >= stack_low && addr < stack_high))
        return;
    for (uintptr_t line = addr / 64; line <= (addr + size - 1) / 64; line++) {
        unsigned i = 0;

        while (i < written[writer].nr && written[writer].line[i] != line)
            i++;
        assert_true(i < MAX_LINES);
        written[writer].line[i] = line;
        if (i == written[writer].nr)
            written[writer].nr++;
    }
}

/* A page that a guest sees: its RAM, its grant table, its shared info. */
static bool is_guests(uintptr_t line)
{
    uintptr_t first = (uintptr_t)mfn_to_virt(0);
    const struct page *pg;

    if (line * 64 < first || line * 64 >= first + max_mfn * PAGE_SIZE)
        return false;
    pg = mfn_to_page(virt_to_mfn((void *)(line * 64)));
    return pg->owner != PAGE_OWNER_HV || (pg->flags & PAGE_SHARED);
}

struct shared {
    unsigned ours, guests;
};

static struct shared count_shared(void)
{
    struct shared n = { 0, 0 };

    assert_true(written[0].nr && written[1].nr);
    for (unsigned i = 0; i < written[0].nr; i++)
        for (unsigned k = 0; k < written[1].nr; k++) {
            if (written[0].line[i] != written[1].line[k])
                continue;
            if (is_guests(written[0].line[i])) {
                n.guests++;
            } else {
                n.ours++;
                printf("  shared: %#lx\n", (unsigned long)(written[0].line[i] * 64));
            }
        }
    return n;
}

/* --- the world: domains 1 and 2 work, 3 and 4 are worked with --- */

struct work {
    struct domain *d;
    unsigned vcpu;
    domid_t peer;
    uint32_t number; /* grant reference, or port */
    gfn_t gfn;       /* place of a mapping, or page to copy to */
};

static struct domain *dom[5];

static int setup(void **state)
{
    (void)state;
    fake_init(8);
    for (domid_t i = 0; i < 5; i++)
        dom[i] = fake_domain_sized(i, 2, PAGES);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_set_current(NULL);
    fake_set_cpu(0);
    return 0;
}

static int64_t call(const struct work *w, unsigned nr, uint64_t cmd, void *arg, size_t size, uint64_t count)
{
    gpaddr_t at = (ARG_GFN + w->vcpu * 4) << PAGE_SHIFT;
    uint64_t args[6] = { cmd, at, count };
    bool restart;
    int64_t rc;

    memcpy(fake_guest_ptr(w->d, at), arg, size);
    rc = hypercall(w->d->vcpu[w->vcpu], nr, args, false, &restart);
    assert_false(restart);
    memcpy(arg, fake_guest_ptr(w->d, at), size);
    return rc;
}

static uint32_t last_handle;

static void do_map(const struct work *w)
{
    struct gnttab_map_grant_ref arg = {
        .host_addr = w->gfn << PAGE_SHIFT, .dom = w->peer, .ref = w->number, .flags = GNTMAP_host_map
    };

    assert_int_equal(call(w, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &arg, sizeof(arg), 1), 0);
    assert_int_equal(arg.status, 0);
    last_handle = arg.handle;
}

static void undo_map(const struct work *w)
{
    struct gnttab_unmap_grant_ref arg = { .host_addr = w->gfn << PAGE_SHIFT, .handle = last_handle };

    assert_int_equal(call(w, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &arg, sizeof(arg), 1), 0);
    assert_int_equal(arg.status, 0);
}

static void do_copy(const struct work *w)
{
    struct gnttab_copy arg = {
        .source = { w->number, w->peer, 0 }, .dest = { w->gfn, DOMID_SELF, 0 }, .len = 64, .flags = GNTCOPY_source_gref
    };

    assert_int_equal(call(w, __HYPERVISOR_grant_table_op, GNTTABOP_copy, &arg, sizeof(arg), 1), 0);
    assert_int_equal(arg.status, 0);
}

static void do_send(const struct work *w)
{
    struct evtchn_send arg = { .port = w->number };

    assert_int_equal(call(w, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &arg, sizeof(arg), 0), 0);
}

typedef void work_fn(const struct work *w);

static void as(unsigned cpu, const struct work *w, work_fn *fn)
{
    fake_set_cpu(cpu);
    fake_set_current(w->d->vcpu[w->vcpu]);
    fn(w);
    fake_set_current(NULL);
}

/* Both do it on their CPUs; what either makes for the first time is there already. */
static struct shared measure(work_fn *fn, work_fn *undo, const struct work *a, const struct work *b)
{
    const struct work *w[2] = { a, b };
    char here;
    uint32_t handle[2];

    stack_low = (uintptr_t)&here - (256u << 10);
    stack_high = (uintptr_t)&here + (64u << 10);
    for (unsigned i = 0; undo && i < 2; i++) {
        as(i, w[i], fn);
        as(i, w[i], undo);
    }
    for (writer = 0; writer < 2; writer++) {
        written[writer].nr = 0;
        hook_access = on_access;
        as(writer, w[writer], fn);
        hook_access = NULL;
        handle[writer] = last_handle;
    }
    for (unsigned i = 0; undo && i < 2; i++) {
        last_handle = handle[i];
        as(i, w[i], undo);
    }
    return count_shared();
}

static void nothing(const struct work *w)
{
    (void)w;
}

/* Frames that are worked with at once are in different lines of the frame table: four are in one. */
static void grant(struct domain *d, uint32_t ref, domid_t to, gfn_t gfn)
{
    ((struct grant_entry_v1 *)d->grant->shared[0])[ref] =
        (struct grant_entry_v1){ .flags = GTF_permit_access, .domid = to, .frame = (uint32_t)gfn };
}

static void test_map(void **state)
{
    struct work a = { dom[1], 0, 3, 8, WINDOW_GFN }, b = { dom[2], 0, 4, 8, WINDOW_GFN };

    (void)state;
    grant(dom[3], 8, 1, 10);
    grant(dom[4], 8, 2, 10);
    assert_int_equal(measure(do_map, undo_map, &a, &b).ours, 0);
    /* of one granter */
    b.peer = 3;
    b.number = 24;
    grant(dom[3], 24, 2, 30);
    assert_int_equal(measure(do_map, undo_map, &a, &b).ours, 0);
    /* of each other */
    grant(dom[1], 8, 2, 10);
    grant(dom[2], 8, 1, 10);
    a.peer = 2;
    b.peer = 1;
    b.number = 8;
    assert_int_equal(measure(do_map, undo_map, &a, &b).ours, 0);
}

/* One frame, granted to both by two entries; an entry is one domain's. */
static void test_map_same(void **state)
{
    struct work a = { dom[1], 0, 3, 8, WINDOW_GFN }, b = { dom[2], 0, 3, 24, WINDOW_GFN };

    (void)state;
    grant(dom[3], 8, 1, 10);
    grant(dom[3], 24, 2, 10);
    assert_in_range(measure(do_map, undo_map, &a, &b).ours, 1, 2);
}

static void test_copy(void **state)
{
    struct work a = { dom[1], 0, 3, 8, 20 }, b = { dom[2], 0, 4, 8, 20 };

    (void)state;
    grant(dom[3], 8, 1, 10);
    grant(dom[4], 8, 2, 10);
    assert_int_equal(measure(do_copy, nothing, &a, &b).ours, 0);
    b.peer = 3;
    b.number = 24;
    grant(dom[3], 24, 2, 30);
    assert_int_equal(measure(do_copy, nothing, &a, &b).ours, 0);
    /* two vCPUs of one domain */
    b = (struct work){ dom[1], 1, 3, 24, 40 };
    grant(dom[3], 24, 1, 30);
    assert_int_equal(measure(do_copy, nothing, &a, &b).ours, 0);
}

static void test_copy_same(void **state)
{
    struct work a = { dom[1], 0, 3, 8, 20 }, b = { dom[1], 1, 3, 8, 40 };
    struct shared n;

    (void)state;
    grant(dom[3], 8, 1, 10);
    n = measure(do_copy, nothing, &a, &b);
    assert_in_range(n.ours, 1, 2);
    assert_in_range(n.guests, 0, 1);
}

/* A port of d joined with one of rd, whose vCPU v is told on a CPU of its own. */
static uint32_t joined(struct domain *d, struct domain *rd, unsigned v)
{
    uint32_t port = 0, local = 0;

    assert_int_equal(evtchn_alloc_unbound(rd, d->id, &port), 0);
    assert_int_equal(evtchn_bind_vcpu(rd, port, v), 0);
    assert_int_equal(evtchn_bind_interdomain(d, rd, port, &local), 0);
    return local;
}

/* The receivers take it, so that the next one is told again. */
static void take(const struct work *w)
{
    (void)w;
    for (unsigned i = 3; i < 5; i++)
        memset(dom[i]->shared_info, 0, 2048 + 512);
}

static void test_send(void **state)
{
    struct work a = { dom[1], 0, 3, joined(dom[1], dom[3], 0), 0 }, b = { dom[2], 0, 4, joined(dom[2], dom[4], 0), 0 };

    (void)state;
    take(NULL);
    assert_int_equal(measure(do_send, take, &a, &b).ours, 0);
    /* two vCPUs of one domain, to two domains */
    b = (struct work){ dom[1], 1, 4, joined(dom[1], dom[4], 0), 0 };
    take(NULL);
    assert_int_equal(measure(do_send, take, &a, &b).ours, 0);
    /* to two ports of one domain: the bits are one word of the ABI's */
    b = (struct work){ dom[2], 0, 3, joined(dom[2], dom[3], 1), 0 };
    take(NULL);
    assert_int_equal(measure(do_send, take, &a, &b).ours, 0);
}

static void test_send_same(void **state)
{
    struct work a = { dom[1], 0, 3, joined(dom[1], dom[3], 0), 0 }, b = a;

    (void)state;
    b.vcpu = 1;
    take(NULL);
    assert_in_range(measure(do_send, take, &a, &b).ours, 1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_map, setup, teardown),
        cmocka_unit_test_setup_teardown(test_map_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copy_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_send, setup, teardown),
        cmocka_unit_test_setup_teardown(test_send_same, setup, teardown),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);

    fake_done();
    return rc;
}
