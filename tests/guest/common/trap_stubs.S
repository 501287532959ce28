/* SPDX-License-Identifier: GPL-2.0-only */
/* One stub an exception vector: pushes an error code where the processor does not, and the vector. Included by start.S, start32.S. */
    .macro stub n has_error
    .balign 16
    .if \has_error == 0
    push $0
    .endif
    push $\n
    jmp trap_common
    .endm
    .balign 16
    .globl trap_stubs
trap_stubs:
    .set n, 0
    .rept 256
    .if n == 8 || (n >= 10 && n <= 14) || n == 17
    stub n 1
    .else
    stub n 0
    .endif
    .set n, n + 1
    .endr
