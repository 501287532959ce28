/* SPDX-License-Identifier: GPL-2.0-only */
#include "fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- random numbers --- */
static uint64_t state;

static uint64_t random64(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

void fill_seed(uint64_t seed)
{
    state = seed ? seed : 1;
}

static unsigned one_of(unsigned n)
{
    return (unsigned)(random64() >> 33) % n;
}

/* --- values --- */
static char *random_string(void)
{
    static const char *const strings[] = {
        "",           "a",          "xvda",
        "/dev/vg/lv", "with space", "quote\"back\\slash",
        "\x01\t",     "0",          "a/b/c?d=e&f=%20",
        "\xc3\xa9",   "nil",        "root=/dev/xvda1 console=hvc0 quiet panic=1 and more"
    };

    return strdup(strings[one_of(sizeof(strings) / sizeof(strings[0]))]);
}

static char **random_list(unsigned n)
{
    char **list = calloc(n + 1, sizeof(*list)), key[32];
    unsigned i;

    for (i = 0; i < n; i++) {
        snprintf(key, sizeof(key), "key%u", i);
        list[i] = i % 2 ? random_string() : strdup(key);
    }
    return list;
}

static void random_int(const struct light_type *t, void *p)
{
    static const uint64_t numbers[] = {0, 1, 2, 100, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, 0x100000000,
                                       INT64_MAX, ~1ULL, ~0ULL};
    uint64_t n = one_of(3) ? numbers[one_of(sizeof(numbers) / sizeof(numbers[0]))] : random64();

    memcpy(p, &n, t->size);
}

static void random_bitmap(libxl_bitmap *map)
{
    uint32_t i;

    map->size = one_of(5);
    map->map = map->size ? calloc(map->size, 1) : NULL;
    for (i = 0; i < map->size; i++)
        map->map[i] = one_of(3) ? (uint8_t)random64() : 0;
}

static void random_cpuid(libxl_cpuid_policy_list *list)
{
    static const char *const lines[] = { "1:eax=xxxxxxxxxxxxxxxxxxxxxxxx01kxxsxx,edx=1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                         "7,0:ebx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0",
                                         "0x80000001:ecx=0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1" };
    unsigned i, n = one_of(4);

    for (i = 0; i < n; i++)
        libxl_cpuid_parse_config_xend(list, lines[one_of(3)]);
}

static void fill_word(const struct light_type *t, void *p)
{
    unsigned n = 0;
    int value = 77; /* no word's */

    while (t->words[n].s)
        n++;
    if (one_of(8))
        value = t->words[one_of(n)].v;
    memcpy(p, &value, sizeof(value));
}

static void fill_bytes(const struct light_type *t, void *p)
{
    size_t i;

    for (i = 0; i < t->size; i++)
        ((uint8_t *)p)[i] = (uint8_t)random64();
}

static void fill_any(const struct light_type *t, void *p)
{
    if (t->words)
        fill_word(t, p);
    else if (t->fields)
        fill_value(t, p);
    else if (t == &light_string)
        *(char **)p = random_string();
    else if (t == &light_bool)
        *(bool *)p = one_of(2);
    else if (t == &light_defbool)
        libxl_defbool_set(p, one_of(2));
    else if (t == &light_bitmap)
        random_bitmap(p);
    else if (t == &light_string_list)
        *(char ***)p = random_list(one_of(6));
    else if (t == &light_key_value_list)
        *(char ***)p = random_list(2 * one_of(3));
    else if (t == &light_cpuid)
        random_cpuid(p);
    else if (t == &light_genid || t == &light_hwcap || t == &light_mac || t == &light_uuid)
        fill_bytes(t, p);
    else if (t != &light_borrowed)
        random_int(t, p);
}

static void fill_array(const struct light_field *f, void *p)
{
    int i, n = (int)one_of(4);
    char *entries = n ? calloc((size_t)n, f->type->size) : NULL;

    *(void **)((char *)p + f->offset) = entries;
    *(int *)((char *)p + f->count) = n;
    for (i = 0; i < n; i++)
        fill_any(f->type, entries + (size_t)i * f->type->size);
}

static void fill_fields(const struct light_field *f, void *p)
{
    const struct light_variant *v;
    unsigned n;

    for (; f->path; f++) {
        if (f->form == LIGHT_PART) {
            fill_fields(f->part, p);
        } else if (f->form == LIGHT_UNION) {
            for (n = 0; f->variants[n].fields; n++)
                continue;
            v = &f->variants[one_of(n)];
            *(int *)((char *)p + f->offset) = v->value;
            fill_fields(v->fields, p);
        } else if (f->form == LIGHT_ARRAY) {
            fill_array(f, p);
        } else if (f->form == LIGHT_PLAIN && (one_of(4) || f->type->fields)) {
            fill_any(f->type, (char *)p + f->offset);
        }
    }
}

void fill_value(const struct light_type *t, void *p)
{
    fill_fields(t->fields, p);
}
