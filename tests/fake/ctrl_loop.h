/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libs/ctrl's loop transport: hypercalls go straight into the host-built core on the fake machine (fake.h), as dom0's, in
 * this process. Arguments are read through dom0's page tables, foreign pages are mapped by the same calls as Linux makes,
 * and hold the same references. Programs that link ctrl_loop.c before libctrl have it as ctrl_transport. No header of the
 * hypervisor's own is needed for this one.
 */
#ifndef TESTS_FAKE_CTRL_LOOP_H
#define TESTS_FAKE_CTRL_LOOP_H

#include "ctrl/ctrl.h"

/* A new machine with dom0 alone. Its RAM is what domains can be given, less 1 MiB. */
void ctrl_loop_init(unsigned ram_mib);
/* Looks that there is no handle, buffer or mapping left, then frees the machine. */
void ctrl_loop_done(void);

/* The nth operation of handles from now on (hypercall, new buffer, map) fails with -errno, once; 0: none. */
void ctrl_loop_fail(unsigned nth, int error);
/* Has it? */
bool ctrl_loop_failed(void);
/* Every hypercall that may stop and go on does so. */
void ctrl_loop_preempt(bool on);

/* What is in use: handles, buffers and mappings; domains besides dom0; pages that no domain has. */
unsigned ctrl_loop_in_use(void);
unsigned ctrl_loop_domains(void);
uint64_t ctrl_loop_free_pages(void);

/* A page of a domain, NULL: there is none. */
void *ctrl_loop_page(uint32_t domid, uint64_t gfn);
/* What the toolstack last set as a domain's vCPU state. */
const void *ctrl_loop_context(uint32_t *ret_size);
/* How many hypercalls there were. */
unsigned ctrl_loop_hypercalls(void);

#endif
