/* SPDX-License-Identifier: GPL-2.0-only */
#include "xl/listing.h"

#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

void listing_done(struct listing *l)
{
    libxl_dominfo_list_free(l->domains, l->n);
}

/* The domain whose name was meant perhaps, to be freed. */
static char *near_name(struct xl *xl, const char *name)
{
    struct listing l = { 0 };
    struct nearest near;
    char **names, *found;

    l.domains = libxl_list_domain(xl->ctx, &l.n);
    names = xl_calloc((size_t)l.n + 1, sizeof(*names));
    nearest_init(&near, name, strlen(name));
    for (int i = 0; l.domains && i < l.n; i++) {
        names[i] = libxl_domid_to_name(xl->ctx, l.domains[i].domid);
        if (names[i])
            nearest_offer(&near, names[i]);
    }
    found = near.best ? xl_strdup(near.best) : NULL;
    for (int i = 0; i < l.n; i++)
        free(names[i]);
    free(names);
    listing_done(&l);
    return found;
}

int domain_missing(struct xl *xl, const char *name, int rc)
{
    _cleanup_free_ char *near = rc == ERROR_INVAL ? near_name(xl, name) : NULL;

    if (rc != ERROR_INVAL)
        return xl_fail_rc(xl, rc, "domain `%s' cannot be looked for", name);
    if (near)
        return xl_fail(xl, "there is no domain `%s'; `%s' is one", name, near);
    return xl_fail(xl, "there is no domain `%s'; xl list shows which there are", name);
}

int domain_find(struct xl *xl, const char *name, uint32_t *ret_domid)
{
    int rc = libxl_domain_qualifier_to_domid(xl->ctx, name, ret_domid);

    return rc ? domain_missing(xl, name, rc) : 0;
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
