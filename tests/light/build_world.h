/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of libs/light/build make guests in: the real core (ctrl_loop.h), and descriptions of a guest, for each test anew. */
#ifndef TESTS_LIGHT_BUILD_WORLD_H
#define TESTS_LIGHT_BUILD_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/ctrl_loop.h"
#include "light/build/pvh_build.h"
#include "unit/elf_fixture.h"

extern struct elf_kernel elf;
extern struct kernel_image kernel;
extern struct build_error error;
extern struct ctrl_priv *p;
extern struct ctrl_gnttab *gnttab; /* NULL: the guest's memory is mapped, not copied to */
extern struct pvh_domain domain;   /* 8 MiB, 2 vCPUs */
extern struct pvh_guest guest;     /* the same, with a ramdisk of 3 pages, the last not full */
extern struct pvh_built built;
extern uint32_t domid;
extern char ramdisk[3 * CTRL_PAGE_SIZE];

/* The kernel alone. */
int kernel_setup(void **state);

/* The core and the guest's description. By copy: its memory is written by the hypervisor. */
int core_setup(void **state);
int copy_setup(void **state);
int core_teardown(void **state);

/* The domain, built; what fails leaves none. */
int make(void);

/* Tests: the guest, with each hypercall and each allocation failing once. */
void each_step_fails(void **state);
void each_allocation_fails(void **state);

#endif
