/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Disks, as xl-disk-configuration(5) describes them:
 *     { KEY=VALUE, | FLAG, } [TARGET,[FORMAT,[VDEV,[ACCESS]]]] { KEY=VALUE, | FLAG, } [target=ALL THE REST]
 * and the old form that a prefix or an empty target begins: [PREFIX:]...[TARGET],VDEV[:DEVTYPE],ACCESS.
 */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "light/xlu/spec.h"

struct parser {
    struct xlu_spec spec;
    libxl_device_disk *disk;
    bool old_form;   /* without FORMAT among the positions */
    bool has_format; /* by position or by name, also when it was empty */
    bool has_access; /* by position */
};

typedef int set_fn(struct parser *p, const struct xlu_part *value, size_t offset);

static const struct xlu_word formats[] = {
    { "raw", LIBXL_DISK_FORMAT_RAW }, { "qcow2", LIBXL_DISK_FORMAT_QCOW2 }, { "qcow", LIBXL_DISK_FORMAT_QCOW },
    { "vhd", LIBXL_DISK_FORMAT_VHD }, { "qed", LIBXL_DISK_FORMAT_QED },     { "empty", LIBXL_DISK_FORMAT_EMPTY },
    { NULL, 0 },
};
static const struct xlu_word backends[] = {
    { "phy", LIBXL_DISK_BACKEND_PHY },
    { "tap", LIBXL_DISK_BACKEND_TAP },
    { "qdisk", LIBXL_DISK_BACKEND_QDISK },
    { "standalone", LIBXL_DISK_BACKEND_STANDALONE },
    { NULL, 0 },
};
static const struct xlu_word specifications[] = {
    { "xen", LIBXL_DISK_SPECIFICATION_XEN },
    { "virtio", LIBXL_DISK_SPECIFICATION_VIRTIO },
    { NULL, 0 },
};
static const struct xlu_word accesses[] = { { "rw", 1 }, { "w", 1 }, { "ro", 0 }, { "r", 0 }, { NULL, 0 } };
static const struct xlu_word devtypes[] = { { "cdrom", 1 }, { "disk", 0 }, { NULL, 0 } };

static int set_twice(struct parser *p, const struct xlu_part *value, const char *what)
{
    return xlu_spec_wrong(&p->spec, value, "the %s is already given", what);
}

/* --- setters: the offset is the field's in the disk --- */

static char **text_at(struct parser *p, size_t offset)
{
    return (char **)((char *)p->disk + offset);
}

static int set_text(struct parser *p, const struct xlu_part *value, size_t offset)
{
    char **text = text_at(p, offset);

    if (*text && **text)
        return set_twice(p, value, "value of this parameter");
    return xlu_part_replace(text, value);
}

/* An enum whose zero is "not given". */
static int set_enum(struct parser *p, const struct xlu_part *value, int *field, const struct xlu_word *words,
                    const char *what)
{
    const struct xlu_word *word = xlu_word_find(words, value);

    if (!word)
        return xlu_spec_unknown(&p->spec, value, what, words);
    if (*field && *field != word->value)
        return set_twice(p, value, what);
    *field = word->value;
    return 0;
}

static int set_format(struct parser *p, const struct xlu_part *value, size_t offset)
{
    static const struct xlu_part raw = { "raw", 3 }; /* what an empty one stands for */
    int format = (int)p->disk->format;
    int error = set_enum(p, value->len ? value : &raw, &format, formats, "format");

    (void)offset;
    p->has_format = true;
    p->disk->format = (libxl_disk_format)format;
    return error;
}

static int set_backend(struct parser *p, const struct xlu_part *value, size_t offset)
{
    int backend = (int)p->disk->backend;
    int error = set_enum(p, value, &backend, backends, "backendtype");

    (void)offset;
    p->disk->backend = (libxl_disk_backend)backend;
    return error;
}

static int set_specification(struct parser *p, const struct xlu_part *value, size_t offset)
{
    int specification = (int)p->disk->specification;
    int error = set_enum(p, value, &specification, specifications, "specification");

    (void)offset;
    p->disk->specification = (libxl_disk_specification)specification;
    return error;
}

static int set_access(struct parser *p, const struct xlu_part *value, size_t offset)
{
    const struct xlu_word *word = xlu_word_find(accesses, value);

    (void)offset;
    if (!word && value->len)
        return xlu_spec_unknown(&p->spec, value, "access", accesses);
    p->disk->readwrite = word ? word->value : 1;
    return 0;
}

static int set_devtype(struct parser *p, const struct xlu_part *value, size_t offset)
{
    const struct xlu_word *word = xlu_word_find(devtypes, value);

    (void)offset;
    if (!word)
        return xlu_spec_unknown(&p->spec, value, "type of device", devtypes);
    p->disk->is_cdrom = word->value;
    return 0;
}

static int set_port(struct parser *p, const struct xlu_part *value, size_t offset)
{
    unsigned long port;

    (void)offset;
    if (!xlu_part_number(value, 10, 65535, &port) || !port)
        return xlu_spec_wrong(&p->spec, value, "no port number");
    p->disk->colo_port = (int)port;
    return 0;
}

#define TEXT(name, field) { name, set_text, offsetof(libxl_device_disk, field) }
static const struct {
    const char *name;
    set_fn *set;
    size_t offset;
} keys[] = {
    TEXT("target", pdev_path), /* which takes all that is left */
    TEXT("vdev", vdev),
    TEXT("backend", backend_domname),
    TEXT("script", script),
    TEXT("colo-host", colo_host),
    TEXT("colo-export", colo_export),
    TEXT("active-disk", active_disk),
    TEXT("hidden-disk", hidden_disk),
    { "format", set_format, 0 },
    { "access", set_access, 0 },
    { "backendtype", set_backend, 0 },
    { "devtype", set_devtype, 0 },
    { "specification", set_specification, 0 },
    { "colo-port", set_port, 0 },
};
#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

enum flag_type { FLAG_INT, FLAG_DEFBOOL };
#define FLAG(name, field, type, value) { name, offsetof(libxl_device_disk, field), type, value }
static const struct {
    const char *name;
    size_t offset;
    enum flag_type type;
    int value;
} flags[] = {
    FLAG("cdrom", is_cdrom, FLAG_INT, 1),
    FLAG("discard", discard_enable, FLAG_DEFBOOL, 1),
    FLAG("no-discard", discard_enable, FLAG_DEFBOOL, -1),
    FLAG("colo", colo_enable, FLAG_DEFBOOL, 1),
    FLAG("no-colo", colo_enable, FLAG_DEFBOOL, -1),
    FLAG("trusted", trusted, FLAG_DEFBOOL, 1),
    FLAG("untrusted", trusted, FLAG_DEFBOOL, -1),
};
#define NR_FLAGS (sizeof(flags) / sizeof(flags[0]))

static bool parse_flag(struct parser *p, const struct xlu_part *part)
{
    if (xlu_part_is(part, "direct-io-safe"))
        return p->disk->direct_io_safe = true;
    for (size_t i = 0; i < NR_FLAGS; i++) {
        char *field = (char *)p->disk + flags[i].offset;

        if (!xlu_part_is(part, flags[i].name))
            continue;
        if (flags[i].type == FLAG_INT)
            *(int *)(void *)field = flags[i].value;
        else
            ((libxl_defbool *)(void *)field)->val = flags[i].value;
        return true;
    }
    return false;
}

static int parse_key(struct parser *p, struct xlu_part *part)
{
    struct xlu_word words[NR_KEYS + 1] = { { NULL, 0 } };
    struct xlu_part key, value;

    if (!xlu_part_split(part, &key, &value))
        return xlu_spec_wrong(&p->spec, part, "no KEY=VALUE");
    for (size_t i = 0; i < NR_KEYS; i++) {
        words[i].word = keys[i].name;
        if (!xlu_part_is(&key, keys[i].name))
            continue;
        if (keys[i].offset == offsetof(libxl_device_disk, pdev_path) && keys[i].set == set_text) {
            value.len = strlen(value.text);
            p->spec.at = value.text + value.len;
            if (value.len && value.text[value.len - 1] == ',')
                value.len--;
        }
        return keys[i].set(p, &value, keys[i].offset);
    }
    if (key.len && (key.text[0] == '/' || memchr(key.text, '/', key.len)))
        return xlu_spec_wrong(&p->spec, part, "a target that has a = comes last, as target=...");
    return xlu_spec_unknown(&p->spec, &key, "parameter", words);
}

/* --- the old prefixes --- */

/* The value is a format; 0: the prefix says nothing any more; -1: the script block-WORD. */
static const struct xlu_word prefixes[] = {
    { "raw", LIBXL_DISK_FORMAT_RAW }, { "qcow", LIBXL_DISK_FORMAT_QCOW }, { "qcow2", LIBXL_DISK_FORMAT_QCOW2 },
    { "vhd", LIBXL_DISK_FORMAT_VHD }, { "tap", 0 },     { "tap2", 0 },    { "aio", 0 },
    { "ioemu", 0 },                   { "file", 0 },    { "phy", 0 },     { "tapdisk", 0 },
    { "iscsi", -1 },                  { "nbd", -1 },    { "enbd", -1 },   { "drbd", -1 },
    { NULL, 0 },
};

static int set_block_script(struct parser *p, const struct xlu_part *word)
{
    char script[32];
    int n = snprintf(script, sizeof(script), "block-%.*s", (int)word->len, word->text);

    if (p->disk->script && *p->disk->script)
        return set_twice(p, word, "script");
    return xlu_part_replace(&p->disk->script, &(struct xlu_part){ script, (size_t)n });
}

/* Takes one prefix, if there is one: *ret_taken. */
static int parse_prefix(struct parser *p, bool *ret_taken)
{
    const char *at = p->spec.at;
    struct xlu_part word = { at, 0 };
    const struct xlu_word *prefix;

    *ret_taken = false;
    while (islower((unsigned char)at[word.len]) || (word.len && isdigit((unsigned char)at[word.len])))
        word.len++;
    if (!word.len || at[word.len] != ':')
        return 0;
    prefix = xlu_word_find(prefixes, &word);
    if (!prefix) {
        char c = at[word.len + 1];

        /* pool:image is a target; http:// would be taken for a prefix of old. */
        if (islower((unsigned char)c) || isdigit((unsigned char)c))
            return 0;
        return xlu_spec_unknown(&p->spec, &word, "prefix (a target with such a beginning comes last, as target=...)",
                                prefixes);
    }
    *ret_taken = true;
    p->old_form = true;
    p->spec.at += word.len + 1;
    if (prefix->value < 0)
        return set_block_script(p, &word);
    return prefix->value ? set_format(p, &word, 0) : 0;
}

/* --- positions --- */

static int set_vdev(struct parser *p, struct xlu_part *part)
{
    const char *colon = memrchr(part->text, ':', part->len);
    struct xlu_part type;
    int error;

    if (colon) {
        type = (struct xlu_part){ colon + 1, part->len - (size_t)(colon - part->text) - 1 };
        part->len = (size_t)(colon - part->text);
        error = set_devtype(p, &type, 0);
        if (error)
            return error;
    }
    return set_text(p, part, offsetof(libxl_device_disk, vdev));
}

static int parse_position(struct parser *p, struct xlu_part *part)
{
    libxl_device_disk *disk = p->disk;

    if (memchr(part->text, '=', part->len))
        return parse_key(p, part);
    if (!disk->pdev_path)
        return set_text(p, part, offsetof(libxl_device_disk, pdev_path));
    if (!p->has_format && !p->old_form && !*disk->pdev_path && !disk->vdev && memchr(part->text, ':', part->len)) {
        p->old_form = true; /* ,VDEV:cdrom,ACCESS: a drive without a disk */
        disk->format = LIBXL_DISK_FORMAT_EMPTY;
    }
    if (!p->has_format && !p->old_form)
        return set_format(p, part, 0);
    if (!disk->vdev)
        return set_vdev(p, part);
    if (p->has_access)
        return xlu_spec_wrong(&p->spec, part, "there are target, format, vdev and access, and no fifth");
    p->has_access = true;
    return set_access(p, part, 0);
}

static int parse_spec(struct parser *p)
{
    struct xlu_part part;
    bool prefixed;
    int error = 0;

    while (!error && *p->spec.at) {
        p->spec.at += strspn(p->spec.at, " \t\n\r\f\v");
        error = parse_prefix(p, &prefixed);
        if (error || prefixed)
            continue;
        if (xlu_spec_next(&p->spec, &part) && !parse_flag(p, &part))
            error = parse_position(p, &part);
    }
    return error;
}

static int finish(struct parser *p)
{
    libxl_device_disk *disk = p->disk;

    if (disk->is_cdrom) {
        disk->removable = 1;
        disk->readwrite = 0;
        if (!disk->pdev_path || !*disk->pdev_path)
            disk->format = LIBXL_DISK_FORMAT_EMPTY;
    }
    if (!disk->format)
        disk->format = LIBXL_DISK_FORMAT_RAW;
    if (!disk->vdev || !*disk->vdev)
        return xlu_spec_wrong(&p->spec, NULL, "no vdev: the guest's name of it (xvda, hdc) is missing");
    if (!disk->pdev_path && !disk->removable)
        return xlu_spec_wrong(&p->spec, NULL, "no target: the file or device is missing");
    return 0;
}

int xlu_disk_parse(XLU_Config *cfg, int nspecs, const char *const *specs, libxl_device_disk *disk)
{
    struct parser p = { .disk = disk, .spec = { .cfg = cfg, .kind = "disk", .text = "", .at = "" } };
    int error = 0;

    disk->readwrite = 1;
    for (int i = 0; i < nspecs && !error; i++) {
        p.spec.text = p.spec.at = specs[i];
        error = parse_spec(&p);
    }
    if (!error && nspecs > 0)
        error = finish(&p);
    return error;
}
