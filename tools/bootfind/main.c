/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl-bootfind: finds the kernel on a guest's disk, with pygrub's options and answers. This process makes the files, a child
 * in the sandbox does the rest: it gets the disk and the files opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd_io.h"
#include "bootfind/find.h"
#include "bootfind/sandbox.h"

#define SECONDS 100
#define KERNEL_MAX (256u << 20)
#define RAMDISK_MAX (1u << 30)

enum format { FORMAT_SXP, FORMAT_SIMPLE, FORMAT_SIMPLE0 };

struct file {
    char path[PATH_MAX]; /* "": there is none */
    int fd;
};

struct wish {
    const char *disk, *kernel, *ramdisk, *args, *entry, *folder;
    enum format format;
    bool list, dry;
    int output;
    struct file files[2]; /* kernel, ramdisk */
};

static const char usage[] =
    "usage: xl-bootfind [OPTION...] DISK\n"
    "Finds the kernel on a guest's disk: an image, or a block device.\n"
    "  --output=FILE            the answer, instead of to standard output\n"
    "  --output-format=FORMAT   sxp, simple or simple0; sxp unless it is said\n"
    "  --output-directory=DIR   where kernel and ramdisk are put; " RUNSTATEDIR "/xen unless it is said\n"
    "  --kernel=PATH, --ramdisk=PATH  files on the disk, instead of its boot loader's menu\n"
    "  --args=TEXT              the kernel's command line, or what is added to the menu's\n"
    "  --entry=NUMBER|TITLE     of the menu, as -l counts; the menu's default unless it is said\n"
    "  -l, --list-entries       shows the menu, and that is all\n"
    "  -n, --not-really         says what would be booted, and extracts nothing\n"
    "  -q, --quiet, --runas=    for callers of pygrub: it never asks, and always runs as nobody\n"
    "  -h, --help\n"
    "Example: xl-bootfind -l /dev/vg/guest\n";

/* --- the answer --- */

static int answer(const struct wish *w, const char *kernel, const char *ramdisk, const char *args)
{
    struct buf b _cleanup_(buf_done) = { 0 };
    char end = w->format == FORMAT_SIMPLE0 ? '\0' : '\n';
    const char *const words[][2] = { { "kernel", kernel }, { "ramdisk", ramdisk }, { "args", args } };
    int rc = w->format == FORMAT_SXP ? buf_appendf(&b, "linux ") : 0;
    ssize_t n;

    for (unsigned i = 0; i < 3 && rc == 0; i++) {
        if (!words[i][1])
            continue;
        if (w->format == FORMAT_SXP && strchr(words[i][1], '\'')) { /* which has no way to say it */
            say("its %s has a ': only --output-format=simple and simple0 can say so", words[i][0]);
            return -1;
        }
        if (w->format == FORMAT_SXP)
            rc = buf_appendf(&b, "(%s '%s')", words[i][0], words[i][1]);
        else
            rc = buf_appendf(&b, "%s %s%c", words[i][0], words[i][1], end);
    }
    if (rc == 0 && w->format != FORMAT_SXP)
        rc = buf_append(&b, &end, 1);
    n = rc ? rc : fd_write_all(w->output, buf_data(&b), buf_len(&b));
    if (n == (ssize_t)buf_len(&b))
        return 0;
    say("the answer cannot be written: %s", strerror(n < 0 ? (int)-n : EIO));
    return -1;
}

static void list(const struct wish *w, const struct menu *menu)
{
    for (unsigned i = 0; i < menu->count; i++) {
        const struct menu_entry *e = &menu->entries[i];
        char title[MENU_WORD], args[MENU_WORD];

        if (!find_bootable(e))
            continue;
        snprintf(title, sizeof(title), "%s", e->title);
        snprintf(args, sizeof(args), "%s", e->args);
        menu_clean(title);
        menu_clean(args);
        dprintf(w->output, "title: %s\n  root: None\n  kernel: %s\n  args: %s\n", title, e->kernel, args);
        if (e->nr_initrds)
            dprintf(w->output, "  initrd: %s\n", e->initrds[0]);
    }
}

/* --- the choice --- */

/* As -l counts, by title or id; else the menu's default, else its first. -1, which was said. */
static int choose(const struct wish *w, const struct menu *menu)
{
    char *end;
    unsigned long number = w->entry ? strtoul(w->entry, &end, 10) : 0;
    int at;

    if (w->entry)
        at = w->entry[0] && !*end && number < MENU_ENTRIES ? find_nth(menu, (unsigned)number) : menu_find(menu, w->entry);
    else
        at = menu->wanted ? menu_find(menu, menu->wanted) : -1;
    if (at >= 0 && find_bootable(&menu->entries[at]))
        return at;
    if (w->entry) {
        say("the menu has no entry %s; what to do: xl-bootfind -l %s shows them", w->entry, w->disk);
        return -1;
    }
    if (menu->wanted)
        say("the menu's default, %s, is none of its kernels: its first is taken", menu->wanted);
    return find_nth(menu, 0);
}

static int extract(const struct wish *w, struct disk *disk, unsigned part, const struct menu_entry *e)
{
    int rc = find_copy(disk, part, "kernel", e->kernel, KERNEL_MAX, w->files[0].fd);

    for (unsigned i = 0; i < e->nr_initrds && rc == 0; i++)
        rc = find_copy(disk, part, "ramdisk", e->initrds[i], RAMDISK_MAX, w->files[1].fd);
    return rc;
}

static int boot(const struct wish *w, struct disk *disk, unsigned part, const struct menu_entry *e)
{
    const char *ramdisk = e->nr_initrds ? e->initrds[0] : NULL;
    char args[2 * MENU_WORD];

    if ((size_t)snprintf(args, sizeof(args), "%s%s%s", e->args, e->args[0] && w->args ? " " : "", w->args ? w->args : "") >= sizeof(args)) {
        say("--args is longer than %u characters", MENU_WORD);
        return -1;
    }
    menu_clean(args);
    if (w->dry)
        return answer(w, e->kernel, ramdisk, args);
    if (extract(w, disk, part, e) < 0)
        return -1;
    return answer(w, w->files[0].path, ramdisk ? w->files[1].path : NULL, args);
}

/* In the sandbox. */
static int work(const struct wish *w, struct disk *disk)
{
    static struct menu menu;
    struct menu_entry given = { .title = "", .kernel = w->kernel, .args = "", .initrds = { w->ramdisk }, .nr_initrds = w->ramdisk != NULL };
    int part, at;

    if (disk_look(disk) < 0) {
        say("%s: %s", w->disk, disk->error);
        return -1;
    }
    if (w->kernel)
        return boot(w, disk, 0, &given);
    part = find_menu(disk, &menu);
    if (part < 0)
        return -1;
    if (w->list) {
        list(w, &menu);
        return 0;
    }
    at = choose(w, &menu);
    if (at < 0)
        return -1;
    if (w->ramdisk) {
        menu.entries[at].initrds[0] = w->ramdisk;
        menu.entries[at].nr_initrds = 1;
    }
    return boot(w, disk, (unsigned)part, &menu.entries[at]);
}

/* --- the two processes --- */

static volatile pid_t worker;

static void on_signal(int number)
{
    (void)number;
    if (worker > 0)
        kill(worker, SIGKILL);
}

static int work_apart(const struct wish *w, struct disk *disk, int disk_fd)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    const char *what;
    int status, apart, rc;

    worker = sandbox_fork(&apart);
    if (worker < 0) {
        say("no process for reading the disk: %s", strerror(-worker));
        return -1;
    }
    if (worker == 0) {
        if (apart)
            say("no namespaces for reading the disk (%s): system calls and rights are limited all the same", strerror(apart));
        disk->path = apart ? w->disk : SANDBOX_DISK;
        rc = sandbox_enter(w->disk, disk_fd, apart == 0, uid, gid, &what);
        if (rc < 0)
            say("the disk is not read, for there is no sandbox: %s: %s", what, strerror(-rc));
        _exit(rc < 0 || work(w, disk) < 0);
    }
    alarm(SECONDS);
    while ((rc = waitpid(worker, &status, 0)) < 0 && errno == EINTR)
        ;
    alarm(0);
    if (rc > 0 && WIFSIGNALED(status))
        say("ended while it read %s: it took longer than %u s, or somebody has ended it", w->disk, SECONDS);
    return rc > 0 && status == 0 ? 0 : -1;
}

static int files_make(struct wish *w)
{
    static const char *const names[2] = { "boot_kernel", "boot_ramdisk" };

    for (unsigned i = 0; i < 2 && !w->list && !w->dry; i++) {
        struct file *f = &w->files[i];

        if ((size_t)snprintf(f->path, sizeof(f->path), "%s/%s.XXXXXX", w->folder, names[i]) >= sizeof(f->path))
            errno = ENAMETOOLONG;
        else
            f->fd = mkostemp(f->path, O_CLOEXEC);
        if (f->fd < 0) {
            say("no file can be made in %s: %s; --output-directory=DIR names another", w->folder, strerror(errno));
            f->path[0] = '\0';
            return -1;
        }
    }
    return 0;
}

/* Those that nobody was told of. */
static void files_drop(struct wish *w, bool all)
{
    for (unsigned i = 0; i < 2; i++) {
        struct stat st;

        if (w->files[i].fd < 0)
            continue;
        if (w->files[i].path[0] && (all || fstat(w->files[i].fd, &st) < 0 || st.st_size == 0))
            unlink(w->files[i].path);
        close(w->files[i].fd);
    }
}

static int run(struct wish *w)
{
    static struct disk disk;
    int fd _cleanup_close_ = open(w->disk, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        say("%s: %s", w->disk, strerror(errno));
        return -1;
    }
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        say("%s is neither a disk's image nor a block device", w->disk);
        return -1;
    }
    disk.program = disk_program();
    if (!disk.program) {
        say("no grub-fstest, which reads the disk: apt-get install grub-common");
        return -1;
    }
    rc = files_make(w);
    if (rc == 0)
        rc = work_apart(w, &disk, fd);
    files_drop(w, rc < 0);
    return rc;
}

/* --- options --- */

static const struct option options[] = {
    { "output", required_argument, NULL, 'o' },
    { "output-format", required_argument, NULL, 'f' },
    { "output-directory", required_argument, NULL, 'd' },
    { "kernel", required_argument, NULL, 'k' },
    { "ramdisk", required_argument, NULL, 'r' },
    { "args", required_argument, NULL, 'a' },
    { "entry", required_argument, NULL, 'e' },
    { "runas", required_argument, NULL, 'q' },
    { "list-entries", no_argument, NULL, 'l' },
    { "not-really", no_argument, NULL, 'n' },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static int take_format(struct wish *w, const char *name)
{
    static const char *const names[] = { [FORMAT_SXP] = "sxp", [FORMAT_SIMPLE] = "simple", [FORMAT_SIMPLE0] = "simple0" };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0) {
            w->format = (enum format)i;
            return 0;
        }
    say("--output-format=%s is none: sxp, simple or simple0", name);
    return -1;
}

static int take_output(struct wish *w, const char *path)
{
    if (strcmp(path, "-") == 0)
        return 0;
    w->output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (w->output < 0)
        say("--output=%s: %s", path, strerror(errno));
    return w->output < 0 ? -1 : 0;
}

/* 0, or what to exit with, plus 1. */
static int take_option(struct wish *w, int option)
{
    const char **const texts['z'] = { ['d'] = &w->folder, ['k'] = &w->kernel, ['r'] = &w->ramdisk, ['a'] = &w->args, ['e'] = &w->entry };

    if (option == 'h') {
        fputs(usage, stdout);
        return 1;
    }
    if (option == 'f')
        return take_format(w, optarg) < 0 ? 3 : 0;
    if (option == 'o')
        return take_output(w, optarg) < 0 ? 2 : 0;
    if (option == '?')
        return 3;
    w->list |= option == 'l';
    w->dry |= option == 'n';
    if (texts[option])
        *texts[option] = optarg;
    return 0;
}

int main(int argc, char **argv)
{
    static struct wish w = { .folder = RUNSTATEDIR "/xen", .output = STDOUT_FILENO, .files = { { .fd = -1 }, { .fd = -1 } } };
    const struct sigaction ends = { .sa_handler = on_signal };
    static const int numbers[] = { SIGALRM, SIGINT, SIGTERM, SIGHUP };
    int option, rc;

    while ((option = getopt_long(argc, argv, "lnqh", options, NULL)) != -1) {
        rc = take_option(&w, option);
        if (rc)
            return rc - 1;
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return 2;
    }
    w.disk = argv[optind];
    if ((w.kernel && w.kernel[0] != '/') || (w.ramdisk && w.ramdisk[0] != '/')) {
        say("--kernel= and --ramdisk= are absolute paths on the disk");
        return 2;
    }
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &ends, NULL);
    return run(&w) < 0;
}
