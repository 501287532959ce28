/* SPDX-License-Identifier: LGPL-2.1-only */
/* JSON of the library's types, by yajl: for programs that put them into a larger document. */
#ifndef LIBXL_JSON_H
#define LIBXL_JSON_H

#include <libxl.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

yajl_gen_status libxl__uint64_gen_json(yajl_gen hand, uint64_t val);
yajl_gen_status libxl_bitmap_gen_json(yajl_gen hand, libxl_bitmap *p);
yajl_gen_status libxl_cpuid_policy_list_gen_json(yajl_gen hand, libxl_cpuid_policy_list *p);
yajl_gen_status libxl_defbool_gen_json(yajl_gen hand, libxl_defbool *p);
yajl_gen_status libxl_hwcap_gen_json(yajl_gen hand, libxl_hwcap *p);
yajl_gen_status libxl_key_value_list_gen_json(yajl_gen hand, libxl_key_value_list *p);
yajl_gen_status libxl_mac_gen_json(yajl_gen hand, libxl_mac *p);
yajl_gen_status libxl_ms_vm_genid_gen_json(yajl_gen hand, libxl_ms_vm_genid *p);
yajl_gen_status libxl_string_list_gen_json(yajl_gen hand, libxl_string_list *p);
yajl_gen_status libxl_uuid_gen_json(yajl_gen hand, libxl_uuid *p);

#include <_libxl_types_json.h>

typedef size_t libxl_yajl_length;

/* A generator that writes lines and indents as the library does. */
static inline yajl_gen libxl_yajl_gen_alloc(const yajl_alloc_funcs *funcs)
{
    yajl_gen gen = yajl_gen_alloc(funcs);

    if (gen)
        yajl_gen_config(gen, yajl_gen_beautify, 1);
    return gen;
}

#endif
