/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Events of domains, and a program's own loop.
 *
 * A program that wants events has the library look at its descriptors and timeouts: either around each poll() of its
 * own (libxl_osevent_beforepoll, _afterpoll), or as registrations with the program's loop, before the context is used
 * (libxl_osevent_register_hooks). libxl_event_wait() does it by itself.
 */
#ifndef LIBXL_EVENT_H
#define LIBXL_EVENT_H

#include <libxl.h>

#include <poll.h>
#include <sys/time.h>

/* --- events: bit n of a mask is type n --- */
#define LIBXL_EVENTMASK_ALL (~(unsigned long)0)

/* Whether it is a wanted one. */
typedef int libxl_event_predicate(const libxl_event *event, void *user);

/*
 * The first event that has happened, is in the mask and wanted (all are without a predicate); to be freed. _check:
 * ERROR_NOT_READY when there is none; _wait waits for one.
 */
int libxl_event_check(libxl_ctx *ctx, libxl_event **event_r, uint64_t typemask, libxl_event_predicate *predicate,
                      void *predicate_user);
int libxl_event_wait(libxl_ctx *ctx, libxl_event **event_r, uint64_t typemask, libxl_event_predicate *predicate,
                     void *predicate_user);
void libxl_event_free(libxl_ctx *ctx, libxl_event *event);

typedef struct libxl_event_hooks {
    uint64_t event_occurs_mask;
    void (*event_occurs)(void *user,
#ifndef LIBXL_HAVE_NONCONST_EVENT_OCCURS_EVENT_ARG
                         const
#endif
                         libxl_event *event);
    void (*disaster)(void *user, libxl_event_type type, const char *msg, int errnoval);
} libxl_event_hooks;

/*
 * Events of event_occurs_mask go to event_occurs, who frees them, instead of into the queue. disaster is told that
 * events (of that type; 0: of any) were lost, and must not call the library; without one the program ends then.
 */
void libxl_event_register_callbacks(libxl_ctx *ctx, const libxl_event_hooks *hooks, void *user);

/* --- which events: from enabling until disabling, or the context's end; user comes back as the event's for_user --- */
typedef struct libxl__evgen_domain_death libxl_evgen_domain_death;
typedef struct libxl__evgen_disk_eject libxl_evgen_disk_eject;

/* DOMAIN_SHUTDOWN, when it has ended, then DOMAIN_DEATH, when it is gone: perhaps only that. */
int libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user user,
                                libxl_evgen_domain_death **evgen_out);
void libxl_evdisable_domain_death(libxl_ctx *ctx, libxl_evgen_domain_death *evgen);
/* DISK_EJECT: the guest wants its medium out. */
int libxl_evenable_disk_eject(libxl_ctx *ctx, uint32_t domid, const char *vdev, libxl_ev_user user,
                              libxl_evgen_disk_eject **evgen_out);
void libxl_evdisable_disk_eject(libxl_ctx *ctx, libxl_evgen_disk_eject *evgen);

/* --- around poll() --- */
/*
 * Fills in fds, and *nfds_io with how many there are; makes *timeout_upd, milliseconds of poll(), shorter if need be.
 * ERROR_BUFFERFULL: there was room for too few, *nfds_io says how many it takes.
 */
int libxl_osevent_beforepoll(libxl_ctx *ctx, int *nfds_io, struct pollfd *fds, int *timeout_upd, struct timeval now);
/* The same fds after poll(): does what there is to do. */
void libxl_osevent_afterpoll(libxl_ctx *ctx, int nfds, const struct pollfd *fds, struct timeval now);

/* --- in the program's loop --- */
/*
 * Functions return 0, or what the library's caller is then given (ERROR_OSEVENT_REG_FAIL or above 0), nothing changed.
 * What they store as for_app_registration is handed to the later ones. Timeouts are modified to zero only, which means
 * at once, and are never deregistered: they occur once. events may be 0.
 */
typedef struct libxl_osevent_hooks {
    int (*fd_register)(void *user, int fd, void **for_app_registration_out, short events, void *for_libxl);
    int (*fd_modify)(void *user, int fd, void **for_app_registration_update, short events);
    void (*fd_deregister)(void *user, int fd, void *for_app_registration);
    int (*timeout_register)(void *user, void **for_app_registration_out, struct timeval abs, void *for_libxl);
    int (*timeout_modify)(void *user, void **for_app_registration_update, struct timeval abs);
    void (*timeout_deregister)(void *user, void *for_app_registration);
} libxl_osevent_hooks;

void libxl_osevent_register_hooks(libxl_ctx *ctx, const libxl_osevent_hooks *hooks, void *user);
/* for_libxl as registered; revents of that registration's events. Not from inside a hook. */
void libxl_osevent_occurred_fd(libxl_ctx *ctx, void *for_libxl, int fd, short events, short revents);
/* Once for each, after which for_libxl means nothing. */
void libxl_osevent_occurred_timeout(libxl_ctx *ctx, void *for_libxl);

/* --- child processes of the library --- */
typedef enum {
    libxl_sigchld_owner_libxl,        /* SIGCHLD is the library's while it has children */
    libxl_sigchld_owner_mainloop,     /* the program's, which says what it reaped */
    libxl_sigchld_owner_libxl_always, /* the library's, all the time */
    libxl_sigchld_owner_libxl_always_selective_reap, /* the same, and only its own children are reaped */
} libxl_sigchld_owner;

typedef struct {
    libxl_sigchld_owner chldowner;
    pid_t (*fork_replacement)(void *user);                      /* NULL: fork() */
    int (*reaped_callback)(pid_t pid, int status, void *user); /* of others' children; 0, or a libxl_error */
} libxl_childproc_hooks;

/* hooks stay the program's; NULL: the first mode. Before there are children. */
void libxl_childproc_setmode(libxl_ctx *ctx, const libxl_childproc_hooks *hooks, void *user);
/* The program reaped pid: ERROR_UNKNOWN_CHILD when that is not the library's. */
int libxl_childproc_reaped(libxl_ctx *ctx, pid_t pid, int status);
/* The program's SIGCHLD handler ran, and now its loop: children may have died. */
void libxl_childproc_sigchld_occurred(libxl_ctx *ctx);
/* In a child that will not execute a program: its contexts are of no use but for this. */
void libxl_postfork_child_noexec(libxl_ctx *ctx);

#endif
