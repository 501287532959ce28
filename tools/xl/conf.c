/* SPDX-License-Identifier: GPL-2.0-only */
#include "xl/conf.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xl/cleanup.h"
#include "xl/config.h"
#include "xl/xl.h"

const char *xl_conf_path = "/etc/xen/xl.conf";

static int name_in(const char *const *names, int n, const char *text, int *ret_value)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(names[i], text)) {
            *ret_value = i;
            return 0;
        }
    return -1;
}

static int read_autoballoon(const char *text, int *ret_value)
{
    static const char *const names[] = { "off", "on", "auto" };

    return name_in(names, 3, text, ret_value);
}

static int read_domid_policy(const char *text, int *ret_value)
{
    static const char *const names[] = { "xen", "random" };

    return name_in(names, 2, text, ret_value);
}

/* Only JSON is written; the other one is known. */
static void conf_output_format(struct parse *p, const struct xlu_setting *s)
{
    const char *text;

    if (!value_text(p, s->value, &text) || !strcmp(text, "json"))
        return;
    if (!strcmp(text, "sxp"))
        parse_warn(p, &s->value->place, "output_format sxp is not written by this xl: it is JSON");
    else
        parse_wrong(p, &s->value->place, "there is no output_format `%s'; json is one", text);
}

#define F(field) offsetof(struct xl_conf, field)
static const struct key conf_keys[] = {
    { "autoballoon", KEY_ENUM, FOR_ALL, F(autoballoon), 0, 1, { .text = read_autoballoon }, NULL },
    { "run_hotplug_scripts", KEY_FLAG, FOR_ALL, F(run_hotplug_scripts), 0, 0, { NULL }, NULL },
    { "lockfile", KEY_TEXT, FOR_ALL, F(lockfile), 0, 0, { NULL }, NULL },
    { "max_grant_frames", KEY_U32, FOR_ALL, F(max_grant_frames), 0, INT_MAX, { NULL }, NULL },
    { "max_maptrack_frames", KEY_U32, FOR_ALL, F(max_maptrack_frames), 0, INT_MAX, { NULL }, NULL },
    { "max_grant_version", KEY_INT, FOR_ALL, F(max_grant_version), 0, 2, { NULL }, NULL },
    { "vifscript", KEY_TEXT, FOR_ALL, F(vif_script), 0, 0, { NULL }, "vifscript is an old form of vif.default.script" },
    { "vif.default.script", KEY_TEXT, FOR_ALL, F(vif_script), 0, 0, { NULL }, NULL },
    { "defaultbridge", KEY_TEXT, FOR_ALL, F(vif_bridge), 0, 0, { NULL }, "defaultbridge is an old form of vif.default.bridge" },
    { "vif.default.bridge", KEY_TEXT, FOR_ALL, F(vif_bridge), 0, 0, { NULL }, NULL },
    { "vif.default.gatewaydev", KEY_TEXT, FOR_ALL, F(vif_gatewaydev), 0, 0, { NULL }, NULL },
    { "vif.default.backend", KEY_TEXT, FOR_ALL, F(vif_backend), 0, 0, { NULL }, NULL },
    { "output_format", KEY_CUSTOM, FOR_ALL, 0, 0, 0, { .setting = conf_output_format }, NULL },
    { "blkdev_start", KEY_TEXT, FOR_ALL, F(blkdev_start), 0, 0, { NULL }, NULL },
    { "claim_mode", KEY_FLAG, FOR_ALL, F(claim_mode), 0, 0, { NULL }, NULL },
    { "remus.default.netbufscript", KEY_TEXT, FOR_ALL, F(netbuf_script), 0, 0, { NULL }, NULL },
    { "colo.default.proxyscript", KEY_TEXT, FOR_ALL, F(colo_script), 0, 0, { NULL }, NULL },
    { "vm.cpumask", KEY_CPUS, FOR_ALL, F(cpumask), 0, 0, { NULL }, NULL },
    { "vm.hvm.cpumask", KEY_CPUS, FOR_ALL, F(hvm_cpumask), 0, 0, { NULL }, NULL },
    { "vm.pv.cpumask", KEY_CPUS, FOR_ALL, F(pv_cpumask), 0, 0, { NULL }, NULL },
    { "domid_policy", KEY_ENUM, FOR_ALL, F(random_domid), 0, 0, { .text = read_domid_policy }, NULL },
};

bool conf_read(libxl_ctx *ctx, struct xl_conf *conf)
{
    _cleanup_cfg_ XLU_Config *cfg = xlu_cfg_init(stderr, xl_conf_path);
    struct parse p = { .ctx = ctx, .cfg = cfg };
    int error;

    *conf = (struct xl_conf){
        .autoballoon = AUTOBALLOON_AUTO,
        .run_hotplug_scripts = true,
        .claim_mode = true,
        .max_grant_frames = LIBXL_MAX_GRANT_DEFAULT,
        .max_maptrack_frames = LIBXL_MAX_GRANT_DEFAULT,
        .max_grant_version = LIBXL_MAX_GRANT_DEFAULT,
        .lockfile = xl_strdup("/var/lock/xl"),
    };
    libxl_bitmap_init(&conf->cpumask);
    libxl_bitmap_init(&conf->hvm_cpumask);
    libxl_bitmap_init(&conf->pv_cpumask);
    if (access(xl_conf_path, F_OK) && errno == ENOENT)
        return true;
    error = cfg ? xlu_cfg_readfile(cfg, xl_conf_path) : ENOMEM;
    if (error) {
        if (error != EINVAL)
            fprintf(stderr, "xl: %s: %s\n", xl_conf_path, strerror(error));
        return false;
    }
    keys_apply(&p, conf, conf_keys, sizeof(conf_keys) / sizeof(conf_keys[0]));
    return !p.failed;
}

void conf_done(struct xl_conf *conf)
{
    for (size_t i = 0; i < sizeof(conf_keys) / sizeof(conf_keys[0]); i++) {
        void *field = (char *)conf + conf_keys[i].offset;

        if (conf_keys[i].kind == KEY_TEXT) {
            free(*(char **)field);
            *(char **)field = NULL; /* an old name has a row too */
        } else if (conf_keys[i].kind == KEY_CPUS) {
            libxl_bitmap_dispose(field);
        }
    }
}

static void text_default(char **field, const char *text)
{
    if (!*field && text)
        *field = xl_strdup(text);
}

void conf_apply_nic(const struct xl_conf *conf, libxl_device_nic *nic)
{
    text_default(&nic->script, conf->vif_script);
    text_default(&nic->bridge, conf->vif_bridge);
    text_default(&nic->gatewaydev, conf->vif_gatewaydev);
    text_default(&nic->backend_domname, conf->vif_backend);
}

void conf_apply(const struct xl_conf *conf, libxl_domain_config *d)
{
    libxl_domain_build_info *b = &d->b_info;

    libxl_defbool_set(&d->c_info.run_hotplug_scripts, conf->run_hotplug_scripts);
    libxl_defbool_set(&b->claim_mode, conf->claim_mode);
    if (conf->random_domid)
        d->c_info.domid = RANDOM_DOMID;
    if (b->max_grant_frames == LIBXL_MAX_GRANT_DEFAULT)
        b->max_grant_frames = conf->max_grant_frames;
    if (b->max_maptrack_frames == LIBXL_MAX_GRANT_DEFAULT)
        b->max_maptrack_frames = conf->max_maptrack_frames;
    if (b->max_grant_version == (int)LIBXL_MAX_GRANT_DEFAULT)
        b->max_grant_version = conf->max_grant_version;
    text_default(&b->blkdev_start, conf->blkdev_start);
    for (int i = 0; i < d->num_nics; i++)
        conf_apply_nic(conf, &d->nics[i]);
}

static void mask_with(libxl_bitmap *map, const libxl_bitmap *mask)
{
    for (unsigned i = 0; mask->size && i < map->size * 8; i++)
        if (!libxl_bitmap_test(mask, (int)i))
            libxl_bitmap_reset(map, (int)i);
}

bool conf_apply_masks(libxl_ctx *ctx, const struct xl_conf *conf, libxl_domain_config *d, int *ret_vcpu)
{
    libxl_domain_build_info *b = &d->b_info;
    const libxl_bitmap *type = d->c_info.type == LIBXL_DOMAIN_TYPE_PV ? &conf->pv_cpumask : &conf->hvm_cpumask;

    if (!conf->cpumask.size && !type->size)
        return true;
    for (int i = b->num_vcpu_hard_affinity; i < b->max_vcpus; i++) { /* those that may run everywhere */
        b->vcpu_hard_affinity = xl_grow(b->vcpu_hard_affinity, i, sizeof(*b->vcpu_hard_affinity));
        b->num_vcpu_hard_affinity = i + 1;
        libxl_bitmap_init(&b->vcpu_hard_affinity[i]);
        libxl_bitmap_copy_alloc(ctx, &b->vcpu_hard_affinity[i], conf->cpumask.size ? &conf->cpumask : type);
    }
    for (int i = 0; i < b->num_vcpu_hard_affinity; i++) {
        mask_with(&b->vcpu_hard_affinity[i], &conf->cpumask);
        mask_with(&b->vcpu_hard_affinity[i], type);
        if (libxl_bitmap_is_empty(&b->vcpu_hard_affinity[i])) {
            *ret_vcpu = i;
            return false;
        }
    }
    return true;
}
