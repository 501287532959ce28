/* SPDX-License-Identifier: MIT */
/*
 * Turns a *.def file of wire structures into C. Usage: #define WIRE_DEF "x.def", then include this file.
 *
 * A .def row is   WIRE(name, native_size, compat_size, fields)
 * with the fields in wire order, each one of
 *   W_U8(f) W_U16(f) W_U32(f) W_U64(f)   unsigned integers (in the 32-bit layout a W_U64 is 4-byte aligned)
 *   W_U64A(f)                            64-bit, 8-byte aligned in both layouts
 *   W_ULONG(f) W_PTR(f)                  64-bit native, 32-bit compat: longs, and guest pointers
 *   W_BYTES(f, n)                        n bytes
 * It yields struct name (what handlers see), struct compat_name, and size assertions for both. The same rows
 * make the widening tables in trap/wire.c.
 */
typedef uint64_t compat_u64 __attribute__((aligned(4)));

#define W_U8(f) uint8_t f;
#define W_U16(f) uint16_t f;
#define W_U32(f) uint32_t f;
#define W_U64(f) uint64_t f;
#define W_U64A(f) uint64_t f;
#define W_ULONG(f) uint64_t f;
#define W_PTR(f) uint64_t f;
#define W_BYTES(f, n) uint8_t f[n];
#define WIRE(name, native, compat, fields) struct name { fields };
#include WIRE_DEF
#undef W_U64
#undef W_U64A
#undef W_ULONG
#undef W_PTR
#undef WIRE
#define W_U64(f) compat_u64 f;
#define W_U64A(f) uint64_t f __attribute__((aligned(8)));
#define W_ULONG(f) uint32_t f;
#define W_PTR(f) uint32_t f;
#define WIRE(name, native, compat, fields) struct compat_##name { fields };
#include WIRE_DEF
#undef WIRE
#define WIRE(name, native, compat, fields) \
    _Static_assert(sizeof(struct name) == (native), #name " native layout"); \
    _Static_assert(sizeof(struct compat_##name) == (compat), #name " 32-bit layout");
#include WIRE_DEF
#undef WIRE
#undef W_U8
#undef W_U16
#undef W_U32
#undef W_U64
#undef W_U64A
#undef W_ULONG
#undef W_PTR
#undef W_BYTES
#undef WIRE_DEF
