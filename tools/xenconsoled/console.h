/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A console: what a guest (or the hypervisor) writes is taken into the state, and goes from there to the log file, to the
 * pseudo-terminal and to our own clients, each at its own pace. What they type goes to the guest.
 */
#ifndef XENCONSOLED_CONSOLE_H
#define XENCONSOLED_CONSOLE_H

#include "ctrl/console_ring.h"
#include "ctrl/query.h"
#include "xenconsoled/daemon.h"
#include "xenconsoled/logfile.h"
#include "xenconsoled/pty.h"
#include "xenconsoled/state.h"

#define CONSOLE_HV 0x7ff2u /* in place of a domid: DOMID_XEN */

/* One of our own clients. `position` is the next byte that it gets. */
struct client {
    struct daemon *daemon;
    struct loop_fd src;
    struct console *console; /* NULL: it has not said yet which */
    struct client *next;
    uint64_t position, session; /* session 0: it has none */
    uint64_t unheard;           /* bytes that it sent while somebody else typed */
    bool wants_to_write, full;
    unsigned length;
    char line[256]; /* what it asks for */
};

struct console {
    struct daemon *daemon;
    struct console *next;
    uint32_t domid, number; /* number 0: the first console */
    char name[STATE_NAME_MAX]; /* of the state, and of what the keeper holds */
    struct state state;
    struct console_ring *ring; /* NULL: not connected */
    bool by_grant, seen;
    uint64_t ring_ref;
    uint32_t remote, port;
    unsigned events;
    uint64_t window_end;
    bool held; /* the port stays masked until the window's end */
    struct loop_timer window, linger, log_retry;
    uint64_t linger_end;
    struct pty pty;
    struct loop_fd pty_src;
    bool pty_full;
    struct logfile log;
    int log_error; /* the last one that was reported */
    struct client *clients, *writer;
};

/* The console of a domain that lives. NULL: no memory. */
struct console *console_new(struct daemon *daemon, uint32_t domid, uint32_t number, const uint8_t handle[16],
                            uint32_t history);
/* The console of the hypervisor, with its log file. */
struct console *console_new_hv(struct daemon *daemon);
/* Only the object goes: state, descriptors with the keeper, and the guest's end stay for the next daemon. */
void console_free(struct console *console);

/* What earlier daemons have left. Whose domain lives is not yet known. */
void console_load(struct daemon *daemon);
/* Connects to the ring, or again if something changed; creates the terminal; opens the log. 0 or -errno. */
int console_connect(struct console *console, uint64_t ring_ref, uint32_t remote);
/* To the ring where an earlier daemon left it. */
void console_reconnect(struct console *console);
/* The guest does without it for a while. */
void console_disconnect(struct console *console);
/* The domain is gone or going: its last words are taken, its state becomes history. */
void console_die(struct console *console);

/* The guest did something. */
void console_event(struct console *console);
/* Takes what there is and passes on what can be. Returns how much was taken, or -errno. */
int console_pump(struct console *console);
/* How much may be typed at present. */
uint32_t console_room(const struct console *console);
/* What was typed goes to the guest. */
void console_give(struct console *console);
void console_pty_client(struct console *console, unsigned mask);
void console_reopen_log(struct console *console);

static inline bool console_dead(const struct console *console)
{
    return console->state.head->dead;
}

/* Is it the name of a console that lives? */
bool console_lives(const void *daemon, const char *name);
/* Oldest dead ones go until there are only so many. */
void console_trim_dead(struct daemon *daemon);

/* --- server.c --- */
/* Sends clients what they have not had. */
void clients_flush(struct console *console);
/* There may be room for input again. */
void clients_input(struct console *console);
/* The position of the slowest one; UINT64_MAX without any. */
uint64_t clients_slowest(const struct console *console);
void clients_drop(struct console *console);

/* --- wire.c: the guest's end --- */
int wire_attach(struct console *console, uint64_t ring_ref, uint32_t remote);
void wire_detach(struct console *console);
void wire_notify(struct console *console);
struct console *wire_console(struct daemon *daemon, uint32_t port);

#endif
