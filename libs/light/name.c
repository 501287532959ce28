/* SPDX-License-Identifier: LGPL-2.1-only */
/* Names of domains, and who is whose device model: in the store. */
#include <ctype.h>
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "ctx.h"
#include "info.h"
#include "store/async.h"

#define TRIES 100 /* of a transaction that others come between */

char *light_store_read(libxl_ctx *ctx, int *ret_error, const char *path, ...)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx); /* another thread may find the handle broken, and close it */
    char name[XENSTORE_ABS_PATH_MAX + 1], *value;
    struct xs_handle *store;
    va_list al;
    unsigned len;

    va_start(al, path);
    vsnprintf(name, sizeof(name), path, al);
    va_end(al);
    *ret_error = light_store(ctx, &store);
    if (*ret_error)
        return NULL;
    value = xs_read(store, XBT_NULL, name, &len);
    if (!value && errno != ENOENT)
        *ret_error = light_fail(ctx, -errno, "cannot read %s in the store", name);
    return value;
}

static bool write_nodes(struct xs_handle *store, xs_transaction_t t, const struct light_node *nodes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct light_node *n = &nodes[i];

        if (!xs_write(store, t, n->path, n->value, (unsigned)strlen(n->value)) ||
            (n->nr_perms && !xs_set_permissions(store, t, n->path, (struct xs_permissions *)n->perms, n->nr_perms)))
            return false;
    }
    return true;
}

int light_store_write(libxl_ctx *ctx, const struct light_node *nodes, unsigned count)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    struct xs_handle *store;
    int error = EAGAIN, rc = light_store(ctx, &store);

    if (rc)
        return rc;
    for (unsigned try = 0; try < TRIES && error == EAGAIN; try++) {
        xs_transaction_t t = xs_transaction_start(store);
        bool done = t != XBT_NULL && write_nodes(store, t, nodes, count);

        error = done ? 0 : errno;
        if (t != XBT_NULL && !xs_transaction_end(store, t, !done) && done)
            error = errno;
    }
    return error ? light_fail(ctx, -error, "cannot write %s in the store", nodes[0].path) : 0;
}

char *libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid)
{
    int error;

    return light_store_read(ctx, &error, "/local/domain/%u/name", domid);
}

/* Names of domains, from malloc(), and NULL of one that has none; 0 or ERROR_*. */
static int names_read(libxl_ctx *ctx, const struct xen_domctl_getdomaininfo *infos, unsigned count, char **ret_names)
{
    _cleanup_(arena_done) struct arena arena = { NULL };
    const char **paths = arena_alloc(&arena, count * sizeof(*paths));
    int rc = paths ? 0 : -ENOMEM;

    for (unsigned i = 0; i < count && rc == 0; i++) {
        paths[i] = arena_printf(&arena, "/local/domain/%u/name", infos[i].domain);
        rc = paths[i] ? 0 : -ENOMEM;
    }
    if (rc == 0)
        rc = store_read_many(paths, count, ret_names);
    return rc < 0 ? light_fail(ctx, rc, "cannot read domains' names in the store (is xenstored running?)") : 0;
}

int libxl_name_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid)
{
    struct xen_domctl_getdomaininfo *infos _cleanup_free_ = NULL;
    char **names _cleanup_free_ = NULL;
    bool found = false;
    size_t count;
    int rc = light_domains(ctx, &infos, &count);

    if (rc)
        return rc;
    names = calloc(count + !count, sizeof(*names));
    if (!names)
        return light_fail(ctx, -ENOMEM, "no memory for domains' names");
    rc = names_read(ctx, infos, (unsigned)count, names);
    for (size_t i = 0; i < count; i++) {
        if (names[i] && !found && !strcmp(names[i], name)) {
            found = true;
            *domid = infos[i].domain;
        }
        free(names[i]);
    }
    return rc ? rc : found ? 0 : ERROR_INVAL;
}

bool light_number(const char *text, uint32_t *ret_number)
{
    unsigned long value;
    char *end;

    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    value = strtoul(text, &end, 10);
    if (*end || errno || value > UINT32_MAX)
        return false;
    *ret_number = (uint32_t)value;
    return true;
}

int libxl_domain_qualifier_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid)
{
    return light_number(name, domid) ? 0 : libxl_name_to_domid(ctx, name, domid); /* a number may be nobody's */
}

/* --- device models in domains of their own --- */
/* The number that is the node's value; 0 when there is none. */
static int read_number(libxl_ctx *ctx, const char *path, uint32_t domid, uint32_t *ret_number)
{
    int error;
    char *value _cleanup_free_ = light_store_read(ctx, &error, path, domid);

    return value && light_number(value, ret_number);
}

int libxl_get_stubdom_id(libxl_ctx *ctx, int guest_domid)
{
    uint32_t domid;

    return read_number(ctx, "/local/domain/%u/image/device-model-domid", (uint32_t)guest_domid, &domid) ? (int)domid
                                                                                                        : 0;
}

int libxl_is_stubdom(libxl_ctx *ctx, uint32_t domid, uint32_t *target_domid)
{
    uint32_t target;

    if (!read_number(ctx, "/local/domain/%u/target", domid, &target))
        return 0;
    if (target_domid)
        *target_domid = target;
    return 1;
}

/* When it was made, in seconds since 1970; 0: not known. */
uint32_t libxl_vm_get_start_time(libxl_ctx *ctx, uint32_t domid)
{
    int error;
    char *vm _cleanup_free_ = light_store_read(ctx, &error, "/local/domain/%u/vm", domid);
    char *start _cleanup_free_ = vm ? light_store_read(ctx, &error, "%s/start_time", vm) : NULL;

    return start ? (uint32_t)strtoul(start, NULL, 10) : 0;
}
