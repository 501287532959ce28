/* SPDX-License-Identifier: LGPL-2.1-only */
/* A domain's new name: in the store, and in the configuration that is kept of it. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "base/cleanup.h"
#include "ctx.h"
#include "info.h"
#include "userdata.h"

/* In the domain's folder, and in that of its identity, which some look at. */
static int write_names(libxl_ctx *ctx, uint32_t domid, const char *vm, const char *name)
{
    char paths[2][XENSTORE_ABS_PATH_MAX + 1];
    const struct light_node nodes[] = { { .path = paths[0], .value = name }, { .path = paths[1], .value = name } };

    snprintf(paths[0], sizeof(paths[0]), "/local/domain/%u/name", domid);
    snprintf(paths[1], sizeof(paths[1]), "%s/name", vm ? vm : "");
    return light_store_write(ctx, nodes, vm ? 2 : 1);
}

/* Whether the name may be had. */
static int check_names(libxl_ctx *ctx, uint32_t domid, const char *old_name, const char *new_name)
{
    char *now _cleanup_free_ = libxl_domid_to_name(ctx, domid);
    uint32_t other;
    int rc;

    if (!*new_name || strchr(new_name, '/'))
        return light_fail(ctx, -EINVAL, "domain %u: \"%s\" is no name for a domain", domid, new_name);
    if (old_name && (!now || strcmp(now, old_name)))
        return light_fail(ctx, -EINVAL, "domain %u: its name is \"%s\", not \"%s\"", domid, now ? now : "", old_name);
    rc = libxl_name_to_domid(ctx, new_name, &other);
    if (!rc && other != domid)
        return light_fail(ctx, -EINVAL, "domain %u: domain %u has the name \"%s\"", domid, other, new_name);
    return rc == ERROR_INVAL ? 0 : rc; /* nobody has it */
}

static int keep_name(libxl_ctx *ctx, uint32_t domid, const char *name)
{
    libxl_domain_config config;
    int rc;

    libxl_domain_config_init(&config);
    rc = light_config_load(ctx, domid, &config);
    if (!rc) {
        free(config.c_info.name);
        config.c_info.name = strdup(name);
        rc = config.c_info.name ? light_config_store(ctx, domid, &config)
                                : light_fail(ctx, -ENOMEM, "domain %u: its configuration", domid);
    }
    libxl_domain_config_dispose(&config);
    return rc == ERROR_JSON_CONFIG_EMPTY ? 0 : rc;
}

int libxl_domain_rename(libxl_ctx *ctx, uint32_t domid, const char *old_name, const char *new_name)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    int lock _cleanup_close_ = -1, error, rc = light_userdata_lock(ctx, domid, &lock);
    char *vm _cleanup_free_ = NULL;

    if (!rc)
        rc = check_names(ctx, domid, old_name, new_name);
    if (rc)
        return rc;
    vm = light_store_read(ctx, &error, "/local/domain/%u/vm", domid);
    rc = error ? error : write_names(ctx, domid, vm, new_name);
    return rc ? rc : keep_name(ctx, domid, new_name);
}

/* Linux's magic keys, if the guest watches the node. */
int libxl_send_sysrq(libxl_ctx *ctx, uint32_t domid, char sysrq)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xs_handle *store;
    char path[64];
    int rc = libxl_domain_info(ctx, NULL, domid);

    if (!rc)
        rc = light_store(ctx, &store);
    if (rc)
        return rc;
    snprintf(path, sizeof(path), "/local/domain/%u/control/sysrq", domid);
    return xs_write(store, XBT_NULL, path, &sysrq, 1) ? 0
                                                      : light_fail(ctx, -errno, "cannot write %s in the store", path);
}
