/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * PCI devices, as xl-pci-configuration(5) describes them: [DDDD:]BB:SS.F, and BDF[@VSLOT]{,KEY=VALUE}. They return
 * libxl's codes.
 */
#include <stdlib.h>
#include <string.h>

#include "light/xlu/spec.h"

/* A hexadecimal number of at most max; *s is then behind it. */
static bool take_hex(const char **s, unsigned max, unsigned *ret_number)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    unsigned number = 0;
    const char *start = *s, *digit;

    for (; **s && (digit = strchr(digits, **s)); (*s)++) {
        number = number * 16 + (unsigned)(digit - digits) % 16;
        if (number > max)
            return false;
    }
    *ret_number = number;
    return *s > start;
}

static bool take_char(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

/* *s is then behind the function. The device is changed only when it is one. */
static bool take_bdf(const char **s, libxl_device_pci *pci)
{
    unsigned domain, bus, dev, func = 0;
    const char *at = *s;
    bool all;

    if (!take_hex(&at, 0xffff, &domain) || !take_char(&at, ':') || !take_hex(&at, 0xffff, &bus))
        return false;
    if (take_char(&at, ':')) {
        if (!take_hex(&at, 0x1f, &dev))
            return false;
    } else {
        dev = bus;
        bus = domain;
        domain = 0;
    }
    if (bus > 0xff || dev > 0x1f || !take_char(&at, '.'))
        return false;
    all = take_char(&at, '*');
    if (!all && !take_hex(&at, 7, &func))
        return false;
    pci->domain = (int)domain;
    pci->bus = (uint8_t)bus;
    pci->dev = (uint8_t)dev;
    pci->func = (uint8_t)func;
    pci->vfunc_mask = all ? ~0u : 1;
    *s = at;
    return true;
}

int xlu_pci_parse_bdf(XLU_Config *cfg, libxl_device_pci *pci, const char *str)
{
    (void)cfg;
    return take_bdf(&str, pci) ? 0 : ERROR_INVAL;
}

static const struct xlu_word policies[] = {
    { "strict", LIBXL_RDM_RESERVE_POLICY_STRICT },
    { "relaxed", LIBXL_RDM_RESERVE_POLICY_RELAXED },
    { NULL, 0 },
};

enum pci_key { KEY_BDF, KEY_NAME, KEY_VSLOT, KEY_POLICY, KEY_PERMISSIVE, KEY_MSITRANSLATE, KEY_SEIZE, KEY_POWER };
static const struct xlu_word keys[] = {
    { "bdf", KEY_BDF },
    { "name", KEY_NAME },
    { "vslot", KEY_VSLOT },
    { "rdm_policy", KEY_POLICY },
    { "permissive", KEY_PERMISSIVE },
    { "msitranslate", KEY_MSITRANSLATE },
    { "seize", KEY_SEIZE },
    { "power_mgmt", KEY_POWER },
    { NULL, 0 },
};

static int set_bdf(const struct xlu_spec *spec, libxl_device_pci *pci, const struct xlu_part *value)
{
    const char *at = value->text;

    if (!take_bdf(&at, pci) || at != value->text + value->len) {
        xlu_spec_wrong(spec, value, "no device such as 0000:36:00.0 (as lspci -D names them)");
        return ERROR_INVAL;
    }
    return 0;
}

static int set_vslot(const struct xlu_spec *spec, libxl_device_pci *pci, const struct xlu_part *value)
{
    unsigned long slot;

    if (!xlu_part_number(value, 16, 0x1f, &slot)) {
        xlu_spec_wrong(spec, value, "no slot from 0 to 1f");
        return ERROR_INVAL;
    }
    pci->vdevfn = (uint32_t)slot << 3;
    return 0;
}

static int set_bool(const struct xlu_spec *spec, libxl_device_pci *pci, enum pci_key key, const struct xlu_part *value)
{
    unsigned long number;

    if (!xlu_part_number(value, 10, ~0ul, &number)) {
        xlu_spec_wrong(spec, value, "neither 0 nor 1");
        return ERROR_INVAL;
    }
    if (key == KEY_PERMISSIVE)
        pci->permissive = number != 0;
    else if (key == KEY_MSITRANSLATE)
        pci->msitranslate = number != 0;
    else if (key == KEY_SEIZE)
        pci->seize = number != 0;
    else
        pci->power_mgmt = number != 0;
    return 0;
}

static int set_policy(const struct xlu_spec *spec, libxl_rdm_reserve_policy *policy, const struct xlu_part *value,
                      int unknown)
{
    const struct xlu_word *word = xlu_word_find(policies, value);

    if (!word) {
        xlu_spec_unknown(spec, value, "policy", policies);
        return unknown;
    }
    *policy = (libxl_rdm_reserve_policy)word->value;
    return 0;
}

static int set_key(const struct xlu_spec *spec, libxl_device_pci *pci, const struct xlu_part *part, bool *has_bdf)
{
    struct xlu_part key, value;
    const struct xlu_word *word;

    if (!xlu_part_split(part, &key, &value)) {
        xlu_spec_wrong(spec, part, "no KEY=VALUE");
        return ERROR_INVAL;
    }
    word = xlu_word_find(keys, &key);
    if (!word) {
        xlu_spec_unknown(spec, &key, "parameter", keys);
        return ERROR_INVAL;
    }
    switch (word->value) {
    case KEY_BDF:
        *has_bdf = true;
        return set_bdf(spec, pci, &value);
    case KEY_NAME:
        return xlu_part_replace(&pci->name, &value) ? ERROR_NOMEM : 0;
    case KEY_VSLOT:
        return set_vslot(spec, pci, &value);
    case KEY_POLICY:
        return set_policy(spec, &pci->rdm_policy, &value, ERROR_FAIL);
    default:
        return set_bool(spec, pci, (enum pci_key)word->value, &value);
    }
}

/* BDF[@VSLOT] */
static int set_position(const struct xlu_spec *spec, libxl_device_pci *pci, struct xlu_part *part)
{
    const char *at = memchr(part->text, '@', part->len);
    struct xlu_part slot;
    int rc;

    if (at) {
        slot = (struct xlu_part){ at + 1, part->len - (size_t)(at - part->text) - 1 };
        part->len = (size_t)(at - part->text);
    }
    rc = set_bdf(spec, pci, part);
    return rc || !at ? rc : set_vslot(spec, pci, &slot);
}

int xlu_pci_parse_spec_string(XLU_Config *cfg, libxl_device_pci *pci, const char *str)
{
    struct xlu_spec spec = { .cfg = cfg, .kind = "pci", .text = str, .at = str };
    bool has_bdf = false, first = true;
    struct xlu_part part;
    int rc = 0;

    while (!rc && xlu_spec_next(&spec, &part)) {
        if (first && !memchr(part.text, '=', part.len)) {
            has_bdf = true;
            rc = set_position(&spec, pci, &part);
        } else {
            rc = set_key(&spec, pci, &part, &has_bdf);
        }
        first = false;
    }
    if (!rc && has_bdf == (pci->name != NULL)) {
        xlu_spec_wrong(&spec, NULL, "%s", has_bdf ? "a device or its name, not both" : "neither a device nor its name");
        rc = ERROR_INVAL;
    }
    return rc;
}

/* --- reserved memory of devices: strategy=host,policy=strict|relaxed --- */

static const struct xlu_word strategies[] = { { "host", LIBXL_RDM_RESERVE_STRATEGY_HOST }, { NULL, 0 } };
static const struct xlu_word rdm_keys[] = { { "strategy", 0 }, { "policy", 1 }, { NULL, 0 } };

static int set_rdm_key(const struct xlu_spec *spec, libxl_rdm_reserve *rdm, const struct xlu_part *part)
{
    struct xlu_part key, value;
    const struct xlu_word *word;

    if (!xlu_part_split(part, &key, &value)) {
        xlu_spec_wrong(spec, part, "no KEY=VALUE");
        return ERROR_INVAL;
    }
    word = xlu_word_find(rdm_keys, &key);
    if (!word) {
        xlu_spec_unknown(spec, &key, "parameter", rdm_keys);
        return ERROR_INVAL;
    }
    if (word->value)
        return set_policy(spec, &rdm->policy, &value, ERROR_INVAL);
    word = xlu_word_find(strategies, &value);
    if (!word) {
        xlu_spec_unknown(spec, &value, "strategy", strategies);
        return ERROR_INVAL;
    }
    rdm->strategy = (libxl_rdm_reserve_strategy)word->value;
    return 0;
}

int xlu_rdm_parse(XLU_Config *cfg, libxl_rdm_reserve *rdm, const char *str)
{
    struct xlu_spec spec = { .cfg = cfg, .kind = "rdm", .text = str, .at = str };
    struct xlu_part part;
    int rc = 0;

    while (!rc && xlu_spec_next(&spec, &part))
        rc = set_rdm_key(&spec, rdm, &part);
    return rc;
}
