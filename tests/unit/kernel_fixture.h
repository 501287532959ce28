/* SPDX-License-Identifier: GPL-2.0-only */
/* A small PVH kernel file, built by the test itself: one code segment with bss and one note. */
#ifndef TEST_KERNEL_FIXTURE_H
#define TEST_KERNEL_FIXTURE_H

#include <stdint.h>
#include <string.h>

#define FIXTURE_SIZE 0x800
#define FIXTURE_PADDR 0x1000000u
#define FIXTURE_ENTRY 0x1000010u
#define FIXTURE_CODE 0x400 /* file offset of the segment, 0x300 bytes, 0x1000 in memory */

static inline void put_le(uint8_t *p, unsigned bytes, uint64_t v)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static inline void fixture_note(uint8_t *p, unsigned descsz)
{
    put_le(p, 4, 4), put_le(p + 4, 4, 4), put_le(p + 8, 4, 6); /* another Xen note first: XEN_VERSION */
    memcpy(p + 12, "Xen\0", 4);
    memcpy(p + 16, "3.0\0", 4);
    put_le(p + 20, 4, 4), put_le(p + 24, 4, descsz), put_le(p + 28, 4, 18);
    memcpy(p + 32, "Xen\0", 4);
    put_le(p + 36, descsz, FIXTURE_ENTRY);
}

static inline void fixture_elf64(uint8_t f[FIXTURE_SIZE])
{
    memset(f, 0, FIXTURE_SIZE);
    memcpy(f, "\177ELF\2\1\1", 7);
    put_le(f + 16, 2, 2), put_le(f + 18, 2, 62), put_le(f + 20, 4, 1);
    put_le(f + 32, 8, 64);                       /* e_phoff */
    put_le(f + 54, 2, 56), put_le(f + 56, 2, 2); /* e_phentsize, e_phnum */
    put_le(f + 64, 4, 1), put_le(f + 64 + 8, 8, FIXTURE_CODE), put_le(f + 64 + 24, 8, FIXTURE_PADDR);
    put_le(f + 64 + 32, 8, 0x300), put_le(f + 64 + 40, 8, 0x1000);
    put_le(f + 120, 4, 4), put_le(f + 120 + 8, 8, 0x200), put_le(f + 120 + 32, 8, 44);
    fixture_note(f + 0x200, 8);
    for (unsigned i = 0; i < 0x300; i++)
        f[FIXTURE_CODE + i] = (uint8_t)(i * 7);
}

static inline void fixture_elf32(uint8_t f[FIXTURE_SIZE])
{
    memset(f, 0, FIXTURE_SIZE);
    memcpy(f, "\177ELF\1\1\1", 7);
    put_le(f + 16, 2, 2), put_le(f + 18, 2, 3), put_le(f + 20, 4, 1);
    put_le(f + 28, 4, 52);                       /* e_phoff */
    put_le(f + 42, 2, 32), put_le(f + 44, 2, 1); /* e_phentsize, e_phnum */
    put_le(f + 52, 4, 1), put_le(f + 56, 4, FIXTURE_CODE), put_le(f + 64, 4, FIXTURE_PADDR);
    put_le(f + 68, 4, 0x300), put_le(f + 72, 4, 0x1000);
    put_le(f + 32, 4, 0x100), put_le(f + 46, 2, 40), put_le(f + 48, 2, 1); /* the note is in a section only */
    put_le(f + 0x104, 4, 7), put_le(f + 0x110, 4, 0x200), put_le(f + 0x114, 4, 40);
    fixture_note(f + 0x200, 4);
}

#endif
