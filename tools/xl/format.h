/* SPDX-License-Identifier: GPL-2.0-only */
/* What xl prints: names of domains, sets as ranges, JSON. */
#ifndef XL_FORMAT_H
#define XL_FORMAT_H

#include <libxl.h>
#include <stdbool.h>
#include <stdint.h>
#include <yajl/yajl_gen.h>

/* A JSON text. Keys are NULL in arrays; a begin without a key begins in an array, or the text. */
struct json {
    yajl_gen gen;
};

void json_init(struct json *j);
void json_array(struct json *j, const char *key);
void json_object(struct json *j, const char *key);
void json_text(struct json *j, const char *key, const char *text); /* NULL: null */
void json_number(struct json *j, const char *key, int64_t number);
void json_bool(struct json *j, const char *key, bool value);
void json_config(struct json *j, const char *key, libxl_domain_config *config);
void json_array_end(struct json *j);
void json_object_end(struct json *j);
/* Prints it, and ends it. */
void json_print(struct json *j);

/*
 * The frame of a listing: json, a text that begins with an array, which is returned; else a line above the table (NULL: none),
 * and NULL. Rows go into what was returned.
 */
struct json *rows_begin(struct json *room, bool json, const char *head);
void rows_end(struct json *j);

/* 0-2,5; "all" when every one of the first n is in it; "none". To a buffer, cut where that ends. */
const char *format_set(const libxl_bitmap *map, int n, char *buffer, size_t size);

/* The domain's name, to be freed; "(null)" as stock has it when it has none. */
char *format_name(libxl_ctx *ctx, uint32_t domid);

const char *format_uuid(const libxl_uuid *uuid, char buffer[37]);

#endif
