/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Every public type is described by one constant table (types_*.def, enums.def); what can be done with a type is a walk
 * over it. A value that is initialized, or all zeros, can be disposed of.
 */
#ifndef XENOLITH_LIGHT_TYPE_H
#define XENOLITH_LIGHT_TYPE_H

#include <libxl_json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"

struct light_type;

struct light_ops {
    /* Whether JSON leaves it out. */
    bool (*is_initial)(const struct light_type *t, const void *p, uint64_t initial);
    void (*init)(const struct light_type *t, void *p, uint64_t initial);
    void (*dispose)(const struct light_type *t, void *p);
    int (*copy)(const struct light_type *t, void *dst, const void *src);
    yajl_gen_status (*gen)(const struct light_type *t, yajl_gen gen, const void *p);
    int (*parse)(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error);
};

struct light_type {
    const char *name;
    size_t size;
    const struct light_ops *ops;
    bool is_signed;                       /* of integers */
    const libxl_enum_string_table *words; /* of enumerations */
    const struct light_field *fields;     /* of structures, up to one without a path */
};

enum light_form {
    LIGHT_PLAIN,
    LIGHT_HIDDEN, /* the library's own: neither copied nor in JSON */
    LIGHT_ARRAY,  /* a pointer, and at count how many there are */
    LIGHT_UNION,  /* an enumeration that says which variant there is */
    LIGHT_PART,   /* a structure without a type: part */
};

struct light_variant {
    int value;
    const struct light_field *fields; /* NULL behind the last variant */
};

struct light_field {
    const char *path; /* in C; behind the last dot, the key in JSON */
    enum light_form form;
    uint32_t offset;
    uint32_t count;
    const struct light_type *type;
    uint64_t initial;
    const struct light_variant *variants;
    const struct light_field *part;
};

/* --- any type, at p --- */
void light_init(const struct light_type *t, void *p);
void light_dispose(const struct light_type *t, void *p);
/* dst is overwritten. -ENOMEM leaves it as if disposed of. */
int light_copy(const struct light_type *t, void *dst, const void *src);
yajl_gen_status light_gen(const struct light_type *t, yajl_gen gen, const void *p);
/* Into an initialized value; p changes only on success, *error says what was wrong: -EINVAL, -ENOMEM. */
int light_parse(const struct light_type *t, void *p, const char *text, size_t len, struct json_error *error);
/* Has the union whose enumeration is at this path hold that member. */
void light_init_union(const struct light_type *t, void *p, const char *path, int value);

/* --- enumerations --- */
/* NULL: no such value. */
const char *light_word(const struct light_type *t, int value);
/* In letters of either case. -EINVAL: no such word. */
int light_word_value(const struct light_type *t, const char *word, int *ret_value);

/* --- basic types: what others are made of --- */
extern const struct light_type light_bitmap, light_bool, light_borrowed, light_cpuid, light_defbool, light_genid,
    light_hwcap, light_int, light_key_value_list, light_mac, light_s64, light_string, light_string_list, light_u8,
    light_u16, light_u32, light_u64, light_uuid;
extern const struct light_ops light_enum_ops, light_struct_ops;

/* Whether all bytes are zero, what is_initial and init are for many types. */
bool light_is_zero(const struct light_type *t, const void *p, uint64_t initial);
void light_init_zero(const struct light_type *t, void *p, uint64_t initial);
void light_dispose_nothing(const struct light_type *t, void *p);
int light_copy_bytes(const struct light_type *t, void *dst, const void *src);

/* --- structures and enumerations: libxl_NAME_desc for each of _libxl_types_list.h --- */
#define LIGHT_DECLARE(T) extern const struct light_type T##_desc __attribute__((visibility("hidden")));
LIBXL__ENUMS(LIGHT_DECLARE)
LIBXL__STRUCTS(LIGHT_DECLARE)
LIBXL__PLAIN_STRUCTS(LIGHT_DECLARE)
#undef LIGHT_DECLARE

#endif
