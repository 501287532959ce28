/* SPDX-License-Identifier: GPL-2.0-only */
/* How a new domain runs: steps of its creation, on a domain of the core's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>

#include "ctrl/hvm.h"
#include "fake/ctrl_loop.h"
#include "fake/fault.h"
#include "flow/world.h"
#include "light/cpuid.h"
#include "light/domain_op.h"
#include "light/domain_settle.h"
#include "light/events.h"
#include "public/sysctl.h"

struct settle {
    struct light_domain on;
    libxl_domain_config *config;
};

static libxl_domain_config config;
static uint32_t domid;

static int check_start(struct op *op)
{
    return light_settle_check(op, ctx, ((struct settle *)op->arg)->config);
}

static int settle_start(struct op *op)
{
    return light_settle(op, ctx, domid, ((struct settle *)op->arg)->config);
}

static const struct op_step steps[] = { { .name = "checking", .start = check_start }, { .name = "settling", .start = settle_start } };

static int settle(void)
{
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, steps, 2, sizeof(struct settle), &op);

    if (rc)
        return rc;
    ((struct settle *)op->arg)->config = &config;
    return light_op_run(ctx, op, NULL);
}

static int setup(void **state)
{
    machine_setup(state);
    domid = domain_new();
    libxl_domain_config_init(&config);
    libxl_domain_build_info_init_type(&config.b_info, LIBXL_DOMAIN_TYPE_PVH);
    config.b_info.max_vcpus = 1;
    return 0;
}

static int teardown(void **state)
{
    libxl_domain_config_dispose(&config);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    return machine_teardown(state);
}

static libxl_bitmap *one_map(libxl_bitmap **maps, int *count, int cpu)
{
    *maps = calloc(1, sizeof(**maps));
    *count = 1;
    assert_int_equal(libxl_cpu_bitmap_alloc(ctx, *maps, 8), 0);
    if (cpu >= 0)
        libxl_bitmap_set(*maps, cpu);
    return *maps;
}

static void nothing_is_said(void **state)
{
    (void)state;
    assert_int_equal(settle(), 0);
    assert_string_equal(log_text, "");
}

static void pools(void **state)
{
    (void)state;
    config.c_info.pool_name = strdup("Pool-0");
    assert_int_equal(settle(), 0);
    assert_int_equal(config.c_info.poolid, 0);
    free(config.c_info.pool_name);
    config.c_info.pool_name = strdup("none");
    assert_int_equal(settle(), ERROR_INVAL);
    expect_said("there is no CPU pool none");
    free(config.c_info.pool_name);
    config.c_info.pool_name = NULL;
    config.c_info.poolid = 7;
    assert_int_equal(settle(), ERROR_INVAL);
    expect_said("there is no CPU pool 7");
}

static void affinities(void **state)
{
    libxl_domain_build_info *b = &config.b_info;
    int cpus, count;
    libxl_vcpuinfo *vcpu;

    (void)state;
    one_map(&b->vcpu_hard_affinity, &b->num_vcpu_hard_affinity, 0);
    one_map(&b->vcpu_soft_affinity, &b->num_vcpu_soft_affinity, 0);
    assert_int_equal(settle(), 0);
    vcpu = libxl_list_vcpu(ctx, domid, &count, &cpus);
    assert_non_null(vcpu);
    assert_int_equal(libxl_bitmap_count_set(&vcpu->cpumap), 1);
    assert_true(libxl_bitmap_test(&vcpu->cpumap, 0));
    libxl_vcpuinfo_list_free(vcpu, count);
    libxl_bitmap_set_none(b->vcpu_hard_affinity);
    libxl_bitmap_set(b->vcpu_hard_affinity, 7);
    assert_int_equal(settle(), ERROR_INVAL);
    expect_said("vCPU 0 cannot run where cpus= and cpus_soft= want it");
    libxl_bitmap_set_none(b->vcpu_hard_affinity);
    assert_int_equal(settle(), ERROR_INVAL);
    expect_said("cpus= leaves vCPU 0 no processor");
    libxl_bitmap_set(b->vcpu_hard_affinity, 0);
    b->max_vcpus = 0;
    assert_int_equal(settle(), ERROR_INVAL);
    expect_said("cpus= is for 1 vCPUs, the domain has 0");
}

static void scheduler(void **state)
{
    libxl_domain_sched_params got;

    (void)state;
    config.b_info.sched_params.weight = 777;
    assert_int_equal(settle(), 0);
    libxl_domain_sched_params_init(&got);
    assert_int_equal(libxl_domain_sched_params_get(ctx, domid, &got), 0);
    assert_int_equal(got.weight, 777);
    config.b_info.sched_params.weight = 1 << 20;
    assert_int_equal(settle(), ERROR_INVAL);
    expect_said("does not take cpu_weight=");
}

static void clock_offset(void **state)
{
    (void)state;
    config.b_info.rtc_timeoffset = (uint32_t)-3600;
    libxl_defbool_set(&config.b_info.localtime, true);
    assert_int_equal(settle(), 0);
}

/* --- CPUID: the core of these tests has no policies; the linker calls these instead --- */

static struct xen_cpuid_leaf guest_leaves[3] = { { 1, CPUID_NO_SUBLEAF, 0xa, 0xb, 0xf1, 0xd }, { 7, 0, 1, 2, 3, 4 }, { 7, 1, 0, 0, 0, 0 } };
static const struct xen_cpuid_leaf host_leaves[2] = { { 1, CPUID_NO_SUBLEAF, 0xffff, 0xffff, 0xff0f, 0xffff }, { 7, 0, 0, 0, 0, 0 } };
static struct xen_cpuid_leaf set_leaves[8];
static struct xen_msr_entry set_msrs[8];
static uint32_t nr_set_leaves, nr_set_msrs;
static int policy_error;

int __wrap_ctrl_machine_cpu_policy(struct ctrl_priv *p, uint32_t which, struct ctrl_cpu_policy *policy);
int __wrap_ctrl_domain_get_cpu_policy(struct ctrl_priv *p, uint32_t id, struct ctrl_cpu_policy *policy);
int __wrap_ctrl_domain_set_cpu_policy(struct ctrl_priv *p, uint32_t id, const struct ctrl_cpu_policy *policy,
                                      struct ctrl_cpu_policy_fault *fault);

int __wrap_ctrl_machine_cpu_policy(struct ctrl_priv *p, uint32_t which, struct ctrl_cpu_policy *policy)
{
    (void)p;
    assert_int_equal(which, XEN_SYSCTL_cpu_policy_host);
    if (!policy->leaves) {
        policy->nr_leaves = 3;
        policy->nr_msrs = 1;
        return 0;
    }
    assert_int_equal(policy->nr_leaves, 3);
    memcpy(policy->leaves, host_leaves, sizeof(host_leaves));
    policy->nr_leaves = 2;
    policy->msrs[0] = (struct xen_msr_entry){ .idx = 0x10a, .val = 0xff };
    policy->nr_msrs = 1;
    return 0;
}

int __wrap_ctrl_domain_get_cpu_policy(struct ctrl_priv *p, uint32_t id, struct ctrl_cpu_policy *policy)
{
    (void)p;
    assert_int_equal(id, domid);
    memcpy(policy->leaves, guest_leaves, sizeof(guest_leaves));
    policy->nr_leaves = 3;
    policy->nr_msrs = 0;
    return policy_error == 1 ? -EIO : 0;
}

int __wrap_ctrl_domain_set_cpu_policy(struct ctrl_priv *p, uint32_t id, const struct ctrl_cpu_policy *policy,
                                      struct ctrl_cpu_policy_fault *fault)
{
    (void)p;
    assert_int_equal(id, domid);
    nr_set_leaves = policy->nr_leaves;
    nr_set_msrs = policy->nr_msrs;
    memcpy(set_leaves, policy->leaves, nr_set_leaves * sizeof(set_leaves[0]));
    memcpy(set_msrs, policy->msrs, nr_set_msrs * sizeof(set_msrs[0]));
    if (policy_error == 2)
        *fault = (struct ctrl_cpu_policy_fault){ 7, 0, UINT32_MAX };
    if (policy_error == 3)
        *fault = (struct ctrl_cpu_policy_fault){ UINT32_MAX, UINT32_MAX, 0x10a };
    return policy_error ? -EINVAL : 0;
}

static void cpuid(void **state)
{
    static const char *const xend[] = { "1:ecx=xxxxxxxxxxxxxxxxxxxxxxxx0kkk1kkk,edx=ssssssssssssssssssssssssssssssss",
                                        "7:eax=00000000000000000000000000000000", "0x80:ebx=11111111111111111111111111111111" };

    (void)state;
    policy_error = 0;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(libxl_cpuid_parse_config_xend(&config.b_info.cpuid, xend[i]), 0);
    assert_int_equal(settle(), 0);
    assert_int_equal(nr_set_leaves, 4);
    assert_int_equal(nr_set_msrs, 0);
    assert_int_equal(set_leaves[0].a, 0xa);
    assert_int_equal(set_leaves[0].c, 0x0f); /* bit 7 off, 3 on, the rest of the byte the host's */
    assert_int_equal(set_leaves[0].d, 0xffff);
    assert_int_equal(set_leaves[1].a, 0); /* without a subleaf: the first */
    assert_int_equal(set_leaves[1].b, 2);
    assert_int_equal(set_leaves[3].leaf, 0x80);
    assert_int_equal(set_leaves[3].b, UINT32_MAX);
    assert_int_equal(libxl_cpuid_parse_config(&config.b_info.cpuid, "rdcl-no=1"), 0);
    assert_int_equal(settle(), 0);
    assert_int_equal(nr_set_msrs, 1);
    assert_int_equal(set_msrs[0].idx, 0x10a);
    assert_int_equal(set_msrs[0].val, 1);
    policy_error = 1;
    assert_int_equal(settle(), ERROR_FAIL);
    expect_said("cpuid= cannot be applied: Input/output error");
    policy_error = 2;
    assert_int_equal(settle(), ERROR_INVAL);
    expect_said("the hypervisor does not take what cpuid= says of leaf 0x7, subleaf 0x0");
    policy_error = 3;
    assert_int_equal(settle(), ERROR_INVAL);
    expect_said("says of MSR 0x10a");
    policy_error = 0;
}

static void failing(void **state)
{
    bool more = true;

    (void)state;
    config.b_info.sched_params.weight = 300;
    config.b_info.rtc_timeoffset = 60;
    one_map(&config.b_info.vcpu_hard_affinity, &config.b_info.num_vcpu_hard_affinity, 0);
    assert_int_equal(libxl_cpuid_parse_config(&config.b_info.cpuid, "sse3=0"), 0);
    for (unsigned nth = 1; more; nth++) {
        int rc;

        log_text[0] = '\0';
        fault_at(FAULT_ALLOC, nth);
        rc = settle();
        more = fault_happened(FAULT_ALLOC);
        fault_at(FAULT_ALLOC, 0);
        assert_true(rc <= 0 && (more || !rc) && (!rc || log_text[0]));
    }
    more = true;
    for (unsigned nth = 1; more; nth++) {
        int rc;

        log_text[0] = '\0';
        ctrl_loop_fail(nth, EIO);
        rc = settle();
        more = ctrl_loop_failed();
        ctrl_loop_fail(0, 0);
        assert_true(rc <= 0 && (more || !rc) && (!rc || log_text[0]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(pools, setup, teardown),
        cmocka_unit_test_setup_teardown(affinities, setup, teardown),
        cmocka_unit_test_setup_teardown(scheduler, setup, teardown),
        cmocka_unit_test_setup_teardown(clock_offset, setup, teardown),
        cmocka_unit_test_setup_teardown(cpuid, setup, teardown),
        cmocka_unit_test_setup_teardown(failing, setup, teardown),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
