/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that dom0 gives up for a new domain: xl.conf's autoballoon. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libxl_utils.h>

#include "public/version.h"
#include "xl/create.h"

#define TRIES 3
#define SECONDS 10 /* that dom0 may take, each time */

const char *room_features_path = "/sys/hypervisor/properties/features";

bool room_stays_dom0s(void)
{
    const unsigned long both = 1ul << XENFEAT_direct_mapped | 1ul << XENFEAT_auto_translated_physmap;
    FILE *f = fopen(room_features_path, "re");
    unsigned long features = 0;
    bool known = f && fscanf(f, "%lx", &features) == 1;

    if (f)
        fclose(f);
    return known && (features & both) == both;
}

/* auto: not where dom0's size was given to the hypervisor. */
bool room_is_made(struct xl *xl)
{
    const libxl_version_info *info;

    if (xl->conf.autoballoon != AUTOBALLOON_AUTO)
        return xl->conf.autoballoon == AUTOBALLOON_ON;
    info = libxl_get_version_info(xl->ctx);
    return info && info->commandline && !strstr(info->commandline, "dom0_mem=") && !room_stays_dom0s();
}

/* Dom0's kernel is told of a lower target, and waited for: as often as it gets there and more is needed. */
static int take(struct xl *xl, uint64_t need, uint64_t *have)
{
    int rc = 0;

    for (int i = 0; rc == 0 && i < TRIES && *have < need; i++) {
        rc = libxl_set_memory_target(xl->ctx, 0, (int64_t)*have - (int64_t)need, 1, 0);
        if (rc)
            break;
        rc = libxl_wait_for_free_memory(xl->ctx, 0, need, SECONDS);
        if (rc == ERROR_NOMEM) /* dom0 is on its way perhaps */
            rc = libxl_wait_for_memory_target(xl->ctx, 0, SECONDS);
        if (rc == 0)
            rc = libxl_get_free_memory(xl->ctx, have);
    }
    return rc ? rc : *have < need ? ERROR_NOMEM : 0;
}

int room_make(struct xl *xl, libxl_domain_config *d)
{
    uint64_t need = 0, have = 0, before = 0;
    int rc = libxl_domain_need_memory(xl->ctx, d, 0, &need);

    if (rc == 0)
        rc = libxl_get_free_memory(xl->ctx, &have);
    if (rc == 0 && have >= need)
        return 0;
    if (rc == 0 && room_stays_dom0s()) {
        xl_fail(xl, "%s needs %" PRIu64 " MiB, %" PRIu64 " MiB are free, and what dom0 gives up stays its own on this hypervisor; "
                    "dom0_mem= of the hypervisor's command line leaves memory for guests", d->c_info.name, (need + 1023) / 1024,
                have / 1024);
        return EXIT_NOT_CREATED;
    }
    if (rc == 0)
        rc = libxl_get_memory_target(xl->ctx, 0, &before);
    if (rc == 0)
        rc = take(xl, need, &have);
    if (rc == 0)
        return 0;
    xl_fail_rc(xl, rc, "%s needs %" PRIu64 " MiB, %" PRIu64 " MiB are free, and dom0 gave up no more; see autoballoon in xl.conf",
               d->c_info.name, (need + 1023) / 1024, have / 1024);
    if (before && libxl_set_memory_target(xl->ctx, 0, (int64_t)before, 0, 0))
        xl_fail(xl, "dom0 does not get back what it gave up; xl mem-set 0 %" PRIu64 "m", before / 1024);
    return EXIT_NOT_CREATED;
}
