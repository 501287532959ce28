/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch/x86/amdvi.c and amdvi_event.c against an IOMMU that obeys the specification and no more: it caches every
 * translation (and, if it says so, every absence) until it is told to forget, and works only while the driver waits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The driver is included, not linked: the machine that it drives is the one below. */
#define arch_relax machine_relax
#define pci_host_read machine_pci_read
void machine_relax(void);
#include "arch/x86/amdvi.c"
#include "arch/x86/amdvi_event.c"
#undef arch_relax
#undef pci_host_read

#include "console.h"
#include "fake.h"
#include "page_boot.h"

#define BASE 0xfed80000ULL
#define MACHINE_UNITS 2
#define CACHE 64
#define DEVICE 0x10
#define REFUSED INVALID_MFN
#define RING 0x8000

static struct machine_unit {
    uint64_t reg[IOMMU_SIZE / 8];
    unsigned head;
    bool dead;
    struct {
        uint64_t iova;
        mfn_t mfn;
        bool valid, write;
    } cache[CACHE];
    unsigned cached, forgotten_devices, forgotten_interrupts, forgotten_all;
} machine[MACHINE_UNITS];
static uint32_t capability;
static struct domain *hw, *guest;
static mfn_t watched; /* a frame: not free while the IOMMU could use it */
static bool watched_was_free;

/* --- the machine --- */

uint32_t machine_pci_read(uint16_t bdf, uint16_t reg, unsigned size)
{
    assert_int_equal(bdf % 0x100, 8);
    assert_int_equal(reg, 0x40);
    assert_int_equal(size, 4);
    return capability;
}

void *map_mmio(paddr_t pa, size_t size)
{
    assert_int_equal(size, IOMMU_SIZE);
    assert_in_range((pa - BASE) / IOMMU_SIZE, 0, MACHINE_UNITS - 1);
    return machine[(pa - BASE) / IOMMU_SIZE].reg;
}

static uint64_t *memory(paddr_t pa)
{
    return (uint64_t *)((char *)mfn_to_virt(pa >> PAGE_SHIFT) + (pa & ~PAGE_MASK));
}

static void execute(struct machine_unit *m, const uint64_t *c)
{
    switch (c[0] >> 60) {
    case 1:
        assert_true((c[0] & 7) == 1);
        *memory(c[0] & 0x000ffffffffffff8ULL) = c[1];
        break;
    case 2:
        m->forgotten_devices++;
        break;
    case 3:
        assert_true((c[0] & ~(0xfULL << 60)) == 1ULL << 32 && c[1] == 0x7ffffffffffff003ULL);
        m->cached = 0;
        break;
    case 5:
        m->forgotten_interrupts++;
        break;
    case 8:
        m->forgotten_all++;
        m->cached = 0;
        break;
    default:
        fail_msg("command %llx", (unsigned long long)c[0]);
    }
}

void machine_relax(void)
{
    fake_time += MILLISECS(1);
    for (unsigned i = 0; i < MACHINE_UNITS; i++) {
        struct machine_unit *m = &machine[i];
        uint64_t ring = m->reg[AMDVI_COMMAND_BASE] & ~(0xffULL << 56);
        uint64_t need = CONTROL_ENABLE | CONTROL_COMMANDS | CONTROL_COHERENT;

        if (m->dead || (m->reg[AMDVI_CONTROL] & need) != need || m->head == m->reg[AMDVI_COMMAND_TAIL])
            continue;
        execute(m, memory(ring + m->head));
        m->head = (m->head + 16) % 4096;
    }
}

static mfn_t walk(const struct machine_unit *m, uint16_t bdf, uint64_t iova, bool write)
{
    uint64_t table = m->reg[AMDVI_DEVICE_TABLE], need = 1ULL << (write ? 62 : 61), entry;
    unsigned level;

    assert_true(bdf < ((table & 0x1ff) + 1) * 128);
    entry = *memory((table & PAGE_MASK & ~(0xfffULL << 52)) + bdf * 32ULL);
    assert_int_equal(entry & 3, 3);
    for (level = 4; (entry & 1) && (entry & need); level--) {
        if ((entry >> 9 & 7) == 0)
            return (((entry & 0x000ffffffffff000ULL) >> 12) & ~((1ULL << 9 * level) - 1)) |
                   ((iova >> 12) & ((1ULL << 9 * level) - 1));
        assert_int_equal(entry >> 9 & 7, level);
        entry = *memory((entry & 0x000ffffffffff000ULL) + (iova >> (3 + 9 * level) & 0x1ff) * 8);
    }
    return REFUSED;
}

/* What frame a device's request arrives at. */
static mfn_t request_at(struct machine_unit *m, uint16_t bdf, uint64_t iova, bool write)
{
    mfn_t mfn;

    for (unsigned i = 0; i < m->cached; i++)
        if (m->cache[i].iova == iova >> 12 && m->cache[i].write == write)
            return m->cache[i].mfn;
    mfn = walk(m, bdf, iova, write);
    if (mfn != REFUSED || (capability & (1u << 26))) {
        assert_true(m->cached < CACHE);
        m->cache[m->cached].iova = iova >> 12;
        m->cache[m->cached].write = write;
        m->cache[m->cached++].mfn = mfn;
    }
    return mfn;
}

static mfn_t request(gfn_t gfn, bool write)
{
    mfn_t mfn = request_at(&machine[0], DEVICE, gfn << 12, write);

    if (nr_units > 1)
        assert_true(request_at(&machine[1], DEVICE, gfn << 12, write) == mfn);
    return mfn;
}

#define refused(gfn, write) assert_true(request(gfn, write) == REFUSED)
#define arrives(gfn, write, at) assert_true(request(gfn, write) == (at))

/* --- tables, set-up --- */

static const uint8_t ivhd[24] = { 0x10, 0x01, 28, 0, 0x08, 0, 0x40, 0, 0, 0, 0xd8, 0xfe };

static void probe(unsigned nr)
{
    uint8_t table[48 + 2 * 28] = { 0 };

    for (unsigned i = 0; i < nr; i++) {
        uint8_t *b = table + 48 + i * 28;
        const uint8_t entry[4] = { 2, DEVICE, (uint8_t)i, 0x91 };

        memcpy(b, ivhd, sizeof(ivhd));
        b[5] = (uint8_t)i; /* its own place: another bus */
        b[9] = (uint8_t)(i * (IOMMU_SIZE >> 8));
        memcpy(b + 24, entry, 4);
    }
    iommu_probe(table, 48 + nr * 28);
}

static void before_flush(struct domain *d)
{
    if (watched)
        watched_was_free |= READ_ONCE(mfn_to_page(watched)->refs) == 0;
    iommu_flush(d);
}

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    hw = fake_domain(0, 1);
    guest = fake_domain(1, 1);
    memset(machine, 0, sizeof(machine));
    memset(&poll_timer, 0, sizeof(poll_timer));
    memset(&ivrs, 0, sizeof(ivrs));
    spin_lock_init(&lock, RANK_IOMMU);
    host.nr_iommus = 0;
    host.cmdline[0] = 0;
    nr_units = 0;
    device_table = NULL;
    translated = NULL;
    caches_absent = watched_was_free = false;
    watched = 0;
    off_reason = "not probed";
    capability = 0x0803000fu;
    machine[0].reg[AMDVI_FEATURES] = machine[1].reg[AMDVI_FEATURES] = FEATURES_INVALIDATE_ALL;
    fake.p2m_flush = before_flush;
    fake.p2m_added = iommu_flush_absent;
    return 0;
}

static int setup_started(void **state)
{
    setup(state);
    probe(1);
    iommu_start(hw);
    assert_null(iommu_off_reason());
    machine[0].reg[AMDVI_STATUS] = 0; /* the driver wrote the bit that clears it */
    return 0;
}

static int setup_two(void **state)
{
    setup(state);
    capability |= CAPABILITY_CACHES_ABSENT;
    probe(2);
    iommu_start(hw);
    assert_null(iommu_off_reason());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stop_all();
    fake_done();
    return 0;
}

/* The log since the last call. */
static const char *logged(void)
{
    static char text[RING + 1];
    static uint32_t mark;
    size_t n;

    mark = console_ring_start(true, mark);
    n = console_ring_copy(&mark, text, RING);
    text[n] = 0;
    return text;
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;

    while ((text = strstr(text, what)) != NULL) {
        n++;
        text++;
    }
    return n;
}

/* --- translation --- */

static void started(void **state)
{
    struct machine_unit *m = &machine[0];
    const uint64_t *entry;

    (void)state;
    assert_int_equal(host.nr_iommus, 1);
    assert_true(host.iommu[0] == BASE);
    assert_int_equal(m->reg[AMDVI_DEVICE_TABLE] & 0x1ff, 1); /* two pages: a bus */
    assert_true(m->reg[AMDVI_COMMAND_BASE] >> 56 == 8 && m->reg[AMDVI_EVENT_BASE] >> 56 == 8);
    assert_true(m->reg[AMDVI_CONTROL] == 0x1407); /* the HyperTransport bit is IVRS's */
    assert_int_equal(m->forgotten_all, 1);
    assert_true(iommu_covers(DEVICE));
    assert_false(iommu_covers(DEVICE + 8));
    entry = memory((m->reg[AMDVI_DEVICE_TABLE] & PAGE_MASK) + DEVICE * 32);
    assert_true(entry[1] == (1ULL << 40 | 1)); /* of settings 0x91: messages 1, LINT1, INIT; domain 1 */
    assert_true(entry[2] == (1ULL << 63 | 1ULL << 56));
    assert_non_null(strstr(logged(), "AMD-Vi: IOMMU 00:01.0 at 0xfed80000 translates dom0's DMA, 256 devices\n"));
}

/* A device reaches dom0's memory at dom0's addresses; not the guest's, not the hypervisor's. */
static void whose_memory(void **state)
{
    (void)state;
    for (gfn_t gfn = 0; gfn < FAKE_DOMAIN_PAGES; gfn++)
        arrives(gfn, gfn & 1, gfn);
    setup_started(state);
    refused(p2m_lookup(guest, 0).mfn, true);
    refused(hw->p2m.root, true);
    refused(virt_to_mfn(device_table), false);
    refused(1ULL << 35, false);
    refused(0x100, false);
}

static void foreign_and_grant_mappings(void **state)
{
    static const enum p2m_type types[] = { P2M_FOREIGN_RW, P2M_FOREIGN_RO, P2M_GRANT_RW, P2M_GRANT_RO };
    gfn_t gfn = 0x1000;

    for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
        mfn_t mfn = p2m_lookup(guest, i).mfn;
        struct p2m_entry old;

        refused(gfn, false);
        watched = mfn;
        assert_true(page_get(mfn_to_page(mfn), guest->id));
        assert_int_equal(p2m_set(hw, gfn, mfn, ORDER_4K, types[i], NULL), 0);
        arrives(gfn, false, mfn);
        arrives(gfn, true, p2m_is_writable(types[i]) ? mfn : REFUSED);
        /* The guest gives the page up while a device of dom0 writes to it. */
        assert_int_equal(p2m_set(guest, i, INVALID_MFN, ORDER_4K, P2M_NONE, &old), 0);
        p2m_release(guest, &old);
        assert_int_equal(mfn_to_page(mfn)->refs, 1);
        assert_int_equal(p2m_set(hw, gfn, INVALID_MFN, ORDER_4K, P2M_NONE, &old), 0);
        refused(gfn, false);
        refused(gfn, true);
        p2m_release(hw, &old);
        assert_int_equal(mfn_to_page(mfn)->refs, 0);
        assert_false(watched_was_free);
    }
    (void)state;
}

static void balloon(void **state)
{
    struct p2m_entry old;

    (void)state;
    arrives(5, true, 5);
    assert_int_equal(p2m_set(hw, 5, INVALID_MFN, ORDER_4K, P2M_NONE, &old), 0);
    p2m_release(hw, &old);
    refused(5, true);
    refused(5, false);
    assert_true(page_reclaim_boot(hw, 5));
    assert_int_equal(p2m_set(hw, 5, 5, ORDER_4K, P2M_RAM_RW, NULL), 0);
    arrives(5, true, 5);
}

/* The page of a grant table that dom0 maps is the hypervisor's. */
static void hypervisor_pages(void **state)
{
    void *page = hv_alloc_page();
    mfn_t mfn = virt_to_mfn(page);
    struct p2m_entry old;

    (void)state;
    assert_true(page_get(mfn_to_page(mfn), PAGE_OWNER_HV));
    assert_int_equal(p2m_set(hw, 0x1000, mfn, ORDER_4K, P2M_SHARED, NULL), 0);
    refused(0x1000, false);
    refused(0x1000, true);
    assert_int_equal(p2m_set(hw, 0x1000, INVALID_MFN, ORDER_4K, P2M_NONE, &old), 0);
    p2m_release(hw, &old);
    hv_free_page(page);
}

static void superpages(void **state)
{
    (void)state;
    assert_int_equal(p2m_set(hw, 0x40000, 0x80000, ORDER_1G, P2M_MMIO, NULL), 0);
    arrives(0x40000 + 0x12345, true, 0x80000 + 0x12345);
    assert_int_equal(p2m_set(hw, 0x40200, INVALID_MFN, ORDER_2M, P2M_NONE, NULL), 0); /* makes a table of it */
    refused(0x40201, true);
    arrives(0x40000 + 0x12345, true, 0x80000 + 0x12345);
    assert_int_equal(p2m_set(hw, 0x40401, INVALID_MFN, ORDER_4K, P2M_NONE, NULL), 0);
    refused(0x40401, true);
    arrives(0x40400, true, 0x80400);
}

/* Another domain's changes cost dom0's devices nothing. */
static void other_domains(void **state)
{
    unsigned head = machine[0].head;

    (void)state;
    assert_int_equal(p2m_set(guest, 0x200, 0x200, ORDER_4K, P2M_MMIO, NULL), 0);
    assert_int_equal(p2m_set(guest, 0x200, INVALID_MFN, ORDER_4K, P2M_NONE, NULL), 0);
    assert_int_equal(machine[0].head, head);
}

static void many_flushes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) { /* round the ring */
        assert_int_equal(p2m_set(hw, 0x1000, 0x80000 + i, ORDER_4K, P2M_MMIO, NULL), 0);
        arrives(0x1000, true, 0x80000 + i);
    }
}

/* --- what goes wrong --- */

static void expect_off(const char *why)
{
    assert_string_equal(iommu_off_reason(), why);
    assert_int_equal(nr_units, 0);
    assert_null(device_table);
    assert_int_equal(machine[0].reg[AMDVI_CONTROL], 0);
}

static void no_memory(void **state)
{
    unsigned n = 0;

    for (;; n++) {
        uint64_t pages, objects;

        setup(state);
        probe(2);
        pages = free_pages_count();
        objects = hv_heap_objects();
        fake_fail_alloc_after((int)n);
        iommu_start(hw);
        fake_fail_alloc_after(-1);
        if (!iommu_off_reason())
            break;
        expect_off("the AMD-Vi IOMMU could not be started");
        assert_true(hv_heap_objects() == objects);
        assert_true(free_pages_count() + 8 > pages && free_pages_count() <= pages); /* the heap keeps pages */
        assert_int_equal(timer_is_set(&poll_timer), false);
    }
    assert_true(n >= 4);
}

static void dead_at_start(void **state)
{
    (void)state;
    machine[1].dead = true;
    probe(2);
    iommu_start(hw);
    expect_off("the AMD-Vi IOMMU could not be started");
    assert_non_null(strstr(logged(), "AMD-Vi: cannot be used (-5)"));
}

/* What firmware left running does not stop. */
static void never_stops(void **state)
{
    (void)state;
    machine[0].reg[AMDVI_STATUS] = STATUS_COMMAND_RUN;
    probe(1);
    iommu_start(hw);
    expect_off("the AMD-Vi IOMMU could not be started");
}

static void unmap_page_3(void *unused)
{
    (void)unused;
    p2m_set(hw, 3, INVALID_MFN, ORDER_4K, P2M_NONE, NULL);
}

static void dead_later(void **state)
{
    (void)state;
    machine[0].dead = true;
    assert_true(fake_expect_panic(unmap_page_3, NULL));
    assert_non_null(strstr(logged(), "the IOMMU at 0xfed80000 does not answer"));
    spin_lock_init(&lock, RANK_IOMMU);
}

static void switched_off(void **state)
{
    (void)state;
    strcpy(host.cmdline, "iommu=off");
    probe(1);
    assert_int_equal(host.nr_iommus, 1); /* kept from dom0 all the same */
    iommu_start(hw);
    expect_off("the AMD-Vi IOMMU is not used (iommu=off)");
}

static void bad_table(void **state)
{
    (void)state;
    iommu_probe("", 1);
    iommu_start(hw);
    expect_off("the ACPI table IVRS, which says where the AMD-Vi IOMMU is, is not usable");
    assert_int_equal(host.nr_iommus, 0);
}

/* A unit without the command that forgets everything is told of each device. */
static void one_by_one(void **state)
{
    (void)state;
    machine[0].reg[AMDVI_FEATURES] = 0;
    probe(1);
    iommu_start(hw);
    assert_null(iommu_off_reason());
    assert_int_equal(machine[0].forgotten_all, 0);
    assert_int_equal(machine[0].forgotten_devices, 256);
    assert_int_equal(machine[0].forgotten_interrupts, 256);
}

/* --- events --- */

static void event(unsigned at, uint64_t first, uint64_t second)
{
    uint64_t *e = memory((machine[0].reg[AMDVI_EVENT_BASE] & ~(0xffULL << 56)) + at % 256 * 16);

    e[0] = first;
    e[1] = second;
    machine[0].reg[AMDVI_EVENT_TAIL] = (at + 1) % 256 * 16;
}

static const char *polled(void)
{
    logged();
    fake_time += SECONDS(1) + 1;
    timer_run();
    return logged();
}

static void event_lines(void **state)
{
    const char *text;

    (void)state;
    assert_string_equal(polled(), "");
    event(0, 2ULL << 60 | 1ULL << 53 | 1ULL << 32 | 0x10, 0x12345678);
    event(1, 2ULL << 60 | 1ULL << 52 | 1ULL << 53 | 0xfa, 0x1000);
    event(2, 2ULL << 60 | 1ULL << 51 | 0xffff, 0xfee00000);
    event(3, 1ULL << 60 | 0x18, 0x2000);
    event(4, 5ULL << 60, 0x3000);
    event(5, 15ULL << 60, 0);
    text = polled();
    assert_non_null(strstr(text, "AMD-Vi: device 00:02.0: write at 0x12345678 refused: the address is not dom0's"));
    assert_non_null(strstr(text, "AMD-Vi: device 00:1f.2: write at 0x1000 refused: the page is read-only"));
    assert_non_null(strstr(text, "AMD-Vi: device ff:1f.7: interrupt at 0xfee00000 refused"));
    assert_non_null(strstr(text, "AMD-Vi: device 00:03.0: read at 0x2000 refused: its entry of the device table"));
    assert_non_null(strstr(text, "AMD-Vi: at 0x3000: the IOMMU does not know a command"));
    assert_non_null(strstr(text, "event of an unknown kind (event f000)"));
    assert_int_equal(count(text, "AMD-Vi:"), 6);
    assert_int_equal(machine[0].reg[AMDVI_EVENT_HEAD], 6 * 16);
    assert_string_equal(polled(), ""); /* once each */
}

static void event_flood(void **state)
{
    const char *text;

    (void)state;
    for (unsigned round = 0; round < 3; round++) { /* round the ring */
        for (unsigned i = 0; i < 200; i++)
            event(round * 200 + i, 2ULL << 60 | 0x10, i);
        text = polled();
        assert_int_equal(count(text, "refused"), 8);
        assert_non_null(strstr(text, "AMD-Vi: and 192 more"));
    }
}

static void event_overflow(void **state)
{
    (void)state;
    event(254, 2ULL << 60 | 0x10, 0);
    machine[0].reg[AMDVI_STATUS] = STATUS_EVENT_OVERFLOW;
    machine[0].reg[AMDVI_STATUS] |= STATUS_EVENT_RUN; /* and it does not stop: the rest is tried all the same */
    assert_non_null(strstr(polled(), "AMD-Vi: the event log does not stop"));
    event(254, 2ULL << 60 | 0x10, 0);
    machine[0].reg[AMDVI_STATUS] = STATUS_EVENT_OVERFLOW;
    assert_non_null(strstr(polled(), "AMD-Vi: more events than the log could hold"));
    assert_int_equal(machine[0].reg[AMDVI_EVENT_HEAD], 0);
    assert_int_equal(machine[0].reg[AMDVI_EVENT_TAIL], 0);
    assert_true(machine[0].reg[AMDVI_CONTROL] == 0x1407);
    machine[0].reg[AMDVI_STATUS] = 0;
    event(0, 2ULL << 60 | 0x18, 0x77000);
    assert_non_null(strstr(polled(), "device 00:03.0: read at 0x77000"));
}

/* A tail that is no place in the ring is not followed out of it. */
static void event_tail_nonsense(void **state)
{
    (void)state;
    machine[0].reg[AMDVI_EVENT_TAIL] = UINT64_MAX;
    assert_int_equal(count(polled(), "refused"), 8);
    assert_in_range(machine[0].reg[AMDVI_EVENT_HEAD], 0, 4095);
}

#define TRANSLATING(test) cmocka_unit_test_setup_teardown(test, setup_started, teardown)
#define WITH_TWO(test) cmocka_unit_test_setup_teardown(test, setup_two, teardown)
#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRANSLATING(started), TRANSLATING(whose_memory), TRANSLATING(foreign_and_grant_mappings),
        WITH_TWO(foreign_and_grant_mappings), TRANSLATING(balloon), WITH_TWO(balloon), TRANSLATING(hypervisor_pages),
        TRANSLATING(superpages), WITH_TWO(superpages), TRANSLATING(other_domains), WITH_TWO(many_flushes),
        FRESH(no_memory), FRESH(dead_at_start), FRESH(never_stops), TRANSLATING(dead_later), FRESH(switched_off), FRESH(bad_table),
        FRESH(one_by_one), TRANSLATING(event_lines), TRANSLATING(event_flood), TRANSLATING(event_overflow),
        TRANSLATING(event_tail_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
