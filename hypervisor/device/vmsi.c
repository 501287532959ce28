/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts by message: what dom0 tells a device to send is kept in the model, the device itself is given a message to
 * one of the machine's CPUs, and when that comes, dom0's goes to its local APICs. Here: messages, and the MSI
 * capability, of which dom0 sees the one-message form.
 */
#include "arch.h"
#include "domain.h"
#include "log.h"
#include "vlapic.h"
#include "vpci.h"
#include "vpci_internal.h"

#define ADDRESS_PREFIX 0xfeeu /* all that is above the low 20 bits */
#define ADDRESS_LOGICAL (1u << 2)
#define ADDRESS_LOW 0xfffffffcu

#define CONTROL_ENABLE 0x0001
#define CONTROL_COUNT_SHIFT 4
#define CONTROL_64BIT 0x0080
#define CONTROL_MASKS 0x0100

#define REG_ADDRESS 4
#define REG_ADDRESS_HIGH 8 /* wide only */

/* --- messages --- */

/* True: a fixed or lowest-priority interrupt, which is an edge whatever the trigger bit says. */
static bool message_decode(const struct msi_message *m, struct apic_msg *ret_msg)
{
    uint32_t low = (uint32_t)m->address;

    *ret_msg = (struct apic_msg){
        .dest = (low >> 12) & 0xff,
        .vector = (uint8_t)m->data,
        .mode = (m->data >> 8) & 7,
        .logical = low & ADDRESS_LOGICAL,
    };
    return m->address >> 20 == ADDRESS_PREFIX && ret_msg->mode <= APIC_DM_LOWEST && ret_msg->vector >= 16;
}

void vmsi_deliver(struct domain *d, const struct msi_message *message)
{
    struct apic_msg msg;

    if (message_decode(message, &msg))
        vlapic_deliver(d, &msg);
}

/* Where the first of the vCPUs named is, to spare the interrupt a second journey. */
static unsigned cpu_for(const struct domain *d, const struct apic_msg *msg)
{
    for (unsigned i = 0; i < d->nr_vcpus; i++) {
        const struct vcpu *v = domain_vcpu(d, i);

        if (v && vlapic_match(v, msg))
            return READ_ONCE(v->sched.cpu);
    }
    return 0;
}

bool vmsi_route(struct vpci_function *f, struct vmsi_vector *v, struct msi_message *ret_message)
{
    struct apic_msg msg;

    if (!message_decode(&v->message, &msg))
        return false;
    if (v->handle < 0) {
        v->handle = arch_msi_alloc();
        if (v->handle < 0 && !v->refused)
            log_warn("d%u: PCI %02x:%02x.%u: no interrupt vector is left (%d)\n", f->domain->id, f->bdf >> 8,
                     (f->bdf >> 3) & 31u, f->bdf & 7u, v->handle);
        v->refused = v->handle < 0;
    }
    if (v->handle < 0)
        return false;
    arch_msi_route(v->handle, f->domain, &v->message, cpu_for(f->domain, &msg), ret_message);
    return true;
}

void vmsi_release(struct vmsi_vector *v)
{
    if (v->handle >= 0)
        arch_msi_free(v->handle);
    v->handle = -1;
}

/* --- the capability --- */

static uint16_t data_reg(const struct vmsi *m)
{
    return m->wide ? 12 : 8;
}

static uint16_t mask_reg(const struct vmsi *m)
{
    return (uint16_t)(data_reg(m) + 4);
}

unsigned vmsi_size(uint16_t control)
{
    return (control & CONTROL_64BIT ? 16 : 12) + (control & CONTROL_MASKS ? 8u : 0);
}

/*
 * Bring the device in line. All is written each time, also what has not changed: the device may have been reset. While
 * it is on only the address's low half can differ, so no mixture of two messages is ever sent.
 */
static void msi_sync(struct vpci_function *f)
{
    struct vmsi *m = &f->msi;
    struct msi_message hw;
    bool on = m->enabled && vmsi_route(f, &m->vector, &hw);

    if (!on) {
        pci_host_write(f->bdf, m->pos + 2u, 2, 0);
        vmsi_release(&m->vector);
        return;
    }
    if (m->maskable)
        pci_host_write(f->bdf, m->pos + mask_reg(m), 4, m->mask);
    pci_host_write(f->bdf, m->pos + REG_ADDRESS, 4, (uint32_t)hw.address);
    if (m->wide)
        pci_host_write(f->bdf, m->pos + REG_ADDRESS_HIGH, 4, 0);
    pci_host_write(f->bdf, m->pos + data_reg(m), 2, hw.data);
    pci_host_write(f->bdf, m->pos + 2u, 2, CONTROL_ENABLE);
}

static uint32_t control_value(const struct vmsi *m)
{
    return (m->enabled ? CONTROL_ENABLE : 0) | (uint32_t)m->count_log2 << CONTROL_COUNT_SHIFT |
           (m->wide ? CONTROL_64BIT : 0) | (m->maskable ? CONTROL_MASKS : 0);
}

static uint32_t msi_read(struct vpci_function *f, uint16_t reg, uint32_t hw)
{
    const struct vmsi *m = &f->msi;
    unsigned at = (unsigned)(reg - m->pos);

    if (at == 0)
        return (hw & 0xffff) | control_value(m) << 16;
    if (at == REG_ADDRESS)
        return (uint32_t)m->vector.message.address;
    if (at == data_reg(m))
        return m->vector.message.data;
    if (at == REG_ADDRESS_HIGH)
        return (uint32_t)(m->vector.message.address >> 32); /* wide: else the data is here */
    return at == mask_reg(m) ? m->mask : hw; /* hw: what is pending */
}

static void control_write(struct vmsi *m, uint32_t value)
{
    m->enabled = value & CONTROL_ENABLE;
    m->count_log2 = (value >> CONTROL_COUNT_SHIFT) & 7;
}

static void msi_write(struct vpci_function *f, uint16_t reg, uint32_t value, uint32_t mask)
{
    struct vmsi *m = &f->msi;
    struct msi_message *msg = &m->vector.message;
    unsigned at = (unsigned)(reg - m->pos);

    if (at == 0)
        control_write(m, vpci_merge(control_value(m) << 16, value, mask) >> 16);
    else if (at == REG_ADDRESS)
        msg->address = (msg->address & ~0xffffffffULL) |
                       (vpci_merge((uint32_t)msg->address, value, mask) & ADDRESS_LOW);
    else if (at == data_reg(m))
        msg->data = vpci_merge(msg->data, value, mask) & 0xffff;
    else if (at == REG_ADDRESS_HIGH)
        msg->address = (uint32_t)msg->address |
                       (uint64_t)vpci_merge((uint32_t)(msg->address >> 32), value, mask) << 32;
    else if (m->maskable && at == mask_reg(m))
        m->mask = vpci_merge(m->mask, value, mask) & 1;
    else
        return;
    msi_sync(f);
}

static const struct vpci_range_ops msi_ops = { .read = msi_read, .write = msi_write };

bool vmsi_init(struct vpci_function *f, uint16_t pos)
{
    uint16_t control = (uint16_t)pci_host_read(f->bdf, pos + 2u, 2);

    if (pos + vmsi_size(control) > PCI_CONFIG_SIZE || !vpci_add_range(f, pos, (uint16_t)vmsi_size(control), &msi_ops))
        return false;
    f->msi = (struct vmsi){
        .pos = pos, .wide = control & CONTROL_64BIT, .maskable = control & CONTROL_MASKS, .vector.handle = -1,
    };
    pci_host_write(f->bdf, pos + 2u, 2, 0); /* whatever firmware had in mind */
    return true;
}

void vmsi_exit(struct vpci_function *f, bool present)
{
    if (!f->msi.pos)
        return;
    if (present)
        pci_host_write(f->bdf, f->msi.pos + 2u, 2, 0);
    vmsi_release(&f->msi.vector);
    f->msi.pos = 0;
}

/* --- for the debug key --- */

void vmsi_vector_dump(const struct vpci_function *f, const char *kind, unsigned i, const struct vmsi_vector *v)
{
    if (v->handle >= 0)
        log_info("d%u: PCI %02x:%02x.%u %s %u: vector %#x for %#llx, %#x\n", f->domain->id, f->bdf >> 8,
                 (f->bdf >> 3) & 31u, f->bdf & 7u, kind, i, (unsigned)v->handle, (unsigned long long)v->message.address,
                 v->message.data);
}

void vmsi_dump(const struct vpci_function *f)
{
    if (f->msi.pos)
        vmsi_vector_dump(f, f->msi.mask ? "MSI (masked)" : "MSI", 0, &f->msi.vector);
}
