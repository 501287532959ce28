/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts that devices send as messages: which vector stands for which message of which domain. */
#include "arch.h"
#include "cpu.h"
#include "device.h"
#include "host_cpu.h"
#include "lock.h"

#define MSI_ADDRESS 0xfee00000u /* physical destination, fixed delivery */
#define MSI_DEST_SHIFT 12
#define MSI_MAX_DEST 254u

struct msi {
    struct domain *domain; /* NULL: not routed yet */
    struct msi_message as; /* what the domain told its device to send */
};

static struct msi msis[NR_DEVICE_VECTORS]; /* by vector */
static struct spinlock msi_lock = SPINLOCK_INIT(RANK_IRQ);

int arch_msi_alloc(void)
{
    return vector_alloc(VECTOR_MSI);
}

void arch_msi_route(int handle, struct domain *d, const struct msi_message *as, unsigned cpu,
                    struct msi_message *ret_message)
{
    uint32_t dest = cpus[cpu]->arch.apic_id;

    if (dest > MSI_MAX_DEST)
        dest = boot_host_cpu.apic_id;
    spin_lock(&msi_lock);
    msis[handle - VECTOR_DEVICE] = (struct msi){ .domain = d, .as = *as };
    spin_unlock(&msi_lock);
    *ret_message = (struct msi_message){ .address = MSI_ADDRESS | dest << MSI_DEST_SHIFT, .data = (uint32_t)handle };
}

void arch_msi_free(int handle)
{
    spin_lock(&msi_lock);
    msis[handle - VECTOR_DEVICE].domain = NULL;
    spin_unlock(&msi_lock);
    vector_free((uint8_t)handle);
}

/* A message is an edge: the APIC is told at once, and nothing is left to do when the guest has dealt with it. */
void msi_interrupt(uint8_t vector)
{
    struct msi now;

    spin_lock(&msi_lock);
    now = msis[vector - VECTOR_DEVICE];
    spin_unlock(&msi_lock);
    apic_eoi();
    if (now.domain)
        vmsi_deliver(now.domain, &now.as);
}
