/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain that this program makes, and looks after until its end. */
#ifndef XL_CREATE_H
#define XL_CREATE_H

#include <libxl.h>
#include <stdbool.h>
#include <sys/types.h>

#include "xl/xl.h"

#define EXIT_NOT_CREATED 3 /* as stock ends then */

/* What the user wants of it. */
struct create_wish {
    bool paused;
    bool console;      /* shown on this terminal */
    bool viewer;       /* of its screen is started */
    bool password;     /* the viewer is given it */
    bool foreground;   /* this process looks after it */
    bool unattended;   /* nobody does */
    bool ignore_masks; /* of xl.conf */
    const char *pidfile;
};

struct life {
    struct xl *xl;
    struct create_wish wish;
    libxl_domain_config config;
    uint32_t domid;
    pid_t console; /* the process that shows it; 0: none */
};

/* Makes the domain, shows its console, lets it run, as is wished. 0 or an exit code, and it was said why. */
int life_begin(struct life *life);
/* All of it, until the end as far as it is wished: what the command ends with. */
int life_lead(struct life *life);

/* watch.c: until its end, and those of its successors. What the program ends with. */
int life_watch(struct life *life);

/* console.c: a process that shows a console; it is there when it returns. 0: none, and it was said why. */
pid_t console_start(struct xl *xl, uint32_t domid);
void console_wait(pid_t console);
/* A process that shows the screen; nobody waits for it. What is wrong it says itself. */
void viewer_start(struct xl *xl, uint32_t domid, bool password);

/* room.c: has dom0 give memory for the domain, where xl.conf says so. 0, or an exit code, and dom0 keeps what it had. */
int room_make(struct xl *xl, libxl_domain_config *d);
bool room_is_made(struct xl *xl);
/* On hypervisors that map dom0's frames one to one, as ours does, no guest is given them. */
bool room_stays_dom0s(void);
extern const char *room_features_path; /* for tests */

#endif
