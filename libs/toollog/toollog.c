/* SPDX-License-Identifier: LGPL-2.1-only */
/* Messages on their way to a logger. */
#include <errno.h>
#include <limits.h>
#include <xentoollog.h>

const char *xtl_level_to_string(xentoollog_level level)
{
    static const char *const names[XTL_NUM_LEVELS] = {
        [XTL_NONE] = "none",
        [XTL_DEBUG] = "debug",
        [XTL_VERBOSE] = "verbose",
        [XTL_DETAIL] = "detail",
        [XTL_PROGRESS] = "progress",
        [XTL_INFO] = "info",
        [XTL_NOTICE] = "notice",
        [XTL_WARN] = "warning",
        [XTL_ERROR] = "error",
        [XTL_CRITICAL] = "critical",
    };

    return (unsigned)level < XTL_NUM_LEVELS ? names[level] : "no level";
}

void xtl_logv(struct xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context,
              const char *format, va_list al)
{
    int kept = errno;

    logger->vmessage(logger, level, errnoval, context, format, al);
    errno = kept;
}

void xtl_log(struct xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context,
             const char *format, ...)
{
    va_list al;

    va_start(al, format);
    xtl_logv(logger, level, errnoval, context, format, al);
    va_end(al);
}

void xtl_progress(struct xentoollog_logger *logger, const char *context, const char *doing_what, unsigned long done,
                  unsigned long total)
{
    int kept = errno, percent = 0;

    if (!logger->progress)
        return;
    if (total)
        percent =
            (int)(total < ULONG_MAX / 100 && done < ULONG_MAX / 100 ? done * 100 / total : done / (total / 100 + 1));
    logger->progress(logger, context, doing_what, percent, done, total);
    errno = kept;
}

void xtl_logger_destroy(struct xentoollog_logger *logger)
{
    if (logger)
        logger->destroy(logger);
}
