/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * physdev_op: dom0 says which PCI devices it has found. Its interrupts go through its virtual IO-APICs and PCI devices'
 * own registers, so the rest has nothing to do; Linux takes -ENOSYS for "do without".
 */
#include "device.h"
#include "errno.h"
#include "op.h"
#include "public/physdev.h"

static uint16_t bdf_of(uint8_t bus, uint8_t devfn)
{
    return (uint16_t)(bus << 8 | devfn);
}

/* Only what dom0's configuration space shows: segment 0, and no virtual functions. */
static int device_add_decode(struct op *op)
{
    const struct physdev_pci_device_add *a = op_arg(op);

    if (a->flags & XEN_PCI_DEV_VIRTFN)
        return -EOPNOTSUPP;
    return a->seg ? -ENODEV : 0;
}

static int64_t device_add_apply(struct op *op)
{
    const struct physdev_pci_device_add *a = op_arg(op);

    return vpci_device_add(op->target, bdf_of(a->bus, a->devfn));
}

static int device_remove_decode(struct op *op)
{
    const struct physdev_pci_device *a = op_arg(op);

    return a->seg ? -ENODEV : 0;
}

static int64_t device_remove_apply(struct op *op)
{
    const struct physdev_pci_device *a = op_arg(op);

    return vpci_device_remove(op->target, bdf_of(a->bus, a->devfn));
}

#define REFUSED(n) [PHYSDEVOP_##n] = {.name = #n, .error = -ENOSYS}
#define PRIVILEGED(n, structure, function) \
    [PHYSDEVOP_##n] = {.name = #n, .decode = function##_decode, .apply = function##_apply, \
                       .wire = &wire_##structure, .target_offset = OP_NO_TARGET, .copy = OP_COPY_IN, .right = RIGHT_PRIV}

const struct op_row physdev_ops[] = {
    REFUSED(irq_status_query), REFUSED(eoi), REFUSED(map_pirq), REFUSED(unmap_pirq), REFUSED(manage_pci_add),
    REFUSED(manage_pci_remove), REFUSED(restore_msi), REFUSED(manage_pci_add_ext), REFUSED(setup_gsi),
    REFUSED(get_free_pirq), REFUSED(pci_mmcfg_reserved), REFUSED(restore_msi_ext), REFUSED(dbgp_op),
    REFUSED(prepare_msix), REFUSED(release_msix),
    PRIVILEGED(pci_device_add, physdev_pci_device_add, device_add),
    PRIVILEGED(pci_device_remove, physdev_pci_device, device_remove),
};
const unsigned nr_physdev_ops = ARRAY_SIZE(physdev_ops);
