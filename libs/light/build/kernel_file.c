/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/build/kernel_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd_io.h"
#include "light/build/kernel_cache.h"
#include "light/build/kernel_unpack.h"

/* A file that is one: not a folder, and not a pipe that would keep us waiting. */
static int file_open(const char *what, const char *path, size_t max, int *ret_fd, struct stat *ret_stat,
                     struct build_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return build_fail_errno(error, what, -errno, "%s %s", what, path);
    if (fstat(fd, ret_stat) < 0 || !S_ISREG(ret_stat->st_mode)) {
        close(fd);
        return build_fail(error, what, -EINVAL, "%s %s: not a regular file", what, path);
    }
    if ((uint64_t)ret_stat->st_size > max) {
        close(fd);
        return build_fail(error, what, -EFBIG, "%s %s: %llu MiB, at most %zu can be", what, path,
                          (unsigned long long)ret_stat->st_size >> 20, max >> 20);
    }
    *ret_fd = fd;
    return 0;
}

static int file_read(const char *what, const char *path, int fd, size_t size, void **ret_data, struct build_error *error)
{
    uint8_t *data = malloc(size + !size);
    ssize_t n = data ? fd_read_all(fd, data, size) : -ENOMEM;

    if (n < 0 || (size_t)n < size) { /* it may have become shorter */
        free(data);
        return build_fail_errno(error, what, n < 0 ? (int)n : -EIO, "%s %s: reading it", what, path);
    }
    *ret_data = data;
    return 0;
}

int kernel_file_read(const char *what, const char *path, size_t max, void **ret_data, size_t *ret_size,
                     struct build_error *error)
{
    _cleanup_close_ int fd = -1;
    struct stat st;
    int err = file_open(what, path, max, &fd, &st, error);

    if (err == 0)
        err = file_read(what, path, fd, (size_t)st.st_size, ret_data, error);
    if (err == 0)
        *ret_size = (size_t)st.st_size;
    return err;
}

/* Unpacks the file; what was packed goes into the cache too. */
static int unpack(const char *path, const char *cache, int fd, const struct stat *st, struct kernel_file *f,
                  struct build_error *error)
{
    struct kernel_payload payload = { 0 };
    struct stat now;
    _cleanup_free_ void *file = NULL;
    int err = file_read("kernel", path, fd, (size_t)st->st_size, &file, error);

    if (err == 0)
        err = kernel_payload_find(path, file, (size_t)st->st_size, &payload, error);
    if (err < 0)
        return err;
    if (payload.data == file && !payload.packing) {
        f->data = file;
        f->size = payload.size;
        file = NULL;
        return 0;
    }
    err = kernel_payload_unpack(path, &payload, &f->data, &f->size, error);
    if (err == 0 && cache && fstat(fd, &now) == 0)
        kernel_cache_put(cache, st, &now, f->data, f->size);
    return err;
}

int kernel_file_open(const char *path, const char *cache, struct kernel_file *ret_file, struct build_error *error)
{
    _cleanup_(kernel_file_close) struct kernel_file f = { .data = NULL };
    _cleanup_close_ int fd = -1;
    struct stat st;
    int err = file_open("kernel", path, KERNEL_UNPACKED_MAX, &fd, &st, error);

    if (err < 0)
        return err;
    if (cache && kernel_cache_get(cache, &st, &f.data, &f.size) == 0)
        f.mapped = f.cached = true;
    else
        err = unpack(path, cache, fd, &st, &f, error);
    if (err == 0)
        err = kernel_image_parse(path, f.data, f.size, &f.image, error);
    if (err < 0)
        return err;
    *ret_file = f;
    f.data = NULL;
    return 0;
}

void kernel_file_close(struct kernel_file *file)
{
    if (file->mapped && file->data)
        munmap(file->data, file->size);
    else
        free(file->data);
    file->data = NULL;
}
