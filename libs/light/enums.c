/* SPDX-License-Identifier: LGPL-2.1-only */
/* The tables of enumerations: words by value, then what the walks want to know. */
#include "type.h"

#define ENUM(T, type, table) libxl_enum_string_table table[] = {
#define VALUE(value, word) {word, value},
#define ENUM_END {NULL, -1}};
#include "enums.def"
#undef ENUM
#undef VALUE
#undef ENUM_END

#define ENUM(T, type, table)        \
    const struct light_type type = {\
        .name = #T, .size = sizeof(T), .ops = &light_enum_ops, .is_signed = true, .words = table};
#define VALUE(value, word)
#define ENUM_END
#include "enums.def"
