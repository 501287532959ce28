/* SPDX-License-Identifier: GPL-2.0-only */
/* The executor: results and flags against this machine's own instructions, register rules, order of accesses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86/emulate/decode.h"
#include "errno.h"
#include "arch/x86/emulate/execute.h"

#define FLAGS_MASK 0x8d5u /* OF SF ZF AF PF CF */
#define CF 1u
#define GPA 0xfee00300ULL

/* --- a device of 8 bytes that writes down what is done to it --- */

static uint64_t memory;
static unsigned nr_reads, nr_writes;
static struct io_req last;

static void io(struct vcpu *v, struct io_req *req)
{
    uint64_t mask = ~0ULL >> (64 - 8 * req->size);

    assert_null(v);
    last = *req;
    if (req->write) {
        memory = (memory & ~mask) | (req->data & mask);
        nr_writes++;
    } else {
        req->data = memory & mask;
        nr_reads++;
    }
}

struct machine {
    uint64_t gpr[16], rip, rflags;
    struct emulate_regs regs;
};

static struct machine *machine_new(unsigned mode)
{
    static struct machine m;

    memset(&m, 0, sizeof(m));
    for (unsigned i = 0; i < 16; i++)
        m.gpr[i] = 0x1111111111111111ULL * i + 0xfedcba9876543210ULL;
    m.rip = 0x1000;
    m.rflags = 0x10202;
    m.regs = (struct emulate_regs){ .gpr = m.gpr, .rip = &m.rip, .rflags = &m.rflags, .mode = mode };
    nr_reads = nr_writes = 0;
    return &m;
}

static int run(struct machine *m, const uint8_t *bytes, size_t len)
{
    return emulate_mmio(NULL, &m->regs, GPA, bytes, len, io);
}

#define RUN(m, ...) run(m, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* --- the reference: the host's instructions on memory of each size --- */

/* flags in: *flags; out: the machine's, after "insn src, (dst)". The stack is used below the red zone. */
#define HOST(name, insn, type)                                                                          \
    static void name(void *dst, uint64_t src, uint64_t *flags)                                          \
    {                                                                                                   \
        type s = (type)src;                                                                             \
        uint64_t f = *flags;                                                                            \
        __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpush %0\n\tpopf\n\t" insn                          \
                         "\n\tpushf\n\tpop %0\n\tlea 128(%%rsp), %%rsp"                               \
                         : "+r"(f) : "r"(s), "r"(dst) : "cc", "memory");                                \
        *flags = f;                                                                                     \
    }
#define HOST4(op)                                  \
    HOST(host_##op##1, #op "b %1, (%2)", uint8_t)  \
    HOST(host_##op##2, #op "w %1, (%2)", uint16_t) \
    HOST(host_##op##4, #op "l %1, (%2)", uint32_t) \
    HOST(host_##op##8, #op "q %1, (%2)", uint64_t)
#define HOST4_UNARY(op)                        \
    HOST(host_##op##1, #op "b (%2)", uint8_t)  \
    HOST(host_##op##2, #op "w (%2)", uint16_t) \
    HOST(host_##op##4, #op "l (%2)", uint32_t) \
    HOST(host_##op##8, #op "q (%2)", uint64_t)

HOST4(add)
HOST4(or)
HOST4(adc)
HOST4(sbb)
HOST4(and)
HOST4(sub)
HOST4(xor)
HOST4(cmp)
HOST4(test)
HOST4_UNARY(inc)
HOST4_UNARY(dec)
HOST4_UNARY(not)
HOST4_UNARY(neg)

typedef void host_fn(void *dst, uint64_t src, uint64_t *flags);
#define ROW(op) { host_##op##1, host_##op##2, host_##op##4, host_##op##8 }

static const struct operation {
    enum insn_op op;
    enum insn_form form;
    bool af_undefined;
    host_fn *host[4];
} operations[] = {
    { INSN_ADD, INSN_MEM_REG, false, ROW(add) }, { INSN_OR, INSN_MEM_REG, true, ROW(or) },
    { INSN_ADC, INSN_MEM_REG, false, ROW(adc) }, { INSN_SBB, INSN_MEM_REG, false, ROW(sbb) },
    { INSN_AND, INSN_MEM_REG, true, ROW(and) },  { INSN_SUB, INSN_MEM_REG, false, ROW(sub) },
    { INSN_XOR, INSN_MEM_REG, true, ROW(xor) },  { INSN_CMP, INSN_MEM_REG, false, ROW(cmp) },
    { INSN_TEST, INSN_MEM_REG, true, ROW(test) }, { INSN_INC, INSN_MEM, false, ROW(inc) },
    { INSN_DEC, INSN_MEM, false, ROW(dec) },     { INSN_NOT, INSN_MEM, false, ROW(not) },
    { INSN_NEG, INSN_MEM, false, ROW(neg) },
};

static const uint64_t values[] = {
    0, 1, 2, 0xf, 0x10, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
    0x80000001, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001,
    0xffffffffffffffff, 0xfffffffffffffff0, 0x123456789abcdef0, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa,
};

static uint64_t host_memory;

static void compare(const struct operation *row, unsigned log_size, uint64_t a, uint64_t b, uint64_t flags)
{
    struct insn in = { .op = row->op, .form = row->form, .length = 3, .size = (uint8_t)(1u << log_size),
                       .reg_size = (uint8_t)(1u << log_size), .reg = 3 };
    struct machine *m = machine_new(64);
    uint64_t host_flags = (flags & FLAGS_MASK) | 0x202, mask = row->af_undefined ? FLAGS_MASK & ~0x10u : FLAGS_MASK;

    host_memory = memory = a;
    m->gpr[3] = b;
    m->rflags = flags | 0x202;
    row->host[log_size](&host_memory, b, &host_flags);
    assert_int_equal(emulate_insn(NULL, &m->regs, GPA, &in, io), 0);
    if (memory != host_memory || (m->rflags & mask) != (host_flags & mask))
        fail_msg("op %d size %u: %llx, %llx flags %llx: %llx flags %llx, machine %llx flags %llx", row->op, in.size,
                 (unsigned long long)a, (unsigned long long)b, (unsigned long long)flags, (unsigned long long)memory,
                 (unsigned long long)(m->rflags & mask), (unsigned long long)host_memory,
                 (unsigned long long)(host_flags & mask));
    assert_int_equal(m->rflags & ~(uint64_t)FLAGS_MASK, 0x202);
    assert_int_equal(m->gpr[3], b);
    assert_int_equal(m->rip, 0x1003);
}

static void against_the_machine(void **state)
{
    (void)state;
    for (size_t op = 0; op < ARRAY_SIZE(operations); op++)
        for (unsigned log_size = 0; log_size < 4; log_size++)
            for (size_t i = 0; i < ARRAY_SIZE(values); i++)
                for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
                    compare(&operations[op], log_size, values[i], values[j], 0);
                    compare(&operations[op], log_size, values[i], values[j], FLAGS_MASK);
                    compare(&operations[op], log_size, values[i], values[j], CF);
                }
}

/* --- direction and accesses --- */

static void register_destination(void **state)
{
    struct machine *m = machine_new(64);

    (void)state;
    memory = 5;
    m->gpr[1] = 0xffffffff00000003ULL;
    assert_int_equal(RUN(m, 0x2b, 0x0f), 0); /* sub (%rdi),%ecx */
    assert_int_equal(m->gpr[1], 0xfffffffe); /* upper half cleared */
    assert_int_equal(m->rflags & FLAGS_MASK, 0x91); /* borrow, AF, sign */
    assert_int_equal(nr_reads, 1);
    assert_int_equal(nr_writes, 0);

    memory = 9;
    m->gpr[1] = 9;
    assert_int_equal(RUN(m, 0x3b, 0x0f), 0); /* cmp (%rdi),%ecx */
    assert_int_equal(m->gpr[1], 9);
    assert_int_equal(m->rflags & FLAGS_MASK, 0x44);
}

static void moves(void **state)
{
    struct machine *m = machine_new(64);

    (void)state;
    memory = 0xffffffffffffffffULL;
    assert_int_equal(RUN(m, 0x89, 0x07), 0); /* mov %eax,(%rdi) */
    assert_int_equal(memory, 0xffffffff76543210ULL);
    assert_int_equal(nr_reads, 0);
    assert_int_equal(last.addr, GPA);
    assert_int_equal(last.size, 4);

    memory = 0x00000000fee12345ULL;
    assert_int_equal(RUN(m, 0x8b, 0x1f), 0); /* mov (%rdi),%ebx: zero-extends */
    assert_int_equal(m->gpr[3], 0xfee12345);
    m->gpr[3] = ~0ULL;
    assert_int_equal(RUN(m, 0x66, 0x8b, 0x1f), 0); /* mov (%rdi),%bx: keeps the rest */
    assert_int_equal(m->gpr[3], 0xffffffffffff2345ULL);
    assert_int_equal(RUN(m, 0x8a, 0x3f), 0); /* mov (%rdi),%bh */
    assert_int_equal(m->gpr[3], 0xffffffffffff4545ULL);
    memory = 0;
    assert_int_equal(RUN(m, 0x88, 0x3f), 0); /* mov %bh,(%rdi) */
    assert_int_equal(memory, 0x45);
    assert_int_equal(RUN(m, 0x48, 0xc7, 0x07, 0xfe, 0xff, 0xff, 0xff), 0); /* movq $-2,(%rdi) */
    assert_int_equal(memory, 0xfffffffffffffffeULL);
    assert_int_equal(last.size, 8);
    assert_int_equal(m->rflags, 0x202); /* no flags changed; RF is gone */
}

static void extensions(void **state)
{
    struct machine *m = machine_new(64);

    (void)state;
    memory = 0x1234567890abcd85ULL;
    assert_int_equal(RUN(m, 0x0f, 0xb6, 0x07), 0); /* movzbl */
    assert_int_equal(m->gpr[0], 0x85);
    assert_int_equal(last.size, 1);
    assert_int_equal(RUN(m, 0x0f, 0xbe, 0x07), 0); /* movsbl */
    assert_int_equal(m->gpr[0], 0xffffff85);
    assert_int_equal(RUN(m, 0x48, 0x0f, 0xbe, 0x07), 0); /* movsbq */
    assert_int_equal(m->gpr[0], 0xffffffffffffff85ULL);
    m->gpr[0] = 0;
    assert_int_equal(RUN(m, 0x66, 0x0f, 0xbe, 0x07), 0); /* movsbw */
    assert_int_equal(m->gpr[0], 0xff85);
    assert_int_equal(RUN(m, 0x0f, 0xb7, 0x07), 0); /* movzwl */
    assert_int_equal(m->gpr[0], 0xcd85);
    assert_int_equal(RUN(m, 0x48, 0x0f, 0xbf, 0x07), 0); /* movswq */
    assert_int_equal(m->gpr[0], 0xffffffffffffcd85ULL);
}

static void exchange(void **state)
{
    struct machine *m = machine_new(64);

    (void)state;
    memory = 0x1111222233334444ULL;
    m->gpr[2] = 0xaaaabbbbccccddddULL;
    assert_int_equal(RUN(m, 0x87, 0x17), 0); /* xchg %edx,(%rdi) */
    assert_int_equal(memory, 0x11112222ccccddddULL);
    assert_int_equal(m->gpr[2], 0x33334444);
    assert_int_equal(nr_reads, 1);
    assert_int_equal(nr_writes, 1);
    assert_int_equal(m->rflags, 0x202);
}

static void test_and_cmp_do_not_write(void **state)
{
    struct machine *m = machine_new(64);

    (void)state;
    memory = 0x1000;
    assert_int_equal(RUN(m, 0xf7, 0x07, 0x00, 0x10, 0, 0), 0); /* testl $0x1000,(%rdi) */
    assert_int_equal(m->rflags & 0x40, 0);
    assert_int_equal(RUN(m, 0xf7, 0x07, 0xff, 0xef, 0, 0), 0);
    assert_int_equal(m->rflags & 0x40, 0x40);
    assert_int_equal(RUN(m, 0x81, 0x3f, 0x00, 0x10, 0, 0), 0); /* cmpl $0x1000,(%rdi) */
    assert_int_equal(m->rflags & 0x40, 0x40);
    assert_int_equal(nr_writes, 0);
    assert_int_equal(nr_reads, 3);
}

/* --- RIP and failures --- */

static void rip_wraps_by_mode(void **state)
{
    struct machine *m = machine_new(32);

    (void)state;
    m->rip = 0xffffffff;
    assert_int_equal(RUN(m, 0x8b, 0x07), 0);
    assert_int_equal(m->rip, 1);
    m = machine_new(16);
    m->rip = 0xffff;
    assert_int_equal(RUN(m, 0x8b, 0x07), 0);
    assert_int_equal(m->rip, 1);
    m = machine_new(64);
    m->rip = 0xffffffff;
    assert_int_equal(RUN(m, 0x8b, 0x07), 0);
    assert_int_equal(m->rip, 0x100000001ULL);
}

static void failures_change_nothing(void **state)
{
    struct machine *m = machine_new(64), before = *m;
    static const uint8_t store8[] = { 0x48, 0x89, 0x07 }, store1[] = { 0x88, 0x07 };

    (void)state;
    assert_int_equal(RUN(m, 0x0f, 0x28, 0x07), -EOPNOTSUPP);
    assert_int_equal(RUN(m, 0x48, 0x89), -ENODATA);
    assert_int_equal(emulate_mmio(NULL, &m->regs, 0xfee00ff9, store8, 3, io), -EOPNOTSUPP);
    assert_memory_equal(m->gpr, before.gpr, sizeof(m->gpr));
    assert_int_equal(m->rip, before.rip);
    assert_int_equal(m->rflags, before.rflags);
    assert_int_equal(nr_reads + nr_writes, 0);
    assert_int_equal(emulate_mmio(NULL, &m->regs, 0xfee00ff8, store8, 3, io), 0);
    assert_int_equal(emulate_mmio(NULL, &m->regs, 0xfee00fff, store1, 2, io), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_the_machine),
        cmocka_unit_test(register_destination),
        cmocka_unit_test(moves),
        cmocka_unit_test(extensions),
        cmocka_unit_test(exchange),
        cmocka_unit_test(test_and_cmp_do_not_write),
        cmocka_unit_test(rip_wraps_by_mode),
        cmocka_unit_test(failures_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
