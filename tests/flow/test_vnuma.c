/* SPDX-License-Identifier: GPL-2.0-only */
/* vnuma= when a domain is made: what is refused, with which words; what becomes of what is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/ctrl_loop.h"
#include "fake/fault.h"
#include "flow/world.h"
#include "light/domain_op.h"
#include "light/events.h"
#include "light/vnuma.h"

struct reading {
    struct light_domain on;
    const libxl_domain_build_info *b;
    void (*look)(const struct guest_numa *numa);
};

/* As b_info has it: two nodes of 4 MiB, vCPU 1 on the first. */
static void two_nodes(libxl_domain_build_info *b)
{
    libxl_domain_build_info_init(b);
    libxl_domain_build_info_init_type(b, LIBXL_DOMAIN_TYPE_PVH);
    b->max_vcpus = 2;
    b->max_memkb = 8192;
    b->num_vnuma_nodes = 2;
    b->vnuma_nodes = calloc(2, sizeof(*b->vnuma_nodes));
    for (int i = 0; i < 2; i++) {
        libxl_vnode_info *v = &b->vnuma_nodes[i];

        libxl_vnode_info_init(v);
        v->memkb = 4096;
        v->num_distances = 2;
        v->distances = calloc(2, sizeof(*v->distances));
        v->distances[i] = 10;
        v->distances[!i] = 20 + (uint32_t)i;
        libxl_bitmap_alloc(ctx, &v->vcpus, 64);
        libxl_bitmap_set(&v->vcpus, !i);
    }
}

static int start(struct op *op)
{
    struct reading *r = op->arg;
    struct guest_numa numa = { .nr_vnodes = 77 };
    int rc;

    if (!arena_alloc(&op->arena, 10000)) /* what is at hand is used up */
        return op_fail(op, ERROR_NOMEM, "no filler");
    rc = light_vnuma_read(op, r->on.priv, r->b, &numa);
    if (r->look && rc == 0)
        r->look(&numa);
    return rc;
}

static const struct op_step steps[] = { { .name = "reading", .start = start } };

static int read_it(const libxl_domain_build_info *b, void (*look)(const struct guest_numa *numa))
{
    struct reading *r;
    struct op *op;
    int rc;

    log_text[0] = '\0';
    rc = light_domain_op_new(ctx, 0, steps, 1, sizeof(*r), &op);
    if (rc)
        return rc;
    r = op->arg;
    r->b = b;
    r->look = look;
    return light_op_run(ctx, op, NULL);
}

static unsigned looked;

static void look_at_two(const struct guest_numa *numa)
{
    assert_int_equal(numa->nr_vnodes, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(numa->vnodes[i].kib, 4096);
        assert_int_equal(numa->vnodes[i].pnode, i ? UINT32_MAX : 0);
        assert_int_equal(numa->vnodes[i].distances[!i], 20 + i);
        assert_int_equal(numa->vcpu_to_vnode[i], !i);
    }
    looked++;
}

static void look_at_none(const struct guest_numa *numa)
{
    assert_int_equal(numa->nr_vnodes, 77);
    looked++;
}

static void right_ones(void **state)
{
    libxl_domain_build_info b;

    (void)state;
    looked = 0;
    two_nodes(&b);
    b.vnuma_nodes[1].pnode = UINT32_MAX;
    assert_int_equal(light_vnuma_memkb(&b), 8192);
    assert_int_equal(read_it(&b, look_at_two), 0);
    libxl_domain_build_info_dispose(&b);
    libxl_domain_build_info_init(&b);
    assert_int_equal(read_it(&b, look_at_none), 0);
    assert_int_equal(looked, 2);
    libxl_domain_build_info_dispose(&b);
}

static void no_size(libxl_domain_build_info *b)
{
    b->vnuma_nodes[1].memkb = LIBXL_MEMKB_DEFAULT;
}

static void other_size(libxl_domain_build_info *b)
{
    b->max_memkb = 9 << 10;
}

static void too_few_distances(libxl_domain_build_info *b)
{
    b->vnuma_nodes[0].num_distances = 1;
}

static void far_from_itself(libxl_domain_build_info *b)
{
    b->vnuma_nodes[1].distances[1] = 11;
}

static void no_such_node(libxl_domain_build_info *b)
{
    b->vnuma_nodes[1].pnode = 1;
}

static void on_no_node(libxl_domain_build_info *b)
{
    libxl_bitmap_reset(&b->vnuma_nodes[0].vcpus, 1);
}

static void on_two_nodes(libxl_domain_build_info *b)
{
    libxl_bitmap_set(&b->vnuma_nodes[1].vcpus, 1);
}

static void no_such_vcpu(libxl_domain_build_info *b)
{
    libxl_bitmap_set(&b->vnuma_nodes[1].vcpus, 2);
}

static void wrong_ones(void **state)
{
    static const struct {
        void (*change)(libxl_domain_build_info *b);
        const char *want;
    } rows[] = {
        { no_size, "vnode 1 does not say how much memory it has: size=" },
        { other_size, "the nodes have 8192 KiB of memory, the guest 9216 KiB" },
        { too_few_distances, "vnode 0 has 1 distances, there are 2 nodes" },
        { far_from_itself, "vnode 1 is 11 from itself and should be 10" },
        { no_such_node, "vnode 1 is to be on node 1 of a machine that has 1: pnode=" },
        { on_no_node, "vCPU 1 is on no vnode" },
        { on_two_nodes, "vCPU 1 is on vnode 0 and on vnode 1" },
        { no_such_vcpu, "vnode 1 has vCPU 2 of a domain of 2" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_domain_build_info b;
        char want[200];

        two_nodes(&b);
        rows[i].change(&b);
        assert_int_equal(read_it(&b, NULL), ERROR_VNUMA_CONFIG_INVALID);
        snprintf(want, sizeof(want), "reading: vnuma: %s\n", rows[i].want);
        if (!strstr(log_text, want))
            fail_msg("%s", log_text);
        libxl_domain_build_info_dispose(&b);
    }
}

static void not_answered(void **state)
{
    libxl_domain_build_info b;

    (void)state;
    two_nodes(&b);
    assert_int_equal(read_it(&b, NULL), 0); /* the hypervisor's handle is open now */
    ctrl_loop_fail(1, EIO);
    assert_int_equal(read_it(&b, NULL), ERROR_FAIL);
    assert_true(ctrl_loop_failed());
    ctrl_loop_fail(0, 0);
    expect_said("vnuma: how many nodes the machine has");
    libxl_domain_build_info_dispose(&b);
}

/* Each allocation fails once. */
static void without_memory(void **state)
{
    libxl_domain_build_info b;
    unsigned refused = 0;
    bool failed = true;

    (void)state;
    two_nodes(&b);
    b.max_vcpus = 4096;
    libxl_bitmap_dispose(&b.vnuma_nodes[0].vcpus);
    libxl_bitmap_alloc(ctx, &b.vnuma_nodes[0].vcpus, 4096);
    libxl_bitmap_set_any(&b.vnuma_nodes[0].vcpus);
    libxl_bitmap_reset(&b.vnuma_nodes[0].vcpus, 0);
    assert_int_equal(read_it(&b, NULL), 0);
    for (unsigned nth = 1; failed; nth++) {
        int rc;

        fault_at(FAULT_ALLOC, nth);
        rc = read_it(&b, NULL);
        failed = fault_happened(FAULT_ALLOC);
        fault_at(FAULT_ALLOC, 0);
        assert_true(failed ? rc == ERROR_NOMEM : rc == 0);
        refused += strstr(log_text, "reading: no memory\n") != NULL;
    }
    assert_int_equal(refused, 2); /* the nodes and the vCPUs */
    libxl_domain_build_info_dispose(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(right_ones, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(wrong_ones, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(without_memory, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(not_answered, machine_setup, machine_teardown),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
