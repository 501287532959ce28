/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest-virtual memory of the current vCPU (mm/copy_guest.c): every hypercall argument goes through here, once. */
#ifndef XENOLITH_COPY_H
#define XENOLITH_COPY_H

#include "types.h"

/* 0, or -EFAULT when a page is not mapped, not permitted or not RAM (some bytes may have been copied). */
int copy_from_guest(void *dst, guest_va_t src, size_t len);
int copy_to_guest(guest_va_t dst, const void *src, size_t len);
int clear_guest(guest_va_t dst, size_t len);

#endif
