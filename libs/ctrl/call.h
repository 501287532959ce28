/* SPDX-License-Identifier: LGPL-2.1-only */
/* One hypercall: what it points to goes through memory that the hypervisor can reach. For the other files of libs/ctrl. */
#ifndef XENOLITH_CTRL_CALL_H
#define XENOLITH_CTRL_CALL_H

#include "base/cleanup.h"
#include "ctrl.h"
#include "public/domctl.h"
#include "public/sysctl.h"
#include "public/xen.h"

/* As the structures have it. A number too large for that is no domain's, and stays so. */
static inline uint16_t wire_domid(uint32_t domid)
{
    return domid <= DOMID_SELF ? (uint16_t)domid : DOMID_INVALID;
}

/* Memory for a hypercall; `_cleanup_(bounce_done) struct bounce b = { 0 };`. */
struct bounce {
    struct ctrl_priv *priv;
    void *data; /* NULL: none */
    size_t size;
};

/* With a copy of data, or zeroed when that is NULL. */
int bounce_new(struct bounce *b, struct ctrl_priv *p, const void *data, size_t size);
void bounce_done(struct bounce *b);

static inline uint64_t bounce_addr(const struct bounce *b)
{
    return (uintptr_t)b->data;
}

/* Fills in the version. What comes back is copied out even with an error: some say more there. */
int ctrl_domctl(struct ctrl_priv *p, struct xen_domctl *op);
int ctrl_sysctl(struct ctrl_priv *p, struct xen_sysctl *op);

/* Hypercalls of the kind (command, argument); what the hypervisor returns. arg is copied in, and out on success. */
long ctrl_op(struct ctrl_priv *p, unsigned hypercall, unsigned cmd, void *arg, size_t size);

#endif
