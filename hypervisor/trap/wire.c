/* SPDX-License-Identifier: GPL-2.0-only */
#include "wire.h"

#include "lib.h"

/* The tables: each field macro of a .def row becomes its letter. */
#define W_U8(f) "b"
#define W_U16(f) "h"
#define W_U32(f) "w"
#define W_U64(f) "l"
#define W_U64A(f) "L"
#define W_ULONG(f) "p"
#define W_PTR(f) "p"
#define W_BYTES(f, n) #n "b"
#define WIRE(name, native, compat, fields) const struct wire wire_##name = {#name, native, compat, "" fields};
#include "public/all.def"
#undef WIRE

struct wire_field {
    uint8_t native_size, compat_size;   /* of one element */
    uint8_t native_align, compat_align;
    unsigned count;
};

/* Decode the field at *s and move past it; false at the end of the layout. */
static bool next_field(const char **s, struct wire_field *f)
{
    unsigned n = 0;

    while (**s >= '0' && **s <= '9')
        n = n * 10 + (unsigned)(*(*s)++ - '0');
    f->count = n ? n : 1;
    switch (*(*s)++) {
    case 'b':
        f->native_size = f->compat_size = f->native_align = f->compat_align = 1;
        return true;
    case 'h':
        f->native_size = f->compat_size = f->native_align = f->compat_align = 2;
        return true;
    case 'w':
        f->native_size = f->compat_size = f->native_align = f->compat_align = 4;
        return true;
    case 'l':
        f->native_size = f->compat_size = f->native_align = 8;
        f->compat_align = 4;
        return true;
    case 'L':
        f->native_size = f->compat_size = f->native_align = f->compat_align = 8;
        return true;
    case 'p':
        f->native_size = f->native_align = 8;
        f->compat_size = f->compat_align = 4;
        return true;
    default:
        return false;
    }
}

void wire_widen(const struct wire *w, void *native, const void *compat)
{
    const char *s = w->layout;
    size_t n = 0, c = 0;
    struct wire_field f;

    memset(native, 0, w->native_size);
    while (next_field(&s, &f)) {
        n = round_up(n, f.native_align);
        c = round_up(c, f.compat_align);
        /* Little-endian: the low bytes are where they are, the high ones are zero already. */
        memcpy((char *)native + n, (const char *)compat + c, (size_t)f.compat_size * f.count);
        n += (size_t)f.native_size * f.count;
        c += (size_t)f.compat_size * f.count;
    }
}

void wire_narrow(const struct wire *w, void *compat, const void *native)
{
    const char *s = w->layout;
    size_t n = 0, c = 0;
    struct wire_field f;

    memset(compat, 0, w->compat_size);
    while (next_field(&s, &f)) {
        n = round_up(n, f.native_align);
        c = round_up(c, f.compat_align);
        memcpy((char *)compat + c, (const char *)native + n, (size_t)f.compat_size * f.count);
        n += (size_t)f.native_size * f.count;
        c += (size_t)f.compat_size * f.count;
    }
}
