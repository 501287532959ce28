/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of every public type, initialized and filled at random (the same for the same seed), and what the library
 * makes of them: bytes after init and dispose, JSON, copies, JSON read back. The ABI is one: values.sh runs it with the
 * distribution's libxenlight and with ours. The tables are linked in, to know what there is to fill; of the library's
 * code nothing is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxl_utils.h>

#include "light/fill.h"
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

/* --- the basic types: here they are only names, and sizes --- */
const struct light_ops light_enum_ops, light_struct_ops;
#define BASIC(object, T) const struct light_type object = {.name = #T, .size = sizeof(T)};
BASIC(light_bitmap, libxl_bitmap)
BASIC(light_bool, bool)
BASIC(light_borrowed, const char *)
BASIC(light_cpuid, libxl_cpuid_policy_list)
BASIC(light_defbool, libxl_defbool)
BASIC(light_genid, libxl_ms_vm_genid)
BASIC(light_hwcap, libxl_hwcap)
BASIC(light_int, int)
BASIC(light_key_value_list, libxl_key_value_list)
BASIC(light_mac, libxl_mac)
BASIC(light_s64, int64_t)
BASIC(light_string, char *)
BASIC(light_string_list, libxl_string_list)
BASIC(light_u8, uint8_t)
BASIC(light_u16, uint16_t)
BASIC(light_u32, uint32_t)
BASIC(light_u64, uint64_t)
BASIC(light_uuid, libxl_uuid)

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
    printf("%s read: %d %s\n", f->type->name, rc,
           strstr(text, "null") || !strcmp(text, text_again) ? "same" : "changed");
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
        fill_value(f->type, p);
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

#define SHOW_ENUM(T) \
    show_enum(#T, T##_string_table, (const char *(*)(int))T##_to_string, (int (*)(const char *, int *))T##_from_string);

static void show_enum(const char *name, const libxl_enum_string_table *w, const char *(*to_string)(int),
                      int (*from_string)(const char *, int *))
{
    char upper[64];
    int value, i;

    for (; w->s; w++) {
        for (i = 0; i < 63 && w->s[i]; i++)
            upper[i] = w->s[i] >= 'a' && w->s[i] <= 'z' ? (char)(w->s[i] - 32) : w->s[i];
        upper[i] = '\0';
        value = -999;
        printf("%s %s %d %d", name, to_string(w->v), w->v, from_string(upper, &value));
        printf(" %d\n", value);
    }
    value = -999;
    printf("%s %d %s %d %d\n", name, w->v, to_string(12345) ? "?" : "NULL", from_string("no such word", &value), value);
}

/* --- cpuid=: every name, lines that are wrong --- */
static void show_line(const char *line, int (*parse)(libxl_cpuid_policy_list *list, const char *line))
{
    libxl_cpuid_policy_list list = NULL;
    yajl_gen gen = yajl_gen_alloc(NULL);
    const unsigned char *text = NULL;
    size_t len = 0;
    int rc = parse(&list, line);

    if (!rc && libxl_cpuid_policy_list_gen_json(gen, &list) == yajl_gen_status_ok)
        yajl_gen_get_buf(gen, &text, &len);
    printf("%s %d %.*s\n", line, rc, (int)len, text ? (const char *)text : "");
    yajl_gen_free(gen);
    libxl_cpuid_dispose(&list);
}

static void show_cpuid(void)
{
    static const char *const names[] = {
#define FEATURE(name, leaf, subleaf, reg, bit, width) name,
#define MSR_BIT(name, index, bit) name,
#include "light/cpuid_names.def"
        "family", "model", "no-such-name"};
    static const char *const values[] = {"0", "1", "x", "k", "s", "", "t"};
    static const char *const lines[] = {
        "sse",         "=",          "",           "family=5",     "family=15",     "family=16",  "family=270",
        "family=0x10", "model=0x1f", "stepping=3", "apicidsize=4", "proccount=200", "maxhvleaf=5"
    };
    static const char *const registers[] = {
        "1", "x:eax=1", "1:", "1:eax", "1:eax=2", "1:exx=1", "1,2:", "1,:eax=1", ""
    };
    char line[64];
    size_t i, v;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        for (v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
            snprintf(line, sizeof(line), "%s=%s", names[i], values[v]);
            show_line(line, libxl_cpuid_parse_config);
        }
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        show_line(lines[i], libxl_cpuid_parse_config);
    for (i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
        show_line(registers[i], libxl_cpuid_parse_config_xend);
}

/* --- bitmaps, UUIDs and other small things --- */
static void show_bitmap(libxl_ctx *ctx, const libxl_bitmap *map)
{
    char *text = libxl_bitmap_to_hex_string(ctx, map);

    printf("%s %u %d %d %d %d\n", text, map->size, libxl_bitmap_count_set(map), libxl_bitmap_is_full(map),
           libxl_bitmap_is_empty(map), libxl_bitmap_test(map, 9));
    free(text);
}

static void show_small(libxl_ctx *ctx)
{
    static const char *const uuids[] = {
        "efcdab90-7856-3412-0000-000000000001", "EFCDAB90-7856-3412-0000-00000000000A", "x", "",
        "efcdab90785634120000000000000001",     "efcdab90-7856-3412-0000-0000000000012"
    };
    libxl_bitmap maps[3];
    libxl_uuid uuid = {{0}};
    size_t i;
    int bit;

    for (i = 0; i < 3; i++) {
        libxl_bitmap_init(&maps[i]);
        show_bitmap(ctx, &maps[i]);
        libxl_bitmap_alloc(ctx, &maps[i], (int)(1 + 13 * i));
        for (bit = 0; bit < 40; bit += 3 + (int)i)
            libxl_bitmap_set(&maps[i], bit);
        show_bitmap(ctx, &maps[i]);
    }
    libxl_bitmap_or(ctx, &maps[0], &maps[1], &maps[2]);
    show_bitmap(ctx, &maps[0]);
    libxl_bitmap_and(ctx, &maps[0], &maps[1], &maps[2]);
    show_bitmap(ctx, &maps[0]);
    libxl_bitmap_copy(ctx, &maps[0], &maps[1]); /* of one size: stock ends the program else */
    show_bitmap(ctx, &maps[0]);
    libxl_bitmap_reset(&maps[2], 9);
    show_bitmap(ctx, &maps[2]);
    for (i = 0; i < sizeof(uuids) / sizeof(uuids[0]); i++) {
        printf("%s %d ", uuids[i], libxl_uuid_from_string(&uuid, uuids[i]));
        printf(LIBXL_UUID_FMT " %d\n", LIBXL_UUID_BYTES(uuid), libxl_uuid_is_nil(&uuid));
    }
    printf("%d %d %d\n", libxl_domid_valid_guest(0), libxl_domid_valid_guest(0x7fef), libxl_domid_valid_guest(0x7ff0));
    printf("%lu %lu\n", libxl_get_required_shadow_memory(1048577, 2), libxl_get_required_shadow_memory(4095, 3));
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
    show_cpuid();
    show_small(ctx);
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        fill_seed(seed * 0x9e3779b97f4a7c15u + i + 1);
        show_type(&types[i], ctx, rounds, read_back);
    }
    fflush(stdout);
    _exit(0); /* stock's context is not one that can be closed */
}
