/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel files, good, damaged and hostile: kernel_unpack.c and kernel_image.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fake/fault.h"
#include "light/build/kernel_image.h"
#include "light/build/kernel_unpack.h"
#include "unit/elf_fixture.h"
#include "unit/kernel_packers.h"

static struct elf_kernel kernel;
static struct build_error error;
static uint8_t packed[4 * ELF_SIZE], file[8 * ELF_SIZE];

static int setup(void **state)
{
    (void)state;
    elf_kernel_make(&kernel);
    memset(&error, 0, sizeof(error));
    return 0;
}

/* --- unpacking --- */

static void check_unpacks(const uint8_t *data, size_t size, const char *packing)
{
    struct kernel_payload payload;
    void *elf = NULL;
    size_t n = 0;

    assert_int_equal(kernel_payload_find("k", data, size, &payload, &error), 0);
    assert_string_equal(kernel_payload_packing(&payload), packing);
    assert_int_equal(kernel_payload_unpack("k", &payload, &elf, &n, &error), 0);
    assert_int_equal(n, ELF_SIZE);
    assert_memory_equal(elf, &kernel, ELF_SIZE);
    free(elf);
    for (unsigned nth = 1;; nth++) {
        int err;

        elf = NULL;
        fault_at(FAULT_ALLOC, nth);
        err = kernel_payload_unpack("k", &payload, &elf, &n, &error);
        if (!fault_happened(FAULT_ALLOC))
            break;
        assert_int_equal(err, -ENOMEM);
        assert_null(elf);
        assert_non_null(strstr(error.text, "Cannot allocate memory"));
    }
    free(elf);
    fault_at(FAULT_ALLOC, 0);
}

static void every_packing(void **state)
{
    (void)state;
    check_unpacks((uint8_t *)&kernel, ELF_SIZE, "none");
    for (size_t i = 0; i < NR_PACKERS; i++) {
        size_t size = packers[i].pack(&kernel, ELF_SIZE);

        check_unpacks(packed, size, packers[i].name);
        check_unpacks(file, bzimage_make(size), packers[i].name);
    }
}

/* More than the first room, so that it grows; blocks of more than one in LZ4's format. */
static void large_ones(void **state)
{
    size_t size = 3 << 20;
    uint8_t *large = calloc(1, size);

    (void)state;
    memcpy(large, &kernel, ELF_SIZE);
    for (size_t i = 0; i < NR_PACKERS; i++) {
        struct kernel_payload payload;
        void *elf;
        size_t n = packers[i].pack(large, size);

        assert_int_equal(kernel_payload_find("k", packed, n, &payload, &error), 0);
        assert_int_equal(kernel_payload_unpack("k", &payload, &elf, &n, &error), 0);
        assert_int_equal(n, size);
        assert_memory_equal(elf, large, size);
        free(elf);
    }
    free(large);
}

static void cut_and_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < NR_PACKERS; i++) {
        size_t size = packers[i].pack(&kernel, ELF_SIZE);

        for (size_t left = 16; left < size - 16; left += 97) {
            struct kernel_payload payload;
            uint8_t *copy = malloc(left); /* so that a byte too many is seen */
            void *elf = NULL;
            size_t n;
            int err;

            memcpy(copy, packed, left);
            assert_int_equal(kernel_payload_find("k", copy, left, &payload, &error), 0);
            err = kernel_payload_unpack("k", &payload, &elf, &n, &error);
            if (err != -EBADMSG)
                fail_msg("%s cut at %zu: %d", packers[i].name, left, err);
            assert_non_null(strstr(error.text, packers[i].name));
            assert_null(elf);
            free(copy);
        }
    }
}

/* LZ4's blocks: of nothing, of more than there is, of more than any may have. */
static void lz4_blocks(void **state)
{
    const uint32_t sizes[] = { 0, 13, UINT32_MAX };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct kernel_payload payload;
        uint8_t data[20];
        void *elf = NULL;
        size_t n;

        memset(data, 0xff, sizeof(data));
        memcpy(data, "\x02\x21\x4c\x18", 4);
        memcpy(data + 4, &sizes[i], 4);
        assert_int_equal(kernel_payload_find("k", data, sizeof(data), &payload, &error), 0);
        assert_int_equal(kernel_payload_unpack("k", &payload, &elf, &n, &error), -EBADMSG);
        assert_string_equal(error.text, "kernel k: its lz4 data is damaged");
        assert_null(elf);
    }
}

static void not_kernels(void **state)
{
    struct kernel_payload payload = { 0 };
    size_t size = bzimage_make(pack_gzip(&kernel, ELF_SIZE));

    (void)state;
    assert_int_equal(kernel_payload_find("k", "", 0, &payload, &error), -ENOEXEC);
    assert_string_equal(error.text, "kernel k: the file is empty");
    assert_string_equal(error.step, "kernel");
    assert_int_equal(kernel_payload_find("/boot/readme", "hello", 5, &payload, &error), -ENOEXEC);
    assert_string_equal(error.text, "kernel /boot/readme: neither a bzImage nor an ELF file, plain or packed");
    assert_int_equal(kernel_payload_find("k", "\x89LZO...", 7, &payload, &error), -ENOEXEC);
    assert_string_equal(error.text, "kernel k: packed with LZO, which is not supported");
    assert_int_equal(kernel_payload_find("k", file, (size_t)1 << 30, &payload, &error), -EFBIG);
    assert_int_equal(kernel_payload_find("k", file, size - 1, &payload, &error), -ENOEXEC);
    assert_non_null(strstr(error.text, "cut short"));
    memset(file + 0x24c, 0xff, 4); /* payload_length */
    assert_int_equal(kernel_payload_find("k", file, size, &payload, &error), -ENOEXEC);
    memset(file + 0x248, 0xff, 8);
    assert_int_equal(kernel_payload_find("k", file, size, &payload, &error), -ENOEXEC);
    memset(file + 0x24c, 0, 4);
    assert_int_equal(kernel_payload_find("k", file, size, &payload, NULL), -ENOEXEC);
    bzimage_make(pack_gzip(&kernel, ELF_SIZE));
    file[0x206] = 7;
    assert_int_equal(kernel_payload_find("k", file, size, &payload, &error), -ENOEXEC);
    assert_string_equal(error.text, "kernel k: bzImage of boot protocol 2.07, 2.08 or later is needed");
    bzimage_make(pack_gzip(&kernel, ELF_SIZE));
    memset(file + 3 * 512 + 32, 0, 8);
    assert_int_equal(kernel_payload_find("k", file, size, &payload, &error), -ENOEXEC);
    assert_null(payload.data);
}

/* Half a MiB of file that would be more than a kernel may be: SOAK=1, because it takes the memory. */
static void bomb(void **state)
{
    size_t room = 1 << 20, size;
    ZSTD_CCtx *z = ZSTD_createCCtx();
    uint8_t *out = malloc(room), *zeros = calloc(1, 1 << 20);
    struct kernel_payload payload;
    ZSTD_outBuffer to = { out, room, 0 };
    void *elf;

    (void)state;
    if (!getenv("SOAK")) {
        free(zeros);
        free(out);
        ZSTD_freeCCtx(z);
        skip();
    }
    for (unsigned i = 0; i <= 512; i++) {
        ZSTD_inBuffer from = { zeros, 1 << 20, 0 };

        while (from.pos < from.size)
            ZSTD_compressStream2(z, &to, &from, ZSTD_e_continue);
    }
    while (ZSTD_compressStream2(z, &to, &(ZSTD_inBuffer){ 0 }, ZSTD_e_end))
        continue;
    assert_int_equal(kernel_payload_find("k", out, to.pos, &payload, &error), 0);
    assert_int_equal(kernel_payload_unpack("k", &payload, &elf, &size, &error), -EFBIG);
    ZSTD_freeCCtx(z);
    free(zeros);
    free(out);
}

/* --- the image --- */

static int parse(void)
{
    struct kernel_image image = { .nr_segments = 99 };
    int err;

    memset(&error, 0, sizeof(error));
    err = kernel_image_parse("k", &kernel, sizeof(kernel), &image, &error);
    if (err)
        assert_int_equal(image.nr_segments, 99);
    assert_int_equal(error.code, err);
    return err;
}

static void image_of_a_kernel(void **state)
{
    struct kernel_image image;

    (void)state;
    assert_int_equal(kernel_image_parse("k", &kernel, sizeof(kernel), &image, NULL), 0);
    assert_int_equal(image.nr_segments, 1);
    assert_int_equal(image.entry, ELF_ENTRY);
    assert_int_equal(image.start, ELF_PADDR);
    assert_int_equal(image.end, ELF_PADDR + ELF_MEMSZ);
    assert_ptr_equal(image.segments[0].data, kernel.data);
    assert_int_equal(image.segments[0].filesz, sizeof(kernel.data));
}

static void without_pvh_entry(void **state)
{
    (void)state;
    kernel.note.p_type = PT_NULL;
    assert_int_equal(parse(), -ENOEXEC);
    assert_string_equal(error.text, "kernel k: cannot be started as PVH: it has no ELF note XEN_ELFNOTE_PHYS32_ENTRY "
                                    "(Linux: CONFIG_PVH=y makes one)");
    setup(state);
    kernel.xen.header.n_type = 1;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.xen.name[0] = 'Y';
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.xen.header.n_descsz = 8; /* longer than the segment */
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.xen.header.n_namesz = UINT32_MAX;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.note.p_offset = UINT64_MAX;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.note.p_filesz = 11;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.xen.entry = ELF_PADDR + ELF_MEMSZ;
    assert_int_equal(parse(), -ENOEXEC);
    assert_non_null(strstr(error.text, "outside of what is loaded"));
}

static void headers_that_make_no_sense(void **state)
{
    struct kernel_image image;

    (void)state;
    assert_int_equal(kernel_image_parse("k", &kernel, 20, &image, &error), -ENOEXEC);
    kernel.header.e_ident[EI_CLASS] = 7;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.header.e_ident[EI_DATA] = ELFDATA2MSB;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.header.e_machine = EM_AARCH64;
    assert_int_equal(parse(), -ENOEXEC);
    assert_string_equal(error.text, "kernel k: an ELF file for another kind of machine");
    setup(state);
    kernel.header.e_phoff = UINT64_MAX - 8;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.header.e_phentsize = 8;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.header.e_phnum = 0;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.header.e_phnum = UINT16_MAX;
    assert_int_equal(parse(), -ENOEXEC);
}

static void segments_that_make_no_sense(void **state)
{
    (void)state;
    kernel.load.p_filesz = kernel.load.p_memsz + 1;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.load.p_offset = UINT64_MAX - 5;
    assert_int_equal(parse(), -ENOEXEC);
    assert_non_null(strstr(error.text, "cut short"));
    setup(state);
    kernel.load.p_paddr = UINT64_MAX - 0xfff;
    assert_int_equal(parse(), -ENOEXEC);
    assert_non_null(strstr(error.text, "above 4 GiB"));
    setup(state);
    kernel.load.p_memsz = 1ULL << 40;
    assert_int_equal(parse(), -ENOEXEC);
    setup(state);
    kernel.load.p_memsz = kernel.load.p_filesz = 0;
    assert_int_equal(parse(), -ENOEXEC);
    assert_non_null(strstr(error.text, "without anything to load"));
    setup(state);
    kernel.note = kernel.load; /* the same twice */
    assert_int_equal(parse(), -ENOEXEC);
    assert_non_null(strstr(error.text, "one over the other"));
}

/* A 32-bit file with as many segments as there may be, last first. */
static void many_segments(void **state)
{
    struct {
        Elf32_Ehdr header;
        Elf32_Phdr phdrs[KERNEL_SEGMENTS + 2];
        uint32_t note[4];
    } elf = { .header = { .e_machine = EM_386, .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = KERNEL_SEGMENTS + 1 } };
    struct kernel_image image;

    (void)state;
    memcpy(elf.header.e_ident, ELFMAG, SELFMAG);
    elf.header.e_ident[EI_CLASS] = ELFCLASS32;
    elf.header.e_ident[EI_DATA] = ELFDATA2LSB;
    elf.header.e_phoff = offsetof(__typeof__(elf), phdrs);
    for (uint32_t i = 0; i < KERNEL_SEGMENTS + 1; i++)
        elf.phdrs[i + 1] = (Elf32_Phdr){ .p_type = PT_LOAD, .p_paddr = (64 - i) * 4096, .p_memsz = 4096 };
    elf.phdrs[0] = (Elf32_Phdr){ .p_type = PT_NOTE, .p_offset = offsetof(__typeof__(elf), note), .p_filesz = 20 };
    elf.note[0] = 4, elf.note[1] = 4, elf.note[2] = 18;
    memcpy(&elf.note[3], "Xen", 4);
    elf.phdrs[0].p_filesz = 16 + 4;
    assert_int_equal(kernel_image_parse("k", &elf, sizeof(elf), &image, &error), -ENOEXEC); /* the note ends too early */
    elf.note[0] = 4, elf.note[1] = 4;
    elf.phdrs[0].p_offset = offsetof(__typeof__(elf), phdrs[KERNEL_SEGMENTS + 1]);
    memcpy((uint8_t *)&elf + elf.phdrs[0].p_offset, (uint32_t[]){ 4, 4, 18, 0x6e6558, 0x40000 }, 20);
    assert_int_equal(kernel_image_parse("k", &elf, sizeof(elf), &image, &error), 0);
    assert_int_equal(image.nr_segments, KERNEL_SEGMENTS);
    assert_int_equal(image.segments[0].paddr, (64 - KERNEL_SEGMENTS + 1) * 4096);
    assert_int_equal(image.end, 65 * 4096);
    elf.header.e_phnum++;
    elf.phdrs[KERNEL_SEGMENTS + 1] = (Elf32_Phdr){ .p_type = PT_LOAD, .p_paddr = 4096, .p_memsz = 4096 };
    assert_int_equal(kernel_image_parse("k", &elf, sizeof(elf), &image, &error), -ENOEXEC);
    assert_non_null(strstr(error.text, "more segments"));
}

#define unit(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        unit(every_packing), unit(large_ones), unit(cut_and_damaged), unit(lz4_blocks), unit(not_kernels), unit(bomb),
        unit(image_of_a_kernel), unit(without_pvh_entry), unit(headers_that_make_no_sense),
        unit(segments_that_make_no_sense), unit(many_segments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
