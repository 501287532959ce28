/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables (object/grant.c, grant_op.c). */
#ifndef XENOLITH_GRANT_H
#define XENOLITH_GRANT_H

#include "types.h"

struct domain;

int grant_domain_init(struct domain *d, int32_t max_frames, int32_t max_maptrack, uint32_t max_version);
/* Dying: undo every mapping that d holds of others. -ERESTART. */
int grant_domain_release(struct domain *d);
void grant_domain_destroy(struct domain *d);
/* Frame idx of the grant table for add_to_physmap / acquire_resource (grows the table); status frames likewise. */
int grant_get_shared_frame(struct domain *d, uint32_t idx, mfn_t *ret_mfn);
int grant_get_status_frame(struct domain *d, uint32_t idx, mfn_t *ret_mfn);
void grant_dump(struct domain *d); /* debug key 'g' */

#endif
