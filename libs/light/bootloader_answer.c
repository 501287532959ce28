/* SPDX-License-Identifier: LGPL-2.1-only */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "light/bootloader.h"

static int refuse(const char **ret_why, const char *why)
{
    *ret_why = why;
    return -EINVAL;
}

/* What follows `word` and a blank; NULL: another word. */
static const char *after(const char *item, const char *word)
{
    size_t len = strlen(word);

    return strncmp(item, word, len) == 0 && item[len] == ' ' ? item + len + 1 : NULL;
}

int light_bootloader_parse(char *text, size_t len, struct light_bootloader_answer *ret_answer, const char **ret_why)
{
    struct light_bootloader_answer a = { .kernel = NULL };
    const struct {
        const char *word;
        const char **to;
        bool path;
    } words[] = { { "kernel", &a.kernel, true }, { "ramdisk", &a.ramdisk, true }, { "args", &a.cmdline, false } };

    if (len > LIGHT_BOOTLOADER_ANSWER_MAX)
        return refuse(ret_why, "it is larger than 64 KiB");
    if (len && text[len - 1])
        return refuse(ret_why, "it is cut off: its last part does not end with NUL");
    text[len] = '\0';
    for (const char *item = text; item < text + len; item += strlen(item) + 1) {
        for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            const char *value = after(item, words[i].word);

            if (!value)
                continue;
            if (*words[i].to)
                return refuse(ret_why, "it says the same twice");
            if (words[i].path && (value[0] != '/' || strlen(value) >= PATH_MAX))
                return refuse(ret_why, "a file in it is not an absolute path");
            *words[i].to = value;
        }
    }
    if (!a.kernel)
        return refuse(ret_why, "it names no kernel");
    *ret_answer = a;
    return 0;
}
