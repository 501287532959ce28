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
struct domain;
struct store_client;
struct store_watch;

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
    struct store_client *store; /* NULL: there is none at present */
    struct store_watch *store_watches[3];
    bool store_is_lost, store_refuses;
    struct loop_fd evtchn_src, inotify_src, listen_src, store_src;
    struct loop_signals signals;
    struct loop_timer store_retry, store_silence, domains_again;
    struct loop_deferred store_work;
    int inotify;
    int sluice_in, sluice_out; /* -1: there is none */
    bool sluices_kept;         /* they are an earlier daemon's, with what it left in them */
    uint32_t hv_port;
    struct console *hv; /* the hypervisor's log; NULL: not wanted */
    struct console *consoles;
    struct domain *domains[DOMIDS]; /* those that live */
    uint32_t domains_end;           /* beyond the last of them */
    uint32_t domain_newest;         /* begun last; the hypervisor gives ids in turn */
    struct console **by_port;
    unsigned ports;
};

/* --- server.c: our own clients --- */
int server_start(struct daemon *daemon);
void server_stop(struct daemon *daemon);

#endif
