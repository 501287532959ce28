/* SPDX-License-Identifier: GPL-2.0-only */
/* Local APIC: registers by page and by MSR, enabling, priorities, end of interrupt. */
#include "vlapic.h"

#include "arch.h"
#include "domain.h"
#include "errno.h"
#include "event.h"
#include "hv.h"
#include "lib.h"
#include "page.h"

/* --- vector bitmaps inside the register array --- */

static bool vector_test(const struct vlapic *l, unsigned bank, uint8_t vector)
{
    return (READ_ONCE(l->reg[bank + vector / 32]) >> (vector % 32)) & 1;
}

static void vector_set(struct vlapic *l, unsigned bank, uint8_t vector)
{
    __atomic_fetch_or(&l->reg[bank + vector / 32], 1u << (vector % 32), __ATOMIC_SEQ_CST);
}

static void vector_clear(struct vlapic *l, unsigned bank, uint8_t vector)
{
    __atomic_fetch_and(&l->reg[bank + vector / 32], ~(1u << (vector % 32)), __ATOMIC_SEQ_CST);
}

static int vector_highest(const struct vlapic *l, unsigned bank)
{
    for (int word = 7; word >= 0; word--) {
        uint32_t bits = READ_ONCE(l->reg[bank + (unsigned)word]);

        if (bits)
            return word * 32 + (int)fls64(bits) - 1;
    }
    return -1;
}

/* --- enabling and priorities --- */

bool vlapic_enabled(const struct vcpu *v)
{
    return v->vlapic && (READ_ONCE(v->vlapic->base_msr) & APIC_BASE_EN);
}

bool vlapic_x2apic_mode(const struct vcpu *v)
{
    return v->vlapic && vlapic_is_x2(v->vlapic);
}

bool vlapic_accepts(const struct vcpu *v)
{
    return vlapic_enabled(v) && (READ_ONCE(v->vlapic->reg[APIC_SVR]) & APIC_SVR_ENABLE);
}

uint8_t vlapic_ppr(const struct vlapic *l)
{
    uint8_t tpr = (uint8_t)READ_ONCE(l->reg[APIC_TPR]);
    int in_service = vector_highest(l, APIC_ISR);
    uint8_t class = in_service < 0 ? 0 : in_service & 0xf0;

    return (tpr & 0xf0) >= class ? tpr : class;
}

int vlapic_pending(struct vcpu *v)
{
    int vector;

    if (!vlapic_accepts(v))
        return -1;
    vector = vector_highest(v->vlapic, APIC_IRR);
    if (vector < 0 || (vector & 0xf0) <= (vlapic_ppr(v->vlapic) & 0xf0))
        return -1;
    return vector;
}

void vlapic_accept(struct vcpu *v, uint8_t vector)
{
    vector_clear(v->vlapic, APIC_IRR, vector);
    vector_set(v->vlapic, APIC_ISR, vector);
}

bool vlapic_held_by_tpr(const struct vcpu *v)
{
    int vector, in_service;

    if (!vlapic_accepts(v))
        return false;
    vector = vector_highest(v->vlapic, APIC_IRR);
    in_service = vector_highest(v->vlapic, APIC_ISR);
    return vector >= 16 && vector / 16 <= vlapic_get_tpr(v) / 16 && (in_service < 0 || vector / 16 > in_service / 16);
}

uint8_t vlapic_get_tpr(const struct vcpu *v)
{
    return v->vlapic ? (uint8_t)v->vlapic->reg[APIC_TPR] : 0;
}

void vlapic_set_tpr(struct vcpu *v, uint8_t tpr)
{
    if (v->vlapic)
        WRITE_ONCE(v->vlapic->reg[APIC_TPR], tpr);
}

void vlapic_raise(struct vcpu *v, uint8_t vector, bool level)
{
    if (vector < 16) {
        vlapic_error(v, APIC_ESR_RECV_ILLEGAL);
        return;
    }
    if (level)
        vector_set(v->vlapic, APIC_TMR, vector);
    else
        vector_clear(v->vlapic, APIC_TMR, vector);
    vector_set(v->vlapic, APIC_IRR, vector);
    vcpu_kick(v);
}

void vlapic_raise_upcall(struct vcpu *v)
{
    if (v->upcall_vector && vlapic_accepts(v))
        vlapic_raise(v, v->upcall_vector, false);
}

/* The error's own interrupt must not be able to cause an error again, hence the test of its vector. */
void vlapic_error(struct vcpu *v, uint32_t esr_bit)
{
    struct vlapic *l = v->vlapic;
    uint32_t lvt = READ_ONCE(l->reg[APIC_LVT_ERROR]);

    __atomic_fetch_or(&l->latent_errors, esr_bit, __ATOMIC_SEQ_CST);
    if (!(lvt & APIC_LVT_MASKED) && (lvt & 0xff) >= 16)
        vlapic_raise(v, (uint8_t)lvt, false);
}

/* --- register writes --- */

static void write_tpr(struct vcpu *v, unsigned nr, uint32_t value)
{
    (void)nr;
    vlapic_set_tpr(v, (uint8_t)value);
}

static void write_plain(struct vcpu *v, unsigned nr, uint32_t value)
{
    WRITE_ONCE(v->vlapic->reg[nr], value);
}

static void write_eoi(struct vcpu *v, unsigned nr, uint32_t value)
{
    struct vlapic *l = v->vlapic;
    int vector = vector_highest(l, APIC_ISR);

    (void)nr;
    (void)value;
    if (vector < 0)
        return;
    vector_clear(l, APIC_ISR, (uint8_t)vector);
    if (vector_test(l, APIC_TMR, (uint8_t)vector))
        vioapic_eoi(v->domain, (uint8_t)vector);
}

static void write_dfr(struct vcpu *v, unsigned nr, uint32_t value)
{
    write_plain(v, nr, value | 0x0fffffff);
}

static void write_svr(struct vcpu *v, unsigned nr, uint32_t value)
{
    bool was_on = v->vlapic->reg[nr] & APIC_SVR_ENABLE;

    write_plain(v, nr, value);
    if (value & APIC_SVR_ENABLE) {
        /* evtchn_mark_upcall first marks and then looks here: one of the two sees the other's. */
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (!was_on && evtchn_upcall_pending(v))
            vlapic_raise_upcall(v);
        return;
    }
    for (unsigned lvt = APIC_LVTT; lvt <= APIC_LVT_ERROR; lvt++)
        v->vlapic->reg[lvt] |= APIC_LVT_MASKED;
}

static void write_esr(struct vcpu *v, unsigned nr, uint32_t value)
{
    (void)value;
    v->vlapic->reg[nr] = __atomic_exchange_n(&v->vlapic->latent_errors, 0, __ATOMIC_SEQ_CST);
}

static void write_lvt(struct vcpu *v, unsigned nr, uint32_t value)
{
    if (!(v->vlapic->reg[APIC_SVR] & APIC_SVR_ENABLE))
        value |= APIC_LVT_MASKED;
    if (nr == APIC_LVTT)
        vlapic_timer_set_lvt(v, value);
    else
        write_plain(v, nr, value);
}

static void write_icr(struct vcpu *v, unsigned nr, uint32_t value)
{
    (void)nr;
    vlapic_icr_write(v, value, v->vlapic->reg[APIC_ICR2] >> 24);
}

static void write_tmict(struct vcpu *v, unsigned nr, uint32_t value)
{
    (void)nr;
    vlapic_timer_set_initial(v, value);
}

static void write_tdcr(struct vcpu *v, unsigned nr, uint32_t value)
{
    (void)nr;
    vlapic_timer_set_divide(v, value);
}

static void write_self_ipi(struct vcpu *v, unsigned nr, uint32_t value)
{
    (void)nr;
    if (value < 16)
        vlapic_error(v, APIC_ESR_SEND_ILLEGAL);
    else
        vlapic_raise(v, (uint8_t)value, false);
}

/* --- the register file: who may touch what, in which mode --- */

#define MMIO_R (1u << 0)
#define MMIO_W (1u << 1)
#define MSR_R (1u << 2)
#define MSR_W (1u << 3)
#define READ_BOTH (MMIO_R | MSR_R)
#define RW_BOTH (MMIO_R | MMIO_W | MSR_R | MSR_W)

#define LVT_STATUS 0x1000u        /* delivery status: read-only, may be written with anything */
#define LVT_LINT_STATUS 0x5000u   /* and remote IRR */

static const struct apic_reg {
    uint32_t access;
    uint32_t writable;  /* bits kept of a written value; an MSR write with other bits set faults */
    uint32_t tolerated; /* read-only bits that an MSR write may carry */
    void (*write)(struct vcpu *v, unsigned nr, uint32_t value);
} apic_regs[APIC_NR_REGS] = {
    [APIC_ID] = { .access = READ_BOTH },
    [APIC_VERSION] = { .access = READ_BOTH },
    [APIC_TPR] = { RW_BOTH, 0xff, 0, write_tpr },
    [APIC_APR] = { .access = MMIO_R },
    [APIC_PPR] = { .access = READ_BOTH },
    [APIC_EOI] = { MMIO_W | MSR_W, 0, 0, write_eoi },
    [APIC_RRD] = { .access = MMIO_R },
    [APIC_LDR] = { MMIO_R | MMIO_W | MSR_R, 0xff000000, 0, write_plain },
    [APIC_DFR] = { MMIO_R | MMIO_W, 0xf0000000, 0, write_dfr },
    [APIC_SVR] = { RW_BOTH, 0x3ff, 0, write_svr },
    [APIC_ISR ... APIC_ISR + 7] = { .access = READ_BOTH },
    [APIC_TMR ... APIC_TMR + 7] = { .access = READ_BOTH },
    [APIC_IRR ... APIC_IRR + 7] = { .access = READ_BOTH },
    [APIC_ESR] = { RW_BOTH, 0, 0, write_esr },
    [APIC_ICR] = { RW_BOTH, 0x000ccfff, 0, write_icr }, /* by MSR: 64 bits, icr_wrmsr */
    [APIC_ICR2] = { MMIO_R | MMIO_W, 0xff000000, 0, write_plain },
    [APIC_LVTT] = { RW_BOTH, 0x700ff, LVT_STATUS, write_lvt },
    [APIC_LVT_THERMAL] = { RW_BOTH, 0x107ff, LVT_STATUS, write_lvt },
    [APIC_LVT_PERF] = { RW_BOTH, 0x107ff, LVT_STATUS, write_lvt },
    [APIC_LVT_LINT0] = { RW_BOTH, 0x1a7ff, LVT_LINT_STATUS, write_lvt },
    [APIC_LVT_LINT1] = { RW_BOTH, 0x1a7ff, LVT_LINT_STATUS, write_lvt },
    [APIC_LVT_ERROR] = { RW_BOTH, 0x100ff, LVT_STATUS, write_lvt },
    [APIC_TMICT] = { RW_BOTH, 0xffffffff, 0, write_tmict },
    [APIC_TMCCT] = { .access = READ_BOTH },
    [APIC_TDCR] = { RW_BOTH, 0xb, 0, write_tdcr },
    [APIC_SELF_IPI] = { MSR_W, 0xff, 0, write_self_ipi },
};

static uint32_t reg_read(struct vcpu *v, unsigned nr)
{
    const struct vlapic *l = v->vlapic;

    switch (nr) {
    case APIC_PPR:
        return vlapic_ppr(l);
    case APIC_TMCCT:
        return vlapic_timer_count(l);
    default:
        return READ_ONCE(l->reg[nr]);
    }
}

/* --- the page --- */

/* The page is claimed in every mode, so that nobody ever sees the machine's own APIC there. */
bool vlapic_mmio_match(const struct vcpu *v, uint64_t addr)
{
    return v->vlapic && (addr & PAGE_MASK) == (v->vlapic->base_msr & PAGE_MASK);
}

static void mmio_write(struct vcpu *v, unsigned nr, uint32_t value)
{
    if (!(apic_regs[nr].access & MMIO_W))
        vlapic_error(v, APIC_ESR_BAD_REGISTER);
    else
        apic_regs[nr].write(v, nr, value & apic_regs[nr].writable);
}

static uint64_t mmio_read(struct vcpu *v, unsigned nr, unsigned byte, unsigned size)
{
    uint32_t value = 0;

    if (apic_regs[nr].access & MMIO_R)
        value = reg_read(v, nr);
    else if (nr != APIC_EOI)
        vlapic_error(v, APIC_ESR_BAD_REGISTER);
    return (value >> (8 * byte)) & (~0u >> (8 * (4 - size)));
}

/*
 * The architecture defines aligned 32-bit accesses to the first four bytes of each 16 only. Narrower reads inside them
 * give the bytes; anything else reads as ones, and other writes are dropped.
 */
void vlapic_mmio(struct vcpu *v, struct io_req *req)
{
    unsigned offset = req->addr & (PAGE_SIZE - 1), nr = offset >> 4, byte = offset & 0xf;
    bool usable = vlapic_enabled(v) && !vlapic_x2apic_mode(v) && nr < APIC_NR_REGS && byte + req->size <= 4;

    if (!req->write)
        req->data = usable ? mmio_read(v, nr, byte, req->size) : ~0ULL >> (8 * (8 - req->size));
    else if (usable && req->size == 4)
        mmio_write(v, nr, (uint32_t)req->data);
}

/* --- power-up, INIT, the base register --- */

/* SDM "Logical destination mode in x2APIC mode": cluster and bit follow from the ID. */
static uint32_t x2apic_ldr(uint32_t id)
{
    return (id >> 4) << 16 | 1u << (id & 0xf);
}

static void identity_set(struct vcpu *v)
{
    uint32_t id = vlapic_id_of_vcpu(v->id);
    struct vlapic *l = v->vlapic;

    l->reg[APIC_ID] = vlapic_is_x2(l) ? id : id << 24;
    l->reg[APIC_LDR] = vlapic_is_x2(l) ? x2apic_ldr(id) : 0;
}

void vlapic_take_init(struct vcpu *v)
{
    struct vlapic *l = v->vlapic;

    vlapic_timer_reset(v);
    memset(l->reg, 0, sizeof(l->reg));
    l->latent_errors = 0;
    identity_set(v);
    l->reg[APIC_VERSION] = APIC_VERSION_VALUE;
    l->reg[APIC_DFR] = 0xffffffff;
    l->reg[APIC_SVR] = 0xff;
    for (unsigned lvt = APIC_LVTT; lvt <= APIC_LVT_ERROR; lvt++)
        l->reg[lvt] = APIC_LVT_MASKED;
}

void vlapic_reset(struct vcpu *v)
{
    v->vlapic->base_msr = APIC_DEFAULT_BASE | APIC_BASE_EN | (v->id == 0 ? APIC_BASE_BSP : 0);
    vlapic_take_init(v);
}

/* Modes are the EN and EXTD bits: 0 off, 2 xAPIC, 3 x2APIC (SDM "x2APIC state transitions"). */
static bool mode_change_allowed(unsigned from, unsigned to)
{
    static const bool allowed[4][4] = {
        [0] = { [0] = true, [2] = true },
        [2] = { [0] = true, [2] = true, [3] = true },
        [3] = { [0] = true, [3] = true },
    };

    return allowed[from][to];
}

static unsigned mode_of(uint64_t base_msr)
{
    return (base_msr >> 10) & 3;
}

static int base_wrmsr(struct vcpu *v, uint64_t value)
{
    struct vlapic *l = v->vlapic;
    unsigned from = mode_of(l->base_msr), to = mode_of(value);
    uint64_t address = ((1ULL << (host.phys_bits ? host.phys_bits : 36)) - 1) & PAGE_MASK;

    if (value & ~(address | APIC_BASE_BSP | APIC_BASE_EXTD | APIC_BASE_EN))
        return -EPERM;
    if (!mode_change_allowed(from, to))
        return -EPERM;

    WRITE_ONCE(l->base_msr, (value & ~APIC_BASE_BSP) | (l->base_msr & APIC_BASE_BSP));
    if (from != to) {
        if (to == 0)
            vlapic_take_init(v);
        else
            identity_set(v);
    }
    return 0;
}

/* --- x2APIC registers by MSR --- */

static int x2apic_rdmsr(struct vcpu *v, unsigned nr, uint64_t *ret_value)
{
    if (!vlapic_x2apic_mode(v) || nr >= APIC_NR_REGS || !(apic_regs[nr].access & MSR_R))
        return -EPERM;
    *ret_value = reg_read(v, nr);
    if (nr == APIC_ICR)
        *ret_value |= (uint64_t)v->vlapic->reg[APIC_ICR2] << 32;
    return 0;
}

static int x2apic_wrmsr(struct vcpu *v, unsigned nr, uint64_t value)
{
    const struct apic_reg *reg;

    if (!vlapic_x2apic_mode(v) || nr >= APIC_NR_REGS || !(apic_regs[nr].access & MSR_W))
        return -EPERM;
    reg = &apic_regs[nr];
    if ((uint32_t)value & ~(reg->writable | reg->tolerated))
        return -EPERM;
    if (nr == APIC_ICR) {
        v->vlapic->reg[APIC_ICR2] = (uint32_t)(value >> 32);
        vlapic_icr_write(v, (uint32_t)value, (uint32_t)(value >> 32));
        return 0;
    }
    if (value >> 32)
        return -EPERM;
    reg->write(v, nr, (uint32_t)value & reg->writable);
    return 0;
}

int vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *ret_value)
{
    if (!v->vlapic)
        return -EPERM;
    if (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST)
        return x2apic_rdmsr(v, msr - MSR_X2APIC_FIRST, ret_value);
    switch (msr) {
    case MSR_APIC_BASE:
        *ret_value = v->vlapic->base_msr;
        return 0;
    case MSR_TSC_DEADLINE:
        *ret_value = vlapic_timer_tsc_deadline(v->vlapic);
        return 0;
    default:
        return -EPERM;
    }
}

int vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
    if (!v->vlapic)
        return -EPERM;
    if (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST)
        return x2apic_wrmsr(v, msr - MSR_X2APIC_FIRST, value);
    switch (msr) {
    case MSR_APIC_BASE:
        return base_wrmsr(v, value);
    case MSR_TSC_DEADLINE:
        vlapic_timer_set_tsc_deadline(v, value);
        return 0;
    default:
        return -EPERM;
    }
}

/* --- life --- */

int vlapic_create(struct vcpu *v)
{
    int rc;

    v->vlapic = hv_zalloc(sizeof(*v->vlapic));
    if (!v->vlapic)
        return -ENOMEM;
    rc = vlapic_timer_create(v);
    if (rc) {
        hv_free(v->vlapic);
        v->vlapic = NULL;
        return rc;
    }
    vlapic_reset(v);
    return 0;
}

void vlapic_destroy(struct vcpu *v)
{
    if (!v->vlapic)
        return;
    vlapic_timer_destroy(v);
    hv_free(v->vlapic);
    v->vlapic = NULL;
}
