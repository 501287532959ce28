/* SPDX-License-Identifier: LGPL-2.1-only */
/* Where a library's messages go: it never prints itself. A NULL log takes messages and drops them. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>

enum log_level { LOG_LEVEL_ERR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log {
    void (*fn)(void *arg, enum log_level level, const char *text); /* text: one line without its end */
    void *arg;
    enum log_level max; /* less important messages are dropped */
};

void log_msg(const struct log *log, enum log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define log_err(log, ...) log_msg(log, LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warn(log, ...) log_msg(log, LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(log, ...) log_msg(log, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_msg(log, LOG_LEVEL_DEBUG, __VA_ARGS__)

/* A sink: standard error, with the level in front as systemd's journal reads it ("<6>"). */
void log_to_stderr(void *arg, enum log_level level, const char *text);
/* The same into syslog, as openlog(3) was called. */
void log_to_syslog(void *arg, enum log_level level, const char *text);

#endif
