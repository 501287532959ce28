/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * elapsed NAME [-u FILE TEXT] COMMAND...: runs a command in dom0 and prints "bench NAME TICKS" of the TSC; exits with its
 * status. -u: then waits until FILE contains TEXT, and prints "bench NAME-until TICKS", from the same start.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define WAIT_MS 120000

static bool contains(const char *path, const char *text)
{
    static char data[1 << 20];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, data, sizeof(data));

    if (fd >= 0)
        close(fd);
    return got > 0 && memmem(data, (size_t)got, text, strlen(text));
}

/* The file may not be there yet: its folder is watched. */
static bool wait_until(const char *path, const char *text)
{
    char folder[256], events[4096];
    const char *slash = strrchr(path, '/');
    struct pollfd fd = { .fd = inotify_init1(IN_CLOEXEC), .events = POLLIN };

    if (fd.fd < 0 || !slash)
        return false;
    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
    if (inotify_add_watch(fd.fd, folder, IN_CREATE | IN_MODIFY) < 0)
        return false;
    while (!contains(path, text))
        if (poll(&fd, 1, WAIT_MS) != 1 || read(fd.fd, events, sizeof(events)) <= 0)
            return false;
    close(fd.fd);
    return true;
}

int main(int argc, char **argv)
{
    unsigned long long start = __rdtsc();
    bool until = argc > 2 && !strcmp(argv[2], "-u");
    int status, first = until ? 5 : 2;
    pid_t child;

    if (argc <= first)
        return 2;
    child = vfork();
    if (child == 0) {
        execvp(argv[first], argv + first);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    printf("bench %s %llu\n", argv[1], (unsigned long long)__rdtsc() - start);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    if (!until)
        return 0;
    if (!wait_until(argv[3], argv[4]))
        return 1;
    printf("bench %s-until %llu\n", argv[1], (unsigned long long)__rdtsc() - start);
    return 0;
}
