/* SPDX-License-Identifier: GPL-2.0-only */
/* Random requests: mostly sound ones on few paths, so that they meet, and every kind of unsound ones. */
#include "store_diff.h"

#include <stdio.h>
#include <string.h>

static uint64_t state;

void random_seed(uint64_t seed)
{
    state = (seed + 1) * 0x9e3779b97f4a7c15ull;
}

uint32_t random_below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % n);
}

#define PICK(list) list[random_below(sizeof(list) / sizeof((list)[0]))]

static void put(struct request *r, const void *data, size_t len)
{
    if (len > sizeof(r->payload) - r->size)
        len = sizeof(r->payload) - r->size;
    memcpy(r->payload + r->size, data, len);
    r->size += len;
}

static void put_string(struct request *r, const char *s)
{
    put(r, s, strlen(s) + 1);
}

static void put_number(struct request *r, unsigned long n)
{
    char text[24];

    snprintf(text, sizeof(text), "%lu", n);
    put_string(r, text);
}

static void put_long_path(struct request *r, size_t len, bool absolute)
{
    char path[XENSTORE_PAYLOAD_MAX];

    memset(path, 'l', sizeof(path));
    for (size_t i = 0; i < len; i += 100)
        path[i] = '/';
    path[0] = absolute ? '/' : 'l';
    path[len] = 0;
    put_string(r, path);
}

static void put_path(struct request *r)
{
    static const char *const good[] = {
        "/T",
        "/T/a",
        "/T/b",
        "/T/a/c",
        "/T/a/d",
        "/T/a/c/e",
        "/T/b/f",
        "/T/b/f/g/h",
        "T",
        "T/a",
        "T/b/c",
        "/local/domain/0/T",
        "/local/domain/0/T/a",
        "/local/domain/5",
        "/local/domain/5/T",
        "/local/domain/6/T/a",
    };
    static const char *const bad[] = {
        "",
        "//",
        "/T/",
        "/T//a",
        "/T/a b",
        "/T/\xff",
        "/T/a.b",
        "T/",
        "@T",
        "@releaseDomain",
        "@introduceDomain",
        "/",
        "/T/@x",
        "/T/-_@Z09",
        ".",
        "..",
        "/T/../T",
    };
    static const size_t lengths[] = { 1024, 1025, 2047, 2048, 2049, 3071, 3072, 3073 };

    if (random_below(12))
        put_string(r, PICK(good));
    else if (random_below(12))
        put_string(r, PICK(bad));
    else
        put_long_path(r, PICK(lengths), random_below(2));
}

static void put_value(struct request *r)
{
    static const uint32_t sizes[] = { 0, 1, 8, 100, 1000, 1900, 2047, 2048, 2049, 3000 };
    uint32_t size = random_below(30) ? random_below(12) : PICK(sizes);

    for (uint32_t i = 0; i < size; i++) {
        char c = (char)(random_below(20) ? 'a' + random_below(26) : random_below(256));

        put(r, &c, 1);
    }
}

static void put_perms(struct request *r)
{
    static const char *const good[] = { "n0", "r0", "w0", "b0", "n1", "r5", "w7", "b32751" };
    static const char *const bad[] = {
        "", "x1", "r", "5", "r-1", "b5x", "rb1", "n99999999999", "R1", "n32752", "r65536"
    };
    unsigned n = random_below(12) ? 1 + random_below(4) : random_below(9);

    for (unsigned i = 0; i < n; i++)
        put_string(r, random_below(15) ? PICK(good) : PICK(bad));
}

static void put_domid(struct request *r)
{
    static const char *const bad[] = { "", "x", "-1", "32752", "65536", "99999999999", "4 " };

    if (random_below(8))
        put_number(r, random_below(3) ? 0 : 3 + random_below(2)); /* 5 and 6 may be clients */
    else
        put_string(r, PICK(bad));
}

static void put_nothing(struct request *r)
{
    put_string(r, "");
}

static void put_token(struct request *r)
{
    static const char *const tokens[] = { "tok", "1", "", "a token", "\x01\xff" };

    put_path(r);
    put_string(r, PICK(tokens));
}

static void put_path_and_value(struct request *r)
{
    put_path(r);
    put_value(r);
}

static void put_path_and_perms(struct request *r)
{
    put_path(r);
    put_perms(r);
}

static void put_path_and_offset(struct request *r)
{
    static const char *const offsets[] = { "0", "1", "5", "100", "x", "", "-1" };

    put_path(r);
    put_string(r, PICK(offsets));
}

static void put_end(struct request *r)
{
    static const char *const ends[] = { "T", "T", "T", "T", "F", "F", "", "t", "TT", "x" };

    put_string(r, PICK(ends));
}

static void put_two_domids(struct request *r)
{
    put_domid(r);
    put_domid(r);
}

static void put_control(struct request *r)
{
    static const char *const words[] = { "check", "print", "nonsense", "", "quota-nonsense" };

    put_string(r, PICK(words));
    if (random_below(2))
        put_string(r, "word");
}

/* How often, and what a sound payload is. Introducing a domain takes a ring: another test's. */
static const struct {
    uint32_t type;
    unsigned weight;
    void (*put)(struct request *r);
} kinds[] = {
    { XS_READ, 12, put_path },
    { XS_WRITE, 20, put_path_and_value },
    { XS_MKDIR, 8, put_path },
    { XS_RM, 8, put_path },
    { XS_DIRECTORY, 8, put_path },
    { XS_DIRECTORY_PART, 3, put_path_and_offset },
    { XS_GET_PERMS, 6, put_path },
    { XS_SET_PERMS, 6, put_path_and_perms },
    { XS_WATCH, 7, put_token },
    { XS_UNWATCH, 5, put_token },
    { XS_TRANSACTION_START, 6, put_nothing },
    { XS_TRANSACTION_END, 8, put_end },
    { XS_GET_DOMAIN_PATH, 2, put_domid },
    { XS_IS_DOMAIN_INTRODUCED, 2, put_domid },
    { XS_RELEASE, 1, put_domid },
    { XS_RESUME, 1, put_domid },
    { XS_SET_TARGET, 1, put_two_domids },
    { XS_RESET_WATCHES, 1, put_nothing },
    { XS_CONTROL, 1, put_control },
    { XS_WATCH_EVENT, 1, put_token },
    { XS_ERROR, 1, put_nothing },
    { 20, 1, put_path },
    { XS_TYPE_COUNT, 1, put_path },
    { XS_INVALID, 1, put_path },
};

/* What can be wrong with any payload. */
static void spoil(struct request *r)
{
    switch (random_below(6)) {
    case 0: /* the last NUL is missing */
        r->size -= r->size > 0;
        break;
    case 1:
        r->size = 0;
        break;
    case 2: /* a string too many */
        put_string(r, "more");
        break;
    case 3: /* cut somewhere */
        r->size = r->size ? random_below((uint32_t)r->size) : 0;
        break;
    case 4:
        put(r, "\0\0", 2);
        break;
    case 5: /* any bytes */
        r->size = 0;
        put_value(r);
        break;
    }
}

void request_make(struct request *r, unsigned client, const bool *open)
{
    unsigned total = 0, at;
    size_t kind = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        total += kinds[i].weight;
    for (at = random_below(total); at >= kinds[kind].weight; kind++)
        at -= kinds[kind].weight;
    *r = (struct request){ .type = kinds[kind].type, .client = client, .transaction = -1 };
    kinds[kind].put(r);
    if (!random_below(25))
        spoil(r);
    if (r->size > XENSTORE_PAYLOAD_MAX)
        r->size = XENSTORE_PAYLOAD_MAX;
    r->len = (uint32_t)r->size; /* no more than the limit: stock's daemon aborts then, by an assertion */
    if (random_below(2) || r->type == XS_TRANSACTION_END) {
        unsigned slot = random_below(NR_TRANSACTIONS);

        if (open[slot])
            r->transaction = (int)slot;
    }
    if (!random_below(60))
        r->transaction = -2;
}
