/* SPDX-License-Identifier: MIT */
/* Grant tables: sub-operations, argument structures, the two formats of shared entries, status codes. */
#ifndef XENOLITH_PUBLIC_GRANT_TABLE_H
#define XENOLITH_PUBLIC_GRANT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define GNTTABOP_map_grant_ref 0
#define GNTTABOP_unmap_grant_ref 1
#define GNTTABOP_setup_table 2
#define GNTTABOP_dump_table 3
#define GNTTABOP_transfer 4
#define GNTTABOP_copy 5
#define GNTTABOP_query_size 6
#define GNTTABOP_unmap_and_replace 7
#define GNTTABOP_set_version 8
#define GNTTABOP_get_status_frames 9
#define GNTTABOP_get_version 10
#define GNTTABOP_swap_grant_ref 11
#define GNTTABOP_cache_flush 12

/* flags of gnttab_map_grant_ref */
#define GNTMAP_device_map (1u << 0)
#define GNTMAP_host_map (1u << 1)
#define GNTMAP_readonly (1u << 2)
#define GNTMAP_application_map (1u << 3)
#define GNTMAP_contains_pte (1u << 4)

/* flags of gnttab_copy */
#define GNTCOPY_source_gref (1u << 0)
#define GNTCOPY_dest_gref (1u << 1)

#define GNTST_okay 0
#define GNTST_general_error (-1)
#define GNTST_bad_domain (-2)
#define GNTST_bad_gntref (-3)
#define GNTST_bad_handle (-4)
#define GNTST_bad_virt_addr (-5)
#define GNTST_bad_dev_addr (-6)
#define GNTST_no_device_space (-7)
#define GNTST_permission_denied (-8)
#define GNTST_bad_page (-9)
#define GNTST_bad_copy_arg (-10)
#define GNTST_address_too_big (-11)
#define GNTST_eagain (-12)
#define GNTST_no_space (-13)

/* Entry flags. Type in the two low bits. */
#define GTF_invalid 0u
#define GTF_permit_access 1u
#define GTF_accept_transfer 2u
#define GTF_transitive 3u
#define GTF_type_mask 3u
#define GTF_readonly (1u << 2)
#define GTF_reading (1u << 3) /* set by the hypervisor while the grant is in use */
#define GTF_writing (1u << 4)
#define GTF_PWT (1u << 5)
#define GTF_PCD (1u << 6)
#define GTF_PAT (1u << 7)
#define GTF_sub_page (1u << 8) /* version 2: page_off and length bound a copy; no mapping */

/* Entries kept when the version changes: the tools' for console and store come first. */
#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE 0
#define GNTTAB_RESERVED_XENSTORE 1

struct grant_entry_v1 {
    uint16_t flags;
    uint16_t domid;
    uint32_t frame;
};
_Static_assert(sizeof(struct grant_entry_v1) == 8, "grant_entry_v1");

/* pad0 and frame are page_off | length << 16 of a sub-page grant, trans_domid and gref of a transitive one. */
struct grant_entry_v2 {
    uint16_t flags;
    uint16_t domid;
    union {
        uint32_t pad0;
        struct {
            uint16_t page_off, length;
        };
    };
    uint64_t frame;
};
_Static_assert(sizeof(struct grant_entry_v2) == 16, "grant_entry_v2");

/* u: a grant reference (low 32 bits) or a guest frame number. */
struct gnttab_copy_ptr {
    uint64_t u;
    uint16_t domid;
    uint16_t offset;
};
struct gnttab_copy {
    struct gnttab_copy_ptr source, dest;
    uint16_t len;
    uint16_t flags;
    int16_t status;
};
_Static_assert(sizeof(struct gnttab_copy) == 40, "gnttab_copy");

struct compat_gnttab_copy_ptr {
    uint32_t u;
    uint16_t domid;
    uint16_t offset;
};
struct compat_gnttab_copy {
    struct compat_gnttab_copy_ptr source, dest;
    uint16_t len;
    uint16_t flags;
    int16_t status;
};
_Static_assert(sizeof(struct compat_gnttab_copy) == 24, "compat_gnttab_copy");

#define WIRE_DEF "grant_table.def"
#include "wire_expand.h"

#endif
