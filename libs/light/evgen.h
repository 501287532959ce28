/* SPDX-License-Identifier: LGPL-2.1-only */
/* Events that programs ask for: of domains that end, of media that guests let go of. */
#ifndef XENOLITH_LIGHT_EVGEN_H
#define XENOLITH_LIGHT_EVGEN_H

#include <sys/queue.h>

#include "light/steady_watch.h"

struct light_evgens {
    LIST_HEAD(, libxl__evgen_domain_death) deaths;
    struct steady_watch releases; /* one for all of them */
    LIST_HEAD(, libxl__evgen_disk_eject) ejects;
};

/* What the store says when a domain has ended, or has gone. */
extern const char *light_release_watch;

/* A new event, which nobody knows of yet; NULL: no memory. */
libxl_event *light_event_new(libxl_event_type type, libxl_ev_user user);

/* The context's end, after that of its connection to the store. */
void light_deaths_free(libxl_ctx *ctx);
void light_ejects_free(libxl_ctx *ctx);

#endif
