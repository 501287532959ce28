/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What programs keep of a domain in files: userdata-d.DOMID.UUID.USERID, its configuration as JSON being one of them.
 * A file is replaced in one step, so it can be read at any time; who reads and writes takes the domain's lock. Errors
 * are libxl's.
 */
#ifndef XENOLITH_LIGHT_USERDATA_H
#define XENOLITH_LIGHT_USERDATA_H

#include <libxl.h>

extern const char *light_userdata_folder;

/* The domain's lock: a descriptor, to be closed. ERROR_DOMAIN_NOTFOUND; ERROR_LOCK_FAIL. */
int light_userdata_lock(libxl_ctx *ctx, uint32_t domid, int *ret_fd);

/* Removes all files of a domain that is going. */
int light_userdata_remove(libxl_ctx *ctx, uint32_t domid, const libxl_uuid *uuid);

/* The configuration; _load wants one that is initialized. ERROR_JSON_CONFIG_EMPTY: none is kept. */
int light_config_load(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *config);
int light_config_store(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *config);

#endif
