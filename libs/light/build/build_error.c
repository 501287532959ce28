/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/build/build_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void note(struct build_error *error, const char *step, int code, const char *format, va_list args)
{
    error->step = step;
    error->code = code;
    vsnprintf(error->text, sizeof(error->text), format, args);
}

int build_fail(struct build_error *error, const char *step, int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (error)
        note(error, step, code, format, args);
    va_end(args);
    return code;
}

int build_fail_errno(struct build_error *error, const char *step, int code, const char *format, ...)
{
    va_list args;
    size_t len;

    va_start(args, format);
    if (error) {
        note(error, step, code, format, args);
        len = strlen(error->text);
        snprintf(error->text + len, sizeof(error->text) - len, ": %s", strerror(-code));
    }
    va_end(args);
    return code;
}
