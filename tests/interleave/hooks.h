/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core, built once more with the compiler's calls for a race detector before each access to memory (hooks.c is what
 * they call): a test sees every access, and may switch to another CPU's work before it is made.
 */
#ifndef XENOLITH_HOOKS_H
#define XENOLITH_HOOKS_H

#include "types.h"

/* Sync: atomic or volatile, which is what the core uses where CPUs meet without a lock. */
enum hook_access { HOOK_READ, HOOK_WRITE, HOOK_SYNC_READ, HOOK_SYNC_WRITE };
#define HOOK_IS_WRITE(kind) ((kind) == HOOK_WRITE || (kind) == HOOK_SYNC_WRITE)

/* Called before each access of the core; NULL: nobody looks. */
extern void (*hook_access)(uintptr_t addr, size_t size, enum hook_access kind);

#endif
