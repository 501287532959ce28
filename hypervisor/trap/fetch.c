/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the guest's instruction at RIP. */
#include "trap/fetch.h"

#include "arch.h"
#include "hv.h"
#include "lib.h"
#include "p2m.h"
#include "vcpu_regs.h"

static uint64_t address(const struct vcpu *v)
{
    return arch_vcpu_cs_base(v) + arch_vcpu_rip(v);
}

static unsigned access_as(const struct vcpu *v)
{
    return GUEST_WALK_FETCH | (arch_vcpu_cpl(v) == 3 ? GUEST_WALK_USER : 0);
}

unsigned fetch_instruction(struct vcpu *v, uint8_t bytes[MAX_INSN])
{
    uint64_t va = address(v);
    unsigned done = 0;

    while (done < MAX_INSN) {
        unsigned part = (unsigned)min_u64(MAX_INSN - done, PAGE_SIZE - ((va + done) & ~PAGE_MASK));
        gpaddr_t gpa;
        uint32_t pfec;

        if (arch_guest_walk(v, va + done, access_as(v), &gpa, &pfec) ||
            copy_from_gpa(v->domain, bytes + done, gpa, part))
            break;
        done += part;
    }
    return done;
}

/*
 * The page of RAM that va is in, remembered as long as the p2m and CR3 are the same. A guest that changes its page tables
 * or ends up in another page otherwise is told a byte that was there a moment ago: NULL or a wrong byte leads to the
 * whole instruction being read.
 */
static const uint8_t *remember_page(struct vcpu *v, uint64_t va, uint64_t cr3)
{
    struct fetch_cache *c = &v->arch.fetch_cache;
    struct p2m_entry entry;
    gpaddr_t gpa;
    uint32_t pfec;

    if (arch_guest_walk(v, va, access_as(v), &gpa, &pfec))
        return NULL;
    entry = p2m_lookup(v->domain, gpa >> PAGE_SHIFT);
    if (!p2m_is_ram(entry.type))
        return NULL;
    *c = (struct fetch_cache){
        .bytes = mfn_to_virt(entry.mfn), .page = va >> PAGE_SHIFT, .cr3 = cr3, .generation = v->arch.flush_generation
    };
    return c->bytes;
}

static inline const uint8_t *page_at(struct vcpu *v, uint64_t va, uint64_t cr3)
{
    const struct fetch_cache *c = &v->arch.fetch_cache;

    if (likely(c->bytes && c->page == va >> PAGE_SHIFT && c->cr3 == cr3 && c->generation == v->arch.flush_generation))
        return c->bytes;
    return remember_page(v, va, cr3);
}

/* In any order, any number; a REX among the others is one more byte without a meaning. */
static bool is_prefix(uint8_t b, unsigned mode)
{
    switch (b) {
    case 0x26: case 0x2e: case 0x36: case 0x3e:
    case 0x64: case 0x65: case 0x66: case 0x67:
    case 0xf0: case 0xf2: case 0xf3:
        return true;
    default:
        return mode == 64 && (b & 0xf0) == 0x40;
    }
}

static unsigned count_prefixes(struct vcpu *v, uint8_t opcode)
{
    uint8_t bytes[MAX_INSN];
    unsigned len, n = 0, mode;

    len = fetch_instruction(v, bytes);
    mode = arch_vcpu_mode(v);
    while (n < len && bytes[n] != opcode && is_prefix(bytes[n], mode))
        n++;
    return n < len && bytes[n] == opcode ? n : 0;
}

unsigned fetch_prefixes(struct vcpu *v, uint64_t va, uint64_t cr3, uint8_t opcode)
{
    const uint8_t *page = page_at(v, va, cr3);

    if (likely(page && READ_ONCE(page[va & ~PAGE_MASK]) == opcode))
        return 0;
    return count_prefixes(v, opcode);
}
