/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of every public type, initialized and filled at random (the same for the same seed), and what the library makes
 * of them: bytes after init and dispose, JSON, copies, JSON read back. The ABI is one: values.sh runs it with the
 * distribution's libxenlight and with ours. The tables are linked in, to know what there is to fill; of the library's
 * code nothing is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "light/type.h"

/* Stock's opens these with the context; there is no Xen here. Nothing asks them for anything. */
#define SEEN __attribute__((visibility("default")))
SEEN void *xc_interface_open(void *logger, void *dombuild_logger, unsigned flags);
SEEN void *xs_open(unsigned long flags);

void *xc_interface_open(void *logger, void *dombuild_logger, unsigned flags)
{
    (void)logger, (void)dombuild_logger, (void)flags;
    return calloc(1, 65536);
}

void *xs_open(unsigned long flags)
{
    (void)flags;
    return calloc(1, 65536);
}

/* --- random numbers --- */
static uint64_t state;

static uint64_t random64(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static unsigned one_of(unsigned n)
{
    return (unsigned)(random64() >> 33) % n;
}

/* --- fillers: the basic types stand for these here; the kind is in size's place --- */
const struct light_ops light_enum_ops, light_struct_ops;
static const struct light_ops string_ops, bool_ops, int_ops, defbool_ops, bytes_ops, bitmap_ops, list_ops, cpuid_ops,
    borrowed_ops;
#define BASIC(object, T, o) const struct light_type object = {.name = #T, .size = sizeof(T), .ops = &o};
BASIC(light_bitmap, libxl_bitmap, bitmap_ops)
BASIC(light_bool, bool, bool_ops)
BASIC(light_borrowed, const char *, borrowed_ops)
BASIC(light_cpuid, libxl_cpuid_policy_list, cpuid_ops)
BASIC(light_defbool, libxl_defbool, defbool_ops)
BASIC(light_genid, libxl_ms_vm_genid, bytes_ops)
BASIC(light_hwcap, libxl_hwcap, bytes_ops)
BASIC(light_int, int, int_ops)
BASIC(light_key_value_list, libxl_key_value_list, list_ops)
BASIC(light_mac, libxl_mac, bytes_ops)
BASIC(light_s64, int64_t, int_ops)
BASIC(light_string, char *, string_ops)
BASIC(light_string_list, libxl_string_list, list_ops)
BASIC(light_u8, uint8_t, int_ops)
BASIC(light_u16, uint16_t, int_ops)
BASIC(light_u32, uint32_t, int_ops)
BASIC(light_u64, uint64_t, int_ops)
BASIC(light_uuid, libxl_uuid, bytes_ops)

static char *random_string(void)
{
    static const char *const strings[] = {"",      "a",      "xvda", "/dev/vg/lv",      "with space",   "quote\"back\\slash",
                                          "\x01\t", "\xc3\xa9", "0",    "a/b/c?d=e&f=%20", "nil",          "a longer string, "
                                          "as long as a command line may well be: root=/dev/xvda1 console=hvc0 quiet"};

    return strdup(strings[one_of(sizeof(strings) / sizeof(strings[0]))]);
}

static char **random_list(unsigned n)
{
    char **list = calloc(n + 1, sizeof(*list)), key[32];
    unsigned i;

    for (i = 0; i < n; i++) {
        snprintf(key, sizeof(key), "key%u", i);
        list[i] = i % 2 ? random_string() : strdup(key);
    }
    return list;
}

static void random_int(const struct light_type *t, void *p)
{
    static const uint64_t numbers[] = {0, 1, 2, 100, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, 0x100000000,
                                       INT64_MAX, ~1ULL, ~0ULL};
    uint64_t n = one_of(3) ? numbers[one_of(sizeof(numbers) / sizeof(numbers[0]))] : random64();

    memcpy(p, &n, t->size);
}

static void random_bitmap(libxl_bitmap *map)
{
    uint32_t i;

    map->size = one_of(5);
    map->map = map->size ? calloc(map->size, 1) : NULL;
    for (i = 0; i < map->size; i++)
        map->map[i] = one_of(3) ? (uint8_t)random64() : 0;
}

static void random_cpuid(libxl_cpuid_policy_list *list)
{
    static const char *const lines[] = {"1:eax=xxxxxxxxxxxxxxxxxxxxxxxx01kxxsxx,edx=1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                        "7,0:ebx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0", "0x80000001:ecx=0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1"};
    unsigned i, n = one_of(4);

    for (i = 0; i < n; i++)
        libxl_cpuid_parse_config_xend(list, lines[one_of(3)]);
}

static void fill(const struct light_type *t, void *p);

static void fill_basic(const struct light_type *t, void *p)
{
    int value;

    if (t->ops == &light_enum_ops) {
        const libxl_enum_string_table *w = t->words;
        unsigned n = 0;

        while (w[n].s)
            n++;
        value = one_of(8) ? w[one_of(n)].v : 77;
        memcpy(p, &value, sizeof(value));
    } else if (t->ops == &string_ops) {
        *(char **)p = random_string();
    } else if (t->ops == &bool_ops) {
        *(bool *)p = one_of(2);
    } else if (t->ops == &int_ops) {
        random_int(t, p);
    } else if (t->ops == &defbool_ops) {
        libxl_defbool_set(p, one_of(2));
    } else if (t->ops == &bytes_ops) {
        for (value = 0; value < (int)t->size; value++)
            ((uint8_t *)p)[value] = (uint8_t)random64();
    } else if (t->ops == &bitmap_ops) {
        random_bitmap(p);
    } else if (t->ops == &list_ops) {
        *(char ***)p = random_list(2 * one_of(3) + (t == &light_string_list ? one_of(2) : 0));
    } else if (t->ops == &cpuid_ops) {
        random_cpuid(p);
    } else if (t->ops == &light_struct_ops) {
        fill(t, p);
    }
}

static void fill_array(const struct light_field *f, void *p)
{
    int i, n = (int)one_of(4);
    char *entries = n ? calloc((size_t)n, f->type->size) : NULL;

    *(void **)((char *)p + f->offset) = entries;
    *(int *)((char *)p + f->count) = n;
    for (i = 0; i < n; i++)
        fill_basic(f->type, entries + (size_t)i * f->type->size);
}

static void fill_fields(const struct light_field *f, void *p)
{
    const struct light_variant *v;
    unsigned n;

    for (; f->path; f++) {
        if (f->form == LIGHT_PART) {
            fill_fields(f->part, p);
        } else if (f->form == LIGHT_UNION) {
            for (n = 0; f->variants[n].fields; n++)
                continue;
            v = &f->variants[one_of(n)];
            *(int *)((char *)p + f->offset) = v->value;
            fill_fields(v->fields, p);
        } else if (f->form == LIGHT_ARRAY) {
            fill_array(f, p);
        } else if (f->form == LIGHT_PLAIN && (one_of(4) || f->type->fields)) {
            fill_basic(f->type, (char *)p + f->offset);
        }
    }
}

static void fill(const struct light_type *t, void *p)
{
    fill_fields(t->fields, p);
}

/* --- what a type can do, by name --- */
struct functions {
    const struct light_type *type;
    void (*init)(void *p);
    void (*dispose)(void *p);
    void (*copy)(libxl_ctx *ctx, void *dst, const void *src);
    char *(*to_json)(libxl_ctx *ctx, void *p);
    int (*from_json)(libxl_ctx *ctx, void *p, const char *s);
};

#define CALLS(T, d)                                                                                             \
    {&T##_desc, (void (*)(void *))T##_init, d, (void (*)(libxl_ctx *, void *, const void *))T##_copy,           \
     (char *(*)(libxl_ctx *, void *))T##_to_json, (int (*)(libxl_ctx *, void *, const char *))T##_from_json},
#define STRUCT_CALLS(T) CALLS(T, (void (*)(void *))T##_dispose)
#define PLAIN_CALLS(T) CALLS(T, NULL)

static const struct functions types[] = {LIBXL__STRUCTS(STRUCT_CALLS) LIBXL__PLAIN_STRUCTS(PLAIN_CALLS)};

#define VARIANT(T, member, value)                           \
    {                                                       \
        T v;                                                \
                                                            \
        T##_init(&v);                                       \
        T##_init_##member(&v, value);                       \
        show_bytes(#T " " #value, &v, sizeof(v));           \
    }

static void show_bytes(const char *what, const void *p, size_t size)
{
    size_t i;

    printf("%s:", what);
    for (i = 0; i < size; i += 4)
        if (memcmp((const char *)p + i, "\0\0\0\0", 4))
            printf(" %zu:%02x%02x%02x%02x", i, ((const uint8_t *)p)[i], ((const uint8_t *)p)[i + 1],
                   ((const uint8_t *)p)[i + 2], ((const uint8_t *)p)[i + 3]);
    printf("\n");
}

static void show_json(const char *what, const struct functions *f, libxl_ctx *ctx, void *p)
{
    char *text = f->to_json(ctx, p);

    printf("%s %s: %s", f->type->name, what, text ? text : "NULL\n");
    free(text);
}

/* What JSON holds comes back; null stands for a word that there is not. */
static void show_read_back(const struct functions *f, libxl_ctx *ctx, void *p, void *again)
{
    char *text = f->to_json(ctx, p), *text_again;
    int rc;

    f->init(again);
    rc = f->from_json(ctx, again, text);
    text_again = f->to_json(ctx, again);
    printf("%s read: %d %s\n", f->type->name, rc, strstr(text, "null") || !strcmp(text, text_again) ? "same" : "changed");
    if (f->dispose)
        f->dispose(again);
    free(text);
    free(text_again);
}

static void show_type(const struct functions *f, libxl_ctx *ctx, unsigned rounds, bool read_back)
{
    char *p = malloc(f->type->size), *copy = malloc(f->type->size);
    unsigned i;

    memset(p, 0xaa, f->type->size);
    f->init(p);
    show_bytes(f->type->name, p, f->type->size);
    show_json("initialized", f, ctx, p);
    for (i = 0; i < rounds; i++) {
        f->init(p);
        fill(f->type, p);
        show_json("filled", f, ctx, p);
        f->init(copy);
        f->copy(ctx, copy, p);
        show_json("copied", f, ctx, copy);
        if (read_back)
            show_read_back(f, ctx, p, copy);
        if (f->dispose) {
            f->dispose(p);
            show_bytes("disposed", p, f->type->size);
        }
    }
    free(p);
    free(copy);
}

static void show_variants(void)
{
    VARIANT(libxl_channelinfo, connection, LIBXL_CHANNEL_CONNECTION_PTY)
    VARIANT(libxl_device_channel, connection, LIBXL_CHANNEL_CONNECTION_SOCKET)
    VARIANT(libxl_device_usbdev, type, LIBXL_USBDEV_TYPE_HOSTDEV)
    VARIANT(libxl_domain_build_info, type, LIBXL_DOMAIN_TYPE_HVM)
    VARIANT(libxl_domain_build_info, type, LIBXL_DOMAIN_TYPE_PV)
    VARIANT(libxl_domain_build_info, type, LIBXL_DOMAIN_TYPE_PVH)
    VARIANT(libxl_event, type, LIBXL_EVENT_TYPE_DISK_EJECT)
    VARIANT(libxl_event, type, LIBXL_EVENT_TYPE_OPERATION_COMPLETE)
    VARIANT(libxl_psr_hw_info, type, LIBXL_PSR_FEAT_TYPE_CAT)
    VARIANT(libxl_psr_hw_info, type, LIBXL_PSR_FEAT_TYPE_MBA)
}

#define SHOW_ENUM(T) show_enum(#T, T##_string_table, (const char *(*)(int))T##_to_string, (int (*)(const char *, int *))T##_from_string);

static void show_enum(const char *name, const libxl_enum_string_table *w, const char *(*to_string)(int),
                      int (*from_string)(const char *, int *))
{
    char upper[64];
    int value, i;

    for (; w->s; w++) {
        for (i = 0; w->s[i] && i < 63; i++)
            upper[i] = w->s[i] >= 'a' && w->s[i] <= 'z' ? (char)(w->s[i] - 32) : w->s[i];
        upper[i] = '\0';
        value = -999;
        printf("%s %s %d %d", name, to_string(w->v), w->v, from_string(upper, &value));
        printf(" %d\n", value);
    }
    value = -999;
    printf("%s %d %s %d %d\n", name, w->v, to_string(12345) ? "?" : "NULL", from_string("no such word", &value), value);
}

static void no_message(struct xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context,
                       const char *format, va_list al)
{
    (void)logger, (void)level, (void)errnoval, (void)context, (void)format, (void)al;
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 10;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    bool read_back = argc > 3 && !strcmp(argv[3], "read");
    xentoollog_logger logger = {.vmessage = no_message};
    libxl_ctx *ctx = NULL;
    size_t i;

    if (libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, &logger))
        return 2;
    LIBXL__ENUMS(SHOW_ENUM)
    show_variants();
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        state = seed * 0x9e3779b97f4a7c15u + i + 1;
        show_type(&types[i], ctx, rounds, read_back);
    }
    fflush(stdout);
    _exit(0); /* stock's context is not one that can be closed */
}
