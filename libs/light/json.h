/* SPDX-License-Identifier: LGPL-2.1-only */
/* JSON text as a tree of nodes, by yajl; and what is wrong with it, with the place. */
#ifndef XENOLITH_LIGHT_JSON_H
#define XENOLITH_LIGHT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

#define JSON_DEPTH_MAX 32u /* a domain's configuration has 6 */
#define JSON_TEXT_MAX (16u << 20)

struct json_node {
    enum json_kind kind;
    bool truth;
    char *key;  /* of a member of an object */
    char *text; /* of a string or number, as it is written */
    size_t count;
    struct json_node *first, *next, *up;
};

struct json_error {
    char where[128]; /* "disks[2].vdev"; the beginning may be missing */
    char what[128];
};

/* -EINVAL: no JSON, or not one value, a string with a NUL, beyond the limits; -ENOMEM. */
int json_parse(const char *text, size_t len, struct json_node **ret_node, struct json_error *error);
/* NULL is fine. */
void json_free(struct json_node *node);

/* The first member of that name, or NULL. */
const struct json_node *json_member(const struct json_node *object, const char *key);

/* -EINVAL, and what is wrong. */
int json_fail(struct json_error *error, const char *what, ...) __attribute__((format(printf, 2, 3)));
/* -EINVAL unless the node is of that kind. */
int json_want(const struct json_node *node, enum json_kind kind, struct json_error *error);
/* An error inside of the member key, or of an array's entry. */
void json_inside(struct json_error *error, const char *key);
void json_inside_entry(struct json_error *error, size_t index);

/* An integer in a range; to 2^64 - 1 when min is 0. */
int json_signed(const struct json_node *node, int64_t min, int64_t max, int64_t *ret_value, struct json_error *error);
int json_unsigned(const struct json_node *node, uint64_t max, uint64_t *ret_value, struct json_error *error);

#endif
