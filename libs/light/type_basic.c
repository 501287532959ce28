/* SPDX-License-Identifier: LGPL-2.1-only */
/* Types without a table: numbers, words, strings. See type_small.c for the library's own small types. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "type.h"

/* --- what many have in common --- */
bool light_is_zero(const struct light_type *t, const void *p, uint64_t initial)
{
    const unsigned char *bytes = p;
    size_t i;

    (void)initial;
    for (i = 0; i < t->size; i++)
        if (bytes[i])
            return false;
    return true;
}

void light_init_zero(const struct light_type *t, void *p, uint64_t initial)
{
    (void)initial;
    memset(p, 0, t->size);
}

void light_dispose_nothing(const struct light_type *t, void *p)
{
    (void)t;
    (void)p;
}

int light_copy_bytes(const struct light_type *t, void *dst, const void *src)
{
    memcpy(dst, src, t->size);
    return 0;
}

/* --- integers of one to eight bytes --- */
static uint64_t load(const struct light_type *t, const void *p)
{
    uint64_t value = 0;

    memcpy(&value, p, t->size); /* little-endian, like all that runs this */
    if (t->is_signed && t->size < 8 && value >> (t->size * 8 - 1))
        value |= ~0ULL << (t->size * 8);
    return value;
}

static uint64_t value_max(const struct light_type *t)
{
    return ~0ULL >> (64 - t->size * 8 + t->is_signed);
}

static bool int_is_initial(const struct light_type *t, const void *p, uint64_t initial)
{
    uint64_t kept = 0;

    memcpy(&kept, &initial, t->size);
    return !memcmp(p, &kept, t->size);
}

static void int_init(const struct light_type *t, void *p, uint64_t initial)
{
    memcpy(p, &initial, t->size);
}

static yajl_gen_status int_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    uint64_t value = load(t, p);

    return t->is_signed ? yajl_gen_integer(gen, (long long)value) : libxl__uint64_gen_json(gen, value);
}

static int int_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    int64_t max = (int64_t)value_max(t);
    uint64_t value = 0;
    int64_t number = 0;
    int rc;

    if (t->is_signed) {
        rc = json_signed(node, -max - 1, max, &number, error);
        value = (uint64_t)number;
    } else {
        rc = json_unsigned(node, value_max(t), &value, error);
    }
    if (!rc)
        memcpy(p, &value, t->size);
    return rc;
}

static const struct light_ops int_ops = {int_is_initial,   int_init, light_dispose_nothing,
                                         light_copy_bytes, int_gen,  int_parse};

const struct light_type light_u8 = {.name = "uint8_t", .size = 1, .ops = &int_ops};
const struct light_type light_u16 = {.name = "uint16_t", .size = 2, .ops = &int_ops};
const struct light_type light_u32 = {.name = "uint32_t", .size = 4, .ops = &int_ops};
const struct light_type light_u64 = {.name = "uint64_t", .size = 8, .ops = &int_ops};
const struct light_type light_int = {.name = "int", .size = sizeof(int), .ops = &int_ops, .is_signed = true};
const struct light_type light_s64 = {.name = "int64_t", .size = 8, .ops = &int_ops, .is_signed = true};

/* yajl's integers are signed ones. */
yajl_gen_status libxl__uint64_gen_json(yajl_gen hand, uint64_t val)
{
    char text[24];
    int n;

    if (val <= INT64_MAX)
        return yajl_gen_integer(hand, (long long)val);
    n = snprintf(text, sizeof(text), "%llu", (unsigned long long)val);
    return yajl_gen_number(hand, text, (size_t)n);
}

/* --- bool --- */
static yajl_gen_status bool_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    return yajl_gen_bool(gen, load(t, p) != 0);
}

static int bool_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    int rc = json_want(node, JSON_BOOL, error);

    if (!rc)
        memcpy(p, &node->truth, t->size);
    return rc;
}

static const struct light_ops bool_ops = {int_is_initial,   int_init, light_dispose_nothing,
                                          light_copy_bytes, bool_gen, bool_parse};
const struct light_type light_bool = {.name = "bool", .size = sizeof(bool), .ops = &bool_ops};

/* --- enumerations: words --- */
const char *light_word(const struct light_type *t, int value)
{
    const libxl_enum_string_table *w;

    for (w = t->words; w->s; w++)
        if (w->v == value)
            return w->s;
    return NULL;
}

int light_word_value(const struct light_type *t, const char *word, int *ret_value)
{
    const libxl_enum_string_table *w;

    for (w = t->words; w->s; w++) {
        if (strcasecmp(w->s, word))
            continue;
        *ret_value = w->v;
        return 0;
    }
    return -EINVAL;
}

static yajl_gen_status enum_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    const char *word = light_word(t, (int)load(t, p));

    return word ? yajl_gen_string(gen, (const unsigned char *)word, strlen(word)) : yajl_gen_null(gen);
}

static int enum_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    int value, rc = json_want(node, JSON_STRING, error);

    if (rc)
        return rc;
    if (light_word_value(t, node->text, &value))
        return json_fail(error, "\"%.60s\" is no %s", node->text, t->name);
    memcpy(p, &value, t->size);
    return 0;
}

const struct light_ops light_enum_ops = {int_is_initial,   int_init, light_dispose_nothing,
                                         light_copy_bytes, enum_gen, enum_parse};

/* --- strings --- */
static void string_dispose(const struct light_type *t, void *p)
{
    (void)t;
    free(*(char **)p);
}

static int string_copy(const struct light_type *t, void *dst, const void *src)
{
    const char *from = *(char *const *)src;
    char *copy = from ? strdup(from) : NULL;

    (void)t;
    memcpy(dst, &copy, sizeof(copy));
    return from && !copy ? -ENOMEM : 0;
}

static yajl_gen_status string_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    const char *text = *(char *const *)p;

    (void)t;
    return text ? yajl_gen_string(gen, (const unsigned char *)text, strlen(text)) : yajl_gen_null(gen);
}

static int string_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    int rc = json_want(node, JSON_STRING, error);

    return rc ? rc : string_copy(t, p, &node->text);
}

static const struct light_ops string_ops = {light_is_zero, light_init_zero, string_dispose,
                                            string_copy,   string_gen,      string_parse};
const struct light_type light_string = {.name = "string", .size = sizeof(char *), .ops = &string_ops};

/* --- a string that the structure does not own: never in JSON --- */
static bool always_initial(const struct light_type *t, const void *p, uint64_t initial)
{
    (void)t;
    (void)p;
    (void)initial;
    return true;
}

static int ignore_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    (void)t;
    (void)p;
    (void)node;
    (void)error;
    return 0;
}

static const struct light_ops borrowed_ops = {always_initial,   light_init_zero, light_dispose_nothing,
                                              light_copy_bytes, string_gen,      ignore_parse};
const struct light_type light_borrowed = {.name = "string", .size = sizeof(char *), .ops = &borrowed_ops};
