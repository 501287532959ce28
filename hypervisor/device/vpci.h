/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space: the machine's, as the hypervisor uses it and as dom0 sees it. */
#ifndef XENOLITH_VPCI_H
#define XENOLITH_VPCI_H

#include "device.h"
#include "vcpu.h"

#define PCI_PORT_ADDRESS 0xcf8
#define PCI_PORT_DATA 0xcfc

/*
 * bdf: bus << 8 | device << 3 | function. reg + size within one dword. The first 256 bytes by CF8/CFC, the others by
 * memory: ones where the machine has no window for them.
 */
uint32_t pci_host_read(uint16_t bdf, uint16_t reg, unsigned size);
void pci_host_write(uint16_t bdf, uint16_t reg, unsigned size, uint32_t value);

/* dom0's view: CF8/CFC and the ECAM window lead to the same model of each function (vpci_internal.h). -ENOMEM. */
int vpci_create(struct domain *d);
void vpci_destroy(struct domain *d);
void vpci_address_port(struct vcpu *v, struct io_req *req); /* 0xcf8 */
void vpci_data_port(struct vcpu *v, struct io_req *req);    /* 0xcfc-0xcff, within the dword */
void vpci_mmio(struct vcpu *v, struct io_req *req);         /* the ECAM window */

/* The pages in which there are MSI-X tables (vmsix.c). */
bool vmsix_mmio_match(const struct vcpu *v, uint64_t addr);
void vmsix_mmio(struct vcpu *v, struct io_req *req);

#endif
