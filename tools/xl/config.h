/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl.cfg(5) to libxl_domain_config. A row of xl_keys[] for each setting: what kind of value it has and where it goes. The
 * rows are worked through in their order, which is also that of what depends on what. What is wrong is said with file, line
 * and column, and all of it in one run.
 */
#ifndef XL_CONFIG_H
#define XL_CONFIG_H

#include <libxl.h>
#include <libxl_utils.h>
#include <stdbool.h>

#include "light/xlu/xlu.h"

struct parse {
    libxl_ctx *ctx;
    XLU_Config *cfg;
    libxl_domain_config *d;
    bool failed;
};

/* Bits of libxl_domain_type. */
#define FOR(type) (1u << LIBXL_DOMAIN_TYPE_##type)
#define FOR_ALL 0u

enum key_kind {
    KEY_TEXT,
    KEY_BOOL,   /* libxl_defbool */
    KEY_INT,    /* int, from min to max */
    KEY_U32,    /* uint32_t, the same */
    KEY_MIB,    /* uint64_t in KiB, written in MiB */
    KEY_TEXTS,  /* libxl_string_list; one text is a list of one */
    KEY_ENUM,   /* by its name: read->text */
    KEY_CUSTOM, /* read->setting */
    KEY_FLAG,   /* bool */
    KEY_CPUS,   /* libxl_bitmap, of the host's CPUs */
    KEY_IGNORE, /* known, and means nothing here */
};

struct key {
    const char *name;
    enum key_kind kind;
    unsigned types; /* other domains leave it out, as stock does */
    size_t offset;  /* in libxl_domain_config */
    long min, max;
    union {
        int (*text)(const char *text, int *ret_value); /* 0, or it is no such name */
        void (*setting)(struct parse *p, const struct xlu_setting *s);
    } read;
    const char *old; /* what is said of it when it is used */
};

extern const struct key xl_keys[];
extern const size_t nr_xl_keys;

/* Applies the rows to what was read, in their order, to *base, and warns of settings that have none. */
void keys_apply(struct parse *p, void *base, const struct key *keys, size_t n);

/* Says what is wrong with a value, or with nothing in particular, and notes that it is. */
void parse_wrong(struct parse *p, const struct xlu_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void parse_warn(struct parse *p, const struct xlu_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- values; false: it was said what is wrong --- */
bool value_text(struct parse *p, const XLU_ConfigValue *value, const char **ret_text);
bool value_number(struct parse *p, const char *name, const XLU_ConfigValue *value, long min, long max, long *ret_number);
/* The list, all of whose items are texts; NULL: it was said that it is none. */
const XLU_ConfigList *list_of_texts(struct parse *p, const struct xlu_setting *s);
bool text_set(struct parse *p, char **field, const char *text);
/* "0-3,^1,nodes:1": a set of the host's CPUs, which is allocated. */
bool cpus_parse(struct parse *p, const XLU_ConfigValue *value, libxl_bitmap *ret_map);

/* --- parts of a device's text, KEY=VALUE[,...], of which the value is up to the next comma --- */
struct device_key {
    const char *name;
    enum key_kind kind;
    size_t offset; /* in the device */
    int (*text)(const char *text, int *ret_value);
    void (*custom)(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value);
};
/* The keys' last row has no name. */
void device_parse(struct parse *p, const XLU_ConfigValue *at, const char *what, const struct device_key *keys, void *device);

/*
 * Reads FILE (NULL: none) and the settings of the command line into *d, which is initialised. 0; -EINVAL: it was said
 * what is wrong; -ENOMEM.
 */
int config_read(libxl_ctx *ctx, const char *file, char *const *extra, int n, libxl_domain_config *d);
/* The same of a text, which messages call by that name. */
int config_read_text(libxl_ctx *ctx, const char *name, const char *text, size_t len, libxl_domain_config *d);
/* One device, as an item of the list `key` (vif, vtpm, vkb) says it. */
int config_read_device(libxl_ctx *ctx, const char *key, const char *spec, libxl_domain_config *d);

/* Custom keys. */
/* Before everything else, whether type= is there or not. */
void domain_type_set(struct parse *p);
void key_type(struct parse *p, const struct xlu_setting *s);
void key_uuid(struct parse *p, const struct xlu_setting *s);
void key_vcpus(struct parse *p, const struct xlu_setting *s);
void key_maxvcpus(struct parse *p, const struct xlu_setting *s);
void key_memory(struct parse *p, const struct xlu_setting *s);
void key_cmdline(struct parse *p, const struct xlu_setting *s);
void key_action(struct parse *p, const struct xlu_setting *s);
const char *action_name(libxl_action_on_shutdown action); /* as the configuration has it */
void key_seclabel(struct parse *p, const struct xlu_setting *s);
void key_firmware(struct parse *p, const struct xlu_setting *s);
void key_altp2m(struct parse *p, const struct xlu_setting *s);
void key_genid(struct parse *p, const struct xlu_setting *s);
void key_serial(struct parse *p, const struct xlu_setting *s);
void key_stdvga(struct parse *p, const struct xlu_setting *s);
void key_rdm(struct parse *p, const struct xlu_setting *s);
void key_cpuid(struct parse *p, const struct xlu_setting *s);
void key_cpus(struct parse *p, const struct xlu_setting *s);
void key_ioports(struct parse *p, const struct xlu_setting *s);
void key_irqs(struct parse *p, const struct xlu_setting *s);
void key_iomem(struct parse *p, const struct xlu_setting *s);
void key_disk(struct parse *p, const struct xlu_setting *s);
void key_vif(struct parse *p, const struct xlu_setting *s);
void key_vfb(struct parse *p, const struct xlu_setting *s);
void key_vkb(struct parse *p, const struct xlu_setting *s);
void key_vtpm(struct parse *p, const struct xlu_setting *s);
void key_p9(struct parse *p, const struct xlu_setting *s);
void key_channel(struct parse *p, const struct xlu_setting *s);
void key_pci(struct parse *p, const struct xlu_setting *s);
void key_pci_flag(struct parse *p, const struct xlu_setting *s);
void key_refused_pv(struct parse *p, const struct xlu_setting *s);
void key_vnc_pv(struct parse *p, const struct xlu_setting *s);
void key_vnuma(struct parse *p, const struct xlu_setting *s);
void key_viridian(struct parse *p, const struct xlu_setting *s);
void key_gfx_passthru(struct parse *p, const struct xlu_setting *s);
void key_mca_caps(struct parse *p, const struct xlu_setting *s);
void key_pvcalls(struct parse *p, const struct xlu_setting *s);
void key_vdispl(struct parse *p, const struct xlu_setting *s);
void key_usbctrl(struct parse *p, const struct xlu_setting *s);
void key_usbdev(struct parse *p, const struct xlu_setting *s);
void key_vsnd(struct parse *p, const struct xlu_setting *s);
void key_dtdev(struct parse *p, const struct xlu_setting *s);
void key_vncdisplay(struct parse *p, const struct xlu_setting *s);

#endif
