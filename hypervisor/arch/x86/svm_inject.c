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

static void close_window(struct vmcb *b)
{
    b->intercept1 &= ~(uint32_t)SVM_VINTR;
    b->vintr &= ~(VINTR_IRQ | VINTR_PRIO | VINTR_IGN_TPR);
}

static bool callback_pending(const struct vcpu *v)
{
    return v->domain->arch.callback_vector && !v->upcall_vector && evtchn_upcall_pending(v);
}

void svm_prepare_injection(struct vcpu *v)
{
    struct vmcb *b = v->arch.vmcb;
    struct pending_event *e = &v->arch.event;
    bool blocked = !(b->rflags & X86_RFLAGS_IF) || (b->interrupt_shadow & 1);
    int vector = -1;

    close_window(b);
    b->vintr = (b->vintr & ~VINTR_TPR) | vlapic_get_tpr(v) >> 4;
    if (b->event_inject & EVENTINJ_VALID) { /* chosen already, but the guest was not entered */
        open_window(b);
        return;
    }
    if (e->valid) {
        inject(b, e->type, e->vector, e->has_error, e->error);
        e->valid = false;
        if (callback_pending(v) || vlapic_pending(v) >= 0)
            open_window(b);
        return;
    }
    if (v->arch.nmi_pending && !(b->interrupt_shadow & 1)) {
        v->arch.nmi_pending = false;
        inject(b, EVENT_NMI, 2, false, 0);
        return;
    }
    bool callback = callback_pending(v);
    if (!callback)
        vector = vlapic_pending(v);
    if (!callback && vector < 0)
        return;
    if (blocked) {
        open_window(b);
        return;
    }
    if (callback) {
        inject(b, EVENT_EXTINT, v->domain->arch.callback_vector, false, 0);
        return;
    }
    vlapic_accept(v, (uint8_t)vector);
    inject(b, EVENT_EXTINT, (uint8_t)vector, false, 0);
    if (vlapic_pending(v) >= 0)
        open_window(b);
}
