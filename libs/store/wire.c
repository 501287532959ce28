/* SPDX-License-Identifier: LGPL-2.1-only */
#include "store/wire.h"

#include <stdio.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

_Static_assert(sizeof(struct xsd_sockmsg) == 16, "the header is 16 bytes on the wire");
_Static_assert(offsetof(struct xenstore_domain_interface, req_cons) == 2048, "layout of the shared page");
_Static_assert(offsetof(struct xenstore_domain_interface, error) == 2072, "layout of the shared page");

static const char *const type_names[XS_TYPE_COUNT] = {
    [XS_CONTROL] = "CONTROL",
    [XS_DIRECTORY] = "DIRECTORY",
    [XS_READ] = "READ",
    [XS_GET_PERMS] = "GET_PERMS",
    [XS_WATCH] = "WATCH",
    [XS_UNWATCH] = "UNWATCH",
    [XS_TRANSACTION_START] = "TRANSACTION_START",
    [XS_TRANSACTION_END] = "TRANSACTION_END",
    [XS_INTRODUCE] = "INTRODUCE",
    [XS_RELEASE] = "RELEASE",
    [XS_GET_DOMAIN_PATH] = "GET_DOMAIN_PATH",
    [XS_WRITE] = "WRITE",
    [XS_MKDIR] = "MKDIR",
    [XS_RM] = "RM",
    [XS_SET_PERMS] = "SET_PERMS",
    [XS_WATCH_EVENT] = "WATCH_EVENT",
    [XS_ERROR] = "ERROR",
    [XS_IS_DOMAIN_INTRODUCED] = "IS_DOMAIN_INTRODUCED",
    [XS_RESUME] = "RESUME",
    [XS_SET_TARGET] = "SET_TARGET",
    [XS_RESET_WATCHES] = "RESET_WATCHES",
    [XS_DIRECTORY_PART] = "DIRECTORY_PART",
};

const char *wire_type_name(uint32_t type)
{
    return type < ARRAY_SIZE(type_names) ? type_names[type] : NULL;
}

const char *wire_error_name(int error)
{
    for (size_t i = 0; i < ARRAY_SIZE(xsd_errors); i++)
        if (xsd_errors[i].errnum == error)
            return xsd_errors[i].errstring;
    return "EINVAL";
}

int wire_error_number(const void *payload, size_t len)
{
    size_t name_len = strnlen(payload, len);

    for (size_t i = 0; i < ARRAY_SIZE(xsd_errors); i++)
        if (strlen(xsd_errors[i].errstring) == name_len && !memcmp(xsd_errors[i].errstring, payload, name_len))
            return xsd_errors[i].errnum;
    return EINVAL;
}

const char *wire_string(const void *payload, size_t len, size_t *pos)
{
    const char *s = (const char *)payload + *pos;
    const char *end;

    if (*pos >= len)
        return NULL;
    end = memchr(s, 0, len - *pos);
    if (!end)
        return NULL;
    *pos += (size_t)(end - s) + 1;
    return s;
}

size_t wire_count_strings(const void *payload, size_t len)
{
    size_t pos = 0, n = 0;

    while (wire_string(payload, len, &pos))
        n++;
    return n;
}

int wire_parse_u32(const char *s, uint32_t max, uint32_t *ret_value)
{
    uint64_t value = 0;

    if (!*s)
        return -EINVAL;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return -EINVAL;
        value = value * 10 + (uint64_t)(*s - '0');
        if (value > max)
            return -EINVAL;
    }
    *ret_value = (uint32_t)value;
    return 0;
}

/* Each path of each request is looked at byte by byte: a table costs half of comparisons. */
static const bool name_char[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true, ['_'] = true, ['@'] = true,
};

static const char *name_end(const char *name)
{
    while (name_char[(unsigned char)*name])
        name++;
    return name;
}

enum wire_path_kind wire_path_kind(const char *path)
{
    size_t max = path[0] == '/' ? XENSTORE_ABS_PATH_MAX : XENSTORE_REL_PATH_MAX;
    const char *name = path + (path[0] == '/'), *end = name_end(name);

    while (*end == '/' && end > name) {
        name = end + 1;
        end = name_end(name);
    }
    if (*end || (end == name && strcmp(path, "/")) || (size_t)(end - path) > max)
        return WIRE_PATH_NONE;
    if (path[0] == '@')
        return WIRE_PATH_SPECIAL;
    return path[0] == '/' ? WIRE_PATH_ABSOLUTE : WIRE_PATH_RELATIVE;
}

static const struct {
    char letter;
    unsigned perms;
} perm_letters[] = {
    { 'n', XS_PERM_NONE },
    { 'r', XS_PERM_READ },
    { 'w', XS_PERM_WRITE },
    { 'b', XS_PERM_READ | XS_PERM_WRITE },
};

int wire_parse_perm(const char *s, struct xs_permissions *ret_perm)
{
    for (size_t i = 0; i < ARRAY_SIZE(perm_letters); i++) {
        uint32_t id;

        if (s[0] != perm_letters[i].letter)
            continue;
        if (wire_parse_u32(s + 1, UINT32_MAX, &id))
            return -EINVAL;
        ret_perm->id = id;
        ret_perm->perms = perm_letters[i].perms;
        return 0;
    }
    return -EINVAL;
}

int wire_format_perm(const struct xs_permissions *perm, char *ret_text, size_t size)
{
    unsigned perms = perm->perms & ~XS_PERM_IGNORE;

    for (size_t i = 0; i < ARRAY_SIZE(perm_letters); i++) {
        char text[WIRE_PERM_MAX];
        int n;

        if (perms != perm_letters[i].perms)
            continue;
        n = snprintf(text, sizeof(text), "%c%u", perm_letters[i].letter, perm->id);
        if (n < 0 || (size_t)n >= size)
            return -EINVAL;
        memcpy(ret_text, text, (size_t)n + 1);
        return 0;
    }
    return -EINVAL;
}

int wire_format_perms(const struct xs_permissions *perms, size_t n, char *ret_text, size_t size, size_t *ret_len)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        if (size - len < WIRE_PERM_MAX)
            return -E2BIG;
        if (wire_format_perm(&perms[i], ret_text + len, size - len))
            return -EINVAL;
        len += strlen(ret_text + len) + 1;
    }
    *ret_len = len;
    return 0;
}
