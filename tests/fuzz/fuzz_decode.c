/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libFuzzer entry: decode and execute arbitrary bytes in every mode. Beyond the sanitizers: what decodes has sizes and
 * register numbers in range and decodes the same from exactly its own bytes, asks for more when one is missing, and its
 * accesses stay inside the page.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch/x86/emulate/decode.h"
#include "errno.h"
#include "arch/x86/emulate/execute.h"
#include "fuzz.h"

static uint64_t gpa;

static bool power_of_two(unsigned n, unsigned max)
{
    return n && n <= max && !(n & (n - 1));
}

static void io(struct vcpu *v, struct io_req *req)
{
    (void)v;
    CHECK(req->addr == gpa && power_of_two(req->size, 8));
    CHECK(req->addr / PAGE_SIZE == (req->addr + req->size - 1) / PAGE_SIZE);
    CHECK(req->size == 8 || req->data >> (8 * req->size) == 0);
    if (!req->write)
        req->data = 0x8421f731c5b90e6dULL;
}

static void check_fields(const struct insn *in, size_t len)
{
    CHECK(in->length && in->length <= INSN_MAX_LENGTH && in->length <= len);
    CHECK(power_of_two(in->size, 8) && power_of_two(in->reg_size, 8));
    CHECK(in->reg < 16 && in->op <= INSN_NEG && in->form <= INSN_MEM);
    CHECK(in->mem.base >= INSN_RIP && in->mem.base < 16 && in->mem.index >= INSN_NO_REG && in->mem.index < 16);
    CHECK(in->mem.segment <= INSN_GS && power_of_two(in->mem.addr_size, 8) && in->mem.addr_size > 1);
    CHECK(!in->reg_high || (in->reg_size == 1 && in->reg < 4));
}

static void one_mode(const uint8_t *data, size_t len, unsigned mode, uint64_t flags)
{
    uint64_t gpr[16], rip = 0x1000, rflags = flags;
    struct emulate_regs regs = { .gpr = gpr, .rip = &rip, .rflags = &rflags, .mode = mode };
    struct insn in, again;
    int rc = insn_decode(data, len, mode, &in);
    uint8_t reg = 0, length = 0;

    if (insn_decode_cr8(data, len, mode, &reg, &length) == 0)
        CHECK(reg < 16 && length >= 3 && length <= len && length <= INSN_MAX_LENGTH && rc);

    memset(gpr, 0xa5, sizeof(gpr));
    CHECK(rc == 0 || rc == -EOPNOTSUPP || (rc == -ENODATA && len < INSN_MAX_LENGTH));
    if (rc) {
        CHECK(emulate_mmio(NULL, &regs, gpa, data, len, io) == rc && rip == 0x1000 && rflags == flags);
        return;
    }
    check_fields(&in, len);
    CHECK(insn_decode(data, in.length, mode, &again) == 0 && again.length == in.length && again.op == in.op);
    CHECK(insn_decode(data, in.length - 1u, mode, &again) == -ENODATA);
    rc = emulate_mmio(NULL, &regs, gpa, data, len, io);
    if (gpa % PAGE_SIZE + in.size > PAGE_SIZE)
        CHECK(rc == -EOPNOTSUPP && rip == 0x1000);
    else
        CHECK(rc == 0 && rip == 0x1000u + in.length && !((rflags ^ flags) & ~0x108d5ULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    gpa = 0xfee00000ULL + ((data[0] | (uint64_t)data[1] << 8) & (PAGE_SIZE - 1));
    for (unsigned mode = 16; mode <= 64; mode *= 2)
        one_mode(data + 3, size - 3, mode, data[2]);
    return 0;
}
