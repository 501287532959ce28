/* SPDX-License-Identifier: LGPL-2.1-only */
/* Small types, for the library's own use; the public functions are in libxl.h, libxl_utils.h and libxl_uuid.h. */
#ifndef XENOLITH_LIGHT_SMALL_H
#define XENOLITH_LIGHT_SMALL_H

#include <libxl.h>

/* "00:16:3e:01:02:03". -EINVAL. */
int light_mac_parse(const char *text, uint8_t *ret_mac);
/* Up to 256 random bytes. -errno. */
int light_random(void *data, size_t n);
/* Version 4, variant 1, from random bytes. -errno. */
int light_uuid_generate(libxl_uuid *ret_uuid);
/* Lists of strings up to NULL; NULL gives NULL. -ENOMEM. */
int light_list_copy(char **list, char ***ret_list);
/* It is said, and true. */
static inline bool light_defbool_set(libxl_defbool b)
{
    return !libxl_defbool_is_default(b) && libxl_defbool_val(b);
}
/* bits are rounded up to bytes. -ENOMEM, -EINVAL when there would be too many. */
int light_bitmap_alloc(libxl_bitmap *ret_bitmap, uint64_t bits);
int light_bitmap_copy(libxl_bitmap *ret_bitmap, const libxl_bitmap *src);

#define LIGHT_BITMAP_MAX (1u << 20) /* bits */

#endif
