/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The program gets a folder for files that it extracts and leaves its answer there, and a terminal for its menu. Its files go as
 * soon as they have been read.
 */
#include "light/bootloader.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd_io.h"
#include "light/userdata.h"

#define SECONDS 120
#define OWN XENBINDIR "/xl-bootfind"

/* --- what is run, on what --- */

/* A disk that a program can read as it is. 0, or what op_fail() returned. */
static int disk_path(struct op *op, const libxl_domain_config *c, const char **ret_path)
{
    const libxl_device_disk *d = c->disks;
    const char *name;

    if (!c->num_disks)
        return op_fail(op, ERROR_INVAL, "bootloader= finds the kernel on the guest's first disk, and it has none: disk=[...], or "
                                        "kernel=\"/path\" in place of bootloader=");
    name = d->vdev ? d->vdev : "?";
    if (d->backend_domid || (d->backend_domname && strcmp(d->backend_domname, "Domain-0")))
        return op_fail(op, ERROR_INVAL, "disk %s is another domain's, bootloader= cannot read it here: kernel=\"/path\"", name);
    if (d->script)
        return op_fail(op, ERROR_INVAL, "disk %s has a script, bootloader= cannot read it before the domain is there: kernel=\"/path\"",
                       name);
    if (d->format != LIBXL_DISK_FORMAT_RAW && d->format != LIBXL_DISK_FORMAT_UNKNOWN)
        return op_fail(op, ERROR_INVAL,
                       "disk %s has the format %s, bootloader= reads raw ones: qemu-img convert -O raw, or kernel=\"/path\"", name,
                       libxl_disk_format_to_string(d->format));
    if (!d->pdev_path || !d->pdev_path[0])
        return op_fail(op, ERROR_INVAL, "disk %s is empty, bootloader= finds no kernel there: a target, or kernel=\"/path\"", name);
    *ret_path = d->pdev_path[0] == '/' ? d->pdev_path : arena_printf(&op->arena, "/dev/%s", d->pdev_path);
    return *ret_path ? 0 : op_fail(op, ERROR_NOMEM, "no memory");
}

static bool in_path(const char *name)
{
    const char *at = getenv("PATH");
    char path[PATH_MAX];

    for (; at && *at; at += *at == ':') {
        size_t len = strcspn(at, ":");

        if (snprintf(path, sizeof(path), "%.*s/%s", (int)len, at, name) < (int)sizeof(path) && access(path, X_OK) == 0)
            return true;
        at += len;
    }
    return false;
}

static bool is_pygrub(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strcmp(slash ? slash + 1 : path, "pygrub") == 0;
}

/* As stock looks for it: beside xl's other helpers, then in PATH. In place of a pygrub that is not there is our own. */
static const char *program(struct op *op, const char *name)
{
    bool path = strchr(name, '/');
    const char *beside = path ? NULL : arena_printf(&op->arena, XENBINDIR "/%s", name);

    if (beside && access(beside, X_OK) == 0)
        return beside;
    return is_pygrub(name) && (path ? access(name, X_OK) < 0 : !in_path(name)) ? OWN : name;
}

/* The arguments that stock gives, in its order; NULL: no memory. */
static const char *const *arguments(struct op *op, const libxl_domain_build_info *b, const char *folder, const char *disk)
{
    const char *const values[][2] = {
        { "--kernel=", b->kernel },
        { "--ramdisk=", b->ramdisk },
        { "--args=", b->cmdline && b->cmdline[0] ? b->cmdline : NULL },
        { "--output=", arena_printf(&op->arena, "%s/answer", folder) },
        { "--output-format=", "simple0" },
        { "--output-directory=", folder },
    };
    size_t nr_values = sizeof(values) / sizeof(values[0]), n = 0, more = 0;
    const char **argv;

    while (b->bootloader_args && b->bootloader_args[more])
        more++;
    argv = arena_alloc(&op->arena, (nr_values + more + 3) * sizeof(*argv));
    if (!argv || !values[3][1])
        return NULL;
    argv[n++] = program(op, b->bootloader);
    for (unsigned i = 0; i < nr_values; i++)
        if (values[i][1] && !(argv[n++] = arena_printf(&op->arena, "%s%s", values[i][0], values[i][1])))
            return NULL;
    for (size_t i = 0; i < more; i++)
        argv[n++] = b->bootloader_args[i];
    argv[n] = disk;
    return argv;
}

/* --- running it --- */

static void too_late(struct loop_timer *timer)
{
    struct light_bootloader *b = (struct light_bootloader *)((char *)timer - offsetof(struct light_bootloader, timer));
    int rc = op_fail(b->op, ERROR_TIMEDOUT, "it took too long and was killed; LIBXL_BOOTLOADER_TIMEOUT=SECONDS gives it more");

    light_child_kill(&b->child);
    op_step_done(b->op, rc);
}

static int limit(struct op *op, struct light_bootloader *b)
{
    unsigned seconds;
    int rc = light_child_seconds(op, "LIBXL_BOOTLOADER_TIMEOUT", SECONDS, &seconds);

    if (rc)
        return rc;
    if (seconds)
        loop_timer_set(op->loop, &b->timer, loop_now() + seconds * LOOP_SECOND, too_late);
    return 0;
}

int light_bootloader_show(struct op *op, struct light_bootloader *b)
{
    int rc = light_relay_open(&b->relay, op->loop);

    return rc < 0 ? op_fail(op, ERROR_FAIL, "no terminal for the boot loader: %s", strerror(-rc)) : 0;
}

/* The kind of terminal that everything knows, as stock says it. */
static const char *const environment[] = { "TERM=vt100", NULL };

int light_bootloader_start(struct op *op, libxl_ctx *ctx, const libxl_domain_config *config, struct light_bootloader *b)
{
    const char *disk;
    char *folder = arena_printf(&op->arena, "%s/bootloader.XXXXXX", light_userdata_folder);
    struct light_child_wish wish = { .env = environment, .terminal = b->relay.program.slave };
    int rc = disk_path(op, config, &disk);

    if (rc)
        return rc;
    if (!folder)
        return op_fail(op, ERROR_NOMEM, "no memory");
    if (!mkdtemp(folder))
        return op_fail(op, ERROR_FAIL, "no folder for its files in %s: %s", light_userdata_folder, strerror(errno));
    b->op = op;
    b->folder = folder;
    wish.argv = arguments(op, &config->b_info, folder, disk);
    wish.what = wish.argv && wish.argv[0] ? arena_printf(&op->arena, "the boot loader %s", wish.argv[0]) : NULL;
    if (!wish.what)
        return op_fail(op, ERROR_NOMEM, "no memory");
    rc = limit(op, b);
    rc = rc ? rc : light_child_step(op, ctx, &b->child, &wish);
    light_relay_given(&b->relay);
    return rc;
}

void light_bootloader_stop(struct light_bootloader *b)
{
    if (b->timer.loop)
        loop_timer_remove(&b->timer);
    light_child_kill(&b->child);
}

/* --- its answer --- */

int light_bootloader_read(struct op *op, struct light_bootloader *b)
{
    char *path = arena_printf(&op->arena, "%s/answer", b->folder), *text = arena_alloc(&op->arena, LIGHT_BOOTLOADER_ANSWER_MAX + 2);
    const char *why = NULL;
    int fd _cleanup_close_ = -1;
    struct stat st;
    ssize_t n;

    light_bootloader_stop(b);
    if (!path || !text)
        return op_fail(op, ERROR_NOMEM, "no memory");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return op_fail(op, ERROR_FAIL, "the boot loader has given no answer, though it has ended with success");
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return op_fail(op, ERROR_FAIL, "the boot loader's answer cannot be read: %s", fd < 0 ? strerror(errno) : "not a file");
    n = fd_read_all(fd, text, LIGHT_BOOTLOADER_ANSWER_MAX + 1);
    if (n < 0)
        return op_fail(op, ERROR_FAIL, "the boot loader's answer cannot be read: %s", strerror((int)-n));
    if (light_bootloader_parse(text, (size_t)n, &b->answer, &why) < 0)
        return op_fail(op, ERROR_FAIL, "the boot loader's answer cannot be used: %s", why);
    return 0;
}

/* --- its end --- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

void light_bootloader_free(struct light_bootloader *b)
{
    light_bootloader_stop(b);
    light_relay_close(&b->relay);
    if (b->folder)
        nftw(b->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    b->folder = NULL;
}
