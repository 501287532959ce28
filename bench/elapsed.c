/* SPDX-License-Identifier: GPL-2.0-only */
/* elapsed NAME COMMAND...: runs a command in dom0 and prints "bench NAME TICKS" of the TSC; exits with its status. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

int main(int argc, char **argv)
{
    unsigned long long start = __rdtsc();
    int status;
    pid_t child;

    if (argc < 3)
        return 2;
    child = vfork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    printf("bench %s %llu\n", argv[1], (unsigned long long)__rdtsc() - start);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
