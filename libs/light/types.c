/* SPDX-License-Identifier: LGPL-2.1-only */
/* The tables of structures, from the rows of types_*.def. */
#include "type.h"

#define STRUCT(T, type_name)                \
    const struct light_type type_name = {   \
        .name = #T, .size = sizeof(T), .ops = &light_struct_ops, .fields = (const struct light_field[]){
#define STRUCT_END {.path = NULL}}};
#define FIELD(T, f, t, value) {.path = #f, .offset = offsetof(T, f), .type = &t, .initial = (uint64_t)(value)},
#define HIDDEN(T, f) {.path = #f, .form = LIGHT_HIDDEN, .offset = offsetof(T, f)},
#define ARRAY(T, f, n, t) \
    {.path = #f, .form = LIGHT_ARRAY, .offset = offsetof(T, f), .count = offsetof(T, n), .type = &t},
#define UNION(T, f, t, value)                                                                           \
    {.path = #f, .form = LIGHT_UNION, .offset = offsetof(T, f), .type = &t, .initial = (uint64_t)(value),   \
     .variants = (const struct light_variant[]){
#define MEMBER(value) {value, (const struct light_field[]){
#define MEMBER_END {.path = NULL}}},
#define UNION_END {0, NULL}}},
#define PART(T, f) {.path = #f, .form = LIGHT_PART, .part = (const struct light_field[]){
#define PART_END {.path = NULL}}},

#include "types_device.def"
#include "types_domain.def"
#include "types_host.def"
