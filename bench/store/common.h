/* SPDX-License-Identifier: GPL-2.0-only */
/* What the store's benches share. */
#ifndef BENCH_STORE_COMMON_H
#define BENCH_STORE_COMMON_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline double now_ms(void)
{
    return now_us() / 1e3;
}

static inline void need(bool good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

#endif
