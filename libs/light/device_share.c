/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * No two guests write one disk. Who attaches one writes its nodes first and looks at those of others then: of two that
 * come at once at least one sees the other.
 */
#include <stdio.h>
#include <string.h>

#include "light/device_disk.h"

static const char *const backends[] = { "vbd", "qdisk" };
#define BACKENDS (sizeof(backends) / sizeof(backends[0]))

/* Folders of one depth: /local/domain/0/backend/vbd, /.../vbd/5, /.../vbd/5/51712. */
struct folders {
    struct light_value *list;
    unsigned count;
};

struct share {
    struct light_device *d;
    struct folders level;
    struct light_value *params, *modes; /* of each device */
    unsigned depth;
};

static unsigned entries(const struct folders *f)
{
    unsigned count = 0;

    for (unsigned i = 0; i < f->count; i++)
        for (size_t at = 0; at < f->list[i].len; at += strlen(f->list[i].text + at) + 1)
            count++;
    return count;
}

/* What is in the folders of one level is the next. */
static int next_level(struct op *op, const struct folders *f, struct folders *ret)
{
    unsigned count = entries(f), n = 0;

    ret->list = arena_alloc(&op->arena, (count + 1) * sizeof(*ret->list));
    if (!ret->list)
        return op_fail(op, ERROR_NOMEM, "no memory");
    for (unsigned i = 0; i < f->count; i++)
        for (size_t at = 0; at < f->list[i].len && n < count; at += strlen(f->list[i].text + at) + 1)
            ret->list[n++].path = arena_printf(&op->arena, "%s/%s", f->list[i].path, f->list[i].text + at);
    ret->count = n;
    return 0;
}

/* Two paths of one disk; QEMU's have the format in front. */
static bool is_same_disk(const struct light_host_disk *at, const char *params)
{
    struct light_host_disk other;
    const char *colon = strchr(params, ':'), *path = params[0] != '/' && colon ? colon + 1 : params;

    return light_host_disk(path, &other) == 0 && other.is_block == at->is_block && other.device == at->device &&
           other.inode == at->inode;
}

static int compare(struct light_look *look)
{
    struct share *s = look->arg;
    const libxl_device_disk *disk = s->d->config;
    const struct light_disk *own = s->d->own;

    for (unsigned i = 0; i < s->level.count; i++) {
        bool writes = s->modes[i].text && s->modes[i].text[0] == 'w';

        if (!strcmp(s->level.list[i].path, s->d->back) || (!writes && !disk->readwrite) || !s->params[i].text)
            continue;
        if (is_same_disk(&own->at, s->params[i].text))
            return op_fail(look->op, ERROR_FAIL, "%s is in use by a guest already (%s)", disk->pdev_path, s->level.list[i].path);
    }
    return 0;
}

static int read_devices(struct light_look *look)
{
    struct share *s = look->arg;
    unsigned count = s->level.count;
    struct arena *arena = &look->op->arena;

    s->params = arena_alloc(arena, (count + 1) * sizeof(*s->params));
    s->modes = arena_alloc(arena, (count + 1) * sizeof(*s->modes));
    if (!s->params || !s->modes)
        return op_fail(look->op, ERROR_NOMEM, "no memory");
    look->done = compare;
    for (unsigned i = 0; i < count; i++) {
        s->params[i].path = arena_printf(arena, "%s/params", s->level.list[i].path);
        s->modes[i].path = arena_printf(arena, "%s/mode", s->level.list[i].path);
        light_look_read(look, &s->params[i]);
        light_look_read(look, &s->modes[i]);
    }
    return light_look_end(look);
}

static int listed(struct light_look *look)
{
    struct share *s = look->arg;
    struct folders next;
    int rc = next_level(look->op, &s->level, &next);

    if (rc)
        return rc;
    s->level = next;
    light_look_begin(s->d->ctx, look);
    if (++s->depth == 2)
        return read_devices(look);
    for (unsigned i = 0; i < next.count; i++)
        light_look_list(look, &next.list[i]);
    return light_look_end(look);
}

int light_disk_look(struct op *op)
{
    struct light_device *d = op->arg;
    const libxl_device_disk *disk = d->config;
    struct share *s;

    if (d->backend_domid || d->script || disk->format == LIBXL_DISK_FORMAT_EMPTY)
        return 0;
    s = arena_alloc(&op->arena, sizeof(*s));
    if (s)
        s->level.list = arena_alloc(&op->arena, BACKENDS * sizeof(*s->level.list));
    if (!s || !s->level.list)
        return op_fail(op, ERROR_NOMEM, "no memory");
    s->d = d;
    s->level.count = BACKENDS;
    d->others = (struct light_look){ .op = op, .arg = s, .done = listed };
    light_look_begin(d->ctx, &d->others);
    for (unsigned i = 0; i < BACKENDS; i++) {
        s->level.list[i].path = arena_printf(&op->arena, "/local/domain/0/backend/%s", backends[i]);
        light_look_list(&d->others, &s->level.list[i]);
    }
    return light_look_end(&d->others);
}
