/* SPDX-License-Identifier: GPL-2.0-only */
/* __HYPERVISOR_grant_table_op: arrays of argument structures, one row for each command. */
#include "arch.h"
#include "copy.h"
#include "errno.h"
#include "grant_internal.h"
#include "lib.h"
#include "op.h"
#include "page.h"

#define ELEMENT_MAX 40

/* An element in native layout. */
union element {
    uint8_t bytes[ELEMENT_MAX];
    uint64_t align;
};

/*
 * One command. handle gets each element; its result, if not 0, ends the call. Commands with `single` take exactly one,
 * those with `any_count` one whatever the caller says, as on stock Xen.
 * wire is NULL for gnttab_copy, whose inner padding has no wire row.
 */
struct grant_cmd {
    int64_t (*handle)(struct op *op, void *element);
    const struct wire *wire;
    bool single, any_count; /* any_count: the same, whatever the count says */
    int error; /* no handler: refused with this */
};

/* --- elements --- */

static int64_t handle_map(struct op *op, void *element)
{
    struct gnttab_map_grant_ref *arg = element;
    struct domain *granter;
    int16_t st;

    if (!(arg->flags & (GNTMAP_device_map | GNTMAP_host_map))) {
        st = GNTST_bad_gntref;
    } else if (arg->flags & (GNTMAP_device_map | GNTMAP_application_map | GNTMAP_contains_pte)) {
        st = GNTST_general_error; /* translated guests have host mappings only */
    } else {
        granter = domain_hold(arg->dom);
        st = granter ? grant_map(op->caller, arg, granter) : GNTST_bad_domain;
        if (granter)
            domain_let_go(granter);
    }
    arg->status = (uint16_t)st;
    return 0;
}

static int64_t handle_unmap(struct op *op, void *element)
{
    struct gnttab_unmap_grant_ref *arg = element;

    arg->status = (uint16_t)grant_unmap(op->caller, arg->handle, arg->host_addr);
    return 0;
}

/* The domain whose table is asked about, referenced; NULL and *ret_st. */
static struct domain *table_domain(struct op *op, domid_t id, int16_t *ret_st)
{
    struct domain *d = op_domain(op, id);

    if (!d) {
        *ret_st = GNTST_bad_domain;
        return NULL;
    }
    if (rights_check(op->caller, d, RIGHT_SELF_OR_DM)) {
        domain_put(d);
        *ret_st = GNTST_permission_denied;
        return NULL;
    }
    return d;
}

/* Frames of a translated domain have no number that it could be told: all ones, as on stock Xen. */
static int16_t frame_list_fill(guest_va_t list, uint32_t nr, size_t size)
{
    static const uint64_t ones = UINT64_MAX;
    uint32_t i;

    for (i = 0; i < nr; i++) {
        if (copy_to_guest(list + i * size, &ones, size))
            return GNTST_bad_virt_addr;
    }
    return GNTST_okay;
}

static int64_t handle_setup_table(struct op *op, void *element)
{
    struct gnttab_setup_table *arg = element;
    struct grant_table *gt;
    int16_t st;
    struct domain *d = table_domain(op, arg->dom, &st);

    if (d) {
        gt = d->grant;
        spin_lock(&gt->lock);
        st = arg->nr_frames > gt->max_frames || grant_grow(gt, arg->nr_frames) ? GNTST_general_error : GNTST_okay;
        spin_unlock(&gt->lock);
        domain_put(d);
        if (!st)
            st = frame_list_fill(arg->frame_list, arg->nr_frames, op->abi32 ? 4 : 8);
    }
    arg->status = (uint16_t)st;
    return 0;
}

static int64_t handle_query_size(struct op *op, void *element)
{
    struct gnttab_query_size *arg = element;
    int16_t st = GNTST_okay;
    struct domain *d = table_domain(op, arg->dom, &st);

    if (d) {
        spin_lock(&d->grant->lock);
        arg->nr_frames = d->grant->nr_frames;
        arg->max_nr_frames = d->grant->max_frames;
        spin_unlock(&d->grant->lock);
        domain_put(d);
    }
    arg->status = (uint16_t)st;
    return 0;
}

static int64_t handle_set_version(struct op *op, void *element)
{
    struct gnttab_set_version *arg = element;
    int rc = grant_set_version(op->caller, arg->version);

    arg->version = READ_ONCE(op->caller->grant->version); /* told in every case */
    return rc;
}

static int64_t handle_get_status_frames(struct op *op, void *element)
{
    struct gnttab_get_status_frames *arg = element;
    struct grant_table *gt;
    int16_t st;
    struct domain *d = table_domain(op, arg->dom, &st);

    if (d) {
        gt = d->grant;
        spin_lock(&gt->lock);
        st = gt->version != 2 || arg->nr_frames > gt->nr_status ? GNTST_general_error : GNTST_okay;
        spin_unlock(&gt->lock);
        domain_put(d);
        if (!st)
            st = frame_list_fill(arg->frame_list, arg->nr_frames, 8);
    }
    arg->status = (uint16_t)st;
    return 0;
}

static int64_t handle_get_version(struct op *op, void *element)
{
    struct gnttab_get_version *arg = element;
    int16_t st = GNTST_okay;
    struct domain *d = table_domain(op, arg->dom, &st);

    if (!d)
        return st == GNTST_bad_domain ? -ESRCH : -EPERM;
    arg->version = READ_ONCE(d->grant->version);
    domain_put(d);
    return 0;
}

static int64_t handle_swap(struct op *op, void *element)
{
    struct gnttab_swap_grant_ref *arg = element;

    arg->status = (uint16_t)grant_swap(op->caller, arg->ref_a, arg->ref_b);
    return 0;
}

/* --- copy --- */

/* One side of a copy, ready to be accessed. */
struct copy_side {
    struct domain *domain; /* held */
    struct grant_pin pin;  /* gref; else its frame is referenced */
    uint32_t ref;
    bool gref, readonly;
};

static int16_t side_open(struct op *op, const struct gnttab_copy_ptr *ptr, bool gref, bool readonly,
                         struct copy_side *ret)
{
    struct copy_side side = { .ref = (uint32_t)ptr->u, .gref = gref, .readonly = readonly };
    int16_t st;

    side.domain = domain_hold(ptr->domid == DOMID_SELF ? op->caller->id : ptr->domid);
    if (!side.domain)
        return GNTST_bad_domain;
    if (!gref && ptr->domid != DOMID_SELF) { /* others' pages only by their grant */
        st = GNTST_permission_denied;
    } else if (gref) {
        st = grant_pin(side.domain, side.ref, op->caller->id, readonly, false, &side.pin);
    } else {
        side.pin.offset = 0;
        side.pin.length = PAGE_SIZE;
        st = grant_frame_get(side.domain, op->abi32 ? (uint32_t)ptr->u : ptr->u, readonly, &side.pin.mfn);
    }
    if (st)
        domain_let_go(side.domain);
    else
        *ret = side;
    return st;
}

static void side_close(struct copy_side *side)
{
    if (side->gref)
        grant_unpin(side->domain, side->ref, side->readonly);
    else
        page_put(mfn_to_page(side->pin.mfn));
    domain_let_go(side->domain);
}

static bool side_covers(const struct copy_side *side, uint32_t offset, uint32_t len)
{
    return offset >= side->pin.offset && offset + len <= (uint32_t)side->pin.offset + side->pin.length;
}

static int16_t copy_bytes(const struct gnttab_copy *arg, const struct copy_side *src, const struct copy_side *dst)
{
    if ((uint32_t)arg->source.offset + arg->len > PAGE_SIZE || (uint32_t)arg->dest.offset + arg->len > PAGE_SIZE)
        return GNTST_bad_copy_arg;
    if (!side_covers(src, arg->source.offset, arg->len) || !side_covers(dst, arg->dest.offset, arg->len))
        return GNTST_general_error;
    memmove((char *)mfn_to_virt(dst->pin.mfn) + arg->dest.offset,
            (const char *)mfn_to_virt(src->pin.mfn) + arg->source.offset, arg->len);
    return GNTST_okay;
}

static int64_t handle_copy(struct op *op, void *element)
{
    struct gnttab_copy *arg = element;
    struct copy_side src, dst;
    int16_t st;

    st = side_open(op, &arg->source, arg->flags & GNTCOPY_source_gref, true, &src);
    if (!st) {
        st = side_open(op, &arg->dest, arg->flags & GNTCOPY_dest_gref, false, &dst);
        if (!st) {
            st = copy_bytes(arg, &src, &dst);
            side_close(&dst);
        }
        side_close(&src);
    }
    arg->status = st;
    return 0;
}

static void copy_widen(struct gnttab_copy *native, const struct compat_gnttab_copy *c)
{
    *native = (struct gnttab_copy){
        .source = { c->source.u, c->source.domid, c->source.offset },
        .dest = { c->dest.u, c->dest.domid, c->dest.offset },
        .len = c->len, .flags = c->flags, .status = c->status,
    };
}

static void copy_narrow(struct compat_gnttab_copy *c, const struct gnttab_copy *native)
{
    *c = (struct compat_gnttab_copy){
        .source = { (uint32_t)native->source.u, native->source.domid, native->source.offset },
        .dest = { (uint32_t)native->dest.u, native->dest.domid, native->dest.offset },
        .len = native->len, .flags = native->flags, .status = native->status,
    };
}

/* --- the call --- */

static const struct grant_cmd cmds[] = {
    [GNTTABOP_map_grant_ref] = { handle_map, &wire_gnttab_map_grant_ref, false, false, 0 },
    [GNTTABOP_unmap_grant_ref] = { handle_unmap, &wire_gnttab_unmap_grant_ref, false, false, 0 },
    [GNTTABOP_setup_table] = { handle_setup_table, &wire_gnttab_setup_table, true, false, 0 },
    /* Refused to translated domains, as by stock Xen. */
    [GNTTABOP_dump_table] = { NULL, NULL, true, false, -ENOSYS },
    [GNTTABOP_transfer] = { NULL, NULL, false, false, -ENOSYS },
    [GNTTABOP_copy] = { handle_copy, NULL, false, false, 0 },
    [GNTTABOP_query_size] = { handle_query_size, &wire_gnttab_query_size, true, false, 0 },
    [GNTTABOP_unmap_and_replace] = { NULL, NULL, false, false, -ENOSYS },
    [GNTTABOP_set_version] = { handle_set_version, &wire_gnttab_set_version, false, true, 0 },
    [GNTTABOP_get_status_frames] = { handle_get_status_frames, &wire_gnttab_get_status_frames, true, false, 0 },
    [GNTTABOP_get_version] = { handle_get_version, &wire_gnttab_get_version, false, true, 0 },
    [GNTTABOP_swap_grant_ref] = { handle_swap, &wire_gnttab_swap_grant_ref, false, false, 0 },
    [GNTTABOP_cache_flush] = { NULL, NULL, false, false, -ENOSYS },
};

static size_t element_size(const struct grant_cmd *cmd, bool abi32)
{
    if (!cmd->wire)
        return abi32 ? sizeof(struct compat_gnttab_copy) : sizeof(struct gnttab_copy);
    return abi32 ? cmd->wire->compat_size : cmd->wire->native_size;
}

static int element_read(const struct grant_cmd *cmd, bool abi32, guest_va_t addr, union element *ret)
{
    union element raw;

    if (!abi32)
        return copy_from_guest(ret, addr, element_size(cmd, false));
    if (copy_from_guest(&raw, addr, element_size(cmd, true)))
        return -EFAULT;
    if (cmd->wire)
        wire_widen(cmd->wire, ret, &raw);
    else
        copy_widen((void *)ret, (void *)&raw);
    return 0;
}

static int element_write(const struct grant_cmd *cmd, bool abi32, guest_va_t addr, const union element *element)
{
    union element raw;

    if (!abi32)
        return copy_to_guest(addr, element, element_size(cmd, false));
    if (cmd->wire)
        wire_narrow(cmd->wire, &raw, element);
    else
        copy_narrow((void *)&raw, (const void *)element);
    return copy_to_guest(addr, &raw, element_size(cmd, true));
}

/* An error of the handler comes after its outputs: set_version tells the version in force even then. */
static int64_t element_run(struct op *op, const struct grant_cmd *cmd, guest_va_t addr)
{
    union element element;
    int64_t rc;

    if (element_read(cmd, op->abi32, addr, &element))
        return -EFAULT;
    rc = cmd->handle(op, &element);
    return element_write(cmd, op->abi32, addr, &element) ? -EFAULT : rc;
}

int64_t do_grant_table_op(struct op *op)
{
    uint32_t nr = (uint32_t)op->raw[0], count = (uint32_t)op->raw[2], done;
    const struct grant_cmd *cmd = nr < ARRAY_SIZE(cmds) ? &cmds[nr] : NULL;
    size_t size;
    int64_t rc;

    if (cmd && !cmd->handle)
        return cmd->error;
    if (count > INT32_MAX)
        return -EINVAL;
    if (!cmd)
        return -ENOSYS;
    if (cmd->any_count)
        count = 1;
    if (cmd->single && count != 1)
        return -EINVAL;
    size = element_size(cmd, op->abi32);
    for (done = 0; done < count; done++) {
        if (done && cpu_should_preempt()) {
            op->raw[1] += done * size;
            op->raw[2] = count - done;
            return -ERESTART;
        }
        rc = element_run(op, cmd, op->raw[1] + done * size);
        if (rc)
            return rc;
    }
    return 0;
}
