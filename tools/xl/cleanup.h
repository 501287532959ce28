/* SPDX-License-Identifier: GPL-2.0-only */
/* What ends with its scope, of libxl's and libxlutil's types. */
#ifndef XL_CLEANUP_H
#define XL_CLEANUP_H

#include <libxl.h>
#include <libxl_utils.h>
#include <libxlutil.h>

#include "base/cleanup.h"

static inline void cleanup_config(libxl_domain_config *d)
{
    libxl_domain_config_dispose(d);
}
#define _cleanup_config_ _cleanup_(cleanup_config)

static inline void cleanup_map(libxl_bitmap *map)
{
    libxl_bitmap_dispose(map);
}
#define _cleanup_map_ _cleanup_(cleanup_map)

static inline void cleanup_cfg(XLU_Config **cfg)
{
    xlu_cfg_destroy(*cfg);
}
#define _cleanup_cfg_ _cleanup_(cleanup_cfg)

#endif
