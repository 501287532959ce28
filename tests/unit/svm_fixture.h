/* SPDX-License-Identifier: GPL-2.0-only */
/* One vCPU on a VMCB in ordinary memory: what enters and leaves it is made up by the test. */
#ifndef TEST_SVM_FIXTURE_H
#define TEST_SVM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <asm/prctl.h>
#include <cmocka.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"
#include "domain.h"
#include "event.h"
#include "svm_internal.h"
#include "trap/exit.h"
#include "trap/fetch.h"
#include "vcpu_regs.h"

#define CALLBACK 0xf3

struct svm_features svm_features;
static struct vmcb vmcb;
static struct domain dom;
static struct vcpu vcpu = { .domain = &dom };
static struct cpu cpu[2];

/* A local APIC of one pending and one serviced vector. */
static struct {
    int irr, isr; /* -1: none */
    uint8_t tpr;
    unsigned accepts;
} apic;
static bool upcall_pending;
static struct exit last_exit;
static unsigned exits, entries;
static void (*on_enter)(void); /* the guest's doing */
static struct vmcb entered;    /* the VMCB at the last entry */

uint8_t vlapic_get_tpr(const struct vcpu *v)
{
    (void)v;
    return apic.tpr;
}
void vlapic_set_tpr(struct vcpu *v, uint8_t tpr)
{
    (void)v;
    apic.tpr = tpr;
}
int vlapic_pending(struct vcpu *v)
{
    int ppr = apic.isr > apic.tpr ? apic.isr : apic.tpr;

    (void)v;
    return apic.irr >= 0 && apic.irr / 16 > ppr / 16 ? apic.irr : -1;
}
bool vlapic_held_by_tpr(const struct vcpu *v)
{
    (void)v;
    return apic.irr >= 0 && apic.irr / 16 <= apic.tpr / 16;
}
void vlapic_accept(struct vcpu *v, uint8_t vector)
{
    (void)v;
    assert_int_equal(vector, apic.irr);
    apic.isr = apic.irr;
    apic.irr = -1;
    apic.accepts++;
}
bool evtchn_upcall_pending(const struct vcpu *v)
{
    (void)v;
    return upcall_pending;
}
static unsigned nr_prefixes;
static uint8_t asked_for; /* opcode */

unsigned fetch_prefixes(struct vcpu *v, uint64_t va, uint64_t cr3, uint8_t opcode)
{
    (void)v;
    assert_true(va == vmcb.cs.base + vmcb.rip && cr3 == vmcb.cr3);
    asked_for = opcode;
    return nr_prefixes;
}
void exit_handle(struct vcpu *v, const struct exit *e)
{
    assert_ptr_equal(v, &vcpu);
    last_exit = *e;
    exits++;
}
void svm_enter(uint64_t *gpr, paddr_t vmcb_pa, paddr_t host_vmcb_pa)
{
    assert_ptr_equal(gpr, vcpu.arch.gpr);
    assert_int_equal(vmcb_pa, 0x1234000);
    assert_int_equal(host_vmcb_pa, 0x5678000);
    assert_true(this_cpu()->in_guest);
    entered = vmcb;
    entries++;
    vmcb.exit_code = SVM_EXIT_INTR;
    vmcb.exit_int_info = 0;
    if (on_enter)
        on_enter();
}

static inline void be_cpu(unsigned i)
{
    assert_int_equal(syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu[i]), 0);
}

static inline int svm_setup(void **state)
{
    (void)state;
    memset(&vmcb, 0, sizeof(vmcb));
    memset(&vcpu.arch, 0, sizeof(vcpu.arch));
    memset(&dom.arch, 0, sizeof(dom.arch));
    memset(cpu, 0, sizeof(cpu));
    svm_features = (struct svm_features){ .nr_asids = 16 };
    for (unsigned i = 0; i < 2; i++) {
        cpu[i].self = &cpu[i];
        cpu[i].id = i;
        cpu[i].arch.asid_generation = cpu[i].arch.next_asid = 1;
        cpu[i].arch.host_vmcb = 0x5678000;
    }
    vcpu.arch.vmcb = &vmcb;
    vcpu.arch.vmcb_pa = 0x1234000;
    vcpu.arch.asid_cpu = NR_CPUS;
    vcpu.upcall_vector = 0;
    vmcb.vintr = VINTR_MASKING;
    vmcb.rflags = X86_RFLAGS_IF;
    vmcb.rip = 0x1000;
    apic.irr = apic.isr = -1;
    apic.tpr = 0;
    apic.accepts = 0;
    upcall_pending = false;
    on_enter = NULL;
    exits = entries = 0;
    be_cpu(0);
    return 0;
}

#endif
