/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attacker's own part of the processor: a second vCPU from real mode, and traps that never return. Each vCPU has a
 * task segment whose interrupt stack takes every vector, so that it comes back whatever became of its registers.
 */
    .code16
    .section .rodata
    .globl trampoline, trampoline_end
trampoline:                     /* at 0800:0000 */
    cli
    mov %cs, %ax
    mov %ax, %ds
    lgdtl (trampoline_gdt - trampoline)
    mov $0x11, %eax
    mov %eax, %cr0
    ljmpl $8, $ap_start32
    .balign 8
trampoline_gdt:
    .word 31
    .long ap_gdt
trampoline_end:

    .code32
    .text
ap_start32:
    mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $0x620, %eax
    mov %eax, %cr4
    mov attack_cr3, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    rdmsr
    or $0x100, %eax
    wrmsr
    mov $0x80010013, %eax
    mov %eax, %cr0
    ljmp $24, $ap_start64
    .code64
ap_start64:
    mov $ap_stack_top, %rsp
    call attack_second
1:  hlt
    jmp 1b

/* A stub a vector, 16 bytes: which one it was is the stub's index. */
    .balign 16
    .globl attack_stubs
attack_stubs:
    .set n, 0
    .rept 256
    .balign 16
    push $n
    jmp attack_trap
    .set n, n + 1
    .endr

/*
 * attacker of this vCPU into rdi; changes rax. The local APIC's id tells which, 0 or 2. (STR would too, but an attack that
 * overwrites the second half of it makes an LTR, which can end QEMU: code.c.)
 */
    .macro this_attacker
    mov 0xfee00020, %eax
    xor %edi, %edi
    test %eax, %eax
    setnz %dil
    imul attack_stride, %rdi
    add $attackers, %rdi
    .endm

attack_trap:
    cld
    this_attacker
    mov 8(%rdi), %rax
    test %rax, %rax
    jz 1f
    incq 24(%rdi)
    mov (%rdi), %rsp
    jmp *%rax
1:  hlt                         /* a fault of the attacker's own code */
    jmp 1b

    .globl attack_guarded
attack_guarded:
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    push %rbp
    mov %rsp, (%rsi)
    movq $1f, 8(%rsi)
    mov %rdi, %rax
    mov %rsi, %rdi
    call *%rax
1:  cli                         /* from a fault, or from code that may have changed every register */
    cld
    this_attacker
    mov (%rdi), %rsp
    movq $0, 8(%rdi)
    mov $16, %ecx
    mov %ecx, %ds
    mov %ecx, %es
    mov %ecx, %ss
    pop %rbp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    ret

/* attack_run(a): the registers of a, and on to its code, which may return; interrupts end it. */
    .globl attack_run
attack_run:
    lea 40(%rdi), %rax
    push 32(%rdi)
    mov 8(%rax), %rcx
    mov 16(%rax), %rdx
    mov 24(%rax), %rbx
    mov 40(%rax), %rbp
    mov 48(%rax), %rsi
    mov 56(%rax), %rdi
    mov 64(%rax), %r8
    mov 72(%rax), %r9
    mov 80(%rax), %r10
    mov 88(%rax), %r11
    mov 96(%rax), %r12
    mov 104(%rax), %r13
    mov 112(%rax), %r14
    mov 120(%rax), %r15
    mov (%rax), %rax
    sti
    ret

    .data
    .balign 8
    .globl ap_gdt
ap_gdt:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff
    .bss
    .balign 4096
    .skip 16384
ap_stack_top:
    .section .note.GNU-stack, "", @progbits
