/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instruction decoder for accesses to device pages (DESIGN D5): the MOV and ALU forms with one memory operand that
 * kernels use on APIC and configuration pages, writes to CR8, and nothing else. Pure: bytes in, description out, no guest state.
 */
#ifndef XENOLITH_DECODE_H
#define XENOLITH_DECODE_H

#include "types.h"

#define INSN_MAX_LENGTH 15

enum insn_op { /* the first eight in the order of their encoding */
    INSN_ADD, INSN_OR, INSN_ADC, INSN_SBB, INSN_AND, INSN_SUB, INSN_XOR, INSN_CMP,
    INSN_TEST, INSN_MOV, INSN_MOVZX, INSN_MOVSX, INSN_XCHG, INSN_INC, INSN_DEC, INSN_NOT, INSN_NEG,
};

enum insn_form {
    INSN_MEM_REG, /* memory is the first operand (destination, if the operation has one), a register the second */
    INSN_REG_MEM,
    INSN_MEM_IMM,
    INSN_MEM,     /* memory only */
};

enum insn_segment { INSN_ES, INSN_CS, INSN_SS, INSN_DS, INSN_FS, INSN_GS };

#define INSN_NO_REG (-1)
#define INSN_RIP (-2) /* base: address of the next instruction */

struct insn_mem { /* effective address: segment base + base + index * scale + disp, cut to addr_size bytes */
    enum insn_segment segment;
    int8_t base, index; /* register number, INSN_NO_REG or (base) INSN_RIP */
    uint8_t scale;      /* 1, 2, 4, 8; 0 without an index */
    uint8_t addr_size;  /* 2, 4, 8 */
    int64_t disp;
};

struct insn {
    enum insn_op op;
    enum insn_form form;
    uint8_t length;
    uint8_t size;     /* of the memory operand: 1, 2, 4, 8 */
    uint8_t reg_size; /* of the register operand; differs from size for MOVZX and MOVSX only */
    uint8_t reg;      /* 0-15 */
    bool reg_high;    /* bits 8-15 of reg (AH, CH, DH, BH) */
    bool lock;
    uint64_t imm;     /* sign-extended */
    struct insn_mem mem;
};

/*
 * Decode the instruction at bytes[0..len). mode: 16, 32 or 64, the code segment's default size.
 * 0; -ENODATA: it needs more bytes than len; -EOPNOTSUPP: not one of ours, or longer than 15 bytes.
 * *ret_insn is untouched on failure.
 */
int insn_decode(const uint8_t *bytes, size_t len, unsigned mode, struct insn *ret_insn);

/* A MOV to CR8: which register (0-15) it is from and how long it is. Errors as above. */
int insn_decode_cr8(const uint8_t *bytes, size_t len, unsigned mode, uint8_t *ret_reg, uint8_t *ret_length);

#endif
