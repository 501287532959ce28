/* SPDX-License-Identifier: LGPL-2.1-only */
/* Names of a guest's disks, and their numbers (xen-vbd-interface(7)). */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "light/device_disk.h"

#define LETTERS 26u
#define EXTENDED (1u << 28)

/* A digit is next, and the number is less than limit. */
static int number(const char **at, unsigned limit, unsigned *ret)
{
    unsigned value = 0;

    if (**at < '0' || **at > '9')
        return -EINVAL;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        value = value * 10 + (unsigned)(**at - '0');
        if (value >= limit)
            return -EINVAL;
    }
    *ret = value;
    return 0;
}

/* a, b, ..., z, aa, ab, ... are 0, 1, ... */
static int letters(const char **at, unsigned limit, unsigned *ret)
{
    unsigned value = 0;

    if (**at < 'a' || **at > 'z')
        return -EINVAL;
    for (; **at >= 'a' && **at <= 'z'; (*at)++) {
        value = value * LETTERS + (unsigned)(**at - 'a') + 1;
        if (value > limit)
            return -EINVAL;
    }
    *ret = value - 1;
    return 0;
}

/* Families of names, and where their disks are. */
static const struct family {
    const char *prefix;
    unsigned disks, partitions;
    unsigned majors[2], per_major; /* of the first so many disks, and of the others */
    unsigned shift;                /* of a disk's number in the minor */
    bool extended;                 /* those that are beyond are numbered in another way */
} families[] = {
    { "xvd", 1u << 20, 256, { 202 }, 16, 4, true },
    { "hd", 4, 64, { 3, 22 }, 2, 6, false },
    { "sd", 16, 16, { 8 }, 16, 4, false },
};

static int encode(const struct family *f, unsigned disk, unsigned partition)
{
    if (f->extended && (disk >= f->per_major || partition >= 1u << f->shift))
        return (int)(EXTENDED | disk << 8 | partition);
    return (int)(f->majors[disk / f->per_major] << 8 | (disk % f->per_major) << f->shift | partition);
}

int light_vdev_number(const char *name, int *ret_number)
{
    unsigned disk, partition = 0;
    const char *at = name;

    if (*at >= '0' && *at <= '9') { /* the number itself */
        char *end;
        unsigned long value = strtoul(name, &end, 0);

        if (*end || value > INT_MAX)
            return -EINVAL;
        *ret_number = (int)value;
        return 0;
    }
    if (*at == 'd' && at[1] >= '0' && at[1] <= '9') { /* d0p1 */
        at++;
        if (number(&at, families[0].disks, &disk) < 0 || *at++ != 'p' || number(&at, families[0].partitions, &partition) < 0 || *at)
            return -EINVAL;
        *ret_number = encode(&families[0], disk, partition);
        return 0;
    }
    for (unsigned i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const struct family *f = &families[i];

        if (strncmp(name, f->prefix, strlen(f->prefix)))
            continue;
        at = name + strlen(f->prefix);
        if (letters(&at, f->disks, &disk) < 0 || (*at && (*at == '0' || number(&at, f->partitions, &partition) < 0)) || *at)
            return -EINVAL;
        *ret_number = encode(f, disk, partition);
        return 0;
    }
    return -EINVAL;
}
