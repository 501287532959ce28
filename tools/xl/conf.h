/* SPDX-License-Identifier: GPL-2.0-only */
/* xl.conf(5): what holds for all domains of this host. */
#ifndef XL_CONF_H
#define XL_CONF_H

#include <libxl.h>
#include <stdbool.h>

enum autoballoon { AUTOBALLOON_OFF, AUTOBALLOON_ON, AUTOBALLOON_AUTO };

struct xl_conf {
    int autoballoon;
    bool run_hotplug_scripts, claim_mode;
    int random_domid;
    uint32_t max_grant_frames, max_maptrack_frames;
    int max_grant_version;
    char *lockfile;
    char *vif_script, *vif_bridge, *vif_gatewaydev, *vif_backend; /* of vifs that do not say it; NULL: libxl's own */
    char *blkdev_start;
    char *netbuf_script, *colo_script; /* known, and without effect: no Remus, no COLO */
    /* CPUs that vCPUs may run on: of all guests, of PVH and HVM ones, of PV ones; size 0: all. */
    libxl_bitmap cpumask, hvm_cpumask, pv_cpumask;
};

extern const char *xl_conf_path; /* for tests */

/* The defaults, and what the file says when there is one. False: it was said what is wrong with it. */
bool conf_read(libxl_ctx *ctx, struct xl_conf *conf);
void conf_done(struct xl_conf *conf);

/* What a domain's own configuration leaves open. */
void conf_apply(const struct xl_conf *conf, libxl_domain_config *d);
void conf_apply_nic(const struct xl_conf *conf, libxl_device_nic *nic);

/* vCPUs run on the CPUs of the masks only. False: one of them has none left; its number. */
bool conf_apply_masks(libxl_ctx *ctx, const struct xl_conf *conf, libxl_domain_config *d, int *ret_vcpu);

#endif
