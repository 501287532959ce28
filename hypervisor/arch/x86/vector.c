/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt vectors for devices. A vector means the same on every CPU, so that an interrupt that is sent to another CPU
 * keeps its vector, and one that is under way meanwhile is still known where it arrives.
 */
#include "errno.h"
#include "host_cpu.h"

static uint8_t uses[NR_DEVICE_VECTORS]; /* enum vector_use */

int vector_alloc(enum vector_use use)
{
    for (unsigned i = 0; i < NR_DEVICE_VECTORS; i++) {
        uint8_t free = VECTOR_FREE;

        if (__atomic_compare_exchange_n(&uses[i], &free, (uint8_t)use, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            return (int)(VECTOR_DEVICE + i);
    }
    return -ENOSPC;
}

void vector_free(uint8_t vector)
{
    __atomic_store_n(&uses[vector - VECTOR_DEVICE], VECTOR_FREE, __ATOMIC_SEQ_CST);
}

/* One that nobody has now was freed while it was under way. */
void vector_interrupt(uint8_t vector)
{
    switch (__atomic_load_n(&uses[vector - VECTOR_DEVICE], __ATOMIC_SEQ_CST)) {
    case VECTOR_GSI:
        ioapic_interrupt(vector);
        break;
    case VECTOR_MSI:
        msi_interrupt(vector);
        break;
    default:
        apic_eoi();
        break;
    }
}
