/* SPDX-License-Identifier: GPL-2.0-only */
/* platform_op: decode and apply of its rows. */
#include "op.h"

#include "arch.h"
#include "copy.h"
#include "errno.h"
#include "hv.h"
#include "public/platform.h"
#include "ctl.h"

#define NSEC_PER_SEC 1000000000LL
#define WALLCLOCK_MAX_S (1LL << 33) /* more seconds since 1970 than a nanosecond count can hold are nonsense */

/* The wall clock read secs.nsecs at system time `at`: every domain's shared page is told. */
static void wallclock_set(uint64_t secs, uint32_t nsecs, uint64_t at)
{
    int64_t boot_ns = (int64_t)(secs * NSEC_PER_SEC + nsecs - at);
    struct domain *d = domain_next(0);

    WRITE_ONCE(host.wallclock_boot, (boot_ns + NSEC_PER_SEC / 2) / NSEC_PER_SEC);
    while (d) {
        domid_t next = (domid_t)(d->id + 1);

        arch_update_wallclock(d);
        domain_put(d);
        d = domain_next(next);
    }
}

static int time_check(uint64_t secs, uint32_t nsecs, uint64_t at)
{
    return secs < WALLCLOCK_MAX_S && nsecs < NSEC_PER_SEC && at <= secs * NSEC_PER_SEC ? 0 : -EINVAL;
}

static int settime32_decode(struct op *op)
{
    const struct platform_op_settime32 *a = op_arg(op);

    return time_check(a->secs, a->nsecs, a->system_time);
}

static int64_t settime32_apply(struct op *op)
{
    const struct platform_op_settime32 *a = op_arg(op);

    wallclock_set(a->secs, a->nsecs, a->system_time);
    return 0;
}

static int settime64_decode(struct op *op)
{
    const struct platform_op_settime64 *a = op_arg(op);

    return a->mbz ? -EINVAL : time_check(a->secs, a->nsecs, a->system_time);
}

static int64_t settime64_apply(struct op *op)
{
    const struct platform_op_settime64 *a = op_arg(op);

    wallclock_set(a->secs, a->nsecs, a->system_time);
    return 0;
}

static int64_t get_cpuinfo_apply(struct op *op)
{
    struct platform_op_pcpuinfo *a = op_arg(op);

    a->max_present = nr_cpus - 1;
    if (a->xen_cpuid >= nr_cpus) {
        a->flags = XEN_PCPU_FLAGS_INVALID;
        return 0;
    }
    a->flags = XEN_PCPU_FLAGS_ONLINE;
    a->apic_id = host.apic_ids[a->xen_cpuid];
    a->acpi_id = a->xen_cpuid;
    return 0;
}

#define REFUSED(n) [XENPF_##n] = {.name = #n, .error = -ENOSYS}
#define ROW(n, s, c) .name = (n), .wire = &wire_platform_op_##s, .copy = (c), .target_offset = OP_NO_TARGET, \
                     .right = RIGHT_PRIV

const struct op_row platform_ops[] = {
    [XENPF_settime32] = {ROW("settime32", settime32, OP_COPY_IN), .decode = settime32_decode,
                         .apply = settime32_apply},
    [XENPF_settime64] = {ROW("settime64", settime64, OP_COPY_IN), .decode = settime64_decode,
                         .apply = settime64_apply},
    [XENPF_get_cpuinfo] = {ROW("get_cpuinfo", pcpuinfo, OP_COPY_INOUT), .apply = get_cpuinfo_apply},
    REFUSED(add_memtype), REFUSED(del_memtype), REFUSED(read_memtype), REFUSED(microcode_update),
    REFUSED(platform_quirk), REFUSED(get_cpu_version), REFUSED(efi_runtime_call), REFUSED(firmware_info),
    REFUSED(enter_acpi_sleep), REFUSED(change_freq), REFUSED(getidletime), REFUSED(set_processor_pminfo),
    REFUSED(cpu_online), REFUSED(cpu_offline), REFUSED(cpu_hotadd), REFUSED(mem_hotadd), REFUSED(core_parking),
    REFUSED(resource_op), REFUSED(get_symbol), REFUSED(get_dom0_console),
};
const unsigned nr_platform_ops = ARRAY_SIZE(platform_ops);

/* The command and the version are in the structure: which row it is shows only after its head has been read. */
int64_t do_platform_op(struct op *op)
{
    struct platform_op_head head;
    int r;

    if (copy_from_guest(&head, op->raw[0], sizeof(head)))
        return -EFAULT;
    if (head.interface_version != XENPF_INTERFACE_VERSION)
        return -EACCES;
    r = rights_check(op->caller, op->caller, RIGHT_PRIV);
    return r ? r : op_dispatch(op, platform_ops, nr_platform_ops, head.cmd, op->raw[0]);
}
