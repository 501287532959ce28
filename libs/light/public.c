/* SPDX-License-Identifier: LGPL-2.1-only */
/* The functions that every public type has: names for the walks of type.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ctx.h"
#include "type.h"

static void cleanup_gen(yajl_gen *gen)
{
    if (*gen)
        yajl_gen_free(*gen);
}

static char *to_json(const struct light_type *t, const void *p)
{
    yajl_gen gen _cleanup_(cleanup_gen) = libxl_yajl_gen_alloc(NULL);
    const unsigned char *text;
    size_t len;

    if (!gen || light_gen(t, gen, p) != yajl_gen_status_ok || yajl_gen_get_buf(gen, &text, &len) != yajl_gen_status_ok)
        return NULL;
    return strndup((const char *)text, len);
}

static int from_json(libxl_ctx *ctx, const struct light_type *t, void *p, const char *text)
{
    struct json_error error = {"", ""};
    int rc = light_parse(t, p, text, strlen(text), &error);

    if (rc == -ENOMEM) {
        light_log(ctx, XTL_ERROR, ENOMEM, "cannot read the JSON of a %s", t->name);
        return ERROR_NOMEM;
    }
    if (rc)
        light_log(ctx, XTL_ERROR, -1, "JSON of a %s: %s%s%s", t->name, error.where, error.where[0] ? " " : "",
                  error.what);
    return rc ? ERROR_FAIL : 0;
}

static void copy(libxl_ctx *ctx, const struct light_type *t, void *dst, const void *src)
{
    if (light_copy(t, dst, src))
        light_no_memory(ctx);
}

#define DEFINE_ENUM(T)                                                  \
    const char *T##_to_string(T p)                                      \
    {                                                                   \
        return light_word(&T##_desc, p);                                \
    }                                                                   \
                                                                        \
    int T##_from_string(const char *s, T *e)                            \
    {                                                                   \
        int value;                                                      \
                                                                        \
        if (light_word_value(&T##_desc, s, &value))                     \
            return ERROR_FAIL;                                          \
        *e = (T)value;                                                  \
        return 0;                                                       \
    }                                                                   \
                                                                        \
    yajl_gen_status T##_gen_json(yajl_gen hand, T *p)                   \
    {                                                                   \
        return light_gen(&T##_desc, hand, p);                           \
    }                                                                   \
                                                                        \
    char *T##_to_json(libxl_ctx *ctx, T p)                              \
    {                                                                   \
        (void)ctx;                                                      \
        return to_json(&T##_desc, &p);                                  \
    }                                                                   \
                                                                        \
    int T##_from_json(libxl_ctx *ctx, T *p, const char *s)              \
    {                                                                   \
        return from_json(ctx, &T##_desc, p, s);                         \
    }

#define DEFINE_PLAIN_STRUCT(T)                                          \
    void T##_init(T *p)                                                 \
    {                                                                   \
        light_init(&T##_desc, p);                                       \
    }                                                                   \
                                                                        \
    void T##_copy(libxl_ctx *ctx, T *dst, const T *src)                 \
    {                                                                   \
        copy(ctx, &T##_desc, dst, src);                                 \
    }                                                                   \
                                                                        \
    yajl_gen_status T##_gen_json(yajl_gen hand, T *p)                   \
    {                                                                   \
        return light_gen(&T##_desc, hand, p);                           \
    }                                                                   \
                                                                        \
    char *T##_to_json(libxl_ctx *ctx, T *p)                             \
    {                                                                   \
        (void)ctx;                                                      \
        return to_json(&T##_desc, p);                                   \
    }                                                                   \
                                                                        \
    int T##_from_json(libxl_ctx *ctx, T *p, const char *s)              \
    {                                                                   \
        return from_json(ctx, &T##_desc, p, s);                         \
    }

#define DEFINE_STRUCT(T)                                                \
    DEFINE_PLAIN_STRUCT(T)                                              \
                                                                        \
    void T##_dispose(T *p)                                              \
    {                                                                   \
        if (p)                                                          \
            light_dispose(&T##_desc, p);                                \
    }

LIBXL__ENUMS(DEFINE_ENUM)
LIBXL__PLAIN_STRUCTS(DEFINE_PLAIN_STRUCT)
LIBXL__STRUCTS(DEFINE_STRUCT)

/* --- unions --- */
void libxl_channelinfo_init_connection(libxl_channelinfo *p, libxl_channel_connection connection)
{
    light_init_union(&libxl_channelinfo_desc, p, "connection", connection);
}

void libxl_device_channel_init_connection(libxl_device_channel *p, libxl_channel_connection connection)
{
    light_init_union(&libxl_device_channel_desc, p, "connection", connection);
}

void libxl_device_usbdev_init_type(libxl_device_usbdev *p, libxl_usbdev_type type)
{
    light_init_union(&libxl_device_usbdev_desc, p, "type", type);
}

void libxl_domain_build_info_init_type(libxl_domain_build_info *p, libxl_domain_type type)
{
    light_init_union(&libxl_domain_build_info_desc, p, "type", type);
}

void libxl_event_init_type(libxl_event *p, libxl_event_type type)
{
    light_init_union(&libxl_event_desc, p, "type", type);
}

void libxl_psr_hw_info_init_type(libxl_psr_hw_info *p, libxl_psr_feat_type type)
{
    light_init_union(&libxl_psr_hw_info_desc, p, "type", type);
}
