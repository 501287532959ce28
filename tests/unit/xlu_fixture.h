/* SPDX-License-Identifier: GPL-2.0-only */
/* A configuration that is being read, and what is reported of it. */
#ifndef XLU_FIXTURE_H
#define XLU_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "light/xlu/xlu.h"

static char *said;
static size_t said_len;

static XLU_Config *xlu_begin(void)
{
    FILE *f = open_memstream(&said, &said_len);
    XLU_Config *cfg = xlu_cfg_init(f, "g.cfg");

    assert_non_null(f);
    assert_non_null(cfg);
    return cfg;
}

/* What was reported is exactly this. */
static void xlu_end(XLU_Config *cfg, const char *want)
{
    FILE *f = cfg->report;

    xlu_cfg_destroy(cfg);
    fclose(f);
    assert_string_equal(said, want);
    free(said);
    said = NULL;
}

#endif
