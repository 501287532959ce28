/* SPDX-License-Identifier: GPL-2.0-only */
#include "bootfind/disk.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd_io.h"
#include "bootfind/sandbox.h"

#define NAMES_MAX (256u << 10)
#define SAID_MAX 4096u

const char *disk_program(void)
{
    static const char *const paths[] = { "/usr/bin/grub-fstest", "/usr/bin/grub2-fstest" };

    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (access(paths[i], X_OK) == 0)
            return paths[i];
    return NULL;
}

/* --- one question --- */

struct answer {
    struct buf text; /* what fd does not get */
    int fd;          /* -1: none */
    size_t len, max;
    struct buf said; /* its errors */
};

static void answer_done(struct answer *a)
{
    buf_done(&a->text);
    buf_done(&a->said);
}

static void become(const struct disk *disk, const char *command, const char *what, int out, int err)
{
    const char *const argv[] = { disk->program, disk->path, command, what, NULL };
    static char *const env[] = { "LC_ALL=C", NULL };
    int null = open("/dev/null", O_RDONLY);

    if (null < 0)
        close(STDIN_FILENO);
    else
        dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    for (int fd = STDERR_FILENO + 1; fd < 256; fd++)
        close(fd);
    if (sandbox_close() == 0)
        execve(disk->program, (char *const *)argv, env);
    dprintf(STDERR_FILENO, "%s cannot be run: %s\n", disk->program, strerror(errno));
    _exit(127);
}

/* What is there now. 0: goes on; 1: the end; -errno. */
static int take(struct answer *a, int from, bool said)
{
    char piece[16384];
    ssize_t n = read(from, piece, sizeof(piece));

    if (n <= 0)
        return n < 0 && errno == EINTR ? 0 : n < 0 ? -errno : 1;
    if (said)
        return buf_len(&a->said) + (size_t)n <= SAID_MAX ? buf_append(&a->said, piece, (size_t)n) : 0;
    if ((size_t)n > a->max - a->len)
        return -EFBIG;
    a->len += (size_t)n;
    n = a->fd < 0 ? buf_append(&a->text, piece, (size_t)n) : fd_write_all(a->fd, piece, (size_t)n);
    return n < 0 ? (int)n : 0;
}

static int collect(struct answer *a, int out, int err)
{
    struct pollfd fds[2] = { { .fd = out, .events = POLLIN }, { .fd = err, .events = POLLIN } };

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < 2; i++) {
            int rc = fds[i].fd >= 0 && fds[i].revents ? take(a, fds[i].fd, i == 1) : 0;

            if (rc < 0)
                return rc;
            if (rc)
                fds[i].fd = -1;
        }
    }
    return 0;
}

/* The first line of its errors, without its name; what a terminal would take for commands is replaced. */
static void remember(struct disk *disk, const struct answer *a, int status)
{
    const char *text = buf_data(&a->said);
    size_t len = buf_len(&a->said), n = 0;

    for (size_t i = 0; i < len && text[i] != '\n' && n < sizeof(disk->error) - 1; i++)
        disk->error[n++] = text[i] >= ' ' && text[i] < 127 ? text[i] : '?';
    disk->error[n] = '\0';
    if (WIFSIGNALED(status))
        snprintf(disk->error, sizeof(disk->error), "%s was ended by a signal, %s", disk->program, strsignal(WTERMSIG(status)));
    else if (!n)
        snprintf(disk->error, sizeof(disk->error), "%s has failed with exit status %d", disk->program, WEXITSTATUS(status));
}

/* 0; -ENOENT: it has failed, disk->error is what it said; other errors. */
static int ask(struct disk *disk, const char *command, const char *what, struct answer *a)
{
    int out[2] = { -1, -1 }, err[2] = { -1, -1 }, status = 0, rc = 0;
    pid_t pid = -1;

    if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 || (pid = fork()) < 0)
        rc = -errno;
    if (pid == 0)
        become(disk, command, what, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    if (rc == 0)
        rc = collect(a, out[0], err[0]);
    if (pid > 0 && rc < 0)
        kill(pid, SIGKILL);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(out[0]);
    close(err[0]);
    if (rc == -EFBIG)
        snprintf(disk->error, sizeof(disk->error), "larger than %zu KiB", a->max >> 10);
    else if (rc < 0)
        snprintf(disk->error, sizeof(disk->error), "%s", strerror(-rc));
    if (rc == 0 && status) {
        remember(disk, a, status);
        rc = -ENOENT;
    }
    return rc;
}

static int ask_file(struct disk *disk, const char *command, unsigned part, const char *path, struct answer *a)
{
    char *what _cleanup_free_ = NULL;

    if (asprintf(&what, "(%s)%s", disk->parts[part], path) < 0) {
        what = NULL;
        return -ENOMEM;
    }
    return ask(disk, command, what, a);
}

/* The answer as a text of the caller's. */
static int text_of(const struct answer *a, char **ret_text)
{
    size_t len = buf_len(&a->text);
    char *text = malloc(len + 1);

    if (!text)
        return -ENOMEM;
    if (len)
        memcpy(text, buf_data(&a->text), len);
    text[len] = '\0';
    *ret_text = text;
    return 0;
}

/* --- what is on it --- */

static int by_number(const void *a, const void *b)
{
    return strverscmp(a, b);
}

/* LVM's names are on the disk, too. */
static bool is_plain(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr(",/_-.+", name[i]))
            return false;
    return true;
}

int disk_look(struct disk *disk)
{
    struct answer a _cleanup_(answer_done) = { .fd = -1, .max = NAMES_MAX };
    char *names _cleanup_free_ = NULL, *save;
    int rc = ask(disk, "ls", NULL, &a);

    if (rc == 0)
        rc = text_of(&a, &names);
    if (rc < 0)
        return rc;
    disk->count = 0;
    for (char *name = strtok_r(names, " \n", &save); name; name = strtok_r(NULL, " \n", &save)) {
        size_t len = strlen(name);

        if (len < 3 || len > DISK_PART_NAME || name[0] != '(' || name[len - 1] != ')' || disk->count == DISK_PARTS ||
            !is_plain(name + 1, len - 2) ||
            strcmp(name, "(proc)") == 0 || strcmp(name, "(host)") == 0)
            continue;
        memcpy(disk->parts[disk->count], name + 1, len - 2);
        disk->parts[disk->count++][len - 2] = '\0';
    }
    if (!disk->count) {
        snprintf(disk->error, sizeof(disk->error), "it cannot be read as a disk");
        return -ENOENT;
    }
    qsort(disk->parts, disk->count, sizeof(disk->parts[0]), by_number);
    return 0;
}

const char *disk_part_name(const struct disk *disk, unsigned part)
{
    static char name[DISK_PART_NAME + 20];
    const char *comma = strchr(disk->parts[part], ',');

    if (comma)
        snprintf(name, sizeof(name), "partition %s", comma + 1);
    else
        snprintf(name, sizeof(name), "%s", strcmp(disk->parts[part], "loop0") == 0 ? "the whole disk" : disk->parts[part]);
    return name;
}

void disk_part_kind(struct disk *disk, unsigned part, char *kind, size_t size)
{
    static const char before[] = "Filesystem type ";
    struct answer a _cleanup_(answer_done) = { .fd = -1, .max = NAMES_MAX };
    char *text _cleanup_free_ = NULL, *at = NULL;

    if (ask_file(disk, "ls", part, "", &a) == 0 && text_of(&a, &text) == 0)
        at = strstr(text, before);
    if (at)
        at += sizeof(before) - 1;
    snprintf(kind, size, "%.*s", at ? (int)strcspn(at, " ,\n") : 100, at ? at : "no file system that GRUB knows");
}

int disk_list(struct disk *disk, unsigned part, const char *path, char **ret_names)
{
    struct answer a _cleanup_(answer_done) = { .fd = -1, .max = NAMES_MAX };
    int rc = ask_file(disk, "ls", part, path, &a);

    return rc < 0 ? rc : text_of(&a, ret_names);
}

int disk_read(struct disk *disk, unsigned part, const char *path, size_t max, char **ret_text, size_t *ret_len)
{
    struct answer a _cleanup_(answer_done) = { .fd = -1, .max = max };
    int rc = ask_file(disk, "cat", part, path, &a);

    if (rc == 0)
        rc = text_of(&a, ret_text);
    if (rc == 0)
        *ret_len = a.len;
    return rc;
}

int disk_copy(struct disk *disk, unsigned part, const char *path, size_t max, int fd)
{
    struct answer a _cleanup_(answer_done) = { .fd = fd, .max = max };

    return ask_file(disk, "cat", part, path, &a);
}
