/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev_op: dom0's interrupts go through its virtual IO-APICs and PCI devices are not handed out yet, so there is
 * nothing to tell the hypervisor. Linux takes -ENOSYS for "do without".
 */
#include "errno.h"
#include "op.h"
#include "public/physdev.h"

#define REFUSED(n) [PHYSDEVOP_##n] = {.name = #n, .error = -ENOSYS}

const struct op_row physdev_ops[] = {
    REFUSED(irq_status_query), REFUSED(eoi), REFUSED(map_pirq), REFUSED(unmap_pirq), REFUSED(manage_pci_add),
    REFUSED(manage_pci_remove), REFUSED(restore_msi), REFUSED(manage_pci_add_ext), REFUSED(setup_gsi),
    REFUSED(get_free_pirq), REFUSED(pci_mmcfg_reserved), REFUSED(pci_device_add), REFUSED(pci_device_remove),
    REFUSED(restore_msi_ext), REFUSED(dbgp_op), REFUSED(prepare_msix), REFUSED(release_msix),
};
const unsigned nr_physdev_ops = ARRAY_SIZE(physdev_ops);
