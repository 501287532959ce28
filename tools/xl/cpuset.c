/* SPDX-License-Identifier: GPL-2.0-only */
#include "xl/cpuset.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "xl/xl.h"

bool range_parse(const char *text, int base, unsigned long max, unsigned long *ret_first, unsigned long *ret_last)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    char *end;

    if (!*text || !strchr(digits, *text))
        return false;
    errno = 0;
    *ret_first = *ret_last = strtoul(text, &end, base);
    if (*end == '-' && end[1] && strchr(digits, end[1]))
        *ret_last = strtoul(end + 1, &end, base);
    return !errno && !*end && *ret_first <= *ret_last && *ret_last <= max;
}

static void set_range(libxl_bitmap *map, unsigned long first, unsigned long last, bool on)
{
    for (unsigned long i = first; i <= last && i < map->size * 8ul; i++) {
        if (on)
            libxl_bitmap_set(map, (int)i);
        else
            libxl_bitmap_reset(map, (int)i);
    }
}

/* The CPUs of some NUMA nodes. */
static bool set_nodes(libxl_ctx *ctx, libxl_bitmap *map, unsigned long first, unsigned long last, bool on)
{
    int n = 0;
    libxl_cputopology *cpus = libxl_get_cpu_topology(ctx, &n);

    if (!cpus)
        return false;
    for (int i = 0; i < n; i++)
        if (cpus[i].node != LIBXL_CPUTOPOLOGY_INVALID_ENTRY && cpus[i].node >= first && cpus[i].node <= last)
            set_range(map, (unsigned long)i, (unsigned long)i, on);
    libxl_cputopology_list_free(cpus, n);
    return true;
}

static bool set_part(libxl_ctx *ctx, libxl_bitmap *map, const char *part)
{
    bool on = *part != '^';
    unsigned long first, last;

    part += !on;
    if (!strcmp(part, "all")) {
        set_range(map, 0, map->size * 8ul - 1, true);
        return on; /* all but all is a mistake */
    }
    if (!strncmp(part, "node:", 5) || !strncmp(part, "nodes:", 6))
        return range_parse(strchr(part, ':') + 1, 10, INT_MAX, &first, &last) && set_nodes(ctx, map, first, last, on);
    if (!range_parse(part, 10, INT_MAX, &first, &last))
        return false;
    set_range(map, first, last, on);
    return true;
}

bool cpuset_parse(libxl_ctx *ctx, const char *text, libxl_bitmap *map, char why[CPUSET_WHY])
{
    _cleanup_free_ char *copy = xl_strdup(text);
    char *state = NULL;

    if (libxl_cpu_bitmap_alloc(ctx, map, 0)) {
        snprintf(why, CPUSET_WHY, "the host does not say how many CPUs it has");
        return false;
    }
    for (char *part = strtok_r(copy, ",", &state); part; part = strtok_r(NULL, ",", &state))
        if (!set_part(ctx, map, part)) {
            snprintf(why, CPUSET_WHY, "`%.60s' is no set of CPUs such as 0-3,^1 or all or nodes:0", part);
            return false;
        }
    if (libxl_bitmap_is_empty(map)) {
        snprintf(why, CPUSET_WHY, "`%.60s' leaves no CPU of this host", text);
        return false;
    }
    return true;
}
