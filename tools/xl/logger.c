/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the library says. The first error of a call is its cause: it is kept for the one line that the command ends with.
 * What follows it, the noise of cleaning up, is shown with -v only, and by daemons, whose log is for that.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xentoollog.h>

#include "xl/xl.h"

struct xl_logger {
    xentoollog_logger base; /* the first: it is what the library has */
    xentoollog_logger *stream;
    char *cause;
    bool all; /* to the stream, at once */
};

static char *text_of(int errnoval, const char *format, va_list args)
{
    char *text = NULL, *whole = NULL;

    if (vasprintf(&text, format, args) < 0)
        return NULL;
    if (errnoval < 0)
        return text;
    if (asprintf(&whole, "%s: %s", text, strerror(errnoval)) < 0)
        return text;
    free(text);
    return whole;
}

static void message(xentoollog_logger *base, xentoollog_level level, int errnoval, const char *context,
                    const char *format, va_list args)
{
    struct xl_logger *l = (struct xl_logger *)base;
    bool first = level >= XTL_ERROR && !l->cause;

    if (l->all || (!l->cause && level < XTL_ERROR)) {
        va_list again;

        va_copy(again, args);
        xtl_logv(l->stream, level, errnoval, context, format, again);
        va_end(again);
    }
    if (first)
        l->cause = text_of(errnoval, format, args);
}

static void progress(xentoollog_logger *base, const char *context, const char *doing, int percent, unsigned long done,
                     unsigned long total)
{
    struct xl_logger *l = (struct xl_logger *)base;

    if (l->stream->progress)
        l->stream->progress(l->stream, context, doing, percent, done, total);
}

static void destroy(xentoollog_logger *base)
{
    struct xl_logger *l = (struct xl_logger *)base;

    xtl_logger_destroy(l->stream);
    free(l->cause);
    free(l);
}

static xentoollog_level level_of(const struct xl *xl)
{
    int level = (int)XTL_PROGRESS - xl->verbosity;

    return (xentoollog_level)(level < XTL_DEBUG ? XTL_DEBUG : level);
}

bool logger_make(struct xl *xl)
{
    unsigned flags = (xl->timestamps ? XTL_STDIOSTREAM_SHOW_PID | XTL_STDIOSTREAM_SHOW_DATE : 0) |
                     (xl->progress_cr ? XTL_STDIOSTREAM_PROGRESS_USE_CR : 0);
    struct xl_logger *l = xl_calloc(1, sizeof(*l));

    l->base = (xentoollog_logger){ .vmessage = message, .progress = progress, .destroy = destroy };
    l->stream = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, level_of(xl), flags);
    l->all = xl->verbosity > 0;
    if (!l->stream) {
        free(l);
        return false;
    }
    xl->logger = &l->base;
    return true;
}

void logger_show_all(struct xl *xl)
{
    struct xl_logger *l = (struct xl_logger *)xl->logger;

    l->all = true;
    xtl_stdiostream_set_minlevel((xentoollog_logger_stdiostream *)l->stream, level_of(xl));
}

char *logger_take_cause(const struct xl *xl)
{
    struct xl_logger *l = (struct xl_logger *)xl->logger;
    char *cause = l ? l->cause : NULL;

    if (l)
        l->cause = NULL;
    return cause;
}
