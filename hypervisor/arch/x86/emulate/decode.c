/* SPDX-License-Identifier: GPL-2.0-only */
/* Decoder of device accesses. Encodings: AMD64 APM volume 3, appendix A; Intel SDM volume 2, chapter 2. */
#include "decode.h"

#include "errno.h"

struct prefixes {
    bool operand, address, lock;
    int segment; /* enum insn_segment, or -1 */
    uint8_t rex; /* 0: none */
};

#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1

/* What one instruction is read through: the first error stays. */
struct reader {
    const uint8_t *bytes;
    size_t len, pos;
    int error;
};

static uint64_t take(struct reader *r, unsigned n)
{
    uint64_t value = 0;

    if (r->error)
        return 0;
    if (r->pos + n > INSN_MAX_LENGTH) {
        r->error = -EOPNOTSUPP;
        return 0;
    }
    if (r->pos + n > r->len) {
        r->error = -ENODATA;
        return 0;
    }
    for (unsigned i = 0; i < n; i++)
        value |= (uint64_t)r->bytes[r->pos++] << (8 * i);
    return value;
}

static int64_t take_signed(struct reader *r, unsigned n)
{
    unsigned shift = 64 - 8 * n;

    return (int64_t)(take(r, n) << shift) >> shift;
}

/* --- prefixes --- */

/* False: b is not a prefix of ours. In 64-bit mode the first four segment overrides do nothing. */
static bool prefix_take(struct prefixes *p, uint8_t b, unsigned mode)
{
    switch (b) {
    case 0x66:
        p->operand = true;
        return true;
    case 0x67:
        p->address = true;
        return true;
    case 0xf0:
        p->lock = true;
        return true;
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
        if (mode != 64)
            p->segment = (b >> 3) & 3;
        return true;
    case 0x64:
    case 0x65:
        p->segment = b - 0x64 + INSN_FS;
        return true;
    default:
        return false;
    }
}

/* Returns the first opcode byte. A REX counts only right before it. */
static uint8_t prefixes_read(struct reader *r, struct prefixes *p, unsigned mode)
{
    for (;;) {
        uint8_t b = (uint8_t)take(r, 1);

        if (r->error)
            return 0;
        if (mode == 64 && (b & 0xf0) == 0x40)
            p->rex = b;
        else if (prefix_take(p, b, mode))
            p->rex = 0;
        else
            return b;
    }
}

/* --- opcodes --- */

enum imm_kind { IMM_NONE, IMM_OPERAND, IMM_BYTE }; /* IMM_OPERAND: of the operand's size, at most 4 bytes */

struct opcode {
    bool valid;
    enum insn_op op;
    enum insn_form form;
    bool byte;         /* the memory operand has 1 byte */
    bool word;         /* it has 2 (MOVZX, MOVSX) */
    bool moffs;        /* no ModRM: an absolute address follows, the register is the accumulator */
    bool by_modrm_reg; /* one of a group: look again with ModRM.reg */
    enum imm_kind imm;
};

#define ROW(...) { .valid = true, __VA_ARGS__ }

static const struct opcode group_f6[2][8] = { /* [opcode is F7][ModRM.reg] */
    { [0] = ROW(.op = INSN_TEST, .form = INSN_MEM_IMM, .byte = true, .imm = IMM_OPERAND),
      [2] = ROW(.op = INSN_NOT, .form = INSN_MEM, .byte = true),
      [3] = ROW(.op = INSN_NEG, .form = INSN_MEM, .byte = true) },
    { [0] = ROW(.op = INSN_TEST, .form = INSN_MEM_IMM, .imm = IMM_OPERAND),
      [2] = ROW(.op = INSN_NOT, .form = INSN_MEM),
      [3] = ROW(.op = INSN_NEG, .form = INSN_MEM) },
};

static const struct opcode opcode_rows[] = {
    [0x80] = ROW(.byte = true, .by_modrm_reg = true),
    [0x81] = ROW(.by_modrm_reg = true),
    [0x83] = ROW(.by_modrm_reg = true),
    [0x84] = ROW(.op = INSN_TEST, .form = INSN_MEM_REG, .byte = true),
    [0x85] = ROW(.op = INSN_TEST, .form = INSN_MEM_REG),
    [0x86] = ROW(.op = INSN_XCHG, .form = INSN_MEM_REG, .byte = true),
    [0x87] = ROW(.op = INSN_XCHG, .form = INSN_MEM_REG),
    [0x88] = ROW(.op = INSN_MOV, .form = INSN_MEM_REG, .byte = true),
    [0x89] = ROW(.op = INSN_MOV, .form = INSN_MEM_REG),
    [0x8a] = ROW(.op = INSN_MOV, .form = INSN_REG_MEM, .byte = true),
    [0x8b] = ROW(.op = INSN_MOV, .form = INSN_REG_MEM),
    [0xa0] = ROW(.op = INSN_MOV, .form = INSN_REG_MEM, .byte = true, .moffs = true),
    [0xa1] = ROW(.op = INSN_MOV, .form = INSN_REG_MEM, .moffs = true),
    [0xa2] = ROW(.op = INSN_MOV, .form = INSN_MEM_REG, .byte = true, .moffs = true),
    [0xa3] = ROW(.op = INSN_MOV, .form = INSN_MEM_REG, .moffs = true),
    [0xc6] = ROW(.byte = true, .by_modrm_reg = true),
    [0xc7] = ROW(.by_modrm_reg = true),
    [0xf6] = ROW(.by_modrm_reg = true),
    [0xf7] = ROW(.by_modrm_reg = true),
    [0xfe] = ROW(.by_modrm_reg = true),
    [0xff] = ROW(.by_modrm_reg = true),
};

static struct opcode opcode_one_byte(uint8_t b)
{
    if (b < 0x40 && (b & 7) < 4) /* ALU rows: r/m,r and r,r/m, byte and full size */
        return (struct opcode)ROW(.op = (enum insn_op)(b >> 3), .form = b & 2 ? INSN_REG_MEM : INSN_MEM_REG,
                                  .byte = !(b & 1));
    return opcode_rows[b];
}

static struct opcode opcode_two_byte(uint8_t b)
{
    if ((b & 0xf6) != 0xb6)
        return (struct opcode){ .valid = false };
    return (struct opcode)ROW(.op = b & 8 ? INSN_MOVSX : INSN_MOVZX, .form = INSN_REG_MEM, .byte = !(b & 1),
                              .word = b & 1);
}

static struct opcode opcode_of_group(uint8_t b, unsigned modrm_reg)
{
    struct opcode none = { .valid = false };

    switch (b) {
    case 0x80:
    case 0x81:
    case 0x83:
        return (struct opcode)ROW(.op = (enum insn_op)modrm_reg, .form = INSN_MEM_IMM, .byte = b == 0x80,
                                  .imm = b == 0x83 ? IMM_BYTE : IMM_OPERAND);
    case 0xc6:
    case 0xc7:
        if (modrm_reg)
            return none;
        return (struct opcode)ROW(.op = INSN_MOV, .form = INSN_MEM_IMM, .byte = b == 0xc6, .imm = IMM_OPERAND);
    case 0xf6:
    case 0xf7:
        return group_f6[b & 1][modrm_reg];
    default: /* 0xfe, 0xff */
        if (modrm_reg > 1)
            return none;
        return (struct opcode)ROW(.op = modrm_reg ? INSN_DEC : INSN_INC, .form = INSN_MEM, .byte = b == 0xfe);
    }
}

/* LOCK is for read-modify-write of memory only; elsewhere it is an invalid opcode. */
static bool lock_allowed(const struct insn *in)
{
    if (in->form == INSN_REG_MEM)
        return false;
    return in->op < INSN_CMP || in->op >= INSN_XCHG;
}

/* --- the memory operand --- */

static void mem_read_16(struct reader *r, uint8_t modrm, struct insn_mem *m)
{
    static const struct {
        int8_t base, index;
    } rows[8] = { /* BX+SI BX+DI BP+SI BP+DI SI DI BP BX */
        { 3, 6 }, { 3, 7 }, { 5, 6 }, { 5, 7 },
        { 6, INSN_NO_REG }, { 7, INSN_NO_REG }, { 5, INSN_NO_REG }, { 3, INSN_NO_REG },
    };
    unsigned mod = modrm >> 6, rm = modrm & 7;

    if (mod == 0 && rm == 6) {
        m->disp = take_signed(r, 2);
        return;
    }
    m->base = rows[rm].base;
    m->index = rows[rm].index;
    m->scale = m->index == INSN_NO_REG ? 0 : 1;
    if (mod)
        m->disp = take_signed(r, mod);
}

static void sib_read(struct reader *r, uint8_t rex, unsigned mod, struct insn_mem *m)
{
    uint8_t sib = (uint8_t)take(r, 1);
    int index = ((sib >> 3) & 7) | (rex & REX_X ? 8 : 0);
    bool no_base = (sib & 7) == 5 && mod == 0;

    if (index != 4) {
        m->index = (int8_t)index;
        m->scale = (uint8_t)(1u << (sib >> 6));
    }
    if (!no_base)
        m->base = (int8_t)((sib & 7) | (rex & REX_B ? 8 : 0));
    else
        m->disp = take_signed(r, 4);
}

static void mem_read_32(struct reader *r, uint8_t modrm, uint8_t rex, unsigned mode, struct insn_mem *m)
{
    unsigned mod = modrm >> 6, rm = modrm & 7;

    if (rm == 4) {
        sib_read(r, rex, mod, m);
    } else if (mod == 0 && rm == 5) {
        m->base = mode == 64 ? INSN_RIP : INSN_NO_REG;
        m->disp = take_signed(r, 4);
    } else {
        m->base = (int8_t)(rm | (rex & REX_B ? 8 : 0));
    }
    if (mod)
        m->disp = take_signed(r, mod == 1 ? 1 : 4);
}

static void mem_read(struct reader *r, const struct prefixes *p, uint8_t modrm, unsigned mode, struct insn_mem *m)
{
    m->base = m->index = INSN_NO_REG;
    if (m->addr_size == 2)
        mem_read_16(r, modrm, m);
    else
        mem_read_32(r, modrm, p->rex, mode, m);
    if (p->segment >= 0)
        m->segment = (enum insn_segment)p->segment;
    else
        m->segment = m->base == 4 || m->base == 5 ? INSN_SS : INSN_DS;
}

static void moffs_read(struct reader *r, const struct prefixes *p, struct insn_mem *m)
{
    m->base = m->index = INSN_NO_REG;
    m->segment = p->segment >= 0 ? (enum insn_segment)p->segment : INSN_DS;
    m->disp = (int64_t)take(r, m->addr_size);
}

/* --- sizes, register, the whole --- */

static uint8_t operand_size(const struct prefixes *p, unsigned mode)
{
    if (p->rex & REX_W)
        return 8;
    return (mode == 16) != p->operand ? 2 : 4;
}

static uint8_t address_size(const struct prefixes *p, unsigned mode)
{
    if (mode == 64)
        return p->address ? 4 : 8;
    return (mode == 16) != p->address ? 2 : 4;
}

static void sizes_set(struct insn *in, const struct opcode *row, uint8_t operand)
{
    in->size = row->byte ? 1 : row->word ? 2 : operand;
    in->reg_size = row->op == INSN_MOVZX || row->op == INSN_MOVSX ? operand : in->size;
}

static void register_set(struct insn *in, uint8_t modrm, uint8_t rex)
{
    in->reg = (uint8_t)(((modrm >> 3) & 7) | (rex & REX_R ? 8 : 0));
    if (in->reg_size == 1 && !rex && in->reg >= 4) {
        in->reg -= 4;
        in->reg_high = true;
    }
}

static void immediate_read(struct reader *r, const struct opcode *row, struct insn *in)
{
    if (row->imm == IMM_BYTE)
        in->imm = (uint64_t)take_signed(r, 1);
    else if (row->imm == IMM_OPERAND)
        in->imm = (uint64_t)take_signed(r, in->size < 4 ? in->size : 4);
}

/* Everything behind the opcode of a ModRM form. */
static void modrm_read(struct reader *r, const struct prefixes *p, uint8_t b, unsigned mode, struct opcode *row,
                       struct insn *in)
{
    uint8_t modrm = (uint8_t)take(r, 1);

    if (r->error)
        return;
    if (row->by_modrm_reg)
        *row = opcode_of_group(b, (modrm >> 3) & 7);
    if (!row->valid || modrm >> 6 == 3) { /* 3: no memory operand */
        r->error = -EOPNOTSUPP;
        return;
    }
    sizes_set(in, row, operand_size(p, mode));
    mem_read(r, p, modrm, mode, &in->mem);
    if (row->form == INSN_MEM_REG || row->form == INSN_REG_MEM)
        register_set(in, modrm, p->rex);
    immediate_read(r, row, in);
}

int insn_decode(const uint8_t *bytes, size_t len, unsigned mode, struct insn *ret_insn)
{
    struct reader r = { .bytes = bytes, .len = len };
    struct prefixes p = { .segment = -1 };
    struct insn in = { 0 };
    struct opcode row;
    uint8_t b = prefixes_read(&r, &p, mode);

    if (b == 0x0f)
        row = opcode_two_byte((uint8_t)take(&r, 1));
    else
        row = opcode_one_byte(b);
    if (r.error)
        return r.error;
    if (!row.valid)
        return -EOPNOTSUPP;

    in.mem.addr_size = address_size(&p, mode);
    if (row.moffs) {
        sizes_set(&in, &row, operand_size(&p, mode));
        moffs_read(&r, &p, &in.mem);
    } else {
        modrm_read(&r, &p, b, mode, &row, &in);
    }
    in.op = row.op;
    in.form = row.form;
    in.lock = p.lock;
    in.length = (uint8_t)r.pos;
    if (!r.error && in.lock && !lock_allowed(&in))
        return -EOPNOTSUPP;
    if (!r.error)
        *ret_insn = in;
    return r.error;
}

#define OPCODE_MOV_TO_CR 0x22

/* LOCK takes the place of REX.R outside 64-bit mode: APM volume 3, "MOV CRn". */
int insn_decode_cr8(const uint8_t *bytes, size_t len, unsigned mode, uint8_t *ret_reg, uint8_t *ret_length)
{
    struct reader r = { .bytes = bytes, .len = len };
    struct prefixes p = { .segment = -1 };
    uint8_t b = prefixes_read(&r, &p, mode), b2 = (uint8_t)take(&r, 1), modrm = (uint8_t)take(&r, 1);

    if (r.error)
        return r.error;
    if (b != 0x0f || b2 != OPCODE_MOV_TO_CR || (modrm & 0x38) || !(p.lock || (p.rex & REX_R)))
        return -EOPNOTSUPP;
    *ret_reg = (modrm & 7) | (p.rex & REX_B ? 8 : 0);
    *ret_length = (uint8_t)r.pos;
    return 0;
}
