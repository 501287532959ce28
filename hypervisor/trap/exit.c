/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest exits, one handler for each reason, in one table. */
#include "trap/exit.h"

#include "arch.h"
#include "copy.h"
#include "cpuid.h"
#include "device.h"
#include "domain.h"
#include "emulate/decode.h"
#include "emulate/execute.h"
#include "errno.h"
#include "insn.h"
#include "lib.h"
#include "log.h"
#include "msr.h"
#include "op.h"
#include "trap/fetch.h"
#include "trap/mmio.h"
#include "vcpu_regs.h"
#include "vendor.h"

static void skip_instruction(struct vcpu *v, const struct exit *e)
{
    arch_vcpu_set_rip(v, arch_vcpu_rip(v) + e->length);
}

static void exit_nothing(struct vcpu *v, const struct exit *e)
{
    (void)v;
    (void)e;
}

/* Registers of the arguments, by the mode of the caller (public document: "hypercall ABI"). */
static const uint8_t args64[6] = { RDI, RSI, RDX, R10, R8, R9 };
static const uint8_t args32[6] = { RBX, RCX, RDX, RSI, RDI, RBP };

static void exit_hypercall(struct vcpu *v, const struct exit *e)
{
    bool abi32 = arch_guest_is_32bit(v), restart = false;
    const uint8_t *reg = abi32 ? args32 : args64;
    uint64_t *gpr = v->arch.gpr, args[6];
    int64_t ret;

    if (arch_vcpu_cpl(v)) {
        gpr[RAX] = abi32 ? (uint32_t)-EPERM : (uint64_t)-EPERM;
        skip_instruction(v, e);
        return;
    }
    for (unsigned i = 0; i < 6; i++)
        args[i] = abi32 ? (uint32_t)gpr[reg[i]] : gpr[reg[i]];
    ret = hypercall(v, abi32 ? (uint32_t)gpr[RAX] : gpr[RAX], args, abi32, &restart);
    if (restart) {
        for (unsigned i = 0; i < 6; i++)
            gpr[reg[i]] = args[i];
        return; /* the same instruction again */
    }
    gpr[RAX] = abi32 ? (uint32_t)ret : (uint64_t)ret;
    skip_instruction(v, e);
}

#define CPUID_XSTATE_LEAF 0xd
#define CR8_MAX 0xf

static void exit_cpuid(struct vcpu *v, const struct exit *e)
{
    uint64_t *gpr = v->arch.gpr;
    uint32_t r[4];

    if ((uint32_t)gpr[RAX] == CPUID_XSTATE_LEAF)
        fpu_sync_xcr0(v);
    cpuid_query(v, (uint32_t)gpr[RAX], (uint32_t)gpr[RCX], r);
    gpr[RAX] = r[0];
    gpr[RBX] = r[1];
    gpr[RCX] = r[2];
    gpr[RDX] = r[3];
    skip_instruction(v, e);
}

static void exit_hlt(struct vcpu *v, const struct exit *e)
{
    skip_instruction(v, e);
    if (!(arch_vcpu_rflags(v) & X86_RFLAGS_IF) && !v->arch.nmi_pending)
        vcpu_down(v); /* for good: that is how a kernel stops a processor, and in the end the machine */
    else
        vcpu_block(v); /* not when there is an event already */
}

static void exit_pause(struct vcpu *v, const struct exit *e)
{
    skip_instruction(v, e);
    vcpu_yield(v);
}

static void exit_msr(struct vcpu *v, const struct exit *e)
{
    uint64_t *gpr = v->arch.gpr, value = gpr[RDX] << 32 | (uint32_t)gpr[RAX];
    uint32_t msr = (uint32_t)gpr[RCX];
    int rc = e->msr.write ? msr_write(v, msr, value) : msr_read(v, msr, &value);

    if (rc) {
        arch_vcpu_inject_gp(v);
        return;
    }
    if (!e->msr.write) {
        gpr[RAX] = (uint32_t)value;
        gpr[RDX] = value >> 32;
    }
    skip_instruction(v, e);
}

/* A 32-bit result clears the upper half of a register, shorter ones leave the rest. */
static void gpr_set(uint64_t *reg, uint64_t value, unsigned size)
{
    uint64_t mask = size == 2 ? 0xffff : 0xffffffff;

    *reg = size == 8 ? value : size == 4 ? value & mask : (*reg & ~mask) | (value & mask);
}

/*
 * OUTS to a port where nobody is, as early consoles do to 0xe9: no one sees the bytes, so only the registers move. All
 * other string I/O is refused, no device of ours takes it.
 */
static bool outs_to_nobody(struct vcpu *v, const struct exit *e)
{
    unsigned mode = arch_vcpu_mode(v), size = e->io.address_size ? e->io.address_size : mode / 8;
    uint64_t *rcx = &v->arch.gpr[RCX], *rsi = &v->arch.gpr[RSI];
    uint64_t count = !e->io.rep ? 1 : size == 8 ? *rcx : size == 4 ? (uint32_t)*rcx : (uint16_t)*rcx;
    uint64_t bytes = count * e->io.size;

    if (e->io.in || !e->io.next_rip || v->domain->privileged)
        return false;
    for (unsigned i = 0; i < e->io.size; i++)
        if (device_claims_port(v->domain, (uint16_t)(e->io.port + i)))
            return false;
    gpr_set(rsi, arch_vcpu_rflags(v) & X86_RFLAGS_DF ? *rsi - bytes : *rsi + bytes, size);
    if (e->io.rep)
        gpr_set(rcx, 0, size);
    arch_vcpu_set_rip(v, e->io.next_rip);
    return true;
}

static void exit_io(struct vcpu *v, const struct exit *e)
{
    static const uint64_t mask[] = { [1] = 0xff, [2] = 0xffff, [4] = 0xffffffff };
    uint64_t *rax = &v->arch.gpr[RAX];
    struct io_req req = { .addr = e->io.port, .size = e->io.size, .write = !e->io.in };

    if (e->io.string || (req.size != 1 && req.size != 2 && req.size != 4)) {
        if (!e->io.string || !outs_to_nobody(v, e))
            arch_vcpu_inject_gp(v);
        return;
    }
    req.data = req.write ? *rax & mask[req.size] : 0;
    if (!device_pio(v, &req) && !req.write)
        req.data = mask[req.size];
    if (!req.write) /* a 32-bit result clears the upper half, shorter ones leave the rest */
        *rax = req.size == 4 ? (uint32_t)req.data : (*rax & ~mask[req.size]) | (req.data & mask[req.size]);
    if (e->io.next_rip)
        arch_vcpu_set_rip(v, e->io.next_rip);
    else
        skip_instruction(v, e);
}

/* While an interrupt waits for it, or for a window: svm_inject.c. */
static void exit_cr8(struct vcpu *v, const struct exit *e)
{
    uint8_t bytes[MAX_INSN], reg, length;
    unsigned len = fetch_instruction(v, bytes);
    uint64_t value;

    (void)e;
    if (!len)
        return; /* the guest changed its mapping under us: let it run again */
    if (insn_decode_cr8(bytes, len, arch_vcpu_mode(v), &reg, &length)) {
        arch_vcpu_inject_exception(v, X86_EXC_UD, false, 0);
        return;
    }
    value = v->arch.gpr[reg];
    if (arch_vcpu_mode(v) != 64)
        value = (uint32_t)value;
    if (value > CR8_MAX) {
        arch_vcpu_inject_gp(v);
        return;
    }
    vlapic_set_tpr(v, (uint8_t)(value << 4));
    arch_vcpu_set_rip(v, arch_vcpu_rip(v) + length);
}

static void exit_xsetbv(struct vcpu *v, const struct exit *e)
{
    uint64_t *gpr = v->arch.gpr;

    if (arch_vcpu_cpl(v) || (uint32_t)gpr[RCX] || fpu_set_xcr0(v, gpr[RDX] << 32 | (uint32_t)gpr[RAX])) {
        arch_vcpu_inject_gp(v);
        return;
    }
    skip_instruction(v, e);
}

static void exit_exception(struct vcpu *v, const struct exit *e)
{
    if (e->exception.vector == X86_EXC_MC) /* the machine's, not the guest's */
        panic("machine check while d%uv%u was running", v->domain->id, v->id);
    arch_vcpu_inject_exception(v, e->exception.vector, e->exception.has_error, e->exception.error);
}

static void exit_undefined(struct vcpu *v, const struct exit *e)
{
    (void)e;
    arch_vcpu_inject_exception(v, X86_EXC_UD, false, 0);
}

static void exit_privilege(struct vcpu *v, const struct exit *e)
{
    (void)e;
    arch_vcpu_inject_gp(v);
}

static void exit_shutdown(struct vcpu *v, const struct exit *e)
{
    (void)e;
    arch_vcpu_triple_fault(v);
}

static void exit_invalid(struct vcpu *v, const struct exit *e)
{
    domain_crash(v->domain, "vCPU %u: exit 0x%lx, information 0x%lx 0x%lx at rip 0x%lx", v->id, e->raw[0], e->raw[1],
                 e->raw[2], arch_vcpu_rip(v));
}

typedef void exit_handler(struct vcpu *v, const struct exit *e);

static exit_handler *const handlers[EXIT_COUNT] = {
    [EXIT_INTERRUPT] = exit_nothing,
    [EXIT_WINDOW] = exit_nothing, /* the coming entry injects */
    [EXIT_HYPERCALL] = exit_hypercall,
    [EXIT_CPUID] = exit_cpuid,
    [EXIT_HLT] = exit_hlt,
    [EXIT_PAUSE] = exit_pause,
    [EXIT_MSR] = exit_msr,
    [EXIT_IO] = exit_io,
    [EXIT_MMIO] = exit_mmio,
    [EXIT_CR8] = exit_cr8,
    [EXIT_XSETBV] = exit_xsetbv,
    [EXIT_CACHE] = skip_instruction, /* memory is coherent: nothing to write back for a guest */
    [EXIT_EXCEPTION] = exit_exception,
    [EXIT_UNDEFINED] = exit_undefined,
    [EXIT_PRIVILEGE] = exit_privilege,
    [EXIT_SHUTDOWN] = exit_shutdown,
    [EXIT_INVALID] = exit_invalid,
};

void exit_handle(struct vcpu *v, const struct exit *e)
{
    handlers[e->reason](v, e);
}
