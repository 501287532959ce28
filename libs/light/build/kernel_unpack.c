/* SPDX-License-Identifier: LGPL-2.1-only */
/* (Linux's boot protocol: Documentation/x86/boot.rst. Payloads are what the kernel's own build appends a size to.) */
#include "light/build/kernel_unpack.h"

#include <bzlib.h>
#include <errno.h>
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cleanup.h"

#define STEP "kernel"
#define DECODER_MEMORY_MAX (256u << 20) /* the largest dictionary in use is 128 MiB */
#define FIRST_ROOM_MIN 4096u
#define RATIO_USUAL 5u /* of kernels */

/* --- what is unpacked so far --- */
struct output {
    uint8_t *data;
    size_t used, room, first; /* first: what it begins with */
};

/* Makes room for that many bytes more. */
static int output_room(struct output *out, size_t bytes)
{
    size_t room = out->room ? out->room : out->first;
    uint8_t *data;

    if (out->room - out->used >= bytes)
        return 0;
    while (room - out->used < bytes && room < KERNEL_UNPACKED_MAX)
        room = room * 2 < KERNEL_UNPACKED_MAX ? room * 2 : KERNEL_UNPACKED_MAX;
    if (room - out->used < bytes)
        return -EFBIG;
    data = realloc(out->data, room);
    if (!data)
        return -ENOMEM;
    out->data = data;
    out->room = room;
    return 0;
}

/* --- one function for each packing: 0, -EBADMSG, -ENOMEM, -EFBIG --- */

static int unpack_gzip(const uint8_t *in, size_t size, struct output *out)
{
    z_stream z = { .next_in = (Bytef *)in, .avail_in = (uInt)size };
    int err = inflateInit2(&z, 16 + MAX_WBITS) == Z_OK ? 0 : -ENOMEM, rc = Z_OK;

    if (err < 0)
        return err;
    while (err == 0 && rc == Z_OK) {
        err = output_room(out, 1);
        if (err < 0)
            break;
        z.next_out = out->data + out->used;
        z.avail_out = (uInt)(out->room - out->used);
        rc = inflate(&z, Z_NO_FLUSH);
        out->used = out->room - z.avail_out;
    }
    inflateEnd(&z);
    if (err < 0)
        return err;
    return rc == Z_STREAM_END ? 0 : rc == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

static int unpack_bzip2(const uint8_t *in, size_t size, struct output *out)
{
    bz_stream b = { .next_in = (char *)(uintptr_t)in, .avail_in = (unsigned)size };
    int err = BZ2_bzDecompressInit(&b, 0, 0) == BZ_OK ? 0 : -ENOMEM, rc = BZ_OK;

    if (err < 0)
        return err;
    while (err == 0 && rc == BZ_OK) {
        size_t before = out->used;
        unsigned left = b.avail_in;

        err = output_room(out, 1);
        if (err < 0)
            break;
        b.next_out = (char *)out->data + out->used;
        b.avail_out = (unsigned)(out->room - out->used);
        rc = BZ2_bzDecompress(&b);
        out->used = out->room - b.avail_out;
        if (rc == BZ_OK && out->used == before && b.avail_in == left)
            rc = BZ_UNEXPECTED_EOF;
    }
    BZ2_bzDecompressEnd(&b);
    if (err < 0)
        return err;
    return rc == BZ_STREAM_END ? 0 : rc == BZ_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

static int lzma_run(lzma_stream *s, lzma_ret rc, const uint8_t *in, size_t size, struct output *out)
{
    int err = 0;

    s->next_in = in;
    s->avail_in = size;
    while (err == 0 && rc == LZMA_OK) {
        err = output_room(out, 1);
        if (err < 0)
            break;
        s->next_out = out->data + out->used;
        s->avail_out = out->room - out->used;
        rc = lzma_code(s, LZMA_RUN);
        out->used = out->room - s->avail_out;
    }
    lzma_end(s);
    if (err < 0)
        return err;
    return rc == LZMA_STREAM_END ? 0 : rc == LZMA_MEM_ERROR || rc == LZMA_MEMLIMIT_ERROR ? -ENOMEM : -EBADMSG;
}

static int unpack_xz(const uint8_t *in, size_t size, struct output *out)
{
    lzma_stream s = LZMA_STREAM_INIT;

    return lzma_run(&s, lzma_stream_decoder(&s, DECODER_MEMORY_MAX, 0), in, size, out);
}

static int unpack_lzma(const uint8_t *in, size_t size, struct output *out)
{
    lzma_stream s = LZMA_STREAM_INIT;

    return lzma_run(&s, lzma_alone_decoder(&s, DECODER_MEMORY_MAX), in, size, out);
}

static int unpack_zstd(const uint8_t *in, size_t size, struct output *out)
{
    ZSTD_DStream *z = ZSTD_createDStream();
    ZSTD_inBuffer from = { in, size, 0 };
    size_t more = 1;
    int err = z ? 0 : -ENOMEM;

    while (err == 0 && more) { /* to the end of the first frame */
        size_t used = out->used, at = from.pos;
        ZSTD_outBuffer to;

        err = output_room(out, 1);
        if (err < 0)
            break;
        to = (ZSTD_outBuffer){ out->data, out->room, out->used };
        more = ZSTD_decompressStream(z, &to, &from);
        out->used = to.pos;
        if (ZSTD_isError(more) || (more && out->used == used && from.pos == at))
            err = -EBADMSG;
    }
    ZSTD_freeDStream(z);
    return err;
}

#define LZ4_LEGACY_MAGIC 0x184c2102u
#define LZ4_LEGACY_BLOCK (8u << 20)
#define LZ4_RATIO_MAX 255u /* of a byte of lz4's no more become */

/* The legacy frame: blocks, each behind its packed size, and every one but the last of 8 MiB. */
static int unpack_lz4(const uint8_t *in, size_t size, struct output *out)
{
    size_t at = 0;

    while (size - at > sizeof(uint32_t)) { /* at the very end is the size that the kernel's build appends */
        uint32_t block, room;
        int n, err;

        memcpy(&block, in + at, sizeof(block));
        at += sizeof(block);
        if (block == LZ4_LEGACY_MAGIC)
            continue;
        if (block == 0 || block > size - at || block > LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK))
            return -EBADMSG;
        room = block < LZ4_LEGACY_BLOCK / LZ4_RATIO_MAX ? block * LZ4_RATIO_MAX : LZ4_LEGACY_BLOCK;
        err = output_room(out, room);
        if (err < 0)
            return err;
        n = LZ4_decompress_safe((const char *)in + at, (char *)out->data + out->used, (int)block, (int)room);
        if (n < 0)
            return -EBADMSG;
        out->used += (size_t)n;
        at += block;
    }
    return out->used ? 0 : -EBADMSG;
}

/* --- which there are --- */

struct kernel_packing {
    const char *name;
    uint8_t magic[6], len;
    int (*unpack)(const uint8_t *in, size_t size, struct output *out);
};

static const struct kernel_packing packings[] = {
    { "gzip", { 0x1f, 0x8b }, 2, unpack_gzip },
    { "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, unpack_xz },
    { "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, unpack_zstd },
    { "lz4", { 0x02, 0x21, 0x4c, 0x18 }, 4, unpack_lz4 },
    { "bzip2", { 'B', 'Z', 'h' }, 3, unpack_bzip2 },
    { "lzma", { 0x5d, 0, 0 }, 3, unpack_lzma },
    { "LZO", { 0x89, 'L', 'Z', 'O' }, 4, NULL },
};
static const uint8_t elf_magic[4] = { 0x7f, 'E', 'L', 'F' };

static bool begins_with(const uint8_t *data, size_t size, const uint8_t *magic, size_t len)
{
    return size >= len && memcmp(data, magic, len) == 0;
}

/* Knows the payload by its first bytes. */
static bool recognise(struct kernel_payload *payload)
{
    payload->packing = NULL;
    if (begins_with(payload->data, payload->size, elf_magic, sizeof(elf_magic)))
        return true;
    for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]) && !payload->packing; i++)
        if (begins_with(payload->data, payload->size, packings[i].magic, packings[i].len))
            payload->packing = &packings[i];
    return payload->packing != NULL;
}

/* Offsets in a bzImage. */
#define BZ_SETUP_SECTS 0x1f1
#define BZ_MAGIC 0x202
#define BZ_VERSION 0x206
#define BZ_PAYLOAD_OFFSET 0x248
#define BZ_PAYLOAD_LENGTH 0x24c
#define BZ_HEADER_END 0x250
#define BZ_PAYLOAD_SINCE 0x208u /* version of the protocol */

static uint32_t bytes_u32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return value;
}

static int bzimage_payload(const char *name, const uint8_t *file, size_t size, struct kernel_payload *ret,
                           struct build_error *error)
{
    size_t setup = (file[BZ_SETUP_SECTS] ? file[BZ_SETUP_SECTS] : 4u) + 1u;
    unsigned version = bytes_u32(file + BZ_VERSION) & 0xffff;
    uint64_t start = setup * 512 + bytes_u32(file + BZ_PAYLOAD_OFFSET);
    uint32_t length = bytes_u32(file + BZ_PAYLOAD_LENGTH);

    if (version < BZ_PAYLOAD_SINCE)
        return build_fail(error, STEP, -ENOEXEC, "kernel %s: bzImage of boot protocol %u.%02u, 2.08 or later is needed", name,
                          version >> 8, version & 0xff);
    if (start > size || length > size - start || length == 0)
        return build_fail(error, STEP, -ENOEXEC, "kernel %s: bzImage that ends before its payload does: it is cut short",
                          name);
    *ret = (struct kernel_payload){ .data = file + start, .size = length };
    if (!recognise(ret))
        return build_fail(error, STEP, -ENOEXEC, "kernel %s: bzImage whose payload is packed in a way that is not known",
                          name);
    return 0;
}

int kernel_payload_find(const char *name, const void *file, size_t size, struct kernel_payload *ret_payload,
                        struct build_error *error)
{
    struct kernel_payload payload = { .data = file, .size = size };

    if (size == 0)
        return build_fail(error, STEP, -ENOEXEC, "kernel %s: the file is empty", name);
    if (size > KERNEL_UNPACKED_MAX)
        return build_fail(error, STEP, -EFBIG, "kernel %s: %zu MiB are more than a kernel has", name, size >> 20);
    if (size >= BZ_HEADER_END && memcmp(payload.data + BZ_MAGIC, "HdrS", 4) == 0) {
        int err = bzimage_payload(name, file, size, &payload, error);

        if (err < 0)
            return err;
    } else if (!recognise(&payload)) {
        return build_fail(error, STEP, -ENOEXEC, "kernel %s: neither a bzImage nor an ELF file, plain or packed", name);
    }
    if (payload.packing && !payload.packing->unpack)
        return build_fail(error, STEP, -ENOEXEC, "kernel %s: packed with %s, which is not supported", name,
                          payload.packing->name);
    *ret_payload = payload;
    return 0;
}

const char *kernel_payload_packing(const struct kernel_payload *payload)
{
    return payload->packing ? payload->packing->name : "none";
}

int kernel_payload_unpack(const char *name, const struct kernel_payload *payload, void **ret_elf, size_t *ret_size,
                          struct build_error *error)
{
    struct output out = { .first = FIRST_ROOM_MIN };
    int err;

    if (payload->size > FIRST_ROOM_MIN / RATIO_USUAL)
        out.first = payload->size < KERNEL_UNPACKED_MAX / RATIO_USUAL ? payload->size * RATIO_USUAL : KERNEL_UNPACKED_MAX;
    if (!payload->packing) {
        out.data = malloc(payload->size);
        if (!out.data)
            return build_fail_errno(error, STEP, -ENOMEM, "kernel %s", name);
        memcpy(out.data, payload->data, payload->size);
        out.used = payload->size;
    } else {
        err = payload->packing->unpack(payload->data, payload->size, &out);
        if (err < 0) {
            const char *packing = payload->packing->name;

            free(out.data);
            if (err == -EBADMSG)
                return build_fail(error, STEP, err, "kernel %s: its %s data is damaged", name, packing);
            if (err == -EFBIG)
                return build_fail(error, STEP, err, "kernel %s: more than %u MiB when unpacked", name,
                                  KERNEL_UNPACKED_MAX >> 20);
            return build_fail_errno(error, STEP, err, "kernel %s: unpacking its %s data", name, packing);
        }
    }
    *ret_elf = out.data;
    *ret_size = out.used;
    return 0;
}
