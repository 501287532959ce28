/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's address space and descriptor table: constants for C, assembly and the linker script. */
#ifndef XENOLITH_HOST_LAYOUT_H
#define XENOLITH_HOST_LAYOUT_H

#define IMAGE_BASE 0xffffffff80000000  /* + physical address: the image */
#define DIRECT_BASE 0xffff800000000000 /* + physical address: all RAM and firmware tables */
#define VMAP_BASE 0xffff900000000000   /* device registers, guarded stacks */
#define VMAP_END 0xffff908000000000

#define IMAGE_LOAD 0x100000 /* physical address of the image */
#define STACK_SIZE 16384
#define IST_STACK_SIZE 4096

#define HOST_CS 0x08
#define HOST_DS 0x10
#define HOST_CS32 0x18 /* only on the way into long mode */
#define HOST_TSS 0x20  /* two entries */
#define HOST_GDT_ENTRIES 6

#endif
