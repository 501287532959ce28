/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that dom0 gives up for a new domain: xl.conf's autoballoon. */
#include <inttypes.h>
#include <string.h>

#include <libxl_utils.h>

#include "xl/create.h"

#define TRIES 3
#define SECONDS 10 /* that dom0 may take, each time */

/* auto: not where dom0's size was given to the hypervisor. */
bool room_is_made(struct xl *xl)
{
    const libxl_version_info *info;

    if (xl->conf.autoballoon != AUTOBALLOON_AUTO)
        return xl->conf.autoballoon == AUTOBALLOON_ON;
    info = libxl_get_version_info(xl->ctx);
    return info && info->commandline && !strstr(info->commandline, "dom0_mem=");
}

int room_make(struct xl *xl, libxl_domain_config *d)
{
    uint64_t need = 0, have = 0;
    int rc = libxl_domain_need_memory(xl->ctx, d, 0, &need);

    for (int i = 0; rc == 0 && i < TRIES; i++) {
        rc = libxl_get_free_memory(xl->ctx, &have);
        if (rc || have >= need)
            break;
        rc = libxl_set_memory_target(xl->ctx, 0, (int64_t)have - (int64_t)need, 1, 0);
        if (rc)
            break;
        rc = libxl_wait_for_free_memory(xl->ctx, 0, need, SECONDS);
        if (rc == ERROR_NOMEM) /* dom0 is on its way perhaps */
            rc = libxl_wait_for_memory_target(xl->ctx, 0, SECONDS);
    }
    if (rc == 0)
        rc = libxl_get_free_memory(xl->ctx, &have);
    if (rc == 0 && have >= need)
        return 0;
    xl_fail_rc(xl, rc ? rc : ERROR_NOMEM,
               "%s needs %" PRIu64 " MiB, %" PRIu64 " MiB are free, and dom0 gave up no more; see autoballoon in xl.conf",
               d->c_info.name, (need + 1023) / 1024, have / 1024);
    return EXIT_NOT_CREATED;
}
