/* SPDX-License-Identifier: GPL-2.0-only */
/* Executor of one device access: registers and flags change as the instruction would change them (DESIGN D5). */
#ifndef XENOLITH_EXECUTE_H
#define XENOLITH_EXECUTE_H

#include "device.h"
#include "types.h"

struct insn;

/* The registers of the vCPU that faulted, in place. */
struct emulate_regs {
    uint64_t *gpr; /* 16, as instructions encode them */
    uint64_t *rip, *rflags;
    unsigned mode; /* 16, 32 or 64: default size of the code segment */
};

/* One access of the instruction; cannot fail. Unclaimed addresses are this function's business too. */
typedef void (*emulate_io_fn)(struct vcpu *v, struct io_req *req);

/*
 * Execute the instruction in insn[0..len) whose memory operand is at guest-physical gpa, where the nested page fault
 * was. The caller has made sure that the fault was the instruction's data access: not its fetch, not a page-table walk.
 * RIP moves behind it and RFLAGS.RF is cleared; a trap flag and an interrupt shadow are the caller's.
 * 0; -EOPNOTSUPP: not an instruction that is emulated, or its operand crosses the page; -ENODATA: insn ends too early.
 * Nothing has changed on failure, and io was not called.
 */
int emulate_mmio(struct vcpu *v, const struct emulate_regs *regs, gpaddr_t gpa, const uint8_t *insn, size_t len,
                 emulate_io_fn io);

/* The same for an instruction already decoded. -EOPNOTSUPP: the operand crosses the page. */
int emulate_insn(struct vcpu *v, const struct emulate_regs *regs, gpaddr_t gpa, const struct insn *in,
                 emulate_io_fn io);

#endif
