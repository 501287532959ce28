/* SPDX-License-Identifier: GPL-2.0-only */
/* Which device model owns an address, and what happens to those that none owns. */
#include "legacy.h"

#include "arch.h"
#include "domain.h"
#include "errno.h"
#include "hv.h"
#include "ports.h"
#include "vioapic.h"
#include "vlapic.h"
#include "vpci.h"

#define APIC_WINDOW_SIZE MiB(1ULL)
#define MCFG_BUS_SIZE MiB(1ULL)
#define NR_PORTS 0x10000u

uint16_t device_console_port = 0x3f8;

static bool privileged(const struct vcpu *v, uint64_t addr)
{
    (void)addr;
    return v->domain->privileged;
}

static bool console_match(const struct vcpu *v, uint64_t port)
{
    return v->domain->privileged && device_console_port && port - device_console_port < 8;
}

/* Configuration space by memory (ECAM): all of segment 0. */
static bool mcfg_match(const struct vcpu *v, uint64_t addr)
{
    uint64_t first = host.mcfg_addr + host.mcfg_bus_start * MCFG_BUS_SIZE;
    uint64_t size = (host.mcfg_bus_end - host.mcfg_bus_start + 1u) * MCFG_BUS_SIZE;

    return v->domain->privileged && host.mcfg_addr && addr - first < size;
}

/* The hypervisor's reference clock, of which dom0's tables say nothing. */
static bool hpet_match(const struct vcpu *v, uint64_t addr)
{
    return v->domain->privileged && host.hpet_addr && addr - (host.hpet_addr & PAGE_MASK) < PAGE_SIZE;
}

static bool apic_window_match(const struct vcpu *v, uint64_t addr)
{
    (void)v;
    return addr - APIC_DEFAULT_BASE < APIC_WINDOW_SIZE;
}

/* The first row that fits wins. A row with a match function is wherever that says. */
static const struct io_range mmio_ranges[] = {
    { "local APIC", 0, 0, vlapic_mmio_match, vlapic_mmio },
    { "IO-APIC", 0, 0, vioapic_mmio_match, vioapic_mmio },
    { "APIC window", 0, 0, apic_window_match, legacy_absent },
    { "MCFG", 0, 0, mcfg_match, vpci_mmio },
    { "HPET", 0, 0, hpet_match, legacy_absent },
    { "MSI-X tables", 0, 0, vmsix_mmio_match, vmsix_mmio }, /* the last: device_range_taken */
};

static const struct io_range port_ranges[] = {
    { "PIC 1", 0x20, 2, privileged, legacy_absent },
    { "PIT", 0x40, 4, privileged, legacy_absent },
    { "PIT counter 2", 0x42, 1, NULL, legacy_stopped_counter }, /* inside the range above */
    { "keyboard data", 0x60, 1, privileged, legacy_keyboard },
    { "PIT gate", 0x61, 1, privileged, legacy_absent },
    { "keyboard command", 0x64, 1, privileged, legacy_keyboard },
    { "fast A20", 0x92, 1, privileged, legacy_fast_a20 },
    { "PIC 2", 0xa0, 2, privileged, legacy_absent },
    { "PCI address", 0xcf8, 4, privileged, vpci_address_port },
    { "reset control", 0xcf9, 1, privileged, legacy_reset_control }, /* inside the range above, bytes only */
    { "PCI data", 0xcfc, 4, privileged, vpci_data_port },
    { "console UART", 0, 0, console_match, legacy_absent },
    { "ACPI PM1 control", 0, 0, legacy_pm1_match, legacy_pm1 },
    { "ACPI reset", 0, 0, legacy_acpi_reset_match, legacy_acpi_reset },
};

/* Rows with a size are there when match allows; rows without are where match says. */
static bool range_has(const struct io_range *r, const struct vcpu *v, uint64_t addr)
{
    if (r->size && addr - r->base >= r->size)
        return false;
    return !r->match || r->match(v, addr);
}

static bool range_has_all(const struct io_range *r, const struct vcpu *v, const struct io_req *req)
{
    return range_has(r, v, req->addr) && range_has(r, v, req->addr + req->size - 1);
}

static const struct io_range *mmio_find(const struct vcpu *v, uint64_t addr)
{
    for (unsigned i = 0; i < ARRAY_SIZE(mmio_ranges); i++) {
        if (range_has(&mmio_ranges[i], v, addr))
            return &mmio_ranges[i];
    }
    return NULL;
}

static bool size_valid(unsigned size, unsigned max)
{
    return size && size <= max && !(size & (size - 1));
}

bool device_mmio(struct vcpu *v, struct io_req *req)
{
    const struct io_range *r;

    if (!size_valid(req->size, 8))
        return false;
    r = mmio_find(v, req->addr);
    if (!r)
        return false;
    r->handle(v, req);
    return true;
}

/* --- ports --- */

/* A byte of 0xcf9 is the reset control, not the middle of the PCI address: single bytes look from the end. */
static const struct io_range *port_find_byte(const struct vcpu *v, uint64_t port)
{
    for (unsigned i = ARRAY_SIZE(port_ranges); i-- > 0;) {
        if (range_has(&port_ranges[i], v, port))
            return &port_ranges[i];
    }
    return NULL;
}

static const struct io_range *port_find(const struct vcpu *v, const struct io_req *req)
{
    if (req->size == 1)
        return port_find_byte(v, req->addr);
    for (unsigned i = 0; i < ARRAY_SIZE(port_ranges); i++) {
        if (range_has_all(&port_ranges[i], v, req))
            return &port_ranges[i];
    }
    return NULL;
}

static bool any_byte_claimed(const struct vcpu *v, uint64_t port, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        if (port_find_byte(v, port + i))
            return true;
    }
    return false;
}

/* Nobody claims the whole access, nor any byte of it. */
static bool pio_unclaimed(struct vcpu *v, struct io_req *req)
{
    if (!v->domain->privileged || req->addr + req->size > NR_PORTS) {
        legacy_absent(v, req);
        return false;
    }
    if (req->write)
        arch_port_write((uint16_t)req->addr, req->size, req->data);
    else
        req->data = arch_port_read((uint16_t)req->addr, req->size);
    return true;
}

/* An access across the border of a model is as many accesses of one byte. */
static bool pio_split(struct vcpu *v, struct io_req *req)
{
    uint64_t data = 0;
    bool claimed = false;

    for (unsigned i = 0; i < req->size; i++) {
        struct io_req byte = {
            .addr = req->addr + i, .data = (req->data >> (8 * i)) & 0xff, .size = 1, .write = req->write,
        };

        claimed |= device_pio(v, &byte);
        data |= (byte.data & 0xff) << (8 * i);
    }
    if (!req->write)
        req->data = data;
    return claimed;
}

/*
 * Always completes a valid access: by the model, for dom0 by the machine, else with ones. False only says that nobody
 * was there (the ones are in place), so that a caller may look further.
 */
bool device_pio(struct vcpu *v, struct io_req *req)
{
    const struct io_range *r;

    if (!size_valid(req->size, 4) || req->addr >= NR_PORTS) {
        req->data = req->write ? req->data : ~0ULL;
        return false;
    }
    r = port_find(v, req);
    if (r) {
        r->handle(v, req);
        return true;
    }
    if (any_byte_claimed(v, req->addr, req->size) || (req->size > 1 && req->addr + req->size > NR_PORTS))
        return pio_split(v, req);
    return pio_unclaimed(v, req);
}

/* --- claims of a domain as a whole --- */

/* Stands for any vCPU of d where only the domain matters; just what match functions look at is set. */
static void vcpu_of_domain(struct vcpu *ret_v, const struct domain *d)
{
    ret_v->domain = (struct domain *)d;
    ret_v->vlapic = NULL;
}

bool device_claims_port(const struct domain *d, uint16_t port)
{
    struct vcpu any;

    vcpu_of_domain(&any, d);
    return port_find_byte(&any, port) != NULL;
}

bool dom0_may_access_port(uint16_t port, unsigned size)
{
    if (port + size > NR_PORTS)
        return false;
    for (unsigned i = 0; i < size; i++) {
        if (device_claims_port(dom0, (uint16_t)(port + i)))
            return false;
    }
    return true;
}

static bool vcpu_apic_claims(const struct domain *d, gpaddr_t page)
{
    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        const struct vcpu *v = domain_vcpu(d, i);

        if (v && vlapic_mmio_match(v, page))
            return true;
    }
    return false;
}

bool device_claims_page(const struct domain *d, gpaddr_t addr)
{
    struct vcpu any;

    vcpu_of_domain(&any, d);
    return vcpu_apic_claims(d, addr & PAGE_MASK) || mmio_find(&any, addr & PAGE_MASK) != NULL;
}

/* Host RAM, or registers of an IOMMU. */
static bool range_is_kept(gpaddr_t start, gpaddr_t end)
{
    for (unsigned i = 0; i < host.nr_e820; i++) {
        const struct e820_entry *r = &host.e820[i];

        if ((r->type == E820_RAM || r->type == E820_UNUSABLE) && start < r->addr + r->size && end > r->addr)
            return true;
    }
    for (unsigned i = 0; i < host.nr_iommus; i++)
        if (start < host.iommu[i] + IOMMU_SIZE && end > host.iommu[i])
            return true;
    return false;
}

bool device_range_taken(const struct domain *d, gpaddr_t start, gpaddr_t end, bool by_tables)
{
    struct vcpu any;

    if (range_is_kept(start, end))
        return true;
    vcpu_of_domain(&any, d);
    for (gpaddr_t page = start; page < end; page += PAGE_SIZE) {
        const struct io_range *r = mmio_find(&any, page);

        if (vcpu_apic_claims(d, page) || (r && (by_tables || r->handle != vmsix_mmio)))
            return true;
    }
    return false;
}

/* --- life --- */

int devices_domain_init(struct domain *d)
{
    int rc;

    if (!d->privileged)
        return 0;
    rc = vioapic_create(d);
    if (!rc)
        rc = vpci_create(d);
    if (rc)
        devices_domain_destroy(d);
    return rc;
}

void devices_domain_destroy(struct domain *d)
{
    vioapic_destroy(d);
    vpci_destroy(d);
}

int devices_vcpu_init(struct vcpu *v)
{
    return vlapic_create(v);
}

void devices_vcpu_destroy(struct vcpu *v)
{
    vlapic_destroy(v);
}
