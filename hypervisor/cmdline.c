/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's command line. */
#include "hv.h"
#include "lib.h"

struct host host;

/* The value of one blank-separated word if it is `name` or `name=value`; NULL. */
static const char *word_value(const char *word, size_t len, const char *name, size_t *ret_len)
{
    size_t n = strlen(name);

    if (len < n || strncmp(word, name, n))
        return NULL;
    if (len == n) {
        *ret_len = 0;
        return word + n;
    }
    if (word[n] != '=')
        return NULL;
    *ret_len = len - n - 1;
    return word + n + 1;
}

static size_t word_length(const char *s)
{
    size_t len = 0;
    while (s[len] && s[len] != ' ' && s[len] != '\t')
        len++;
    return len;
}

/* Last word with this name: its value, its length, and where the word begins. */
static const char *find_last(const char *name, size_t *ret_len, const char **ret_word)
{
    const char *found = NULL, *s = host.cmdline;

    while (*s) {
        size_t len = word_length(s), value_len = 0;
        const char *value = len ? word_value(s, len, name, &value_len) : NULL;
        if (value) {
            found = value;
            *ret_len = value_len;
            *ret_word = s;
        }
        s += len;
        while (*s == ' ' || *s == '\t')
            s++;
    }
    return found;
}

bool cmdline_get(const char *name, char *ret_value, size_t size)
{
    const char *word;
    size_t len = 0;
    const char *value = find_last(name, &len, &word);

    if (!value)
        return false;
    if (!size)
        return true;
    if (len >= size)
        len = size - 1;
    memcpy(ret_value, value, len);
    ret_value[len] = 0;
    return true;
}

static bool is_one_of(const char *s, const char *const *words)
{
    for (; *words; words++) {
        if (!strcmp(s, *words))
            return true;
    }
    return false;
}

bool cmdline_bool(const char *name, bool dflt)
{
    static const char *const yes[] = { "", "on", "1", "yes", "true", "enable", NULL };
    static const char *const no[] = { "off", "0", "no", "false", "disable", NULL };
    char value[16], negated[64];
    const char *plain_word = NULL, *negated_word = NULL;
    size_t len;

    snprintf(negated, sizeof(negated), "no-%s", name);
    find_last(negated, &len, &negated_word);
    find_last(name, &len, &plain_word);
    if (negated_word && (!plain_word || negated_word > plain_word))
        return false;
    if (!plain_word || !cmdline_get(name, value, sizeof(value)))
        return dflt;
    if (is_one_of(value, yes))
        return true;
    return is_one_of(value, no) ? false : dflt;
}

uint64_t cmdline_size(const char *name, uint64_t dflt)
{
    char value[32];
    const char *end;
    uint64_t size;

    if (!cmdline_get(name, value, sizeof(value)))
        return dflt;
    size = parse_size(value, &end, 20);
    return end == value || *end ? dflt : size;
}
