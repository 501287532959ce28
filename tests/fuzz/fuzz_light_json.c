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

/* A value made of the first four bytes; of its JSON, each three bytes that follow change one. */
static void check_changed(const struct light_type *t, const uint8_t *data, size_t size)
{
    void *p = malloc(t->size);
    uint32_t seed;
    size_t len;
    char *text;

    CHECK(p);
    memcpy(&seed, data, sizeof(seed));
    light_init(t, p);
    fill_seed(seed + 1);
    if (t->fields)
        fill_value(t, p);
    text = json_of(t, p);
    light_dispose(t, p);
    free(p);
    len = strlen(text);
    for (data += 4, size -= 4; size >= 3; data += 3, size -= 3)
        text[(data[0] | data[1] << 8) % len] = (char)data[2];
    check_type(t, text, len);
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
    else if (which >= 128 && size > 5)
        check_changed(types[which % (sizeof(types) / sizeof(types[0]))], data + 1, size - 1);
    else
        check_type(types[which % (sizeof(types) / sizeof(types[0]))], copy, size - 1);
    free(copy);
    return 0;
}
