/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON for a type that the first byte names: of arbitrary bytes, or a value's with some bytes changed; and lines of
 * cpuid=. Beyond the sanitizers: what is read, written and read again is written the same; what is refused changes
 * nothing, and it is said why.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "light/cpuid.h"
#include "light/fill.c" /* fuzzers are of one file */
#include "light/type.h"

#define TYPE_OF(T) &T##_desc,
static const struct light_type *const types[] = { LIBXL__STRUCTS(TYPE_OF) LIBXL__PLAIN_STRUCTS(TYPE_OF)
                                                      LIBXL__ENUMS(TYPE_OF) };
#define NR_TYPES (sizeof(types) / sizeof(types[0]))
#define NR_SEEDS 16

static char *json_of(const struct light_type *t, const void *p)
{
    yajl_gen gen = libxl_yajl_gen_alloc(NULL);
    const unsigned char *text;
    size_t len;
    char *copy;

    CHECK(light_gen(t, gen, p) == yajl_gen_status_ok);
    CHECK(yajl_gen_get_buf(gen, &text, &len) == yajl_gen_status_ok);
    copy = strndup((const char *)text, len);
    CHECK(copy);
    yajl_gen_free(gen);
    return copy;
}

static void check_type(const struct light_type *t, const char *text, size_t len)
{
    struct json_error error = {"", ""};
    void *p = malloc(t->size), *before = malloc(t->size);
    char *first, *second;

    CHECK(p && before);
    light_init(t, p);
    memcpy(before, p, t->size);
    if (light_parse(t, p, text, len, &error)) {
        CHECK(error.what[0] && !memcmp(p, before, t->size));
    } else {
        first = json_of(t, p);
        CHECK(!light_parse(t, p, first, strlen(first), &error) || strstr(first, "null"));
        second = json_of(t, p);
        CHECK(!strcmp(first, second));
        free(first);
        free(second);
    }
    light_dispose(t, p);
    free(p);
    free(before);
}

static void check_cpuid(const char *line)
{
    libxl_cpuid_policy_list list = NULL;

    libxl_cpuid_parse_config(&list, line);
    libxl_cpuid_parse_config_xend(&list, line);
    if (list) {
        char *text = json_of(&light_cpuid, &list);

        libxl_cpuid_dispose(&list);
        check_type(&light_cpuid, text, strlen(text));
        free(text);
    }
}

/* One of a few values of a type, as JSON; made once. */
static const char *good_json(size_t which, size_t seed)
{
    static char *texts[NR_TYPES][NR_SEEDS];
    const struct light_type *t = types[which];
    void *p;

    if (texts[which][seed])
        return texts[which][seed];
    p = malloc(t->size);
    CHECK(p);
    light_init(t, p);
    fill_seed(seed + 1);
    if (t->fields)
        fill_value(t, p);
    texts[which][seed] = json_of(t, p);
    light_dispose(t, p);
    free(p);
    return texts[which][seed];
}

/* The first byte names a value; of its JSON, each three bytes that follow change one. */
static void check_changed(size_t which, const uint8_t *data, size_t size)
{
    const char *good = good_json(which, data[0] % NR_SEEDS);
    size_t len = strlen(good);
    char *text = malloc(len); /* of its own, so that a byte too many is seen */

    CHECK(text);
    memcpy(text, good, len);
    for (data++, size--; size >= 3; data += 3, size -= 3)
        text[(data[0] | data[1] << 8) % len] = (char)data[2];
    check_type(types[which], text, len);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t which = size ? data[0] : 0;
    char *copy;

    if (!size)
        return 0;
    copy = malloc(size); /* of its own, so that a byte too many is seen */
    CHECK(copy);
    memcpy(copy, data + 1, size - 1);
    copy[size - 1] = '\0';
    if (which == 255)
        check_cpuid(copy);
    else if (which >= 128 && size > 1)
        check_changed(which % NR_TYPES, data + 1, size - 1);
    else
        check_type(types[which % NR_TYPES], copy, size - 1);
    free(copy);
    return 0;
}
