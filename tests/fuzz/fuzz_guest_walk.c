/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables of arbitrary contents under arbitrary control registers. Beyond the sanitizers: a walk takes no reference
 * with it, changes nothing but accessed and dirty bits, what it allows for writing it allows for reading, and a second
 * walk agrees with the first (but with PAE: an accessed bit in a table that is its own top table is reserved there).
 */
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "arch/x86/guest_walk.h"
#include "arch/x86/vcpu_regs.h"
#include "errno.h"
#include "fake.h"
#include "fuzz.h"
#include "page.h"

#define TABLES 8 /* gfns 1 .. 8 hold tables, each SLOTS entries that repeat */
#define SLOTS 4
#define ENTRIES (PAGE_SIZE / 8)
#define ACCESSED_DIRTY 0x60ULL
#define PFEC_ALL (PFEC_PRESENT | PFEC_WRITE | PFEC_USER | PFEC_RSVD | PFEC_FETCH)

struct header {
    uint64_t va;
    uint32_t cr0, cr4, efer;
    uint16_t cr3_low;
    uint8_t access, phys_bits, entry_bytes, odd;
};

static struct domain *d;
static uint64_t before[TABLES][ENTRIES];

static void *table(unsigned i)
{
    return fake_guest_ptr(d, (gpaddr_t)(i + 1) * PAGE_SIZE);
}

/* Tables point mostly at one another: the frame of an entry is cut to 4 bits unless its low bits say otherwise. */
static uint64_t sane_entry(uint64_t e)
{
    return (e & 0xe00) == 0xe00 ? e : e & 0x800000000000ffffULL;
}

static void fill_tables(const uint8_t *data, size_t size)
{
    for (unsigned t = 0; t < TABLES; t++) {
        for (unsigned i = 0; i < SLOTS; i++) {
            size_t at = (t * SLOTS + i) * 8;
            uint64_t e = 0;

            if (at < size)
                memcpy(&e, data + at, size - at < 8 ? size - at : 8);
            before[t][i] = sane_entry(e);
        }
        for (unsigned i = SLOTS; i < ENTRIES; i *= 2)
            memcpy(before[t] + i, before[t], i * 8);
        memcpy(table(t), before[t], PAGE_SIZE);
    }
}

/* Bits of a table that are not what they were, but for accessed and dirty bits (of either half) that were set. */
__attribute__((no_sanitize("address", "undefined", "coverage"))) static uint64_t wrong_bits(unsigned t)
{
    const uint64_t may_set = ACCESSED_DIRTY | ACCESSED_DIRTY << 32;
    const uint64_t *now = table(t);
    uint64_t wrong = 0;

    for (unsigned i = 0; i < ENTRIES; i++)
        wrong |= ((now[i] ^ before[t][i]) & ~may_set) | (before[t][i] & ~now[i]);
    return wrong;
}

static void check_tables(void)
{
    for (unsigned t = 0; t < TABLES; t++) {
        CHECK(wrong_bits(t) == 0);
        CHECK(mfn_to_page(p2m_lookup(d, t + 1).mfn)->refs == 1);
    }
}

static int walk(const struct guest_paging *pg, guest_va_t va, unsigned access, gpaddr_t *ret_gpa)
{
    uint32_t pfec = 0;
    int r;

    *ret_gpa = 0;
    r = guest_walk(pg, d, va, access, ret_gpa, &pfec);
    CHECK(r == 0 || (r == -EFAULT && (pfec & ~PFEC_ALL) == 0 && *ret_gpa == 0));
    CHECK(r || ((*ret_gpa ^ va) & (PAGE_SIZE - 1)) == 0);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct guest_paging pg;
    struct header h;
    gpaddr_t gpa, again;
    unsigned access;
    int r;

    if (size < sizeof(h))
        return 0;
    if (d == NULL) {
        fake_init(4);
        d = fake_domain(1, 1);
    }
    memcpy(&h, data, sizeof(h));
    pg = (struct guest_paging){ .cr0 = h.cr0, .cr3 = h.cr3_low, .cr4 = h.cr4, .efer = h.efer,
                                .phys_bits = h.phys_bits % 53 };
    access = h.access & (GUEST_WALK_WRITE | GUEST_WALK_USER | GUEST_WALK_FETCH);
    fill_tables(data + sizeof(h), size - sizeof(h));
    r = walk(&pg, h.va, access, &gpa);
    check_tables();
    if ((pg.cr4 & X86_CR4_PAE) && !(pg.efer & X86_EFER_LMA))
        return 0;
    CHECK(walk(&pg, h.va, access, &again) == r && again == gpa);
    if (r == 0 && !(access & GUEST_WALK_FETCH))
        CHECK(walk(&pg, h.va, access & ~GUEST_WALK_WRITE, &again) == 0 && again == gpa);
    check_tables();
    return 0;
}
