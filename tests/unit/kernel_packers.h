/* SPDX-License-Identifier: GPL-2.0-only */
/* Packs an ELF file in each way that libs/light/build unpacks, alone or in a bzImage. */
#ifndef TESTS_KERNEL_PACKERS_H
#define TESTS_KERNEL_PACKERS_H

#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "unit/elf_fixture.h"

#define PACK_ROOM (4 * ELF_SIZE)
#define BZIMAGE_SETUP 2u   /* sectors behind the first */
#define BZIMAGE_OFFSET 32u /* of the payload in what follows them */

static uint8_t packed[PACK_ROOM], file[2 * PACK_ROOM];

static inline void pack_ok(int ok)
{
    if (!ok)
        abort();
}

/* Each packs into packed, and returns its size. */
static size_t pack_gzip(const void *in, size_t size)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)in, .avail_in = (uInt)size, .next_out = packed, .avail_out = PACK_ROOM };

    pack_ok(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    pack_ok(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return PACK_ROOM - z.avail_out;
}

static size_t pack_xz(const void *in, size_t size)
{
    size_t used = 0;

    pack_ok(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, in, size, packed, &used, PACK_ROOM) == LZMA_OK);
    return used;
}

static size_t pack_lzma(const void *in, size_t size)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_options_lzma options;

    lzma_lzma_preset(&options, 0);
    pack_ok(lzma_alone_encoder(&s, &options) == LZMA_OK);
    s.next_in = in;
    s.avail_in = size;
    s.next_out = packed;
    s.avail_out = PACK_ROOM;
    pack_ok(lzma_code(&s, LZMA_FINISH) == LZMA_STREAM_END);
    lzma_end(&s);
    return PACK_ROOM - s.avail_out;
}

static size_t pack_bzip2(const void *in, size_t size)
{
    unsigned used = PACK_ROOM;

    pack_ok(BZ2_bzBuffToBuffCompress((char *)packed, &used, (char *)(uintptr_t)in, (unsigned)size, 1, 0, 0) == BZ_OK);
    return used;
}

static size_t pack_zstd(const void *in, size_t size)
{
    size_t used = ZSTD_compress(packed, PACK_ROOM, in, size, 19);

    pack_ok(!ZSTD_isError(used));
    return used;
}

static size_t pack_lz4(const void *in, size_t size)
{
    const uint32_t magic = 0x184c2102;
    int n = LZ4_compress_default(in, (char *)packed + 8, (int)size, PACK_ROOM - 8);

    pack_ok(n > 0);
    memcpy(packed, &magic, 4);
    memcpy(packed + 4, &n, 4);
    return (size_t)n + 8;
}

static const struct {
    const char *name;
    size_t (*pack)(const void *in, size_t size);
} packers[] = {
    { "gzip", pack_gzip }, { "xz", pack_xz }, { "lzma", pack_lzma },
    { "bzip2", pack_bzip2 }, { "zstd", pack_zstd }, { "lz4", pack_lz4 },
};
#define NR_PACKERS (sizeof(packers) / sizeof(packers[0]))

/* What is in packed becomes a bzImage in file, as the kernel's build makes them; returns its size. */
static size_t bzimage_make(size_t size)
{
    const uint32_t unpacked = ELF_SIZE, offset = BZIMAGE_OFFSET, length = (uint32_t)size + 4;
    const size_t start = (1 + BZIMAGE_SETUP) * 512 + offset;

    memset(file, 0x90, sizeof(file));
    file[0x1f1] = BZIMAGE_SETUP;
    memcpy(file + 0x202, "HdrS\x0f\x02", 6);
    memcpy(file + 0x248, &offset, 4);
    memcpy(file + 0x24c, &length, 4);
    memcpy(file + start, packed, size);
    memcpy(file + start + size, &unpacked, 4);
    return start + length;
}

#endif
