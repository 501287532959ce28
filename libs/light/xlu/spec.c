/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/xlu/spec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

int xlu_spec_wrong(const struct xlu_spec *spec, const struct xlu_part *part, const char *format, ...)
{
    char what[200];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (part)
        xlu_say(spec->cfg, NULL, "%s `%s': column %zu: `%.*s': %s", spec->kind, spec->text,
                (size_t)(part->text - spec->text) + 1, part->len < 60 ? (int)part->len : 60, part->text, what);
    else
        xlu_say(spec->cfg, NULL, "%s `%s': %s", spec->kind, spec->text, what);
    return EINVAL;
}

int xlu_spec_unknown(const struct xlu_spec *spec, const struct xlu_part *part, const char *what,
                     const struct xlu_word *words)
{
    struct nearest near;

    nearest_init(&near, part->text, part->len);
    for (const struct xlu_word *w = words; w->word; w++)
        nearest_offer(&near, w->word);
    return near.best ? xlu_spec_wrong(spec, part, "no such %s; `%s' is one", what, near.best)
                     : xlu_spec_wrong(spec, part, "no such %s", what);
}

bool xlu_spec_next(struct xlu_spec *spec, struct xlu_part *ret_part)
{
    if (!*spec->at)
        return false;
    *ret_part = (struct xlu_part){ spec->at, strcspn(spec->at, ",") };
    spec->at += ret_part->len;
    if (*spec->at)
        spec->at++;
    return true;
}

bool xlu_part_is(const struct xlu_part *part, const char *word)
{
    return strlen(word) == part->len && !memcmp(word, part->text, part->len);
}

bool xlu_part_split(const struct xlu_part *part, struct xlu_part *ret_key, struct xlu_part *ret_value)
{
    const char *equals = memchr(part->text, '=', part->len);

    if (!equals)
        return false;
    *ret_key = (struct xlu_part){ part->text, (size_t)(equals - part->text) };
    *ret_value = (struct xlu_part){ equals + 1, part->len - ret_key->len - 1 };
    return true;
}

const struct xlu_word *xlu_word_find(const struct xlu_word *words, const struct xlu_part *part)
{
    for (const struct xlu_word *w = words; w->word; w++)
        if (xlu_part_is(part, w->word))
            return w;
    return NULL;
}

bool xlu_part_number(const struct xlu_part *part, int base, unsigned long max, unsigned long *ret_number)
{
    char digits[32], *end;
    unsigned long number;

    if (!part->len || part->len >= sizeof(digits) || part->text[0] == '-' || part->text[0] == '+' ||
        part->text[0] == ' ' || part->text[0] == '\t')
        return false;
    memcpy(digits, part->text, part->len);
    digits[part->len] = '\0';
    errno = 0;
    number = strtoul(digits, &end, base);
    if (errno || *end || end == digits || number > max)
        return false;
    *ret_number = number;
    return true;
}

int xlu_part_replace(char **text, const struct xlu_part *part)
{
    char *copy = xlu_copy(part->text, part->len);

    if (!copy)
        return ENOMEM;
    free(*text);
    *text = copy;
    return 0;
}
