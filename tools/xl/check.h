/* SPDX-License-Identifier: GPL-2.0-only */
/* xl check: what a host needs so that domains can be created, one answer a line, each with what to do about it. */
#ifndef XL_CHECK_H
#define XL_CHECK_H

#include "xl/format.h"
#include "xl/xl.h"

struct checkup {
    const char *root;   /* stands before each path: tests have a host of their own */
    struct json *json;  /* NULL: lines */
    const char *bridge; /* of vifs that do not say theirs */
    const char *gateway; /* that these are routed by instead; NULL: they are not */
    int failed, warned;
};

enum verdict {
    CHECK_OK,
    CHECK_WARN, /* some domains cannot be created */
    CHECK_FAIL, /* none can */
};

/* The answer to one question. mend: what to do, unless all is well. */
void checked(struct checkup *c, enum verdict verdict, const char *name, const char *mend, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* check_host.c: what Linux and its files say, without the hypervisor or the store. */
void check_host(struct checkup *c);

/* What the hypervisor and the store say, through libxl. */
void check_xen(struct xl *xl, struct checkup *c);

#endif
