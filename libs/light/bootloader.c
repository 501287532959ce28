/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The program gets a folder for files that it extracts and leaves its answer there, and a terminal for its menu. Its files go as
 * soon as they have been read.
 */
#include "light/bootloader.h"

#include <errno.h>
#include <fcntl.h>
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
static const char *const *arguments(struct op *op, const libxl_domain_build_info *b, const char *folder, const char *disk, bool quiet)
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
    argv = arena_alloc(&op->arena, (nr_values + more + 4) * sizeof(*argv));
    if (!argv || !values[3][1])
        return NULL;
    argv[n++] = program(op, b->bootloader);
    if (quiet && is_pygrub(argv[0])) /* it has a menu */
        argv[n++] = "--quiet";
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
    int rc = light_child_seconds(op, "LIBXL_BOOTLOADER_TIMEOUT", b->restricted.uid ? SECONDS : 0, &seconds);

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

/* As whom it runs, if that was asked for: no matter with which value. */
static int restrict_it(struct op *op, uint32_t domid, struct light_bootloader *b)
{
    const char *user = getenv("LIBXL_BOOTLOADER_USER");
    int rc;

    if (!getenv("LIBXL_BOOTLOADER_RESTRICT"))
        return 0;
    rc = light_restrict_find(user, domid, &b->restricted);
    if (rc == 0)
        return 0;
    b->restricted.uid = 0;
    if (rc == -ENOENT && !user)
        return op_fail(op, ERROR_INVAL, "LIBXL_BOOTLOADER_RESTRICT needs a user: LIBXL_BOOTLOADER_USER=NAME, or one that is called "
                                        "xen-qemuuser-range-base or xen-qemuuser-shared");
    return op_fail(op, ERROR_INVAL, "the boot loader cannot run as user %s: %s", user ? user : "xen-qemuuser-...",
                   rc == -ENOENT ? "there is none" : rc == -EPERM ? "that is root" : strerror(-rc));
}

int light_bootloader_start(struct op *op, libxl_ctx *ctx, uint32_t domid, const libxl_domain_config *config,
                           struct light_bootloader *b)
{
    const char *disk;
    char *folder = arena_printf(&op->arena, "%s/bootloader.XXXXXX", light_userdata_folder);
    struct light_child_wish wish = { .env = environment, .terminal = b->relay.program.slave };
    int rc = disk_path(op, config, &disk);

    rc = rc ? rc : restrict_it(op, domid, b);
    if (rc)
        return rc;
    if (!folder)
        return op_fail(op, ERROR_NOMEM, "no memory");
    if (!mkdtemp(folder))
        return op_fail(op, ERROR_FAIL, "no folder for its files in %s: %s", light_userdata_folder, strerror(errno));
    b->op = op;
    b->folder = folder;
    wish.restricted = b->restricted;
    if (b->restricted.uid && chown(folder, b->restricted.uid, b->restricted.gid) < 0)
        return op_fail(op, ERROR_FAIL, "the boot loader's folder cannot be its user's: %s", strerror(errno));
    wish.argv = arguments(op, &config->b_info, folder, disk, b->restricted.uid);
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

/* Who is restricted names no file that another can read: what is opened here is read, whatever the path is then. */
static int own_file(struct op *op, struct light_bootloader *b, const char **path, int *ret_fd)
{
    int fd = *path ? light_restrict_open(&b->restricted, b->folder, *path) : 0;
    const char *opened;

    if (!*path)
        return 0;
    if (fd < 0)
        return op_fail(op, ERROR_FAIL, "the boot loader is restricted and names %s, which cannot be read as a file of its own: %s", *path,
                       strerror(-fd));
    *ret_fd = fd;
    opened = arena_printf(&op->arena, "/proc/self/fd/%d", fd);
    if (!opened)
        return op_fail(op, ERROR_NOMEM, "no memory");
    *path = opened;
    return 0;
}

int light_bootloader_read(struct op *op, struct light_bootloader *b)
{
    char *path = arena_printf(&op->arena, "%s/answer", b->folder), *text = arena_alloc(&op->arena, LIGHT_BOOTLOADER_ANSWER_MAX + 2);
    const char *why = NULL;
    int fd _cleanup_close_ = -1;
    struct stat st;
    ssize_t n;
    int rc;

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
    rc = b->restricted.uid ? own_file(op, b, &b->answer.kernel, &b->files[0]) : 0;
    return rc || !b->restricted.uid ? rc : own_file(op, b, &b->answer.ramdisk, &b->files[1]);
}

/* --- its end --- */

void light_bootloader_free(struct light_bootloader *b)
{
    light_bootloader_stop(b);
    light_relay_close(&b->relay);
    if (b->folder)
        light_restrict_remove(b->folder);
    b->folder = NULL;
    for (unsigned i = 0; i < 2; i++) {
        if (b->files[i])
            close(b->files[i]);
        b->files[i] = 0;
    }
}
