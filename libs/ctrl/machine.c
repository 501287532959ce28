/* SPDX-License-Identifier: LGPL-2.1-only */
#include "ctrl/machine.h"

#include <errno.h>
#include <string.h>

#include "call.h"

int ctrl_machine_info(struct ctrl_priv *p, struct xen_sysctl_physinfo *ret_info)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
    int err = ctrl_sysctl(p, &op);

    if (err == 0)
        *ret_info = op.u.physinfo;
    return err;
}

int ctrl_machine_scheduler(struct ctrl_priv *p, uint32_t *ret_scheduler)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_sched_id };
    int err = ctrl_sysctl(p, &op);

    if (err == 0)
        *ret_scheduler = op.u.sched_id.sched_id;
    return err;
}

int ctrl_machine_debug_keys(struct ctrl_priv *p, const char *keys)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_debug_keys };
    _cleanup_(bounce_done) struct bounce b = { 0 };
    size_t count = strlen(keys);
    int err = count ? bounce_new(&b, p, keys, count) : 0;

    if (err < 0 || count == 0)
        return err;
    op.u.debug_keys = (struct xen_sysctl_debug_keys){ .keys = bounce_addr(&b), .nr_keys = (uint32_t)count };
    return ctrl_sysctl(p, &op);
}

int ctrl_machine_free_memory(struct ctrl_priv *p, int32_t node, uint32_t min_bits, uint32_t max_bits, uint64_t *ret_bytes)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_availheap };
    int err;

    op.u.availheap = (struct xen_sysctl_availheap){ .min_bitwidth = min_bits, .max_bitwidth = max_bits, .node = node };
    err = ctrl_sysctl(p, &op);
    if (err == 0)
        *ret_bytes = op.u.availheap.avail_bytes;
    return err;
}

/* --- lists --- */

/* An array that the hypervisor fills in; NULL, or of none: it only says how many there are. */
static int list_new(struct bounce *b, struct ctrl_priv *p, const void *list, size_t count, size_t size)
{
    return list && count ? bounce_new(b, p, NULL, count * size) : 0;
}

static int64_t list_take(void *list, const struct bounce *b, uint32_t count, uint32_t max, size_t size)
{
    if (!b->data)
        return count;
    if (count > max)
        return -EPROTO;
    memcpy(list, b->data, count * size);
    return count;
}

int64_t ctrl_machine_cpus(struct ctrl_priv *p, struct xen_sysctl_cputopo *cpus, uint32_t max)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_cputopoinfo };
    _cleanup_(bounce_done) struct bounce b = { 0 };
    int err = list_new(&b, p, cpus, max, sizeof(*cpus));

    op.u.cputopoinfo = (struct xen_sysctl_cputopoinfo){ .num_cpus = max, .cputopo = bounce_addr(&b) };
    if (err == 0)
        err = ctrl_sysctl(p, &op);
    return err < 0 ? err : list_take(cpus, &b, op.u.cputopoinfo.num_cpus, max, sizeof(*cpus));
}

int64_t ctrl_machine_idle_times(struct ctrl_priv *p, struct xen_sysctl_cpuinfo *infos, uint32_t max)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_getcpuinfo };
    _cleanup_(bounce_done) struct bounce b = { 0 };
    int err = max ? bounce_new(&b, p, NULL, max * sizeof(*infos)) : -EINVAL;

    op.u.getcpuinfo = (struct xen_sysctl_getcpuinfo){ .max_cpus = max, .info = bounce_addr(&b) };
    if (err == 0)
        err = ctrl_sysctl(p, &op);
    return err < 0 ? err : list_take(infos, &b, op.u.getcpuinfo.nr_cpus, max, sizeof(*infos));
}

/* The hypervisor's rows of distances are as long as there are nodes, ours as the caller has room. */
static void distances_take(uint32_t *distances, const uint32_t *from, uint32_t count, uint32_t max)
{
    for (uint32_t i = 0; i < count; i++)
        memcpy(distances + (size_t)i * max, from + (size_t)i * count, count * sizeof(*distances));
}

int64_t ctrl_machine_nodes(struct ctrl_priv *p, struct xen_sysctl_meminfo *nodes, uint32_t *distances, uint32_t max)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_numainfo };
    _cleanup_(bounce_done) struct bounce b = { 0 }, d = { 0 };
    int64_t count = list_new(&b, p, nodes, max, sizeof(*nodes));

    if (count == 0)
        count = list_new(&d, p, distances, (size_t)max * max, sizeof(*distances));
    op.u.numainfo = (struct xen_sysctl_numainfo){
        .num_nodes = max, .meminfo = bounce_addr(&b), .distance = bounce_addr(&d)
    };
    if (count == 0)
        count = ctrl_sysctl(p, &op);
    if (count < 0)
        return count;
    count = list_take(nodes, &b, op.u.numainfo.num_nodes, max, sizeof(*nodes));
    if (d.data && count > max)
        return -EPROTO;
    if (d.data && count > 0)
        distances_take(distances, d.data, (uint32_t)count, max);
    return count;
}

int ctrl_machine_pci_nodes(struct ctrl_priv *p, const struct ctrl_pci_device *devices, uint32_t *nodes, uint32_t count)
{
    _cleanup_(bounce_done) struct bounce in = { 0 }, out = { 0 };
    uint32_t done = 0;
    int err = count ? bounce_new(&in, p, devices, count * sizeof(*devices)) : 0;

    if (err == 0 && count)
        err = bounce_new(&out, p, NULL, count * sizeof(*nodes));
    while (err == 0 && done < count) { /* the hypervisor may stop early */
        struct xen_sysctl op = { .cmd = XEN_SYSCTL_pcitopoinfo };

        op.u.pcitopoinfo = (struct xen_sysctl_pcitopoinfo){
            .num_devs = count - done, .devs = bounce_addr(&in) + done * sizeof(*devices),
            .nodes = bounce_addr(&out) + done * sizeof(*nodes),
        };
        err = ctrl_sysctl(p, &op);
        if (err == 0 && (op.u.pcitopoinfo.num_devs == 0 || op.u.pcitopoinfo.num_devs > count - done))
            err = -EPROTO;
        done += op.u.pcitopoinfo.num_devs;
    }
    if (err == 0 && count)
        memcpy(nodes, out.data, count * sizeof(*nodes));
    return err;
}

int64_t ctrl_machine_featureset(struct ctrl_priv *p, uint32_t which, uint32_t *words, uint32_t max)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_get_cpu_featureset };
    _cleanup_(bounce_done) struct bounce b = { 0 };
    int err = list_new(&b, p, words, max, sizeof(*words));

    op.u.cpu_featureset = (struct xen_sysctl_cpu_featureset){
        .index = which, .nr_features = max, .features = bounce_addr(&b)
    };
    if (err == 0)
        err = ctrl_sysctl(p, &op);
    return err < 0 ? err : list_take(words, &b, op.u.cpu_featureset.nr_features, max, sizeof(*words));
}

/* --- pools of processors --- */

static int pool_op(struct ctrl_priv *p, struct xen_sysctl_cpupool_op *pool)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_cpupool_op };
    int err;

    op.u.cpupool_op = *pool;
    err = ctrl_sysctl(p, &op);
    *pool = op.u.cpupool_op;
    return err;
}

int ctrl_pool_create(struct ctrl_priv *p, uint32_t scheduler, uint32_t *id)
{
    struct xen_sysctl_cpupool_op op = { .op = XEN_SYSCTL_CPUPOOL_OP_CREATE, .cpupool_id = *id, .sched_id = scheduler };
    int err = pool_op(p, &op);

    if (err == 0)
        *id = op.cpupool_id;
    return err;
}

int ctrl_pool_destroy(struct ctrl_priv *p, uint32_t id)
{
    return pool_op(p, &(struct xen_sysctl_cpupool_op){ .op = XEN_SYSCTL_CPUPOOL_OP_DESTROY, .cpupool_id = id });
}

/* op's set of processors goes to cpus. */
static int pool_cpus(struct ctrl_priv *p, struct xen_sysctl_cpupool_op *op, struct ctrl_bitmap *cpus)
{
    _cleanup_(bounce_done) struct bounce b = { 0 };
    int err = cpus->count ? bounce_new(&b, p, NULL, (cpus->count + 7) / 8) : -EINVAL;

    if (err < 0)
        return err;
    op->cpumap = (struct xenctl_bitmap){ .bitmap = bounce_addr(&b), .nr_bits = cpus->count };
    err = pool_op(p, op);
    if (err == 0)
        memcpy(cpus->bits, b.data, b.size);
    return err;
}

int ctrl_pool_info(struct ctrl_priv *p, uint32_t id, struct ctrl_pool *pool)
{
    struct xen_sysctl_cpupool_op op = { .op = XEN_SYSCTL_CPUPOOL_OP_INFO, .cpupool_id = id };
    int err = pool_cpus(p, &op, &pool->cpus);

    if (err < 0)
        return err;
    pool->id = op.cpupool_id;
    pool->scheduler = op.sched_id;
    pool->domains = op.n_dom;
    return 0;
}

int ctrl_pool_add_cpu(struct ctrl_priv *p, uint32_t id, uint32_t cpu)
{
    return pool_op(p, &(struct xen_sysctl_cpupool_op){
                          .op = XEN_SYSCTL_CPUPOOL_OP_ADDCPU, .cpupool_id = id, .cpu = cpu });
}

int ctrl_pool_remove_cpu(struct ctrl_priv *p, uint32_t id, uint32_t cpu)
{
    return pool_op(p, &(struct xen_sysctl_cpupool_op){
                          .op = XEN_SYSCTL_CPUPOOL_OP_RMCPU, .cpupool_id = id, .cpu = cpu });
}

int ctrl_pool_move_domain(struct ctrl_priv *p, uint32_t id, uint32_t domid)
{
    return pool_op(p, &(struct xen_sysctl_cpupool_op){
                          .op = XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, .cpupool_id = id, .domid = domid });
}

int ctrl_pool_free_cpus(struct ctrl_priv *p, struct ctrl_bitmap *ret_cpus)
{
    return pool_cpus(p, &(struct xen_sysctl_cpupool_op){ .op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO }, ret_cpus);
}

/* --- what the hypervisor is --- */

static int version_number(struct ctrl_priv *p, unsigned which)
{
    return (int)ctrl_hypercall(p, __HYPERVISOR_xen_version, (uint64_t[5]){ which });
}

int ctrl_version(struct ctrl_priv *p)
{
    return version_number(p, XENVER_version);
}

int ctrl_version_page_size(struct ctrl_priv *p)
{
    return version_number(p, XENVER_pagesize);
}

int ctrl_version_text(struct ctrl_priv *p, unsigned which, char *ret_text, size_t size)
{
    static const struct {
        unsigned which;
        size_t len;
    } fields[] = {
        { XENVER_extraversion, XEN_EXTRAVERSION_LEN },
        { XENVER_capabilities, XEN_CAPABILITIES_INFO_LEN },
        { XENVER_changeset, XEN_CHANGESET_INFO_LEN },
        { XENVER_commandline, XEN_COMMANDLINE_LEN },
    };
    char text[XEN_CAPABILITIES_INFO_LEN + 1] = "";
    size_t len = 0;
    int err;

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (fields[i].which == which)
            len = fields[i].len;
    if (len == 0 || size == 0)
        return -EINVAL;
    err = (int)ctrl_op(p, __HYPERVISOR_xen_version, which, text, len);
    if (err < 0)
        return err;
    len = strlen(text) < size ? strlen(text) : size - 1;
    memcpy(ret_text, text, len);
    ret_text[len] = 0;
    return 0;
}

int ctrl_version_compile_info(struct ctrl_priv *p, struct xen_compile_info *ret_info)
{
    struct xen_compile_info info = { 0 };
    int err = (int)ctrl_op(p, __HYPERVISOR_xen_version, XENVER_compile_info, &info, sizeof(info));

    if (err < 0)
        return err;
    info.compiler[sizeof(info.compiler) - 1] = 0;
    info.compile_by[sizeof(info.compile_by) - 1] = 0;
    info.compile_domain[sizeof(info.compile_domain) - 1] = 0;
    info.compile_date[sizeof(info.compile_date) - 1] = 0;
    *ret_info = info;
    return 0;
}

int ctrl_version_virt_start(struct ctrl_priv *p, uint64_t *ret_start)
{
    struct xen_platform_parameters info = { 0 };
    int err = (int)ctrl_op(p, __HYPERVISOR_xen_version, XENVER_platform_parameters, &info, sizeof(info));

    if (err == 0)
        *ret_start = info.virt_start;
    return err;
}

int ctrl_version_build_id(struct ctrl_priv *p, uint8_t *id, uint32_t max)
{
    struct {
        uint32_t len;
        uint8_t bytes[64];
    } info = { .len = max < sizeof(info.bytes) ? max : sizeof(info.bytes) };
    uint32_t room = info.len;
    int n = (int)ctrl_op(p, __HYPERVISOR_xen_version, XENVER_build_id, &info, sizeof(info));

    if (n > (int)room)
        return -EPROTO;
    if (n > 0)
        memcpy(id, info.bytes, (size_t)n);
    return n;
}
