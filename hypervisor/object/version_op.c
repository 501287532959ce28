/* SPDX-License-Identifier: GPL-2.0-only */
/* xen_version: decode and apply of its rows. */
#include "copy.h"
#include "errno.h"
#include "hv.h"
#include "lib.h"
#include "op.h"
#include "public/version.h"

static const char capabilities[] = "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ";

/* A string in its fixed-size field, zero-filled, in one copy. */
static int64_t copy_string(struct op *op, const char *s, size_t field)
{
    static const char zeros[64];
    size_t len = strlen(s);
    int r;

    if (len >= field)
        len = field - 1;
    r = copy_to_guest(op->arg_addr, s, len);
    for (size_t at = len; !r && at < field; at += sizeof(zeros))
        r = copy_to_guest(op->arg_addr + at, zeros, min_u64(sizeof(zeros), field - at));
    return r;
}

static int64_t version_apply(struct op *op)
{
    (void)op;
    return XENOLITH_VERSION_MAJOR << 16 | XENOLITH_VERSION_MINOR;
}

static int64_t extraversion_apply(struct op *op)
{
    return copy_string(op, XENOLITH_EXTRAVERSION, XEN_EXTRAVERSION_LEN);
}

static int64_t compile_info_apply(struct op *op)
{
    struct xen_compile_info *info = op_arg(op);

    strlcpy((char *)info->compiler, "cc " __VERSION__, sizeof(info->compiler));
    strlcpy((char *)info->compile_by, "xenolith", sizeof(info->compile_by));
    strlcpy((char *)info->compile_domain, "xenolith", sizeof(info->compile_domain));
    /* No date: the same source gives the same image. */
    strlcpy((char *)info->compile_date, "reproducible build", sizeof(info->compile_date));
    return 0;
}

static int64_t capabilities_apply(struct op *op)
{
    return copy_string(op, capabilities, XEN_CAPABILITIES_INFO_LEN);
}

static int64_t changeset_apply(struct op *op)
{
    return copy_string(op, "unavailable", XEN_CHANGESET_INFO_LEN);
}

static int64_t platform_parameters_apply(struct op *op)
{
    struct xen_platform_parameters *p = op_arg(op);

    p->virt_start = op->abi32 ? 0 : 0xffff800000000000;
    return 0;
}

static int64_t get_features_apply(struct op *op)
{
    struct xen_feature_info *f = op_arg(op);

    if (f->submap_idx != 0)
        return -EINVAL;
    f->submap = 1u << XENFEAT_writable_page_tables | 1u << XENFEAT_auto_translated_physmap |
                1u << XENFEAT_hvm_callback_vector | 1u << XENFEAT_hvm_safe_pvclock |
                1u << XENFEAT_memory_op_vnode_supported; /* without a vNUMA description a vnode means any node */
    if (op->caller == dom0)
        f->submap |= 1u << XENFEAT_dom0 | 1u << XENFEAT_direct_mapped;
    else
        f->submap |= 1u << XENFEAT_not_direct_mapped;
    return 0;
}

static int64_t pagesize_apply(struct op *op)
{
    return op->arg_addr ? -EINVAL : (int64_t)PAGE_SIZE;
}

static int64_t guest_handle_apply(struct op *op)
{
    return copy_to_guest(op->arg_addr, op->caller->config.handle, sizeof(op->caller->config.handle));
}

/* The command line may say something about the host: others than dom0 read that they may not know. */
static int64_t commandline_apply(struct op *op)
{
    return copy_string(op, op->caller->privileged ? host.cmdline : "<denied>", XEN_COMMANDLINE_LEN);
}

#define NO_ARG .target_offset = OP_NO_TARGET, .right = RIGHT_ANY

const struct op_row version_ops[] = {
    [XENVER_version] = {.name = "version", .apply = version_apply, NO_ARG},
    [XENVER_extraversion] = {.name = "extraversion", .apply = extraversion_apply, NO_ARG},
    [XENVER_compile_info] = {.name = "compile_info", .apply = compile_info_apply, NO_ARG,
                             .wire = &wire_xen_compile_info, .copy = OP_COPY_OUT},
    [XENVER_capabilities] = {.name = "capabilities", .apply = capabilities_apply, NO_ARG},
    [XENVER_changeset] = {.name = "changeset", .apply = changeset_apply, NO_ARG},
    [XENVER_platform_parameters] = {.name = "platform_parameters", .apply = platform_parameters_apply, NO_ARG,
                                    .wire = &wire_xen_platform_parameters, .copy = OP_COPY_OUT},
    [XENVER_get_features] = {.name = "get_features", .apply = get_features_apply, NO_ARG,
                             .wire = &wire_xen_feature_info, .copy = OP_COPY_INOUT},
    [XENVER_pagesize] = {.name = "pagesize", .apply = pagesize_apply, NO_ARG},
    [XENVER_guest_handle] = {.name = "guest_handle", .apply = guest_handle_apply, NO_ARG},
    [XENVER_commandline] = {.name = "commandline", .apply = commandline_apply, NO_ARG},
    [XENVER_build_id] = {.name = "build_id", .error = -ENODATA},
};
const unsigned nr_version_ops = ARRAY_SIZE(version_ops);
