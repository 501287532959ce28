/* SPDX-License-Identifier: LGPL-2.1-only */
/* The logger that writes lines to a FILE: "DATE [PID] CONTEXT: LEVEL: MESSAGE: ERROR". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xentoollog.h>

#define PROGRESS_STEP 5 /* percent; less is a detail */

struct xentoollog_logger_stdiostream {
    xentoollog_logger vtable;
    FILE *f;
    xentoollog_level min_level;
    unsigned flags;
    int overwrite;    /* progress is one line, written again and again */
    int open_line;    /* how long what is now on that line is; 0: it is empty */
    int last_percent;
};

/* A line that progress left open is wiped out. */
static void line_clear(xentoollog_logger_stdiostream *l)
{
    if (l->open_line)
        fprintf(l->f, "\r%*s\r", l->open_line, "");
    l->open_line = 0;
}

static void write_head(xentoollog_logger_stdiostream *l, const char *context)
{
    char date[64];
    struct tm tm;
    time_t now = time(NULL);

    if (l->flags & XTL_STDIOSTREAM_SHOW_DATE && localtime_r(&now, &tm) &&
        strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S %Z ", &tm))
        fputs(date, l->f);
    if (l->flags & XTL_STDIOSTREAM_SHOW_PID)
        fprintf(l->f, "[%ld] ", (long)getpid());
    if (context)
        fprintf(l->f, "%s: ", context);
}

static void stdiostream_vmessage(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
                                 const char *context, const char *format, va_list al)
    __attribute__((format(printf, 5, 0)));

static void stdiostream_vmessage(struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
                                 const char *context, const char *format, va_list al)
{
    xentoollog_logger_stdiostream *l = (xentoollog_logger_stdiostream *)logger;

    if (level < l->min_level)
        return;
    line_clear(l);
    write_head(l, context);
    fprintf(l->f, "%s: ", xtl_level_to_string(level));
    vfprintf(l->f, format, al);
    if (errnoval >= 0)
        fprintf(l->f, ": %s", strerror(errnoval));
    fputc('\n', l->f);
    fflush(l->f);
}

static void stdiostream_progress(struct xentoollog_logger *logger, const char *context, const char *doing_what,
                                 int percent, unsigned long done, unsigned long total)
{
    xentoollog_logger_stdiostream *l = (xentoollog_logger_stdiostream *)logger;
    xentoollog_level level = XTL_DETAIL;
    int n;

    if (l->flags & XTL_STDIOSTREAM_HIDE_PROGRESS)
        return;
    if (percent < l->last_percent || percent >= l->last_percent + PROGRESS_STEP)
        level = XTL_PROGRESS;
    else if (percent == l->last_percent)
        return;
    if (level < l->min_level)
        return;
    l->last_percent = percent;
    if (!l->overwrite) {
        xtl_log(logger, level, -1, context, "%s: %lu/%lu  %3d%%", doing_what, done, total, percent);
        return;
    }
    line_clear(l);
    n = fprintf(l->f, "%s%s%s: %lu/%lu  %3d%%", context ? context : "", context ? ": " : "", doing_what, done, total,
                percent);
    if (done == total)
        fputc('\n', l->f);
    else
        l->open_line = n > 0 ? n : 0;
    fflush(l->f);
}

static void stdiostream_destroy(struct xentoollog_logger *logger)
{
    line_clear((xentoollog_logger_stdiostream *)logger);
    free(logger);
}

void xtl_stdiostream_set_minlevel(xentoollog_logger_stdiostream *logger, xentoollog_level min_level)
{
    logger->min_level = min_level;
}

void xtl_stdiostream_adjust_flags(xentoollog_logger_stdiostream *logger, unsigned set_flags, unsigned clear_flags)
{
    logger->flags = (logger->flags & ~clear_flags) | set_flags;
}

xentoollog_logger_stdiostream *xtl_createlogger_stdiostream(FILE *f, xentoollog_level min_level, unsigned flags)
{
    xentoollog_logger_stdiostream logger = {.f = f, .min_level = min_level, .flags = flags};

    if (flags & (XTL_STDIOSTREAM_PROGRESS_USE_CR | XTL_STDIOSTREAM_PROGRESS_NO_CR))
        logger.overwrite = (flags & XTL_STDIOSTREAM_PROGRESS_USE_CR) != 0;
    else
        logger.overwrite = isatty(fileno(f)) == 1;
    return XTL_NEW_LOGGER(stdiostream, logger);
}
