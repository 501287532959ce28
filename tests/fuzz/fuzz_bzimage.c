/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel file of arbitrary bytes: payload search, decompression, ELF parsing. */
#include <stddef.h>
#include <stdint.h>

#include "bzimage.h"
#include "elf_load.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(64) uint8_t arena[256 << 10], out[64 << 10];
    static volatile uint8_t sink;
    struct kernel_payload payload;
    struct elf_image img;
    const void *elf;
    const char *why;
    size_t elf_size;

    if (kernel_find_payload(data, size, &payload, &why) < 0 ||
        kernel_unpack(&payload, out, sizeof(out), arena, sizeof(arena), &elf, &elf_size, &why) < 0 ||
        elf_parse(elf, elf_size, &img, &why) < 0)
        return 0;
    for (unsigned i = 0; i < img.nr_segments; i++)
        if (img.segment[i].filesz) /* both ends of what would be copied are inside the file */
            sink = img.file[img.segment[i].offset] + img.file[img.segment[i].offset + img.segment[i].filesz - 1];
    (void)sink;
    return 0;
}
