/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest gets at its next entry: exceptions queued by handlers, NMIs, then interrupts. */
#include "device.h"
#include "domain.h"
#include "event.h"
#include "svm_internal.h"
#include "vcpu_regs.h"

static void inject(struct vmcb *b, unsigned type, uint8_t vector, bool has_error, uint32_t error)
{
    b->event_inject = EVENTINJ_VALID | (uint64_t)type << 8 | vector | (has_error ? EVENTINJ_ERROR_VALID : 0) |
                      (has_error ? (uint64_t)error << 32 : 0);
}

/*
 * V_IRQ is set: a CR8 write must not come now, QEMU 7.2 aborts at it. Before an offered interrupt it comes when the
 * delivery faults.
 */
static void set_virq(struct vmcb *b, uint64_t bits)
{
    b->vintr |= VINTR_IRQ | VINTR_PRIO | VINTR_IGN_TPR | bits;
    b->intercept_cr |= SVM_CR8_WRITE;
}

/*
 * An interrupt that the guest can take now. It is a virtual interrupt, not an injected event: QEMU TCG delivers an
 * injected interrupt again if its CPU thread is kicked before the next exit (decisions.md 13).
 */
static void offer(struct vmcb *b, uint8_t vector)
{
    set_virq(b, (uint64_t)vector << VINTR_VECTOR_SHIFT);
}

/*
 * The guest took what was offered unless V_IRQ is still there or the exit cut its delivery short. The local APIC's is in
 * service then; otherwise it is pending as before, and the callback always speaks for itself.
 */
void svm_settle_injection(struct vcpu *v)
{
    const struct vmcb *b = v->arch.vmcb;
    bool cut_short = (b->exit_int_info & (EVENTINJ_VALID | 7 << 8)) == (EVENTINJ_VALID | EVENT_EXTINT << 8);

    if (v->arch.offered_vector && !(b->vintr & VINTR_IRQ) && !cut_short)
        vlapic_accept(v, v->arch.offered_vector);
    v->arch.offered_vector = 0;
}

/* Ask for an exit as soon as the guest can take an interrupt. */
static void open_window(struct vmcb *b)
{
    b->intercept1 |= SVM_VINTR;
    set_virq(b, 0);
}

static void close_window(struct vmcb *b)
{
    b->intercept_cr &= ~SVM_CR8_WRITE;
    b->intercept1 &= ~(uint32_t)SVM_VINTR;
    b->vintr &= ~(VINTR_IRQ | VINTR_PRIO | VINTR_IGN_TPR | VINTR_VECTOR);
}

/* Also for a vCPU with a vector of its own: that comes through the local APIC besides, which may be disabled. */
static bool callback_pending(const struct vcpu *v)
{
    return v->domain->arch.callback_vector && evtchn_upcall_pending(v);
}

void svm_nmi_iret(struct vcpu *v)
{
    v->arch.nmi_iret_rip = v->arch.vmcb->rip;
}

/*
 * An NMI handler ends with its IRET, which exits before it is executed: the mask is gone once RIP has moved on. With
 * interrupts enabled at the IRET the handler is open to anything anyway, so it is not worth waiting.
 */
static void update_nmi_mask(struct vcpu *v, struct vmcb *b)
{
    bool reached = v->arch.nmi_iret_rip != ~0ULL;

    if (v->arch.nmi_masked && reached && (v->arch.nmi_iret_rip != b->rip || (b->rflags & X86_RFLAGS_IF)))
        v->arch.nmi_masked = false;
    if (v->arch.nmi_masked && !reached)
        b->intercept1 |= SVM_IRET;
    else
        b->intercept1 &= ~(uint32_t)SVM_IRET;
}

static void inject_nmi(struct vcpu *v, struct vmcb *b)
{
    v->arch.nmi_pending = false;
    v->arch.nmi_masked = true;
    v->arch.nmi_iret_rip = ~0ULL;
    b->intercept1 |= SVM_IRET;
    inject(b, EVENT_NMI, X86_NMI_VECTOR, false, 0);
}

enum given { GIVEN_OTHER, GIVEN_CALLBACK, GIVEN_LAPIC };

/* Put the most urgent event that the guest can take into the VMCB. */
static enum given inject_next(struct vcpu *v, struct vmcb *b, bool callback)
{
    struct pending_event *e = &v->arch.event;
    bool shadow = b->interrupt_shadow & 1;
    int vector;

    if (e->valid) {
        inject(b, e->type, e->vector, e->has_error, e->error);
        e->valid = false;
        return GIVEN_OTHER;
    }
    if (v->arch.nmi_pending && !v->arch.nmi_masked && !shadow) {
        inject_nmi(v, b);
        return GIVEN_OTHER;
    }
    if (shadow || !(b->rflags & X86_RFLAGS_IF))
        return GIVEN_OTHER;
    if (callback) {
        offer(b, v->domain->arch.callback_vector);
        return GIVEN_CALLBACK;
    }
    vector = vlapic_pending(v);
    if (vector < 0)
        return GIVEN_OTHER;
    offer(b, (uint8_t)vector);
    v->arch.offered_vector = (uint8_t)vector;
    return GIVEN_LAPIC;
}

/*
 * What is left waits for a window. That opens with the interrupt flag, so an NMI behind it may come late, but not for
 * long; one that waits for an IRET with interrupts disabled comes right after it. There is no window behind an offered
 * interrupt; what waits behind the callback is looked at when its handler ends. Nothing waits behind the local APIC's:
 * the callback comes first, and the guest clears its pending flag in the handler.
 */
void svm_prepare_injection(struct vcpu *v)
{
    struct vmcb *b = v->arch.vmcb;
    bool callback = callback_pending(v), nmi_waits;
    enum given given;

    close_window(b);
    b->vintr = (b->vintr & ~VINTR_TPR) | vlapic_get_tpr(v) >> 4;
    update_nmi_mask(v, b);
    given = inject_next(v, b, callback);
    if (given != GIVEN_OTHER) {
        if (given == GIVEN_CALLBACK && vlapic_pending(v) >= 0)
            b->intercept1 |= SVM_IRET;
        return;
    }
    nmi_waits = v->arch.nmi_pending && !(v->arch.nmi_masked && v->arch.nmi_iret_rip == ~0ULL);
    if (callback || nmi_waits || vlapic_pending(v) >= 0) {
        open_window(b);
        return;
    }
    if (vlapic_held_by_tpr(v))
        b->intercept_cr |= SVM_CR8_WRITE;
}
