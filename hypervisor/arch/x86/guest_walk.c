/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walker for guest page tables: no paging, 32-bit with and without PSE, PAE, four levels. It knows a guest only by
 * struct guest_paging and its p2m, so the host-built tests run all of it.
 */
#include "guest_walk.h"

#include "errno.h"
#include "p2m.h"
#include "page.h"
#include "vcpu_regs.h"
#include "arch.h"

#define PTE_P (1ULL << 0)
#define PTE_RW (1ULL << 1)
#define PTE_US (1ULL << 2)
#define PTE_A (1ULL << 5)
#define PTE_D (1ULL << 6)
#define PTE_PS (1ULL << 7)
#define PTE_NX (1ULL << 63)
#define PTE_ADDR 0x000ffffffffff000ULL
/*
 * Bits 1, 2, 6-8: PAE's top entries carry no rights. Bit 5 is reserved too, and no processor takes an entry with it into
 * its registers; but QEMU marks these entries accessed like any other.
 */
#define PDPTE_PAE_RSVD 0x1c6ULL
#define MAX_TRIES 16            /* a guest that keeps changing an entry while it is walked gets a fault */

#define BITS(low, high) (((1ULL << ((high) - (low) + 1)) - 1) << (low))

enum paging_mode { PAGING_32, PAGING_PAE, PAGING_LONG };

struct walk {
    enum paging_mode mode;
    unsigned levels, index_bits, entry_size;
    bool nx, pse;        /* EFER.NX; large pages in 32-bit mode */
    uint64_t rsvd;       /* bits that no entry may have set */
    uint64_t rights;     /* RW, US of all entries so far, and-ed */
    bool no_exec;
};

static void walk_init(struct walk *w, const struct guest_paging *pg)
{
    unsigned phys_bits = pg->phys_bits != 0 ? pg->phys_bits : 52;

    *w = (struct walk){ .rights = PTE_RW | PTE_US, .index_bits = 9, .entry_size = 8 };
    w->pse = true;
    if (!(pg->cr4 & X86_CR4_PAE)) {
        w->mode = PAGING_32;
        w->levels = 2;
        w->index_bits = 10;
        w->entry_size = 4;
        w->pse = pg->cr4 & X86_CR4_PSE;
        return;
    }
    w->mode = pg->efer & X86_EFER_LMA ? PAGING_LONG : PAGING_PAE;
    w->levels = w->mode == PAGING_LONG ? 4 : 3;
    w->nx = pg->efer & X86_EFER_NX;
    if (phys_bits < 52)
        w->rsvd = BITS(phys_bits, 51);
    if (w->mode == PAGING_PAE)
        w->rsvd |= BITS(52, 62);
    if (!w->nx)
        w->rsvd |= PTE_NX;
}

static gpaddr_t walk_root(const struct walk *w, uint64_t cr3)
{
    if (w->mode == PAGING_LONG)
        return cr3 & PTE_ADDR;
    return cr3 & (w->mode == PAGING_PAE ? 0xffffffe0ULL : 0xfffff000ULL);
}

/*
 * Address of an entry in the direct map, with a reference on its page; NULL: not in RAM. A table may lie in memory that
 * the guest may only read, another domain's even: then its entries are not marked.
 */
static void *entry_map(struct domain *d, gpaddr_t gpa, mfn_t *ret_mfn, bool *ret_writable)
{
    int rc = p2m_get_page(d, gpa >> PAGE_SHIFT, true, ret_mfn);

    *ret_writable = rc == 0;
    if (rc == -EACCES)
        rc = p2m_get_page(d, gpa >> PAGE_SHIFT, false, ret_mfn);
    return rc ? NULL : (uint8_t *)mfn_to_virt(*ret_mfn) + gpa % PAGE_SIZE;
}

static uint64_t entry_read(const struct walk *w, const void *p)
{
    return w->entry_size == 8 ? __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED)
                              : __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);
}

/* Set accessed or dirty bits if the entry still is what was read: 0, -EAGAIN. */
static int entry_mark(const struct walk *w, void *p, uint64_t old, uint64_t bits)
{
    uint32_t old32 = (uint32_t)old;
    bool ok;

    if (w->entry_size == 8)
        ok = __atomic_compare_exchange_n((uint64_t *)p, &old, old | bits, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    else
        ok = __atomic_compare_exchange_n((uint32_t *)p, &old32, old32 | (uint32_t)bits, false, __ATOMIC_RELAXED,
                                         __ATOMIC_RELAXED);
    return ok ? 0 : -EAGAIN;
}

static unsigned level_shift(const struct walk *w, unsigned level)
{
    return PAGE_SHIFT + w->index_bits * (level - 1);
}

static bool is_pdpte(const struct walk *w, unsigned level)
{
    return w->mode == PAGING_PAE && level == 3;
}

static bool is_leaf(const struct walk *w, uint64_t e, unsigned level)
{
    if (level == 1)
        return true;
    return (e & PTE_PS) && w->pse && level < 4 && !is_pdpte(w, level);
}

static bool has_reserved(const struct walk *w, uint64_t e, unsigned level)
{
    uint64_t rsvd = w->rsvd;

    if (is_pdpte(w, level))
        rsvd |= PDPTE_PAE_RSVD | PTE_NX;
    else if (level == 4)
        rsvd |= PTE_PS;
    else if (level > 1 && is_leaf(w, e, level))
        rsvd |= w->mode == PAGING_32 ? 1ULL << 21 : BITS(13, level_shift(w, level) - 1);
    return e & rsvd;
}

static gpaddr_t leaf_address(const struct walk *w, uint64_t e, unsigned level, guest_va_t va)
{
    uint64_t offset = (1ULL << level_shift(w, level)) - 1;
    gpaddr_t base = e & PTE_ADDR & ~offset;

    if (w->mode == PAGING_32 && level == 2)
        base |= ((e >> 13) & 0xff) << 32; /* PSE-36 */
    return base | (va & offset);
}

static bool permitted(const struct walk *w, const struct guest_paging *pg, unsigned access)
{
    bool user = access & GUEST_WALK_USER;

    if (user && !(w->rights & PTE_US))
        return false;
    if ((access & GUEST_WALK_WRITE) && !(w->rights & PTE_RW) && (user || (pg->cr0 & X86_CR0_WP)))
        return false;
    return !((access & GUEST_WALK_FETCH) && w->no_exec);
}

/*
 * What one entry contributes; -EFAULT with bits for the error code, -EAGAIN when it changed under us, -EROFS when it
 * must be marked and cannot.
 */
static int entry_use(struct walk *w, const struct guest_paging *pg, void *p, unsigned level, unsigned access,
                     bool writable, uint64_t *ret_entry, uint32_t *pfec)
{
    uint64_t e = entry_read(w, p), mark = PTE_A;

    *ret_entry = e;
    if (!(e & PTE_P))
        return -EFAULT;
    if (has_reserved(w, e, level)) {
        *pfec |= PFEC_PRESENT | PFEC_RSVD;
        return -EFAULT;
    }
    if (is_pdpte(w, level))
        return 0;
    w->rights &= e;
    w->no_exec |= w->nx && (e & PTE_NX);
    if (is_leaf(w, e, level)) {
        if (!permitted(w, pg, access)) {
            *pfec |= PFEC_PRESENT;
            return -EFAULT;
        }
        if (access & GUEST_WALK_WRITE)
            mark |= PTE_D;
    }
    if ((e & mark) == mark)
        return 0;
    return writable ? entry_mark(w, p, e, mark) : -EROFS;
}

static int walk_once(const struct guest_paging *pg, struct domain *d, guest_va_t va, unsigned access,
                     gpaddr_t *ret_gpa, uint32_t *pfec)
{
    struct walk w;
    gpaddr_t table;

    walk_init(&w, pg);
    table = walk_root(&w, pg->cr3);
    for (unsigned level = w.levels;; level--) {
        uint64_t index = (va >> level_shift(&w, level)) & ((1ULL << w.index_bits) - 1), e;
        bool writable;
        mfn_t mfn;
        void *p = entry_map(d, table + index * w.entry_size, &mfn, &writable);
        int rc;

        if (p == NULL)
            return -EFAULT;
        rc = entry_use(&w, pg, p, level, access, writable, &e, pfec);
        page_put(mfn_to_page(mfn));
        if (rc)
            return rc;
        if (is_leaf(&w, e, level)) {
            *ret_gpa = leaf_address(&w, e, level, va);
            return 0;
        }
        table = e & PTE_ADDR;
    }
}

static bool is_canonical(guest_va_t va)
{
    return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

static uint32_t pfec_of(const struct guest_paging *pg, unsigned access)
{
    bool nx = (pg->cr4 & X86_CR4_PAE) && (pg->efer & X86_EFER_NX);

    return (access & GUEST_WALK_WRITE ? PFEC_WRITE : 0) | (access & GUEST_WALK_USER ? PFEC_USER : 0) |
           (access & GUEST_WALK_FETCH && nx ? PFEC_FETCH : 0);
}

int guest_walk(const struct guest_paging *pg, struct domain *d, guest_va_t va, unsigned access, gpaddr_t *ret_gpa,
               uint32_t *ret_pfec)
{
    bool is_long = pg->efer & X86_EFER_LMA;
    int rc = -EFAULT;

    if (!is_long)
        va = (uint32_t)va;
    if (!(pg->cr0 & X86_CR0_PG)) {
        *ret_gpa = va;
        return 0;
    }
    *ret_pfec = pfec_of(pg, access);
    if (is_long && !is_canonical(va))
        return -EFAULT;
    for (unsigned i = 0; i < MAX_TRIES; i++) {
        rc = walk_once(pg, d, va, access, ret_gpa, ret_pfec);
        if (rc != -EAGAIN)
            return rc ? -EFAULT : 0;
    }
    return -EFAULT;
}
