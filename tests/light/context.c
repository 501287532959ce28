/* SPDX-License-Identifier: GPL-2.0-only */
#include "light/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

libxl_ctx *ctx;
char log_text[4000];

__attribute__((format(printf, 5, 0)))
static void keep(xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context, const char *format,
                 va_list args)
{
    size_t len = strlen(log_text);

    (void)logger;
    (void)errnoval;
    (void)context;
    if (level < XTL_WARN || len + 2 >= sizeof(log_text))
        return;
    vsnprintf(log_text + len, sizeof(log_text) - len - 1, format, args);
    strcat(log_text, "\n");
}

xentoollog_logger caught_log = { .vmessage = keep };

int context_setup(void **state)
{
    (void)state;
    log_text[0] = '\0';
    return libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, &caught_log);
}

int context_teardown(void **state)
{
    (void)state;
    return libxl_ctx_free(ctx);
}

void expect_said(const char *text)
{
    if (!strstr(log_text, text))
        fail_msg("not in the log: %s\n%s", text, log_text);
    log_text[0] = '\0';
}
