/* SPDX-License-Identifier: GPL-2.0-only */
/* The walks over the tables of types, with random values of each; every allocation of theirs fails once. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fault.h"
#include "light/context.h"
#include "light/fill.h"
#include "light/type.h"

#define ROUNDS 20

#define TYPE_OF(T) &T##_desc,
static const struct light_type *const structs[] = {LIBXL__STRUCTS(TYPE_OF) LIBXL__PLAIN_STRUCTS(TYPE_OF)};
static const struct light_type *const enums[] = {LIBXL__ENUMS(TYPE_OF)};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char *json_of(const struct light_type *t, const void *p)
{
    yajl_gen gen = libxl_yajl_gen_alloc(NULL);
    const unsigned char *text;
    size_t len;
    char *copy;

    assert_int_equal(light_gen(t, gen, p), yajl_gen_status_ok);
    assert_int_equal(yajl_gen_get_buf(gen, &text, &len), yajl_gen_status_ok);
    copy = strndup((const char *)text, len);
    yajl_gen_free(gen);
    return copy;
}

/* --- the tables are whole: every byte of a structure belongs to a field, or is padding --- */
static void cover(const struct light_field *f, uint8_t *bytes)
{
    const struct light_variant *v;
    size_t size;

    for (; f->path; f++) {
        if (f->form == LIGHT_PART) {
            cover(f->part, bytes);
            continue;
        }
        size = f->form == LIGHT_ARRAY ? sizeof(void *) : f->form == LIGHT_HIDDEN ? sizeof(libxl_ev_link) : f->type->size;
        memset(bytes + f->offset, 1, size);
        if (f->form == LIGHT_ARRAY)
            memset(bytes + f->count, 1, sizeof(int));
        for (v = f->form == LIGHT_UNION ? f->variants : NULL; v && v->fields; v++)
            cover(v->fields, bytes);
    }
}

static void test_whole(void **unused)
{
    size_t i, at, gap;

    (void)unused;
    for (i = 0; i < COUNT(structs); i++) {
        uint8_t *bytes = calloc(1, structs[i]->size);

        cover(structs[i]->fields, bytes);
        for (at = gap = 0; at < structs[i]->size; at++) {
            gap = bytes[at] ? 0 : gap + 1;
            assert_true(gap < 8);
        }
        free(bytes);
    }
}

/* --- init, copy, JSON and back, dispose --- */
static void test_round_trip(void **unused)
{
    struct json_error error;
    size_t i;
    int round;

    (void)unused;
    for (i = 0; i < COUNT(structs) * ROUNDS; i++) {
        const struct light_type *t = structs[i / ROUNDS];
        void *p = malloc(t->size), *copy = malloc(t->size), *zero = calloc(1, t->size);
        char *text, *text_copy, *text_back;

        round = (int)(i % ROUNDS);
        memset(p, 0xaa, t->size);
        light_init(t, p);
        fill_seed(i + 1);
        if (round)
            fill_value(t, p);
        memset(copy, 0xaa, t->size);
        assert_int_equal(light_copy(t, copy, p), 0);
        text = json_of(t, p);
        text_copy = json_of(t, copy);
        assert_string_equal(text, text_copy);
        light_dispose(t, p);
        light_init(t, p);
        assert_int_equal(light_parse(t, p, text, strlen(text), &error), 0);
        text_back = json_of(t, p);
        if (!strstr(text, "null"))
            assert_string_equal(text, text_back);
        light_dispose(t, p);
        light_dispose(t, copy);
        assert_memory_equal(p, zero, t->size);
        light_dispose(t, p); /* twice is fine */
        free(p);
        free(copy);
        free(zero);
        free(text);
        free(text_copy);
        free(text_back);
    }
}

static void test_words(void **unused)
{
    const libxl_enum_string_table *w;
    size_t i;
    int value;

    (void)unused;
    for (i = 0; i < COUNT(enums); i++) {
        for (w = enums[i]->words; w->s; w++) {
            assert_string_equal(light_word(enums[i], w->v), w->s);
            assert_int_equal(light_word_value(enums[i], w->s, &value), 0);
            assert_int_equal(value, w->v);
        }
        assert_null(light_word(enums[i], 12345));
        value = 99;
        assert_int_equal(light_word_value(enums[i], "no such word", &value), -EINVAL);
        assert_int_equal(value, 99);
    }
}

static void test_union_changes(void **unused)
{
    libxl_domain_build_info info;
    char *text;

    (void)unused;
    libxl_domain_build_info_init(&info);
    assert_int_equal(info.type, LIBXL_DOMAIN_TYPE_INVALID);
    libxl_domain_build_info_init_type(&info, LIBXL_DOMAIN_TYPE_HVM);
    assert_int_equal(info.u.hvm.timer_mode, LIBXL_TIMER_MODE_UNKNOWN);
    assert_int_equal(info.u.hvm.hdtype, LIBXL_HDTYPE_IDE);
    info.u.hvm.boot = strdup("c");
    text = json_of(&libxl_domain_build_info_desc, &info);
    assert_non_null(strstr(text, "\"type.hvm\": {\n        \"vga\""));
    assert_non_null(strstr(text, "\"boot\": \"c\""));
    free(text);
    libxl_domain_build_info_dispose(&info);
}

/* --- no memory --- */
static void test_copy_without_memory(void **unused)
{
    size_t i;
    unsigned nth;
    int rc;

    (void)unused;
    for (i = 0; i < COUNT(structs); i++) {
        const struct light_type *t = structs[i];
        void *p = calloc(1, t->size), *copy = calloc(1, t->size), *zero = calloc(1, t->size);

        light_init(t, p);
        fill_seed(i + 77);
        fill_value(t, p);
        for (nth = 1;; nth++) {
            fault_at(FAULT_ALLOC, nth);
            rc = light_copy(t, copy, p);
            if (!fault_happened(FAULT_ALLOC))
                break;
            assert_int_equal(rc, -ENOMEM);
            assert_memory_equal(copy, zero, t->size);
        }
        fault_at(FAULT_ALLOC, 0);
        assert_int_equal(rc, 0);
        light_dispose(t, copy);
        light_dispose(t, p);
        free(p);
        free(copy);
        free(zero);
    }
}

static void test_parse_without_memory(void **unused)
{
    struct json_error error;
    unsigned nth;
    size_t i;
    int rc;

    (void)unused;
    for (i = 0; i < COUNT(structs); i++) {
        const struct light_type *t = structs[i];
        void *p = calloc(1, t->size), *back = malloc(t->size), *before = malloc(t->size);
        char *text;

        light_init(t, p);
        fill_seed(i + 99);
        fill_value(t, p);
        text = json_of(t, p);
        light_init(t, back);
        memcpy(before, back, t->size);
        for (nth = 1;; nth++) {
            fault_at(FAULT_ALLOC, nth);
            rc = light_parse(t, back, text, strlen(text), &error);
            if (!fault_happened(FAULT_ALLOC))
                break;
            assert_int_equal(rc, -ENOMEM);
            assert_memory_equal(back, before, t->size);
        }
        fault_at(FAULT_ALLOC, 0);
        assert_int_equal(rc, 0);
        light_dispose(t, back);
        light_dispose(t, p);
        free(p);
        free(back);
        free(before);
        free(text);
    }
}

/* --- JSON that is wrong: where, and why --- */
static void expect(const struct light_type *t, const char *text, const char *where, const char *what)
{
    void *p = malloc(t->size), *before = malloc(t->size);
    struct json_error error = {"", ""};

    light_init(t, p);
    memcpy(before, p, t->size);
    assert_int_equal(light_parse(t, p, text, strlen(text), &error), -EINVAL);
    assert_string_equal(error.where, where);
    if (!strstr(error.what, what))
        fail_msg("%s: \"%s\", not \"%s\"", text, error.what, what);
    assert_memory_equal(p, before, t->size);
    free(p);
    free(before);
}

#define CONFIG &libxl_domain_config_desc
#define CREATE &libxl_domain_create_info_desc
#define BUILD &libxl_domain_build_info_desc

static void test_errors(void **unused)
{
    char deep[100];

    (void)unused;
    expect(CREATE, "", "", "at byte");
    expect(CREATE, "{", "", "at byte");
    expect(CREATE, "{\"name\": \"\xff\"}", "", "at byte");
    expect(CREATE, "{} {}", "", "at byte");
    expect(CREATE, "5", "", "is a number where an object is wanted");
    expect(CREATE, "{\"type\": \"pvhx\"}", "type", "\"pvhx\" is no libxl_domain_type");
    expect(CREATE, "{\"type\": 3}", "type", "is a number where a string is wanted");
    expect(CREATE, "{\"hap\": \"yes\"}", "hap", "\"yes\" is not True");
    expect(CREATE, "{\"hap\": 1}", "hap", "a string is wanted");
    expect(CREATE, "{\"name\": []}", "name", "is a list where a string is wanted");
    expect(CREATE, "{\"name\": \"a\\u0000b\"}", "", "NUL");
    expect(CREATE, "{\"na\\u0000me\": 1}", "", "NUL");
    expect(CREATE, "{\"uuid\": \"x\"}", "uuid", "\"x\" is no UUID");
    expect(CREATE, "{\"uuid\": 1}", "uuid", "a string is wanted");
    expect(CREATE, "{\"poolid\": 4294967296}", "poolid", "is not from 0 to 4294967295");
    expect(CREATE, "{\"poolid\": -1}", "poolid", "-1 is not from 0 to");
    expect(CREATE, "{\"poolid\": 1.5}", "poolid", "1.5 is no integer");
    expect(CREATE, "{\"poolid\": 1e3}", "poolid", "1e3 is no integer");
    expect(CREATE, "{\"poolid\": true}", "poolid", "is true or false where a number is wanted");
    expect(CREATE, "{\"xsdata\": [1]}", "xsdata", "an object is wanted");
    expect(CREATE, "{\"xsdata\": {\"a\": 5}}", "xsdata.a", "a string is wanted");
    expect(BUILD, "{\"max_vcpus\": 2147483648}", "max_vcpus", "is not from -2147483648 to 2147483647");
    expect(BUILD, "{\"max_vcpus\": 1.0}", "max_vcpus", "is no integer");
    expect(BUILD, "{\"max_vcpus\": \"1\"}", "max_vcpus", "a number is wanted");
    expect(BUILD, "{\"max_memkb\": 18446744073709551616}", "max_memkb", "is not from 0 to");
    expect(BUILD, "{\"cpumap\": 1}", "cpumap", "a list is wanted");
    expect(BUILD, "{\"cpumap\": [0, -1]}", "cpumap[1]", "-1 is not from 0");
    expect(BUILD, "{\"cpumap\": [4000000000]}", "cpumap[0]", "is not from 0");
    expect(BUILD, "{\"extra\": [\"a\", null]}", "extra[1]", "a string is wanted");
    expect(BUILD, "{\"extra\": \"a\"}", "extra", "a list is wanted");
    expect(BUILD, "{\"irqs\": {}}", "irqs", "a list is wanted");
    expect(BUILD, "{\"irqs\": [1, \"x\"]}", "irqs[1]", "a number is wanted");
    expect(BUILD, "{\"ioports\": [{}, {\"first\": []}]}", "ioports[1].first", "a number is wanted");
    expect(BUILD, "{\"type.pvh\": 5}", "type.pvh", "an object is wanted");
    expect(BUILD, "{\"type.pvh\": {}, \"type.pv\": {}}", "type.pvh", "is one too many");
    expect(BUILD, "{\"type.hvm\": {\"vnc\": {\"display\": []}}}", "type.hvm.vnc.display", "a number is wanted");
    expect(BUILD, "{\"type.hvm\": {\"ms_vm_genid\": [1, 2]}}", "type.hvm.ms_vm_genid", "has 2 entries, 16 are wanted");
    expect(BUILD, "{\"type.hvm\": {\"ms_vm_genid\": {}}}", "type.hvm.ms_vm_genid", "a list is wanted");
    expect(BUILD, "{\"arch_x86\": 5}", "arch_x86", "an object is wanted");
    expect(BUILD, "{\"cpuid\": 5}", "cpuid", "an object is wanted");
    expect(BUILD, "{\"cpuid\": {\"cpuid\": 5}}", "cpuid.cpuid", "a list is wanted");
    expect(BUILD, "{\"cpuid\": [5]}", "cpuid[0]", "an object is wanted");
    expect(BUILD, "{\"cpuid\": [{}]}", "cpuid[0]", "has no \"leaf\"");
    expect(BUILD, "{\"cpuid\": [{\"leaf\": -1}]}", "cpuid[0].leaf", "is not from 0");
    expect(BUILD, "{\"cpuid\": [{\"leaf\": 1, \"eax\": \"x\"}]}", "cpuid[0].eax", "is not 32 of 0, 1, x, k and s");
    expect(BUILD, "{\"cpuid\": [{\"leaf\": 1, \"eax\": 1}]}", "cpuid[0].eax", "a string is wanted");
    expect(BUILD, "{\"cpuid\": {\"msr\": [{}]}}", "cpuid.msr[0]", "has no \"index\"");
    expect(BUILD, "{\"cpuid\": {\"msr\": [{\"index\": 1, \"policy\": \"\"}]}}", "cpuid.msr[0].policy", "is not 64 of");
    expect(CONFIG, "{\"nics\": [{\"mac\": \"zz\"}]}", "nics[0].mac", "\"zz\" is no MAC address");
    expect(CONFIG, "{\"nics\": [{\"mac\": \"00:16:3e:00:00:01:02\"}]}", "nics[0].mac", "is no MAC address");
    expect(CONFIG, "{\"disks\": [{}, {}, {\"direct_io_safe\": 1}]}", "disks[2].direct_io_safe",
           "true or false is wanted");
    expect(&libxl_physinfo_desc, "{\"hw_cap\": [1, 2, 3]}", "hw_cap", "has 3 entries, 4 are wanted");
    expect(&libxl_device_pci_desc, "{\"func\": 256}", "func", "is not from 0 to 255");
    memset(deep, '[', sizeof(deep));
    deep[sizeof(deep) - 1] = '\0';
    expect(CREATE, deep, "", "is nested deeper than 32");
}

/* What is taken although we do not write it so. */
static void test_lenient(void **unused)
{
    libxl_domain_create_info info;

    (void)unused;
    libxl_domain_create_info_init(&info);
    assert_int_equal(
        libxl_domain_create_info_from_json(NULL, &info,
                                           "{\"type\": \"PVH\", \"hap\": true, \"name\": null, \"more\": [{}], "
                                           "\"poolid\": 1, \"poolid\": 2, \"oos\": \"<default>\"}"),
        0);
    assert_int_equal(info.type, LIBXL_DOMAIN_TYPE_PVH);
    assert_true(libxl_defbool_val(info.hap));
    assert_true(libxl_defbool_is_default(info.oos));
    assert_null(info.name);
    assert_int_equal(info.poolid, 1);
    libxl_domain_create_info_dispose(&info);
}

static void test_public(void **unused)
{
    libxl_domain_type type = LIBXL_DOMAIN_TYPE_PV;
    libxl_device_nic nic;
    libxl_ctx *ctx;
    char *text;

    (void)unused;
    assert_int_equal(libxl_ctx_alloc(&ctx, LIBXL_VERSION + 1, 0, &caught_log), ERROR_VERSION);
    assert_int_equal(libxl_ctx_alloc(&ctx, LIBXL_VERSION, 1, &caught_log), ERROR_INVAL);
    assert_int_equal(libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, &caught_log), 0);
    libxl_device_nic_init(&nic);
    assert_int_equal(libxl_device_nic_from_json(ctx, &nic, "{\"mtu\": \"big\"}"), ERROR_FAIL);
    expect_said("JSON of a libxl_device_nic: mtu is a string where a number is wanted");
    assert_int_equal(libxl_device_nic_from_json(ctx, &nic, "{\"mtu\": 1400}"), 0);
    text = libxl_device_nic_to_json(ctx, &nic);
    assert_string_equal(text, "{\n    \"mtu\": 1400\n}\n");
    free(text);
    fault_at(FAULT_ALLOC, 1);
    assert_int_equal(libxl_device_nic_from_json(ctx, &nic, "{\"mtu\": 1}"), ERROR_NOMEM);
    fault_at(FAULT_ALLOC, 1);
    assert_int_equal(libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, &caught_log), ERROR_NOMEM);
    fault_at(FAULT_ALLOC, 0);
    libxl_device_nic_dispose(&nic);
    libxl_device_nic_dispose(NULL);
    assert_int_equal(libxl_domain_type_from_string("Pvh", &type), 0);
    assert_int_equal(type, LIBXL_DOMAIN_TYPE_PVH);
    assert_int_equal(libxl_domain_type_from_string("xen", &type), ERROR_FAIL);
    text = libxl_domain_type_to_json(ctx, type);
    assert_string_equal(text, "\"pvh\"\n");
    free(text);
    assert_int_equal(libxl_domain_type_from_json(ctx, &type, "\"pv\""), 0);
    assert_int_equal(type, LIBXL_DOMAIN_TYPE_PV);
    assert_int_equal(libxl_ctx_free(ctx), 0);
    assert_int_equal(libxl_ctx_free(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_union_changes),
        cmocka_unit_test(test_copy_without_memory),
        cmocka_unit_test(test_parse_without_memory),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_lenient),
        cmocka_unit_test(test_public),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
