/* SPDX-License-Identifier: GPL-2.0-only */
/* One pass of a guest on SVM: TLB tags, injection, world switch. */
#include "cpu.h"
#include "domain.h"
#include "insn.h"
#include "svm_internal.h"
#include "vcpu_regs.h"

/*
 * TLB entries are tagged with an ASID. A vCPU gets a fresh one when it comes to a CPU, when the CPU has used up its
 * numbers (a new generation begins with a full flush), and when its domain's nested tables changed; for the last, flush
 * by ASID is enough where the processor has it. Called only when the entry is certain: a flush that was asked of an
 * entry which then did not come would be lost.
 */
static void asid_prepare(struct vcpu *v, struct cpu *c)
{
    struct vmcb *b = v->arch.vmcb;
    uint64_t flush = READ_ONCE(v->domain->arch.flush_generation);

    b->tlb_control = TLB_CONTROL_NONE;
    if (likely(v->arch.asid_cpu == c->id && v->arch.asid_generation == c->arch.asid_generation &&
               v->arch.flush_generation == flush))
        return;
    if (svm_features.flush_by_asid && v->arch.asid_cpu == c->id &&
        v->arch.asid_generation == c->arch.asid_generation) {
        v->arch.flush_generation = flush;
        b->tlb_control = TLB_CONTROL_FLUSH_ASID;
        return;
    }
    if (c->arch.next_asid >= svm_features.nr_asids) {
        c->arch.next_asid = 1;
        c->arch.asid_generation++;
        b->tlb_control = TLB_CONTROL_FLUSH_ALL;
    }
    b->asid = c->arch.next_asid++;
    v->arch.asid_cpu = c->id;
    v->arch.asid_generation = c->arch.asid_generation;
    v->arch.flush_generation = flush;
}

void svm_run(struct vcpu *v)
{
    struct cpu *c = this_cpu();
    struct vmcb *b = v->arch.vmcb;

    c->guest_entries++;
    WRITE_ONCE(c->in_guest, true);
    smp_mb(); /* pairs with cpu_leave_guest: either we see its request or it sees us in the guest */
    if (unlikely(READ_ONCE(c->work))) {
        WRITE_ONCE(c->in_guest, false);
        return;
    }
    /* Nothing below may stop the entry. What comes pending from here on interrupts this CPU, which then exits. */
    svm_prepare_injection(v);
    asid_prepare(v, c);
    b->rax = v->arch.gpr[RAX];
    b->rsp = v->arch.gpr[RSP];
    svm_enter(v->arch.gpr, v->arch.vmcb_pa, c->arch.host_vmcb);
    WRITE_ONCE(c->in_guest, false);
    v->arch.gpr[RAX] = b->rax;
    v->arch.gpr[RSP] = b->rsp;
    svm_handle_exit(v);
}
