/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/restrict.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMES_MAX 4096 /* what is known of a user */
#define DEPTH_MAX 32

/* --- who it is --- */

static int user_find(const char *name, struct light_restrict *ret)
{
    char text[NAMES_MAX];
    struct passwd pw, *found = NULL;
    int error = getpwnam_r(name, &pw, text, sizeof(text), &found);

    if (!found)
        return error ? -error : -ENOENT;
    *ret = (struct light_restrict){ .uid = pw.pw_uid, .gid = pw.pw_gid };
    return pw.pw_uid ? 0 : -EPERM;
}

int light_restrict_find(const char *name, uint32_t domid, struct light_restrict *ret_restrict)
{
    int rc = user_find(name ? name : "xen-qemuuser-range-base", ret_restrict);

    if (name)
        return rc;
    if (rc == 0)
        ret_restrict->uid += domid;
    return rc == -ENOENT ? user_find("xen-qemuuser-shared", ret_restrict) : rc;
}

/* --- becoming it --- */

static bool limits_set(void)
{
    static const struct {
        __rlimit_resource_t what;
        rlim_t most;
    } limits[] = {
        { RLIMIT_AS, 2ul << 30 },     { RLIMIT_FSIZE, 1ul << 30 }, { RLIMIT_CORE, 0 },       { RLIMIT_NOFILE, 256 },
        { RLIMIT_NPROC, 256 },        { RLIMIT_MEMLOCK, 0 },       { RLIMIT_MSGQUEUE, 0 },
    };

    for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        const struct rlimit limit = { limits[i].most, limits[i].most };

        if (setrlimit(limits[i].what, &limit) < 0)
            return false;
    }
    return true;
}

/* The first process of its own tree: all others end with it. */
static void outlast(pid_t pid) __attribute__((noreturn));

static void outlast(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

const char *light_restrict_enter(const struct light_restrict *restrict_to)
{
    uid_t uid = restrict_to->uid;
    gid_t gid = restrict_to->gid;
    pid_t pid;

    if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID) < 0)
        return "namespaces of its own";
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
        return "mounts of its own";
    pid = _Fork();
    if (pid < 0)
        return "a process of its own";
    if (pid > 0)
        outlast(pid);
    if (!limits_set())
        return "limits";
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return "its user";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return "its rights";
    return NULL;
}

/* --- what it leaves --- */

int light_restrict_open(const struct light_restrict *restrict_to, const char *folder, const char *path)
{
    const struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
    size_t len = strlen(folder);
    struct stat st;
    int dir, fd, rc;

    if (strncmp(path, folder, len) || path[len] != '/')
        return -EXDEV;
    dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0)
        return -errno;
    fd = (int)syscall(SYS_openat2, dir, path + len + 1, &how, sizeof(how));
    rc = fd < 0 ? -errno : fd;
    close(dir);
    if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != restrict_to->uid)) {
        close(fd);
        rc = -EACCES;
    }
    return rc;
}

static void empty(int dir, unsigned depth)
{
    DIR *list = fdopendir(dir);
    struct dirent *e;

    if (!list) {
        close(dir);
        return;
    }
    while ((e = readdir(list))) {
        int inner;

        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || unlinkat(dir, e->d_name, 0) == 0 || depth == DEPTH_MAX)
            continue;
        inner = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner >= 0)
            empty(inner, depth + 1);
        unlinkat(dir, e->d_name, AT_REMOVEDIR);
    }
    closedir(list);
}

void light_restrict_remove(const char *folder)
{
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (dir >= 0)
        empty(dir, 0);
    rmdir(folder);
}
