/* SPDX-License-Identifier: GPL-2.0-only */
/* xl sched-credit, sched-credit2, sched-rtds: the parameters of domains and of pools. A table says how schedulers differ. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <libxl_utils.h>

#include "xl/format.h"
#include "xl/listing.h"

#define POOL_PARAMS 3 /* at most */

struct pool_param {
    int code; /* the option that sets it */
    const char *name;
    const char *text; /* how it is printed */
};

struct sched {
    libxl_scheduler id;
    const char *head;
    const struct pool_param *params; /* without a name the last */
    int (*get)(libxl_ctx *ctx, uint32_t poolid, int values[POOL_PARAMS]);
    int (*set)(libxl_ctx *ctx, uint32_t poolid, const int values[POOL_PARAMS]);
    void (*row)(struct json *j, const char *name, uint32_t domid, const libxl_domain_sched_params *p);
};

/* --- pools --- */

static int credit_get(libxl_ctx *ctx, uint32_t poolid, int values[POOL_PARAMS])
{
    libxl_sched_credit_params p;
    int rc = libxl_sched_credit_params_get(ctx, poolid, &p);

    if (rc)
        return rc;
    values[0] = p.tslice_ms;
    values[1] = p.ratelimit_us;
    values[2] = p.vcpu_migr_delay_us;
    return 0;
}

static int credit_set(libxl_ctx *ctx, uint32_t poolid, const int values[POOL_PARAMS])
{
    libxl_sched_credit_params p = { .tslice_ms = values[0], .ratelimit_us = values[1], .vcpu_migr_delay_us = values[2] };

    return libxl_sched_credit_params_set(ctx, poolid, &p);
}

static int credit2_get(libxl_ctx *ctx, uint32_t poolid, int values[POOL_PARAMS])
{
    libxl_sched_credit2_params p;
    int rc = libxl_sched_credit2_params_get(ctx, poolid, &p);

    if (!rc)
        values[0] = p.ratelimit_us;
    return rc;
}

static int credit2_set(libxl_ctx *ctx, uint32_t poolid, const int values[POOL_PARAMS])
{
    libxl_sched_credit2_params p = { .ratelimit_us = values[0] };

    return libxl_sched_credit2_params_set(ctx, poolid, &p);
}

/* false: they are not to be had, and it was said why. */
static bool pool_values(struct xl *xl, const struct sched *s, uint32_t poolid, int values[POOL_PARAMS])
{
    int rc = s->get ? s->get(xl->ctx, poolid, values) : 0;

    if (rc)
        xl_fail_rc(xl, rc, "CPU pool %u: its scheduling parameters", poolid);
    return !rc;
}

static bool pool_head(struct xl *xl, const struct sched *s, uint32_t poolid, struct json *j)
{
    _cleanup_free_ char *name = libxl_cpupoolid_to_name(xl->ctx, poolid);
    int values[POOL_PARAMS];
    bool known = pool_values(xl, s, poolid, values);

    if (j) {
        json_object(j, NULL);
        json_text(j, "cpupool", name);
        json_number(j, "poolid", poolid);
        json_text(j, "scheduler", libxl_scheduler_to_string(s->id));
    } else {
        printf("Cpupool %s:%s", name ? name : "(null)", !known ? " [sched params unavailable]" : s->get ? "" : " sched=RTDS");
    }
    for (int i = 0; known && s->params[i].name; i++) {
        if (j) {
            json_number(j, s->params[i].name, values[i]);
        } else {
            putchar(' ');
            printf(s->params[i].text, values[i]);
        }
    }
    if (!j)
        putchar('\n');
    return known;
}

/* -s: shows or sets the parameters of a pool. */
static int on_pool(struct xl *xl, const struct sched *s, const struct xl_args *args, uint32_t poolid)
{
    struct json j = { 0 }, *out = args->given[OPT_JSON] ? &j : NULL;
    int values[POOL_PARAMS], rc;
    bool change = false;
    long number;

    for (int i = 0; s->params[i].name; i++)
        change |= args->given[s->params[i].code];
    if (!change) {
        if (out)
            json_init(out);
        rc = !pool_head(xl, s, poolid, out);
        if (out) {
            json_object_end(out);
            json_print(out);
        }
        return rc;
    }
    if (!pool_values(xl, s, poolid, values))
        return 1;
    for (int i = 0; s->params[i].name; i++) {
        if (!args->given[s->params[i].code])
            continue;
        if (!xl_number(xl, s->params[i].name, args->value[s->params[i].code], 0, INT_MAX, &number))
            return 1;
        values[i] = (int)number;
    }
    rc = s->set(xl->ctx, poolid, values);
    return rc ? xl_fail_rc(xl, rc, "CPU pool %u: its scheduling parameters were not set", poolid) : 0;
}

/* --- domains --- */

static void row_begin(struct json *j, const char *name, uint32_t domid)
{
    if (!j) {
        printf("%-33s %4u", name, domid);
        return;
    }
    json_object(j, NULL);
    json_text(j, "name", name);
    json_number(j, "domid", domid);
}

static void credit_row(struct json *j, const char *name, uint32_t domid, const libxl_domain_sched_params *p)
{
    row_begin(j, name, domid);
    if (!j) {
        printf(" %6d %4d\n", p->weight, p->cap);
        return;
    }
    json_number(j, "weight", p->weight);
    json_number(j, "cap", p->cap);
    json_object_end(j);
}

static void rtds_values(struct json *j, int period, int budget, int extratime)
{
    if (!j) {
        printf(" %9d %9d %10s\n", period, budget, extratime ? "yes" : "no");
        return;
    }
    json_number(j, "period_us", period);
    json_number(j, "budget_us", budget);
    json_bool(j, "extratime", extratime);
    json_object_end(j);
}

static void rtds_row(struct json *j, const char *name, uint32_t domid, const libxl_domain_sched_params *p)
{
    row_begin(j, name, domid);
    rtds_values(j, p->period, p->budget, p->extratime);
}

static void cleanup_params(libxl_domain_sched_params *p)
{
    libxl_domain_sched_params_dispose(p);
}

static int show_domain(struct xl *xl, const struct sched *s, uint32_t domid, struct json *j)
{
    _cleanup_free_ char *name = format_name(xl->ctx, domid);
    _cleanup_(cleanup_params) libxl_domain_sched_params p;
    int rc;

    libxl_domain_sched_params_init(&p);
    rc = libxl_domain_sched_params_get(xl->ctx, domid, &p);
    if (rc)
        return xl_fail_rc(xl, rc, "domain %s: its scheduling parameters", name);
    if (p.sched != s->id)
        return xl_fail(xl, "domain %s is in a CPU pool of the scheduler %s", name, libxl_scheduler_to_string(p.sched));
    s->row(j, name, domid, &p);
    return 0;
}

static void cleanup_vcpus(libxl_vcpu_sched_params *p)
{
    libxl_vcpu_sched_params_dispose(p);
}

static int show_vcpus(struct xl *xl, uint32_t domid, libxl_vcpu_sched_params *p, bool all, struct json *j)
{
    _cleanup_free_ char *name = format_name(xl->ctx, domid);
    int rc = all ? libxl_vcpu_sched_params_get_all(xl->ctx, domid, p) : libxl_vcpu_sched_params_get(xl->ctx, domid, p);

    if (rc)
        return xl_fail_rc(xl, rc, "domain %s: the scheduling parameters of its vCPUs", name);
    for (int i = 0; i < p->num_vcpus; i++) {
        row_begin(j, name, domid);
        if (j)
            json_number(j, "vcpu", p->vcpus[i].vcpuid);
        else
            printf(" %4d", p->vcpus[i].vcpuid);
        rtds_values(j, p->vcpus[i].period, p->vcpus[i].budget, p->vcpus[i].extratime);
    }
    return 0;
}

#define VCPU_HEAD "Name                                ID VCPU    Period    Budget  Extratime"

static int show_all_vcpus(struct xl *xl, const struct sched *s, uint32_t domid, struct json *j)
{
    _cleanup_(cleanup_vcpus) libxl_vcpu_sched_params p;

    (void)s;
    libxl_vcpu_sched_params_init(&p);
    return show_vcpus(xl, domid, &p, true, j);
}

/* --- listings --- */

typedef int domain_show(struct xl *xl, const struct sched *s, uint32_t domid, struct json *j);

static int show_pool(struct xl *xl, const struct sched *s, uint32_t poolid, const char *head, domain_show *show,
                     const struct listing *l, struct json *j)
{
    int status = !pool_head(xl, s, poolid, j);

    if (j)
        json_array(j, "domains");
    else
        puts(head);
    for (int i = 0; i < l->n; i++)
        if (l->domains[i].cpupool == poolid)
            status |= show(xl, s, l->domains[i].domid, j);
    if (j) {
        json_array_end(j);
        json_object_end(j);
    }
    return status;
}

/* The pools that have this scheduler, or the one that is named, with their domains. */
static int show_pools(struct xl *xl, const struct sched *s, const char *name, const char *head, domain_show *show, bool json)
{
    _cleanup_listing_ struct listing l = { 0 };
    _cleanup_pools_ struct pools pools = { 0 };
    struct json room, *j;
    uint32_t only = 0;
    int status = name ? pool_find(xl, name, &only) : 0;

    if (!status)
        status = pools_get(xl, &pools);
    if (!status)
        status = listing_get(xl, NULL, &l);
    if (status)
        return status;
    j = rows_begin(&room, json, NULL);
    for (int i = 0; i < pools.n; i++)
        if (pools.pools[i].sched == s->id && (!name || pools.pools[i].poolid == only))
            status |= show_pool(xl, s, pools.pools[i].poolid, head, show, &l, j);
    rows_end(j);
    return status;
}

/* One domain, as a table or a list of one. */
static int show_one(struct xl *xl, const struct sched *s, uint32_t domid, const char *head, domain_show *show, bool json)
{
    struct json room, *j = rows_begin(&room, json, head);
    int status = show(xl, s, domid, j);

    rows_end(j);
    return status;
}

/* --- credit, credit2 --- */

static int credit_domain(struct xl *xl, const struct sched *s, const struct xl_args *args)
{
    _cleanup_(cleanup_params) libxl_domain_sched_params p;
    uint32_t domid;
    int rc = domain_find(xl, args->value['d'], &domid);
    long number;

    if (rc)
        return rc;
    if (!args->given['w'] && !args->given['c'])
        return show_one(xl, s, domid, s->head, show_domain, args->given[OPT_JSON]);
    libxl_domain_sched_params_init(&p);
    p.sched = s->id;
    if (args->given['w']) {
        if (!xl_number(xl, "the weight", args->value['w'], 1, 65535, &number))
            return 1;
        p.weight = (int)number;
    }
    if (args->given['c']) {
        if (!xl_number(xl, "the cap", args->value['c'], 0, INT_MAX, &number))
            return 1;
        p.cap = (int)number;
    }
    rc = libxl_domain_sched_params_set(xl->ctx, domid, &p);
    return rc ? xl_fail_rc(xl, rc, "domain %s: its scheduling parameters were not set", args->value['d']) : 0;
}

static int credit_command(struct xl *xl, const struct sched *s, const struct xl_args *args)
{
    uint32_t poolid = 0;
    int rc;

    if ((args->given['p'] || args->given['s']) && (args->given['d'] || args->given['w'] || args->given['c']))
        return xl_fail(xl, "-p and -s are about pools, -d, -w and -c about domains: not both");
    for (int i = 0; s->params[i].name; i++)
        if (args->given[s->params[i].code] && !args->given['s'])
            return xl_fail(xl, "-%c is a parameter of pools: -s is missing", s->params[i].code);
    if ((args->given['w'] || args->given['c']) && !args->given['d'])
        return xl_fail(xl, "whose weight or cap? -d DOMAIN is missing");
    if (args->given['d'])
        return credit_domain(xl, s, args);
    if (!args->given['s'])
        return show_pools(xl, s, args->value['p'], s->head, show_domain, args->given[OPT_JSON]);
    rc = args->given['p'] ? pool_find(xl, args->value['p'], &poolid) : 0;
    return rc ? rc : on_pool(xl, s, args, poolid);
}

#define CREDIT_HEAD "Name                                ID Weight  Cap"

int cmd_sched_credit(struct xl *xl, const struct xl_args *args)
{
    static const struct pool_param params[] = {
        { 't', "tslice_ms", "tslice=%dms" },
        { 'r', "ratelimit_us", "ratelimit=%dus" },
        { 'm', "migration_delay_us", "migration-delay=%dus" },
        { 0 },
    };
    static const struct sched credit = { LIBXL_SCHEDULER_CREDIT, CREDIT_HEAD, params, credit_get, credit_set, credit_row };

    return credit_command(xl, &credit, args);
}

int cmd_sched_credit2(struct xl *xl, const struct xl_args *args)
{
    static const struct pool_param params[] = { { 'r', "ratelimit_us", "ratelimit=%dus" }, { 0 } };
    static const struct sched credit2 = { LIBXL_SCHEDULER_CREDIT2, CREDIT_HEAD, params, credit2_get, credit2_set, credit_row };

    return credit_command(xl, &credit2, args);
}

/* --- rtds --- */

/* How often an option was given. */
static int given_times(const struct xl_args *args, int code)
{
    int n = 0;

    for (int i = 0; i < args->nr_given; i++)
        n += args->in_order[i].code == code;
    return n;
}

/* The numbers of an option, in its order, into the fields of the vCPUs. */
static bool rtds_numbers(struct xl *xl, const struct xl_args *args, int code, const char *what, long max,
                         libxl_vcpu_sched_params *p, size_t field)
{
    int n = 0;

    for (int i = 0; i < args->nr_given; i++) {
        long number;

        if (args->in_order[i].code != code || n >= p->num_vcpus)
            continue;
        if (!xl_number(xl, what, args->in_order[i].value, 0, max, &number))
            return false;
        *(int *)((char *)&p->vcpus[n++] + field) = (int)number;
    }
    return true;
}

static int rtds_set(struct xl *xl, const struct xl_args *args, uint32_t domid, libxl_vcpu_sched_params *p, bool all)
{
    int rc;

    if (given_times(args, 'p') != p->num_vcpus || given_times(args, 'b') != p->num_vcpus ||
        given_times(args, 'e') != p->num_vcpus)
        return xl_fail(xl, "each -v needs a -p, a -b and a -e");
    if (!rtds_numbers(xl, args, 'p', "the period", INT_MAX, p, offsetof(libxl_sched_params, period)) ||
        !rtds_numbers(xl, args, 'b', "the budget", INT_MAX, p, offsetof(libxl_sched_params, budget)) ||
        !rtds_numbers(xl, args, 'e', "extratime", 1, p, offsetof(libxl_sched_params, extratime)))
        return 1;
    rc = all ? libxl_vcpu_sched_params_set_all(xl->ctx, domid, p) : libxl_vcpu_sched_params_set(xl->ctx, domid, p);
    return rc ? xl_fail_rc(xl, rc, "domain %s: the scheduling parameters of its vCPUs were not set", args->value['d']) : 0;
}

/* -d DOMAIN with -v: some vCPUs, or all of them. */
static int rtds_vcpus(struct xl *xl, const struct xl_args *args, uint32_t domid, bool all, bool change)
{
    _cleanup_(cleanup_vcpus) libxl_vcpu_sched_params p;
    struct json room, *j;
    int status;

    libxl_vcpu_sched_params_init(&p);
    p.sched = LIBXL_SCHEDULER_RTDS;
    if (change || !all) {
        p.num_vcpus = all ? 1 : given_times(args, 'v');
        p.vcpus = xl_calloc((size_t)p.num_vcpus, sizeof(*p.vcpus));
        for (int i = 0; i < p.num_vcpus; i++)
            libxl_sched_params_init(&p.vcpus[i]);
        if (!all && !rtds_numbers(xl, args, 'v', "the vCPU", 32768, &p, offsetof(libxl_sched_params, vcpuid)))
            return 1;
    }
    if (change)
        return rtds_set(xl, args, domid, &p, all);
    j = rows_begin(&room, args->given[OPT_JSON], VCPU_HEAD);
    status = show_vcpus(xl, domid, &p, all, j);
    rows_end(j);
    return status;
}

int cmd_sched_rtds(struct xl *xl, const struct xl_args *args)
{
    static const struct pool_param no_params[] = { { 0 } };
    static const struct sched rtds = { LIBXL_SCHEDULER_RTDS, "Name                                ID    Period    Budget  Extratime",
                                       no_params, NULL, NULL, rtds_row };
    bool change = args->given['p'] || args->given['b'] || args->given['e'], all = false;
    uint32_t domid;
    int rc;

    for (int i = 0; i < args->nr_given; i++)
        all |= args->in_order[i].code == 'v' && !strcmp(args->in_order[i].value, "all");
    if (args->given['c'] && (args->given['d'] || change))
        return xl_fail(xl, "-c is about a pool, -d, -p, -b and -e about a domain: not both");
    if (!args->given['d'] && (change || (args->given['v'] && !all)))
        return xl_fail(xl, "whose vCPUs? -d DOMAIN is missing");
    if (!args->given['d'])
        return show_pools(xl, &rtds, args->value['c'], all ? VCPU_HEAD : rtds.head, all ? show_all_vcpus : show_domain,
                          args->given[OPT_JSON]);
    rc = domain_find(xl, args->value['d'], &domid);
    if (rc)
        return rc;
    if (args->given['v'])
        return rtds_vcpus(xl, args, domid, all, change);
    if (change)
        return xl_fail(xl, "of which vCPU? -v VCPU or -v all is missing");
    return show_one(xl, &rtds, domid, rtds.head, show_domain, args->given[OPT_JSON]);
}
