/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A domain's memory as a file: an ELF core with Xen's sections (docs/misc/dump-core-format of Xen, version 0.1): notes, the
 * vCPUs' contexts where the hypervisor tells them, pages, and at which gfns they were. Return 0 or -errno.
 */
#ifndef XENOLITH_LIGHT_CORE_FILE_H
#define XENOLITH_LIGHT_CORE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/domain.h"

struct core_file {
    int fd;
    bool regular;   /* a file, which was empty */
    uint64_t *gfns; /* from malloc(): of the pages that were written */
    size_t nr_pages, room;
    struct vcpu_guest_context *contexts; /* from malloc(); may be NULL */
    unsigned nr_contexts;
};

/* Pages in a row, appended. */
int core_file_pages(struct core_file *core, const void *pages, const uint64_t *gfns, size_t count);

/* All but the pages: the file is complete then. */
int core_file_end(struct core_file *core, struct ctrl_priv *priv);

/* Closes it. */
void core_file_free(struct core_file *core);

#endif
