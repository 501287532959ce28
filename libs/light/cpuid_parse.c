/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The two ways in which a configuration changes CPUID: "NAME=VALUE" and "LEAF[,SUBLEAF]:REGISTER=BITS[,REGISTER=BITS]".
 * Programs know what is wrong with a line by the number that is returned.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpuid.h"

enum {
    CPUID_OK,
    CPUID_NO_EQUALS,   /* nothing that separates name and value, or no leaf */
    CPUID_NO_NAME,     /* no such name, or no subleaf */
    CPUID_NO_VALUE,    /* none, or not one of those that there are */
    CPUID_NO_REGISTER, /* not eax, ebx, ecx, edx */
    CPUID_NO_BITS,     /* not 32 of 0, 1, x, k, s */
    CPUID_NO_MEMORY,
};

static const struct cpuid_name {
    const char *name;
    uint32_t leaf, subleaf;
    uint8_t reg, bit, width;
    uint8_t high_bit, high_width; /* where the rest of a number is */
    bool is_msr;                  /* leaf is its index */
} names[] = {
#define FEATURE(name, leaf, subleaf, reg, bit, width) {name, leaf, subleaf, reg, bit, width, 0, 0, false},
#define MSR_BIT(name, index, bit) {name, index, 0, 0, bit, 1, 0, 0, true},
#include "cpuid_names.def"
    {"family", 1, CPUID_NO_SUBLEAF, 0, 8, 4, 20, 8, false},
    {"model", 1, CPUID_NO_SUBLEAF, 0, 4, 4, 16, 4, false},
};

#define FAMILY_BASE 15u /* a family above it is this and the rest */

static const struct cpuid_name *name_find(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i].name) == len && !memcmp(names[i].name, text, len))
            return &names[i];
    return NULL;
}

/* bits are characters, the highest bit first, all x at the beginning. */
static void bits_ready(char *bits, size_t n)
{
    if (!bits[0])
        memset(bits, 'x', n);
}

static void bits_set(char *bits, size_t n, unsigned bit, unsigned width, uint64_t value)
{
    unsigned i;

    for (i = 0; i < width; i++)
        bits[n - 1 - bit - i] = value >> i & 1 ? '1' : '0';
}

static int set_number(char *bits, const struct cpuid_name *name, const char *text)
{
    unsigned long low, high, value;
    char *end;

    errno = 0;
    value = strtoul(text, &end, 0);
    if (!*text || *end || errno || *text == '-')
        return CPUID_NO_VALUE;
    if (!strcmp(name->name, "family")) {
        low = value < FAMILY_BASE ? value : FAMILY_BASE;
        high = value - low;
    } else {
        low = value & ((1ul << name->width) - 1);
        high = value >> name->width;
    }
    if (high >> name->high_width)
        return CPUID_NO_VALUE;
    bits_set(bits, 32, name->bit, name->width, low);
    bits_set(bits, 32, name->high_bit, name->high_width, high);
    return CPUID_OK;
}

static void set_all(char *bits, size_t n, unsigned bit, unsigned width, char c)
{
    memset(bits + n - bit - width, c, width);
}

int libxl_cpuid_parse_config(libxl_cpuid_policy_list *cpuid, const char *str)
{
    const char *equals = strchr(str, '='), *value = equals ? equals + 1 : NULL;
    const struct cpuid_name *name;
    struct cpuid_leaf *leaf;
    struct cpuid_msr *msr;
    bool word;

    if (!equals)
        return CPUID_NO_EQUALS;
    name = name_find(str, (size_t)(equals - str));
    if (!name)
        return CPUID_NO_NAME;
    word = value[0] && !value[1] && strchr("xks", value[0]);
    if (name->width == 1 && !word && strcmp(value, "0") && strcmp(value, "1"))
        return CPUID_NO_VALUE;
    if (name->is_msr) {
        msr = cpuid_list_msr(cpuid, name->leaf);
        if (!msr)
            return CPUID_NO_MEMORY;
        bits_ready(msr->bits, 64);
        set_all(msr->bits, 64, name->bit, 1, value[0] == 's' ? 'k' : value[0]);
        return CPUID_OK;
    }
    leaf = cpuid_list_leaf(cpuid, name->leaf, name->subleaf);
    if (!leaf)
        return CPUID_NO_MEMORY;
    bits_ready(leaf->registers[name->reg], 32);
    if (!word)
        return set_number(leaf->registers[name->reg], name, value);
    set_all(leaf->registers[name->reg], 32, name->bit, name->width, value[0]);
    set_all(leaf->registers[name->reg], 32, name->high_bit, name->high_width, value[0]);
    return CPUID_OK;
}

/* One "REGISTER=BITS" at *text, which moves behind it and its comma. */
static int parse_register(struct cpuid_leaf *leaf, const char **text)
{
    const char *bits = *text + 4;
    int i;

    for (i = 0; i < 4 && strncmp(*text, cpuid_register_names[i], 3); i++)
        continue;
    if (i == 4 || (*text)[3] != '=')
        return CPUID_NO_REGISTER;
    if (strspn(bits, "01xks") != 32 || (bits[32] && bits[32] != ','))
        return CPUID_NO_BITS;
    memcpy(leaf->registers[i], bits, 32);
    *text = bits + 32 + (bits[32] == ',');
    return CPUID_OK;
}

int libxl_cpuid_parse_config_xend(libxl_cpuid_policy_list *cpuid, const char *str)
{
    unsigned long leaf, subleaf = CPUID_NO_SUBLEAF;
    struct cpuid_leaf *row;
    char *end;
    int rc = CPUID_OK;

    leaf = strtoul(str, &end, 0);
    if (end == str || leaf > UINT32_MAX)
        return CPUID_NO_EQUALS;
    if (*end == ',') {
        str = end + 1;
        subleaf = strtoul(str, &end, 0);
        if (end == str || subleaf > UINT32_MAX)
            return CPUID_NO_NAME;
    }
    if (*end != ':')
        return CPUID_NO_VALUE;
    row = cpuid_list_leaf(cpuid, (uint32_t)leaf, (uint32_t)subleaf);
    if (!row)
        return CPUID_NO_MEMORY;
    for (str = end + 1; *str && !rc;)
        rc = parse_register(row, &str);
    return rc;
}
