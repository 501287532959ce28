/* SPDX-License-Identifier: LGPL-2.1-only */
/* What went wrong while a guest was built, in words for who asked for it: the object first, then the cause. */
#ifndef XENOLITH_LIGHT_BUILD_ERROR_H
#define XENOLITH_LIGHT_BUILD_ERROR_H

struct build_error {
    const char *step; /* what was being done: "kernel", "memory", ...; a constant */
    int code;         /* -errno */
    char text[256];   /* "kernel /boot/vmlinuz: ..."; no newline */
};

/* Notes it, and returns code. error may be NULL. */
int build_fail(struct build_error *error, const char *step, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with ": " and what the number means behind it. */
int build_fail_errno(struct build_error *error, const char *step, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
