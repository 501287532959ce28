/* SPDX-License-Identifier: LGPL-2.1-only */
/* Taking devices away: what there is to do is told by the nodes, whoever wrote them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "light/device.h"
#include "light/device_host.h"
#include "light/info.h"

#define CLOSE_SECONDS 10

struct detach {
    libxl_ctx *ctx;
    uint32_t domid;
    const char *word;
    uint32_t devid;
    enum light_removal how;
    char folder[80];
    struct light_look look;
    struct light_value front, back, node, params, script, ip, gateway, bridge, vifname;
    struct light_script run; /* path NULL: it has none */
    bool routed;
    struct light_tx tx;
    struct light_state_wait wait;
    bool closing; /* its backend was asked to */
};

static bool is_forced(const struct detach *d)
{
    return d->how == LIGHT_AT_ONCE || d->how == LIGHT_UNSCRIPTED;
}

/* --- what it is --- */

/* What connected it, if it was not the library, or could have been. */
static int found_parts(struct light_look *look)
{
    struct detach *d = look->arg;
    bool here = !strncmp(d->back.text, "/local/domain/0/", strlen("/local/domain/0/")) && d->script.text;

    d->routed = here && light_script_is_routing(d->script.text, d->bridge.text);
    if (here && !d->routed && d->how != LIGHT_UNSCRIPTED && !light_script_is_own(d->script.text, d->ip.text))
        d->run.path = d->script.text;
    return 0;
}

static int found_backend(struct light_look *look)
{
    struct detach *d = look->arg;

    if (!d->back.text && !is_forced(d))
        return op_fail(look->op, ERROR_NOTFOUND, "the domain has none");
    if (!d->back.text)
        return 0;
    look->done = found_parts;
    d->node.path = arena_printf(&look->op->arena, "%s/node", d->back.text);
    d->params.path = arena_printf(&look->op->arena, "%s/params", d->back.text);
    d->script.path = arena_printf(&look->op->arena, "%s/script", d->back.text);
    d->ip.path = arena_printf(&look->op->arena, "%s/ip", d->back.text);
    d->gateway.path = arena_printf(&look->op->arena, "%s/gatewaydev", d->back.text);
    d->bridge.path = arena_printf(&look->op->arena, "%s/bridge", d->back.text);
    d->vifname.path = arena_printf(&look->op->arena, "%s/vifname", d->back.text);
    light_look_begin(d->ctx, look);
    light_look_read(look, &d->node);
    light_look_read(look, &d->params);
    light_look_read(look, &d->script);
    light_look_read(look, &d->ip);
    light_look_read(look, &d->gateway);
    light_look_read(look, &d->bridge);
    light_look_read(look, &d->vifname);
    return light_look_end(look);
}

static int find(struct op *op)
{
    struct detach *d = op->arg;

    d->look = (struct light_look){ .op = op, .arg = d, .done = found_backend };
    d->front.path = arena_printf(&op->arena, "%s/frontend", d->folder);
    d->back.path = arena_printf(&op->arena, "%s/backend", d->folder);
    light_look_begin(d->ctx, &d->look);
    light_look_read(&d->look, &d->front);
    light_look_read(&d->look, &d->back);
    return light_look_end(&d->look);
}

/* --- closing: a guest that has never used it, or is to have no say, loses its end at once --- */

/* QEMU's screens and keyboards close for a guest that says so, and no other; they end with their QEMU. */
static bool can_close(const struct detach *d)
{
    return !is_forced(d) || (strcmp(d->word, "vfb") && strcmp(d->word, "vkbd"));
}

static int state_read(struct light_tx *tx, int rc, const char *payload, size_t len)
{
    struct detach *d = tx->arg;
    int state = rc == 0 && len ? atoi(payload) : STATE_NONE;

    d->closing = state >= STATE_INIT_WAIT && state < STATE_CLOSED && can_close(d);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    light_tx_write(tx, arena_printf(&tx->op->arena, "%s/online", d->back.text), "0");
    if (d->closing)
        light_tx_write(tx, arena_printf(&tx->op->arena, "%s/state", d->back.text), "5");
    if (d->front.text && (is_forced(d) || state != STATE_CONNECTED))
        light_tx_remove(tx, d->front.text);
    return 0;
}

static void body(struct light_tx *tx)
{
    struct detach *d = tx->arg;

    light_tx_read(tx, arena_printf(&tx->op->arena, "%s/state", d->back.text), state_read);
}

static int close_it(struct op *op)
{
    struct detach *d = op->arg;

    if (!d->back.text)
        return 0;
    d->tx = (struct light_tx){ .op = op, .arg = d, .body = body };
    return light_tx_run(d->ctx, &d->tx);
}

static int closed_look(struct light_state_wait *wait, const char *value)
{
    (void)wait;
    return !value || atoi(value) == STATE_CLOSED ? 0 : OP_WAITS;
}

static int closed_late(struct light_state_wait *wait)
{
    const struct detach *d = wait->op->arg;

    if (d->how == LIGHT_SAFELY)
        return op_fail(wait->op, ERROR_TIMEDOUT, "after %u s the guest still has it", wait->seconds);
    log_warn(wait->op->log, "%s: its backend is not closed after %u s, and taken away all the same", wait->op->object,
             wait->seconds);
    return 0;
}

static int wait_closed(struct op *op)
{
    struct detach *d = op->arg;

    if (!d->closing)
        return 0;
    d->wait = (struct light_state_wait){
        .op = op,
        .ctx = d->ctx,
        .path = arena_printf(&op->arena, "%s/state", d->back.text),
        .look = closed_look,
        .seconds = CLOSE_SECONDS,
        .late = closed_late,
    };
    return d->wait.path ? light_state_wait(&d->wait) : op_fail(op, ERROR_NOMEM, "no memory");
}

static void wait_stop(struct op *op)
{
    struct detach *d = op->arg;

    light_state_stop(&d->wait);
}

/* --- what it was made of: the interface of a nic goes with its backend, soon --- */

static int run_script(struct op *op)
{
    struct detach *d = op->arg;

    if (!d->run.path)
        return 0;
    d->run = (struct light_script){
        .ctx = d->ctx,
        .path = d->run.path,
        .word = d->word,
        .back = d->back.text,
        .domid = d->domid,
        .devid = d->devid,
        .gateway = d->gateway.text,
        .must = d->how == LIGHT_SAFELY,
    };
    return light_script_run(op, &d->run);
}

static void stop_script(struct op *op)
{
    light_script_stop(&((struct detach *)op->arg)->run);
}

static int look_at_script(struct op *op)
{
    struct detach *d = op->arg;

    return d->run.path ? light_script_look(op, &d->run) : 0;
}

/* The next guest with its addresses, such as this one after a reboot, need not wait for Linux to have taken the interface away. */
static int unroute(struct detach *d, const char *name)
{
    char own[32];

    snprintf(own, sizeof(own), "vif%u.%u", d->domid, d->devid);
    return light_host_nic_down(name ? name : own, d->domid, d->devid);
}

static int take_down(struct op *op)
{
    struct detach *d = op->arg;
    const char *what = d->routed ? "its routes" : d->node.text;
    int rc;

    if (d->run.path || !what || !what[0])
        return 0;
    rc = d->routed ? unroute(d, d->vifname.text) : light_host_loop_free(d->node.text, d->params.text);
    if (rc < 0 && d->how != LIGHT_SAFELY)
        log_warn(op->log, "%s: freeing %s: %s", op->object, what, strerror(-rc));
    else if (rc < 0)
        return op_fail(op, ERROR_FAIL, "freeing %s: %s", what, strerror(-rc));
    return 0;
}

static void remove_body(struct light_tx *tx)
{
    struct detach *d = tx->arg;

    if (d->front.text)
        light_tx_remove(tx, d->front.text);
    if (d->back.text)
        light_tx_remove(tx, d->back.text);
    light_tx_remove(tx, d->folder);
}

static int remove_nodes(struct op *op)
{
    struct detach *d = op->arg;

    d->tx = (struct light_tx){ .op = op, .arg = d, .body = remove_body };
    return light_tx_run(d->ctx, &d->tx);
}

static const struct op_step steps[] = {
    { .name = "finding it", .start = find },
    { .name = "asking its backend to close", .start = close_it },
    { .name = "waiting for its end", .start = wait_closed, .stop = wait_stop },
    { .name = "running its script", .start = run_script, .stop = stop_script },
    { .name = "taking it down by its script", .start = look_at_script },
    { .name = "taking it down", .start = take_down },
    { .name = "removing its nodes", .start = remove_nodes },
};

bool light_detach_begin(struct op *op, libxl_ctx *ctx, uint32_t domid, const char *word, uint32_t devid,
                        enum light_removal how)
{
    struct detach *d = arena_alloc(&op->arena, sizeof(*d));
    struct op *child = d ? op_child(op, steps, sizeof(steps) / sizeof(steps[0]), d) : NULL;

    if (!child) {
        op_fail(op, ERROR_NOMEM, "no memory");
        return false;
    }
    *d = (struct detach){ .ctx = ctx, .domid = domid, .word = word, .devid = devid, .how = how };
    snprintf(d->folder, sizeof(d->folder), "/libxl/%u/device/%.20s/%u", domid, word, devid);
    child->object = arena_printf(&child->arena, "domain %u, %s %u", domid, word, devid);
    child->release = stop_script;
    return true;
}

/* --- all of a domain's --- */

static unsigned names_in(const struct light_value *value)
{
    unsigned count = 0;

    for (size_t at = 0; at < value->len; at += strlen(value->text + at) + 1)
        count++;
    return count;
}

/* The first console is the domain's own, and goes with its nodes. */
static bool is_domains(const char *word, uint32_t devid)
{
    return !strcmp(word, "console") && devid == 0;
}

/* Begins with all that were found. */
static int remove_found(struct op *op, const struct light_devices *a)
{
    uint32_t devid;
    bool any = false;

    for (unsigned i = 0; i < a->count; i++) {
        const struct light_value *v = &a->devids[i];

        for (size_t at = 0; at < v->len; at += strlen(v->text + at) + 1) {
            if (!light_number(v->text + at, &devid) || is_domains(a->names[i], devid))
                continue;
            if (!light_detach_begin(op, a->ctx, a->domid, a->names[i], devid, LIGHT_AT_ONCE))
                return ERROR_NOMEM;
            any = true;
        }
    }
    return any ? OP_WAITS : 0;
}

static int devids_listed(struct light_look *look)
{
    struct light_devices *a = look->arg;

    a->found = true;
    return a->remove ? remove_found(look->op, a) : 0;
}

static int words_listed(struct light_look *look)
{
    struct light_devices *a = look->arg;
    struct op *op = look->op;
    unsigned count = names_in(&a->words), i = 0;

    a->devids = arena_alloc(&op->arena, (count + 1) * sizeof(*a->devids));
    a->names = arena_alloc(&op->arena, (count + 1) * sizeof(*a->names));
    if (!a->devids || !a->names)
        return op_fail(op, ERROR_NOMEM, "no memory");
    a->count = count;
    look->done = devids_listed;
    light_look_begin(a->ctx, look);
    for (const char *name = a->words.text; i < count; name += strlen(name) + 1, i++) {
        a->names[i] = name;
        a->devids[i].path = arena_printf(&op->arena, "/libxl/%u/device/%s", a->domid, name);
        light_look_list(look, &a->devids[i]);
    }
    return light_look_end(look);
}

int light_devices_find(struct op *op, struct light_devices *a)
{
    a->words.path = arena_printf(&op->arena, "/libxl/%u/device", a->domid);
    a->look = (struct light_look){ .op = op, .arg = a, .done = words_listed };
    light_look_begin(a->ctx, &a->look);
    light_look_list(&a->look, &a->words);
    return light_look_end(&a->look);
}

int light_devices_remove(struct op *op, struct light_devices *a)
{
    a->remove = true;
    return a->found ? remove_found(op, a) : light_devices_find(op, a);
}
