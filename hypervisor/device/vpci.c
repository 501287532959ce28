/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0's PCI configuration space by CF8/CFC: forwarded to the machine, with some capabilities taken out of each
 * function's list. What to hide is found by walking the list once for each function and remembered.
 */
#include "vpci.h"

#include "arch.h"
#include "bitmap.h"
#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "list.h"
#include "page.h"

#define CF8_ENABLE (1u << 31)
#define CF8_WRITABLE 0x80fffffcu /* no extended register numbers */

#define PCI_ID 0x00
#define PCI_STATUS 0x06
#define PCI_STATUS_CAP_LIST 0x10
#define PCI_HEADER_TYPE 0x0e
#define PCI_HEADER_CARDBUS 2
#define PCI_CAP_PTR 0x34
#define PCI_CAP_PTR_CARDBUS 0x14
#define PCI_CAP_FIRST 0x40
#define MAX_CAPS 48 /* that fit into 192 bytes; also ends a walk round a loop */

#define MSI_CONTROL_64BIT 0x0080
#define MSI_CONTROL_MASKS 0x0100

#define HASH_SIZE 64

struct vpci_function {
    struct list_node link;
    uint16_t bdf;
    uint32_t id;      /* vendor and device when scanned: another device may be plugged in later */
    uint64_t hidden;  /* a bit per dword */
    bool no_caps;     /* nothing is left: the status register says there is no list */
    uint8_t nr_patches;
    struct {
        uint8_t reg, value;
    } patch[MAX_CAPS]; /* "next" bytes that skip what is hidden */
};

struct vpci {
    struct spinlock lock; /* RANK_DEVICE */
    uint32_t address;     /* dom0's CF8 */
    struct list_node hash[HASH_SIZE];
};

/* The ports are one pair for the whole machine. Nests inside vpci.lock, hence the later rank. */
static struct spinlock host_lock = SPINLOCK_INIT(RANK_IRQ);

static void host_select(uint16_t bdf, uint8_t reg)
{
    arch_port_write(PCI_PORT_ADDRESS, 4, CF8_ENABLE | (uint32_t)bdf << 8 | (reg & 0xfcu));
}

uint32_t pci_host_read(uint16_t bdf, uint8_t reg, unsigned size)
{
    uint32_t value;

    spin_lock(&host_lock);
    host_select(bdf, reg);
    value = (uint32_t)arch_port_read(PCI_PORT_DATA + (reg & 3), size);
    spin_unlock(&host_lock);
    return value;
}

void pci_host_write(uint16_t bdf, uint8_t reg, unsigned size, uint32_t value)
{
    spin_lock(&host_lock);
    host_select(bdf, reg);
    arch_port_write(PCI_PORT_DATA + (reg & 3), size, value);
    spin_unlock(&host_lock);
}

/* --- what to hide --- */

static unsigned msi_size(uint16_t control)
{
    unsigned size = control & MSI_CONTROL_64BIT ? 14 : 10;

    if (control & MSI_CONTROL_MASKS)
        size = round_up(size, 4u) + 8;
    return size;
}

static unsigned hidden_cap_size(uint16_t bdf, uint8_t pos, uint8_t cap)
{
    switch (cap) {
    case PCI_CAP_MSI:
        return msi_size((uint16_t)pci_host_read(bdf, (uint8_t)(pos + 2), 2));
    case PCI_CAP_MSIX:
        return 12;
    default:
        return 0;
    }
}

static void hide_dwords(struct vpci_function *f, unsigned start, unsigned size)
{
    for (unsigned dword = start / 4; dword < (start + size + 3) / 4 && dword < 64; dword++)
        f->hidden |= 1ULL << dword;
}

static void patch_set(struct vpci_function *f, uint8_t reg, uint8_t value)
{
    if (f->nr_patches < MAX_CAPS) {
        f->patch[f->nr_patches].reg = reg;
        f->patch[f->nr_patches++].value = value;
    }
}

static uint8_t list_head_reg(uint16_t bdf)
{
    bool cardbus = (pci_host_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f) == PCI_HEADER_CARDBUS;

    return cardbus ? PCI_CAP_PTR_CARDBUS : PCI_CAP_PTR;
}

/*
 * last_kept is the "next" byte that a visible capability, or the head, holds; it needs a patch as soon as something
 * behind it is hidden. A list that loops or points into the header ends there, for dom0 too.
 */
static void function_scan(struct vpci_function *f)
{
    uint16_t bdf = f->bdf;
    uint8_t head = list_head_reg(bdf), last_kept = head, pos;
    bool dirty = false;
    unsigned left = MAX_CAPS;

    if (!(pci_host_read(bdf, PCI_STATUS, 1) & PCI_STATUS_CAP_LIST))
        return;
    pos = pci_host_read(bdf, head, 1) & 0xfc;
    while (pos >= PCI_CAP_FIRST && left--) {
        uint16_t cap_next = (uint16_t)pci_host_read(bdf, pos, 2);
        unsigned size = hidden_cap_size(bdf, pos, (uint8_t)cap_next);

        if (size) {
            hide_dwords(f, pos, size);
            dirty = true;
        } else {
            if (dirty)
                patch_set(f, last_kept, pos);
            last_kept = (uint8_t)(pos + 1);
            dirty = false;
        }
        pos = (cap_next >> 8) & 0xfc;
    }
    if (dirty)
        patch_set(f, last_kept, 0);
    f->no_caps = dirty && last_kept == head;
}

static struct vpci_function *function_lookup(struct vpci *p, uint16_t bdf)
{
    struct list_node *head = &p->hash[(bdf ^ bdf >> 6) % HASH_SIZE], *pos;

    list_for_each(pos, head) {
        struct vpci_function *f = list_entry(pos, struct vpci_function, link);

        if (f->bdf == bdf)
            return f;
    }
    return NULL;
}

/* What is hidden of the function, in *ret_f. Without memory it is found out every time. */
static void function_get(struct vpci *p, uint16_t bdf, uint32_t id, struct vpci_function *ret_f)
{
    struct vpci_function *f = function_lookup(p, bdf);

    if (f && f->id == id) {
        *ret_f = *f;
        return;
    }
    *ret_f = (struct vpci_function){ .bdf = bdf, .id = id };
    function_scan(ret_f);
    if (!f) {
        f = hv_zalloc(sizeof(*f));
        if (!f)
            return;
        list_push_front(&p->hash[(bdf ^ bdf >> 6) % HASH_SIZE], &f->link);
    }
    ret_f->link = f->link;
    *f = *ret_f;
}

/* --- dom0's accesses, within one dword --- */

static uint32_t byte_replace(uint32_t value, unsigned byte, uint8_t with)
{
    return (value & ~(0xffu << (8 * byte))) | (uint32_t)with << (8 * byte);
}

static uint32_t filter_read(const struct vpci_function *f, uint8_t reg, unsigned size, uint32_t value)
{
    if (bit_test(&f->hidden, reg / 4))
        return 0;
    for (unsigned i = 0; i < f->nr_patches; i++) {
        uint8_t byte = (uint8_t)(f->patch[i].reg - reg);

        if (byte < size)
            value = byte_replace(value, byte, f->patch[i].value);
    }
    if (f->no_caps && (uint8_t)(PCI_STATUS - reg) < size)
        value &= ~((uint32_t)PCI_STATUS_CAP_LIST << (8 * (PCI_STATUS - reg)));
    return value;
}

/* A read of the identity is how a probe begins; it is also what tells one device from its successor in the slot. */
static void config_access(struct vpci *p, struct io_req *req)
{
    uint16_t bdf = (uint16_t)(p->address >> 8);
    uint8_t reg = (uint8_t)((p->address & 0xfc) | (req->addr & 3));
    uint32_t id = pci_host_read(bdf, PCI_ID, 4);
    struct vpci_function f = { .bdf = bdf };

    if (id != ~0u)
        function_get(p, bdf, id, &f);
    if (!req->write)
        req->data = filter_read(&f, reg, req->size, pci_host_read(bdf, reg, req->size));
    else if (!bit_test(&f.hidden, reg / 4))
        pci_host_write(bdf, reg, req->size, (uint32_t)req->data);
}

static uint64_t all_ones(unsigned size)
{
    return ~0ULL >> (8 * (8 - size));
}

void vpci_address_port(struct vcpu *v, struct io_req *req)
{
    struct vpci *p = v->domain->vpci;

    if (!req->write)
        req->data = req->size == 4 ? READ_ONCE(p->address) : all_ones(req->size);
    else if (req->size == 4)
        WRITE_ONCE(p->address, (uint32_t)req->data & CF8_WRITABLE);
}

void vpci_data_port(struct vcpu *v, struct io_req *req)
{
    struct vpci *p = v->domain->vpci;

    spin_lock(&p->lock);
    if (p->address & CF8_ENABLE)
        config_access(p, req);
    else if (!req->write)
        req->data = all_ones(req->size);
    spin_unlock(&p->lock);
}

/* --- life --- */

int vpci_create(struct domain *d)
{
    struct vpci *p = hv_zalloc(sizeof(*p));

    if (!p)
        return -ENOMEM;
    spin_lock_init(&p->lock, RANK_DEVICE);
    for (unsigned i = 0; i < HASH_SIZE; i++)
        list_init(&p->hash[i]);
    d->vpci = p;
    return 0;
}

void vpci_destroy(struct domain *d)
{
    struct vpci *p = d->vpci;

    for (unsigned i = 0; p && i < HASH_SIZE; i++) {
        struct list_node *pos, *tmp;

        list_for_each_safe(pos, tmp, &p->hash[i])
            hv_free(list_entry(pos, struct vpci_function, link));
    }
    hv_free(p);
    d->vpci = NULL;
}
