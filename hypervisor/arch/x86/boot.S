/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the boot loader (multiboot 1 or 2: 32-bit protected mode, no paging) to C in long mode. The tables built here
 * map the first 4 GiB at 0 and at DIRECT_BASE, and the first GiB at IMAGE_BASE, all writable; host_paging.c
 * replaces them.
 */
#include "host_layout.h"

#define PHYS(sym) ((sym) - IMAGE_BASE)
#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 0x3 /* modules page aligned, memory map wanted */
#define MB2_MAGIC 0xe85250d6

    .section .multiboot, "a"
    .balign 8
    .long MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)

    .balign 8
mb2_header:
    .long MB2_MAGIC, 0, mb2_end - mb2_header
    .long -(MB2_MAGIC + (mb2_end - mb2_header))
    .balign 8
    .short 1, 1 /* information request, optional: command line, loader, modules, map, EFI map, RSDPs */
    .long 2f - 1f + 8
1:  .long 1, 2, 3, 6, 17, 14, 15
2:  .balign 8
    .short 3, 0 /* entry address */
    .long 12, boot_entry
    .balign 8
    .short 6, 0 /* modules page aligned */
    .long 8
    .balign 8
    .short 0, 0
    .long 8
mb2_end:

    .section .boot, "ax"
    .code32
    .globl boot_entry
boot_entry:
    cli
    cld
    movl %eax, %ebp
    movl %ebx, %esi
    /* The loader cleared bss (it is part of a segment); the tables are in it. */
    movl $PHYS(boot_l2), %edi
    xorl %ecx, %ecx
1:  movl %ecx, %eax
    shll $21, %eax
    orl $0xe3, %eax /* present, writable, accessed, dirty, 2 MiB */
    movl %eax, (%edi,%ecx,8)
    movl $0, 4(%edi,%ecx,8)
    incl %ecx
    cmpl $2048, %ecx
    jb 1b

    movl $PHYS(boot_l3), %edi
    movl $(PHYS(boot_l2) + 0x23), %eax
    xorl %ecx, %ecx
2:  movl %eax, (%edi,%ecx,8)
    addl $0x1000, %eax
    incl %ecx
    cmpl $4, %ecx
    jb 2b
    movl $(PHYS(boot_l2) + 0x23), PHYS(boot_l3_image) + 510 * 8

    movl $(PHYS(boot_l3) + 0x23), PHYS(boot_l4)
    movl $(PHYS(boot_l3) + 0x23), PHYS(boot_l4) + 256 * 8
    movl $(PHYS(boot_l3_image) + 0x23), PHYS(boot_l4) + 511 * 8

    movl $0x6a0, %eax /* PAE, PGE, OSFXSR, OSXMMEXCPT */
    movl %eax, %cr4
    movl $PHYS(boot_l4), %eax
    movl %eax, %cr3

    movl $0x80000001, %eax
    cpuid
    btl $29, %edx
    jnc no_long_mode
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl $0x80010033, %eax /* PG, WP, NE, ET, MP, PE */
    movl %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $HOST_CS, $boot_entry64

no_long_mode:
    movw $0x3f8, %dx
    movb $'6', %al
    outb %al, %dx
    hlt
    jmp no_long_mode

    .balign 8
    .globl boot_gdt
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 64-bit code */
    .quad 0x00cf93000000ffff /* data */
    .quad 0x00cf9b000000ffff /* 32-bit code */
boot_gdt_end:
boot_gdt_pointer:
    .short boot_gdt_end - boot_gdt - 1
    .long boot_gdt, 0

    .code64
boot_entry64:
    movabsq $boot_high, %rax
    jmp *%rax

    .text
boot_high:
    movl $HOST_DS, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movq $boot_stack_top, %rsp
    movq $boot_host_cpu, %rdi
    movl $0xc0000100, %ecx
    call write_base
    movq $boot_cpu, %rdi
    movl $0xc0000101, %ecx
    call write_base
    movl %ebp, %edi
    movl %esi, %esi
    xorl %ebp, %ebp
    pushq $0
    jmp boot_start

/* MSR %ecx = %rdi */
write_base:
    movq %rdi, %rax
    movq %rdi, %rdx
    shrq $32, %rdx
    wrmsr
    ret

/* A started CPU comes here from the trampoline, in long mode on the trampoline's tables. */
    .globl ap_entry
ap_entry:
    movl $HOST_DS, %eax /* from the trampoline's GDT, which goes out of sight with its tables */
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movq ap_cr3, %rax
    movq %rax, %cr3
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movq ap_host_cpu, %rdi
    movq 16(%rdi), %rsp /* stack_top */
    movl $0xc0000100, %ecx
    call write_base
    movq ap_cpu, %rdi
    movl $0xc0000101, %ecx
    call write_base
    xorl %ebp, %ebp
    pushq $0
    jmp ap_start

/* void stack_switch_call(uint64_t stack_top, void (*fn)(void)): never comes back. */
    .globl stack_switch_call
stack_switch_call:
    movq %rdi, %rsp
    xorl %ebp, %ebp
    pushq $0
    jmp *%rsi

    .section .bss.page_aligned, "aw", @nobits
    .balign 4096
    .globl boot_l4
boot_l4: .skip 4096
boot_l3: .skip 4096
boot_l3_image: .skip 4096
boot_l2: .skip 4 * 4096
boot_stack: .skip STACK_SIZE
    .globl boot_stack_top
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
