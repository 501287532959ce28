/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the daemon share. */
#ifndef XENCONSOLED_DAEMON_H
#define XENCONSOLED_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/loop.h"
#include "ctrl/ctrl.h"
#include "xenconsoled/logfile.h"

#define DOMIDS 0x7ff0u

struct console;
struct xs_handle;

struct daemon_options {
    bool log_guest, log_hv, stamp_guest, stamp_hv;
    bool keep_overflow; /* a guest waits when nobody reads, rather than that its oldest bytes go */
    bool replace_escape;
    bool verbose, interactive, keeper;
    const char *log_folder, *run_folder, *pid_file;
    uint32_t history; /* bytes, at most */
    unsigned dead_max;
    uint64_t log_size;
    unsigned log_keep;
};

struct daemon {
    struct daemon_options options;
    struct log log;
    struct loop *loop;
    struct ctrl_evtchn *evtchn;
    struct ctrl_gnttab *gnttab;
    struct ctrl_priv *priv;
    struct xs_handle *store;
    struct loop_fd evtchn_src, inotify_src, listen_src, store_src;
    struct loop_signals signals;
    struct loop_timer store_retry;
    int inotify;
    uint32_t hv_port;
    struct console *hv; /* the hypervisor's log; NULL: not wanted */
    struct console *consoles;
    struct console *primary[DOMIDS]; /* of the domains that live */
    struct console **by_port;
    unsigned ports;
};

/* --- store.c: what the store says about domains and consoles --- */
/* Connects, now or as soon as there is a store, and looks at all domains. */
void store_start(struct daemon *daemon);
void store_stop(struct daemon *daemon);
/* The value at folder/key, to be freed; NULL: there is none. */
char *store_get(struct daemon *daemon, const char *folder, const char *key);
int store_set(struct daemon *daemon, const char *folder, const char *key, const char *value);

/* --- server.c: our own clients --- */
int server_start(struct daemon *daemon);
void server_stop(struct daemon *daemon);

#endif
