/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel file: of arbitrary bytes; or one that is good, an ELF file, or that packed in some way, alone or in a bzImage,
 * cut short or with some bytes changed. Beyond the sanitizers: what is accepted lies in the file and below 4 GiB, in
 * order and apart, and the entry is in it. Small payloads are unpacked too: large ones might be large indeed.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "light/build/kernel_image.h"
#include "light/build/kernel_unpack.h"
#include "unit/kernel_packers.h"

#define UNPACKED_SIZE 1024
#define NR_GOOD (2 * (1 + 2 * NR_PACKERS))

static struct {
    uint8_t *data;
    size_t size;
} good[NR_GOOD]; /* wide and narrow: plain; packed; packed in a bzImage */

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A file of 32 bits, in the same room. */
static void narrow_make(uint8_t elf[ELF_SIZE])
{
    Elf32_Ehdr header = { .e_machine = EM_386, .e_phoff = sizeof(header), .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 3 };
    const Elf32_Phdr segments[] = {
        { .p_type = PT_LOAD, .p_offset = 0x1000, .p_paddr = ELF_PADDR, .p_filesz = 0x800, .p_memsz = 0x1000 },
        { .p_type = PT_LOAD, .p_offset = 0x1800, .p_paddr = ELF_PADDR + 0x1000, .p_filesz = 0x100, .p_memsz = 0x1000 },
        { .p_type = PT_NOTE, .p_offset = 0x100, .p_filesz = 40 },
    };
    const uint32_t notes[] = { 4, 4, 6, 0x6e6558, 0x302e33, 4, 4, 18, 0x6e6558, ELF_ENTRY };

    memset(elf, 0, ELF_SIZE);
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS32;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    memcpy(elf, &header, sizeof(header));
    memcpy(elf + sizeof(header), segments, sizeof(segments));
    memcpy(elf + 0x100, notes, sizeof(notes));
}

static void good_add(unsigned *n, const void *data, size_t size)
{
    good[*n].data = malloc(size);
    CHECK(good[*n].data);
    memcpy(good[*n].data, data, size);
    good[(*n)++].size = size;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct elf_kernel wide;
    uint8_t narrow[ELF_SIZE];
    unsigned n = 0;

    (void)argc;
    (void)argv;
    elf_kernel_make(&wide);
    narrow_make(narrow);
    for (unsigned i = 0; i < 2; i++) {
        const void *elf = i ? (const void *)narrow : &wide;

        good_add(&n, elf, ELF_SIZE);
        for (size_t k = 0; k < NR_PACKERS; k++) {
            size_t size = packers[k].pack(elf, ELF_SIZE);

            good_add(&n, packed, size);
            good_add(&n, file, bzimage_make(size));
        }
    }
    return 0;
}

static int check_image(const uint8_t *elf, size_t size)
{
    struct build_error error = { 0 };
    struct kernel_image image;
    uint64_t end = 0;
    bool entered = false;
    int err = kernel_image_parse("fuzz", elf, size, &image, &error);

    CHECK(!err == !error.code && !err == !error.text[0]);
    if (err)
        return err;
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
    return 0;
}

/* All the way to the image; 0: it can be started. */
static int check_file(const uint8_t *data, size_t size)
{
    struct kernel_payload payload;
    void *elf;
    size_t n;
    int err = kernel_payload_find("fuzz", data, size, &payload, NULL);

    if (err)
        return err;
    CHECK(payload.data >= data && payload.size <= size && (size_t)(payload.data - data) <= size - payload.size);
    if (!payload.packing)
        return check_image(payload.data, payload.size);
    if (payload.size > UNPACKED_SIZE)
        return -1;
    err = kernel_payload_unpack("fuzz", &payload, &elf, &n, NULL);
    if (err)
        return err;
    err = check_image(elf, n);
    free(elf);
    return err;
}

/*
 * The first byte: which good file. The next two: how much of its end is missing. Each three that follow change one byte;
 * most of what counts is at the beginning.
 */
static void check_changed(const uint8_t *data, size_t size)
{
    size_t which = data[0] % NR_GOOD, len = good[which].size, missing = (size_t)(data[1] | data[2] << 8);
    bool whole = missing % len == 0 && size < 6;
    uint8_t *copy;
    int err;

    len -= missing % len;
    copy = malloc(len); /* of its own, so that a byte too many is seen */
    CHECK(copy);
    memcpy(copy, good[which].data, len);
    for (data += 3, size -= 3; size >= 3; data += 3, size -= 3)
        copy[(data[0] | data[1] << 8) % len] = data[2];
    err = check_file(copy, len);
    CHECK(!whole || !err);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;

    if (size < 4)
        return 0;
    if (data[0] != 255) {
        check_changed(data, size);
        return 0;
    }
    copy = malloc(size - 1);
    CHECK(copy);
    memcpy(copy, data + 1, size - 1);
    check_image(copy, size - 1);
    check_file(copy, size - 1);
    free(copy);
    return 0;
}
