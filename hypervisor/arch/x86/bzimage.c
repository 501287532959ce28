/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF kernel inside a Linux bzImage (documented in Linux's x86 boot protocol): header fields at fixed offsets of
 * the first sector name the compressed payload. Files are untrusted: every field is checked.
 */
#include "bzimage.h"

#include <lzma.h>

#include "elf_load.h"
#include "errno.h"
#include "lib.h"

#define SECTOR 512
#define HDR_SETUP_SECTS 0x1f1
#define HDR_BOOT_FLAG 0x1fe
#define HDR_MAGIC 0x202
#define HDR_VERSION 0x206
#define HDR_PAYLOAD_OFFSET 0x248
#define HDR_PAYLOAD_LENGTH 0x24c
#define HDR_END 0x250
#define MIN_VERSION 0x208 /* payload fields exist since then */

struct format_row {
    enum kernel_format format;
    uint8_t len;
    char magic[7];
    const char *refusal; /* NULL: can be loaded */
};

#define ADVICE "; use an xz-compressed or uncompressed kernel (scripts/extract-vmlinux of the kernel source makes one)"

static const struct format_row formats[] = {
    { KERNEL_ELF, 4, "\177ELF", NULL },
    { KERNEL_XZ, 6, { (char)0xfd, '7', 'z', 'X', 'Z', 0 }, NULL },
    { KERNEL_GZIP, 2, "\037\213", "the kernel is compressed with gzip" ADVICE },
    { KERNEL_GZIP, 2, "\037\236", "the kernel is compressed with gzip" ADVICE },
    { KERNEL_BZIP2, 3, "BZh", "the kernel is compressed with bzip2" ADVICE },
    { KERNEL_LZMA, 3, { 0x5d, 0, 0 }, "the kernel is compressed with lzma" ADVICE },
    { KERNEL_LZO, 4, { (char)0x89, 'L', 'Z', 'O' }, "the kernel is compressed with lzo" ADVICE },
    { KERNEL_LZ4, 4, { 0x02, 0x21, 0x4c, 0x18 }, "the kernel is compressed with lz4" ADVICE },
    { KERNEL_LZ4, 4, { 0x04, 0x22, 0x4d, 0x18 }, "the kernel is compressed with lz4" ADVICE },
    { KERNEL_ZSTD, 4, { 0x28, (char)0xb5, 0x2f, (char)0xfd }, "the kernel is compressed with zstd" ADVICE },
    { KERNEL_UNKNOWN, 0, "", "the kernel is neither an ELF file nor a bzImage with an xz or ELF payload" },
};

/* The last row matches everything. */
static const struct format_row *format_find(const uint8_t *data, size_t size)
{
    const struct format_row *f = formats;

    while (f->len > size || memcmp(data, f->magic, f->len) != 0)
        f++;
    return f;
}

static uint32_t load32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_bzimage(const uint8_t *file, size_t size)
{
    return size >= HDR_END && file[HDR_BOOT_FLAG] == 0x55 && file[HDR_BOOT_FLAG + 1] == 0xaa &&
           memcmp(file + HDR_MAGIC, "HdrS", 4) == 0;
}

int kernel_find_payload(const void *file, size_t size, struct kernel_payload *ret, const char **ret_why)
{
    const uint8_t *p = file;
    uint64_t start = 0, len = size;
    bool wrapped = is_bzimage(p, size);

    if (wrapped) {
        unsigned sectors = p[HDR_SETUP_SECTS] ? p[HDR_SETUP_SECTS] : 4;

        if ((load32(p + HDR_VERSION) & 0xffff) < MIN_VERSION) {
            *ret_why = "the bzImage is too old: boot protocol 2.08 or later is needed";
            return -ENOEXEC;
        }
        start = (uint64_t)(sectors + 1) * SECTOR + load32(p + HDR_PAYLOAD_OFFSET);
        len = load32(p + HDR_PAYLOAD_LENGTH);
        if (start > size || len > size - start || len == 0) {
            *ret_why = "the bzImage is damaged or cut short: its payload lies outside the file";
            return -ENOEXEC;
        }
    }
    *ret = (struct kernel_payload){
        .data = p + start, .size = len, .format = format_find(p + start, len)->format, .bzimage = wrapped
    };
    return 0;
}

/* Linux's build appends the size to payloads whose format does not tell it in front. */
uint64_t kernel_unpacked_size(const struct kernel_payload *payload)
{
    if (payload->format == KERNEL_ELF)
        return payload->size;
    return payload->bzimage && payload->size >= 4 ? load32(payload->data + payload->size - 4) : 0;
}

/* --- memory for liblzma: a bump arena; nothing is given back before the decoder is done --- */

struct arena {
    uint8_t *base;
    size_t size, used;
};

static void *arena_alloc(void *opaque, size_t nmemb, size_t size)
{
    struct arena *a = opaque;
    size_t len;

    if (__builtin_mul_overflow(nmemb, size, &len) || len > a->size)
        return NULL;
    len = round_up(len, (size_t)64);
    if (len > a->size - a->used)
        return NULL;
    a->used += len;
    return a->base + a->used - len;
}

static void arena_free(void *opaque, void *p)
{
    (void)opaque;
    (void)p;
}

static const char *xz_error(lzma_ret ret)
{
    switch (ret) {
    case LZMA_MEM_ERROR:
    case LZMA_MEMLIMIT_ERROR:
        return "the kernel's xz stream needs more decoder memory than there is";
    case LZMA_BUF_ERROR:
        return "the unpacked kernel is larger than the memory set aside for it, or the xz stream is cut short";
    case LZMA_OPTIONS_ERROR:
        return "the kernel's xz stream uses an unknown filter";
    default:
        return "the kernel's xz stream is damaged";
    }
}

static int xz_unpack(const struct kernel_payload *payload, void *out, size_t out_size, struct arena *arena,
                     size_t *ret_size, const char **ret_why)
{
    lzma_allocator allocator = { arena_alloc, arena_free, arena };
    uint64_t memlimit = arena->size;
    size_t in_pos = 0, out_pos = 0;
    lzma_ret ret = lzma_stream_buffer_decode(&memlimit, LZMA_TELL_UNSUPPORTED_CHECK, &allocator, payload->data, &in_pos,
                                             payload->size, out, &out_pos, out_size);

    if (ret != LZMA_OK) {
        *ret_why = xz_error(ret);
        return ret == LZMA_MEM_ERROR || ret == LZMA_MEMLIMIT_ERROR || ret == LZMA_BUF_ERROR ? -ENOMEM : -ENOEXEC;
    }
    *ret_size = out_pos;
    return 0;
}

int kernel_unpack(const struct kernel_payload *payload, void *out, size_t out_size, void *arena, size_t arena_size,
                  const void **ret_elf, size_t *ret_size, const char **ret_why)
{
    const struct format_row *f = format_find(payload->data, payload->size);
    struct arena a = { .base = arena, .size = arena_size };
    int rc;

    if (f->refusal) {
        *ret_why = f->refusal;
        return -ENOEXEC;
    }
    if (f->format == KERNEL_ELF) {
        *ret_elf = payload->data;
        *ret_size = payload->size;
        return 0;
    }
    rc = xz_unpack(payload, out, out_size, &a, ret_size, ret_why);
    if (rc == 0)
        *ret_elf = out;
    return rc;
}
