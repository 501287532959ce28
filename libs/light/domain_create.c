/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A new domain: kernel and files are read first, then the hypervisor is asked, then the store is told, in one transaction. A boot
 * loader that finds them runs on the console of a domain that is there, and whose nodes are. Each step undoes itself, so a creation
 * that fails or is cancelled leaves nothing.
 */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "light/bootloader.h"
#include "light/build/kernel_file.h"
#include "light/build/pvh_build.h"
#include "light/device.h"
#include "light/domain_free.h"
#include "light/domain_nodes.h"
#include "light/domain_settle.h"
#include "light/events.h"
#include "light/memory.h"
#include "light/small.h"
#include "light/userdata.h"
#include "light/vnuma.h"

#define KERNELS LOCALSTATEDIR "/cache/xenolith/kernels"
#define RAMDISK_MAX (1u << 30)
#define TTY_SECONDS 2
#define NO_DOMID UINT32_MAX /* any number will do */
#define CONSOLE_SECONDS 10 /* where its terminal is asked for */

struct create {
    struct light_free free; /* and who the domain is */
    libxl_domain_config *config;
    uint32_t *ret_domid;
    struct light_bootloader bootloader;
    const char *cmdline; /* the configuration's, or the boot loader's */
    struct kernel_file kernel;
    void *ramdisk;
    struct guest_module module;
    struct guest_numa numa; /* no nodes: none is wanted */
    struct pvh_built built;
    struct light_nodes nodes;
    struct light_asks asks;
    struct light_state_wait tty;
    bool has_model; /* a device needs one */
    bool own_shadow, own_iommu; /* their sizes were not given */
    struct light_progress *console; /* NULL: nobody asked, or was told already */
};

/* --- the configuration --- */

/* What a guest may have one day and cannot have yet. */
static const char *not_yet(const libxl_domain_config *c)
{
    const libxl_domain_build_info *b = &c->b_info;
    const struct {
        bool wanted;
        const char *what;
    } table[] = {
        { c->c_info.type != LIBXL_DOMAIN_TYPE_PVH, "a type other than pvh" },
        { c->num_pcidevs, "pci=" },
        { c->num_rdms, "rdm=" },
        { c->num_dtdevs, "dtdev=" },
        { c->num_pvcallsifs, "pvcalls=" },
        { c->num_vdispls, "vdispl=" },
        { c->num_vsnds, "vsnd=" },
        { c->num_usbctrls, "usbctrl=" },
        { c->num_usbdevs, "usbdev=" },
        { b->num_ioports, "ioports=" },
        { b->num_irqs, "irqs=" },
        { b->num_iomem, "iomem=" },
        { light_defbool_set(c->c_info.driver_domain), "driver_domain=" },
        { light_defbool_set(b->nested_hvm), "nestedhvm=" },
        { b->altp2m != LIBXL_ALTP2M_MODE_DISABLED, "altp2m=" },
        { b->vmtrace_buf_kb > 0, "vmtrace_buf_kb=" },
        { light_defbool_set(b->vpmu), "vpmu=" },
        { b->type == LIBXL_DOMAIN_TYPE_PVH && light_defbool_set(b->u.pvh.pvshim), "pvshim=" },
        { c->c_info.ssid_label != NULL || c->c_info.ssidref != 0, "seclabel=" },
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].wanted)
            return table[i].what;
    return NULL;
}

/* What is not said, as stock decides it. */
static int complete(struct op *op, struct create *d)
{
    libxl_domain_config *c = d->config;
    libxl_domain_build_info *b = &c->b_info;

    d->own_shadow = b->shadow_memkb == LIBXL_MEMKB_DEFAULT;
    d->own_iommu = b->iommu_memkb == LIBXL_MEMKB_DEFAULT;
    if (!c->c_info.domid)
        c->c_info.domid = NO_DOMID;
    if (b->video_memkb == LIBXL_MEMKB_DEFAULT)
        b->video_memkb = 0;
    libxl_defbool_setdefault(&b->arch_x86.msr_relaxed, false);
    if (b->max_memkb == LIBXL_MEMKB_DEFAULT && b->num_vnuma_nodes)
        b->max_memkb = light_vnuma_memkb(b);
    if (!light_memory_complete(b))
        return op_fail(op, ERROR_NOMEM, "no memory");
    if (libxl_uuid_is_nil(&c->c_info.uuid) && light_uuid_generate(&c->c_info.uuid) < 0)
        return op_fail(op, ERROR_FAIL, "no random numbers for a UUID");
    return 0;
}

static int check(struct op *op)
{
    struct create *d = op->arg;
    libxl_domain_config *c = d->config;
    const char *missing = not_yet(c);
    int rc;

    if (!c->c_info.name || !c->c_info.name[0])
        return op_fail(op, ERROR_INVAL, "a domain needs a name: name=\"...\"");
    op->object = arena_printf(&op->arena, "domain %s", c->c_info.name);
    if (missing)
        return op_fail(op, ERROR_NI, "%s cannot be had yet", missing);
    if (!c->b_info.kernel && !c->b_info.bootloader)
        return op_fail(op, ERROR_INVAL, "a guest needs a kernel: kernel=\"/path\", or bootloader=\"pygrub\" to find it on its disk");
    rc = complete(op, d);
    if (rc)
        return rc;
    if (c->b_info.target_memkb > c->b_info.max_memkb)
        return op_fail(op, ERROR_INVAL, "memory= is more than maxmem=");
    rc = light_settle_check(op, d->free.on.ctx, c);
    rc = rc ? rc : light_vnuma_read(op, d->free.on.priv, &c->b_info, &d->numa);
    return rc ? rc : light_devices_complete(op, d->free.on.ctx, c, &d->has_model);
}

/* --- files --- */

/* What comes out of a guest's disk is of no use to others: it is not kept unpacked. */
static int take_files(struct op *op)
{
    struct create *d = op->arg;
    const libxl_domain_build_info *b = &d->config->b_info;
    struct light_bootloader_answer files = { b->kernel, b->ramdisk, b->cmdline };
    struct build_error error = { .text = "" };
    int rc = b->bootloader ? light_bootloader_read(op, &d->bootloader) : 0;

    if (rc)
        return rc;
    if (b->bootloader)
        files = d->bootloader.answer;
    d->cmdline = files.cmdline;
    rc = kernel_file_open(files.kernel, b->bootloader ? NULL : KERNELS, &d->kernel, &error);
    if (rc == 0 && files.ramdisk) {
        rc = kernel_file_read("ramdisk", files.ramdisk, RAMDISK_MAX, &d->ramdisk, &d->module.size, &error);
        d->module.data = d->ramdisk;
    }
    light_bootloader_free(&d->bootloader);
    return rc < 0 ? op_fail(op, light_error(rc), "%s", error.text) : 0;
}

static bool has_bootloader(struct op *op)
{
    return ((struct create *)op->arg)->config->b_info.bootloader;
}

static int read_files(struct op *op)
{
    return has_bootloader(op) ? 0 : take_files(op);
}

static int read_found(struct op *op)
{
    return has_bootloader(op) ? take_files(op) : 0;
}

static void release(struct op *op)
{
    struct create *d = op->arg;

    light_bootloader_free(&d->bootloader);
    light_state_stop(&d->tty);
    light_free_release(&d->free);
    kernel_file_close(&d->kernel);
    free(d->ramdisk);
    light_progress_free(d->console);
}

/* --- the domain --- */

static int make_domain(struct op *op)
{
    struct create *d = op->arg;
    const libxl_domain_build_info *b = &d->config->b_info;
    struct build_error error = { .text = "" };
    struct pvh_domain wish = {
        .cpupool = d->config->c_info.poolid,
        .nr_vcpus = (unsigned)b->max_vcpus,
        .max_kib = b->max_memkb,
        .max_port = b->event_channels,
        .max_grant_frames = b->max_grant_frames == LIBXL_MAX_GRANT_DEFAULT ? -1 : (int32_t)b->max_grant_frames,
        .max_maptrack_frames = b->max_maptrack_frames == LIBXL_MAX_GRANT_DEFAULT ? -1 : (int32_t)b->max_maptrack_frames,
        .grant_version = b->max_grant_version > 0 ? (unsigned)b->max_grant_version : 0,
        .tsc_mode = (uint32_t)b->tsc_mode,
    };
    int rc;

    d->free.uuid = d->config->c_info.uuid;
    memcpy(wish.uuid, d->free.uuid.uuid, sizeof(wish.uuid));
    rc = pvh_domain_new(d->free.on.priv, &wish, 0, &d->free.on.domid, &error);
    return rc < 0 ? op_fail(op, light_error(rc), "%s", error.text) : 0;
}

/* Domain 0 is none of ours: there is nothing to free before there is a domain. */
static int free_domain(struct op *op)
{
    struct create *d = op->arg;

    return d->free.on.domid ? light_free_memory(op, &d->free) : 0;
}

static int settle(struct op *op)
{
    struct create *d = op->arg;

    return light_settle(op, d->free.on.ctx, d->free.on.domid, d->config);
}

static int build(struct op *op)
{
    struct create *d = op->arg;
    const libxl_domain_build_info *b = &d->config->b_info;
    struct build_error error = { .text = "" };
    const struct pvh_guest guest = {
        .domid = d->free.on.domid,
        .nr_vcpus = (unsigned)b->max_vcpus,
        .online = b->avail_vcpus.map,
        .max_kib = b->max_memkb,
        .target_kib = b->target_memkb,
        .numa = d->numa.nr_vnodes ? &d->numa : NULL,
        .claim = libxl_defbool_is_default(b->claim_mode) || libxl_defbool_val(b->claim_mode),
        .no_acpi = !libxl_defbool_is_default(b->acpi) && !light_defbool_set(b->acpi),
        .kernel_name = b->bootloader ? "of its disk" : b->kernel,
        .kernel = &d->kernel.image,
        .cmdline = d->cmdline,
        .modules = &d->module,
        .nr_modules = d->ramdisk ? 1 : 0,
    };
    int rc = pvh_build(d->free.on.priv, &guest, &d->built, &error);

    return rc < 0 ? op_fail(op, light_error(rc), "%s", error.text) : 0;
}

/* --- the store --- */

static int write_nodes_of(struct op *op, const struct pvh_built *built, const char *tty)
{
    struct create *d = op->arg;

    d->nodes = (struct light_nodes){
        .domid = d->free.on.domid,
        .name = d->config->c_info.name,
        .uuid = &d->free.uuid,
        .nr_vcpus = (unsigned)d->config->b_info.max_vcpus,
        .online = &d->config->b_info.avail_vcpus,
        .max_kib = d->config->b_info.max_memkb,
        .target_kib = d->config->b_info.target_memkb,
        .built = built,
        .tty = tty,
        .written = d->nodes.written,
    };
    return light_nodes_write(op, d->free.on.ctx, &d->nodes);
}

static int write_nodes(struct op *op)
{
    return write_nodes_of(op, &((struct create *)op->arg)->built, NULL);
}

/* All of them or none were written: where the transaction failed, they would be another's. */
static int free_nodes(struct op *op)
{
    struct create *d = op->arg;

    if (!d->nodes.written)
        return 0;
    d->nodes.written = false; /* twice is once too often */
    return light_free_nodes(op, &d->free);
}

static int introduce(struct op *op)
{
    struct create *d = op->arg;
    struct store_client *store;
    char payload[80];
    int rc = light_store_client(d->free.on.ctx, &store), len;

    if (rc < 0)
        return light_store_answer(op, rc);
    len = snprintf(payload, sizeof(payload), "%u%c%ju%c%u", d->free.on.domid, '\0', (uintmax_t)d->built.store_gfn, '\0',
                   d->built.store_port);
    light_asks_begin(&d->asks, op, "introducing the domain", false);
    light_asked(&d->asks, store_request(store, XS_INTRODUCE, XBT_NULL, payload, (size_t)len + 1, light_answered, &d->asks, NULL));
    return light_asks_end(&d->asks);
}

static int tty_look(struct light_state_wait *wait, const char *value)
{
    (void)wait;
    return value && !value[0] ? OP_WAITS : 0;
}

static int tty_late(struct light_state_wait *wait)
{
    (void)wait;
    return 0;
}

static int await_tty(struct op *op, unsigned seconds)
{
    struct create *d = op->arg;

    d->tty = (struct light_state_wait){
        .op = op,
        .ctx = d->free.on.ctx,
        .path = arena_printf(&op->arena, "/local/domain/%u/console/tty", d->free.on.domid),
        .look = tty_look,
        .seconds = seconds,
        .late = tty_late,
    };
    return d->tty.path ? light_state_wait(&d->tty) : op_fail(op, ERROR_NOMEM, "no memory");
}

/* Who is told that there is a console asks for its terminal at once. */
static int await_console(struct op *op)
{
    struct create *d = op->arg;

    return d->console ? await_tty(op, CONSOLE_SECONDS) : 0;
}

/*
 * The console's daemon has heard of it: it will write the name of its terminal, and did so into nodes that were removed
 * before. Without a daemon it is not worth waiting for long.
 */
static int await_daemon(struct op *op)
{
    return await_tty(op, TTY_SECONDS);
}

static void stop_console(struct op *op)
{
    struct create *d = op->arg;

    light_state_stop(&d->tty);
}

static int tell_of_console(struct op *op)
{
    struct create *d = op->arg;

    light_progress_tell(d->console, d->free.on.domid);
    d->console = NULL;
    return 0;
}

/* --- its boot loader, whose terminal is the console until it ends --- */

static int show_bootloader(struct op *op)
{
    struct create *d = op->arg;
    int rc;

    if (!has_bootloader(op))
        return 0;
    rc = light_bootloader_show(op, &d->bootloader);
    return rc ? rc : write_nodes_of(op, NULL, d->bootloader.relay.person.name);
}

static int tell_of_bootloader(struct op *op)
{
    return has_bootloader(op) ? tell_of_console(op) : 0;
}

static int run_bootloader(struct op *op)
{
    struct create *d = op->arg;

    return has_bootloader(op) ? light_bootloader_start(op, d->free.on.ctx, d->free.on.domid, d->config, &d->bootloader) : 0;
}

static void stop_bootloader(struct op *op)
{
    light_bootloader_stop(&((struct create *)op->arg)->bootloader);
}

/* Before it is closed: its number is another terminal's soon. */
static int hide_bootloader(struct op *op)
{
    struct create *d = op->arg;
    struct store_client *store;
    char path[64];
    int rc;

    if (!has_bootloader(op))
        return 0;
    rc = light_store_client(d->free.on.ctx, &store);
    if (rc < 0)
        return light_store_answer(op, rc);
    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", d->free.on.domid);
    light_asks_begin(&d->asks, op, "taking the boot loader's terminal from the console", false);
    light_asked(&d->asks, store_write(store, XBT_NULL, path, "", 0, light_answered, &d->asks));
    return light_asks_end(&d->asks);
}

/* --- devices: all at once --- */

static int attach_list(struct op *op, const struct light_device_kind *kind, char *list, int count)
{
    struct create *d = op->arg;

    for (int i = 0; i < count; i++) {
        struct light_device *device = arena_alloc(&op->arena, sizeof(*device));

        if (!device)
            return op_fail(op, ERROR_NOMEM, "no memory");
        device->ctx = d->free.on.ctx;
        device->domid = d->free.on.domid;
        device->kind = kind;
        device->config = list + (size_t)i * kind->type->size;
        device->model_comes = true;
        if (!light_attach_begin(op, device))
            return ERROR_NOMEM;
    }
    return 0;
}

static int attach_devices(struct op *op)
{
    struct create *d = op->arg;
    bool any = false;

    for (unsigned i = 0; light_device_kinds[i]; i++) {
        const struct light_device_kind *kind = light_device_kinds[i];
        char *list = *(char **)((char *)d->config + kind->list);
        int count = *(int *)((char *)d->config + kind->count);
        int rc = count > 0 ? attach_list(op, kind, list, count) : 0;

        if (rc)
            return rc;
        any |= count > 0;
    }
    return any ? OP_WAITS : 0;
}

static int detach_devices(struct op *op)
{
    struct create *d = op->arg;

    d->free.devices = (struct light_devices){ .ctx = d->free.on.ctx, .domid = d->free.on.domid };
    return light_devices_remove(op, &d->free.devices);
}

static int prepare_model(struct op *op)
{
    struct create *d = op->arg;
    struct light_model *m = &d->free.model;

    m->ctx = d->free.on.ctx;
    m->domid = d->free.on.domid;
    m->config = d->config;
    return 0;
}

static int start_model(struct op *op)
{
    struct create *d = op->arg;

    return d->has_model ? light_model_start(op, &d->free.model) : 0;
}

static void stop_model(struct op *op)
{
    light_model_stop(&((struct create *)op->arg)->free.model);
}

static int ask_model(struct op *op)
{
    struct create *d = op->arg;

    return d->has_model ? light_model_ask(op, &d->free.model) : 0;
}

static void stop_asking(struct op *op)
{
    light_qmp_stop(&((struct create *)op->arg)->free.model.qmp);
}

static int keep_model(struct op *op)
{
    struct create *d = op->arg;

    return d->has_model ? light_model_keep(op, &d->free.model) : 0;
}

/* After its devices were taken away, which it serves. */
static int end_model(struct op *op)
{
    struct create *d = op->arg;

    return d->has_model ? light_model_end(op, &d->free.model) : 0;
}

/* --- the configuration, for who asks later --- */

/* As stock keeps it: without sizes that follow from others. */
static int keep(struct op *op)
{
    struct create *d = op->arg;
    libxl_domain_build_info *b = &d->config->b_info;
    uint64_t shadow = b->shadow_memkb, iommu = b->iommu_memkb;
    int rc;

    if (d->own_shadow)
        b->shadow_memkb = LIBXL_MEMKB_DEFAULT;
    if (d->own_iommu)
        b->iommu_memkb = LIBXL_MEMKB_DEFAULT;
    rc = light_config_store(d->free.on.ctx, d->free.on.domid, d->config);
    b->shadow_memkb = shadow;
    b->iommu_memkb = iommu;
    if (rc)
        return op_fail(op, rc, "its configuration cannot be kept in %s", light_userdata_folder);
    *d->ret_domid = d->free.on.domid;
    return 0;
}

static int forget(struct op *op)
{
    struct create *d = op->arg;
    int rc = light_userdata_remove(d->free.on.ctx, d->free.on.domid, &d->free.uuid);

    return rc ? op_fail(op, rc, "not all that is kept of it in %s can be removed", light_userdata_folder) : 0;
}

static const struct op_step steps[] = {
    { .name = "checking its configuration", .start = check },
    { .name = "reading its kernel", .start = read_files },
    { .name = "making it", .start = make_domain, .undo = free_domain },
    { .name = "saying how it runs", .start = settle },
    { .name = "showing its boot loader", .start = show_bootloader, .undo = free_nodes },
    { .name = "telling where its boot loader is shown", .start = tell_of_bootloader },
    { .name = "finding its kernel", .start = run_bootloader, .stop = stop_bootloader },
    { .name = "hiding its boot loader", .start = hide_bootloader },
    { .name = "reading the kernel found", .start = read_found },
    { .name = "building it", .start = build },
    { .name = "writing its nodes", .start = write_nodes, .undo = free_nodes },
    { .name = "introducing it to the store", .start = introduce, .undo = await_daemon },
    { .name = "waiting for its console", .start = await_console, .stop = stop_console },
    { .name = "telling that it has a console", .start = tell_of_console },
    { .name = "making room for its device model", .start = prepare_model, .undo = end_model },
    { .name = "attaching its devices", .start = attach_devices, .undo = detach_devices },
    { .name = "starting its device model", .start = start_model, .stop = stop_model },
    { .name = "asking its device model", .start = ask_model, .stop = stop_asking, .seconds = LIGHT_QMP_SECONDS },
    { .name = "letting its device model go on", .start = keep_model },
    { .name = "keeping its configuration", .start = keep, .undo = forget },
};

int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t *domid,
                            const libxl_asyncop_how *ao_how, const libxl_asyncprogress_how *aop_console_how)
{
    struct create *d;
    struct op *op;
    int rc;

    rc = light_domain_op_new(ctx, 0, steps, sizeof(steps) / sizeof(steps[0]), sizeof(*d), &op);
    if (rc)
        return rc;
    d = op->arg;
    d->config = d_config;
    d->ret_domid = domid;
    op->object = NULL;
    op->release = release;
    if (!light_progress_new(ctx, aop_console_how, LIBXL_EVENT_TYPE_DOMAIN_CREATE_CONSOLE_AVAILABLE, &d->console))
        return light_op_drop(ctx, op, -ENOMEM, "the event of a new domain's console");
    return light_op_run(ctx, op, ao_how);
}
