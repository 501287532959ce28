/* SPDX-License-Identifier: GPL-2.0-only */
#include "bootfind/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#define NOBODY 65534
#define ROOT "/tmp" /* where the new root is put together; nobody else sees it */

/* --- namespaces --- */

static pid_t clone_plain(unsigned long flags)
{
    return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

pid_t sandbox_fork(int *ret_apart)
{
    unsigned long flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID;
    pid_t pid = clone_plain(flags | (geteuid() ? CLONE_NEWUSER : 0));

    *ret_apart = 0;
    if (pid >= 0)
        return pid;
    *ret_apart = errno;
    pid = fork();
    return pid < 0 ? -errno : pid;
}

/* --- what it sees --- */

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

    if (fd >= 0)
        close(fd);
    return n < 0 ? -errno : 0;
}

/* In a user namespace whoever calls is nobody. */
static int map_user(uid_t uid, gid_t gid)
{
    char text[40];
    int rc;

    snprintf(text, sizeof(text), "%d %u 1\n", NOBODY, uid);
    rc = write_file("/proc/self/uid_map", text);
    if (rc == 0)
        rc = write_file("/proc/self/setgroups", "deny");
    snprintf(text, sizeof(text), "%d %u 1\n", NOBODY, gid);
    return rc ? rc : write_file("/proc/self/gid_map", text);
}

/* The folder as it is, or the link that it is, at the same place in the new root; one that is not there is not needed. */
static int show(const char *path)
{
    char to[64], target[64];
    struct stat st;
    ssize_t n;

    snprintf(to, sizeof(to), ROOT "%s", path);
    if (lstat(path, &st) < 0)
        return 0;
    n = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof(target) - 1) : -1;
    if (n >= 0) {
        target[n] = '\0';
        return symlink(target, to);
    }
    return mkdir(to, 0755) < 0 ? -1 : mount(path, to, NULL, MS_BIND | MS_REC, NULL);
}

/* The disk once more, for it is the namespace's own mount that can be shown elsewhere. */
static int open_again(const char *path, int disk_fd)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    struct stat was, is;

    if (fd >= 0 && (fstat(disk_fd, &was) < 0 || fstat(fd, &is) < 0 || was.st_dev != is.st_dev || was.st_ino != is.st_ino)) {
        close(fd);
        errno = ESTALE;
        return -1;
    }
    return fd;
}

static int new_root(const char *path, int disk_fd)
{
    static const char *const shown[] = { "/usr", "/bin", "/sbin", "/lib", "/lib64" };
    int again _cleanup_close_ = open_again(path, disk_fd), fd;
    char disk[40];

    snprintf(disk, sizeof(disk), "/proc/self/fd/%d", again);
    if (again < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", ROOT, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=755") < 0)
        return -errno;
    for (unsigned i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (show(shown[i]) < 0)
            return -errno;
    fd = open(ROOT SANDBOX_DISK, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (fd < 0 || close(fd) < 0 || mount(disk, ROOT SANDBOX_DISK, NULL, MS_BIND, NULL) < 0 ||
        mount(NULL, ROOT, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
        return -errno;
    return chroot(ROOT) < 0 || chdir("/") < 0 ? -errno : 0;
}

/* --- what it may --- */

/* A disk's file is often root's alone: the one right that is left is to read it. What else could be read is public. */
static int drop_rights(bool apart)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = { { 0 } };
    bool root = geteuid() == 0;

    for (int cap = 0; root && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        if (cap != CAP_DAC_READ_SEARCH && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
            return -errno;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
        return -errno;
    if (root && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0))
        return -errno;
    if (root && apart)
        data[0].permitted = data[0].effective = data[0].inheritable = 1u << CAP_DAC_READ_SEARCH;
    if (syscall(SYS_capset, &header, data) < 0)
        return -errno;
    if (root && apart && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0) < 0)
        return -errno;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno : 0;
}

int sandbox_enter(const char *path, int disk_fd, bool apart, uid_t uid, gid_t gid, const char **ret_what)
{
    int rc = 0;

    *ret_what = "a user namespace";
    if (apart && uid)
        rc = map_user(uid, gid);
    if (apart && rc == 0) {
        *ret_what = "a root with nothing but /usr and the disk";
        rc = new_root(path, disk_fd);
    }
    if (rc == 0) {
        *ret_what = "dropping rights";
        rc = drop_rights(apart);
    }
    return rc;
}

/* --- system calls --- */

#define DATA(field) (offsetof(struct seccomp_data, field))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define IF_NOT(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define ALLOW(name) IF_NOT(__NR_##name, 1), RETURN(SECCOMP_RET_ALLOW)
/* Not there: the C library does without. */
#define NONE RETURN(SECCOMP_RET_ERRNO | ENOSYS)

/* What a dynamically linked program needs to start, and to read files and write to pipes. */
static struct sock_filter filter[] = {
    LOAD(DATA(arch)),
    IF_NOT(AUDIT_ARCH_X86_64, 1),
    LOAD(DATA(nr)),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1), /* what is not x86-64's has its architecture here: no number */
    RETURN(SECCOMP_RET_KILL_PROCESS),
    ALLOW(read), ALLOW(write), ALLOW(close), ALLOW(fstat), ALLOW(lseek), ALLOW(mmap), ALLOW(mprotect), ALLOW(munmap),
    ALLOW(brk), ALLOW(pread64), ALLOW(readv), ALLOW(writev), ALLOW(mremap), ALLOW(madvise), ALLOW(execve), ALLOW(exit),
    ALLOW(exit_group), ALLOW(arch_prctl), ALLOW(set_tid_address), ALLOW(set_robust_list), ALLOW(rseq), ALLOW(futex),
    ALLOW(getrandom), ALLOW(newfstatat), ALLOW(stat), ALLOW(lstat), ALLOW(statx), ALLOW(access), ALLOW(faccessat),
    ALLOW(faccessat2), ALLOW(readlink), ALLOW(readlinkat), ALLOW(getcwd), ALLOW(getdents64), ALLOW(statfs), ALLOW(fstatfs),
    ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack), ALLOW(clock_gettime),
    ALLOW(gettimeofday), ALLOW(time), ALLOW(uname), ALLOW(sysinfo), ALLOW(getpid), ALLOW(gettid), ALLOW(getuid), ALLOW(geteuid),
    ALLOW(getgid), ALLOW(getegid), ALLOW(fadvise64), ALLOW(dup), ALLOW(poll), ALLOW(fcntl),
    IF_NOT(__NR_prlimit64, 4), LOAD(DATA(args[2])), IF_NOT(0, 1), RETURN(SECCOMP_RET_ALLOW), NONE, /* asks, sets none */
    IF_NOT(__NR_openat, 4), LOAD(DATA(args[2])), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_ACCMODE | O_CREAT | O_TRUNC, 1, 0),
    RETURN(SECCOMP_RET_ALLOW), NONE,
    IF_NOT(__NR_ioctl, 5), LOAD(DATA(args[1])), IF_NOT(BLKGETSIZE64, 1), RETURN(SECCOMP_RET_ALLOW), IF_NOT(BLKSSZGET, 1),
    RETURN(SECCOMP_RET_ALLOW),
    NONE,
};

static const struct {
    int what;
    rlim_t most;
} limits[] = {
    { RLIMIT_CPU, 20 },    { RLIMIT_AS, 512u << 20 }, { RLIMIT_FSIZE, 0 },
    { RLIMIT_NOFILE, 32 }, { RLIMIT_CORE, 0 },        { RLIMIT_MEMLOCK, 0 },
};

int sandbox_close(void)
{
    const struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

    for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        const struct rlimit limit = { .rlim_cur = limits[i].most, .rlim_max = limits[i].most };

        if (setrlimit(limits[i].what, &limit) < 0)
            return -errno;
    }
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 ? -errno : 0;
}
