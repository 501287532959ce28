/* SPDX-License-Identifier: GPL-2.0-only */
/* The decoder: bytes to fields, what it refuses, and every truncation of what it takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86/emulate/decode.h"
#include "errno.h"

#define NO INSN_NO_REG

/* Memory operands: base, index, scale, address size, displacement, segment. */
#define MEM(b, i, s, a, d, seg_) { .segment = seg_, .base = b, .index = i, .scale = s, .addr_size = a, .disp = d }
#define AT(b, a) MEM(b, NO, 0, a, 0, INSN_DS)

static const struct vector {
    const char *text;
    unsigned mode;
    uint8_t bytes[16];
    struct insn want; /* length is the number of bytes: below */
    uint8_t length;
} vectors[] = {
    /* MOV */
    { "mov %eax,(%rdi)", 64, { 0x89, 0x07 },
      { .op = INSN_MOV, .form = INSN_MEM_REG, .size = 4, .reg_size = 4, .reg = 0, .mem = AT(7, 8) }, 2 },
    { "mov %r9,0x10(%r12)", 64, { 0x4d, 0x89, 0x4c, 0x24, 0x10 },
      { .op = INSN_MOV, .form = INSN_MEM_REG, .size = 8, .reg_size = 8, .reg = 9,
        .mem = MEM(12, NO, 0, 8, 0x10, INSN_DS) }, 5 },
    { "mov %ah,(%rbx)", 64, { 0x88, 0x23 },
      { .op = INSN_MOV, .form = INSN_MEM_REG, .size = 1, .reg_size = 1, .reg = 0, .reg_high = true, .mem = AT(3, 8) },
      2 },
    { "mov %spl,(%rbx)", 64, { 0x40, 0x88, 0x23 },
      { .op = INSN_MOV, .form = INSN_MEM_REG, .size = 1, .reg_size = 1, .reg = 4, .mem = AT(3, 8) }, 3 },
    { "mov %bh,(%eax)", 32, { 0x88, 0x38 },
      { .op = INSN_MOV, .form = INSN_MEM_REG, .size = 1, .reg_size = 1, .reg = 3, .reg_high = true, .mem = AT(0, 4) },
      2 },
    { "mov -0x800000(%rip),%eax", 64, { 0x8b, 0x05, 0x00, 0x00, 0x80, 0xff },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 0,
        .mem = MEM(INSN_RIP, NO, 0, 8, -0x800000, INSN_DS) }, 6 },
    { "mov 0xffffffffff5fb020,%eax", 64, { 0x8b, 0x04, 0x25, 0x20, 0xb0, 0x5f, 0xff },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 0,
        .mem = MEM(NO, NO, 0, 8, (int32_t)0xff5fb020, INSN_DS) }, 7 },
    { "mov 0xfee00020,%eax (32)", 32, { 0x8b, 0x05, 0x20, 0x00, 0xe0, 0xfe },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 0,
        .mem = MEM(NO, NO, 0, 4, (int32_t)0xfee00020, INSN_DS) }, 6 },
    { "mov %dx,(%rcx,%r14,4)", 64, { 0x66, 0x42, 0x89, 0x14, 0xb1 },
      { .op = INSN_MOV, .form = INSN_MEM_REG, .size = 2, .reg_size = 2, .reg = 2,
        .mem = MEM(1, 14, 4, 8, 0, INSN_DS) }, 5 },
    { "mov (%rsp),%al", 64, { 0x8a, 0x04, 0x24 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 1, .reg_size = 1, .reg = 0,
        .mem = MEM(4, NO, 0, 8, 0, INSN_SS) }, 3 },
    { "mov (%r13),%eax", 64, { 0x41, 0x8b, 0x45, 0x00 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 0, .mem = AT(13, 8) }, 4 },
    { "mov 0x0(,%rbp,8),%eax", 64, { 0x8b, 0x04, 0xed, 0x78, 0x56, 0x34, 0x12 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 0,
        .mem = MEM(NO, 5, 8, 8, 0x12345678, INSN_DS) }, 7 },
    { "mov %gs:(%eax),%ecx", 64, { 0x65, 0x67, 0x8b, 0x08 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 1,
        .mem = MEM(0, NO, 0, 4, 0, INSN_GS) }, 4 },
    { "es ignored in 64-bit mode", 64, { 0x26, 0x8b, 0x08 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 1, .mem = AT(0, 8) }, 3 },
    { "mov %es:(%eax),%ecx (32)", 32, { 0x26, 0x8b, 0x08 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 1,
        .mem = MEM(0, NO, 0, 4, 0, INSN_ES) }, 3 },
    { "mov %cs:0x8(%ebp),%ecx (32)", 32, { 0x2e, 0x8b, 0x4d, 0x08 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 1,
        .mem = MEM(5, NO, 0, 4, 8, INSN_CS) }, 4 },
    { "REX before a prefix does not count", 64, { 0x48, 0x66, 0x8b, 0x08 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 2, .reg_size = 2, .reg = 1, .mem = AT(0, 8) }, 4 },
    { "REX.W beats 66", 64, { 0x66, 0x48, 0x8b, 0x08 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 8, .reg_size = 8, .reg = 1, .mem = AT(0, 8) }, 4 },
    /* 16-bit addressing */
    { "mov (%bx,%si),%ax (16)", 16, { 0x8b, 0x00 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 2, .reg_size = 2, .reg = 0, .mem = MEM(3, 6, 1, 2, 0, INSN_DS) },
      2 },
    { "mov -2(%bp,%di),%eax (16)", 16, { 0x66, 0x8b, 0x43, 0xfe },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 0,
        .mem = MEM(5, 7, 1, 2, -2, INSN_SS) }, 4 },
    { "mov 0x1234,%ax (16, modrm)", 16, { 0x8b, 0x06, 0x34, 0x12 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 2, .reg_size = 2, .reg = 0,
        .mem = MEM(NO, NO, 0, 2, 0x1234, INSN_DS) }, 4 },
    { "mov 0x4321(%bp),%ax (16)", 16, { 0x8b, 0x86, 0x21, 0x43 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 2, .reg_size = 2, .reg = 0,
        .mem = MEM(5, NO, 0, 2, 0x4321, INSN_SS) }, 4 },
    { "mov %eax,(%edi) from 16-bit code", 16, { 0x67, 0x66, 0x89, 0x07 },
      { .op = INSN_MOV, .form = INSN_MEM_REG, .size = 4, .reg_size = 4, .reg = 0, .mem = AT(7, 4) }, 4 },
    { "mov (%di),%eax from 32-bit code", 32, { 0x67, 0x8b, 0x05 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 0, .mem = AT(7, 2) }, 3 },
    /* absolute addresses */
    { "movabs 0x1122334455667788,%eax", 64, { 0xa1, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 4, .reg_size = 4,
        .mem = MEM(NO, NO, 0, 8, 0x1122334455667788, INSN_DS) }, 9 },
    { "movabs %rax,...", 64, { 0x48, 0xa3, 1, 2, 3, 4, 5, 6, 7, 8 },
      { .op = INSN_MOV, .form = INSN_MEM_REG, .size = 8, .reg_size = 8,
        .mem = MEM(NO, NO, 0, 8, 0x0807060504030201, INSN_DS) }, 10 },
    { "mov %al,0xfee000b0 (32)", 32, { 0xa2, 0xb0, 0x00, 0xe0, 0xfe },
      { .op = INSN_MOV, .form = INSN_MEM_REG, .size = 1, .reg_size = 1,
        .mem = MEM(NO, NO, 0, 4, 0xfee000b0, INSN_DS) }, 5 },
    { "mov %fs:0x8000,%al (16)", 16, { 0x64, 0xa0, 0x00, 0x80 },
      { .op = INSN_MOV, .form = INSN_REG_MEM, .size = 1, .reg_size = 1, .mem = MEM(NO, NO, 0, 2, 0x8000, INSN_FS) },
      4 },
    /* immediates */
    { "movl $0,0xb0(%rax)", 64, { 0xc7, 0x80, 0xb0, 0, 0, 0, 0, 0, 0, 0 },
      { .op = INSN_MOV, .form = INSN_MEM_IMM, .size = 4, .reg_size = 4, .mem = MEM(0, NO, 0, 8, 0xb0, INSN_DS) },
      10 },
    { "movq $-2,(%rax)", 64, { 0x48, 0xc7, 0x00, 0xfe, 0xff, 0xff, 0xff },
      { .op = INSN_MOV, .form = INSN_MEM_IMM, .size = 8, .reg_size = 8, .imm = (uint64_t)-2, .mem = AT(0, 8) }, 7 },
    { "movb $0x80,(%rax)", 64, { 0xc6, 0x00, 0x80 },
      { .op = INSN_MOV, .form = INSN_MEM_IMM, .size = 1, .reg_size = 1, .imm = (uint64_t)-0x80, .mem = AT(0, 8) }, 3 },
    { "movw $0x8001,(%rax)", 64, { 0x66, 0xc7, 0x00, 0x01, 0x80 },
      { .op = INSN_MOV, .form = INSN_MEM_IMM, .size = 2, .reg_size = 2, .imm = (uint64_t)-0x7fff, .mem = AT(0, 8) },
      5 },
    /* MOVZX, MOVSX */
    { "movzbl (%rdi),%eax", 64, { 0x0f, 0xb6, 0x07 },
      { .op = INSN_MOVZX, .form = INSN_REG_MEM, .size = 1, .reg_size = 4, .reg = 0, .mem = AT(7, 8) }, 3 },
    { "movzbw (%rdi),%si", 64, { 0x66, 0x0f, 0xb6, 0x37 },
      { .op = INSN_MOVZX, .form = INSN_REG_MEM, .size = 1, .reg_size = 2, .reg = 6, .mem = AT(7, 8) }, 4 },
    { "movzwl (%rdi),%r8d", 64, { 0x44, 0x0f, 0xb7, 0x07 },
      { .op = INSN_MOVZX, .form = INSN_REG_MEM, .size = 2, .reg_size = 4, .reg = 8, .mem = AT(7, 8) }, 4 },
    { "movsbq (%rdi),%rsi", 64, { 0x48, 0x0f, 0xbe, 0x37 },
      { .op = INSN_MOVSX, .form = INSN_REG_MEM, .size = 1, .reg_size = 8, .reg = 6, .mem = AT(7, 8) }, 4 },
    { "movswl (%edi),%eax (32)", 32, { 0x0f, 0xbf, 0x07 },
      { .op = INSN_MOVSX, .form = INSN_REG_MEM, .size = 2, .reg_size = 4, .reg = 0, .mem = AT(7, 4) }, 3 },
    /* ALU */
    { "lock or %eax,(%rdx)", 64, { 0xf0, 0x09, 0x02 },
      { .op = INSN_OR, .form = INSN_MEM_REG, .size = 4, .reg_size = 4, .reg = 0, .lock = true, .mem = AT(2, 8) }, 3 },
    { "add (%rdx),%r10b", 64, { 0x44, 0x02, 0x12 },
      { .op = INSN_ADD, .form = INSN_REG_MEM, .size = 1, .reg_size = 1, .reg = 10, .mem = AT(2, 8) }, 3 },
    { "cmp (%rdx),%ecx", 64, { 0x3b, 0x0a },
      { .op = INSN_CMP, .form = INSN_REG_MEM, .size = 4, .reg_size = 4, .reg = 1, .mem = AT(2, 8) }, 2 },
    { "xor %cl,(%rdx)", 64, { 0x30, 0x0a },
      { .op = INSN_XOR, .form = INSN_MEM_REG, .size = 1, .reg_size = 1, .reg = 1, .mem = AT(2, 8) }, 2 },
    { "andl $-16,(%rdx)", 64, { 0x83, 0x22, 0xf0 },
      { .op = INSN_AND, .form = INSN_MEM_IMM, .size = 4, .reg_size = 4, .imm = (uint64_t)-16, .mem = AT(2, 8) }, 3 },
    { "lock sbbq $0x7fffffff,(%rdx)", 64, { 0xf0, 0x48, 0x81, 0x1a, 0xff, 0xff, 0xff, 0x7f },
      { .op = INSN_SBB, .form = INSN_MEM_IMM, .size = 8, .reg_size = 8, .imm = 0x7fffffff, .lock = true,
        .mem = AT(2, 8) }, 8 },
    { "cmpb $1,(%rdx)", 64, { 0x80, 0x3a, 0x01 },
      { .op = INSN_CMP, .form = INSN_MEM_IMM, .size = 1, .reg_size = 1, .imm = 1, .mem = AT(2, 8) }, 3 },
    { "test %eax,(%rdx)", 64, { 0x85, 0x02 },
      { .op = INSN_TEST, .form = INSN_MEM_REG, .size = 4, .reg_size = 4, .mem = AT(2, 8) }, 2 },
    { "testb $0x10,(%rdx)", 64, { 0xf6, 0x02, 0x10 },
      { .op = INSN_TEST, .form = INSN_MEM_IMM, .size = 1, .reg_size = 1, .imm = 0x10, .mem = AT(2, 8) }, 3 },
    { "testl $0x1000,0x300(%rax)", 64, { 0xf7, 0x80, 0x00, 0x03, 0, 0, 0x00, 0x10, 0, 0 },
      { .op = INSN_TEST, .form = INSN_MEM_IMM, .size = 4, .reg_size = 4, .imm = 0x1000,
        .mem = MEM(0, NO, 0, 8, 0x300, INSN_DS) }, 10 },
    { "xchg %eax,(%rdx)", 64, { 0x87, 0x02 },
      { .op = INSN_XCHG, .form = INSN_MEM_REG, .size = 4, .reg_size = 4, .mem = AT(2, 8) }, 2 },
    { "incl (%rdx)", 64, { 0xff, 0x02 },
      { .op = INSN_INC, .form = INSN_MEM, .size = 4, .reg_size = 4, .mem = AT(2, 8) }, 2 },
    { "lock decb (%rdx)", 64, { 0xf0, 0xfe, 0x0a },
      { .op = INSN_DEC, .form = INSN_MEM, .size = 1, .reg_size = 1, .lock = true, .mem = AT(2, 8) }, 3 },
    { "notq (%rdx)", 64, { 0x48, 0xf7, 0x12 },
      { .op = INSN_NOT, .form = INSN_MEM, .size = 8, .reg_size = 8, .mem = AT(2, 8) }, 3 },
    { "negb (%rdx)", 64, { 0xf6, 0x1a },
      { .op = INSN_NEG, .form = INSN_MEM, .size = 1, .reg_size = 1, .mem = AT(2, 8) }, 2 },
    { "15 bytes exactly", 64, { 0x65, 0x65, 0x65, 0x65, 0x65, 0xc7, 0x80, 0xb0, 0, 0, 0, 1, 0, 0, 0 },
      { .op = INSN_MOV, .form = INSN_MEM_IMM, .size = 4, .reg_size = 4, .imm = 1,
        .mem = MEM(0, NO, 0, 8, 0xb0, INSN_GS) }, 15 },
};

static void assert_same(const struct vector *vec, const struct insn *got)
{
    const struct insn *want = &vec->want;
    bool same = got->op == want->op && got->form == want->form && got->length == vec->length &&
                got->size == want->size && got->reg_size == want->reg_size && got->reg == want->reg &&
                got->reg_high == want->reg_high && got->lock == want->lock && got->imm == want->imm &&
                got->mem.segment == want->mem.segment && got->mem.base == want->mem.base &&
                got->mem.index == want->mem.index && got->mem.scale == want->mem.scale &&
                got->mem.addr_size == want->mem.addr_size && got->mem.disp == want->mem.disp;

    if (!same)
        fail_msg("%s: op %d form %d length %u size %u/%u reg %u%s lock %d imm %llx mem %d: %d+%d*%u+%llx (%u)",
                 vec->text, got->op, got->form, got->length, got->size, got->reg_size, got->reg,
                 got->reg_high ? "h" : "", got->lock, (unsigned long long)got->imm, got->mem.segment, got->mem.base,
                 got->mem.index, got->mem.scale, (unsigned long long)got->mem.disp, got->mem.addr_size);
}

static void fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        struct insn got;
        int rc = insn_decode(vectors[i].bytes, vectors[i].length, vectors[i].mode, &got);

        if (rc)
            fail_msg("%s: %d", vectors[i].text, rc);
        assert_same(&vectors[i], &got);
    }
}

/* More bytes behind it change nothing. */
static void trailing_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        uint8_t bytes[32];
        struct insn got;

        memset(bytes, 0x90, sizeof(bytes));
        memcpy(bytes, vectors[i].bytes, vectors[i].length);
        assert_int_equal(insn_decode(bytes, sizeof(bytes), vectors[i].mode, &got), 0);
        assert_same(&vectors[i], &got);
    }
}

/* Each shorter input asks for more, reads nothing beyond its end (ASan) and leaves the output alone. */
static void truncated(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        for (size_t len = 0; len < vectors[i].length; len++) {
            uint8_t *bytes = test_malloc(len ? len : 1);
            struct insn got, before;

            memcpy(bytes, vectors[i].bytes, len);
            memset(&got, 0x5a, sizeof(got));
            before = got;
            if (insn_decode(bytes, len, vectors[i].mode, &got) != -ENODATA)
                fail_msg("%s cut to %zu bytes", vectors[i].text, len);
            assert_memory_equal(&got, &before, sizeof(got));
            test_free(bytes);
        }
    }
}

static const struct refused {
    const char *text;
    unsigned mode;
    uint8_t bytes[16];
    uint8_t length;
} refused[] = {
    { "register operand", 64, { 0x89, 0xc0 }, 2 },
    { "rep mov", 64, { 0xf3, 0x89, 0x07 }, 3 },
    { "repne mov", 64, { 0xf2, 0x89, 0x07 }, 3 },
    { "movs", 64, { 0xa5 }, 1 },
    { "stos", 64, { 0xab }, 1 },
    { "lock mov", 64, { 0xf0, 0x89, 0x07 }, 3 },
    { "lock cmp", 64, { 0xf0, 0x39, 0x07 }, 3 },
    { "lock test", 64, { 0xf0, 0x85, 0x07 }, 3 },
    { "lock add to register", 64, { 0xf0, 0x03, 0x07 }, 3 },
    { "lock movzx", 64, { 0xf0, 0x0f, 0xb6, 0x07 }, 4 },
    { "mov imm group /1", 64, { 0xc7, 0x08, 0, 0, 0, 0 }, 6 },
    { "F7 /4 (mul)", 64, { 0xf7, 0x20 }, 2 },
    { "F7 /1", 64, { 0xf7, 0x08, 0, 0, 0, 0 }, 6 },
    { "FF /2 (call)", 64, { 0xff, 0x10 }, 2 },
    { "FE /2", 64, { 0xfe, 0x10 }, 2 },
    { "82", 32, { 0x82, 0x00, 0x00 }, 3 },
    { "add $imm,%eax", 64, { 0x05, 0, 0, 0, 0 }, 5 },
    { "push", 64, { 0x50 }, 1 },
    { "movaps", 64, { 0x0f, 0x28, 0x00 }, 3 },
    { "bsf", 64, { 0x0f, 0xbc, 0x00 }, 3 },
    { "0F B4", 64, { 0x0f, 0xb4, 0x00 }, 3 },
    { "inc %eax in 32-bit code", 32, { 0x40, 0x89, 0x07 }, 3 },
    { "VEX", 64, { 0xc5, 0xf8, 0x28, 0x00 }, 4 },
    { "15 prefixes", 64,
      { 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0x8b }, 16 },
    { "16 bytes", 64, { 0x65, 0x65, 0x65, 0x65, 0x65, 0x65, 0xc7, 0x80, 0xb0, 0, 0, 0, 1, 0, 0, 0 }, 16 },
};

static void refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        struct insn got;
        int rc = insn_decode(refused[i].bytes, refused[i].length, refused[i].mode, &got);

        if (rc != -EOPNOTSUPP)
            fail_msg("%s: %d", refused[i].text, rc);
    }
}

/* Every ALU opcode row: operation, form and size follow from its bits. */
static void alu_rows(void **state)
{
    (void)state;
    for (unsigned opcode = 0; opcode < 0x40; opcode++) {
        uint8_t bytes[2] = { (uint8_t)opcode, 0x07 };
        struct insn got;
        int rc = insn_decode(bytes, 2, 32, &got);

        if (opcode == 0x0f || opcode == 0x26 || opcode == 0x2e || opcode == 0x36 || opcode == 0x3e) {
            assert_true(rc != 0); /* prefixes and the two-byte escape */
        } else if ((opcode & 7) >= 4) {
            assert_int_equal(rc, -EOPNOTSUPP);
        } else {
            assert_int_equal(rc, 0);
            assert_int_equal(got.op, opcode >> 3);
            assert_int_equal(got.form, opcode & 2 ? INSN_REG_MEM : INSN_MEM_REG);
            assert_int_equal(got.size, opcode & 1 ? 4 : 1);
        }
    }
}

static void cr8_writes(void **state)
{
    static const struct {
        const char *bytes;
        uint8_t len, mode, reg; /* reg 0xff: refused */
    } rows[] = {
        { "\x44\x0f\x22\xc3", 4, 64, 3 },
        { "\x45\x0f\x22\xc7", 4, 64, 15 },
        { "\x66\x4c\x0f\x22\xc0", 5, 64, 0 },
        { "\xf0\x0f\x22\xc1", 4, 32, 1 },
        { "\xf0\x41\x0f\x22\xc1", 5, 64, 9 },
        { "\x0f\x22\xc0", 3, 64, 0xff },         /* CR0 */
        { "\x44\x0f\x22\xd8", 4, 64, 0xff },     /* CR11 */
        { "\x44\x0f\x20\xc0", 4, 64, 0xff },     /* from CR8 */
        { "\x44\x66\x0f\x22\xc0", 5, 64, 0xff }, /* REX does not count before a prefix */
        { "\x44\x0f\x22\xc0", 4, 32, 0xff },     /* INC ESP */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const uint8_t *bytes = (const uint8_t *)rows[i].bytes;
        uint8_t reg = 0xee, length = 0xee;
        int rc = insn_decode_cr8(bytes, rows[i].len, rows[i].mode, &reg, &length);

        assert_int_equal(rc, rows[i].reg == 0xff ? -EOPNOTSUPP : 0);
        assert_int_equal(reg, rc ? 0xee : rows[i].reg);
        assert_int_equal(length, rc ? 0xee : rows[i].len);
        if (!rc)
            assert_int_equal(insn_decode_cr8(bytes, rows[i].len - 1u, rows[i].mode, &reg, &length), -ENODATA);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(trailing_bytes),
        cmocka_unit_test(truncated),
        cmocka_unit_test(refusals),
        cmocka_unit_test(alu_rows),
        cmocka_unit_test(cr8_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
