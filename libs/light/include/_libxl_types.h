/* SPDX-License-Identifier: LGPL-2.1-only */
/* The types of the public API, and the functions that every one of them has. */
#ifndef LIBXL_TYPES_H
#define LIBXL_TYPES_H

#include <_libxl_types_device.h>
#include <_libxl_types_domain.h>
#include <_libxl_types_enum.h>
#include <_libxl_types_host.h>
#include <_libxl_types_list.h>

/*
 * An enumeration T: its words, and JSON. _to_string is NULL for what is no value of it, _from_string ERROR_FAIL for
 * what is no word of it, in letters of either case. What _to_json returns is from malloc(), or NULL.
 */
#define LIBXL__DECLARE_ENUM(T)                                  \
    const char *T##_to_string(T p);                             \
    int T##_from_string(const char *s, T *e);                   \
    char *T##_to_json(libxl_ctx *ctx, T p);                     \
    int T##_from_json(libxl_ctx *ctx, T *p, const char *s);     \
    extern libxl_enum_string_table T##_string_table[];

/* A structure T. _from_json wants one that is initialized. */
#define LIBXL__DECLARE_PLAIN_STRUCT(T)                                      \
    void T##_init(T *p);                                                    \
    void T##_copy(libxl_ctx *ctx, T *dst, const T *src);                    \
    char *T##_to_json(libxl_ctx *ctx, T *p);                                \
    int T##_from_json(libxl_ctx *ctx, T *p, const char *s);

#define LIBXL__DECLARE_STRUCT(T)    \
    LIBXL__DECLARE_PLAIN_STRUCT(T)  \
    void T##_dispose(T *p);

LIBXL__ENUMS(LIBXL__DECLARE_ENUM)
LIBXL__PLAIN_STRUCTS(LIBXL__DECLARE_PLAIN_STRUCT)
LIBXL__STRUCTS(LIBXL__DECLARE_STRUCT)

/* Where a union is: say once which of its members it has, before that is filled in. */
void libxl_channelinfo_init_connection(libxl_channelinfo *p, libxl_channel_connection connection);
void libxl_device_channel_init_connection(libxl_device_channel *p, libxl_channel_connection connection);
void libxl_device_usbdev_init_type(libxl_device_usbdev *p, libxl_usbdev_type type);
void libxl_domain_build_info_init_type(libxl_domain_build_info *p, libxl_domain_type type);
void libxl_event_init_type(libxl_event *p, libxl_event_type type);
void libxl_psr_hw_info_init_type(libxl_psr_hw_info *p, libxl_psr_feat_type type);

#endif
