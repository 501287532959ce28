/* SPDX-License-Identifier: GPL-2.0-only */
/* Formatted output. */
#include "lib.h"

struct out {
    char *buf;
    size_t size, len; /* len counts what would have been written */
};

struct spec {
    bool left, zero, plus, space, alt, upper;
    int width, precision; /* precision -1: none */
    unsigned base;
};

enum length { LEN_INT, LEN_CHAR, LEN_SHORT, LEN_LONG };

static void put_char(struct out *o, char c)
{
    if (o->len + 1 < o->size)
        o->buf[o->len] = c;
    o->len++;
}

static void put_pad(struct out *o, char c, int n)
{
    while (n-- > 0)
        put_char(o, c);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
    size_t len;

    if (!text)
        text = "(null)";
    len = s->precision >= 0 ? strnlen(text, (size_t)s->precision) : strlen(text);
    if (!s->left)
        put_pad(o, ' ', s->width - (int)len);
    for (size_t i = 0; i < len; i++)
        put_char(o, text[i]); /* NOLINT(clang-analyzer-core.CallAndMessage): i < len */
    if (s->left)
        put_pad(o, ' ', s->width - (int)len);
}

static void put_number(struct out *o, const struct spec *s, uint64_t value, bool negative)
{
    const char *digits = s->upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24], prefix[3];
    int len = 0, prefix_len = 0, zeros;
    bool nonzero = value != 0;

    for (; value; value /= s->base)
        text[len++] = digits[value % s->base];
    if (!len && s->precision != 0)
        text[len++] = '0';
    if (negative || s->plus || s->space)
        prefix[prefix_len++] = negative ? '-' : s->plus ? '+' : ' ';
    if (s->alt && s->base == 16 && nonzero) {
        prefix[prefix_len++] = '0';
        prefix[prefix_len++] = s->upper ? 'X' : 'x';
    }
    zeros = s->precision - len;
    if (s->alt && s->base == 8 && zeros < 1 && (!len || text[len - 1] != '0'))
        zeros = 1;
    if (zeros < 0)
        zeros = 0;
    if (s->zero && !s->left && s->precision < 0 && s->width > prefix_len + len + zeros)
        zeros = s->width - prefix_len - len;
    if (!s->left)
        put_pad(o, ' ', s->width - prefix_len - zeros - len);
    for (int i = 0; i < prefix_len; i++)
        put_char(o, prefix[i]);
    put_pad(o, '0', zeros);
    for (int i = len; i-- > 0;)
        put_char(o, text[i]);
    if (s->left)
        put_pad(o, ' ', s->width - prefix_len - zeros - len);
}

static const char *parse_flags(const char *f, struct spec *s)
{
    for (;; f++) {
        switch (*f) {
        case '-': s->left = true; break;
        case '0': s->zero = true; break;
        case '+': s->plus = true; break;
        case ' ': s->space = true; break;
        case '#': s->alt = true; break;
        default: return f;
        }
    }
}

static const char *parse_digits(const char *f, int *ret)
{
    int v = 0;
    for (; *f >= '0' && *f <= '9'; f++) {
        if (v < 100000)
            v = v * 10 + (*f - '0');
    }
    *ret = v;
    return f;
}

static const char *parse_length(const char *f, enum length *ret)
{
    *ret = LEN_INT;
    if (*f == 'h') {
        *ret = f[1] == 'h' ? LEN_CHAR : LEN_SHORT;
        return f + (f[1] == 'h' ? 2 : 1);
    }
    if (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j') {
        *ret = LEN_LONG; /* long, long long, size_t and ptrdiff_t are all 64 bits wide */
        return f + (f[0] == 'l' && f[1] == 'l' ? 2 : 1);
    }
    return f;
}

static uint64_t cut_unsigned(uint64_t v, enum length len)
{
    return len == LEN_CHAR ? (uint8_t)v : len == LEN_SHORT ? (uint16_t)v : v;
}

static int64_t cut_signed(int64_t v, enum length len)
{
    return len == LEN_CHAR ? (int8_t)v : len == LEN_SHORT ? (int16_t)v : v;
}

/* A va_list in a structure, so that it can be handed on by reference on every ABI. */
struct args {
    va_list ap;
};

static const char *parse_spec(const char *f, struct spec *s, enum length *ret_len, struct args *a)
{
    f = parse_flags(f, s);
    if (*f == '*') {
        s->width = va_arg(a->ap, int);
        if (s->width < 0) {
            s->left = true;
            s->width = -s->width;
        }
        f++;
    } else {
        f = parse_digits(f, &s->width);
    }
    if (*f == '.') {
        if (*++f == '*') {
            s->precision = va_arg(a->ap, int);
            f++;
        } else {
            f = parse_digits(f, &s->precision);
        }
    }
    return parse_length(f, ret_len);
}

static void put_conversion(struct out *o, char conv, struct spec *s, enum length len, struct args *a)
{
    switch (conv) {
    case 'd':
    case 'i': {
        int64_t v = cut_signed(len == LEN_LONG ? va_arg(a->ap, long) : va_arg(a->ap, int), len);
        put_number(o, s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
        break;
    }
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        s->base = conv == 'u' ? 10 : conv == 'o' ? 8 : 16;
        s->upper = conv == 'X';
        s->plus = s->space = false;
        s->alt &= conv != 'u';
        put_number(o, s, cut_unsigned(len == LEN_LONG ? va_arg(a->ap, unsigned long) : va_arg(a->ap, unsigned), len), false);
        break;
    case 'p':
        *s = (struct spec){ .base = 16, .alt = true, .width = s->width, .left = s->left, .precision = -1 };
        put_number(o, s, (uint64_t)va_arg(a->ap, void *), false);
        break;
    case 'c': {
        char text[2] = { (char)va_arg(a->ap, int), 0 };
        s->precision = -1;
        if (text[0])
            put_string(o, s, text);
        else
            put_char(o, 0);
        break;
    }
    case 's':
        put_string(o, s, va_arg(a->ap, const char *));
        break;
    case '%':
        put_char(o, '%');
        break;
    default: /* not a conversion: shown as it is */
        put_char(o, '%');
        put_char(o, conv);
        break;
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = { buf, size, 0 };
    struct args a;

    va_copy(a.ap, ap);
    for (; *fmt; fmt++) {
        struct spec s = { .precision = -1, .base = 10 };
        enum length len;
        if (*fmt != '%') {
            put_char(&o, *fmt);
            continue;
        }
        fmt = parse_spec(fmt + 1, &s, &len, &a);
        if (!*fmt)
            break;
        put_conversion(&o, *fmt, &s, len, &a);
    }
    va_end(a.ap);
    if (size)
        buf[o.len < size ? o.len : size - 1] = 0;
    return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
