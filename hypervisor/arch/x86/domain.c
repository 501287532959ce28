/* SPDX-License-Identifier: GPL-2.0-only */
/* x86's part of a domain: I/O permissions, nested TLB flush, delivery of event upcalls. */
#include "domain.h"

#include "arch.h"
#include "bitmap.h"
#include "cpuid.h"
#include "device.h"
#include "errno.h"
#include "iommu.h"
#include "lib.h"
#include "log.h"
#include "page.h"

#define IOPM_ORDER 2 /* 3 pages are used: a bit for each of 65536 ports, and 2 bytes more */

/* Every port is trapped, but for dom0 those that are the machine's own business. */
int arch_domain_init(struct domain *d)
{
    mfn_t mfn = hv_alloc_pages(IOPM_ORDER, 0);
    int rc = mfn == INVALID_MFN ? -ENOMEM : cpuid_domain_init(d);

    if (rc) {
        if (mfn != INVALID_MFN)
            hv_free_pages(mfn, IOPM_ORDER);
        return rc;
    }
    d->arch.iopm = mfn_to_virt(mfn);
    memset(d->arch.iopm, 0xff, PAGE_SIZE << IOPM_ORDER);
    if (!d->privileged)
        return 0;
    for (uint32_t port = 0; port < 0x10000; port++)
        if (!device_claims_port(d, (uint16_t)port))
            d->arch.iopm[port / 8] &= (uint8_t)~(1u << (port % 8));
    return 0;
}

void arch_domain_destroy(struct domain *d)
{
    if (d->arch.iopm)
        hv_free_pages(virt_to_mfn(d->arch.iopm), IOPM_ORDER);
    d->arch.iopm = NULL;
    cpuid_domain_destroy(d);
}

/* New entries are seen by whoever enters the guest after the bump; whoever is inside is made to leave. */
void arch_p2m_flush(struct domain *d)
{
    __atomic_fetch_add(&d->arch.flush_generation, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < nr_cpus; i++) {
        struct vcpu *v = READ_ONCE(cpus[i]->current);

        if (cpus[i] != this_cpu() && v && v->domain == d)
            cpu_leave_guest(i);
    }
    iommu_flush(d);
}

void arch_p2m_added(struct domain *d)
{
    iommu_flush_absent(d);
}

void arch_set_callback_vector(struct domain *d, uint8_t vector)
{
    d->arch.callback_vector = vector;
}

void arch_event_upcall(struct vcpu *v)
{
    vlapic_raise_upcall(v);
}
