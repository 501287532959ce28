/* SPDX-License-Identifier: LGPL-2.1-only */
/* A domain's memory into a file, some hundred pages at a time, so that others have their turns and it can be cancelled. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/domain.h"
#include "ctrl/memory.h"
#include "ctrl/query.h"
#include "light/core_file.h"
#include "light/domain_op.h"
#include "light/events.h"

#define BATCH 512u

struct dump {
    struct light_domain on;
    const char *filename;
    struct core_file core;
    unsigned vcpus;
    uint64_t next, end; /* gfns */
    struct op *op;
    struct loop_timer again;
};

static int look(struct op *op)
{
    struct dump *d = op->arg;
    struct xen_domctl_getdomaininfo info;
    int rc = ctrl_domain_info(d->on.priv, d->on.domid, &info);
    int64_t last;

    if (rc < 0)
        return light_domain_answer(op, rc);
    if (!(info.flags & XEN_DOMINF_hvm_guest) || !d->on.domid)
        return op_fail(op, ERROR_NI, "only the memory of a PVH guest can be dumped");
    last = ctrl_memory_max_gfn(d->on.priv, d->on.domid);
    if (last < 0)
        return light_domain_answer(op, (int)last);
    d->end = (uint64_t)last + 1;
    d->vcpus = info.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 : info.max_vcpu_id + 1;
    return 0;
}

/* Of those that were ever started, as stock's. */
static int registers(struct op *op)
{
    struct dump *d = op->arg;
    struct core_file *core = &d->core;

    core->contexts = calloc(d->vcpus, sizeof(*core->contexts));
    if (!core->contexts && d->vcpus)
        return op_fail(op, ERROR_NOMEM, "no memory");
    for (unsigned i = 0; i < d->vcpus; i++) {
        int rc = ctrl_vcpu_get_context(d->on.priv, d->on.domid, i, &core->contexts[core->nr_contexts]);

        if (rc < 0 && rc != -ENODATA)
            return light_domain_answer(op, rc);
        core->nr_contexts += rc == 0;
    }
    return 0;
}

static int file_failed(struct op *op, int rc)
{
    struct dump *d = op->arg;

    return op_fail(op, ERROR_FAIL, "%s: %s", d->filename, strerror(-rc));
}

static int file_open(struct op *op)
{
    struct dump *d = op->arg;
    struct stat st;

    d->core.fd = open(d->filename, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (d->core.fd < 0)
        return file_failed(op, -errno);
    d->core.regular = fstat(d->core.fd, &st) == 0 && S_ISREG(st.st_mode);
    return 0;
}

/* Half a core is none. What was there before, a device or a pipe, stays. */
static int file_remove(struct op *op)
{
    struct dump *d = op->arg;

    if (d->core.regular)
        unlink(d->filename);
    return 0;
}

/* Those of them that can be mapped, as few writes as it takes. */
static int pages_write(struct dump *d, const char *pages, const uint64_t *gfns, const int *errs, unsigned count)
{
    int rc = 0;

    for (unsigned i = 0, run; i < count && rc == 0; i += run ? run : 1) {
        for (run = 0; i + run < count && !errs[i + run]; run++)
            ;
        if (run)
            rc = core_file_pages(&d->core, pages + (size_t)i * 4096, gfns + i, run);
    }
    return rc;
}

/* These pages are in the file then: 0, or the step's error. */
static int batch(struct dump *d, const uint64_t *gfns, unsigned count)
{
    bool gone = false;
    int errs[BATCH], rc;
    void *pages;

    rc = ctrl_map_foreign(d->on.priv, d->on.domid, PROT_READ, count, gfns, errs, &pages);
    if (rc < 0)
        return light_domain_answer(d->op, rc);
    for (unsigned i = 0; i < count; i++)
        gone |= errs[i] == -ESRCH; /* said of each page: the domain is no more */
    rc = gone ? 0 : pages_write(d, pages, gfns, errs, count);
    ctrl_unmap(d->on.priv, pages, count);
    if (gone)
        return light_domain_answer(d->op, -ESRCH);
    return rc < 0 ? file_failed(d->op, rc) : 0;
}

/* Where there are pages is asked first: below 4 GiB is a hole of gigabytes, and a page that is not there costs as much as one. */
static void dump_more(struct loop_timer *timer)
{
    struct dump *d = (struct dump *)((char *)timer - offsetof(struct dump, again));
    unsigned count = d->end - d->next < BATCH ? (unsigned)(d->end - d->next) : BATCH, there = 0;
    uint64_t gfns[BATCH];
    bool present[BATCH];
    int rc = ctrl_domain_pages_present(d->on.priv, d->on.domid, d->next, count, present);

    if (rc < 0)
        rc = light_domain_answer(d->op, rc);
    for (unsigned i = 0; i < count && rc == 0; i++)
        if (present[i])
            gfns[there++] = d->next + i;
    if (there)
        rc = batch(d, gfns, there);
    d->next += count;
    if (rc || d->next == d->end)
        op_step_done(d->op, rc);
    else
        loop_timer_set(d->op->loop, &d->again, loop_now(), dump_more);
}

static int dump_pages(struct op *op)
{
    struct dump *d = op->arg;

    d->op = op;
    loop_timer_set(op->loop, &d->again, loop_now(), dump_more);
    return OP_WAITS;
}

static void dump_stop(struct op *op)
{
    loop_timer_remove(&((struct dump *)op->arg)->again);
}

static int file_end(struct op *op)
{
    struct dump *d = op->arg;
    int rc = core_file_end(&d->core, d->on.priv);

    return rc < 0 ? file_failed(op, rc) : 0;
}

static void release(struct op *op)
{
    dump_stop(op);
    core_file_free(&((struct dump *)op->arg)->core);
}

static const struct op_step steps[] = {
    { .name = "looking at its memory", .start = look },
    { .name = "reading its registers", .start = registers },
    { .name = "opening the file", .start = file_open, .undo = file_remove },
    { .name = "writing its memory", .start = dump_pages, .stop = dump_stop },
    { .name = "ending the file", .start = file_end },
};

int libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *filename, const libxl_asyncop_how *ao_how)
{
    struct dump *d;
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, steps, sizeof(steps) / sizeof(steps[0]), sizeof(*d), &op);

    if (rc)
        return rc;
    d = op->arg;
    d->core.fd = -1;
    d->filename = arena_strdup(&op->arena, filename);
    op->release = release;
    if (!d->filename)
        return light_op_drop(ctx, op, -ENOMEM, "domain %u: a dump of its memory", domid);
    return light_op_run(ctx, op, ao_how);
}
