/* SPDX-License-Identifier: GPL-2.0-only */
#include "xl/listing.h"

#include <libxl_utils.h>

void listing_done(struct listing *l)
{
    libxl_dominfo_list_free(l->domains, l->n);
}

int domain_find(struct xl *xl, const char *name, uint32_t *ret_domid)
{
    if (!libxl_domain_qualifier_to_domid(xl->ctx, name, ret_domid))
        return 0;
    return xl_fail(xl, "there is no domain `%s'; xl list shows which there are", name);
}

int listing_get(struct xl *xl, const char *name, struct listing *ret_listing)
{
    uint32_t domid;
    int rc;

    if (!name) {
        ret_listing->domains = libxl_list_domain(xl->ctx, &ret_listing->n);
        return ret_listing->domains ? 0 : xl_fail(xl, "the hypervisor does not list its domains");
    }
    rc = domain_find(xl, name, &domid);
    if (rc)
        return rc;
    ret_listing->domains = xl_calloc(1, sizeof(*ret_listing->domains));
    libxl_dominfo_init(ret_listing->domains);
    ret_listing->n = 1;
    rc = libxl_domain_info(xl->ctx, ret_listing->domains, domid);
    return rc ? xl_fail_rc(xl, rc, "domain `%s'", name) : 0;
}

void pools_done(struct pools *p)
{
    libxl_cpupoolinfo_list_free(p->pools, p->n);
}

int pools_get(struct xl *xl, struct pools *ret_pools)
{
    ret_pools->pools = libxl_list_cpupool(xl->ctx, &ret_pools->n);
    return ret_pools->pools ? 0 : xl_fail(xl, "the hypervisor does not list its CPU pools");
}

int pool_find(struct xl *xl, const char *name, uint32_t *ret_poolid)
{
    if (!libxl_cpupool_qualifier_to_cpupoolid(xl->ctx, name, ret_poolid, NULL) &&
        libxl_cpupoolid_is_valid(xl->ctx, *ret_poolid))
        return 0;
    return xl_fail(xl, "there is no CPU pool `%s'; xl cpupool-list shows which there are", name);
}
