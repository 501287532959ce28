/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "elf_load.h"
#include "errno.h"
#include "kernel_fixture.h"

static uint8_t file[FIXTURE_SIZE];
static struct elf_image img;
static const char *why;

static void elf64_is_parsed(void **state)
{
    (void)state;
    fixture_elf64(file);
    assert_int_equal(elf_parse(file, sizeof(file), &img, &why), 0);
    assert_true(img.is64);
    assert_int_equal(img.entry, FIXTURE_ENTRY);
    assert_int_equal(img.nr_segments, 1);
    assert_int_equal(img.segment[0].paddr, FIXTURE_PADDR);
    assert_int_equal(img.segment[0].offset, FIXTURE_CODE);
    assert_int_equal(img.segment[0].filesz, 0x300);
    assert_int_equal(img.segment[0].memsz, 0x1000);
    assert_int_equal(img.start, FIXTURE_PADDR);
    assert_int_equal(img.end, FIXTURE_PADDR + 0x1000);
}

static void elf32_with_note_section_is_parsed(void **state)
{
    (void)state;
    fixture_elf32(file);
    assert_int_equal(elf_parse(file, sizeof(file), &img, &why), 0);
    assert_false(img.is64);
    assert_int_equal(img.entry, FIXTURE_ENTRY);
    assert_int_equal(img.segment[0].memsz, 0x1000);
}

static void four_byte_descriptor(void **state)
{
    (void)state;
    fixture_elf64(file);
    fixture_note(file + 0x200, 4);
    assert_int_equal(elf_parse(file, sizeof(file), &img, &why), 0);
    assert_int_equal(img.entry, FIXTURE_ENTRY);
}

/* One field changed in the 64-bit file, and a word that the reason must contain. */
struct damage {
    unsigned offset, bytes;
    uint64_t value;
    const char *reason;
};

static const struct damage damages[] = {
    { 0, 1, 0, "not an ELF" },
    { 4, 1, 3, "ELF32 or ELF64" },
    { 5, 1, 2, "little-endian" },
    { 18, 2, 40, "not for x86" },
    { 32, 8, FIXTURE_SIZE - 10, "program headers" },
    { 32, 8, UINT64_MAX - 8, "program headers" },
    { 54, 2, 8, "program headers" },
    { 56, 2, 0, "program headers" },
    { 56, 2, 0xffff, "program headers" },
    { 64 + 8, 8, UINT64_MAX - 4, "outside the file" },
    { 64 + 8, 8, FIXTURE_SIZE - 0x2ff, "outside the file" },
    { 64 + 24, 8, UINT64_MAX - 0x800, "above 4 GiB" },
    { 64 + 24, 8, 0x100000000ULL - 0xfff, "above 4 GiB" },
    { 64 + 40, 8, 0x2ff, "outside the file" },
    { 64 + 40, 8, UINT64_MAX, "above 4 GiB" },
    { 64, 4, 0, "nothing to load" },
    { 120, 4, 0, "PHYS32_ENTRY" },
    { 120 + 8, 8, UINT64_MAX, "PHYS32_ENTRY" },
    { 120 + 32, 8, 43, "PHYS32_ENTRY" },
    { 0x204, 4, 0xffffffff, "PHYS32_ENTRY" },
    { 0x220, 1, 'Y', "PHYS32_ENTRY" },
    { 0x21c, 4, 19, "PHYS32_ENTRY" },
    { 0x224, 8, 0x100000000ULL, "PHYS32_ENTRY" },
    { 0x224, 8, FIXTURE_PADDR + 0x300, "entry point lies outside" },
    { 120, 4, 1, "overlap" },
};

static void damaged_files_are_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        fixture_elf64(file);
        if (i == sizeof(damages) / sizeof(damages[0]) - 1) { /* make the note a second segment on the first */
            put_le(file + 120 + 24, 8, FIXTURE_PADDR + 0xfff);
            put_le(file + 120 + 40, 8, 44);
        }
        put_le(file + damages[i].offset, damages[i].bytes, damages[i].value);
        why = "";
        img.entry = 0x5a5a;
        assert_int_equal(elf_parse(file, sizeof(file), &img, &why), -ENOEXEC);
        if (!strstr(why, damages[i].reason))
            fail_msg("damage %zu: \"%s\" does not say \"%s\"", i, why, damages[i].reason);
        assert_int_equal(img.entry, 0x5a5a); /* untouched on failure */
    }
}

/* Every prefix of the file, each in its own allocation so that the sanitizer sees any read past its end. */
static void every_truncation_is_safe(void **state)
{
    (void)state;
    fixture_elf64(file);
    for (size_t len = 0; len <= sizeof(file); len++) {
        uint8_t *copy = malloc(len + !len);
        int rc;

        memcpy(copy, file, len);
        rc = elf_parse(copy, len, &img, &why);
        assert_int_equal(rc, len >= FIXTURE_CODE + 0x300 ? 0 : -ENOEXEC);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elf64_is_parsed),
        cmocka_unit_test(elf32_with_note_section_is_parsed),
        cmocka_unit_test(four_byte_descriptor),
        cmocka_unit_test(damaged_files_are_refused_with_the_reason),
        cmocka_unit_test(every_truncation_is_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
