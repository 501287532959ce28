/* SPDX-License-Identifier: LGPL-2.1-only */
/* Files, descriptors and child processes. Functions that move data return 0 or an errno value; the others libxl's. */
#include <errno.h>
#include <fcntl.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd_io.h"
#include "ctx.h"

#define FILE_MAX (128 << 20)

char *libxl_basename(const char *name)
{
    const char *slash = strrchr(name, '/');

    return strdup(!*name ? "." : slash ? slash + 1 : name);
}

static int flag_set(libxl_ctx *ctx, int fd, int get, int set, int flag, int on)
{
    int flags = fcntl(fd, get);

    if (flags >= 0 && fcntl(fd, set, on ? flags | flag : flags & ~flag) >= 0)
        return 0;
    return light_fail(ctx, -errno, "descriptor %d: cannot change its flags", fd);
}

int libxl_fd_set_cloexec(libxl_ctx *ctx, int fd, int cloexec)
{
    return flag_set(ctx, fd, F_GETFD, F_SETFD, FD_CLOEXEC, cloexec) ? ERROR_FAIL : 0;
}

int libxl_fd_set_nonblock(libxl_ctx *ctx, int fd, int nonblock)
{
    return flag_set(ctx, fd, F_GETFL, F_SETFL, O_NONBLOCK, nonblock) ? ERROR_FAIL : 0;
}

int libxl_pipe(libxl_ctx *ctx, int pipes[2])
{
    if (!pipe(pipes))
        return 0;
    light_fail(ctx, -errno, "no pipe");
    return ERROR_FAIL;
}

/* name and what, if given, say in a message what is read or written. */
static int moved(libxl_ctx *ctx, int error, const char *verb, const char *name, const char *what)
{
    if (error && name)
        light_log(ctx, XTL_ERROR, error, "cannot %s %s %s", verb, what ? what : "data", name);
    return error;
}

int libxl_read_exactly(libxl_ctx *ctx, int fd, void *data, ssize_t sz, const char *filename, const char *what)
{
    ssize_t n = sz > 0 ? fd_read_all(fd, data, (size_t)sz) : sz;

    return n == sz ? 0 : moved(ctx, n < 0 ? (int)-n : EPROTO, "read", filename, what);
}

int libxl_write_exactly(libxl_ctx *ctx, int fd, const void *data, ssize_t sz, const char *filename, const char *what)
{
    ssize_t n = sz > 0 ? fd_write_all(fd, data, (size_t)sz) : sz;

    return n == sz ? 0 : moved(ctx, n < 0 ? (int)-n : EPROTO, "write", filename, what);
}

int libxl_read_file_contents(libxl_ctx *ctx, const char *filename, void **data_r, int *datalen_r)
{
    int fd _cleanup_close_ = open(filename, O_RDONLY | O_CLOEXEC), rc;
    char *data _cleanup_free_ = NULL;
    struct stat st;

    if (fd < 0)
        return errno == ENOENT ? ENOENT : moved(ctx, errno, "open", filename, "file");
    if (fstat(fd, &st))
        return moved(ctx, errno, "look at", filename, "file");
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
        return moved(ctx, S_ISREG(st.st_mode) ? EFBIG : ENODEV, "read", filename, "file");
    data = malloc((size_t)st.st_size + 1);
    if (!data)
        return moved(ctx, ENOMEM, "read", filename, "file");
    rc = libxl_read_exactly(ctx, fd, data, st.st_size, filename, "file");
    if (rc)
        return rc;
    if (datalen_r)
        *datalen_r = (int)st.st_size;
    if (data_r) {
        *data_r = st.st_size ? data : NULL;
        if (st.st_size)
            data = NULL;
    }
    return 0;
}

void libxl_report_child_exitstatus(libxl_ctx *ctx, xentoollog_level level, const char *what, pid_t pid, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status))
        light_log(ctx, level, -1, "%s [%ld] exited with error status %d", what, (long)pid, WEXITSTATUS(status));
    else if (WIFEXITED(status))
        light_log(ctx, level, -1, "%s [%ld] unexpectedly exited status zero", what, (long)pid);
    else if (WIFSIGNALED(status))
        light_log(ctx, level, -1, "%s [%ld] died due to fatal signal %s%s", what, (long)pid,
                  strsignal(WTERMSIG(status)), WCOREDUMP(status) ? " (core dumped)" : "");
    else
        light_log(ctx, level, -1, "%s [%ld] gave unexpected wait status 0x%x", what, (long)pid, (unsigned)status);
}

/* KiB: 1 MiB for each vCPU, and 8 KiB for each MiB of memory. */
unsigned long libxl_get_required_shadow_memory(unsigned long maxmem_kb, unsigned int smp_cpus)
{
    return 4 * (256ul * smp_cpus + 2 * (maxmem_kb / 1024));
}

/* --- log files of device models and the like: NAME.log, the last ones as NAME.log.1 and so on --- */
#define LOG_FOLDER LOCALSTATEDIR "/log/xen"
#define LOGS_KEPT 10

int libxl_create_logfile(libxl_ctx *ctx, const char *name, char **full_name)
{
    char *path _cleanup_free_ = NULL, *from _cleanup_free_ = NULL, *to _cleanup_free_ = NULL;
    int i;

    if (strchr(name, '/') || asprintf(&path, LOG_FOLDER "/%s.log", name) < 0)
        return light_fail(ctx, strchr(name, '/') ? -EINVAL : -ENOMEM, "no log file \"%s\"", name);
    for (i = LOGS_KEPT - 1; i >= 0; i--) {
        free(from);
        free(to);
        from = to = NULL;
        if ((i ? asprintf(&from, "%s.%d", path, i) : asprintf(&from, "%s", path)) < 0 ||
            asprintf(&to, "%s.%d", path, i + 1) < 0)
            return light_fail(ctx, -ENOMEM, "no log file \"%s\"", name);
        if (rename(from, to) && errno != ENOENT)
            light_log(ctx, XTL_WARN, errno, "cannot rename %s to %s", from, to);
    }
    *full_name = path;
    path = NULL;
    return 0;
}
