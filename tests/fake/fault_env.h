/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For programs of a test that run as processes: the $FAULT_NTH-th of all calls that are wrapped fails, once in each process,
 * with the error that such a call has when something runs out. The file $FAULT_FILE then says which it was; with
 * $FAULT_ONCE only the first process that would makes the file, and its call fails. With $FAULT_ARGUMENT only processes
 * that have an argument that begins with it count their calls; with $FAULT_ARMED, only while that file is there.
 *
 * Included by the one file that lists the calls: FAULT(type, failed, error, name, (parameters), (arguments)).
 */
#ifndef TESTS_FAKE_FAULT_ENV_H
#define TESTS_FAKE_FAULT_ENV_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long left = -1;

static bool happened(const char *name)
{
    const char *path = getenv("FAULT_FILE");
    int flags = O_CREAT | O_WRONLY | (getenv("FAULT_ONCE") ? O_EXCL : O_TRUNC);
    long fd = path ? syscall(SYS_openat, AT_FDCWD, path, flags, 0600) : -1;

    if (fd < 0)
        return false;
    syscall(SYS_write, fd, name, strlen(name));
    syscall(SYS_close, fd);
    return true;
}

static bool counts(void)
{
    const char *armed = getenv("FAULT_ARMED");

    return __atomic_load_n(&left, __ATOMIC_SEQ_CST) > 0 && (!armed || syscall(SYS_faccessat, AT_FDCWD, armed, F_OK) == 0);
}

static bool fails(const char *name, int error)
{
    if (!counts() || __atomic_sub_fetch(&left, 1, __ATOMIC_SEQ_CST))
        return false;
    if (!happened(name) && getenv("FAULT_ONCE"))
        return false;
    errno = error;
    return true;
}

__attribute__((constructor)) static void fault_start(int argc, char **argv)
{
    const char *nth = getenv("FAULT_NTH"), *only = getenv("FAULT_ARGUMENT");
    bool meant = !only;

    for (int i = 1; i < argc && !meant; i++)
        meant = !strncmp(argv[i], only, strlen(only));
    left = nth && meant ? atol(nth) : -1;
}

#define FAULT(type, failed, error, name, parameters, arguments)                                                          \
    type __real_##name parameters;                                                                                       \
    type __wrap_##name parameters;                                                                                       \
    type __wrap_##name parameters                                                                                        \
    {                                                                                                                    \
        return fails(#name, error) ? (failed) : __real_##name arguments;                                                 \
    }

#endif
