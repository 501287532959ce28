/* SPDX-License-Identifier: GPL-2.0-only */
/* Becoming a daemon: who waits for what, and whom it tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/daemon.h"

/* What the first process ends with when the daemon becomes ready, or does not. */
static int first_ends(bool ready)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        int pipe = daemon_background();
        char folder[8];
        bool good = pipe >= 0 && getsid(0) == getpid() && getcwd(folder, sizeof(folder)) && !strcmp(folder, "/");

        daemon_null_stdio();
        _exit(good && ready && write(pipe, "", 1) == 1 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void background(void **state)
{
    (void)state;
    assert_int_equal(first_ends(true), 0);
    assert_int_equal(first_ends(false), 1);
}

/* The manager's socket at `path`; '@' stands for an abstract name. */
static int manager(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@')
        address.sun_path[0] = 0;
    assert_int_equal(bind(fd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + (path[0] == '/'))), 0);
    return fd;
}

static void is_told(const char *path)
{
    int there = manager(path), fd;
    char text[16];

    setenv("NOTIFY_SOCKET", path, 1);
    fd = daemon_notify_socket();
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "READY=1", 7), 7);
    assert_int_equal(read(there, text, sizeof(text)), 7);
    close(fd);
    close(there);
}

static void notifies(void **state)
{
    char folder[] = "/tmp/test_base_daemon.XXXXXX", path[64], name[64], too_long[200];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/notify", folder);
    snprintf(name, sizeof(name), "@%s", folder);
    is_told(path);
    is_told(name);
    assert_int_equal(daemon_notify_socket(), -1); /* nobody is there any more */
    unlink(path);
    rmdir(folder);
    memset(too_long, '/', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = 0;
    setenv("NOTIFY_SOCKET", too_long, 1);
    assert_int_equal(daemon_notify_socket(), -1);
    setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
    assert_int_equal(daemon_notify_socket(), -1);
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(daemon_notify_socket(), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(background), cmocka_unit_test(notifies) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
