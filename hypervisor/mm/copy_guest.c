/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies between the hypervisor and guest memory, page by page; the frame is referenced while it is touched. */
#include "copy.h"

#include "cpu.h"
#include "arch.h"
#include "domain.h"
#include "errno.h"
#include "lib.h"
#include "p2m.h"
#include "page.h"

/* One piece within a page. from != NULL: write it to the guest; to != NULL: read; neither: write zeroes. */
struct piece {
    void *to;
    const void *from;
    size_t len;
};

static int piece_copy(struct domain *d, gpaddr_t gpa, const struct piece *p)
{
    uint8_t *guest;
    mfn_t mfn;

    if (p2m_get_page(d, gpa >> PAGE_SHIFT, p->to == NULL, &mfn))
        return -EFAULT;
    guest = (uint8_t *)mfn_to_virt(mfn) + gpa % PAGE_SIZE;
    if (p->to != NULL)
        memcpy(p->to, guest, p->len);
    else if (p->from != NULL)
        memcpy(guest, p->from, p->len);
    else
        memset(guest, 0, p->len);
    page_put(mfn_to_page(mfn));
    return 0;
}

/* Cut len bytes at addr into pieces; v: addr is virtual, of this vCPU; else guest-physical in d. */
static int copy_pieces(struct vcpu *v, struct domain *d, uint64_t addr, struct piece whole)
{
    uint32_t pfec = 0;

    if (whole.len > 0 && addr + (whole.len - 1) < addr)
        return -EFAULT;
    while (whole.len > 0) {
        struct piece p = whole;
        gpaddr_t gpa = addr;

        p.len = min_u64(whole.len, PAGE_SIZE - addr % PAGE_SIZE);
        if (v != NULL && arch_guest_walk(v, addr, whole.to == NULL ? GUEST_WALK_WRITE : 0, &gpa, &pfec))
            return -EFAULT;
        if (piece_copy(d, gpa, &p))
            return -EFAULT;
        addr += p.len;
        whole.len -= p.len;
        if (whole.to != NULL)
            whole.to = (uint8_t *)whole.to + p.len;
        if (whole.from != NULL)
            whole.from = (const uint8_t *)whole.from + p.len;
    }
    return 0;
}

int copy_from_guest(void *dst, guest_va_t src, size_t len)
{
    struct vcpu *v = current_vcpu();

    return copy_pieces(v, v->domain, src, (struct piece){ .to = dst, .len = len });
}

int copy_to_guest(guest_va_t dst, const void *src, size_t len)
{
    struct vcpu *v = current_vcpu();

    return copy_pieces(v, v->domain, dst, (struct piece){ .from = src, .len = len });
}

int clear_guest(guest_va_t dst, size_t len)
{
    struct vcpu *v = current_vcpu();

    return copy_pieces(v, v->domain, dst, (struct piece){ .len = len });
}

int copy_from_gpa(struct domain *d, void *dst, gpaddr_t src, size_t len)
{
    return copy_pieces(NULL, d, src, (struct piece){ .to = dst, .len = len });
}

int copy_to_gpa(struct domain *d, gpaddr_t dst, const void *src, size_t len)
{
    return copy_pieces(NULL, d, dst, (struct piece){ .from = src, .len = len });
}
