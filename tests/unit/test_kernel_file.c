/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel files on disk, and the cache of what was unpacked: who may write to it, what a changed file means, what fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "fake/fault.h"
#include "light/build/kernel_cache.h"
#include "light/build/kernel_file.h"
#include "unit/elf_fixture.h"

static struct elf_kernel elf;
static struct build_error error;
static char folder[64], packed[96], plain[96], cache[128];

static void file_make(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, data, size), (ssize_t)size);
    close(fd);
}

static int setup(void **state)
{
    static char frame[2 * ELF_SIZE];
    size_t n;

    (void)state;
    memset(&error, 0, sizeof(error));
    strcpy(folder, "/tmp/kernel-file-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(packed, sizeof(packed), "%s/vmlinuz", folder);
    snprintf(plain, sizeof(plain), "%s/vmlinux", folder);
    snprintf(cache, sizeof(cache), "%s/cache", folder);
    elf_kernel_make(&elf);
    n = ZSTD_compress(frame, sizeof(frame), &elf, sizeof(elf), 3);
    file_make(packed, frame, n);
    file_make(plain, &elf, sizeof(elf));
    return 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

/* What the cache would be told of the file, had it been there for long. */
static struct stat old_stat(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    st.st_ctim.tv_sec -= 100;
    st.st_mtim.tv_sec -= 100;
    return st;
}

static unsigned entries(void)
{
    DIR *d = opendir(cache);
    struct dirent *e;
    unsigned n = 0;

    while (d && (e = readdir(d)))
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

/* --- files --- */

static void kernels_on_disk(void **state)
{
    struct kernel_file f = { .data = NULL };

    (void)state;
    assert_int_equal(kernel_file_open(packed, NULL, &f, &error), 0);
    assert_int_equal(f.image.entry, ELF_ENTRY);
    assert_memory_equal(f.image.segments[0].data, elf.data, sizeof(elf.data));
    assert_false(f.cached);
    kernel_file_close(&f);
    kernel_file_close(&f);
    assert_int_equal(kernel_file_open(plain, cache, &f, &error), 0);
    assert_int_equal(f.size, sizeof(elf));
    kernel_file_close(&f);
    assert_int_equal(entries(), 0); /* nothing was unpacked */
}

static void no_kernels(void **state)
{
    struct kernel_file f = { .data = NULL };
    char text[256], fifo[96];
    void *data;
    size_t size;

    (void)state;
    assert_int_equal(kernel_file_open("/nowhere/vmlinuz", NULL, &f, &error), -ENOENT);
    assert_string_equal(error.text, "kernel /nowhere/vmlinuz: No such file or directory");
    assert_int_equal(kernel_file_open(folder, NULL, &f, &error), -EINVAL);
    snprintf(text, sizeof(text), "kernel %s: not a regular file", folder);
    assert_string_equal(error.text, text);
    snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(kernel_file_open(fifo, NULL, &f, &error), -EINVAL);
    assert_int_equal(truncate(packed, 1LL << 40), 0); /* a hole */
    assert_int_equal(kernel_file_open(packed, NULL, &f, &error), -EFBIG);
    assert_int_equal(truncate(packed, 0), 0);
    assert_int_equal(kernel_file_open(packed, NULL, &f, &error), -ENOEXEC);
    assert_int_equal(truncate(plain, 100), 0);
    assert_int_equal(kernel_file_open(plain, NULL, &f, &error), -ENOEXEC);
    assert_int_equal(kernel_file_read("ramdisk", plain, 99, &data, &size, &error), -EFBIG);
    assert_int_equal(kernel_file_read("ramdisk", plain, 100, &data, &size, &error), 0);
    assert_int_equal(size, 100);
    free(data);
    assert_null(f.data);
}

static void faults(void **state)
{
    (void)state;
    for (int call = FAULT_ALLOC; call <= FAULT_READ; call++)
        for (unsigned nth = 1;; nth++) {
            struct kernel_file f = { .data = NULL };
            int err;

            fault_at(call, nth);
            err = kernel_file_open(packed, NULL, &f, &error);
            if (!fault_happened(call)) {
                kernel_file_close(&f);
                break;
            }
            assert_int_equal(err, call == FAULT_ALLOC ? -ENOMEM : -EIO);
            assert_null(f.data);
        }
    fault_at(FAULT_READ, 0);
    fault_at(FAULT_ALLOC, 0);
}

/* --- the cache --- */

static void entered_and_found(void **state)
{
    struct stat st = old_stat(packed), other;
    void *data;
    size_t size;

    (void)state;
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), -ENOENT);
    assert_int_equal(kernel_cache_put(cache, &st, &st, &elf, sizeof(elf)), 0);
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), 0);
    assert_int_equal(size, sizeof(elf));
    assert_memory_equal(data, &elf, size);
    munmap(data, size);
    for (int i = 0; i < 5; i++) {
        other = st;
        other.st_dev += i == 0;
        other.st_ino += i == 1;
        other.st_size += i == 2;
        other.st_mtim.tv_nsec ^= i == 3;
        other.st_ctim.tv_nsec ^= i == 4;
        assert_int_equal(kernel_cache_get(cache, &other, &data, &size), -ENOENT);
        assert_int_equal(kernel_cache_put(cache, &st, &other, &elf, sizeof(elf)), -EAGAIN); /* it changed meanwhile */
    }
    assert_int_equal(entries(), 1);
    snprintf(cache, sizeof(cache), "%s/a/b", folder);
    assert_int_equal(kernel_cache_put(cache, &st, &st, &elf, sizeof(elf)), 0);
    assert_int_equal(entries(), 1);
    snprintf(cache, sizeof(cache), "%s/c/d/e", folder);
    assert_int_equal(kernel_cache_put(cache, &st, &st, &elf, sizeof(elf)), 0);
    assert_int_equal(entries(), 1);
    snprintf(cache, sizeof(cache), "%s/d", packed);
    assert_int_equal(kernel_cache_put(cache, &st, &st, &elf, sizeof(elf)), -ENOTDIR);
}

static void through_a_file(void **state)
{
    struct kernel_file f = { .data = NULL };
    struct stat st;

    (void)state;
    assert_int_equal(kernel_file_open(packed, cache, &f, &error), 0);
    kernel_file_close(&f);
    assert_int_equal(entries(), 0); /* the file is too new */
    assert_int_equal(mkdir(cache, 0700), 0);
    assert_int_equal(stat(packed, &st), 0);
    /* As if it had been entered in time. */
    {
        struct stat old = old_stat(packed);
        char from[256], to[256];

        assert_int_equal(kernel_cache_put(cache, &old, &old, &elf, sizeof(elf)), 0);
        snprintf(from, sizeof(from), "%s/%llx-%llx-%llx-%llx.%09lx-%llx.%09lx.elf", cache, (unsigned long long)old.st_dev,
                 (unsigned long long)old.st_ino, (unsigned long long)old.st_size, (unsigned long long)old.st_mtim.tv_sec,
                 old.st_mtim.tv_nsec, (unsigned long long)old.st_ctim.tv_sec, old.st_ctim.tv_nsec);
        snprintf(to, sizeof(to), "%s/%llx-%llx-%llx-%llx.%09lx-%llx.%09lx.elf", cache, (unsigned long long)st.st_dev,
                 (unsigned long long)st.st_ino, (unsigned long long)st.st_size, (unsigned long long)st.st_mtim.tv_sec,
                 st.st_mtim.tv_nsec, (unsigned long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
        assert_int_equal(rename(from, to), 0);
    }
    assert_int_equal(kernel_file_open(packed, cache, &f, &error), 0);
    assert_true(f.cached);
    assert_int_equal(f.image.entry, ELF_ENTRY);
    kernel_file_close(&f);
}

static void hostile_folders(void **state)
{
    struct stat st = old_stat(packed);
    char link_name[160], entry[256], real[256];
    void *data;
    size_t size;

    (void)state;
    assert_int_equal(kernel_cache_put(cache, &st, &st, &elf, sizeof(elf)), 0);
    assert_int_equal(chmod(cache, 0770), 0); /* others may write */
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), -EPERM);
    assert_int_equal(kernel_cache_put(cache, &st, &st, &elf, sizeof(elf)), -EPERM);
    assert_int_equal(chmod(cache, 0700), 0);
    snprintf(link_name, sizeof(link_name), "%s-link", cache);
    assert_int_equal(symlink(cache, link_name), 0);
    assert_true(kernel_cache_get(link_name, &st, &data, &size) < 0);
    assert_true(kernel_cache_put(packed, &st, &st, &elf, sizeof(elf)) < 0); /* no folder */
    if (geteuid() == 0) {
        assert_int_equal(chown(cache, 12345, 0), 0);
        assert_int_equal(kernel_cache_get(cache, &st, &data, &size), -EPERM);
        assert_int_equal(chown(cache, 0, 0), 0);
    }
    /* Entries that somebody else put there: a link, a second name, one that others may write to, an empty one. */
    snprintf(entry, sizeof(entry), "%s/%llx-%llx-%llx-%llx.%09lx-%llx.%09lx.elf", cache, (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino, (unsigned long long)st.st_size, (unsigned long long)st.st_mtim.tv_sec,
             st.st_mtim.tv_nsec, (unsigned long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
    snprintf(real, sizeof(real), "%s/real", cache);
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), 0);
    munmap(data, size);
    assert_int_equal(link(entry, real), 0);
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), -EPERM);
    assert_int_equal(unlink(entry), 0);
    assert_int_equal(symlink(real, entry), 0);
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), -ELOOP);
    assert_int_equal(rename(real, entry), 0);
    assert_int_equal(chmod(entry, 0620), 0);
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), -EPERM);
    assert_int_equal(chmod(entry, 0600), 0);
    assert_int_equal(truncate(entry, 0), 0);
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), -EPERM);
}

static void the_oldest_goes(void **state)
{
    struct stat st = old_stat(packed);
    char unfinished[160];
    struct timespec old[2] = { { 1, 0 }, { 1, 0 } };
    void *data;
    size_t size;

    (void)state;
    assert_int_equal(mkdir(cache, 0700), 0);
    snprintf(unfinished, sizeof(unfinished), "%s/.new-1", cache);
    file_make(unfinished, "x", 1);
    for (unsigned i = 0; i < KERNEL_CACHE_ENTRIES; i++) {
        st.st_ino = i + 1;
        assert_int_equal(kernel_cache_put(cache, &st, &st, &elf, sizeof(elf)), 0);
    }
    assert_int_equal(entries(), KERNEL_CACHE_ENTRIES);
    assert_int_equal(access(unfinished, F_OK), 0); /* somebody may be writing it */
    assert_int_equal(utimensat(AT_FDCWD, unfinished, old, 0), 0);
    st.st_ino = 1; /* the one that was used again stays, the second goes */
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), 0);
    munmap(data, size);
    st.st_ino = 100;
    assert_int_equal(kernel_cache_put(cache, &st, &st, &elf, sizeof(elf)), 0);
    assert_int_equal(entries(), KERNEL_CACHE_ENTRIES);
    assert_int_equal(access(unfinished, F_OK), -1);
    st.st_ino = 2;
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), -ENOENT);
    st.st_ino = 1;
    assert_int_equal(kernel_cache_get(cache, &st, &data, &size), 0);
    munmap(data, size);
}

static void writing_fails(void **state)
{
    struct stat st = old_stat(packed);

    (void)state;
    fault_at(FAULT_SEND, 1);
    assert_int_equal(kernel_cache_put(cache, &st, &st, &elf, sizeof(elf)), -EPIPE);
    assert_int_equal(entries(), 0);
    fault_bytes(true);
    assert_int_equal(kernel_cache_put(cache, &st, &st, &elf, 300), 0);
    fault_bytes(false);
    assert_int_equal(entries(), 1);
}

#define unit(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        unit(kernels_on_disk), unit(no_kernels), unit(faults), unit(entered_and_found), unit(through_a_file),
        unit(hostile_folders), unit(the_oldest_goes), unit(writing_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
