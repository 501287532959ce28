/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translation of dom0's DMA (amdvi.c, amdvi_event.c), and whether dom0 can rely on it (dma_policy.c; DESIGN D3).
 *
 * The IOMMUs walk dom0's nested page tables themselves: npt.c sets the bits that they look at. What dom0 can reach, so
 * can its devices, but for the hypervisor's pages; nothing has to be copied, and an entry that is gone is gone for both.
 */
#ifndef XENOLITH_IOMMU_H
#define XENOLITH_IOMMU_H

#include "types.h"

struct domain;

/* Boot CPU, ACPI tables being found: what IVRS says; fills host.iommu, so that dom0 is kept from the registers. */
void iommu_probe(const void *ivrs, size_t size);
/* The machine's devices reach what d's p2m maps from now on, nothing else. Once, before d runs. Logs what goes wrong. */
void iommu_start(struct domain *d);
/* Why nothing is translated, in words that follow "because"; NULL: it is. */
const char *iommu_off_reason(void);
/* Do the IOMMUs see the requests of this device? */
bool iommu_covers(uint16_t bdf);

/* Entries of d's p2m have changed: no device uses the old ones after this returns. */
void iommu_flush(struct domain *d);
/* Entries of d's p2m that were absent are not any more. */
void iommu_flush_absent(struct domain *d);

/* Has dom0 to bounce its DMA (swiotlb=force)? The choice and its reason go to the log. */
bool dma_must_bounce(void);

#endif
