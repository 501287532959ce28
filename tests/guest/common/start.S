/* SPDX-License-Identifier: GPL-2.0-only */
/* PVH entry of every test kernel: 32-bit flat, ebx = start info. Goes to 64-bit code with the first 4 GiB mapped. */
    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 4, 18              /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long pvh_entry

    .code32
    .section .text.start, "ax"
    .globl pvh_entry
pvh_entry:
    cld
    mov $stack_top, %esp
    mov %ebx, %edi
    call fill_page_tables
    mov $0x620, %eax            /* PAE, OSFXSR, OSXMMEXCPT */
    mov %eax, %cr4
    mov $pml4, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    rdmsr
    or $0x100, %eax             /* LME */
    wrmsr
    mov $0x80010013, %eax       /* PG, WP, ET, MP, PE */
    mov %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $1f
    .code64
1:  mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov %edi, %edi
    call guest_main
2:  hlt
    jmp 2b

    .code32
fill_page_tables:               /* pml4 -> pdpt -> 4 x 512 pages of 2 MiB; keeps edi */
    movl $pdpt + 3, pml4
    mov $pd + 3, %eax
    mov $pdpt, %edx
    mov $4, %ecx
1:  mov %eax, (%edx)
    add $4096, %eax
    add $8, %edx
    loop 1b
    mov $0x83, %eax
    mov $pd, %edx
    mov $2048, %ecx
2:  mov %eax, (%edx)
    add $0x200000, %eax
    add $8, %edx
    loop 2b
    ret

    .code64
    .text
#include "trap_stubs.S"

trap_common:
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, %rdi
    call trap_handler
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $16, %rsp
    iretq

    .data
    .balign 8
gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
    .word 23
    .long gdt
    .bss
    .balign 4096
pml4: .skip 4096
pdpt: .skip 4096
pd: .skip 4 * 4096
    .skip 16384
stack_top:
    .section .note.GNU-stack, "", @progbits
