/* SPDX-License-Identifier: GPL-2.0-only */
/* PVH entry of the 32-bit test kernels; PAGING is 0: none, 1: 4 MiB pages (PSE), 2: PAE with 2 MiB pages; all identity. */
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
    lgdt gdt_pointer
    ljmp $8, $1f
1:  mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
#if PAGING == 1
    mov $0x83, %eax             /* PS, RW, P */
    mov $tables, %edx
    mov $1024, %ecx
2:  mov %eax, (%edx)
    add $0x400000, %eax
    add $4, %edx
    loop 2b
    mov $0x10, %eax             /* PSE */
#elif PAGING == 2
    mov $tables + 0x1001, %eax
    mov $tables, %edx
    mov $4, %ecx
2:  mov %eax, (%edx)
    add $4096, %eax
    add $8, %edx
    loop 2b
    mov $0x83, %eax
    mov $tables + 0x1000, %edx
    mov $2048, %ecx
3:  mov %eax, (%edx)
    add $0x200000, %eax
    add $8, %edx
    loop 3b
    mov $0x20, %eax             /* PAE */
#endif
#if PAGING
    mov %eax, %cr4
    mov $tables, %eax
    mov %eax, %cr3
    mov $0x80010013, %eax       /* PG, WP, ET, MP, PE */
    mov %eax, %cr0
#endif
    push %ebx
    call guest_main
4:  hlt
    jmp 4b

    .text
#include "trap_stubs.S"

trap_common:
    push %eax
    push %ecx
    push %edx
    push %ebx
    push %ebp
    push %esi
    push %edi
    push %esp
    call trap_handler
    add $4, %esp
    pop %edi
    pop %esi
    pop %ebp
    pop %ebx
    pop %edx
    pop %ecx
    pop %eax
    add $8, %esp
    iret

    .data
    .balign 8
gdt:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
    .word 23
    .long gdt
    .bss
    .balign 4096
    .globl tables
tables: .skip 5 * 4096
    .skip 16384
stack_top:
    .section .note.GNU-stack, "", @progbits
