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

/* Ask for an exit as soon as the guest can take an interrupt. */
static void open_window(struct vmcb *b)
{
    b->intercept1 |= SVM_VINTR;
    b->vintr |= VINTR_IRQ | VINTR_PRIO | VINTR_IGN_TPR;
}

/*
 * Ask for an exit when the guest's TPR no longer holds back interrupts of a class. Not on QEMU TCG, known by its lack
 * of decode assists: QEMU 7.2 aborts when CR8 is lowered under a pending virtual interrupt, and it compares "class >= TPR"
 * where processors compare ">". There the interrupt comes with the next exit.
 */
static void open_tpr_window(struct vmcb *b, unsigned class)
{
    if (!svm_features.decode_assist)
        return;
    b->intercept1 |= SVM_VINTR;
    b->vintr |= VINTR_IRQ | (uint64_t)class << VINTR_PRIO_SHIFT;
}

static void close_window(struct vmcb *b)
{
    b->intercept1 &= ~(uint32_t)SVM_VINTR;
    b->vintr &= ~(VINTR_IRQ | VINTR_PRIO | VINTR_IGN_TPR);
}

static bool callback_pending(const struct vcpu *v)
{
    return v->domain->arch.callback_vector && !v->upcall_vector && evtchn_upcall_pending(v);
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

/* Put the most urgent event that the guest can take into the VMCB. True: it is the callback. */
static bool inject_next(struct vcpu *v, struct vmcb *b, bool callback)
{
    struct pending_event *e = &v->arch.event;
    bool shadow = b->interrupt_shadow & 1;
    int vector;

    if (e->valid) {
        inject(b, e->type, e->vector, e->has_error, e->error);
        e->valid = false;
        return false;
    }
    if (v->arch.nmi_pending && !v->arch.nmi_masked && !shadow) {
        inject_nmi(v, b);
        return false;
    }
    if (shadow || !(b->rflags & X86_RFLAGS_IF))
        return false;
    if (callback) {
        inject(b, EVENT_EXTINT, v->domain->arch.callback_vector, false, 0);
        return true;
    }
    vector = vlapic_pending(v);
    if (vector >= 0) {
        vlapic_accept(v, (uint8_t)vector);
        inject(b, EVENT_EXTINT, (uint8_t)vector, false, 0);
    }
    return false;
}

/*
 * What is left waits for a window. That opens with the interrupt flag, so an NMI behind it may come late, but not for
 * long; one that waits for an IRET with interrupts disabled comes right after it. The callback is not left over when it
 * was injected: the guest clears its pending flag in the handler.
 */
void svm_prepare_injection(struct vcpu *v)
{
    struct vmcb *b = v->arch.vmcb;
    bool callback = callback_pending(v), nmi_waits;
    int class;

    close_window(b);
    b->vintr = (b->vintr & ~VINTR_TPR) | vlapic_get_tpr(v) >> 4;
    update_nmi_mask(v, b);
    if (inject_next(v, b, callback))
        callback = false;
    nmi_waits = v->arch.nmi_pending && !(v->arch.nmi_masked && v->arch.nmi_iret_rip == ~0ULL);
    if (callback || nmi_waits || vlapic_pending(v) >= 0) {
        open_window(b);
        return;
    }
    class = vlapic_held_by_tpr(v);
    if (class > 0)
        open_tpr_window(b, (unsigned)class);
}
