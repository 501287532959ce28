/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel file of arbitrary bytes. Beyond the sanitizers: what is accepted lies in the file and below 4 GiB, in order and
 * apart, and the entry is in it. Small ones are unpacked too: large ones might be large indeed.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "light/build/kernel_image.h"
#include "light/build/kernel_unpack.h"

#define UNPACKED_SIZE 1024

static void check_image(const uint8_t *elf, size_t size)
{
    struct build_error error = { 0 };
    struct kernel_image image;
    uint64_t end = 0;
    bool entered = false;

    if (kernel_image_parse("fuzz", elf, size, &image, &error)) {
        CHECK(error.code && error.text[0]);
        return;
    }
    CHECK(image.nr_segments > 0 && image.nr_segments <= KERNEL_SEGMENTS);
    CHECK(image.start == image.segments[0].paddr);
    for (unsigned i = 0; i < image.nr_segments; i++) {
        const struct kernel_segment *s = &image.segments[i];

        CHECK(s->paddr >= end && s->memsz && s->filesz <= s->memsz);
        CHECK(s->data >= elf && s->filesz <= size && (size_t)(s->data - elf) <= size - s->filesz);
        end = s->paddr + s->memsz;
        entered |= image.entry >= s->paddr && image.entry < end;
    }
    CHECK(end == image.end && end <= 1ULL << 32 && entered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kernel_payload payload;
    void *elf;
    size_t n;

    check_image(data, size);
    if (kernel_payload_find("fuzz", data, size, &payload, NULL))
        return 0;
    CHECK(payload.data >= data && payload.size <= size && (size_t)(payload.data - data) <= size - payload.size);
    if (payload.size > UNPACKED_SIZE || kernel_payload_unpack("fuzz", &payload, &elf, &n, NULL))
        return 0;
    check_image(elf, n);
    free(elf);
    return 0;
}
