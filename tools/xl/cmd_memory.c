/* SPDX-License-Identifier: GPL-2.0-only */
/* xl mem-set, mem-max. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "xl/xl.h"

/* NUMBER[b|k|m|g|t], in MiB without a unit, as KiB; false: it is none. */
static bool memory_parse(const char *text, int64_t *ret_kib)
{
    static const char units[] = "bkmgt";
    const char *unit = "m";
    unsigned long long number;
    int shift;
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (*end) {
        unit = strchr(units, tolower((unsigned char)*end));
        if (!unit || end[1])
            return false;
    } else {
        unit = strchr(units, *unit);
    }
    shift = 10 * (int)(unit - units - 1); /* of KiB */
    if (errno || (shift > 0 && number > (unsigned long long)INT64_MAX >> shift))
        return false;
    *ret_kib = (int64_t)(shift < 0 ? number >> -shift : number << shift);
    return true;
}

/* The domain and the amount of either command. */
static int memory_args(struct xl *xl, const struct xl_args *args, uint32_t *ret_domid, int64_t *ret_kib)
{
    int rc = domain_find(xl, args->args[0], ret_domid);

    if (rc)
        return rc;
    if (!memory_parse(args->args[1], ret_kib))
        return xl_fail(xl, "`%s' is no amount of memory such as 512, 512m or 2g", args->args[1]);
    return 0;
}

int cmd_mem_set(struct xl *xl, const struct xl_args *args)
{
    uint32_t domid;
    int64_t kib;
    int rc = memory_args(xl, args, &domid, &kib);

    if (rc)
        return rc;
    rc = libxl_set_memory_target(xl->ctx, domid, kib, 0, 1);
    return rc ? xl_fail_rc(xl, rc, "domain %s: its target was not set to %s", args->args[0], args->args[1]) : 0;
}

int cmd_mem_max(struct xl *xl, const struct xl_args *args)
{
    uint32_t domid;
    int64_t kib;
    int rc = memory_args(xl, args, &domid, &kib);

    if (rc)
        return rc;
    rc = libxl_domain_setmaxmem(xl->ctx, domid, (uint64_t)kib);
    return rc ? xl_fail_rc(xl, rc, "domain %s: its maximum was not set to %s", args->args[0], args->args[1]) : 0;
}
