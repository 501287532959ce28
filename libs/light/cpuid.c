/* SPDX-License-Identifier: LGPL-2.1-only */
#include "cpuid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "type.h"

const char *const cpuid_register_names[4] = {"eax", "ebx", "ecx", "edx"};

/* --- the list --- */
static bool list_make(libxl_cpuid_policy_list *list)
{
    if (!*list)
        *list = calloc(1, sizeof(**list));
    return *list != NULL;
}

/* Room for one more row of that size, zeros. */
static void *row_add(void *rows, size_t *nr, size_t size)
{
    char *grown = realloc(*(void **)rows, (*nr + 1) * size);

    if (!grown)
        return NULL;
    *(void **)rows = grown;
    grown += (*nr)++ * size;
    memset(grown, 0, size);
    return grown;
}

struct cpuid_leaf *cpuid_list_leaf(libxl_cpuid_policy_list *list, uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_leaf *row;
    size_t i;

    if (!list_make(list))
        return NULL;
    for (i = 0; i < (*list)->nr_leaves; i++)
        if ((*list)->leaves[i].leaf == leaf && (*list)->leaves[i].subleaf == subleaf)
            return &(*list)->leaves[i];
    row = row_add(&(*list)->leaves, &(*list)->nr_leaves, sizeof(*row));
    if (row) {
        row->leaf = leaf;
        row->subleaf = subleaf;
    }
    return row;
}

struct cpuid_msr *cpuid_list_msr(libxl_cpuid_policy_list *list, uint32_t index)
{
    struct cpuid_msr *row;
    size_t i;

    if (!list_make(list))
        return NULL;
    for (i = 0; i < (*list)->nr_msrs; i++)
        if ((*list)->msrs[i].index == index)
            return &(*list)->msrs[i];
    row = row_add(&(*list)->msrs, &(*list)->nr_msrs, sizeof(*row));
    if (row)
        row->index = index;
    return row;
}

void libxl_cpuid_dispose(libxl_cpuid_policy_list *cpuid_list)
{
    if (*cpuid_list) {
        free((*cpuid_list)->leaves);
        free((*cpuid_list)->msrs);
        free(*cpuid_list);
    }
    *cpuid_list = NULL;
}

int libxl_cpuid_policy_list_length(const libxl_cpuid_policy_list *l)
{
    return *l ? (int)(*l)->nr_leaves : 0;
}

int cpuid_list_copy(libxl_cpuid_policy_list *dst, const libxl_cpuid_policy_list *src)
{
    libxl_cpuid_policy_list copy = NULL;
    struct cpuid_leaf *leaf;
    struct cpuid_msr *msr;
    size_t i;

    if (*src && !list_make(&copy))
        return -ENOMEM;
    for (i = 0; *src && i < (*src)->nr_leaves; i++) {
        leaf = cpuid_list_leaf(&copy, (*src)->leaves[i].leaf, (*src)->leaves[i].subleaf);
        if (!leaf)
            goto fail;
        *leaf = (*src)->leaves[i];
    }
    for (i = 0; *src && i < (*src)->nr_msrs; i++) {
        msr = cpuid_list_msr(&copy, (*src)->msrs[i].index);
        if (!msr)
            goto fail;
        *msr = (*src)->msrs[i];
    }
    *dst = copy;
    return 0;
fail:
    libxl_cpuid_dispose(&copy);
    return -ENOMEM;
}

void libxl_cpuid_policy_list_copy(libxl_ctx *ctx, libxl_cpuid_policy_list *dst, const libxl_cpuid_policy_list *src)
{
    if (cpuid_list_copy(dst, src))
        light_no_memory(ctx);
}

/* --- to JSON --- */
static yajl_gen_status gen_text(yajl_gen gen, const char *text)
{
    return yajl_gen_string(gen, (const unsigned char *)text, strlen(text));
}

static yajl_gen_status gen_number(yajl_gen gen, const char *key, uint32_t value)
{
    yajl_gen_status s = gen_text(gen, key);

    return s == yajl_gen_status_ok ? yajl_gen_integer(gen, value) : s;
}

static yajl_gen_status gen_bits(yajl_gen gen, const char *key, const char *bits)
{
    yajl_gen_status s = bits[0] ? gen_text(gen, key) : yajl_gen_status_ok;

    return bits[0] && s == yajl_gen_status_ok ? gen_text(gen, bits) : s;
}

static yajl_gen_status gen_leaf(yajl_gen gen, const struct cpuid_leaf *leaf)
{
    yajl_gen_status s = yajl_gen_map_open(gen);
    int i;

    if (s == yajl_gen_status_ok)
        s = gen_number(gen, "leaf", leaf->leaf);
    if (s == yajl_gen_status_ok && leaf->subleaf != CPUID_NO_SUBLEAF)
        s = gen_number(gen, "subleaf", leaf->subleaf);
    for (i = 0; i < 4 && s == yajl_gen_status_ok; i++)
        s = gen_bits(gen, cpuid_register_names[i], leaf->registers[i]);
    return s == yajl_gen_status_ok ? yajl_gen_map_close(gen) : s;
}

static yajl_gen_status gen_msr(yajl_gen gen, const struct cpuid_msr *msr)
{
    yajl_gen_status s = yajl_gen_map_open(gen);

    if (s == yajl_gen_status_ok)
        s = gen_number(gen, "index", msr->index);
    if (s == yajl_gen_status_ok)
        s = gen_bits(gen, "policy", msr->bits);
    return s == yajl_gen_status_ok ? yajl_gen_map_close(gen) : s;
}

yajl_gen_status libxl_cpuid_policy_list_gen_json(yajl_gen hand, libxl_cpuid_policy_list *p)
{
    static const struct libxl__cpu_policy empty;
    const struct libxl__cpu_policy *list = *p ? *p : &empty;
    yajl_gen_status s = yajl_gen_map_open(hand);
    size_t i;

    if (s == yajl_gen_status_ok)
        s = gen_text(hand, "cpuid");
    if (s == yajl_gen_status_ok)
        s = yajl_gen_array_open(hand);
    for (i = 0; i < list->nr_leaves && s == yajl_gen_status_ok; i++)
        s = gen_leaf(hand, &list->leaves[i]);
    if (s == yajl_gen_status_ok)
        s = yajl_gen_array_close(hand);
    if (s == yajl_gen_status_ok)
        s = gen_text(hand, "msr");
    if (s == yajl_gen_status_ok)
        s = yajl_gen_array_open(hand);
    for (i = 0; i < list->nr_msrs && s == yajl_gen_status_ok; i++)
        s = gen_msr(hand, &list->msrs[i]);
    if (s == yajl_gen_status_ok)
        s = yajl_gen_array_close(hand);
    return s == yajl_gen_status_ok ? yajl_gen_map_close(hand) : s;
}

/* --- from JSON: an old form is the list of leaves alone --- */
static int parse_bits(const struct json_node *object, const char *key, char *bits, size_t size,
                      struct json_error *error)
{
    const struct json_node *n = json_member(object, key);
    int rc;

    if (!n || n->kind == JSON_NULL)
        return 0;
    rc = json_want(n, JSON_STRING, error);
    if (!rc && (strlen(n->text) != size - 1 || n->text[strspn(n->text, "01xks")]))
        rc = json_fail(error, "\"%.70s\" is not %zu of 0, 1, x, k and s", n->text, size - 1);
    if (rc)
        json_inside(error, key);
    else
        memcpy(bits, n->text, size);
    return rc;
}

static int parse_number(const struct json_node *object, const char *key, uint32_t *ret_value, struct json_error *error)
{
    const struct json_node *n = json_member(object, key);
    uint64_t value;
    int rc;

    if (!n)
        return 0;
    rc = json_unsigned(n, UINT32_MAX, &value, error);
    if (rc)
        json_inside(error, key);
    else
        *ret_value = (uint32_t)value;
    return rc;
}

static int parse_leaf(libxl_cpuid_policy_list *list, const struct json_node *node, struct json_error *error)
{
    uint32_t leaf = 0, subleaf = CPUID_NO_SUBLEAF;
    struct cpuid_leaf *row;
    int i, rc = json_want(node, JSON_OBJECT, error);

    if (!rc && !json_member(node, "leaf"))
        rc = json_fail(error, "has no \"leaf\"");
    if (!rc)
        rc = parse_number(node, "leaf", &leaf, error);
    if (!rc)
        rc = parse_number(node, "subleaf", &subleaf, error);
    row = rc ? NULL : cpuid_list_leaf(list, leaf, subleaf);
    if (!rc && !row)
        rc = -ENOMEM;
    for (i = 0; i < 4 && !rc; i++)
        rc = parse_bits(node, cpuid_register_names[i], row->registers[i], sizeof(row->registers[i]), error);
    return rc;
}

static int parse_msr(libxl_cpuid_policy_list *list, const struct json_node *node, struct json_error *error)
{
    struct cpuid_msr *row;
    uint32_t index = 0;
    int rc = json_want(node, JSON_OBJECT, error);

    if (!rc && !json_member(node, "index"))
        rc = json_fail(error, "has no \"index\"");
    if (!rc)
        rc = parse_number(node, "index", &index, error);
    row = rc ? NULL : cpuid_list_msr(list, index);
    if (!rc && !row)
        rc = -ENOMEM;
    return rc ? rc : parse_bits(node, "policy", row->bits, sizeof(row->bits), error);
}

typedef int row_parser(libxl_cpuid_policy_list *list, const struct json_node *node, struct json_error *error);

static int parse_rows(libxl_cpuid_policy_list *list, const struct json_node *node, row_parser *parse,
                      struct json_error *error)
{
    const struct json_node *n;
    int rc = json_want(node, JSON_ARRAY, error);
    size_t i = 0;

    for (n = rc ? NULL : node->first; n; n = n->next, i++) {
        rc = parse(list, n, error);
        if (rc) {
            json_inside_entry(error, i);
            return rc;
        }
    }
    return rc;
}

static int cpuid_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    static const struct {
        const char *key;
        row_parser *parse;
    } members[] = {{"cpuid", parse_leaf}, {"msr", parse_msr}};
    const struct json_node *n;
    size_t i;
    int rc;

    (void)t;
    if (node->kind == JSON_ARRAY)
        return parse_rows(p, node, parse_leaf, error);
    rc = json_want(node, JSON_OBJECT, error);
    for (i = 0; i < sizeof(members) / sizeof(members[0]) && !rc; i++) {
        n = json_member(node, members[i].key);
        rc = n ? parse_rows(p, n, members[i].parse, error) : 0;
        if (rc)
            json_inside(error, members[i].key);
    }
    return rc;
}

/* --- as part of a type --- */
static void cpuid_dispose(const struct light_type *t, void *p)
{
    (void)t;
    libxl_cpuid_dispose(p);
}

static int cpuid_copy(const struct light_type *t, void *dst, const void *src)
{
    (void)t;
    return cpuid_list_copy(dst, src);
}

static yajl_gen_status cpuid_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    libxl_cpuid_policy_list list = *(const libxl_cpuid_policy_list *)p;

    (void)t;
    return libxl_cpuid_policy_list_gen_json(gen, &list);
}

static const struct light_ops cpuid_ops = {light_is_zero, light_init_zero, cpuid_dispose,
                                           cpuid_copy,    cpuid_gen,       cpuid_parse};
const struct light_type light_cpuid = {
    .name = "libxl_cpuid_policy_list", .size = sizeof(libxl_cpuid_policy_list), .ops = &cpuid_ops};
