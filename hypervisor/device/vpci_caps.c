/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a function's capability lists hold: MSI and MSI-X are emulated; those that cannot be, and what would make
 * functions that nobody models (SR-IOV), are taken out of the lists.
 */
#include "vpci.h"
#include "vpci_internal.h"

#include "lib.h"

#define CAP_PTR 0x34
#define CAP_PTR_CARDBUS 0x14
#define CAP_FIRST 0x40
#define CAP_MSI 0x05
#define CAP_MSIX 0x11
#define EXT_CAP_FIRST 0x100
#define EXT_CAP_SRIOV 0x10
#define EXT_CAP_SRIOV_SIZE 0x40
#define MAX_EXT_CAPS 480 /* that fit; also ends a walk round a loop */

bool vpci_add_range(struct vpci_function *f, uint16_t first, uint16_t size, const struct vpci_range_ops *ops)
{
    for (unsigned i = 0; i < f->nr_ranges; i++) {
        if (first < f->range[i].first + f->range[i].size && f->range[i].first < first + size)
            return false;
    }
    if (f->nr_ranges == VPCI_MAX_RANGES)
        return false;
    f->range[f->nr_ranges++] = (struct vpci_range){ .first = first, .size = size, .ops = ops };
    return true;
}

static void hide(struct vpci_function *f, unsigned start, unsigned size, unsigned end)
{
    for (unsigned reg = start & ~3u; reg < start + size && reg < end; reg += 4)
        bit_set(f->hidden, reg / 4);
}

static void patch_set(struct vpci_function *f, uint8_t reg, uint8_t value)
{
    if (f->nr_patches < VPCI_MAX_CAPS) {
        f->patch[f->nr_patches].reg = reg;
        f->patch[f->nr_patches++].value = value;
    }
}

/* True: the capability is not for dom0, and is hidden. */
static bool cap_is_hidden(struct vpci_function *f, uint8_t pos, uint8_t cap)
{
    bool has_msi = f->msi.pos, has_msix = f->msix.pos;

    if (cap == CAP_MSI && (has_msi || !vmsi_init(f, pos))) {
        hide(f, pos, vmsi_size((uint16_t)pci_host_read(f->bdf, pos + 2u, 2)), PCI_CONFIG_SIZE);
        return true;
    }
    if (cap == CAP_MSIX && (has_msix || !vmsix_init(f, pos))) {
        hide(f, pos, VMSIX_SIZE, PCI_CONFIG_SIZE);
        return true;
    }
    return false;
}

static uint8_t list_head_reg(uint16_t bdf)
{
    bool cardbus = (pci_host_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f) == PCI_HEADER_CARDBUS;

    return cardbus ? CAP_PTR_CARDBUS : CAP_PTR;
}

/*
 * last_kept is the "next" byte that a visible capability, or the head, holds; it needs a patch as soon as something
 * behind it is hidden. A list that loops or points into the header ends there, for dom0 too.
 */
static void scan_list(struct vpci_function *f)
{
    uint16_t bdf = f->bdf;
    uint8_t head = list_head_reg(bdf), last_kept = head, pos;
    bool dirty = false;
    unsigned left = VPCI_MAX_CAPS;

    if (!(pci_host_read(bdf, PCI_STATUS, 1) & PCI_STATUS_CAP_LIST))
        return;
    pos = pci_host_read(bdf, head, 1) & 0xfc;
    while (pos >= CAP_FIRST && left--) {
        uint16_t cap_next = (uint16_t)pci_host_read(bdf, pos, 2);

        if (cap_is_hidden(f, pos, (uint8_t)cap_next)) {
            dirty = true;
        } else {
            if (dirty)
                patch_set(f, last_kept, pos);
            last_kept = (uint8_t)(pos + 1);
            dirty = false;
        }
        pos = (cap_next >> 8) & 0xfc;
    }
    if (dirty)
        patch_set(f, last_kept, 0);
    f->no_caps = dirty && last_kept == head;
}

/* An extended capability that is none, but leads to the next. */
static uint32_t null_header(struct vpci_function *f, uint16_t reg, uint32_t hw)
{
    (void)f;
    (void)reg;
    return hw & 0xfff00000;
}

static void read_only(struct vpci_function *f, uint16_t reg, uint32_t value, uint32_t mask)
{
    (void)f;
    (void)reg;
    (void)value;
    (void)mask;
}

static const struct vpci_range_ops null_header_ops = { .read = null_header, .write = read_only };

static void scan_extended(struct vpci_function *f)
{
    uint16_t pos = EXT_CAP_FIRST;

    for (unsigned left = MAX_EXT_CAPS; left && pos >= EXT_CAP_FIRST; left--) {
        uint32_t header = pci_host_read(f->bdf, pos, 4);

        if (header == 0 || header == ~0u)
            break;
        if ((header & 0xffff) == EXT_CAP_SRIOV) {
            /* When there is no place for a range the list ends here. */
            bool named = vpci_add_range(f, pos, 4, &null_header_ops);

            hide(f, named ? pos + 4u : pos, EXT_CAP_SRIOV_SIZE - (named ? 4 : 0), ECAM_CONFIG_SIZE);
        }
        pos = (header >> 20) & 0xffc;
    }
}

void vpci_scan(struct vpci_function *f)
{
    f->read_only = pci_host_read(f->bdf, PCI_CLASS, 2) == PCI_CLASS_IOMMU;
    scan_list(f);
    scan_extended(f);
}
