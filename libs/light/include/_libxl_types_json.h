/* SPDX-License-Identifier: LGPL-2.1-only */
/* Types into a JSON generator: see libxl_json.h. */
#ifndef LIBXL_TYPES_JSON_H
#define LIBXL_TYPES_JSON_H

#define LIBXL__DECLARE_GEN_JSON(T) yajl_gen_status T##_gen_json(yajl_gen hand, T *p);

LIBXL__ENUMS(LIBXL__DECLARE_GEN_JSON)
LIBXL__PLAIN_STRUCTS(LIBXL__DECLARE_GEN_JSON)
LIBXL__STRUCTS(LIBXL__DECLARE_GEN_JSON)

#endif
