/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD-Vi: every device gets the same entry, which points at dom0's nested page tables. After a change of those each unit
 * is told to forget what it has cached, and has said so before the call returns: only then may a frame's reference go
 * (DESIGN D9). (AMD I/O Virtualization Technology Specification, 48882.)
 */
#include "amdvi.h"

#include "arch.h"
#include "cpu.h"
#include "device/vpci.h"
#include "domain.h"
#include "errno.h"
#include "host_cpu.h"
#include "hv.h"
#include "iommu.h"
#include "lib.h"
#include "lock.h"
#include "log.h"
#include "page.h"

#define RING_ENTRIES 256u
#define ANSWER_TIME SECONDS(1)
#define POLL_PERIOD SECONDS(1)
#define DOMAIN_ID 1ULL /* by which commands name dom0's tables; 0 has a meaning of its own to some */
#define DEVICES_PER_PAGE (PAGE_SIZE / sizeof(struct amdvi_device))

static struct ivrs ivrs;
static struct amdvi_unit *units[IVRS_MAX_UNITS];
static unsigned nr_units;
static struct amdvi_device *device_table;
static unsigned device_order; /* pages */
static bool caches_absent;    /* some unit does */
static const char *off_reason = "this machine has no AMD-Vi IOMMU";
static const struct domain *translated;
static struct spinlock lock = SPINLOCK_INIT(RANK_IOMMU); /* units' rings */
static struct timer poll_timer;

const char *iommu_off_reason(void)
{
    return off_reason;
}

bool iommu_covers(uint16_t bdf)
{
    return ivrs_covers(&ivrs, bdf);
}

int amdvi_control(struct amdvi_unit *u, uint64_t control, uint64_t running)
{
    stime_t until = now() + ANSWER_TIME;

    u->reg[AMDVI_CONTROL] = control;
    while (u->reg[AMDVI_STATUS] & running) {
        if (now() > until)
            return -EIO;
        arch_relax();
    }
    return 0;
}

/* --- commands; the lock is held, or nobody else knows the unit --- */

static void command_put(struct amdvi_unit *u, uint64_t first, uint64_t second)
{
    u->commands[u->tail] = (struct amdvi_command){ { first, second } };
    u->tail = (u->tail + 1) % RING_ENTRIES;
}

/* Have it execute what was put, and say so. At most RING_ENTRIES - 2 commands were put since it has last said so. */
static void commands_start(struct amdvi_unit *u)
{
    paddr_t done = (virt_to_mfn(&u->done) << PAGE_SHIFT) + ((uintptr_t)&u->done & ~PAGE_MASK);

    command_put(u, COMMAND_WAIT | done | COMMAND_WAIT_STORE, ++u->asked);
    smp_mb(); /* commands, and the entries that they are about, are in memory */
    u->reg[AMDVI_COMMAND_TAIL] = u->tail * sizeof(struct amdvi_command);
}

static int commands_finish(struct amdvi_unit *u)
{
    stime_t until = 0;

    while (__atomic_load_n(&u->done, __ATOMIC_ACQUIRE) != u->asked) {
        if (until == 0)
            until = now() + ANSWER_TIME;
        else if (now() > until)
            return -EIO;
        arch_relax();
    }
    return 0;
}

static void flush(void)
{
    spin_lock(&lock);
    for (unsigned i = 0; i < nr_units; i++) {
        command_put(units[i], COMMAND_PAGES | DOMAIN_ID << 32, PAGES_ALL);
        commands_start(units[i]);
    }
    for (unsigned i = 0; i < nr_units; i++)
        if (commands_finish(units[i]))
            panic("AMD-Vi: the IOMMU at 0x%lx does not answer: devices could write to memory that is given away",
                  units[i]->ivrs->base);
    spin_unlock(&lock);
}

void iommu_flush(struct domain *d)
{
    if (d == translated)
        flush();
}

void iommu_flush_absent(struct domain *d)
{
    if (d == translated && caches_absent)
        flush();
}

/* --- the device table --- */

/* As many pages as the last device needs that firmware names, and a whole bus: IO-APICs may hide on the first. */
static int table_alloc(void)
{
    unsigned last = 0xff;
    mfn_t mfn;

    for (unsigned i = 0; i < ivrs.nr_ranges; i++)
        last = (unsigned)max_u64(last, ivrs.range[i].last);
    device_order = fls64(last / DEVICES_PER_PAGE);
    mfn = hv_alloc_pages(device_order, ALLOC_ZERO);
    if (mfn == INVALID_MFN)
        return -ENOMEM;
    device_table = mfn_to_virt(mfn);
    return 0;
}

static unsigned table_entries(void)
{
    return (unsigned)DEVICES_PER_PAGE << device_order;
}

/* What IVRS says about a device's interrupts and system messages: where its bits are in the entry. */
static void settings_add(struct amdvi_device *e, uint64_t settings)
{
    e->word[1] |= (settings >> 4 & 3) << 40;                           /* system management messages */
    e->word[2] |= (settings & 7) << 56 | (settings >> 6 & 3) << 62; /* INIT, ExtInt, NMI; LINT0, LINT1 */
}

/* Interrupts are not remapped: the second half says nothing of them. */
static void table_fill(mfn_t root)
{
    for (unsigned i = 0; i < table_entries(); i++)
        device_table[i] = (struct amdvi_device){ {
            DEVICE_VALID | DEVICE_TRANSLATED | DEVICE_LEVELS(4) | root << PAGE_SHIFT | DEVICE_READ | DEVICE_WRITE,
            DOMAIN_ID,
        } };
    for (unsigned i = 0; i < ivrs.nr_ranges; i++)
        for (unsigned bdf = ivrs.range[i].first; bdf <= ivrs.range[i].last; bdf++)
            settings_add(&device_table[bdf], ivrs.range[i].settings);
}

/* --- units --- */

static void unit_free(struct amdvi_unit *u)
{
    if (u->commands)
        hv_free_page(u->commands);
    if (u->events)
        hv_free_page(u->events);
    hv_free(u);
}

static struct amdvi_unit *unit_alloc(const struct ivrs_unit *what)
{
    struct amdvi_unit *u = hv_zalloc(sizeof(*u));

    if (!u)
        return NULL;
    u->ivrs = what;
    u->commands = hv_alloc_page();
    u->events = hv_alloc_page();
    if (!u->commands || !u->events) {
        unit_free(u);
        return NULL;
    }
    u->reg = map_mmio(what->base, IOMMU_SIZE);
    u->control = CONTROL_ENABLE | CONTROL_EVENT_LOG | CONTROL_COMMANDS | CONTROL_COHERENT |
                 (what->flags & IVHD_HT_TUNNEL ? CONTROL_HT_TUNNEL : 0) |
                 (what->flags & IVHD_PASS_PW ? CONTROL_PASS_PW : 0) |
                 (what->flags & IVHD_RES_PASS_PW ? CONTROL_RES_PASS_PW : 0) |
                 (what->flags & IVHD_ISOCHRONOUS ? CONTROL_ISOCHRONOUS : 0);
    return u;
}

/* Firmware or a loader may have used it: nothing that it has cached may survive. */
static int forget_everything(struct amdvi_unit *u, uint32_t capability)
{
    unsigned put = 0;

    if ((capability & CAPABILITY_FEATURES) && (u->reg[AMDVI_FEATURES] & FEATURES_INVALIDATE_ALL)) {
        command_put(u, COMMAND_EVERYTHING, 0);
        commands_start(u);
        return commands_finish(u);
    }
    for (unsigned bdf = 0; bdf < table_entries(); bdf++) {
        command_put(u, COMMAND_DEVICE | bdf, 0);
        command_put(u, COMMAND_INTERRUPTS | bdf, 0);
        put += 2;
        if (put < RING_ENTRIES / 2)
            continue;
        put = 0;
        commands_start(u);
        if (commands_finish(u))
            return -EIO;
    }
    command_put(u, COMMAND_PAGES | DOMAIN_ID << 32, PAGES_ALL);
    commands_start(u);
    return commands_finish(u);
}

static int unit_start(struct amdvi_unit *u)
{
    uint32_t capability = pci_host_read(u->ivrs->bdf, (uint8_t)u->ivrs->cap, 4);

    /* Its rings may be changed only while it does not use them. */
    if (amdvi_control(u, 0, STATUS_EVENT_RUN | STATUS_COMMAND_RUN))
        return -EIO;
    u->reg[AMDVI_DEVICE_TABLE] = virt_to_mfn(device_table) << PAGE_SHIFT | ((1ULL << device_order) - 1);
    u->reg[AMDVI_COMMAND_BASE] = virt_to_mfn(u->commands) << PAGE_SHIFT | AMDVI_RING_256;
    u->reg[AMDVI_EVENT_BASE] = virt_to_mfn(u->events) << PAGE_SHIFT | AMDVI_RING_256;
    u->reg[AMDVI_COMMAND_HEAD] = 0;
    u->reg[AMDVI_COMMAND_TAIL] = 0;
    u->reg[AMDVI_EVENT_HEAD] = 0;
    u->reg[AMDVI_EVENT_TAIL] = 0;
    u->reg[AMDVI_STATUS] = STATUS_EVENT_OVERFLOW;
    u->reg[AMDVI_CONTROL] = u->control;
    if (capability == UINT32_MAX || (capability & CAPABILITY_CACHES_ABSENT))
        caches_absent = true;
    return forget_everything(u, capability);
}

static void poll(void *unused)
{
    (void)unused;
    spin_lock(&lock);
    for (unsigned i = 0; i < nr_units; i++)
        amdvi_poll(units[i]);
    spin_unlock(&lock);
    timer_set(&poll_timer, now() + POLL_PERIOD);
}

/* --- from nothing to all --- */

static void stop_all(void)
{
    while (nr_units > 0) {
        units[--nr_units]->reg[AMDVI_CONTROL] = 0;
        unit_free(units[nr_units]);
    }
    if (device_table)
        hv_free_pages(virt_to_mfn(device_table), device_order);
    device_table = NULL;
}

static int start_all(struct domain *d)
{
    int rc = table_alloc();

    if (rc)
        return rc;
    table_fill(d->p2m.root);
    for (unsigned i = 0; i < ivrs.nr_units; i++) {
        struct amdvi_unit *u = unit_alloc(&ivrs.unit[i]);

        if (!u)
            return -ENOMEM;
        units[nr_units++] = u;
        rc = unit_start(u);
        if (rc)
            return rc;
    }
    return timer_init(&poll_timer, poll, NULL, this_cpu()->id);
}

void iommu_probe(const void *table, size_t size)
{
    int rc = ivrs_parse(table, size, &ivrs);

    if (rc) {
        ivrs.nr_units = 0;
        log_warn("AMD-Vi: the ACPI table IVRS is not usable (%d)\n", rc);
        off_reason = "the ACPI table IVRS, which says where the AMD-Vi IOMMU is, is not usable";
        return;
    }
    off_reason = "the AMD-Vi IOMMU is not used (iommu=off)";
    for (unsigned i = 0; i < ivrs.nr_units; i++)
        host.iommu[host.nr_iommus++] = ivrs.unit[i].base;
}

void iommu_start(struct domain *d)
{
    int rc;

    if (ivrs.nr_units == 0 || !cmdline_bool("iommu", true))
        return;
    rc = start_all(d);
    if (rc) {
        stop_all();
        log_err("AMD-Vi: cannot be used (%d)\n", rc);
        off_reason = "the AMD-Vi IOMMU could not be started";
        return;
    }
    timer_set(&poll_timer, now() + POLL_PERIOD);
    translated = d;
    off_reason = NULL;
    for (unsigned i = 0; i < nr_units; i++)
        log_info("AMD-Vi: IOMMU %02x:%02x.%x at 0x%lx translates dom0's DMA, %u devices%s\n", ivrs.unit[i].bdf >> 8,
                 ivrs.unit[i].bdf >> 3 & 0x1f, ivrs.unit[i].bdf & 7, ivrs.unit[i].base, table_entries(),
                 caches_absent ? ", caches absent entries" : "");
}
