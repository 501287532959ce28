/* SPDX-License-Identifier: LGPL-2.1-only */
/* The page that a PV console's two ends share: facts of the public interface. Indices run freely; a place is index mod size. */
#ifndef XENOLITH_CTRL_CONSOLE_RING_H
#define XENOLITH_CTRL_CONSOLE_RING_H

#include <stdint.h>

#define CONSOLE_RING_IN 1024u  /* to the guest */
#define CONSOLE_RING_OUT 2048u /* from the guest */

struct console_ring {
    char in[CONSOLE_RING_IN];
    char out[CONSOLE_RING_OUT];
    uint32_t in_cons, in_prod;
    uint32_t out_cons, out_prod;
};
_Static_assert(sizeof(struct console_ring) == 3088, "console ring");

#endif
