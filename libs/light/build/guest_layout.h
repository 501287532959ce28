/* SPDX-License-Identifier: LGPL-2.1-only */
/* Where in a PVH guest's memory everything is: pure arithmetic. */
#ifndef XENOLITH_LIGHT_GUEST_LAYOUT_H
#define XENOLITH_LIGHT_GUEST_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "light/build/build_error.h"
#include "light/build/kernel_image.h"
#include "public/memory.h"

#define GUEST_PAGE 4096u
#define GUEST_LOW_END 0xf0000000ULL   /* RAM below 4 GiB ends here at the latest */
#define GUEST_HIGH_START 0x100000000ULL
#define GUEST_HIGH_END (1ULL << 46)   /* more no guest can have */
#define GUEST_ACPI 0xfefe0000ULL
#define GUEST_ACPI_MAX 0xb000u        /* the tables of 512 vCPUs, of 128 nodes */
#define GUEST_SPECIAL 0xfeff8000ULL   /* eight pages, as other toolstacks have them; what is not named here is a hole */
#define GUEST_SPECIAL_END 0xff000000ULL
#define GUEST_STORE_GFN 0xfeffcu
#define GUEST_IDENT_PT_GFN 0xfeffeu   /* for processors that cannot run a guest without paging */
#define GUEST_CONSOLE_GFN 0xfefffu

#define GUEST_MAP_MAX 4
#define GUEST_MODULES 8
#define GUEST_CMDLINE_MAX 4096u       /* longer ones no kernel reads */

/* A file beside the kernel: the initial ramdisk. */
struct guest_module {
    const void *data;
    size_t size;
    const char *cmdline; /* may be NULL */
};

struct guest_layout {
    uint64_t low_end, high_end; /* RAM: from 0, and from GUEST_HIGH_START; high_end 0: none there */
    uint64_t start_info, start_info_size;
    uint64_t modules[GUEST_MODULES];
    struct xen_e820_entry map[GUEST_MAP_MAX];
    unsigned nr_map;
};

/* What the layout is made from. */
struct guest_wish {
    uint64_t ram; /* bytes; whole pages */
    size_t acpi_size; /* 0: no tables */
    const struct kernel_image *kernel;
    const char *cmdline;
    const struct guest_module *modules;
    unsigned nr_modules;
};

/* -ENOMEM: the guest's memory is too small for what goes into it. -EINVAL: sizes that cannot be. */
int guest_layout_make(const struct guest_wish *wish, struct guest_layout *ret_layout, struct build_error *error);

/* The start info and what it points to, start_info_size bytes for the guest's start_info. rsdp: where that is, or 0. */
void guest_start_info_write(const struct guest_wish *wish, const struct guest_layout *layout, uint64_t rsdp, void *ret_area);

#endif
