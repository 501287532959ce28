/* SPDX-License-Identifier: GPL-2.0-only */
/* vnuma=[ [ "pnode=N", "size=MIB", "vcpus=SET", "vdistances=N,..." ], ... ]: the NUMA nodes that a domain sees. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "xl/config.h"
#include "xl/cpuset.h"
#include "xl/xl.h"

#define MAX_VCPU 32767

struct vnuma {
    struct parse *p;
    const XLU_ConfigValue *at; /* what is being read */
    int nr_nodes;
    long host_nodes;
    uint64_t memkb; /* of all nodes */
    int vcpus;
};

/* false: it was said that it is no number in that range */
static bool part_number(struct vnuma *v, const char *name, const char *text, long max, long *ret_number)
{
    char *end;

    errno = 0;
    *ret_number = strtol(text, &end, 0);
    if (!errno && end != text && !*end && *ret_number >= 0 && *ret_number <= max)
        return true;
    parse_wrong(v->p, &v->at->place, "vnuma: %s is `%s' and should be a number from 0 to %ld", name, text, max);
    return false;
}

static bool read_pnode(struct vnuma *v, libxl_vnode_info *node, char *text)
{
    long number;

    if (!part_number(v, "pnode", text, v->host_nodes - 1, &number))
        return false;
    node->pnode = (uint32_t)number;
    return true;
}

static bool read_size(struct vnuma *v, libxl_vnode_info *node, char *text)
{
    long number;

    if (!part_number(v, "size", text, INT_MAX, &number))
        return false;
    node->memkb = (uint64_t)number * 1024;
    v->memkb += node->memkb;
    return true;
}

/* 0-4,8: only ranges, in the order of the text; each part is looked at before there is room for it. */
static bool read_vcpus(struct vnuma *v, libxl_vnode_info *node, char *text)
{
    char *state = NULL;

    if (libxl_bitmap_alloc(v->p->ctx, &node->vcpus, MAX_VCPU + 1))
        return false;
    for (char *part = strtok_r(text, ",", &state); part; part = strtok_r(NULL, ",", &state)) {
        unsigned long first, last;

        if (!range_parse(part, 10, MAX_VCPU, &first, &last)) {
            parse_wrong(v->p, &v->at->place, "vnuma: `%s' is no set of vCPUs such as 0-3,5", part);
            return false;
        }
        for (unsigned long i = first; i <= last; i++)
            libxl_bitmap_set(&node->vcpus, (int)i);
    }
    v->vcpus += libxl_bitmap_count_set(&node->vcpus);
    return true;
}

static bool read_distances(struct vnuma *v, libxl_vnode_info *node, char *text)
{
    char *state = NULL;
    long number;
    int n = 0;

    node->distances = xl_calloc((size_t)v->nr_nodes, sizeof(*node->distances));
    node->num_distances = v->nr_nodes;
    for (char *part = strtok_r(text, ",", &state); part; part = strtok_r(NULL, ",", &state), n++) {
        part += strspn(part, " ");
        if (!part_number(v, "vdistances", part, 255, &number))
            return false;
        if (n < v->nr_nodes)
            node->distances[n] = (uint32_t)number;
    }
    if (n == v->nr_nodes)
        return true;
    parse_wrong(v->p, &v->at->place, "vnuma: there are %d vdistances and %d nodes", n, v->nr_nodes);
    return false;
}

/* All four parts have to be there, as xl.cfg(5) has it. */
static bool read_node(struct vnuma *v, const XLU_ConfigValue *value, libxl_vnode_info *node)
{
    static const struct {
        const char *name;
        bool (*read)(struct vnuma *v, libxl_vnode_info *node, char *text);
    } parts[] = {
        { "pnode", read_pnode }, { "size", read_size }, { "vcpus", read_vcpus }, { "vdistances", read_distances },
    };
    enum { NR_PARTS = sizeof(parts) / sizeof(parts[0]) };
    bool found[NR_PARTS] = { false };
    const char *text;

    v->at = value;
    if (value->type != XLU_LIST) {
        parse_wrong(v->p, &value->place, "vnuma: each node is a list, [ \"pnode=...\", \"size=...\", ... ]");
        return false;
    }
    for (size_t i = 0; i < value->list.n; i++) {
        size_t k = 0, len;

        v->at = value->list.items[i];
        if (!value_text(v->p, v->at, &text))
            return false;
        len = strcspn(text, "=");
        while (k < NR_PARTS && (strlen(parts[k].name) != len || strncmp(parts[k].name, text, len)))
            k++;
        if (k == NR_PARTS || !text[len] || found[k]) {
            parse_wrong(v->p, &v->at->place, "vnuma: `%s' is none of pnode=, size=, vcpus=, vdistances=, once each", text);
            return false;
        }
        found[k] = true;
        _cleanup_free_ char *copy = xl_strdup(text + len + 1);
        if (!parts[k].read(v, node, copy))
            return false;
    }
    for (size_t k = 0; k < NR_PARTS; k++)
        if (!found[k]) {
            parse_wrong(v->p, &value->place, "vnuma: %s= is missing", parts[k].name);
            return false;
        }
    return true;
}

/* The nodes are what the domain has of vCPUs and memory; where settings say so too, they have to agree. */
static void check_sums(struct vnuma *v, const struct xlu_setting *s)
{
    libxl_domain_build_info *b = &v->p->d->b_info;
    bool maxvcpus = xlu_setting_find(v->p->cfg, "maxvcpus") != NULL;

    if (b->max_vcpus > v->vcpus || (maxvcpus && b->max_vcpus != v->vcpus))
        parse_wrong(v->p, &s->place, "vnuma has %d vCPUs and the domain %d", v->vcpus, b->max_vcpus);
    else if (!maxvcpus && v->vcpus > libxl_get_max_cpus(v->p->ctx))
        parse_wrong(v->p, &s->place, "vnuma has %d vCPUs, more than the host has CPUs; maxvcpus=%d if you mean it", v->vcpus,
                    v->vcpus);
    else if (xlu_setting_find(v->p->cfg, "maxmem") && b->max_memkb != v->memkb)
        parse_wrong(v->p, &s->place, "vnuma has %llu MiB and the domain %llu", (unsigned long long)v->memkb / 1024,
                    (unsigned long long)b->max_memkb / 1024);
    b->max_vcpus = v->vcpus;
    b->max_memkb = v->memkb;
}

void key_vnuma(struct parse *p, const struct xlu_setting *s)
{
    libxl_domain_build_info *b = &p->d->b_info;
    struct vnuma v = { .p = p, .host_nodes = libxl_get_max_nodes(p->ctx) };

    if (s->value->type != XLU_LIST) {
        parse_wrong(p, &s->value->place, "vnuma is one value and should be a list of lists, [ [ ... ] ]");
        return;
    }
    if (!s->value->list.n)
        return;
    if (s->value->list.n > 255 || v.host_nodes < 1) {
        parse_wrong(p, &s->place, v.host_nodes < 1 ? "vnuma: the host does not say how many nodes it has"
                                                   : "vnuma: more than 255 nodes");
        return;
    }
    v.nr_nodes = (int)s->value->list.n;
    b->vnuma_nodes = xl_calloc((size_t)v.nr_nodes, sizeof(*b->vnuma_nodes));
    for (int i = 0; i < v.nr_nodes; i++) {
        libxl_vnode_info_init(&b->vnuma_nodes[b->num_vnuma_nodes]);
        b->num_vnuma_nodes++;
        if (!read_node(&v, s->value->list.items[i], &b->vnuma_nodes[i]))
            return;
    }
    check_sums(&v, s);
    libxl_defbool_set(&b->numa_placement, false);
}
