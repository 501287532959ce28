/* SPDX-License-Identifier: GPL-2.0-only */
/* Values and paths as text. */
#include "xenstore/xenstore.h"

#include <stdlib.h>
#include <string.h>

int path_join(char *ret_path, const char *path, const char *name)
{
    const char *slash = path[0] && path[strlen(path) - 1] == '/' ? "" : "/";
    int n = snprintf(ret_path, XENSTORE_ABS_PATH_MAX + 1, "%s%s%s", path, slash, name);

    return n < 0 || n > XENSTORE_ABS_PATH_MAX ? -ENAMETOOLONG : 0;
}

static char escape_letter(unsigned char c)
{
    switch (c) {
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\\':
        return '\\';
    }
    return 0;
}

char *value_escape(const char *value, unsigned len)
{
    char *text = malloc(len * (size_t)4 + 1), *p = text;

    if (!text)
        return NULL;
    for (unsigned i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];

        if (escape_letter(c))
            p += sprintf(p, "\\%c", escape_letter(c));
        else if (c >= ' ' && c < 0x7f)
            *p++ = (char)c;
        else
            p += sprintf(p, c < 8 ? "\\%03o" : "\\x%02x", c);
    }
    *p = 0;
    return text;
}

/* Up to `max` digits of a base; moves *text behind them. */
static unsigned digits(const char **text, int max, unsigned base)
{
    static const char all[] = "0123456789abcdef";
    unsigned value = 0;

    for (; max > 0 && **text; max--, (*text)++) {
        char c = **text >= 'A' && **text <= 'F' ? (char)(**text - 'A' + 'a') : **text;
        const char *digit = memchr(all, c, base);

        if (!digit)
            break;
        value = value * base + (unsigned)(digit - all);
    }
    return value;
}

static char unescape_one(const char **text)
{
    char c = *(*text)++;

    switch (c) {
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 'x':
        if (strspn(*text, "0123456789abcdefABCDEF"))
            return (char)digits(text, 2, 16);
        return 'x';
    case 0: /* a backslash at the end stands for a NUL */
        (*text)--;
        return 0;
    }
    if (c >= '0' && c <= '7') {
        (*text)--;
        return (char)digits(text, 3, 8);
    }
    return c;
}

size_t value_unescape(char *text)
{
    const char *from = text;
    char *to = text;

    while (*from) {
        if (*from == '\\') {
            from++;
            *to++ = unescape_one(&from);
        } else {
            *to++ = *from++;
        }
    }
    return (size_t)(to - text);
}
