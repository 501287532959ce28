/* SPDX-License-Identifier: LGPL-2.1-only */
/* A context: what a program's calls have in common. */
#ifndef XENOLITH_LIGHT_CTX_H
#define XENOLITH_LIGHT_CTX_H

#include <libxl.h>
#include <pthread.h>

struct ctrl_priv;
struct xs_handle;

struct libxl__ctx {
    xentoollog_logger *lg;
    pthread_mutex_t lock; /* recursive: callbacks may call the library */
    struct ctrl_priv *priv;
    struct xs_handle *store;    /* NULL until light_store() */
    libxl_version_info version; /* empty until it is asked for */
};

/* To the context's logger; ctx may be NULL. errnoval is an errno value that the message ends in, or -1. */
void light_log(libxl_ctx *ctx, xentoollog_level level, int errnoval, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The public error for 0 or -errno. */
int light_error(int rc);

/* For functions that cannot fail: says so, and ends the program. */
void light_no_memory(libxl_ctx *ctx) __attribute__((noreturn));

#endif
