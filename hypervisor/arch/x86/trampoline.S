/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a started CPU wakes up: copied to host.trampoline, entered there in real mode with CS:IP = page:0. smp.c fills
 * the fields at the end of the copy.
 */
#include "host_layout.h"

#define OFF(sym) ((sym) - trampoline_start)

    .section .rodata.trampoline, "a"
    .globl trampoline_start, trampoline_end
    .globl trampoline_gdt_base, trampoline_jump, trampoline_cr3, trampoline_gdt
    .globl trampoline_long
    .code16
trampoline_start:
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    lgdtl OFF(trampoline_gdt_pointer)
    movl $0xa0, %eax /* PAE, PGE */
    movl %eax, %cr4
    movl OFF(trampoline_cr3), %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x900, %eax /* LME, NXE */
    wrmsr
    movl $0x80010033, %eax /* PG, WP, NE, ET, MP, PE; caches on */
    movl %eax, %cr0
    ljmpl *OFF(trampoline_jump)

    .code64
trampoline_long:
    movabsq $ap_entry, %rax
    jmp *%rax

    .balign 8
trampoline_gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
trampoline_gdt_pointer:
    .short 23
trampoline_gdt_base:
    .long 0
    .balign 4
trampoline_cr3:
    .long 0
trampoline_jump:
    .long 0
    .short HOST_CS
trampoline_end:

    .section .note.GNU-stack, "", @progbits
