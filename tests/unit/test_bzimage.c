/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <lzma.h>

#include "bzimage.h"
#include "elf_load.h"
#include "errno.h"
#include "kernel_fixture.h"

#define SETUP ((3 + 1) * 512)
#define PAYLOAD_OFFSET 0x40
#define ARENA (1u << 20)

static uint8_t elf[FIXTURE_SIZE], file[0x4000], out[FIXTURE_SIZE + 64];
static _Alignas(64) uint8_t arena[ARENA];
static size_t file_size;
static struct kernel_payload payload;
static const char *why;

static size_t xz_encode(const void *in, size_t len, uint8_t *dst, size_t room)
{
    lzma_options_lzma opt;
    lzma_filter filters[3] = { { LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &opt }, { LZMA_VLI_UNKNOWN, NULL } };
    size_t pos = 0;

    assert_false(lzma_lzma_preset(&opt, 0));
    opt.dict_size = 64 << 10;
    assert_int_equal(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, in, len, dst, &pos, room), LZMA_OK);
    return pos;
}

/* A bzImage around len bytes of payload, which the caller has put at file + SETUP + PAYLOAD_OFFSET. */
static void wrap(size_t len)
{
    memset(file, 0, SETUP);
    file[0x1f1] = 3;
    put_le(file + 0x1fe, 2, 0xaa55);
    memcpy(file + 0x202, "HdrS", 4);
    put_le(file + 0x206, 2, 0x20f);
    put_le(file + 0x248, 4, PAYLOAD_OFFSET);
    put_le(file + 0x24c, 4, len);
    file_size = SETUP + PAYLOAD_OFFSET + len + 100;
}

static void make_xz_bzimage(void)
{
    uint8_t *p = file + SETUP + PAYLOAD_OFFSET;
    size_t len;

    fixture_elf64(elf);
    len = xz_encode(elf, sizeof(elf), p, 0x1000);
    put_le(p + len, 4, sizeof(elf)); /* Linux appends the unpacked size */
    wrap(len + 4);
}

static int unpack(size_t out_size, size_t arena_size, const void **ret_elf, size_t *ret_size)
{
    why = "";
    return kernel_unpack(&payload, out, out_size, arena, arena_size, ret_elf, ret_size, &why);
}

static void xz_bzimage_is_unpacked(void **state)
{
    const void *result;
    size_t size;

    (void)state;
    make_xz_bzimage();
    assert_int_equal(kernel_find_payload(file, file_size, &payload, &why), 0);
    assert_true(payload.bzimage);
    assert_int_equal(payload.format, KERNEL_XZ);
    assert_ptr_equal(payload.data, file + SETUP + PAYLOAD_OFFSET);
    assert_int_equal(kernel_unpacked_size(&payload), sizeof(elf));
    assert_int_equal(unpack(sizeof(out), ARENA, &result, &size), 0);
    assert_ptr_equal(result, out);
    assert_int_equal(size, sizeof(elf));
    assert_memory_equal(out, elf, sizeof(elf));
}

static void zero_setup_sectors_mean_four(void **state)
{
    (void)state;
    fixture_elf64(file + 5 * 512 + PAYLOAD_OFFSET);
    wrap(FIXTURE_SIZE);
    file[0x1f1] = 0;
    file_size = 5 * 512 + PAYLOAD_OFFSET + FIXTURE_SIZE;
    assert_int_equal(kernel_find_payload(file, file_size, &payload, &why), 0);
    assert_ptr_equal(payload.data, file + 5 * 512 + PAYLOAD_OFFSET);
    assert_int_equal(payload.format, KERNEL_ELF);
}

static void plain_elf_is_used_in_place(void **state)
{
    const void *result;
    size_t size;

    (void)state;
    fixture_elf64(elf);
    assert_int_equal(kernel_find_payload(elf, sizeof(elf), &payload, &why), 0);
    assert_false(payload.bzimage);
    assert_int_equal(unpack(0, 0, &result, &size), 0);
    assert_ptr_equal(result, elf);
    assert_int_equal(size, sizeof(elf));
}

static void other_formats_are_named(void **state)
{
    static const struct {
        uint8_t magic[6];
        enum kernel_format format;
        const char *name;
    } rows[] = {
        { { 0x1f, 0x8b, 8 }, KERNEL_GZIP, "gzip" },       { "BZh91A", KERNEL_BZIP2, "bzip2" },
        { { 0x5d, 0, 0, 0, 4 }, KERNEL_LZMA, "lzma" },    { { 0x89, 'L', 'Z', 'O' }, KERNEL_LZO, "lzo" },
        { { 2, 0x21, 0x4c, 0x18 }, KERNEL_LZ4, "lz4" },   { { 0x28, 0xb5, 0x2f, 0xfd }, KERNEL_ZSTD, "zstd" },
        { { 'x' }, KERNEL_UNKNOWN, "neither" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const void *result = NULL;
        size_t size = 0;

        memcpy(file + SETUP + PAYLOAD_OFFSET, rows[i].magic, 6);
        wrap(0x100);
        assert_int_equal(kernel_find_payload(file, file_size, &payload, &why), 0);
        assert_int_equal(payload.format, rows[i].format);
        assert_int_equal(unpack(sizeof(out), ARENA, &result, &size), -ENOEXEC);
        assert_non_null(strstr(why, rows[i].name));
        assert_null(result);
        if (rows[i].format != KERNEL_UNKNOWN)
            assert_non_null(strstr(why, "use an xz-compressed or uncompressed kernel"));
    }
}

static void too_little_memory_is_said(void **state)
{
    const void *result;
    size_t size;

    (void)state;
    make_xz_bzimage();
    assert_int_equal(kernel_find_payload(file, file_size, &payload, &why), 0);
    assert_int_equal(unpack(sizeof(elf) - 1, ARENA, &result, &size), -ENOMEM);
    assert_non_null(strstr(why, "larger than"));
    for (size_t room = 0; room < 64 << 10; room += 1000) { /* the dictionary alone needs 64 KiB */
        assert_int_equal(unpack(sizeof(out), room, &result, &size), -ENOMEM);
        assert_non_null(strstr(why, "decoder memory"));
    }
}

static void bad_headers_are_refused(void **state)
{
    (void)state;
    make_xz_bzimage();
    put_le(file + 0x206, 2, 0x207);
    assert_int_equal(kernel_find_payload(file, file_size, &payload, &why), -ENOEXEC);
    assert_non_null(strstr(why, "2.08"));
    make_xz_bzimage();
    put_le(file + 0x248, 4, 0xffffffff);
    assert_int_equal(kernel_find_payload(file, file_size, &payload, &why), -ENOEXEC);
    make_xz_bzimage();
    put_le(file + 0x24c, 4, 0xffffffff);
    assert_int_equal(kernel_find_payload(file, file_size, &payload, &why), -ENOEXEC);
    put_le(file + 0x24c, 4, 0);
    assert_int_equal(kernel_find_payload(file, file_size, &payload, &why), -ENOEXEC);
    make_xz_bzimage();
    file[0x1f1] = 0xff;
    assert_int_equal(kernel_find_payload(file, file_size, &payload, &why), -ENOEXEC);
}

/* Each prefix is an allocation of its own, so that the sanitizer sees any read past its end. */
static void truncated_files_are_refused(void **state)
{
    size_t full;

    (void)state;
    make_xz_bzimage();
    full = SETUP + PAYLOAD_OFFSET + (file[0x24c] | (size_t)file[0x24d] << 8);
    for (size_t len = 0; len < full; len++) {
        uint8_t *copy = malloc(len + !len);
        const void *result;
        size_t size;
        int rc;

        memcpy(copy, file, len);
        rc = kernel_find_payload(copy, len, &payload, &why);
        if (rc == 0) /* too short to be known as a bzImage */
            rc = unpack(sizeof(out), ARENA, &result, &size);
        assert_int_equal(rc, -ENOEXEC);
        free(copy);
    }
}

/* One byte changed anywhere: either refused, or the very same image comes out. */
static void mutated_files_never_yield_another_image(void **state)
{
    size_t len;

    (void)state;
    make_xz_bzimage();
    len = file_size;
    for (size_t i = SETUP + PAYLOAD_OFFSET; i < len; i++) {
        const void *result;
        size_t size;

        file[i] ^= 1 << (i % 8);
        if (kernel_find_payload(file, len, &payload, &why) == 0 && unpack(sizeof(out), ARENA, &result, &size) == 0) {
            assert_int_equal(size, sizeof(elf));
            assert_memory_equal(result, elf, sizeof(elf));
        }
        file[i] ^= 1 << (i % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xz_bzimage_is_unpacked),
        cmocka_unit_test(zero_setup_sectors_mean_four),
        cmocka_unit_test(plain_elf_is_used_in_place),
        cmocka_unit_test(other_formats_are_named),
        cmocka_unit_test(too_little_memory_is_said),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(mutated_files_never_yield_another_image),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
