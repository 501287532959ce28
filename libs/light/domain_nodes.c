/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/domain_nodes.h"

#include <errno.h>
#include <inttypes.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "light/device.h"
#include "light/domain_op.h"

enum value { NOTHING, TEXT, NAME, VM, UUID, START_TIME, STATIC_MAX, TARGET, DOMID, STORE_PORT, STORE_GFN, CONSOLE_PORT, CONSOLE_GFN,
             FRONTEND, BACKEND, TTY };
enum perms { INHERIT, GUEST_READS, GUEST_OWNS };

/*
 * %u is the domain, %s its UUID. A folder comes before what is in it, which inherits its permissions. That saves requests:
 * the domain's folder is the guest's own until there is in it what is his, and is then taken from him.
 */
static const struct node {
    const char *path;
    enum perms perms;
    enum value value;
    const char *text;
} table[] = {
    { "/local/domain/%u", GUEST_OWNS, TEXT, "" },
    { "/local/domain/%u/control/shutdown", INHERIT, TEXT, "" },
    { "/local/domain/%u/control/feature-poweroff", INHERIT, TEXT, "" },
    { "/local/domain/%u/control/feature-reboot", INHERIT, TEXT, "" },
    { "/local/domain/%u/control/feature-suspend", INHERIT, TEXT, "" },
    { "/local/domain/%u/control/sysrq", INHERIT, TEXT, "" },
    { "/local/domain/%u/data", INHERIT, TEXT, "" },
    { "/local/domain/%u/drivers", INHERIT, TEXT, "" },
    { "/local/domain/%u/feature", INHERIT, TEXT, "" },
    { "/local/domain/%u/attr", INHERIT, TEXT, "" },
    { "/local/domain/%u/error", INHERIT, TEXT, "" },
    { "/local/domain/%u", GUEST_READS, NOTHING, NULL },
    { "/local/domain/%u/control", GUEST_READS, NOTHING, NULL },
    { "/local/domain/%u/vm", INHERIT, VM, NULL },
    { "/local/domain/%u/name", INHERIT, NAME, NULL },
    { "/local/domain/%u/memory/static-max", INHERIT, STATIC_MAX, NULL },
    { "/local/domain/%u/memory/target", INHERIT, TARGET, NULL },
    { "/local/domain/%u/memory/videoram", INHERIT, TEXT, "0" },
    { "/local/domain/%u/device/suspend/event-channel", GUEST_OWNS, TEXT, "" },
    { "/local/domain/%u/control/platform-feature-multiprocessor-suspend", INHERIT, TEXT, "1" },
    { "/local/domain/%u/control/platform-feature-xs_reset_watches", INHERIT, TEXT, "1" },
    { "/local/domain/%u/domid", INHERIT, DOMID, NULL },
    { "/local/domain/%u/store/port", INHERIT, STORE_PORT, NULL },
    { "/local/domain/%u/store/ring-ref", INHERIT, STORE_GFN, NULL },
    { "/local/domain/%u/console/backend", INHERIT, BACKEND, NULL },
    { "/local/domain/%u/console/backend-id", INHERIT, TEXT, "0" },
    { "/local/domain/%u/console/limit", INHERIT, TEXT, LIGHT_CONSOLE_LIMIT },
    { "/local/domain/%u/console/type", INHERIT, TEXT, "xenconsoled" },
    { "/local/domain/%u/console/output", INHERIT, TEXT, "pty" },
    { "/local/domain/%u/console/tty", INHERIT, TTY, NULL },
    { "/local/domain/%u/console/port", INHERIT, CONSOLE_PORT, NULL },
    { "/local/domain/%u/console/ring-ref", INHERIT, CONSOLE_GFN, NULL },
    { "/local/domain/0/backend/console/%u/0", GUEST_READS, TEXT, "" },
    { "/local/domain/0/backend/console/%u/0/frontend", INHERIT, FRONTEND, NULL },
    { "/local/domain/0/backend/console/%u/0/frontend-id", INHERIT, DOMID, NULL },
    { "/local/domain/0/backend/console/%u/0/online", INHERIT, TEXT, "1" },
    { "/local/domain/0/backend/console/%u/0/state", INHERIT, TEXT, "1" },
    { "/local/domain/0/backend/console/%u/0/protocol", INHERIT, TEXT, "vt100" },
    { "/vm/%s", GUEST_READS, TEXT, "" },
    { "/vm/%s/name", INHERIT, NAME, NULL },
    { "/vm/%s/uuid", INHERIT, UUID, NULL },
    { "/vm/%s/start_time", INHERIT, START_TIME, NULL },
    { "/libxl/%u/device/console/0/frontend", INHERIT, FRONTEND, NULL },
    { "/libxl/%u/device/console/0/backend", INHERIT, BACKEND, NULL },
    { "/libxl/%u/device/console/0/frontend-id", INHERIT, DOMID, NULL },
    { "/libxl/%u/device/console/0/online", INHERIT, TEXT, "1" },
    { "/libxl/%u/device/console/0/state", INHERIT, TEXT, "1" },
    { "/libxl/%u/device/console/0/protocol", INHERIT, TEXT, "vt100" },
    { "/libxl/%u/type", INHERIT, TEXT, "pvh" },
    { "/libxl/%u/dm-version", INHERIT, TEXT, "qemu_xen" },
};

static void uuid_text(const struct light_nodes *n, char text[37])
{
    snprintf(text, 37, LIBXL_UUID_FMT, LIBXL_UUID_BYTES(*n->uuid));
}

static const char *value_of(const struct light_nodes *n, const struct node *node, char *text, size_t size)
{
    const uint64_t numbers[] = {
        [STATIC_MAX] = n->max_kib,
        [TARGET] = n->target_kib,
        [DOMID] = n->domid,
        [STORE_PORT] = n->built ? n->built->store_port : 0,
        [STORE_GFN] = n->built ? n->built->store_gfn : 0,
        [CONSOLE_PORT] = n->built ? n->built->console_port : 0,
        [CONSOLE_GFN] = n->built ? n->built->console_gfn : 0,
    };
    char uuid[37];
    struct timeval now;

    switch (node->value) {
    case NOTHING:
        return NULL;
    case TEXT:
        return node->text;
    case NAME:
        return n->name;
    case VM:
    case UUID:
        uuid_text(n, uuid);
        snprintf(text, size, "%s%s", node->value == VM ? "/vm/" : "", uuid);
        return text;
    case START_TIME:
        gettimeofday(&now, NULL);
        snprintf(text, size, "%jd.%02u", (intmax_t)now.tv_sec, (unsigned)now.tv_usec / 10000);
        return text;
    case FRONTEND:
        snprintf(text, size, "/local/domain/%u/console", n->domid);
        return text;
    case BACKEND:
        snprintf(text, size, "/local/domain/0/backend/console/%u/0", n->domid);
        return text;
    case TTY:
        return n->tty ? n->tty : "";
    case STORE_PORT:
    case STORE_GFN:
    case CONSOLE_PORT:
    case CONSOLE_GFN:
        if (!n->built)
            return NULL;
        __attribute__((fallthrough));
    default:
        snprintf(text, size, "%" PRIu64, numbers[node->value]);
        return text;
    }
}

/* --- in the transaction --- */

/* It may have gone meanwhile: that is no name. */
static int name_read(struct light_tx *tx, int rc, const char *payload, size_t len)
{
    const struct light_nodes *n = tx->arg;

    if (rc == 0 && len == strlen(n->name) && !memcmp(payload, n->name, len))
        return -EEXIST;
    return rc == -ENOENT ? 0 : rc;
}

static int domains_listed(struct light_tx *tx, int rc, const char *payload, size_t len)
{
    char path[64] = "/local/domain/", *behind = path + strlen(path);

    for (const char *id = payload; rc == 0 && id < payload + len; id += strlen(id) + 1)
        if (strlen(id) <= MAX_STRLEN(uint32_t)) { /* no domain's otherwise */
            stpcpy(stpcpy(behind, id), "/name"); /* there may be hundreds of them */
            light_tx_read(tx, path, name_read);
        }
    return rc == -ENOENT ? 0 : rc;
}

static void node_write(struct light_nodes *n, const char *path, enum perms perms, const char *value)
{
    const struct xs_permissions sets[][2] = {
        [GUEST_READS] = { { .id = 0, .perms = XS_PERM_NONE }, { .id = n->domid, .perms = XS_PERM_READ } },
        [GUEST_OWNS] = { { .id = n->domid, .perms = XS_PERM_NONE } },
    };

    if (value)
        light_tx_write(&n->tx, path, value);
    if (perms != INHERIT)
        light_tx_permit(&n->tx, path, sets[perms], perms == GUEST_OWNS ? 1 : 2);
}

static void body(struct light_tx *tx)
{
    struct light_nodes *n = tx->arg;
    char path[128], text[80], uuid[37];

    uuid_text(n, uuid);
    if (!n->written) /* else one has the name: this one */
        light_tx_list(tx, "/local/domain", domains_listed);
    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct node *node = &table[i];

        if (strstr(node->path, "%s"))
            snprintf(path, sizeof(path), node->path, uuid);
        else
            snprintf(path, sizeof(path), node->path, n->domid);
        node_write(n, path, node->perms, value_of(n, node, text, sizeof(text)));
    }
    for (unsigned i = 0; i < n->nr_vcpus; i++) {
        snprintf(path, sizeof(path), "/local/domain/%u/cpu/%u/availability", n->domid, i);
        node_write(n, path, INHERIT, !n->online->size || libxl_bitmap_test(n->online, (int)i) ? "online" : "offline");
    }
}

static int done(struct light_tx *tx, int rc)
{
    struct light_nodes *n = tx->arg;

    n->written |= rc == 0 || (rc == -ECONNRESET && tx->committed);
    if (rc == -EEXIST)
        return op_fail(tx->op, ERROR_INVAL, "another domain has the name %s", n->name);
    return light_store_answer(tx->op, rc);
}

int light_nodes_write(struct op *op, libxl_ctx *ctx, struct light_nodes *nodes)
{
    nodes->tx = (struct light_tx){ .op = op, .arg = nodes, .body = body, .done = done };
    return light_tx_run(ctx, &nodes->tx);
}
