/* SPDX-License-Identifier: GPL-2.0-only */
/* xl block-attach, network-attach and the like: a device is added to a domain that runs, or taken from it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl_utils.h>
#include <libxlutil.h>

#include "xl/cleanup.h"
#include "xl/config.h"
#include "xl/xl.h"

/* A kind of devices, whose functions take libxl's own types. */
struct kind {
    const char *what; /* "disk" */
    char *(*json)(libxl_ctx *ctx, void *device);
    int (*add)(libxl_ctx *ctx, uint32_t domid, void *device);
};

/* -N: as stock prints it. */
static int print_device(struct xl *xl, const struct kind *kind, void *device)
{
    _cleanup_free_ char *json = kind->json(xl->ctx, device);

    if (!json)
        return xl_fail(xl, "the device could not be written as JSON");
    printf("%s: %s\n", kind->what, json);
    return 0;
}

static int attach(struct xl *xl, const struct kind *kind, uint32_t domid, void *device)
{
    int rc;

    if (xl->dry_run)
        return print_device(xl, kind, device);
    rc = kind->add(xl->ctx, domid, device);
    return rc ? xl_fail_rc(xl, rc, "domain %u has no new %s", domid, kind->what) : 0;
}

static int not_there(struct xl *xl, const char *domain, const char *what, const char *name, const char *list)
{
    return xl_fail(xl, "domain %s has no %s %s; xl %s lists them", domain, what, name, list);
}

static int detached(struct xl *xl, const char *domain, const char *what, const char *name, int rc)
{
    return rc ? xl_fail_rc(xl, rc, "domain %s keeps %s %s", domain, what, name) : 0;
}

static bool is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0' && strlen(text) < 10;
}

/* --- disks --- */

static char *disk_json(libxl_ctx *ctx, void *device)
{
    return libxl_device_disk_to_json(ctx, device);
}

static int disk_add(libxl_ctx *ctx, uint32_t domid, void *device)
{
    return libxl_device_disk_add(ctx, domid, device, NULL);
}

static const struct kind disk_kind = { "disk", disk_json, disk_add };

static void cleanup_disk(libxl_device_disk *disk)
{
    libxl_device_disk_dispose(disk);
}

static int disk_parse(struct xl *xl, const char *const *specs, int n, libxl_device_disk *disk)
{
    XLU_Config *cfg = xlu_cfg_init(stderr, "command line");
    int error = cfg ? xlu_disk_parse(cfg, n, specs, disk) : -1;

    xlu_cfg_destroy(cfg);
    return error ? xl_fail(xl, "the disk is wrong, nothing was done") : 0;
}

int cmd_block_attach(struct xl *xl, const struct xl_args *args)
{
    _cleanup_(cleanup_disk) libxl_device_disk disk;
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    libxl_device_disk_init(&disk);
    if (!rc)
        rc = disk_parse(xl, (const char *const *)args->args + 1, args->n - 1, &disk);
    return rc ? rc : attach(xl, &disk_kind, domid, &disk);
}

int cmd_block_detach(struct xl *xl, const struct xl_args *args)
{
    const char *vdev = args->args[1];
    _cleanup_(cleanup_disk) libxl_device_disk disk;
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    libxl_device_disk_init(&disk);
    if (rc)
        return rc;
    if (libxl_vdev_to_device_disk(xl->ctx, domid, vdev, &disk))
        return not_there(xl, args->args[0], "disk", vdev, "block-list");
    rc = args->given['f'] ? libxl_device_disk_destroy(xl->ctx, domid, &disk, NULL)
                          : libxl_device_disk_safe_remove(xl->ctx, domid, &disk, NULL);
    return detached(xl, args->args[0], "disk", vdev, rc);
}

/* A medium for a drive: none ejects it. */
static int cdrom(struct xl *xl, const char *domain, const char *vdev, const char *path)
{
    _cleanup_(cleanup_disk) libxl_device_disk disk;
    _cleanup_free_ char *spec = NULL;
    const char *specs[1];
    uint32_t domid;
    int rc = domain_find(xl, domain, &domid);

    libxl_device_disk_init(&disk);
    if (rc)
        return rc;
    if (asprintf(&spec, "vdev=%s,access=r,devtype=cdrom,target=%s", vdev, path ? path : "") < 0)
        return xl_fail(xl, "no memory");
    specs[0] = spec;
    rc = disk_parse(xl, specs, 1, &disk);
    if (rc)
        return rc;
    if (xl->dry_run)
        return print_device(xl, &disk_kind, &disk);
    rc = libxl_cdrom_insert(xl->ctx, domid, &disk, NULL);
    return rc ? xl_fail_rc(xl, rc, "drive %s of domain %s is left as it is", vdev, domain) : 0;
}

int cmd_cd_insert(struct xl *xl, const struct xl_args *args)
{
    return cdrom(xl, args->args[0], args->args[1], args->args[2]);
}

int cmd_cd_eject(struct xl *xl, const struct xl_args *args)
{
    return cdrom(xl, args->args[0], args->args[1], NULL);
}

/* --- devices that a configuration has as lists of KEY=VALUE,... --- */

static char *nic_json(libxl_ctx *ctx, void *device)
{
    return libxl_device_nic_to_json(ctx, device);
}

static int nic_add(libxl_ctx *ctx, uint32_t domid, void *device)
{
    return libxl_device_nic_add(ctx, domid, device, NULL);
}

static char *vtpm_json(libxl_ctx *ctx, void *device)
{
    return libxl_device_vtpm_to_json(ctx, device);
}

static int vtpm_add(libxl_ctx *ctx, uint32_t domid, void *device)
{
    return libxl_device_vtpm_add(ctx, domid, device, NULL);
}

static char *vkb_json(libxl_ctx *ctx, void *device)
{
    return libxl_device_vkb_to_json(ctx, device);
}

static int vkb_add(libxl_ctx *ctx, uint32_t domid, void *device)
{
    return libxl_device_vkb_add(ctx, domid, device, NULL);
}

/* The arguments behind the domain as one item of the configuration's list `key`. */
static int device_read(struct xl *xl, const struct xl_args *args, const char *key, uint32_t *ret_domid, libxl_domain_config *d)
{
    _cleanup_free_ char *spec = NULL;
    size_t len = 0;
    FILE *out;
    int rc = domain_find(xl, args->args[0], ret_domid);

    libxl_domain_config_init(d);
    if (rc)
        return rc;
    out = open_memstream(&spec, &len);
    for (int i = 1; out && i < args->n; i++)
        fprintf(out, "%s%s", i > 1 ? "," : "", args->args[i]);
    if (!out || fclose(out))
        return xl_fail(xl, "no memory");
    return config_read_device(xl->ctx, key, spec, d) ? xl_fail(xl, "the %s is wrong, nothing was done", key) : 0;
}

int cmd_network_attach(struct xl *xl, const struct xl_args *args)
{
    static const struct kind kind = { "vif", nic_json, nic_add };
    _cleanup_config_ libxl_domain_config d;
    uint32_t domid;
    int rc = device_read(xl, args, "vif", &domid, &d);

    if (rc)
        return rc;
    d.nics[0].devid = -1; /* the next */
    conf_apply_nic(&xl->conf, &d.nics[0]);
    return attach(xl, &kind, domid, &d.nics[0]);
}

int cmd_vtpm_attach(struct xl *xl, const struct xl_args *args)
{
    static const struct kind kind = { "vtpm", vtpm_json, vtpm_add };
    _cleanup_config_ libxl_domain_config d;
    uint32_t domid;
    int rc = device_read(xl, args, "vtpm", &domid, &d);

    if (rc)
        return rc;
    d.vtpms[0].devid = -1;
    return attach(xl, &kind, domid, &d.vtpms[0]);
}

int cmd_vkb_attach(struct xl *xl, const struct xl_args *args)
{
    static const struct kind kind = { "vkb", vkb_json, vkb_add };
    _cleanup_config_ libxl_domain_config d;
    uint32_t domid;
    int rc = device_read(xl, args, "vkb", &domid, &d);

    if (rc)
        return rc;
    d.vkbs[0].devid = -1;
    return attach(xl, &kind, domid, &d.vkbs[0]);
}

int cmd_network_detach(struct xl *xl, const struct xl_args *args)
{
    const char *name = args->args[1];
    libxl_device_nic nic;
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    if (rc)
        return rc;
    libxl_device_nic_init(&nic);
    if (strchr(name, ':'))
        rc = libxl_mac_to_device_nic(xl->ctx, domid, name, &nic);
    else
        rc = is_number(name) ? libxl_devid_to_device_nic(xl->ctx, domid, atoi(name), &nic) : ERROR_INVAL;
    if (rc)
        rc = not_there(xl, args->args[0], "network device", name, "network-list");
    else
        rc = detached(xl, args->args[0], "network device", name, libxl_device_nic_remove(xl->ctx, domid, &nic, NULL));
    libxl_device_nic_dispose(&nic);
    return rc;
}

int cmd_vtpm_detach(struct xl *xl, const struct xl_args *args)
{
    const char *name = args->args[1];
    libxl_device_vtpm vtpm;
    libxl_uuid uuid;
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    if (rc)
        return rc;
    libxl_device_vtpm_init(&vtpm);
    if (!libxl_uuid_from_string(&uuid, name))
        rc = libxl_uuid_to_device_vtpm(xl->ctx, domid, &uuid, &vtpm);
    else
        rc = is_number(name) ? libxl_devid_to_device_vtpm(xl->ctx, domid, atoi(name), &vtpm) : ERROR_INVAL;
    if (rc)
        rc = not_there(xl, args->args[0], "vTPM", name, "vtpm-list");
    else
        rc = detached(xl, args->args[0], "vTPM", name, libxl_device_vtpm_remove(xl->ctx, domid, &vtpm, NULL));
    libxl_device_vtpm_dispose(&vtpm);
    return rc;
}

int cmd_vkb_detach(struct xl *xl, const struct xl_args *args)
{
    const char *name = args->args[1];
    libxl_device_vkb vkb;
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    if (rc)
        return rc;
    libxl_device_vkb_init(&vkb);
    rc = is_number(name) ? libxl_devid_to_device_vkb(xl->ctx, domid, atoi(name), &vkb) : ERROR_INVAL;
    if (rc)
        rc = not_there(xl, args->args[0], "keyboard", name, "vkb-list");
    else
        rc = detached(xl, args->args[0], "keyboard", name, libxl_device_vkb_remove(xl->ctx, domid, &vkb, NULL));
    libxl_device_vkb_dispose(&vkb);
    return rc;
}
