/* SPDX-License-Identifier: GPL-2.0-only */
/* Nested page faults: device models, dom0's lazily mapped MMIO, holes. */
#include "trap/mmio.h"

#include "arch.h"
#include "console.h"
#include "device.h"
#include "domain.h"
#include "emulate/execute.h"
#include "errno.h"
#include "hv.h"
#include "lib.h"
#include "object/p2m_internal.h"
#include "p2m.h"
#include "trap/fetch.h"
#include "vcpu_regs.h"

/* A device model's answer, or that of an address where nothing is: ones, writes go nowhere. */
static void access_device(struct vcpu *v, struct io_req *req)
{
    if (!device_mmio(v, req) && !req->write)
        req->data = ~0ULL >> (64 - 8 * req->size);
}

static void emulate(struct vcpu *v, const struct exit *e)
{
    uint64_t rip = arch_vcpu_rip(v), rflags = arch_vcpu_rflags(v);
    struct emulate_regs regs = { .gpr = v->arch.gpr, .rip = &rip, .rflags = &rflags, .mode = arch_vcpu_mode(v) };
    uint8_t fetched[MAX_INSN];
    const uint8_t *bytes = e->mmio.bytes;
    unsigned len = e->mmio.nr_bytes;

    if (!len) {
        len = fetch_instruction(v, fetched);
        bytes = fetched;
    }
    if (!len)
        return; /* the guest changed its mapping under us: let it run again and fault by itself */
    if (emulate_mmio(v, &regs, e->mmio.gpa, bytes, len, access_device)) {
        log_guest(v->domain->privileged ? LOG_WARNING : LOG_INFO, v->domain,
                  "vCPU %u: no emulation for the instruction at 0x%lx (%02x %02x %02x %02x) on address 0x%lx\n",
                  v->id, rip, bytes[0], len > 1 ? bytes[1] : 0, len > 2 ? bytes[2] : 0, len > 3 ? bytes[3] : 0,
                  e->mmio.gpa);
        arch_vcpu_inject_gp(v);
        return;
    }
    arch_vcpu_set_rip(v, rip);
    arch_vcpu_set_rflags(v, rflags);
}

/*
 * Map device memory one to one where the hole is. A page that a model has claimed meanwhile (an MSI-X table moves) goes
 * again: the model first claims, then clears what is mapped, so one of the two sees the other. -EAGAIN: something is there.
 */
static int map_identity(struct domain *d, gfn_t gfn, unsigned order, const struct p2m_entry *hole)
{
    struct p2m_entry mapped = { .mfn = gfn, .type = P2M_MMIO, .order = order };
    gpaddr_t start = gfn << PAGE_SHIFT;
    int rc = p2m_replace(d, gfn, gfn, order, P2M_MMIO, hole);

    if (rc == 0 && device_range_taken(d, start, start + (PAGE_SIZE << order), true))
        p2m_replace(d, gfn, INVALID_MFN, order, P2M_NONE, &mapped);
    return rc;
}

/*
 * dom0 touches device memory for the first time: map 2 MiB of it where nothing else is, or the page. What another vCPU
 * has put there meanwhile stays: the guest tries again and finds it.
 */
static bool map_dom0_mmio(struct domain *d, gpaddr_t gpa)
{
    gpaddr_t big = round_down(gpa, MiB(2ULL)), page = gpa & PAGE_MASK;
    gfn_t gfn = gpa >> PAGE_SHIFT;
    struct p2m_entry hole = p2m_lookup(d, gfn);
    int rc = -EINVAL;

    if (!d->privileged || gpa >> host.phys_bits || hole.type != P2M_NONE ||
        device_range_taken(d, page, page + PAGE_SIZE, true))
        return false;
    if (hole.order >= ORDER_2M && !device_range_taken(d, big, big + MiB(2ULL), true))
        rc = map_identity(d, big >> PAGE_SHIFT, ORDER_2M, &hole);
    if (rc && rc != -EAGAIN)
        rc = map_identity(d, gfn, ORDER_4K, &hole);
    return rc == 0 || rc == -EAGAIN;
}

/* The map changed between the fault and now, or another vCPU has mapped the page meanwhile. */
static bool fault_is_stale(const struct p2m_entry *p, const struct exit *e)
{
    if (p->type == P2M_NONE || p->type == P2M_RETAINED || (e->mmio.fetch && p->type == P2M_MMIO))
        return false;
    return !e->mmio.write || p2m_is_writable(p->type) || p->type == P2M_MMIO;
}

void exit_mmio(struct vcpu *v, const struct exit *e)
{
    struct domain *d = v->domain;
    struct p2m_entry p = p2m_lookup(d, e->mmio.gpa >> PAGE_SHIFT);

    if (p.type == P2M_ON_DEMAND) {
        if (pod_fill(d, e->mmio.gpa >> PAGE_SHIFT) == -ENOMEM)
            domain_crash(d, "no memory left to populate 0x%lx on demand\n", e->mmio.gpa);
        return;
    }
    if (fault_is_stale(&p, e))
        return;
    if (p.type != P2M_NONE && p.type != P2M_RETAINED) { /* read-only and written, or executed device memory */
        arch_vcpu_inject_gp(v);
        return;
    }
    if (!device_claims_page(d, e->mmio.gpa) && map_dom0_mmio(d, e->mmio.gpa))
        return;
    if (e->mmio.fetch) {
        arch_vcpu_inject_gp(v);
        return;
    }
    emulate(v, e);
}
