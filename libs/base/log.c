/* SPDX-License-Identifier: LGPL-2.1-only */
#include "base/log.h"

#include <stdio.h>
#include <syslog.h>

static const int priority[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void log_msg(const struct log *log, enum log_level level, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    if (!log || !log->fn || level > log->max)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    log->fn(log->arg, level, text);
}

void log_to_stderr(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    fprintf(stderr, "<%d>%s\n", priority[level], text);
}

void log_to_syslog(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    syslog(priority[level], "%s", text);
}
