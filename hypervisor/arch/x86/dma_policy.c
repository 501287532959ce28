/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DESIGN D3: DMA to a granted or foreign page that no IOMMU translates goes to the frame of the same number as dom0's
 * gfn, which is somebody else's. So dom0 has to bounce all DMA through its own memory unless every device that can do
 * DMA is known to be translated. A device that is plugged in later is not known: see docs/decisions.md.
 */
#include "cpu.h"
#include "device/vpci.h"
#include "hv.h"
#include "iommu.h"
#include "lib.h"
#include "log.h"

#define PCI_VENDOR 0x00
#define PCI_DEVICE 0x02
#define PCI_STATUS 0x06
#define PCI_STATUS_CAP_LIST 0x10
#define PCI_CLASS 0x0a /* class and subclass */
#define PCI_HEADER 0x0e
#define PCI_HEADER_MULTI 0x80
#define PCI_CAPS 0x34
#define PCI_CAP_VENDOR 0x09
#define MAX_CAPS 48 /* that fit into 192 bytes; also ends a walk round a loop */

#define CLASS_HOST_BRIDGE 0x0600
#define CLASS_IOMMU 0x0806

/* Virtio 1.1, 4.1.4: its capabilities, and the window to its registers that one of them is. */
#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_FIRST 0x1000
#define VIRTIO_LAST 0x107f
#define VIRTIO_CAP_TYPE 3
#define VIRTIO_CAP_BAR 4
#define VIRTIO_CAP_OFFSET 8
#define VIRTIO_CAP_LENGTH 12
#define VIRTIO_CAP_DATA 16
#define VIRTIO_CAP_COMMON 1
#define VIRTIO_CAP_WINDOW 5
#define VIRTIO_FEATURE_SELECT 0
#define VIRTIO_FEATURE 4
#define VIRTIO_ACCESS_PLATFORM 33

/* --- virtio --- */

static uint8_t virtio_find(uint16_t bdf, uint8_t type)
{
    uint8_t pos = 0;

    if (pci_host_read(bdf, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST)
        pos = (uint8_t)pci_host_read(bdf, PCI_CAPS, 1) & 0xfc;
    for (unsigned i = 0; i < MAX_CAPS && pos >= 0x40 && pos <= 0xff - VIRTIO_CAP_DATA - 3; i++) {
        if (pci_host_read(bdf, pos, 1) == PCI_CAP_VENDOR && pci_host_read(bdf, pos + VIRTIO_CAP_TYPE, 1) == type)
            return pos;
        pos = (uint8_t)pci_host_read(bdf, pos + 1, 1) & 0xfc;
    }
    return 0;
}

static void window_move(uint16_t bdf, uint8_t window, uint32_t offset)
{
    pci_host_write(bdf, window + VIRTIO_CAP_OFFSET, 4, offset);
    pci_host_write(bdf, window + VIRTIO_CAP_LENGTH, 4, 4);
}

/* Does it put its requests through the IOMMU? A device that we cannot ask does not. */
static bool virtio_is_translated(uint16_t bdf)
{
    uint8_t common = virtio_find(bdf, VIRTIO_CAP_COMMON), window = virtio_find(bdf, VIRTIO_CAP_WINDOW);
    uint32_t at, features;

    if (!common || !window)
        return false;
    at = pci_host_read(bdf, common + VIRTIO_CAP_OFFSET, 4);
    pci_host_write(bdf, window + VIRTIO_CAP_BAR, 1, pci_host_read(bdf, common + VIRTIO_CAP_BAR, 1));
    window_move(bdf, window, at + VIRTIO_FEATURE_SELECT);
    pci_host_write(bdf, window + VIRTIO_CAP_DATA, 4, VIRTIO_ACCESS_PLATFORM / 32);
    window_move(bdf, window, at + VIRTIO_FEATURE);
    features = pci_host_read(bdf, window + VIRTIO_CAP_DATA, 4);
    window_move(bdf, window, at + VIRTIO_FEATURE_SELECT);
    pci_host_write(bdf, window + VIRTIO_CAP_DATA, 4, 0);
    return features & (1u << VIRTIO_ACCESS_PLATFORM % 32);
}

static bool is_virtio(uint16_t bdf)
{
    uint32_t device = pci_host_read(bdf, PCI_DEVICE, 2);

    return pci_host_read(bdf, PCI_VENDOR, 2) == VIRTIO_VENDOR && device >= VIRTIO_FIRST && device <= VIRTIO_LAST;
}

/* --- every function --- */

struct scan {
    char *reason;
    size_t size;
    unsigned functions;
    bool ok;
};

static void function_look(struct scan *s, uint16_t bdf)
{
    uint32_t class = pci_host_read(bdf, PCI_CLASS, 2);
    const char *why = NULL;

    s->functions++;
    if (class == CLASS_HOST_BRIDGE || class == CLASS_IOMMU)
        return;
    if (!iommu_covers(bdf))
        why = "is behind no IOMMU that the ACPI table IVRS names";
    else if (is_virtio(bdf) && !virtio_is_translated(bdf))
        why = "is a virtio device that does not offer ACCESS_PLATFORM, so its DMA goes round the IOMMU";
    if (!why || !s->ok)
        return;
    s->ok = false;
    snprintf(s->reason, s->size, "PCI device %02x:%02x.%x %s", bdf >> 8, bdf >> 3 & 0x1f, bdf & 7, why);
}

static bool function_exists(uint16_t bdf)
{
    return pci_host_read(bdf, PCI_VENDOR, 2) != 0xffff;
}

/* Is every function that can do DMA known to be translated? If not, ret_reason says why. */
static bool dma_is_translated(char *ret_reason, size_t size, unsigned *ret_functions)
{
    struct scan s = { .reason = ret_reason, .size = size, .ok = true };

    *ret_functions = 0;
    if (iommu_off_reason()) {
        snprintf(ret_reason, size, "%s", iommu_off_reason());
        return false;
    }
    for (uint32_t device = 0; device < 0x10000; device += 8) {
        if (!function_exists((uint16_t)device))
            continue;
        for (uint32_t f = 0; f < (pci_host_read((uint16_t)device, PCI_HEADER, 1) & PCI_HEADER_MULTI ? 8 : 1); f++)
            if (function_exists((uint16_t)(device + f)))
                function_look(&s, (uint16_t)(device + f));
    }
    *ret_functions = s.functions;
    return s.ok;
}

/* --- the choice --- */

bool dma_must_bounce(void)
{
    char value[16] = "", reason[160];
    unsigned functions;
    bool translated = dma_is_translated(reason, sizeof(reason), &functions), off;

    cmdline_get("dom0-swiotlb", value, sizeof(value));
    off = !strcmp(value, "off");
    if (value[0] && !off && strcmp(value, "force"))
        log_warn("dom0-swiotlb=%s is not understood: force or off\n", value);
    if (!strcmp(value, "force")) {
        log_info("dom0: swiotlb=force, as dom0-swiotlb=force asks\n");
        return true;
    }
    if (translated) {
        log_info("dom0: no swiotlb=force: the DMA of all PCI functions (%u) is translated\n", functions);
        return false;
    }
    if (off)
        log_warn("dom0: swiotlb=force left out, as dom0-swiotlb=off asks, although %s: DMA to granted and foreign pages "
                 "is NOT safe\n", reason);
    else
        log_info("dom0: swiotlb=force, because %s\n", reason);
    return !off;
}
