/* SPDX-License-Identifier: GPL-2.0-only */
/* Executor of decoded device accesses. */
#include "execute.h"

#include "decode.h"
#include "errno.h"

#define FLAG_CF (1u << 0)
#define FLAG_PF (1u << 2)
#define FLAG_AF (1u << 4)
#define FLAG_ZF (1u << 6)
#define FLAG_SF (1u << 7)
#define FLAG_OF (1u << 11)
#define FLAG_RF (1u << 16)
#define FLAGS_ALU ((uint64_t)(FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF))

static uint64_t size_mask(unsigned size)
{
    return ~0ULL >> (64 - 8 * size);
}

/* --- registers --- */

static uint64_t reg_get(const uint64_t *gpr, const struct insn *in)
{
    return (gpr[in->reg] >> (in->reg_high ? 8 : 0)) & size_mask(in->reg_size);
}

/* A 32-bit result clears the upper half; smaller ones leave the rest of the register. */
static void reg_set(uint64_t *gpr, const struct insn *in, uint64_t value)
{
    unsigned shift = in->reg_high ? 8 : 0;
    uint64_t mask = size_mask(in->reg_size) << shift;

    if (in->reg_size == 4)
        mask = ~0ULL;
    gpr[in->reg] = (gpr[in->reg] & ~mask) | ((value & size_mask(in->reg_size)) << shift);
}

/* --- arithmetic --- */

static uint64_t flags_of_result(uint64_t result, unsigned size)
{
    uint64_t flags = 0;

    if (!result)
        flags |= FLAG_ZF;
    if (result >> (8 * size - 1))
        flags |= FLAG_SF;
    if (!__builtin_parity((unsigned)result & 0xff))
        flags |= FLAG_PF;
    return flags;
}

/* carries: bit i is the carry (borrow) out of bit i; signs: its top bit is the overflow. */
static uint64_t flags_of_sum(uint64_t result, uint64_t carries, uint64_t signs, unsigned size)
{
    unsigned top = 8 * size - 1;
    uint64_t flags = flags_of_result(result, size);

    if ((carries >> top) & 1)
        flags |= FLAG_CF;
    if (carries & 8)
        flags |= FLAG_AF;
    if ((signs >> top) & 1)
        flags |= FLAG_OF;
    return flags;
}

static uint64_t add(uint64_t a, uint64_t b, unsigned carry, unsigned size, uint64_t *ret_flags)
{
    uint64_t r = (a + b + carry) & size_mask(size);

    *ret_flags = flags_of_sum(r, (a & b) | ((a | b) & ~r), (a ^ r) & (b ^ r), size);
    return r;
}

static uint64_t subtract(uint64_t a, uint64_t b, unsigned borrow, unsigned size, uint64_t *ret_flags)
{
    uint64_t r = (a - b - borrow) & size_mask(size);

    *ret_flags = flags_of_sum(r, (~a & b) | ((~a | b) & r), (a ^ b) & (a ^ r), size);
    return r;
}

/* The result of a op b in size bytes; *flags: the old ones in, the new ones out. */
static uint64_t compute(enum insn_op op, uint64_t a, uint64_t b, unsigned size, uint64_t *flags)
{
    unsigned carry = *flags & FLAG_CF;
    uint64_t alu_flags = 0, kept = 0, r;

    switch (op) {
    case INSN_ADD:
    case INSN_ADC:
        r = add(a, b, op == INSN_ADC ? carry : 0, size, &alu_flags);
        break;
    case INSN_SUB:
    case INSN_SBB:
    case INSN_CMP:
        r = subtract(a, b, op == INSN_SBB ? carry : 0, size, &alu_flags);
        break;
    case INSN_INC:
        r = add(a, 1, 0, size, &alu_flags);
        kept = FLAG_CF;
        break;
    case INSN_DEC:
        r = subtract(a, 1, 0, size, &alu_flags);
        kept = FLAG_CF;
        break;
    case INSN_NEG:
        r = subtract(0, a, 0, size, &alu_flags);
        break;
    case INSN_AND:
    case INSN_TEST:
        r = a & b;
        alu_flags = flags_of_result(r, size);
        break;
    case INSN_OR:
        r = a | b;
        alu_flags = flags_of_result(r, size);
        break;
    case INSN_XOR:
        r = a ^ b;
        alu_flags = flags_of_result(r, size);
        break;
    case INSN_NOT:
        r = ~a & size_mask(size);
        kept = FLAGS_ALU;
        break;
    default: /* MOV, MOVZX, XCHG: no flags; the second operand */
        r = b;
        kept = FLAGS_ALU;
        break;
    }
    *flags = (*flags & (~FLAGS_ALU | kept)) | (alu_flags & ~kept);
    return r;
}

/* --- one instruction --- */

static bool reads_first(enum insn_op op)
{
    return op != INSN_MOV && op != INSN_MOVZX && op != INSN_MOVSX;
}

static bool writes_first(enum insn_op op)
{
    return op != INSN_CMP && op != INSN_TEST;
}

static uint64_t mem_get(struct vcpu *v, gpaddr_t gpa, unsigned size, emulate_io_fn io)
{
    struct io_req req = { .addr = gpa, .size = (uint8_t)size };

    io(v, &req);
    return req.data & size_mask(size);
}

static void mem_set(struct vcpu *v, gpaddr_t gpa, unsigned size, uint64_t value, emulate_io_fn io)
{
    struct io_req req = { .addr = gpa, .data = value & size_mask(size), .size = (uint8_t)size, .write = true };

    io(v, &req);
}

static void execute_to_reg(struct vcpu *v, const struct emulate_regs *regs, gpaddr_t gpa, const struct insn *in,
                           emulate_io_fn io)
{
    uint64_t value = mem_get(v, gpa, in->size, io), result;
    unsigned shift = 64 - 8 * in->size;

    if (in->op == INSN_MOVSX)
        result = (uint64_t)((int64_t)(value << shift) >> shift);
    else
        result = compute(in->op, reg_get(regs->gpr, in), value, in->size, regs->rflags);
    if (writes_first(in->op))
        reg_set(regs->gpr, in, result);
}

static void execute_to_mem(struct vcpu *v, const struct emulate_regs *regs, gpaddr_t gpa, const struct insn *in,
                           emulate_io_fn io)
{
    uint64_t second = in->form == INSN_MEM_REG ? reg_get(regs->gpr, in) : in->imm & size_mask(in->size);
    uint64_t old = reads_first(in->op) ? mem_get(v, gpa, in->size, io) : 0;
    uint64_t result = compute(in->op, old, second, in->size, regs->rflags);

    if (writes_first(in->op))
        mem_set(v, gpa, in->size, result, io);
    if (in->op == INSN_XCHG)
        reg_set(regs->gpr, in, old);
}

static uint64_t rip_after(const struct emulate_regs *regs, unsigned length)
{
    uint64_t rip = *regs->rip + length;

    if (regs->mode == 64)
        return rip;
    return rip & (regs->mode == 32 ? 0xffffffff : 0xffff);
}

int emulate_insn(struct vcpu *v, const struct emulate_regs *regs, gpaddr_t gpa, const struct insn *in, emulate_io_fn io)
{
    if ((gpa & (PAGE_SIZE - 1)) + in->size > PAGE_SIZE)
        return -EOPNOTSUPP;
    if (in->form == INSN_REG_MEM)
        execute_to_reg(v, regs, gpa, in, io);
    else
        execute_to_mem(v, regs, gpa, in, io);
    *regs->rip = rip_after(regs, in->length);
    *regs->rflags &= ~(uint64_t)FLAG_RF;
    return 0;
}

int emulate_mmio(struct vcpu *v, const struct emulate_regs *regs, gpaddr_t gpa, const uint8_t *insn, size_t len,
                 emulate_io_fn io)
{
    struct insn in;
    int rc = insn_decode(insn, len, regs->mode, &in);

    return rc ? rc : emulate_insn(v, regs, gpa, &in, io);
}
