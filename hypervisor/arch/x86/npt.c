/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD nested page table entries (AMD64 APM volume 2, 15.25). They have the format of ordinary long-mode entries, and
 * every guest access walks them as a user access, so U is set in all of them. The IOMMU walks the same tables
 * (amdvi.c): what it wants to know lies in bits that the processor ignores, and it ignores bits 1-8 and 52-58
 * (48882, 2.2.3). Pure functions: also built for the host.
 */
#include "arch.h"

#define NPT_P (1ULL << 0)
#define NPT_RW (1ULL << 1)
#define NPT_US (1ULL << 2)
#define NPT_PWT (1ULL << 3)
#define NPT_PCD (1ULL << 4)
#define NPT_A (1ULL << 5)
#define NPT_D (1ULL << 6)
#define NPT_PS (1ULL << 7) /* a leaf at level 2 or 3 */
#define NPT_NX (1ULL << 63)
#define IOMMU_NEXT_LEVEL(n) ((uint64_t)(n) << 9) /* of the table pointed to; 0: a leaf */
#define IOMMU_READ (1ULL << 61)
#define IOMMU_WRITE (1ULL << 62)
#define NPT_ADDR 0x000ffffffffff000ULL
#define NPT_TYPE_SHIFT 52 /* bits 52-58 are software's; enum p2m_type sits there */
#define NPT_TYPE_MASK 0x7fULL

/* Accessed and dirty are set from the start: the hardware never needs to write to an entry. */
#define NPT_LEAF (NPT_P | NPT_US | NPT_A | NPT_D)

uint64_t arch_p2m_encode(mfn_t mfn, enum p2m_type type, unsigned level)
{
    uint64_t entry;

    if (type == P2M_NONE)
        return 0;
    entry = ((mfn << PAGE_SHIFT) & NPT_ADDR) | (uint64_t)type << NPT_TYPE_SHIFT;
    if (level > 1)
        entry |= NPT_PS;
    if (type == P2M_RETAINED || type == P2M_ON_DEMAND)
        return entry;
    entry |= NPT_LEAF;
    if (type == P2M_SHARED) /* the hypervisor's own: no device has business there */
        return entry | NPT_RW;
    entry |= IOMMU_READ;
    if (type == P2M_MMIO)
        return entry | IOMMU_WRITE | NPT_RW | NPT_NX | NPT_PCD | NPT_PWT; /* PAT entry 3: uncacheable */
    if (p2m_is_writable(type) && type != P2M_RAM_LOGDIRTY)
        entry |= NPT_RW | IOMMU_WRITE;
    return entry;
}

uint64_t arch_p2m_encode_table(mfn_t table, unsigned level)
{
    return ((table << PAGE_SHIFT) & NPT_ADDR) | NPT_P | NPT_RW | NPT_US | NPT_A | IOMMU_NEXT_LEVEL(level - 1) |
           IOMMU_READ | IOMMU_WRITE;
}

bool arch_p2m_is_table(uint64_t entry, unsigned level)
{
    return level > 1 && (entry & (NPT_P | NPT_PS)) == NPT_P;
}

/* Of a table's entry: the table's frame, and type P2M_NONE. */
mfn_t arch_p2m_decode(uint64_t entry, enum p2m_type *ret_type)
{
    *ret_type = (enum p2m_type)((entry >> NPT_TYPE_SHIFT) & NPT_TYPE_MASK);
    return entry == 0 ? INVALID_MFN : (entry & NPT_ADDR) >> PAGE_SHIFT;
}
