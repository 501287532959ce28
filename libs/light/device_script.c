/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/device_script.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "light/device.h"

#define OWN_DOMAIN "/local/domain/0/" /* paths of the store without a slash in front are below it */
#define SECONDS 40
#define TIMEOUT "LIBXL_HOTPLUG_TIMEOUT"

const char *light_script_folder = "/etc/xen/scripts";
const char *light_script_log = LOCALSTATEDIR "/log/xen/xen-hotplug.log";

const char *light_script_path(struct op *op, const char *name)
{
    return strchr(name, '/') ? arena_printf(&op->arena, "%s", name) : arena_printf(&op->arena, "%s/%s", light_script_folder, name);
}

/* 0 or -errno. */
static int executable(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0 || access(path, X_OK) < 0)
        return -errno;
    return S_ISREG(st.st_mode) ? 0 : -EACCES;
}

bool light_script_is_own(const char *path, const char *ip)
{
    if (!strcmp(path, LIGHT_BLOCK_SCRIPT))
        return true;
    return !strcmp(path, LIGHT_BRIDGE_SCRIPT) && (!ip || !ip[0] || executable(path) < 0);
}

bool light_script_is_routing(const char *path, const char *bridge)
{
    return !bridge && !strcmp(path, LIGHT_ROUTE_SCRIPT);
}

int light_script_check(struct op *op, const char *path)
{
    unsigned seconds;
    int rc = executable(path);

    return rc < 0 ? op_fail(op, ERROR_INVAL, "script %s cannot be executed: %s", path, strerror(-rc)) :
                    light_child_seconds(op, TIMEOUT, SECONDS, &seconds);
}

/* --- it runs --- */

static long long log_size(void)
{
    struct stat st;

    return stat(light_script_log, &st) < 0 ? 0 : st.st_size;
}

static void over(struct light_script *s, int rc, const char *failed)
{
    s->rc = rc;
    s->failed = failed;
    loop_timer_remove(&s->timer);
    op_step_done(s->op, 0);
}

static void ended(struct light_child *child, int status, const char *said)
{
    struct light_script *s = (struct light_script *)((char *)child - offsetof(struct light_script, child));
    const char *failed = light_child_verdict(s->op, child, status, said);

    over(s, failed ? ERROR_FAIL : 0, failed);
}

static void too_late(struct loop_timer *timer)
{
    struct light_script *s = (struct light_script *)((char *)timer - offsetof(struct light_script, timer));
    const char *failed = arena_printf(&s->op->arena, "%s has not ended after %u s, and was killed; " TIMEOUT "=SECONDS gives it more",
                                      s->child.what, s->seconds);

    light_child_kill(&s->child);
    over(s, ERROR_TIMEDOUT, failed ? failed : "no memory");
}

/* Those that the distribution's scripts, and others written for them, look at. */
static int start(struct op *op, struct light_script *s, const char *what, const char *vif)
{
    bool is_vif = vif[0];
    const char *action = is_vif ? s->comes ? "online" : "offline" : s->comes ? "add" : "remove";
    const char *argv[] = { s->path, action, is_vif ? "type_if=vif" : NULL, NULL };
    const char *env[7] = { "XENBUS_BASE_PATH=backend" };
    struct light_child_wish wish = { .what = what, .argv = argv, .env = env };
    size_t own = strlen(OWN_DOMAIN), n = 1;
    int rc;

    env[n++] = arena_printf(&op->arena, "XENBUS_TYPE=%s", s->word);
    env[n++] = arena_printf(&op->arena, "XENBUS_PATH=%s", s->back + (strncmp(s->back, OWN_DOMAIN, own) ? 0 : own));
    env[n++] = arena_printf(&op->arena, "script=%s", s->path);
    if (is_vif) {
        env[n++] = arena_printf(&op->arena, "vif=%s", vif);
        env[n++] = arena_printf(&op->arena, "netdev=%s", s->gateway ? s->gateway : "");
    }
    for (size_t i = 0; i < n; i++)
        if (!env[i])
            return op_fail(op, ERROR_NOMEM, "no memory");
    rc = light_child_start(s->ctx, &s->child, &wish, ended);
    return rc < 0 ? op_fail(op, ERROR_FAIL, "%s cannot be started: %s", what, strerror(-rc)) : OP_WAITS;
}

int light_script_run(struct op *op, struct light_script *s)
{
    const char *what = arena_printf(&op->arena, "script %s", s->path);
    char vif[32] = "";
    int rc = light_child_seconds(op, TIMEOUT, SECONDS, &s->seconds);

    if (rc)
        return rc;
    s->op = op;
    s->logged = log_size();
    if (!what)
        return op_fail(op, ERROR_NOMEM, "no memory");
    if (!strcmp(s->word, "vif"))
        snprintf(vif, sizeof(vif), "vif%u.%u", s->domid, s->devid);
    rc = start(op, s, what, vif);
    if (rc == OP_WAITS && s->seconds)
        loop_timer_set(op->loop, &s->timer, loop_now() + s->seconds * LOOP_SECOND, too_late);
    return rc;
}

void light_script_stop(struct light_script *s)
{
    loop_timer_remove(&s->timer);
    light_child_kill(&s->child);
}

/* --- how it went --- */

static int verdict(struct light_script *s)
{
    bool more = s->error.text && s->error.text[0], logged = log_size() > s->logged;

    if (!s->failed)
        return 0;
    if (!s->must) {
        log_warn(s->op->log, "%s: %s%s%s", s->op->object, s->failed, logged ? "; see " : "", logged ? light_script_log : "");
        return 0;
    }
    return op_fail(s->op, s->rc, "%s%s%s%s%s", s->failed, more ? ": " : "", more ? s->error.text : "", logged ? "; see " : "",
                   logged ? light_script_log : "");
}

/* One that has failed may end with success all the same, and say so in the store. */
static int nodes_read(struct light_look *look)
{
    struct light_script *s = look->arg;
    bool error = s->error.text || (s->status.text && !strcmp(s->status.text, "error"));

    if (!s->failed && error)
        s->failed = arena_printf(&look->op->arena, "script %s has failed", s->path);
    else if (!s->failed && s->device.path && (!s->device.text || !s->device.text[0]))
        s->failed = arena_printf(&look->op->arena, "script %s has ended without a block device (%s)", s->path, s->device.path);
    else
        return verdict(s);
    s->rc = ERROR_FAIL;
    return s->failed ? verdict(s) : op_fail(look->op, ERROR_NOMEM, "no memory");
}

int light_script_look(struct op *op, struct light_script *s)
{
    if (!s->comes)
        return verdict(s);
    s->error.path = arena_printf(&op->arena, "%s/hotplug-error", s->back);
    s->status.path = arena_printf(&op->arena, "%s/hotplug-status", s->back);
    if (!strcmp(s->word, "vbd"))
        s->device.path = arena_printf(&op->arena, "%s/physical-device", s->back);
    s->look = (struct light_look){ .op = op, .arg = s, .done = nodes_read };
    light_look_begin(s->ctx, &s->look);
    light_look_read(&s->look, &s->error);
    light_look_read(&s->look, &s->status);
    if (s->device.path)
        light_look_read(&s->look, &s->device);
    return light_look_end(&s->look);
}
