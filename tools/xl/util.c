/* SPDX-License-Identifier: GPL-2.0-only */
/* What several commands need: messages, memory. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "xl/xl.h"

static void begin_message(const struct xl *xl)
{
    fflush(stdout);
    fprintf(stderr, "xl%s%s: ", xl->command ? " " : "", xl->command ? xl->command->name : "");
}

static void end_message(const struct xl *xl, const char *otherwise)
{
    _cleanup_free_ char *cause = logger_take_cause(xl);

    fprintf(stderr, "%s%s\n", cause || otherwise ? ": " : "", cause ? cause : otherwise ? otherwise : "");
}

int xl_fail(const struct xl *xl, const char *format, ...)
{
    va_list args;

    begin_message(xl);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    end_message(xl, NULL);
    return 1;
}

/* libxl's codes, in words that a user may act on. */
static const char *rc_text(int rc)
{
    static const struct {
        int rc;
        const char *text;
    } rows[] = {
        { ERROR_NI, "not implemented" },
        { ERROR_NOMEM, "no memory" },
        { ERROR_INVAL, "an argument is wrong" },
        { ERROR_BADFAIL, "it failed, and so did cleaning up" },
        { ERROR_GUEST_TIMEDOUT, "the guest did not answer in time" },
        { ERROR_TIMEDOUT, "it took too long" },
        { ERROR_NOPARAVIRT, "the guest has no such drivers" },
        { ERROR_NOT_READY, "it is not ready" },
        { ERROR_OSEVENT_REG_FAIL, "the event loop refused" },
        { ERROR_BUFFERFULL, "a buffer is too small" },
        { ERROR_UNKNOWN_CHILD, "an unknown child process" },
        { ERROR_LOCK_FAIL, "a lock could not be taken" },
        { ERROR_JSON_CONFIG_EMPTY, "no configuration is kept of it" },
        { ERROR_DEVICE_EXISTS, "there is such a device" },
        { ERROR_DOMAIN_NOTFOUND, "there is no such domain" },
        { ERROR_ABORTED, "it was aborted" },
        { ERROR_NOTFOUND, "there is none" },
        { ERROR_FEATURE_REMOVED, "it is no longer there" },
        { ERROR_DOMAIN_DESTROYED, "the domain is gone" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].rc == rc)
            return rows[i].text;
    return "it failed";
}

int xl_fail_rc(const struct xl *xl, int rc, const char *format, ...)
{
    va_list args;

    begin_message(xl);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    end_message(xl, rc_text(rc));
    return 1;
}

int xl_context(struct xl *xl)
{
    int rc = libxl_ctx_alloc(&xl->ctx, LIBXL_VERSION, 0, xl->logger);

    return rc ? xl_fail_rc(xl, rc, "cannot reach the hypervisor and the store; is this dom0, and are you root?") : 0;
}

int xl_context_of_child(struct xl *xl)
{
    libxl_postfork_child_noexec(xl->ctx); /* the parent's, which stays as it is */
    xl->ctx = NULL;
    return xl_context(xl);
}

static void *check(void *memory)
{
    if (!memory) {
        fputs("xl: no memory\n", stderr);
        exit(1);
    }
    return memory;
}

char *xl_strdup(const char *text)
{
    return check(strdup(text));
}

void *xl_calloc(size_t n, size_t size)
{
    return check(calloc(n, size));
}

void *xl_grow(void *array, int n, size_t size)
{
    char *grown = check(reallocarray(array, (size_t)n + 1, size));

    memset(grown + (size_t)n * size, 0, size);
    return grown;
}

bool xl_number(const struct xl *xl, const char *what, const char *text, long min, long max, long *ret_number)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 10);
    if (errno || end == text || *end) {
        xl_fail(xl, "%s is `%s', no number", what, text);
        return false;
    }
    if (number < min || number > max) {
        xl_fail(xl, "%s is %ld and should be from %ld to %ld", what, number, min, max);
        return false;
    }
    *ret_number = number;
    return true;
}
