/* SPDX-License-Identifier: GPL-2.0-only */
/* One row of public_abi.def as one side's headers see it. */
#ifndef XENOLITH_PUBLIC_ABI_H
#define XENOLITH_PUBLIC_ABI_H

#include <stddef.h>
#include <stdint.h>

struct abi_value {
    const char *name;
    uint64_t value;  /* size, offset or constant */
    uint64_t extent; /* size of a field */
};

extern const struct abi_value abi_peer[]; /* the distribution's: public_abi_peer.c */
extern const size_t nr_abi_peer;

#endif
