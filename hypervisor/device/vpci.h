/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space: the machine's, by CF8/CFC, as the hypervisor uses it and as dom0 sees it. */
#ifndef XENOLITH_VPCI_H
#define XENOLITH_VPCI_H

#include "device.h"
#include "vcpu.h"

#define PCI_PORT_ADDRESS 0xcf8
#define PCI_PORT_DATA 0xcfc
#define PCI_CAP_MSI 0x05
#define PCI_CAP_MSIX 0x11

/* bdf: bus << 8 | device << 3 | function. reg + size within one dword; one lock guards the pair of ports. */
uint32_t pci_host_read(uint16_t bdf, uint8_t reg, unsigned size);
void pci_host_write(uint16_t bdf, uint8_t reg, unsigned size, uint32_t value);

/* dom0's view: MSI and MSI-X capabilities are hidden (DESIGN D4). -ENOMEM. */
int vpci_create(struct domain *d);
void vpci_destroy(struct domain *d);
void vpci_address_port(struct vcpu *v, struct io_req *req); /* 0xcf8 */
void vpci_data_port(struct vcpu *v, struct io_req *req);    /* 0xcfc-0xcff, within the dword */

#endif
