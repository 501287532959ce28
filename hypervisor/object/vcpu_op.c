/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of the vcpu_op hypercall: (command, vCPU id in raw[1], argument). The target is always the caller's domain. */
#include "../sched/runstate.h"
#include "arch.h"
#include "copy.h"
#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "op.h"
#include "page.h"
#include "public/sched.h"
#include "public/vcpu.h"
#include "vcpu_timer.h"

#define PERIOD_MIN MILLISECS(1)
#define PERIOD_MAX ((uint64_t)INT64_MAX / 2)

/* The vCPU that the call names, for apply. */
static inline struct vcpu *op_vcpu(const struct op *op)
{
    return op->ref[0];
}

static int find_vcpu(struct op *op)
{
    op->ref[0] = domain_vcpu(op->target, (uint32_t)op->raw[1]);
    return op->ref[0] ? 0 : -ENOENT;
}

static int find_current(struct op *op)
{
    int rc = find_vcpu(op);

    if (rc)
        return rc;
    return op_vcpu(op) == op->vcpu ? 0 : -EINVAL;
}

/* --- up and down --- */

static int64_t up(struct op *op)
{
    struct vcpu *v = op_vcpu(op);

    if (!v->initialised)
        return -EINVAL;
    if (bit_test_and_clear(&v->sched.pause_flags, VPF_DOWN))
        vcpu_wake(v);
    return 0;
}

/* A guest that takes its last vCPU down has ended, whatever it meant: it says so as a shutdown, like stock. */
static int64_t down(struct op *op)
{
    vcpu_down(op_vcpu(op));
    return 0;
}

static int64_t is_up(struct op *op)
{
    return !bit_test(&op_vcpu(op)->sched.pause_flags, VPF_DOWN);
}

/* --- runstate --- */

static int64_t get_runstate_info(struct op *op)
{
    vcpu_runstate_info(op_vcpu(op), op_arg(op));
    return 0;
}

/* The first contents go out through the caller's address space at once, later ones whenever the vCPU is switched. */
static int64_t register_runstate_memory_area(struct op *op)
{
    const struct vcpu_register_runstate_memory_area *a = op_arg(op);
    struct vcpu *v = op_vcpu(op);
    guest_va_t area = op->abi32 ? (uint32_t)a->addr : a->addr;
    uint8_t buf[sizeof(struct vcpu_runstate_info)];

    WRITE_ONCE(v->runstate_area, area);
    if (area)
        (void)copy_to_guest(area, buf, vcpu_runstate_pack(v, buf));
    return 0;
}

/* --- timers --- */

static int periodic_decode(struct op *op)
{
    const struct vcpu_set_periodic_timer *a = op_arg(op);
    int rc = find_vcpu(op);

    if (rc)
        return rc;
    return a->period_ns < (uint64_t)PERIOD_MIN || a->period_ns > PERIOD_MAX ? -EINVAL : 0;
}

static int64_t set_periodic_timer(struct op *op)
{
    const struct vcpu_set_periodic_timer *a = op_arg(op);

    vcpu_periodic_set(op_vcpu(op), a->period_ns);
    return 0;
}

static int64_t stop_periodic_timer(struct op *op)
{
    vcpu_periodic_set(op_vcpu(op), 0);
    return 0;
}

/* VCPU_SSHOTTMR_future is ignored, like by stock: an event for a time that has passed is never wrong. */
static int64_t set_singleshot_timer(struct op *op)
{
    const struct vcpu_set_singleshot_timer *a = op_arg(op);

    vcpu_singleshot_set(op_vcpu(op), a->timeout_abs_ns);
    return 0;
}

static int64_t stop_singleshot_timer(struct op *op)
{
    timer_stop(&op_vcpu(op)->singleshot);
    return 0;
}

/* --- vcpu_info --- */

static int vcpu_info_decode(struct op *op)
{
    const struct vcpu_register_vcpu_info *a = op_arg(op);
    size_t align = op->target->abi32 ? sizeof(uint32_t) : sizeof(uint64_t);
    struct vcpu *v;
    int rc = find_vcpu(op);

    if (rc)
        return rc;
    v = op_vcpu(op);
    if (a->offset > PAGE_SIZE - sizeof(struct vcpu_info) || a->offset % align)
        return -ENXIO;
    if (v->info_mfn != INVALID_MFN)
        return -EINVAL;
    /* One that may be running would go on writing the old place. */
    return v == op->vcpu || bit_test(&v->sched.pause_flags, VPF_DOWN) ? 0 : -EINVAL;
}

static int64_t register_vcpu_info(struct op *op)
{
    const struct vcpu_register_vcpu_info *a = op_arg(op);
    struct vcpu *v = op_vcpu(op);
    mfn_t mfn;

    if (p2m_get_page(op->target, a->mfn, true, &mfn))
        return -EINVAL;
    if (mfn_to_page(mfn)->owner != op->target->id) { /* granted or foreign: not the guest's to keep for good */
        page_put(mfn_to_page(mfn));
        return -EINVAL;
    }
    char *place = (char *)mfn_to_virt(mfn) + a->offset;

    if (v->info)
        memcpy(place, v->info, sizeof(struct vcpu_info));
    else
        memset(place, 0, sizeof(struct vcpu_info));
    v->info_mfn = mfn;
    __atomic_store_n(&v->info, (void *)place, __ATOMIC_SEQ_CST);
    evtchn_vcpu_info_moved(v); /* marks everything pending: what was raised meanwhile is not lost */
    arch_update_time(v);
    return 0;
}

/* --- the rest --- */

static int64_t send_nmi(struct op *op)
{
    arch_vcpu_nmi(op_vcpu(op));
    return 0;
}

static int64_t get_physid(struct op *op)
{
    (void)op;
    return -EINVAL; /* as stock for every vCPU that is not pinned by dom0_vcpus_pin, which we do not have */
}

#define CALLER .target_offset = OP_NO_TARGET, .right = RIGHT_ANY

const struct op_row vcpu_ops[] = {
    [VCPUOP_initialise] = {.name = "initialise", .error = -EOPNOTSUPP},
    [VCPUOP_up] = {.name = "up", .decode = find_vcpu, .apply = up, CALLER},
    [VCPUOP_down] = {.name = "down", .decode = find_vcpu, .apply = down, CALLER},
    [VCPUOP_is_up] = {.name = "is_up", .decode = find_vcpu, .apply = is_up, CALLER},
    [VCPUOP_get_runstate_info] = {.name = "get_runstate_info", .decode = find_vcpu, .apply = get_runstate_info,
                                  .wire = &wire_vcpu_runstate_info, .copy = OP_COPY_OUT, CALLER},
    [VCPUOP_register_runstate_memory_area] = {.name = "register_runstate_memory_area", .decode = find_vcpu,
                                              .apply = register_runstate_memory_area,
                                              .wire = &wire_vcpu_register_runstate_memory_area, .copy = OP_COPY_IN,
                                              CALLER},
    [VCPUOP_set_periodic_timer] = {.name = "set_periodic_timer", .decode = periodic_decode, .apply = set_periodic_timer,
                                   .wire = &wire_vcpu_set_periodic_timer, .copy = OP_COPY_IN, CALLER},
    [VCPUOP_stop_periodic_timer] = {.name = "stop_periodic_timer", .decode = find_vcpu, .apply = stop_periodic_timer,
                                    CALLER},
    [VCPUOP_set_singleshot_timer] = {.name = "set_singleshot_timer", .decode = find_current,
                                     .apply = set_singleshot_timer, .wire = &wire_vcpu_set_singleshot_timer,
                                     .copy = OP_COPY_IN, CALLER},
    [VCPUOP_stop_singleshot_timer] = {.name = "stop_singleshot_timer", .decode = find_current,
                                      .apply = stop_singleshot_timer, CALLER},
    [VCPUOP_register_vcpu_info] = {.name = "register_vcpu_info", .decode = vcpu_info_decode, .apply = register_vcpu_info,
                                   .wire = &wire_vcpu_register_vcpu_info, .copy = OP_COPY_IN, .lock = OP_LOCK_DOMAIN,
                                   CALLER},
    [VCPUOP_send_nmi] = {.name = "send_nmi", .decode = find_vcpu, .apply = send_nmi, CALLER},
    [VCPUOP_get_physid] = {.name = "get_physid", .decode = find_vcpu, .apply = get_physid, CALLER},
    [VCPUOP_register_vcpu_time_memory_area] = {.name = "register_vcpu_time_memory_area", .error = -ENOSYS},
};
const unsigned nr_vcpu_ops = ARRAY_SIZE(vcpu_ops);
