/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of the C library that fail when a test says so. The test's program is linked with FAULT_LINK. Threads of the
 * test's own that call fault_spare() are left alone.
 */
#ifndef FAKE_FAULT_H
#define FAKE_FAULT_H

#include <stdbool.h>

enum fault_call {
    FAULT_ALLOC,  /* malloc, calloc, realloc: ENOMEM */
    FAULT_READ,   /* read: EIO */
    FAULT_SEND,   /* send, write: EPIPE */
    FAULT_OPEN,   /* socket, eventfd: EMFILE */
    FAULT_THREAD, /* pthread_create: EAGAIN */
    FAULT_CALLS,
};

/* The nth call of that kind from now on fails, once; 0: none. */
void fault_at(enum fault_call call, unsigned nth);

/* Whether what fault_at() asked for has happened. */
bool fault_happened(enum fault_call call);

/* Each read(), send() and write() moves one byte, and every second is interrupted first. */
void fault_bytes(bool on);

void fault_spare(void);

#endif
