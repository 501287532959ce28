/* SPDX-License-Identifier: GPL-2.0-only */
/* FPU and extended state: switched eagerly with the vCPU (FACTS: TCG does not raise #NM for XSAVE). */
#include "arch.h"
#include "cpu.h"
#include "domain.h"
#include "errno.h"
#include "insn.h"
#include "lib.h"
#include "log.h"
#include "page.h"
#include "vcpu_regs.h"
#include "vendor.h"

#define XCR0_X87 (1ULL << 0)
#define XCR0_SSE (1ULL << 1)
#define XCR0_AVX (1ULL << 2)
#define XCR0_SUPPORTED (XCR0_X87 | XCR0_SSE | XCR0_AVX)
#define CR4_OSXSAVE (1ULL << 18)
#define FCW_RESET 0x37f
#define MXCSR_RESET 0x1f80
#define MXCSR_OFFSET 24
#define MXCSR_DEFINED 0xffff

static uint64_t host_xcr0; /* 0: no XSAVE, FXSAVE is used */
static unsigned area_order;

void fpu_init(void)
{
    uint32_t r[4];

    insn_cpuid(1, 0, r);
    if (!(r[2] & (1u << 26)))
        return;
    insn_cpuid(0xd, 0, r);
    host_xcr0 = ((uint64_t)r[3] << 32 | r[0]) & XCR0_SUPPORTED;
    insn_write_cr4(insn_read_cr4() | CR4_OSXSAVE);
    insn_xsetbv(0, host_xcr0);
    insn_cpuid(0xd, 0, r);
    while ((PAGE_SIZE << area_order) < r[1])
        area_order++;
}

void fpu_cpu_init(void)
{
    if (!host_xcr0)
        return;
    insn_write_cr4(insn_read_cr4() | CR4_OSXSAVE);
    insn_xsetbv(0, host_xcr0);
}

uint64_t fpu_host_xcr0(void)
{
    return host_xcr0;
}

int fpu_vcpu_init(struct vcpu *v)
{
    mfn_t mfn = hv_alloc_pages(area_order, ALLOC_ZERO);

    if (mfn == INVALID_MFN)
        return -ENOMEM;
    v->arch.xsave_area = mfn_to_virt(mfn);
    fpu_vcpu_reset(v);
    return 0;
}

void fpu_vcpu_destroy(struct vcpu *v)
{
    if (v->arch.xsave_area)
        hv_free_pages(virt_to_mfn(v->arch.xsave_area), area_order);
    v->arch.xsave_area = NULL;
}

/* QEMU's TCG runs XSETBV without the exit that was asked for: what the register holds is the truth. */
void fpu_sync_xcr0(struct vcpu *v)
{
    if (host_xcr0 && arch_vcpu_cr4_osxsave(v))
        v->arch.xcr0 = (insn_xgetbv(0) & host_xcr0) | XCR0_X87;
}

static void load(struct vcpu *v)
{
    if (!host_xcr0) {
        insn_fxrstor(v->arch.xsave_area);
        return;
    }
    insn_xsetbv(0, host_xcr0); /* everything, whatever the guest has switched on */
    insn_xrstor(v->arch.xsave_area, host_xcr0);
    insn_xsetbv(0, v->arch.xcr0);
}

static void save(struct vcpu *v)
{
    if (!host_xcr0) {
        insn_fxsave(v->arch.xsave_area);
        return;
    }
    fpu_sync_xcr0(v);
    insn_xsetbv(0, host_xcr0);
    insn_xsave(v->arch.xsave_area, host_xcr0);
}

/* Initial state; loaded at once if v is on this CPU. */
void fpu_vcpu_reset(struct vcpu *v)
{
    uint16_t fcw = FCW_RESET;
    uint32_t mxcsr = MXCSR_RESET;

    memset(v->arch.xsave_area, 0, PAGE_SIZE << area_order);
    memcpy(v->arch.xsave_area, &fcw, sizeof(fcw));
    memcpy((char *)v->arch.xsave_area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
    v->arch.xcr0 = XCR0_X87;
    if (current_vcpu() == v)
        load(v);
}

#define LEGACY_SIZE 512

void fpu_vcpu_load_legacy(struct vcpu *v, const void *image)
{
    uint64_t present = XCR0_X87 | XCR0_SSE;
    uint32_t mxcsr;

    memcpy(v->arch.xsave_area, image, LEGACY_SIZE);
    memcpy(&mxcsr, (char *)v->arch.xsave_area + MXCSR_OFFSET, sizeof(mxcsr));
    mxcsr &= MXCSR_DEFINED; /* XRSTOR faults on the others */
    memcpy((char *)v->arch.xsave_area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
    if (host_xcr0) /* XSTATE_BV of the header behind it */
        memcpy((char *)v->arch.xsave_area + LEGACY_SIZE, &present, sizeof(present));
}

void fpu_switch(struct vcpu *from, struct vcpu *to)
{
    if (from)
        save(from);
    if (to)
        load(to);
}

int fpu_set_xcr0(struct vcpu *v, uint64_t value)
{
    if (!(value & XCR0_X87) || (value & ~host_xcr0) || ((value & XCR0_AVX) && !(value & XCR0_SSE)))
        return -EINVAL;
    v->arch.xcr0 = value;
    insn_xsetbv(0, value);
    return 0;
}
