/* SPDX-License-Identifier: GPL-2.0-only */
/* LIBXL_BOOTLOADER_RESTRICT: who the user is, what the program may do, that nothing of it is left, and which files of its are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "light/restrict.h"

#define OTHER 4242 /* a user that nothing is of */

static char folder[] = "/tmp/light-restrict-XXXXXX";
static struct light_restrict other = { .uid = OTHER, .gid = OTHER };

/* --- users --- */

static const char *known;
static uid_t known_uid;

int __wrap_getpwnam_r(const char *name, struct passwd *pw, char *text, size_t size, struct passwd **ret);

int __wrap_getpwnam_r(const char *name, struct passwd *pw, char *text, size_t size, struct passwd **ret)
{
    (void)text;
    (void)size;
    *ret = known && !strcmp(name, known) ? pw : NULL;
    pw->pw_uid = known_uid;
    pw->pw_gid = 77;
    return known ? 0 : EIO;
}

static void users(void **state)
{
    struct light_restrict r;

    (void)state;
    known = "somebody";
    known_uid = 1000;
    assert_int_equal(light_restrict_find("somebody", 5, &r), 0);
    assert_int_equal(r.uid, 1000);
    assert_int_equal(r.gid, 77);
    assert_int_equal(light_restrict_find("nobody", 5, &r), -ENOENT);
    assert_int_equal(light_restrict_find(NULL, 5, &r), -ENOENT);
    known = "xen-qemuuser-shared";
    assert_int_equal(light_restrict_find(NULL, 5, &r), 0);
    assert_int_equal(r.uid, 1000);
    known = "xen-qemuuser-range-base";
    assert_int_equal(light_restrict_find(NULL, 5, &r), 0);
    assert_int_equal(r.uid, 1005);
    known_uid = 0;
    assert_int_equal(light_restrict_find(NULL, 5, &r), -EPERM);
    assert_int_equal(light_restrict_find(known, 5, &r), -EPERM);
    known = NULL;
    assert_int_equal(light_restrict_find("somebody", 5, &r), -EIO);
}

/* --- what it may --- */

static unsigned calls, failing; /* the nth fails */

#define WRAPPED(name, parameters, arguments) \
    int __real_##name parameters; \
    int __wrap_##name parameters; \
    int __wrap_##name parameters { return ++calls == failing ? (errno = EPERM, -1) : __real_##name arguments; }

WRAPPED(unshare, (int flags), (flags))
WRAPPED(mount, (const char *a, const char *b, const char *c, unsigned long d, const void *e), (a, b, c, d, e))
WRAPPED(_Fork, (void), ())
WRAPPED(setrlimit, (int what, const struct rlimit *limit), (what, limit))
WRAPPED(setgroups, (size_t n, const gid_t *list), (n, list))
WRAPPED(setresgid, (gid_t a, gid_t b, gid_t c), (a, b, c))
WRAPPED(setresuid, (uid_t a, uid_t b, uid_t c), (a, b, c))
WRAPPED(prctl, (int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d), (option, a, b, c, d))

/* A shell's exit status; what it prints is `said`. */
static char said[200];

static int restricted(const char *command)
{
    int ends[2], status;
    const char *what;
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        what = light_restrict_enter(&other);
        if (what)
            dprintf(STDOUT_FILENO, "%s", what);
        else
            execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(99);
    }
    close(ends[1]);
    for (size_t at = 0; (n = read(ends[0], said + at, sizeof(said) - 1 - at)) > 0; said[at] = '\0')
        at += (size_t)n;
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Root in a container may not be allowed to. */
static void need_rights(void)
{
    if (geteuid() || restricted("exit 0"))
        skip();
}

static void who_and_where(void **state)
{
    (void)state;
    need_rights();
    assert_int_equal(restricted("id -u; id -G; grep -c : /proc/net/dev; echo $$; ulimit -c; ulimit -n; "
                                "grep NoNewPrivs /proc/thread-self/status | cut -f 2; exit 5"),
                     5);
    assert_memory_equal(said, "4242\n4242\n", 10);
    assert_non_null(strstr(said, "\n1\n1\n0\n256\n"));
}

/* A process that it leaves, in a session of its own, ends with it. */
static void nothing_goes_on(void **state)
{
    int ends[2];
    struct pollfd end = { .events = POLLIN };

    (void)state;
    need_rights();
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(restricted("setsid sleep 1000 >/dev/null & exit 3"), 3);
    close(ends[1]);
    end.fd = ends[0];
    assert_int_equal(poll(&end, 1, 10000), 1); /* nobody has the other end any more */
    assert_int_equal(end.revents, POLLHUP);
    close(ends[0]);
}

static void each_call_fails(void **state)
{
    static const char *const what[] = { "namespaces of its own", "mounts of its own", "a process of its own" };
    unsigned nth;

    (void)state;
    need_rights();
    for (nth = 1; nth < 16; nth++) {
        calls = 0;
        failing = nth;
        assert_int_equal(restricted("echo free"), 99);
        assert_string_equal(said, nth <= 3 ? what[nth - 1] : nth <= 10 ? "limits" : nth <= 13 ? "its user" : "its rights");
    }
    failing = nth;
    calls = 0;
    assert_int_equal(restricted("echo free"), 0);
    assert_string_equal(said, "free\n");
    failing = 0;
}

/* --- what it leaves --- */

static char *path_of(const char *name)
{
    static char path[2][100];
    static unsigned turn;

    turn = !turn;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
    return path[turn];
}

static void file_make(const char *name)
{
    int fd = open(path_of(name), O_CREAT | O_WRONLY, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static void files(void **state)
{
    const struct light_restrict me = { .uid = geteuid() }, them = { .uid = OTHER };
    int fd;

    (void)state;
    file_make("own");
    fd = light_restrict_open(&me, folder, path_of("own"));
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(light_restrict_open(&them, folder, path_of("own")), -EACCES);
    assert_int_equal(light_restrict_open(&me, folder, "/etc/passwd"), -EXDEV);
    assert_int_equal(light_restrict_open(&me, folder, path_of("../../etc/passwd")), -EXDEV);
    assert_int_equal(light_restrict_open(&me, folder, path_of("/etc/passwd")), -EXDEV);
    assert_int_equal(light_restrict_open(&me, folder, path_of("none")), -ENOENT);
    assert_int_equal(symlink("own", path_of("link")), 0);
    assert_int_equal(light_restrict_open(&me, folder, path_of("link")), -ELOOP);
    assert_int_equal(mkdir(path_of("folder"), 0700), 0);
    assert_int_equal(light_restrict_open(&me, folder, path_of("folder")), -EACCES);
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    assert_int_equal(light_restrict_open(&me, folder, path_of("fifo")), -EACCES);
    assert_int_equal(symlink("/etc", path_of("etc")), 0);
    assert_int_equal(light_restrict_open(&me, folder, path_of("etc/passwd")), -ELOOP);
    assert_int_equal(light_restrict_open(&me, "/nowhere", "/nowhere/x"), -ENOENT);
}

/* Links are removed, not what they lead to. */
static void removed(void **state)
{
    char outside[] = "/tmp/light-outside-XXXXXX";
    char kept[60];

    (void)state;
    assert_non_null(mkdtemp(outside));
    snprintf(kept, sizeof(kept), "%s/kept", outside);
    assert_int_equal(mkdir(kept, 0700), 0);
    assert_int_equal(symlink(outside, path_of("outside")), 0);
    assert_int_equal(mkdir(path_of("folder/more"), 0700), 0);
    file_make("folder/more/file");
    light_restrict_remove(folder);
    assert_int_equal(access(folder, F_OK), -1);
    assert_int_equal(access(kept, F_OK), 0);
    light_restrict_remove(folder);
    rmdir(kept);
    rmdir(outside);
}

static int group_setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users),           cmocka_unit_test(who_and_where), cmocka_unit_test(nothing_goes_on),
        cmocka_unit_test(each_call_fails), cmocka_unit_test(files),         cmocka_unit_test(removed),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
