/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the distribution's liblzma.a wants from a C library, besides the mem* functions of lib/.
 *
 * Link notes: put liblzma.a after the hypervisor's objects; lzma_stream_buffer_decode() pulls in about 65 KiB of text.
 * liblzma is compiled with SSE and reads the stack protector's canary at %fs:0x28, so it runs on the boot CPU only,
 * before any guest has FPU state, with CR4.OSFXSR set. bzimage.c gives liblzma its own allocator, so these three are
 * referenced but never called.
 */
#include "log.h"
#include "types.h"

void *malloc(size_t size);
void *calloc(size_t nmemb, size_t size);
void free(void *p);

void *malloc(size_t size)
{
    panic("liblzma called malloc(%zu)", size);
}

void *calloc(size_t nmemb, size_t size)
{
    panic("liblzma called calloc(%zu, %zu)", nmemb, size);
}

void free(void *p)
{
    if (p)
        panic("liblzma called free(%p)", p);
}
