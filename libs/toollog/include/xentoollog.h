/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Messages of libraries, to wherever a program wants them; API and ABI of libxentoollog.so.1 (symbol version VERS_1.0).
 *
 * A logger is the program's: three functions, and behind them whatever it keeps. The library has one that writes to a
 * FILE.
 */
#ifndef XENTOOLLOG_H
#define XENTOOLLOG_H

#include <stdarg.h>
#include <stdio.h>

/* From the least important on; no message is of the first or the last. */
typedef enum xentoollog_level {
    XTL_NONE,
    XTL_DEBUG,
    XTL_VERBOSE,
    XTL_DETAIL,
    XTL_PROGRESS,
    XTL_INFO,
    XTL_NOTICE,
    XTL_WARN,
    XTL_ERROR,
    XTL_CRITICAL,
    XTL_NUM_LEVELS
} xentoollog_level;

typedef struct xentoollog_logger xentoollog_logger;
struct xentoollog_logger {
    /* errnoval: an errno value to name, or -1; context: who says it, or NULL; the message has no line's end. */
    void (*vmessage)(struct xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context,
                     const char *format, va_list al) __attribute__((format(printf, 5, 0)));
    /* How far something is, done being 0 first; may be NULL. */
    void (*progress)(struct xentoollog_logger *logger, const char *context, const char *doing_what, int percent,
                     unsigned long done, unsigned long total);
    void (*destroy)(struct xentoollog_logger *logger);
};

/* --- a logger that writes to a FILE --- */
#define XTL_STDIOSTREAM_SHOW_PID 001u
#define XTL_STDIOSTREAM_SHOW_DATE 002u
#define XTL_STDIOSTREAM_HIDE_PROGRESS 004u
/* Whether progress overwrites its line; with neither, where the file is a terminal. */
#define XTL_STDIOSTREAM_PROGRESS_USE_CR 010u
#define XTL_STDIOSTREAM_PROGRESS_NO_CR 020u

typedef struct xentoollog_logger_stdiostream xentoollog_logger_stdiostream;

/* A logger is what it begins with: cast it. Messages below min_level are dropped. NULL: no memory; f was told so. */
xentoollog_logger_stdiostream *xtl_createlogger_stdiostream(FILE *f, xentoollog_level min_level, unsigned flags);
void xtl_stdiostream_set_minlevel(xentoollog_logger_stdiostream *logger, xentoollog_level min_level);
/* First clears, then sets. */
void xtl_stdiostream_adjust_flags(xentoollog_logger_stdiostream *logger, unsigned set_flags, unsigned clear_flags);

/* --- for who has something to say --- */
/* NULL is accepted. The FILE of a logger stays open. */
void xtl_logger_destroy(struct xentoollog_logger *logger);

void xtl_logv(struct xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context,
              const char *format, va_list al) __attribute__((format(printf, 5, 0)));
void xtl_log(struct xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context,
             const char *format, ...) __attribute__((format(printf, 5, 6)));
void xtl_progress(struct xentoollog_logger *logger, const char *context, const char *doing_what, unsigned long done,
                  unsigned long total);

/* "warning", ...; never NULL. */
const char *xtl_level_to_string(xentoollog_level level);

/* --- for who writes a logger --- */
/*
 * A xentoollog_logger_NAME from malloc(), a copy of value with its vtable filled in: NAME_vmessage, NAME_progress and
 * NAME_destroy, which must be in sight. NULL: no memory; value's own logger was told so.
 */
#define XTL_NEW_LOGGER(NAME, value)                                                                 \
    ({                                                                                              \
        xentoollog_logger_##NAME *xtl_new_ = malloc(sizeof(*xtl_new_));                             \
                                                                                                    \
        (value).vtable.vmessage = NAME##_vmessage;                                                  \
        (value).vtable.progress = NAME##_progress;                                                  \
        (value).vtable.destroy = NAME##_destroy;                                                    \
        if (xtl_new_)                                                                               \
            *xtl_new_ = (value);                                                                    \
        else                                                                                        \
            xtl_log(&(value).vtable, XTL_CRITICAL, errno, "xtl", "no memory for a logger");         \
        xtl_new_;                                                                                   \
    })

#endif
