/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of CPUs, ports, interrupts and memory: cpus, cpus_soft, ioports, irqs, iomem. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "xl/config.h"
#include "xl/cpuset.h"
#include "xl/xl.h"

bool cpus_parse(struct parse *p, const XLU_ConfigValue *value, libxl_bitmap *ret_map)
{
    char why[CPUSET_WHY];
    const char *text;

    if (!value_text(p, value, &text))
        return false;
    if (cpuset_parse(p->ctx, text, ret_map, why))
        return true;
    parse_wrong(p, &value->place, "%s", why);
    return false;
}

/* Sets of vCPUs that the domain does not have are only looked at. */
void key_cpus(struct parse *p, const struct xlu_setting *s)
{
    libxl_domain_build_info *b = &p->d->b_info;
    bool hard = !strcmp(s->name, "cpus"), each = s->value->type == XLU_LIST;
    int given = each ? (int)s->value->list.n : 1, n = each && given < b->max_vcpus ? given : b->max_vcpus;
    libxl_bitmap *maps = xl_calloc((size_t)(n > given ? n : given) + 1, sizeof(*maps));

    if (each || !hard)
        libxl_defbool_set(&b->numa_placement, false);
    for (int i = 0; i < n || i < given; i++) {
        libxl_bitmap_init(&maps[i]);
        if (i < given)
            cpus_parse(p, each ? s->value->list.items[i] : s->value, &maps[i]);
        else
            libxl_bitmap_copy_alloc(p->ctx, &maps[i], &maps[0]);
        if (i >= n)
            libxl_bitmap_dispose(&maps[i]);
    }
    *(hard ? &b->vcpu_hard_affinity : &b->vcpu_soft_affinity) = maps;
    *(hard ? &b->num_vcpu_hard_affinity : &b->num_vcpu_soft_affinity) = n;
}

void key_ioports(struct parse *p, const struct xlu_setting *s)
{
    libxl_domain_build_info *b = &p->d->b_info;
    const XLU_ConfigList *list = list_of_texts(p, s);
    unsigned long first, last;
    const char *text;

    for (size_t i = 0; list && i < list->n; i++) {
        text = list->items[i]->text;
        if (!range_parse(text, 16, 0xffff, &first, &last)) {
            parse_wrong(p, &list->items[i]->place, "`%s' is no range of ports such as 2f8-2ff", text);
            continue;
        }
        b->ioports = xl_grow(b->ioports, b->num_ioports, sizeof(*b->ioports));
        b->ioports[b->num_ioports].first = (uint32_t)first;
        b->ioports[b->num_ioports++].number = (uint32_t)(last - first + 1);
    }
}

void key_irqs(struct parse *p, const struct xlu_setting *s)
{
    libxl_domain_build_info *b = &p->d->b_info;
    const XLU_ConfigList *list = list_of_texts(p, s);
    unsigned long first, last;
    const char *text;

    for (size_t i = 0; list && i < list->n; i++) {
        text = list->items[i]->text;
        if (!range_parse(text, 10, INT_MAX, &first, &last) || first != last) {
            parse_wrong(p, &list->items[i]->place, "`%s' is no number of an interrupt", text);
            continue;
        }
        b->irqs = xl_grow(b->irqs, b->num_irqs, sizeof(*b->irqs));
        b->irqs[b->num_irqs++] = (uint32_t)first;
    }
}

/* START,NUMBER[@GFN], in frames and hexadecimal. */
static bool iomem_parse(const char *text, libxl_iomem_range *range)
{
    unsigned long long start, number, gfn = 0;
    int n = 0;

    if (sscanf(text, "%llx,%llx%n", &start, &number, &n) != 2 || !number)
        return false;
    if (text[n] == '@') {
        const char *rest = text + n;

        n = 0;
        if (sscanf(rest, "@%llx%n", &gfn, &n) != 1 || rest[n])
            return false;
        range->gfn = gfn;
    } else if (text[n]) {
        return false;
    }
    range->start = start;
    range->number = number;
    return true;
}

void key_iomem(struct parse *p, const struct xlu_setting *s)
{
    libxl_domain_build_info *b = &p->d->b_info;
    const XLU_ConfigList *list = list_of_texts(p, s);
    const char *text;

    for (size_t i = 0; list && i < list->n; i++) {
        libxl_iomem_range range;

        libxl_iomem_range_init(&range);
        text = list->items[i]->text;
        if (!iomem_parse(text, &range)) {
            parse_wrong(p, &list->items[i]->place, "`%s' is no range of memory: FIRST,NUMBER[@GFN] in frames", text);
            continue;
        }
        b->iomem = xl_grow(b->iomem, b->num_iomem, sizeof(*b->iomem));
        b->iomem[b->num_iomem++] = range;
    }
}
