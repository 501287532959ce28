/* SPDX-License-Identifier: GPL-2.0-only */
/* Wire structures: their two layouts and the widening from one to the other (trap/wire.c). */
#ifndef XENOLITH_WIRE_H
#define XENOLITH_WIRE_H

#include "types.h"

/*
 * One wire structure. layout holds a letter a field, in order: b h w (8, 16, 32 bits), l (64 bits, 4-byte aligned
 * in the 32-bit layout), L (64 bits, 8-byte aligned in both), p (long or guest pointer: 64 native, 32 compat);
 * a decimal number before b repeats it.
 */
struct wire {
    const char *name;
    uint16_t native_size, compat_size;
    const char *layout;
};

#define WIRE_MAX_SIZE 512 /* no argument structure is larger */

/* Convert between the layouts; both buffers hold at least the sizes named in w. Padding becomes 0. */
void wire_widen(const struct wire *w, void *native, const void *compat);
void wire_narrow(const struct wire *w, void *compat, const void *native);

/* One `const struct wire wire_NAME` for each row of each public .def file. */
#define WIRE(name, native, compat, fields) extern const struct wire wire_##name;
#include "public/all.def"
#undef WIRE

#endif
