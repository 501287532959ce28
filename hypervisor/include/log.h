/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's log: serial console and the ring that `xl dmesg` reads (console.c). */
#ifndef XENOLITH_LOG_H
#define XENOLITH_LOG_H

#include "types.h"

enum log_level { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* One line or a part of one; the line is prefixed with "(XEN) ". Safe from every context, NMI excepted. */
void log_printf(enum log_level level, const char *fmt, ...) __printf(2, 3);

#define log_err(...) log_printf(LOG_ERR, __VA_ARGS__)
#define log_warn(...) log_printf(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_printf(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_printf(LOG_DEBUG, __VA_ARGS__)

/* Print registers, stack and vCPU, then halt or reboot as the command line says. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

void assert_failed(const char *expr, const char *file, int line) __noreturn;
#define ASSERT(x) (likely(x) ? (void)0 : assert_failed(#x, __FILE__, __LINE__))
#define BUG() assert_failed("BUG", __FILE__, __LINE__)

#endif
