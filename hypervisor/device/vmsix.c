/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSI-X: the capability, and the pages in which the table is. dom0's accesses to the table go to the model, which
 * programs the real one; what else is in those pages is the device's. The table is followed when dom0 moves its BAR.
 */
#include "arch.h"
#include "domain.h"
#include "errno.h"
#include "hv.h"
#include "lib.h"
#include "log.h"
#include "object/p2m_internal.h"
#include "page.h"
#include "vpci.h"
#include "vpci_internal.h"

#define CONTROL_SIZE 0x07ff
#define CONTROL_MASKED 0x4000
#define CONTROL_ENABLE 0x8000
#define REG_TABLE 4
#define TABLE_BAR 7u

#define BAR_IO 1u
#define BAR_TYPE 6u
#define BAR_64BIT 4u
#define BAR_FLAGS 0xfu

#define ENTRY_SIZE 16u
#define ENTRY_MASKED 1u

enum entry_field { ENTRY_ADDRESS, ENTRY_ADDRESS_HIGH, ENTRY_DATA, ENTRY_CONTROL }; /* dwords */

/* --- the real table --- */

static void entry_put(const struct vmsix *m, unsigned i, enum entry_field field, uint32_t value)
{
    arch_mmio_write(m->table + i * ENTRY_SIZE + 4 * (unsigned)field, 4, value);
}

/* All is written each time: the device may have been reset. A vector is kept while the capability is enabled. */
static void entry_sync(struct vpci_function *f, unsigned i)
{
    struct vmsix *m = &f->msix;
    struct vmsix_entry *e = &m->entry[i];
    struct msi_message hw;

    if (!m->table)
        return;
    if (!m->enabled || e->masked || !vmsi_route(f, &e->vector, &hw)) {
        entry_put(m, i, ENTRY_CONTROL, ENTRY_MASKED);
        return;
    }
    entry_put(m, i, ENTRY_ADDRESS, (uint32_t)hw.address);
    entry_put(m, i, ENTRY_ADDRESS_HIGH, (uint32_t)(hw.address >> 32));
    entry_put(m, i, ENTRY_DATA, hw.data);
    entry_put(m, i, ENTRY_CONTROL, 0);
}

static void control_put(const struct vpci_function *f, bool enabled)
{
    const struct vmsix *m = &f->msix;

    pci_host_write(f->bdf, m->pos + 2u, 2, (enabled ? CONTROL_ENABLE : 0u) | (m->masked ? CONTROL_MASKED : 0u));
}

/* The device may send only when every entry of the table is one of ours. */
static void table_sync(struct vpci_function *f)
{
    struct vmsix *m = &f->msix;

    if (!m->enabled || !m->table)
        control_put(f, false);
    for (unsigned i = 0; i < m->nr_entries; i++) {
        entry_sync(f, i);
        if (!m->enabled)
            vmsi_release(&m->entry[i].vector);
    }
    if (m->enabled && m->table)
        control_put(f, true);
}

/* --- where it is --- */

static uint64_t table_size(const struct vmsix *m)
{
    return m->nr_entries * ENTRY_SIZE;
}

static unsigned nr_bars(uint16_t bdf)
{
    switch (pci_host_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f) {
    case 0:
        return PCI_MAX_BARS;
    case PCI_HEADER_BRIDGE:
        return 2;
    default:
        return 0;
    }
}

/* The table's address by what the BAR holds; 0: not a memory BAR, or none yet, or memory is not decoded. */
static uint64_t table_address(const struct vpci_function *f)
{
    const struct vmsix *m = &f->msix;
    uint16_t reg = (uint16_t)(PCI_BAR + 4 * m->bar);
    uint32_t low = pci_host_read(f->bdf, reg, 4);
    uint64_t base = low & ~BAR_FLAGS;

    if (!(pci_host_read(f->bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) || (low & BAR_IO))
        return 0;
    if ((low & BAR_TYPE) == BAR_64BIT)
        base |= (uint64_t)pci_host_read(f->bdf, (uint16_t)(reg + 4), 4) << 32;
    return base ? base + m->offset : 0;
}

static bool tables_overlap(const struct vpci_function *f)
{
    const struct vpci_function *o = __atomic_load_n(&f->domain->vpci->functions, __ATOMIC_ACQUIRE);

    for (; o; o = o->next) {
        uint64_t table = READ_ONCE(o->msix.table);

        if (o != f && table && table < f->msix.table + table_size(&f->msix) &&
            f->msix.table < table + READ_ONCE(o->msix.nr_entries) * ENTRY_SIZE)
            return true;
    }
    return false;
}

/* Take what is mapped one to one out of dom0's map. -EBUSY: there is something else. */
static int page_unmap(struct domain *d, gfn_t gfn)
{
    const struct p2m_entry mapped = { .mfn = gfn, .type = P2M_MMIO };
    struct p2m_entry now = p2m_lookup(d, gfn);
    int rc = now.type == P2M_NONE ? 0 : p2m_replace(d, gfn, INVALID_MFN, ORDER_4K, P2M_NONE, &mapped);

    return rc == -EAGAIN ? -EBUSY : rc;
}

/*
 * Claim the pages (vmsix_mmio_match: from then on accesses to them reach the machine, so they are looked at before), then
 * take out what is mapped there: nobody maps them again.
 */
static int table_take(struct vpci_function *f, uint64_t table)
{
    gpaddr_t start = table & PAGE_MASK, end = round_up(table + table_size(&f->msix), PAGE_SIZE);
    int rc = 0;

    if (end < start || (end - 1) >> host.phys_bits || device_range_taken(f->domain, start, end, false))
        return -EBUSY;
    WRITE_ONCE(f->msix.table, table);
    smp_mb(); /* the claim is seen by whoever maps a page, or claims it, after we looked */
    if (tables_overlap(f))
        return -EBUSY;
    for (gpaddr_t page = start; page < end && !rc; page += PAGE_SIZE)
        rc = page_unmap(f->domain, page >> PAGE_SHIFT);
    return rc;
}

/* A BAR or the command register was written. */
static void table_place(struct vpci_function *f)
{
    struct vmsix *m = &f->msix;
    uint64_t table = table_address(f);
    int rc;

    if (table == m->table)
        return;
    WRITE_ONCE(m->table, 0);
    if (!table)
        return; /* out of reach, also for dom0: the entries stay as they are */
    rc = table_take(f, table);
    if (rc) {
        log_warn("d%u: PCI %02x:%02x.%u: MSI-X table at %#lx cannot be had (%d)\n", f->domain->id, f->bdf >> 8,
                 (f->bdf >> 3) & 31u, f->bdf & 7u, table, rc);
        WRITE_ONCE(m->table, 0);
    }
    table_sync(f);
}

/* --- dom0's accesses to the pages --- */

static struct vpci_function *function_at(const struct domain *d, uint64_t addr, uint64_t align)
{
    struct vpci_function *f = d->vpci ? __atomic_load_n(&d->vpci->functions, __ATOMIC_ACQUIRE) : NULL;

    for (; f; f = f->next) {
        uint64_t table = READ_ONCE(f->msix.table), size = READ_ONCE(f->msix.nr_entries) * ENTRY_SIZE;

        if (table && addr - round_down(table, align) < round_up(table + size, align) - round_down(table, align))
            return f;
    }
    return NULL;
}

bool vmsix_mmio_match(const struct vcpu *v, uint64_t addr)
{
    return function_at(v->domain, addr, PAGE_SIZE) != NULL;
}

static uint32_t entry_read(const struct vmsix_entry *e, enum entry_field field)
{
    switch (field) {
    case ENTRY_ADDRESS:
        return (uint32_t)e->vector.message.address;
    case ENTRY_ADDRESS_HIGH:
        return (uint32_t)(e->vector.message.address >> 32);
    case ENTRY_DATA:
        return e->vector.message.data;
    default:
        return e->masked ? ENTRY_MASKED : 0;
    }
}

static void entry_write(struct vmsix_entry *e, enum entry_field field, uint32_t value)
{
    struct msi_message *msg = &e->vector.message;

    switch (field) {
    case ENTRY_ADDRESS:
        msg->address = (msg->address & ~0xffffffffULL) | (value & ~3u);
        break;
    case ENTRY_ADDRESS_HIGH:
        msg->address = (uint32_t)msg->address | (uint64_t)value << 32;
        break;
    case ENTRY_DATA:
        msg->data = value;
        break;
    case ENTRY_CONTROL:
        e->masked = value & ENTRY_MASKED;
        break;
    }
}

/* Dwords and aligned pairs of them, as the specification wants it; anything else reads ones. */
static void table_access(struct vpci_function *f, struct io_req *req)
{
    unsigned at = (unsigned)(req->addr - f->msix.table);
    struct vmsix_entry *e = &f->msix.entry[at / ENTRY_SIZE];
    bool valid = (req->size == 4 || req->size == 8) && !(at & (req->size - 1u));
    uint64_t data = valid ? 0 : ~0ULL >> (8 * (8 - req->size));

    for (unsigned i = 0; valid && i < req->size; i += 4) {
        enum entry_field field = (enum entry_field)((at + i) % ENTRY_SIZE / 4);

        if (req->write)
            entry_write(e, field, (uint32_t)(req->data >> (8 * i)));
        else
            data |= (uint64_t)entry_read(e, field) << (8 * i);
    }
    if (!req->write)
        req->data = data;
    else if (valid)
        entry_sync(f, at / ENTRY_SIZE);
}

void vmsix_mmio(struct vcpu *v, struct io_req *req)
{
    struct vpci_function *f = function_at(v->domain, req->addr, 1);

    if (!f)
        f = function_at(v->domain, req->addr + req->size - 1, 1); /* a part is enough to be no plain register */
    if (!f) {
        if (req->write)
            arch_mmio_write(req->addr, req->size, req->data);
        else
            req->data = arch_mmio_read(req->addr, req->size);
        return;
    }
    spin_lock(&f->lock);
    if (f->msix.table && req->addr - f->msix.table < table_size(&f->msix))
        table_access(f, req);
    else if (!req->write) /* it moved away just now */
        req->data = ~0ULL >> (8 * (8 - req->size));
    spin_unlock(&f->lock);
}

/* --- the capability --- */

static uint32_t control_value(const struct vmsix *m)
{
    return (m->nr_entries - 1u) | (m->masked ? CONTROL_MASKED : 0) | (m->enabled ? CONTROL_ENABLE : 0);
}

static uint32_t msix_read(struct vpci_function *f, uint16_t reg, uint32_t hw)
{
    return reg == f->msix.pos ? (hw & 0xffff) | control_value(&f->msix) << 16 : hw;
}

static void msix_write(struct vpci_function *f, uint16_t reg, uint32_t value, uint32_t mask)
{
    struct vmsix *m = &f->msix;
    uint32_t control;

    if (reg != m->pos || !(mask >> 16))
        return;
    control = vpci_merge(control_value(m) << 16, value, mask) >> 16;
    m->enabled = control & CONTROL_ENABLE;
    m->masked = control & CONTROL_MASKED;
    table_sync(f);
}

static const struct vpci_range_ops msix_ops = { .read = msix_read, .write = msix_write };
static const struct vpci_range_ops place_ops = { .written = table_place };

/* nr_entries is read without the lock, and is fixed before there is a table that could be seen with it. */
bool vmsix_init(struct vpci_function *f, uint16_t pos)
{
    uint32_t table = pci_host_read(f->bdf, pos + REG_TABLE, 4);
    unsigned nr = (pci_host_read(f->bdf, pos + 2u, 2) & CONTROL_SIZE) + 1, bars = nr_bars(f->bdf);
    uint8_t bar = table & TABLE_BAR;
    struct vmsix_entry *entry;

    if (pos + VMSIX_SIZE > PCI_CONFIG_SIZE || bar >= bars || !vpci_add_range(f, pos, VMSIX_SIZE, &msix_ops))
        return false;
    entry = hv_zalloc(nr * sizeof(*entry));
    if (!entry) {
        f->nr_ranges--;
        return false;
    }
    for (unsigned i = 0; i < nr; i++) {
        entry[i].masked = true;
        entry[i].vector.handle = -1;
    }
    f->msix = (struct vmsix){
        .pos = pos, .nr_entries = (uint16_t)nr, .bar = bar, .offset = table & ~TABLE_BAR, .entry = entry,
    };
    vpci_add_range(f, PCI_COMMAND, 4, &place_ops);
    vpci_add_range(f, PCI_BAR, (uint16_t)(4 * bars), &place_ops);
    control_put(f, false);
    table_place(f);
    return true;
}

void vmsix_exit(struct vpci_function *f, bool present)
{
    struct vmsix *m = &f->msix;

    if (!m->pos)
        return;
    if (present)
        control_put(f, false);
    WRITE_ONCE(m->table, 0);
    for (unsigned i = 0; i < m->nr_entries; i++)
        vmsi_release(&m->entry[i].vector);
    hv_free(m->entry);
    m->entry = NULL;
    m->pos = 0;
}

void vmsix_dump(const struct vpci_function *f)
{
    for (unsigned i = 0; f->msix.pos && i < f->msix.nr_entries; i++)
        vmsi_vector_dump(f, f->msix.masked || f->msix.entry[i].masked ? "MSI-X (masked)" : "MSI-X", i,
                         &f->msix.entry[i].vector);
}
