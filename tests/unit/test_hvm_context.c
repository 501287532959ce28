/* SPDX-License-Identifier: GPL-2.0-only */
/* HVM context records: what is saved loads again, and nothing of a bad context is loaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch_ctl.h"
#include "copy.h"
#include "cpuid.h"
#include "device/vlapic.h"
#include "domain.h"
#include "errno.h"
#include "hv.h"
#include "msr.h"
#include "page.h"
#include "public/hvm_save.h"
#include "public/vcpu_context.h"
#include "vcpu_regs.h"
#include "vendor.h"

#define NR_VCPUS 2

/* --- the machine around hvm_context.c --- */

struct host host;
static uint64_t regs[NR_VCPUS][VREG_COUNT];
static struct segment segs[NR_VCPUS][VSEG_COUNT];
static struct vcpu vcpus[NR_VCPUS], *vcpu_list[NR_VCPUS] = { &vcpus[0], &vcpus[1] };
static struct vcpu_msrs msrs[NR_VCPUS];
static struct vlapic lapics[NR_VCPUS];
static uint8_t fpu[NR_VCPUS][4096];
static struct domain dom = { .id = 1, .nr_vcpus = NR_VCPUS, .vcpu = vcpu_list };
static unsigned paused, pauses, fpu_loads;
static bool out_of_memory, fault;

static uint64_t get_reg(const struct vcpu *v, enum vreg reg)
{
    return regs[v->id][reg];
}
static void set_reg(struct vcpu *v, enum vreg reg, uint64_t value)
{
    assert_int_equal(paused, 1);
    regs[v->id][reg] = value;
}
static void get_segment(const struct vcpu *v, enum vseg seg, struct segment *ret)
{
    *ret = segs[v->id][seg];
}
static void set_segment(struct vcpu *v, enum vseg seg, const struct segment *s)
{
    segs[v->id][seg] = *s;
}
static void set_cpl(struct vcpu *v, unsigned cpl)
{
    (void)v;
    assert_int_equal(cpl, 0);
}
static unsigned cpl;
static unsigned get_cpl(const struct vcpu *v)
{
    (void)v;
    return cpl;
}
static const struct vcpu_vendor fake_vendor = {
    .get_cpl = get_cpl,
    .get_reg = get_reg, .set_reg = set_reg, .get_segment = get_segment, .set_segment = set_segment, .set_cpl = set_cpl,
};
const struct vcpu_vendor *vendor = &fake_vendor;

void arch_vcpu_reset(struct vcpu *v)
{
    v->arch.wait_sipi = true;
}
uint64_t arch_vcpu_pat(const struct vcpu *v)
{
    return regs[v->id][VREG_PAT];
}
void arch_vcpu_set_pat(struct vcpu *v, uint64_t pat)
{
    regs[v->id][VREG_PAT] = pat;
}
void fpu_vcpu_load_legacy(struct vcpu *v, const void *image)
{
    memcpy(v->arch.xsave_area, image, 512);
    fpu_loads++;
}
bool msr_pat_valid(uint64_t pat)
{
    return pat != 2;
}
void msr_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch.msrs->tsc_offset = offset;
}
uint64_t host_tsc(void)
{
    return 1000;
}
void host_cpuid(uint32_t leaf, uint32_t sub, uint32_t ret[4])
{
    (void)leaf;
    (void)sub;
    memset(ret, 0, 16);
}
bool vlapic_enabled(const struct vcpu *v)
{
    (void)v;
    return true;
}
void domain_pause(struct domain *d)
{
    (void)d;
    paused++;
    pauses++;
}
void domain_unpause(struct domain *d)
{
    (void)d;
    paused--;
}
void vcpu_pause(struct vcpu *v)
{
    domain_pause(v->domain);
}
void vcpu_unpause(struct vcpu *v)
{
    domain_unpause(v->domain);
}
void *hv_zalloc(size_t size)
{
    return out_of_memory ? NULL : calloc(1, size);
}
void hv_free(void *p)
{
    free(p);
}
int copy_from_guest(void *dst, guest_va_t src, size_t len)
{
    if (fault)
        return -EFAULT;
    memcpy(dst, (void *)src, len);
    return 0;
}
int copy_to_guest(guest_va_t dst, const void *src, size_t len)
{
    if (fault)
        return -EFAULT;
    memcpy((void *)dst, src, len);
    return 0;
}

/* --- a context with one record behind the header --- */

static struct {
    struct hvm_save_descriptor header_desc;
    struct hvm_save_header header;
    struct hvm_save_descriptor desc;
    union {
        struct hvm_hw_cpu cpu;
        struct hvm_hw_mtrr mtrr;
        uint8_t bytes[2048];
    };
} context;

static uint32_t context_end(uint16_t code, uint16_t instance, uint32_t length)
{
    struct hvm_save_descriptor end = { HVM_SAVE_CODE_END, 0, 0 };

    context.header_desc = (struct hvm_save_descriptor){ HVM_SAVE_CODE_HEADER, 0, sizeof(context.header) };
    context.header = (struct hvm_save_header){ .magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION };
    context.desc = (struct hvm_save_descriptor){ code, instance, length };
    memcpy(context.bytes + length, &end, sizeof(end));
    return (uint32_t)(offsetof(__typeof__(context), bytes) + length + sizeof(end));
}

static int load(uint32_t size)
{
    return arch_domctl_set_hvmcontext(&dom, (guest_va_t)&context, size);
}

static int set_up(void **state)
{
    (void)state;
    memset(regs, 0, sizeof(regs));
    memset(segs, 0, sizeof(segs));
    memset(msrs, 0, sizeof(msrs));
    memset(&context, 0, sizeof(context));
    for (unsigned i = 0; i < NR_VCPUS; i++) {
        vcpus[i] = (struct vcpu){ .id = i, .domain = &dom, .vlapic = &lapics[i] };
        vcpus[i].arch.msrs = &msrs[i];
        vcpus[i].arch.xsave_area = fpu[i];
        bit_set(&vcpus[i].sched.pause_flags, VPF_DOWN);
    }
    paused = pauses = fpu_loads = 0;
    out_of_memory = fault = false;
    return 0;
}

static void test_pvh_start_state(void **state)
{
    uint32_t size = context_end(HVM_SAVE_CODE_CPU, 0, sizeof(context.cpu));

    (void)state;
    context.cpu.rip = 0x1000850;
    context.cpu.rbx = 0x5000;
    context.cpu.cr0 = 0x11;
    context.cpu.limit[HVM_SEG_CS] = 0xffffffff;
    context.cpu.arbytes[HVM_SEG_CS] = 0xc9b;
    assert_int_equal(load(size), 0);
    assert_int_equal(regs[0][VREG_RIP], 0x1000850);
    assert_int_equal(regs[0][VREG_RFLAGS], 2);
    assert_int_equal(vcpus[0].arch.gpr[RBX], 0x5000);
    assert_int_equal(segs[0][VSEG_CS].attributes, 0xc9b);
    assert_true(vcpus[0].initialised);
    assert_false(vcpus[0].arch.wait_sipi);
    assert_false(bit_test(&vcpus[0].sched.pause_flags, VPF_DOWN));
    assert_true(bit_test(&vcpus[1].sched.pause_flags, VPF_DOWN));
    assert_int_equal(fpu_loads, 0);
    /* The domain's counter starts at the record's value, on every vCPU. */
    assert_int_equal(msrs[0].tsc_offset, (uint64_t)-1000);
    assert_int_equal(msrs[1].tsc_offset, (uint64_t)-1000);
    assert_int_equal(paused, 0);
}

static void test_what_is_saved_loads(void **state)
{
    uint32_t size = 0;
    uint8_t *buf;
    struct hvm_hw_cpu saved;

    (void)state;
    vcpus[1].arch.gpr[R15] = 0x1234;
    regs[1][VREG_LSTAR] = 0xffffffff81000000;
    assert_int_equal(arch_domctl_get_hvmcontext(&dom, 0, &size), 0);
    buf = calloc(1, size);
    assert_int_equal(arch_domctl_get_hvmcontext(&dom, (guest_va_t)buf, &size), 0);
    assert_int_equal(((struct hvm_save_header *)(buf + 8))->magic, HVM_FILE_MAGIC);
    /* header, CPU of vCPU 0, CPU of vCPU 1 */
    memcpy(&saved, buf + 32 + 8 + sizeof(saved) + 8, sizeof(saved));
    assert_int_equal(saved.r15, 0x1234);
    assert_int_equal(saved.msr_lstar, 0xffffffff81000000);
    vcpus[1].arch.gpr[R15] = 0;
    context.cpu = saved;
    assert_int_equal(load(context_end(HVM_SAVE_CODE_CPU, 1, sizeof(saved))), 0);
    assert_int_equal(vcpus[1].arch.gpr[R15], 0x1234);
    assert_int_equal(fpu_loads, 1);
    size--;
    assert_int_equal(arch_domctl_get_hvmcontext(&dom, (guest_va_t)buf, &size), -ENOSPC);
    size++;
    fault = true;
    assert_int_equal(arch_domctl_get_hvmcontext(&dom, (guest_va_t)buf, &size), -EFAULT);
    out_of_memory = true;
    assert_int_equal(arch_domctl_get_hvmcontext(&dom, (guest_va_t)buf, &size), -ENOMEM);
    free(buf);
}

static void refused(uint32_t size, int error)
{
    assert_int_equal(load(size), error);
    assert_int_equal(pauses, 0); /* nothing was touched */
    assert_false(vcpus[0].initialised);
}

static void test_bad_contexts(void **state)
{
    const uint32_t cpu = sizeof(struct hvm_hw_cpu);
    uint32_t size;

    (void)state;
    refused(0, -EINVAL);
    refused(1u << 30, -EINVAL);
    size = context_end(HVM_SAVE_CODE_CPU, 0, cpu);
    for (uint32_t cut = 1; cut < size; cut += 7)
        refused(cut, -ENODATA);
    context.header.magic++;
    refused(size, -EINVAL);
    context_end(HVM_SAVE_CODE_CPU, 0, cpu);
    context.header.version++;
    refused(size, -EINVAL);
    context_end(HVM_SAVE_CODE_CPU, 0, cpu);
    context.header_desc.typecode = HVM_SAVE_CODE_CPU;
    refused(size, -EINVAL);
    context_end(HVM_SAVE_CODE_CPU, 0, cpu);
    context.header_desc.length--;
    refused(size, -EINVAL);
    refused(context_end(HVM_SAVE_CODE_CPU, NR_VCPUS, cpu), -EINVAL);
    refused(context_end(HVM_SAVE_CODE_CPU, 0, cpu - 8), -EINVAL);
    refused(context_end(HVM_SAVE_CODE_HEADER, 0, sizeof(struct hvm_save_header)), -EINVAL);
    refused(context_end(99, 0, 8), -EINVAL);
    refused(context_end(HVM_SAVE_CODE_LAPIC, 0, sizeof(struct hvm_hw_lapic)), -EINVAL); /* cannot be loaded yet */
}

static void test_bad_register_values(void **state)
{
    uint32_t size = context_end(HVM_SAVE_CODE_CPU, 0, sizeof(struct hvm_hw_cpu));

    (void)state;
    context.cpu.cr0 = 1ull << 32;
    refused(size, -EINVAL);
    context.cpu.cr0 = X86_CR0_PG; /* paging without protection */
    refused(size, -EINVAL);
    context.cpu.cr0 = X86_CR0_PE;
    context.cpu.msr_efer = X86_EFER_SVME;
    refused(size, -EINVAL);
    context.cpu.msr_efer = X86_EFER_LMA; /* long mode without paging */
    refused(size, -EINVAL);
    size = context_end(HVM_SAVE_CODE_MTRR, 0, sizeof(struct hvm_hw_mtrr));
    context.mtrr.msr_pat_cr = 2;
    refused(size, -EINVAL);
}

static void test_memory_and_faults(void **state)
{
    uint32_t size = context_end(HVM_SAVE_CODE_CPU, 0, sizeof(struct hvm_hw_cpu));

    (void)state;
    fault = true;
    refused(size, -EFAULT);
    fault = false;
    out_of_memory = true;
    refused(size, -ENOMEM);
}

/* --- XEN_DOMCTL_getvcpucontext --- */

static void fill_registers(struct vcpu *v)
{
    for (unsigned i = 0; i < NR_GPRS; i++)
        v->arch.gpr[i] = 0x100 + i;
    for (unsigned i = 0; i < VREG_COUNT; i++)
        regs[v->id][i] = 0x200 + i;
    for (unsigned i = 0; i < VSEG_COUNT; i++)
        segs[v->id][i] = (struct segment){ .selector = (uint16_t)(0x300 + i), .base = 0x400 + i };
    for (unsigned i = 0; i < 4; i++)
        v->arch.dr[i] = 0x500 + i;
    memset(fpu[v->id], 0x66, sizeof(fpu[v->id]));
}

static void test_registers_told(void **state)
{
    struct vcpu_guest_context c;
    struct cpu_user_regs *u = &c.user_regs;

    (void)state;
    fill_registers(&vcpus[1]);
    cpl = 0;
    assert_int_equal(arch_domctl_get_vcpucontext(&vcpus[1], (guest_va_t)&c), 0);
    assert_int_equal(pauses, 1);
    assert_int_equal(paused, 0);
    assert_int_equal(c.flags, VGCF_i387_valid); /* it is down */
    assert_memory_equal(c.fpu_ctxt, fpu[1], sizeof(c.fpu_ctxt));
    assert_int_equal(u->rax, 0x100 + RAX);
    assert_int_equal(u->rcx, 0x100 + RCX);
    assert_int_equal(u->rsp, 0x100 + RSP);
    assert_int_equal(u->rdi, 0x100 + RDI);
    assert_int_equal(u->r8, 0x100 + R8);
    assert_int_equal(u->r15, 0x100 + R15);
    assert_int_equal(u->rip, 0x200 + VREG_RIP);
    assert_int_equal(u->rflags, 0x200 + VREG_RFLAGS);
    assert_int_equal(u->cs, 0x300 + VSEG_CS);
    assert_int_equal(u->ss, 0x300 + VSEG_SS);
    assert_int_equal(u->gs, 0x300 + VSEG_GS);
    assert_int_equal(c.ctrlreg[0], 0x200 + VREG_CR0);
    assert_int_equal(c.ctrlreg[1], 0);
    assert_int_equal(c.ctrlreg[2], 0x200 + VREG_CR2);
    assert_int_equal(c.ctrlreg[4], 0x200 + VREG_CR4);
    assert_int_equal(c.debugreg[3], 0x503);
    assert_int_equal(c.debugreg[7], 0x200 + VREG_DR7);
    assert_int_equal(c.fs_base, 0x400 + VSEG_FS);
    assert_int_equal(c.gs_base_kernel, 0x400 + VSEG_GS);
    assert_int_equal(c.gs_base_user, 0x200 + VREG_KERNEL_GS_BASE);
    /* In user mode GS is the user's, and the other one the kernel's. */
    cpl = 3;
    bit_test_and_clear(&vcpus[1].sched.pause_flags, VPF_DOWN);
    assert_int_equal(arch_domctl_get_vcpucontext(&vcpus[1], (guest_va_t)&c), 0);
    assert_int_equal(c.flags, VGCF_i387_valid | VGCF_online);
    assert_int_equal(c.gs_base_kernel, 0x200 + VREG_KERNEL_GS_BASE);
    assert_int_equal(c.gs_base_user, 0x400 + VSEG_GS);
}

static void test_registers_not_told(void **state)
{
    struct vcpu_guest_context c;

    (void)state;
    fault = true;
    assert_int_equal(arch_domctl_get_vcpucontext(&vcpus[0], (guest_va_t)&c), -EFAULT);
    assert_int_equal(paused, 0);
    out_of_memory = true;
    assert_int_equal(arch_domctl_get_vcpucontext(&vcpus[0], (guest_va_t)&c), -ENOMEM);
    assert_int_equal(pauses, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pvh_start_state, set_up),
        cmocka_unit_test_setup(test_what_is_saved_loads, set_up),
        cmocka_unit_test_setup(test_bad_contexts, set_up),
        cmocka_unit_test_setup(test_bad_register_values, set_up),
        cmocka_unit_test_setup(test_memory_and_faults, set_up),
        cmocka_unit_test_setup(test_registers_told, set_up),
        cmocka_unit_test_setup(test_registers_not_told, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
