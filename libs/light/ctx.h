/* SPDX-License-Identifier: LGPL-2.1-only */
/* A context: what a program's calls have in common. */
#ifndef XENOLITH_LIGHT_CTX_H
#define XENOLITH_LIGHT_CTX_H

#include <libxl.h>
#include <libxl_event.h>
#include <pthread.h>

struct ctrl_priv;
struct light_events;
struct light_store;
struct xs_handle;

struct libxl__ctx {
    xentoollog_logger *lg;
    pthread_mutex_t lock; /* recursive: callbacks may call the library */
    struct ctrl_priv *priv;     /* NULL until light_priv() */
    struct xs_handle *store;    /* NULL until light_store() */
    libxl_version_info version; /* empty until it is asked for */
    struct light_store *store_link; /* NULL until an operation asks the store: store_link.h */
    struct light_events *events; /* NULL until something takes time: events.h */
    const libxl_childproc_hooks *child_hooks; /* libxl_childproc_setmode()'s */
    void *child_user;
};

/*
 * A context is used by several threads, its handles by one at a time: `libxl_ctx *locked _cleanup_light_unlock_ =
 * light_lock(ctx);`, from there to the end of the block. The lock is recursive.
 */
#define _cleanup_light_unlock_ __attribute__((cleanup(light_unlock), unused))

static inline libxl_ctx *light_lock(libxl_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    return ctx;
}

static inline void light_unlock(libxl_ctx **ctx)
{
    pthread_mutex_unlock(&(*ctx)->lock);
}

/* To the context's logger; ctx may be NULL. errnoval is an errno value that the message ends in, or -1. */
void light_log(libxl_ctx *ctx, xentoollog_level level, int errnoval, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The public error for 0 or -errno. */
int light_error(int rc);

/* Logs what failed with 0 > rc = -errno, and returns the public error for it. */
int light_fail(libxl_ctx *ctx, int rc, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * The context's handles, opened when they are first asked for; 0 or a public error, which was logged. The store's is another one
 * after the store has begun again: whoever uses it has the context's lock from here to its last use.
 */
int light_priv(libxl_ctx *ctx, struct ctrl_priv **ret_priv);
int light_store(libxl_ctx *ctx, struct xs_handle **ret_store);

/* For functions that cannot fail: says so, and ends the program. */
void light_no_memory(libxl_ctx *ctx) __attribute__((noreturn));

#endif
