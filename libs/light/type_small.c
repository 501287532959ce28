/* SPDX-License-Identifier: LGPL-2.1-only */
/* The library's small types as parts of larger ones. What else they can do is in small.c, list.c and bitmap.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "small.h"
#include "type.h"

/* A type whose value is one string in JSON. */
static yajl_gen_status gen_text(yajl_gen gen, const char *text)
{
    return yajl_gen_string(gen, (const unsigned char *)text, strlen(text));
}

/* --- defbool --- */
yajl_gen_status libxl_defbool_gen_json(yajl_gen hand, libxl_defbool *p)
{
    return gen_text(hand, libxl_defbool_to_string(*p));
}

static yajl_gen_status defbool_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    (void)t;
    return gen_text(gen, libxl_defbool_to_string(*(const libxl_defbool *)p));
}

static int defbool_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    const char *text = node->kind == JSON_BOOL ? (node->truth ? "True" : "False") : node->text;

    (void)t;
    if (node->kind == JSON_BOOL || node->kind == JSON_STRING) {
        if (!strcmp(text, "True"))
            libxl_defbool_set(p, true);
        else if (!strcmp(text, "False"))
            libxl_defbool_set(p, false);
        else if (!strcmp(text, "<default>"))
            libxl_defbool_unset(p);
        else
            return json_fail(error, "\"%.60s\" is not True, False or <default>", text);
        return 0;
    }
    return json_want(node, JSON_STRING, error);
}

static const struct light_ops defbool_ops = {light_is_zero,    light_init_zero, light_dispose_nothing,
                                             light_copy_bytes, defbool_gen,     defbool_parse};
const struct light_type light_defbool = {.name = "libxl_defbool", .size = sizeof(libxl_defbool), .ops = &defbool_ops};

/* --- UUID --- */
yajl_gen_status libxl_uuid_gen_json(yajl_gen hand, libxl_uuid *p)
{
    char text[LIBXL_UUID_FMTLEN + 1];

    snprintf(text, sizeof(text), LIBXL_UUID_FMT, LIBXL_UUID_BYTES(*p));
    return gen_text(hand, text);
}

static yajl_gen_status uuid_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    libxl_uuid uuid = *(const libxl_uuid *)p;

    (void)t;
    return libxl_uuid_gen_json(gen, &uuid);
}

static int uuid_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    int rc = json_want(node, JSON_STRING, error);

    (void)t;
    if (!rc && libxl_uuid_from_string(p, node->text))
        rc = json_fail(error, "\"%.60s\" is no UUID", node->text);
    return rc;
}

static const struct light_ops uuid_ops = {light_is_zero,    light_init_zero, light_dispose_nothing,
                                          light_copy_bytes, uuid_gen,        uuid_parse};
const struct light_type light_uuid = {.name = "libxl_uuid", .size = sizeof(libxl_uuid), .ops = &uuid_ops};

/* --- MAC address --- */
yajl_gen_status libxl_mac_gen_json(yajl_gen hand, libxl_mac *p)
{
    char text[LIBXL_MAC_FMTLEN + 1];

    snprintf(text, sizeof(text), LIBXL_MAC_FMT, LIBXL_MAC_BYTES((*p)));
    return gen_text(hand, text);
}

static yajl_gen_status mac_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    libxl_mac mac;

    (void)t;
    memcpy(mac, p, sizeof(mac));
    return libxl_mac_gen_json(gen, &mac);
}

static int mac_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    int rc = json_want(node, JSON_STRING, error);

    (void)t;
    if (!rc && light_mac_parse(node->text, p))
        rc = json_fail(error, "\"%.60s\" is no MAC address", node->text);
    return rc;
}

static const struct light_ops mac_ops = {light_is_zero,    light_init_zero, light_dispose_nothing,
                                         light_copy_bytes, mac_gen,         mac_parse};
const struct light_type light_mac = {.name = "libxl_mac", .size = sizeof(libxl_mac), .ops = &mac_ops};

/* --- generation id: a list of bytes --- */
yajl_gen_status libxl_ms_vm_genid_gen_json(yajl_gen hand, libxl_ms_vm_genid *p)
{
    yajl_gen_status s = yajl_gen_array_open(hand);
    size_t i;

    for (i = 0; i < sizeof(p->bytes) && s == yajl_gen_status_ok; i++)
        s = yajl_gen_integer(hand, p->bytes[i]);
    return s == yajl_gen_status_ok ? yajl_gen_array_close(hand) : s;
}

static yajl_gen_status genid_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    libxl_ms_vm_genid id = *(const libxl_ms_vm_genid *)p;

    (void)t;
    return libxl_ms_vm_genid_gen_json(gen, &id);
}

/* min to max numbers of that type, in a row. */
static int parse_row(const struct light_type *of, void *p, size_t min, size_t max, const struct json_node *node,
                     struct json_error *error)
{
    const struct json_node *n;
    int rc = json_want(node, JSON_ARRAY, error);
    size_t i = 0;

    if (!rc && (node->count < min || node->count > max))
        rc = json_fail(error, "has %zu entries, %zu are wanted", node->count, min);
    for (n = rc ? NULL : node->first; n && !rc; n = n->next, i++) {
        rc = of->ops->parse(of, (char *)p + i * of->size, n, error);
        if (rc)
            json_inside_entry(error, i);
    }
    return rc;
}

static int genid_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    (void)t;
    return parse_row(&light_u8, p, LIBXL_MS_VM_GENID_LEN, LIBXL_MS_VM_GENID_LEN, node, error);
}

static const struct light_ops genid_ops = {light_is_zero,    light_init_zero, light_dispose_nothing,
                                           light_copy_bytes, genid_gen,       genid_parse};
const struct light_type light_genid = {
    .name = "libxl_ms_vm_genid", .size = sizeof(libxl_ms_vm_genid), .ops = &genid_ops};

/* --- hardware capabilities: JSON has the first four words, and always --- */
#define HWCAP_SHOWN 4

yajl_gen_status libxl_hwcap_gen_json(yajl_gen hand, libxl_hwcap *p)
{
    yajl_gen_status s = yajl_gen_array_open(hand);
    int i;

    for (i = 0; i < HWCAP_SHOWN && s == yajl_gen_status_ok; i++)
        s = yajl_gen_integer(hand, (*p)[i]);
    return s == yajl_gen_status_ok ? yajl_gen_array_close(hand) : s;
}

static yajl_gen_status hwcap_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    libxl_hwcap cap;

    (void)t;
    memcpy(cap, p, sizeof(cap));
    return libxl_hwcap_gen_json(gen, &cap);
}

static int hwcap_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    (void)t;
    return parse_row(&light_u32, p, HWCAP_SHOWN, sizeof(libxl_hwcap) / sizeof(uint32_t), node, error);
}

static bool never_initial(const struct light_type *t, const void *p, uint64_t initial)
{
    (void)t;
    (void)p;
    (void)initial;
    return false;
}

static const struct light_ops hwcap_ops = {never_initial,    light_init_zero, light_dispose_nothing,
                                           light_copy_bytes, hwcap_gen,       hwcap_parse};
const struct light_type light_hwcap = {.name = "libxl_hwcap", .size = sizeof(libxl_hwcap), .ops = &hwcap_ops};

/* --- lists of strings --- */
static bool list_is_empty(const struct light_type *t, const void *p, uint64_t initial)
{
    char **list = *(char **const *)p;

    (void)t;
    (void)initial;
    return !list || !list[0];
}

static void list_dispose(const struct light_type *t, void *p)
{
    (void)t;
    libxl_string_list_dispose(p);
}

static int list_copy(const struct light_type *t, void *dst, const void *src)
{
    (void)t;
    return light_list_copy(*(char **const *)src, dst);
}

yajl_gen_status libxl_string_list_gen_json(yajl_gen hand, libxl_string_list *p)
{
    yajl_gen_status s = yajl_gen_array_open(hand);
    int i, n = libxl_string_list_length(p);

    for (i = 0; i < n && s == yajl_gen_status_ok; i++)
        s = gen_text(hand, (*p)[i]);
    return s == yajl_gen_status_ok ? yajl_gen_array_close(hand) : s;
}

static yajl_gen_status string_list_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    libxl_string_list list = *(const libxl_string_list *)p;

    (void)t;
    return libxl_string_list_gen_json(gen, &list);
}

static int string_list_parse(const struct light_type *t, void *p, const struct json_node *node,
                             struct json_error *error)
{
    const struct json_node *n;
    int rc = json_want(node, JSON_ARRAY, error);
    size_t i = 0;
    char **list;

    if (rc || !node->count)
        return rc;
    list = calloc(node->count + 1, sizeof(*list));
    if (!list)
        return -ENOMEM;
    memcpy(p, &list, sizeof(list));
    for (n = node->first; n && !rc; n = n->next, i++) {
        rc = light_string.ops->parse(&light_string, &list[i], n, error);
        if (rc)
            json_inside_entry(error, i);
    }
    (void)t;
    return rc;
}

static const struct light_ops string_list_ops = {list_is_empty, light_init_zero, list_dispose,
                                                 list_copy,     string_list_gen, string_list_parse};
const struct light_type light_string_list = {
    .name = "libxl_string_list", .size = sizeof(libxl_string_list), .ops = &string_list_ops};

/* --- keys and values: an object --- */
yajl_gen_status libxl_key_value_list_gen_json(yajl_gen hand, libxl_key_value_list *p)
{
    yajl_gen_status s = yajl_gen_map_open(hand);
    int i, n = libxl_key_value_list_length(p) * 2;

    for (i = 0; i < n && s == yajl_gen_status_ok; i++)
        s = gen_text(hand, (*p)[i]);
    return s == yajl_gen_status_ok ? yajl_gen_map_close(hand) : s;
}

static yajl_gen_status key_value_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    libxl_key_value_list list = *(const libxl_key_value_list *)p;

    (void)t;
    return libxl_key_value_list_gen_json(gen, &list);
}

static int key_value_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    const struct json_node *n;
    int rc = json_want(node, JSON_OBJECT, error);
    size_t i = 0;
    char **list;

    if (rc || !node->count)
        return rc;
    list = calloc(node->count * 2 + 1, sizeof(*list));
    if (!list)
        return -ENOMEM;
    memcpy(p, &list, sizeof(list));
    for (n = node->first; n && !rc; n = n->next, i += 2) {
        list[i] = strdup(n->key);
        if (!list[i])
            return -ENOMEM;
        rc = light_string.ops->parse(&light_string, &list[i + 1], n, error);
        if (rc)
            json_inside(error, n->key);
    }
    (void)t;
    return rc;
}

static const struct light_ops key_value_ops = {list_is_empty, light_init_zero, list_dispose,
                                               list_copy,     key_value_gen,   key_value_parse};
const struct light_type light_key_value_list = {
    .name = "libxl_key_value_list", .size = sizeof(libxl_key_value_list), .ops = &key_value_ops};
