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
    uint64_t next, end; /* gfns */
    uint64_t total;     /* pages that it has */
    uint64_t probed, above; /* from that gfn on there are as many; probed is 0 until it is looked for */
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
    d->total = info.tot_pages;
    d->core.nr_vcpus = info.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 : info.max_vcpu_id + 1;
    return 0;
}

/* Not all hypervisors tell the registers of a PVH guest: the core is of use without them. */
static int registers(struct op *op)
{
    struct dump *d = op->arg;
    struct core_file *core = &d->core;
    int rc = 0;

    core->context_size = XEN_VCPU_CONTEXT_SIZE;
    core->contexts = calloc(core->nr_vcpus ? core->nr_vcpus : 1, core->context_size);
    if (!core->contexts)
        return op_fail(op, ERROR_NOMEM, "no memory");
    for (unsigned i = 0; i < core->nr_vcpus && rc == 0; i++)
        rc = ctrl_vcpu_get_context(d->on.priv, d->on.domid, i, (char *)core->contexts + i * core->context_size);
    if (rc < 0 && rc != -ENOSYS && rc != -EOPNOTSUPP && rc != -EINVAL)
        return light_domain_answer(op, rc);
    core->nr_contexts = rc ? 0 : core->nr_vcpus;
    if (rc)
        light_log(d->on.ctx, XTL_WARN, -rc, "%s: the core is without the registers of its vCPUs", op->object);
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

    d->core.fd = open(d->filename, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return d->core.fd < 0 ? file_failed(op, -errno) : 0;
}

/* Half a core is none. What was there before, a device or a pipe, stays. */
static int file_remove(struct op *op)
{
    struct dump *d = op->arg;
    struct stat st;

    if (d->core.fd >= 0 && fstat(d->core.fd, &st) == 0 && S_ISREG(st.st_mode))
        unlink(d->filename);
    return 0;
}

/* Those of them that there are, as few writes as it takes. */
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

/* Pages from gfn on, at most a batch: how many there are; with write, they are in the file then. Else the step's error. */
static int batch(struct dump *d, uint64_t gfn, unsigned count, bool write)
{
    uint64_t gfns[BATCH];
    int errs[BATCH], rc;
    unsigned there = 0;
    bool gone = false;
    void *pages;

    for (unsigned i = 0; i < BATCH; i++)
        gfns[i] = gfn + i;
    rc = ctrl_map_foreign(d->on.priv, d->on.domid, PROT_READ, count, gfns, errs, &pages);
    if (rc < 0)
        return light_domain_answer(d->op, rc);
    for (unsigned i = 0; i < count; i++) {
        there += !errs[i];
        gone |= errs[i] == -ESRCH; /* said of each page: the domain is no more */
    }
    rc = write && !gone ? pages_write(d, pages, gfns, errs, count) : 0;
    ctrl_unmap(d->on.priv, pages, count);
    if (gone)
        return light_domain_answer(d->op, -ESRCH);
    return rc < 0 ? file_failed(d->op, rc) : (int)there;
}

static unsigned step_size(const struct dump *d, uint64_t to)
{
    return to - d->next < BATCH ? (unsigned)(to - d->next) : BATCH;
}

static void dump_more(struct loop_timer *timer);

/* Above its RAM is a hole of gigabytes with a few pages at its end: from there down, until all that it has are found. */
static void probe_more(struct loop_timer *timer)
{
    struct dump *d = (struct dump *)((char *)timer - offsetof(struct dump, again));
    unsigned count = step_size(d, d->probed);
    int there = batch(d, d->probed - count, count, false);

    if (there < 0) {
        op_step_done(d->op, there);
        return;
    }
    d->probed -= count;
    d->above += (unsigned)there;
    if (d->probed > d->next && d->core.nr_pages + d->above < d->total) {
        loop_timer_set(d->op->loop, &d->again, loop_now(), probe_more);
        return;
    }
    d->next = d->probed;
    loop_timer_set(d->op->loop, &d->again, loop_now(), dump_more);
}

static void dump_more(struct loop_timer *timer)
{
    struct dump *d = (struct dump *)((char *)timer - offsetof(struct dump, again));
    unsigned count = step_size(d, d->end);
    int there = batch(d, d->next, count, true);

    if (there < 0) {
        op_step_done(d->op, there);
        return;
    }
    d->next += count;
    if (d->next == d->end) {
        op_step_done(d->op, 0);
    } else if (!there && !d->probed) {
        d->probed = d->end;
        loop_timer_set(d->op->loop, &d->again, loop_now(), probe_more);
    } else {
        loop_timer_set(d->op->loop, &d->again, loop_now(), dump_more);
    }
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
