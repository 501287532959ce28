/* SPDX-License-Identifier: LGPL-2.1-only */
#include "base/log.h"

#include <stdio.h>

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
    static const char priority[] = { '3', '4', '6', '7' };

    (void)arg;
    fprintf(stderr, "<%c>%s\n", priority[level], text);
}
