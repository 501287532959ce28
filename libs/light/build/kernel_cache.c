/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/build/kernel_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd_io.h"

#define NAME_SIZE 128
#define SUFFIX ".elf"
#define UNFINISHED ".new-"
#define UNFINISHED_SECONDS 3600 /* then nobody is writing it any more */
#define SETTLED_SECONDS 2       /* more than any file system's clock is coarse */

static void entry_name(const struct stat *st, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%llx-%llx-%llx-%llx.%09lx-%llx.%09lx" SUFFIX, (unsigned long long)st->st_dev,
             (unsigned long long)st->st_ino, (unsigned long long)st->st_size, (unsigned long long)st->st_mtim.tv_sec,
             st->st_mtim.tv_nsec, (unsigned long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static bool is_ours(const struct stat *st, mode_t kind)
{
    return (st->st_mode & S_IFMT) == kind && st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Makes the folder, and those that it is in. */
static int folder_make(const char *folder)
{
    char parent[PATH_MAX];

    if (snprintf(parent, sizeof(parent), "%s", folder) >= (int)sizeof(parent))
        return -ENAMETOOLONG;
    for (char *end = strchr(parent + 1, '/'); end; end = strchr(end + 1, '/')) {
        *end = 0;
        mkdir(parent, 0755); /* if it cannot be, neither can the folder */
        *end = '/';
    }
    return mkdir(folder, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* make: if there is none. */
static int folder_open(const char *folder, bool make)
{
    int fd, err = make ? folder_make(folder) : 0;
    struct stat st;

    if (err < 0)
        return err;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || !is_ours(&st, S_IFDIR)) {
        close(fd);
        return -EPERM;
    }
    return fd;
}

int kernel_cache_get(const char *folder, const struct stat *packed, void **ret_data, size_t *ret_size)
{
    _cleanup_close_ int dir = folder_open(folder, false), fd = -1;
    char name[NAME_SIZE];
    struct stat st;
    void *data;

    if (dir < 0)
        return dir;
    entry_name(packed, name);
    fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || !is_ours(&st, S_IFREG) || st.st_nlink != 1 || st.st_size == 0)
        return -EPERM;
    data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return -errno;
    futimens(fd, NULL); /* it was used: if that cannot be noted, it goes sooner */
    *ret_data = data;
    *ret_size = (size_t)st.st_size;
    return 0;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), n = strlen(suffix);

    return len >= n && strcmp(name + len - n, suffix) == 0;
}

/* Takes away what nobody finished, and the entry that was not used for longest if there are too many. */
static void tidy(int dir)
{
    char oldest[NAME_SIZE] = "";
    struct timespec used = { .tv_sec = INT64_MAX };
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    unsigned count = 0;
    struct dirent *e;

    if (!d) {
        if (copy >= 0)
            close(copy);
        return;
    }
    while ((e = readdir(d))) {
        struct stat st;

        if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || strlen(e->d_name) >= NAME_SIZE)
            continue;
        if (strncmp(e->d_name, UNFINISHED, strlen(UNFINISHED)) == 0 && time(NULL) - st.st_mtime > UNFINISHED_SECONDS)
            unlinkat(dir, e->d_name, 0);
        if (!ends_with(e->d_name, SUFFIX))
            continue;
        count++;
        if (st.st_mtim.tv_sec < used.tv_sec ||
            (st.st_mtim.tv_sec == used.tv_sec && st.st_mtim.tv_nsec < used.tv_nsec)) {
            used = st.st_mtim;
            strcpy(oldest, e->d_name);
        }
    }
    if (count > KERNEL_CACHE_ENTRIES)
        unlinkat(dir, oldest, 0);
    closedir(d);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Has it stayed as it was, for so long that a change would have been seen? */
static bool is_settled(const struct stat *before, const struct stat *now)
{
    return before->st_dev == now->st_dev && before->st_ino == now->st_ino && before->st_size == now->st_size &&
           same_time(&before->st_mtim, &now->st_mtim) && same_time(&before->st_ctim, &now->st_ctim) &&
           now->st_ctim.tv_sec + SETTLED_SECONDS < time(NULL) && now->st_mtim.tv_sec + SETTLED_SECONDS < time(NULL);
}

int kernel_cache_put(const char *folder, const struct stat *before, const struct stat *now, const void *data, size_t size)
{
    _cleanup_close_ int dir = -1, fd = -1;
    char name[NAME_SIZE], unfinished[NAME_SIZE];
    int err;
    ssize_t written;

    if (!is_settled(before, now))
        return -EAGAIN;
    dir = folder_open(folder, true);
    if (dir < 0)
        return dir;
    entry_name(now, name);
    snprintf(unfinished, sizeof(unfinished), UNFINISHED "%ld", (long)getpid());
    unlinkat(dir, unfinished, 0); /* of a process that had our number, and died */
    fd = openat(dir, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    written = fd_write_all(fd, data, size);
    err = written < 0 ? (int)written : (size_t)written < size ? -EIO : 0;
    if (err == 0 && fdatasync(fd) < 0) /* the name must not outlive a crash that the contents did not */
        err = -errno;
    if (err == 0 && renameat(dir, unfinished, dir, name) < 0)
        err = -errno;
    if (err < 0)
        unlinkat(dir, unfinished, 0);
    else
        tidy(dir);
    return err;
}
