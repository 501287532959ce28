/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device of dom0's reaches: QEMU's "edu", which copies between memory and 4 KiB of its own when told to. Its
 * registers are described in QEMU's docs/specs/edu.
 */
#include "guest.h"

#include "public/grant_table.h"
#include "public/memory.h"

#define TABLE 0x20000000ul /* gfns inside RAM of every test machine */
#define WINDOW 0x20010000ul
#define E820_UNUSABLE 5

#define EDU_ID 0x11e81234u
#define EDU_SOURCE 0x80
#define EDU_DESTINATION 0x88
#define EDU_COUNT 0x90
#define EDU_COMMAND 0x98
#define EDU_START 1u
#define EDU_TO_MEMORY 2u
#define EDU_BUFFER 0x40000ul
#define LENGTH 64u

static struct grant_entry_v1 *const entries = (void *)TABLE;
static uint8_t mine[4096] __attribute__((aligned(4096))), other[4096] __attribute__((aligned(4096)));
static uint8_t given[4096] __attribute__((aligned(4096)));
static volatile uint8_t *edu;

/* --- the device --- */

static uint32_t config(uint32_t bdf, uint32_t reg)
{
    port_out(0xcf8, 4, 0x80000000u | bdf << 8 | reg);
    return port_in(0xcfc, 4);
}

static bool edu_find(void)
{
    for (uint32_t bdf = 0; bdf < 0x100; bdf++)
        if (config(bdf, 0) == EDU_ID) {
            edu = (volatile uint8_t *)(uintptr_t)(config(bdf, 0x10) & ~0xfu);
            config(bdf, 4);
            port_out(0xcfc, 2, 6); /* memory, bus master */
            return true;
        }
    return false;
}

static void edu_write(unsigned reg, uint64_t value)
{
    *(volatile uint64_t *)(edu + reg) = value;
}

static void edu_run(uint64_t source, uint64_t destination, uint32_t command)
{
    uint64_t start = rdtsc();

    edu_write(EDU_SOURCE, source);
    edu_write(EDU_DESTINATION, destination);
    edu_write(EDU_COUNT, LENGTH);
    edu_write(EDU_COMMAND, command | EDU_START);
    while (*(volatile uint64_t *)(edu + EDU_COMMAND) & EDU_START)
        if (rdtsc() - start > 60000000000ull) {
            out("the device does not come to an end\n");
            guest_exit(1);
        }
}

static void device_reads(uint64_t from)
{
    edu_run(from, EDU_BUFFER, 0);
}

static void device_writes(uint64_t to)
{
    edu_run(EDU_BUFFER, to, EDU_TO_MEMORY);
}

/* --- bytes --- */

static void fill(volatile uint8_t *p, uint8_t value)
{
    for (unsigned i = 0; i < LENGTH; i++)
        p[i] = value;
}

static const char *holds(const volatile uint8_t *p, uint8_t value)
{
    for (unsigned i = 0; i < LENGTH; i++)
        if (p[i] != value)
            return "no";
    return "yes";
}

/* The device's buffer is full of this value from now on. */
static void load(uint8_t value)
{
    fill(mine, value);
    device_reads((uint64_t)mine);
}

/* Does the device, whose buffer holds something else, get this value from there? */
static const char *device_sees(uint64_t at, uint8_t value)
{
    load((uint8_t)~value);
    device_reads(at);
    device_writes((uint64_t)mine);
    return holds(mine, value);
}

/* --- grants --- */

static int64_t grant_op(unsigned cmd, void *arg)
{
    return hypercall3(__HYPERVISOR_grant_table_op, cmd, arg, 1);
}

static uint32_t map(uint16_t self, uint32_t flags)
{
    struct gnttab_map_grant_ref m = { .host_addr = WINDOW, .flags = GNTMAP_host_map | flags, .ref = 8, .dom = self,
                                      .status = 0x7777 };

    out("map: %ld", grant_op(GNTTABOP_map_grant_ref, &m));
    out(" status %d\n", (int16_t)m.status);
    return m.handle;
}

static void unmap(uint32_t handle)
{
    struct gnttab_unmap_grant_ref u = { .host_addr = WINDOW, .handle = handle, .status = 0x7777 };

    out("unmap: %ld", grant_op(GNTTABOP_unmap_grant_ref, &u));
    out(" status %d\n", (int16_t)u.status);
}

static uint16_t make_table(void)
{
    struct xen_add_to_physmap atp = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .gpfn = TABLE >> 12 };
    uint32_t r[4];

    cpuid(xen_cpuid_base() + 4, 0, r);
    out("map the table: %ld\n", hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &atp));
    entries[8].frame = (uint32_t)((uintptr_t)other >> 12);
    entries[8].domid = (uint16_t)r[2];
    __atomic_store_n(&entries[8].flags, GTF_permit_access, __ATOMIC_SEQ_CST);
    return (uint16_t)r[2];
}

static void test_grants(void)
{
    uint16_t self = make_table();
    uint32_t handle = map(self, 0);

    fill(other, 0x11);
    out("granted page read: %s\n", device_sees(WINDOW, 0x11));
    load(0x22);
    device_writes(WINDOW);
    out("granted page written: %s\n", holds(other, 0x22));
    unmap(handle);
    load(0x33);
    device_writes(WINDOW);
    out("still as it was after unmap: %s\n", holds(other, 0x22));
    out("read after unmap: %s\n", device_sees(WINDOW, 0x22));
    handle = map(self, GNTMAP_readonly);
    out("read-only page read: %s\n", device_sees(WINDOW, 0x22));
    load(0x44);
    device_writes(WINDOW);
    out("read-only page as it was: %s\n", holds(other, 0x22));
    unmap(handle);
    load(0x55);
    device_writes(TABLE);
    out("grant table as it was: %s\n", entries[8].domid == self && entries[0].flags == 0 ? "yes" : "no");
}

/* --- memory that is not dom0's --- */

static void test_balloon(void)
{
    uint64_t gfn = (uintptr_t)given >> 12;
    struct xen_memory_reservation r = { (uintptr_t)&gfn, 1, 0, 0, DOMID_SELF };

    fill(given, 0x66);
    out("page read: %s\n", device_sees((uint64_t)given, 0x66));
    out("give it up: %ld\n", hypercall2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r));
    out("read after that: %s\n", device_sees((uint64_t)given, 0x66));
    load(0x77);
    device_writes((uint64_t)given);
    out("take it back: %ld\n", hypercall2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r));
    fill(given, 0x88);
    out("page read: %s\n", device_sees((uint64_t)given, 0x88));
    load(0x99);
    device_writes((uint64_t)given);
    out("page written: %s\n", holds(given, 0x99));
}

/* The first page of the hypervisor is its image: not all zeros, and nothing would go on if it were overwritten. */
static void test_hypervisor(const struct hvm_start_info *info)
{
    const struct hvm_memmap_table_entry *e = (const void *)info->memmap_paddr;

    for (unsigned i = 0; i < info->memmap_entries; i++, e++) {
        if (e->type != E820_UNUSABLE)
            continue;
        load(0xaa);
        device_reads(e->addr);
        device_writes((uint64_t)mine);
        out("hypervisor seen: %s\n", *holds(mine, 0) == 'y' || *holds(mine, 0xff) == 'y' ? "no" : "yes");
        load(0xaa);
        device_writes(e->addr);
        out("hypervisor lives: %s\n", hypercall2(__HYPERVISOR_xen_version, 0, 0) > 0 ? "yes" : "no");
        return;
    }
    out("no memory is unusable\n");
}

void guest_test(const struct hvm_start_info *info)
{
    if (!edu_find()) {
        out("no device\n");
        guest_exit(1);
    }
    load(0x5a);
    fill(mine, 0);
    device_writes((uint64_t)mine);
    out("own memory read and written: %s\n", holds(mine, 0x5a));
    test_hypervisor(info);
    test_grants();
    test_balloon();
}
