/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0's PCI configuration space: accesses by CF8/CFC and by the ECAM window go through one model of each function,
 * made when dom0 first looks at it. What the model does not name is the machine's.
 */
#include "vpci.h"

#include "arch.h"
#include "domain.h"
#include "errno.h"
#include "hv.h"
#include "lib.h"
#include "page.h"
#include "vpci_internal.h"

#define CF8_ENABLE (1u << 31)
#define CF8_WRITABLE 0x80fffffcu /* no extended register numbers */
#define ECAM_SHIFT 12

/* The ports are one pair for the whole machine. Nests inside a function's lock, hence the later rank. */
static struct spinlock host_lock = SPINLOCK_INIT(RANK_IRQ);

static void host_select(uint16_t bdf, uint16_t reg)
{
    arch_port_write(PCI_PORT_ADDRESS, 4, CF8_ENABLE | (uint32_t)bdf << 8 | (reg & 0xfcu));
}

static uint64_t ones(unsigned size)
{
    return ~0ULL >> (8 * (8 - size));
}

static bool host_has_ecam(uint16_t bdf)
{
    return host.mcfg_addr && bdf >> 8 >= host.mcfg_bus_start && bdf >> 8 <= host.mcfg_bus_end;
}

static paddr_t host_ecam(uint16_t bdf, uint16_t reg)
{
    return host.mcfg_addr + ((paddr_t)bdf << ECAM_SHIFT) + reg;
}

uint32_t pci_host_read(uint16_t bdf, uint16_t reg, unsigned size)
{
    uint32_t value;

    if (reg >= PCI_CONFIG_SIZE)
        return (uint32_t)(host_has_ecam(bdf) ? arch_mmio_read(host_ecam(bdf, reg), size) : ones(size));
    spin_lock(&host_lock);
    host_select(bdf, reg);
    value = (uint32_t)arch_port_read(PCI_PORT_DATA + (reg & 3), size);
    spin_unlock(&host_lock);
    return value;
}

void pci_host_write(uint16_t bdf, uint16_t reg, unsigned size, uint32_t value)
{
    if (reg >= PCI_CONFIG_SIZE) {
        if (host_has_ecam(bdf))
            arch_mmio_write(host_ecam(bdf, reg), size, value);
        return;
    }
    spin_lock(&host_lock);
    host_select(bdf, reg);
    arch_port_write(PCI_PORT_DATA + (reg & 3), size, value);
    spin_unlock(&host_lock);
}

/* --- functions --- */

static struct list_node *bucket(struct vpci *p, uint16_t bdf)
{
    return &p->hash[(bdf ^ bdf >> 6) % ARRAY_SIZE(p->hash)];
}

static struct vpci_function *function_find(struct vpci *p, uint16_t bdf)
{
    struct list_node *pos;

    list_for_each(pos, bucket(p, bdf)) {
        struct vpci_function *f = list_entry(pos, struct vpci_function, link);

        if (f->bdf == bdf)
            return f;
    }
    return NULL;
}

static struct vpci_function *function_create(struct domain *d, uint16_t bdf)
{
    struct vpci_function *f = hv_zalloc(sizeof(*f));

    if (!f)
        return NULL;
    spin_lock_init(&f->lock, RANK_DEVICE);
    f->domain = d;
    f->bdf = bdf;
    f->id = ~0u;
    list_push_front(bucket(d->vpci, bdf), &f->link);
    f->next = d->vpci->functions;
    __atomic_store_n(&d->vpci->functions, f, __ATOMIC_RELEASE);
    return f;
}

/* NULL: nothing is known, and nothing is there or there is no memory. */
static struct vpci_function *function_get(struct domain *d, uint16_t bdf)
{
    struct vpci *p = d->vpci;
    struct vpci_function *f;

    spin_lock(&p->lock);
    f = function_find(p, bdf);
    if (!f && pci_host_read(bdf, PCI_ID, 4) != ~0u)
        f = function_create(d, bdf);
    spin_unlock(&p->lock);
    return f;
}

static void function_forget(struct vpci_function *f, bool present)
{
    vmsi_exit(f, present);
    vmsix_exit(f, present);
    f->id = ~0u;
    f->no_caps = false;
    f->nr_patches = f->nr_ranges = 0;
    memset(f->hidden, 0, sizeof(f->hidden));
}

/* Is the device there that the model is of? Another one gets a model of its own; nothing there has none. */
static bool function_present(struct vpci_function *f)
{
    uint32_t id = pci_host_read(f->bdf, PCI_ID, 4);

    if (id == f->id)
        return id != ~0u;
    function_forget(f, false);
    f->id = id;
    if (id != ~0u)
        vpci_scan(f);
    return id != ~0u;
}

/* --- accesses within one dword --- */

static const struct vpci_range *range_of(const struct vpci_function *f, uint16_t reg)
{
    for (unsigned i = 0; i < f->nr_ranges; i++) {
        if ((unsigned)(reg - f->range[i].first) < f->range[i].size)
            return &f->range[i];
    }
    return NULL;
}

static uint32_t byte_replace(uint32_t value, unsigned byte, uint8_t with)
{
    return (value & ~(0xffu << (8 * byte))) | (uint32_t)with << (8 * byte);
}

static uint32_t patched(const struct vpci_function *f, uint16_t reg, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < f->nr_patches; i++) {
        uint16_t byte = (uint16_t)(f->patch[i].reg - reg);

        if (byte < size)
            value = byte_replace(value, byte, f->patch[i].value);
    }
    if (f->no_caps && (uint16_t)(PCI_STATUS - reg) < size)
        value &= ~((uint32_t)PCI_STATUS_CAP_LIST << (8 * (PCI_STATUS - reg)));
    return value;
}

static uint32_t function_read(struct vpci_function *f, uint16_t reg, unsigned size)
{
    const struct vpci_range *r = range_of(f, reg);
    uint16_t dword = reg & ~3u;
    uint32_t value;

    if (bit_test(f->hidden, reg / 4))
        return 0;
    if (r && r->ops->read)
        value = r->ops->read(f, dword, pci_host_read(f->bdf, dword, 4)) >> (8 * (reg & 3)) & (uint32_t)ones(size);
    else
        value = pci_host_read(f->bdf, reg, size);
    return patched(f, reg, size, value);
}

static void function_write(struct vpci_function *f, uint16_t reg, unsigned size, uint32_t value)
{
    const struct vpci_range *r = range_of(f, reg);
    unsigned shift = 8 * (reg & 3);

    if (f->read_only || bit_test(f->hidden, reg / 4))
        return;
    if (r && r->ops->write) {
        r->ops->write(f, reg & ~3u, value << shift, (uint32_t)ones(size) << shift);
        return;
    }
    pci_host_write(f->bdf, reg, size, value);
    if (r && r->ops->written)
        r->ops->written(f);
}

/* What is not there, or cannot be modelled for want of memory, reads ones. */
static void config_access(struct domain *d, uint16_t bdf, uint16_t reg, struct io_req *req)
{
    struct vpci_function *f = function_get(d, bdf);

    if (!req->write)
        req->data = ones(req->size);
    if (!f)
        return;
    spin_lock(&f->lock);
    if (function_present(f)) {
        if (req->write)
            function_write(f, reg, req->size, (uint32_t)req->data);
        else
            req->data = function_read(f, reg, req->size);
    }
    spin_unlock(&f->lock);
}

/* --- dom0's ways in --- */

void vpci_address_port(struct vcpu *v, struct io_req *req)
{
    struct vpci *p = v->domain->vpci;

    if (!req->write)
        req->data = req->size == 4 ? READ_ONCE(p->address) : ones(req->size);
    else if (req->size == 4)
        WRITE_ONCE(p->address, (uint32_t)req->data & CF8_WRITABLE);
}

void vpci_data_port(struct vcpu *v, struct io_req *req)
{
    uint32_t address = READ_ONCE(v->domain->vpci->address);

    if (address & CF8_ENABLE)
        config_access(v->domain, (uint16_t)(address >> 8), (uint16_t)((address & 0xfc) | (req->addr & 3)), req);
    else if (!req->write)
        req->data = ones(req->size);
}

/* As root ports do it, what is larger than a dword or not aligned is as many accesses as it takes. */
void vpci_mmio(struct vcpu *v, struct io_req *req)
{
    unsigned size = (unsigned)min_u64(req->size, 8), step = (unsigned)min_u64(size, 4);
    uint64_t data = 0;

    if (req->addr & (step - 1))
        step = 1;
    for (unsigned at = 0; at < size; at += step) {
        uint64_t place = req->addr + at - host.mcfg_addr;
        struct io_req part = {
            .addr = place, .data = req->data >> (8 * at) & ones(step), .size = (uint8_t)step, .write = req->write,
        };

        config_access(v->domain, (uint16_t)(place >> ECAM_SHIFT), place & (ECAM_CONFIG_SIZE - 1), &part);
        data |= part.data << (8 * at);
    }
    if (!req->write)
        req->data = data;
}

int vpci_device_add(struct domain *d, uint16_t bdf)
{
    struct vpci_function *f = function_get(d, bdf);
    bool present = false;

    if (f) {
        spin_lock(&f->lock);
        present = function_present(f);
        spin_unlock(&f->lock);
    }
    return present ? 0 : -ENODEV;
}

/* Its vectors are given back; what is found in its place is a new device. */
int vpci_device_remove(struct domain *d, uint16_t bdf)
{
    struct vpci_function *f;
    bool known = false;

    spin_lock(&d->vpci->lock);
    f = function_find(d->vpci, bdf);
    spin_unlock(&d->vpci->lock);
    if (f) {
        spin_lock(&f->lock);
        known = f->id != ~0u;
        function_forget(f, known && pci_host_read(bdf, PCI_ID, 4) == f->id);
        spin_unlock(&f->lock);
    }
    return known ? 0 : -ENODEV;
}

void vpci_dump(struct domain *d)
{
    for (struct vpci_function *f = d->vpci ? d->vpci->functions : NULL; f; f = f->next) {
        spin_lock(&f->lock);
        vmsi_dump(f);
        vmsix_dump(f);
        spin_unlock(&f->lock);
    }
}

/* --- life --- */

int vpci_create(struct domain *d)
{
    struct vpci *p = hv_zalloc(sizeof(*p));

    if (!p)
        return -ENOMEM;
    spin_lock_init(&p->lock, RANK_DEVICE);
    for (unsigned i = 0; i < ARRAY_SIZE(p->hash); i++)
        list_init(&p->hash[i]);
    d->vpci = p;
    return 0;
}

void vpci_destroy(struct domain *d)
{
    struct vpci_function *f = d->vpci ? d->vpci->functions : NULL;

    while (f) {
        struct vpci_function *next = f->next;

        function_forget(f, false);
        hv_free(f);
        f = next;
    }
    hv_free(d->vpci);
    d->vpci = NULL;
}
