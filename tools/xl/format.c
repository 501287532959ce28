/* SPDX-License-Identifier: GPL-2.0-only */
#include "xl/format.h"

#include <stdio.h>
#include <string.h>

#include <libxl_json.h>
#include <libxl_utils.h>

#include "xl/xl.h"

static void put_key(struct json *j, const char *key)
{
    if (key)
        yajl_gen_string(j->gen, (const unsigned char *)key, strlen(key));
}

void json_init(struct json *j)
{
    j->gen = yajl_gen_alloc(NULL);
    if (j->gen) {
        yajl_gen_config(j->gen, yajl_gen_beautify, 1);
        yajl_gen_config(j->gen, yajl_gen_indent_string, "    ");
    }
}

void json_array(struct json *j, const char *key)
{
    put_key(j, key);
    yajl_gen_array_open(j->gen);
}

void json_object(struct json *j, const char *key)
{
    put_key(j, key);
    yajl_gen_map_open(j->gen);
}

void json_text(struct json *j, const char *key, const char *text)
{
    put_key(j, key);
    if (text)
        yajl_gen_string(j->gen, (const unsigned char *)text, strlen(text));
    else
        yajl_gen_null(j->gen);
}

void json_number(struct json *j, const char *key, int64_t number)
{
    put_key(j, key);
    yajl_gen_integer(j->gen, number);
}

void json_bool(struct json *j, const char *key, bool value)
{
    put_key(j, key);
    yajl_gen_bool(j->gen, value);
}

void json_config(struct json *j, const char *key, libxl_domain_config *config)
{
    put_key(j, key);
    libxl_domain_config_gen_json(j->gen, config);
}

void json_array_end(struct json *j)
{
    yajl_gen_array_close(j->gen);
}

void json_object_end(struct json *j)
{
    yajl_gen_map_close(j->gen);
}

void json_print(struct json *j)
{
    const unsigned char *text;
    size_t len;

    if (!yajl_gen_get_buf(j->gen, &text, &len))
        fwrite(text, 1, len, stdout);
    yajl_gen_free(j->gen);
}

struct json *rows_begin(struct json *room, bool json, const char *head)
{
    if (json) {
        json_init(room);
        json_array(room, NULL);
        return room;
    }
    if (head)
        puts(head);
    return NULL;
}

void rows_end(struct json *j)
{
    if (!j)
        return;
    json_array_end(j);
    json_print(j);
}

const char *format_set(const libxl_bitmap *map, int n, char *buffer, size_t size)
{
    size_t len = 0;
    int set = 0, max = n && (size_t)n < map->size * 8 ? n : (int)(map->size * 8);

    buffer[0] = '\0';
    for (int i = 0; i < max; i++) {
        int last = i;

        if (!libxl_bitmap_test(map, i))
            continue;
        while (last + 1 < max && libxl_bitmap_test(map, last + 1))
            last++;
        set += last + 1 - i;
        if (len < size)
            len += (size_t)snprintf(buffer + len, size - len, last > i ? "%s%d-%d" : "%s%d", len ? "," : "", i, last);
        i = last;
    }
    if (n && set == n)
        return "all";
    return len ? buffer : "none";
}

char *format_name(libxl_ctx *ctx, uint32_t domid)
{
    char *name = libxl_domid_to_name(ctx, domid);

    return name ? name : xl_strdup("(null)");
}

const char *format_uuid(const libxl_uuid *uuid, char buffer[37])
{
    snprintf(buffer, 37, LIBXL_UUID_FMT, LIBXL_UUID_BYTES(*uuid));
    return buffer;
}
