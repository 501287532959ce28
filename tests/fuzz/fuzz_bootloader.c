/* SPDX-License-Identifier: GPL-2.0-only */
/* A boot loader's answer, of arbitrary bytes; what is accepted is within it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "light/bootloader.h"

static void within(const char *text, const char *all, size_t size)
{
    CHECK(!text || (text >= all && text + strlen(text) < all + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct light_bootloader_answer a = { .kernel = NULL };
    const char *why = NULL;
    int rc;

    CHECK(text);
    memcpy(text, data, size);
    rc = light_bootloader_parse(text, size, &a, &why);
    CHECK(rc == 0 || (rc == -EINVAL && why && !a.kernel));
    if (rc == 0) {
        CHECK(a.kernel && a.kernel[0] == '/' && (!a.ramdisk || a.ramdisk[0] == '/'));
        within(a.kernel, text, size);
        within(a.ramdisk, text, size);
        within(a.cmdline, text, size);
    }
    free(text);
    return 0;
}
