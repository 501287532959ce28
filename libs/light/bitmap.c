/* SPDX-License-Identifier: LGPL-2.1-only */
/* Bitmaps: sets of CPUs, nodes and the like. */
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "small.h"
#include "type.h"

void libxl_bitmap_init(libxl_bitmap *map)
{
    memset(map, 0, sizeof(*map));
}

void libxl_bitmap_dispose(libxl_bitmap *map)
{
    free(map->map);
    libxl_bitmap_init(map);
}

int light_bitmap_alloc(libxl_bitmap *ret_bitmap, uint64_t bits)
{
    uint32_t size = (uint32_t)((bits + 7) / 8);
    uint8_t *map;

    if (bits > LIGHT_BITMAP_MAX)
        return -EINVAL;
    map = calloc(size ? size : 1, 1);
    if (!map)
        return -ENOMEM;
    ret_bitmap->map = map;
    ret_bitmap->size = size;
    return 0;
}

int libxl_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *bitmap, int n_bits)
{
    int rc = n_bits < 0 ? -EINVAL : light_bitmap_alloc(bitmap, (uint64_t)n_bits);

    if (rc)
        light_log(ctx, XTL_ERROR, -rc, "no bitmap of %d bits", n_bits);
    return light_error(rc);
}

int light_bitmap_copy(libxl_bitmap *ret_bitmap, const libxl_bitmap *src)
{
    uint8_t *map = NULL;

    if (src->map) {
        map = malloc(src->size ? src->size : 1);
        if (!map)
            return -ENOMEM;
        memcpy(map, src->map, src->size);
    }
    ret_bitmap->map = map;
    ret_bitmap->size = map ? src->size : 0;
    return 0;
}

void libxl_bitmap_copy_alloc(libxl_ctx *ctx, libxl_bitmap *dptr, const libxl_bitmap *sptr)
{
    if (light_bitmap_copy(dptr, sptr))
        light_no_memory(ctx);
}

void libxl_bitmap_copy(libxl_ctx *ctx, libxl_bitmap *dptr, const libxl_bitmap *sptr)
{
    uint32_t n = dptr->size < sptr->size ? dptr->size : sptr->size;

    (void)ctx;
    if (n)
        memcpy(dptr->map, sptr->map, n);
    if (dptr->size > n)
        memset(dptr->map + n, 0, dptr->size - n);
}

static int all_bytes(const libxl_bitmap *bitmap, uint8_t byte)
{
    uint32_t i;

    for (i = 0; i < bitmap->size; i++)
        if (bitmap->map[i] != byte)
            return 0;
    return 1;
}

int libxl_bitmap_is_full(const libxl_bitmap *bitmap)
{
    return all_bytes(bitmap, 0xff);
}

int libxl_bitmap_is_empty(const libxl_bitmap *bitmap)
{
    return all_bytes(bitmap, 0);
}

static bool has_bit(const libxl_bitmap *bitmap, int bit)
{
    return bit >= 0 && (uint32_t)bit / 8 < bitmap->size;
}

int libxl_bitmap_test(const libxl_bitmap *bitmap, int bit)
{
    return has_bit(bitmap, bit) && bitmap->map[bit / 8] >> (bit % 8) & 1;
}

void libxl_bitmap_set(libxl_bitmap *bitmap, int bit)
{
    if (has_bit(bitmap, bit))
        bitmap->map[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

void libxl_bitmap_reset(libxl_bitmap *bitmap, int bit)
{
    if (has_bit(bitmap, bit))
        bitmap->map[bit / 8] &= (uint8_t)~(1u << (bit % 8));
}

int libxl_bitmap_count_set(const libxl_bitmap *bitmap)
{
    int n = 0;
    uint32_t i;

    for (i = 0; i < bitmap->size; i++)
        n += __builtin_popcount(bitmap->map[i]);
    return n;
}

/* The result has the size of the larger one for "or", of the smaller one for "and". */
static int combine(libxl_ctx *ctx, libxl_bitmap *result, const libxl_bitmap *a, const libxl_bitmap *b, bool both)
{
    const libxl_bitmap *large = a->size > b->size ? a : b, *small = large == a ? b : a;
    libxl_bitmap fresh;
    uint32_t i;
    int rc = light_bitmap_copy(&fresh, both ? small : large);

    if (rc) {
        light_log(ctx, XTL_ERROR, -rc, "no bitmap");
        return light_error(rc);
    }
    for (i = 0; i < small->size; i++)
        fresh.map[i] = both ? small->map[i] & large->map[i] : small->map[i] | large->map[i];
    libxl_bitmap_dispose(result);
    *result = fresh;
    return 0;
}

int libxl_bitmap_or(libxl_ctx *ctx, libxl_bitmap *or_map, const libxl_bitmap *map1, const libxl_bitmap *map2)
{
    return combine(ctx, or_map, map1, map2, false);
}

int libxl_bitmap_and(libxl_ctx *ctx, libxl_bitmap *and_map, const libxl_bitmap *map1, const libxl_bitmap *map2)
{
    return combine(ctx, and_map, map1, map2, true);
}

char *libxl_bitmap_to_hex_string(libxl_ctx *ctx, const libxl_bitmap *bitmap)
{
    char *text = malloc(3 + 2 * (size_t)bitmap->size);
    uint32_t i;

    if (!text)
        light_no_memory(ctx);
    memcpy(text, "0x", 3);
    for (i = 0; i < bitmap->size; i++)
        snprintf(text + 2 + 2 * (size_t)i, 3, "%02x", bitmap->map[bitmap->size - 1 - i]);
    return text;
}

/* --- as part of a type: a list of the bits that are set --- */
static bool bitmap_is_initial(const struct light_type *t, const void *p, uint64_t initial)
{
    (void)t;
    (void)initial;
    return libxl_bitmap_is_empty(p);
}

static void bitmap_dispose(const struct light_type *t, void *p)
{
    (void)t;
    libxl_bitmap_dispose(p);
}

static int bitmap_copy(const struct light_type *t, void *dst, const void *src)
{
    (void)t;
    return light_bitmap_copy(dst, src);
}

yajl_gen_status libxl_bitmap_gen_json(yajl_gen hand, libxl_bitmap *p)
{
    yajl_gen_status s = yajl_gen_array_open(hand);
    int i, bits = (int)p->size * 8;

    for (i = 0; i < bits && s == yajl_gen_status_ok; i++)
        if (libxl_bitmap_test(p, i))
            s = yajl_gen_integer(hand, i);
    return s == yajl_gen_status_ok ? yajl_gen_array_close(hand) : s;
}

static yajl_gen_status bitmap_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    libxl_bitmap map = *(const libxl_bitmap *)p;

    (void)t;
    return libxl_bitmap_gen_json(gen, &map);
}

static int bitmap_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    const struct json_node *n;
    uint64_t bit, last = 0;
    size_t i = 0;
    int rc = json_want(node, JSON_ARRAY, error);

    (void)t;
    for (n = rc ? NULL : node->first; n; n = n->next, i++) {
        rc = json_unsigned(n, LIGHT_BITMAP_MAX - 1, &bit, error);
        if (rc) {
            json_inside_entry(error, i);
            return rc;
        }
        last = bit > last ? bit : last;
    }
    if (rc || !node->count)
        return rc;
    rc = light_bitmap_alloc(p, last + 1);
    for (n = rc ? NULL : node->first; n; n = n->next)
        if (!json_unsigned(n, last, &bit, error))
            libxl_bitmap_set(p, (int)bit);
    return rc;
}

static const struct light_ops bitmap_ops = {bitmap_is_initial, light_init_zero, bitmap_dispose,
                                            bitmap_copy,       bitmap_gen,      bitmap_parse};
const struct light_type light_bitmap = {.name = "libxl_bitmap", .size = sizeof(libxl_bitmap), .ops = &bitmap_ops};
