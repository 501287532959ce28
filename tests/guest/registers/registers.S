/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fills every register of a vCPU with a value that is known, sets a byte in memory and stays at one instruction: vCPU 0 in
 * the kernel's mode, vCPU 1 (stay_user) in user mode. The value of general register n is n in each byte, plus the vCPU's
 * number in the lowest; those of the others are below.
 */
#define EACH(n, vcpu) ((n) * 0x0101010101010100 + (vcpu))

    .macro msr number, value
    mov $\number, %ecx
    mov $(\value) & 0xffffffff, %eax
    mov $(\value) >> 32, %edx
    wrmsr
    .endm

    .macro bases vcpu
    msr 0xc0000100, 0xfffff00000000000 + \vcpu      /* FS, GS, and that of SWAPGS */
    msr 0xc0000101, 0xfffff10000000000 + \vcpu
    msr 0xc0000102, 0xfffff20000000000 + \vcpu
    .endm

    .macro debug_and_control vcpu, dr7
    .set n, 0
    .irp r, %dr0, %dr1, %dr2, %dr3
    movabs $0xffffd00000000000 + n * 0x100 + \vcpu, %rax
    mov %rax, \r
    .set n, n + 1
    .endr
    mov $\dr7, %eax
    mov %rax, %dr7
    movabs $0xffffc20000000000 + \vcpu, %rax
    mov %rax, %cr2
    mov $0xa008, %eax           /* page tables; write-through */
    mov %rax, %cr3
    mov $0x6a0, %eax            /* OSXMMEXCPT, OSFXSR, PGE, PAE */
    mov %rax, %cr4
    mov $0x80050033, %eax       /* PG, AM, WP, NE, ET, MP, PE */
    mov %rax, %cr0
    .endm

    .macro floating vcpu
    fninit
    fldpi
    fld1
    ldmxcsr mxcsr
    .set n, 1
    .irp r, %xmm0, %xmm1, %xmm2, %xmm3, %xmm4, %xmm5, %xmm6, %xmm7, %xmm8, %xmm9, %xmm10, %xmm11, %xmm12, %xmm13, %xmm14, %xmm15
    movabs $EACH(n, \vcpu), %rax
    movq %rax, \r
    .set n, n + 1
    .endr
    .endm

    .macro general vcpu
    .set n, 1
    .irp r, %rax, %rbx, %rcx, %rdx, %rsi, %rdi, %rbp, %r8, %r9, %r10, %r11, %r12, %r13, %r14, %r15
    movabs $EACH(n, \vcpu), \r
    .set n, n + 1
    .endr
    .endm

    .text
    .globl stay_kernel
stay_kernel:
    lgdt gdt_pointer
    mov $0x10, %eax
    mov %eax, %ss
    mov $0x18, %eax
    mov %eax, %ds
    mov $0x20, %eax
    mov %eax, %es
    mov $0x28, %eax
    mov %eax, %fs
    mov $0x30, %eax
    mov %eax, %gs
    bases 0
    debug_and_control 0, 0x401
    floating 0
    general 0
    pushq $0x8d7                /* OF, SF, ZF, AF, PF, CF */
    popfq
    movabs $0xffff900000000000, %rsp
    jmp *kernel_at

    .globl stay_user
stay_user:
    lgdt gdt_pointer
    mov $0x4b, %eax
    mov %eax, %ds
    mov $0x53, %eax
    mov %eax, %es
    mov $0x5b, %eax
    mov %eax, %fs
    mov $0x63, %eax
    mov %eax, %gs
    bases 1
    debug_and_control 1, 0x400
    floating 1
    general 1
    pushq $0x43                 /* SS, RSP, RFLAGS, CS, RIP */
    pushq user_rsp
    pushq $0x202
    pushq $0x3b
    pushq user_at
    iretq

    .globl go_down
go_down:                        /* vCPU 2, with a stack */
    mov $ap_stack, %rsp
    call last_vcpu
1:  hlt
    jmp 1b

/* --- vCPUs after INIT and SIPI --- */
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
    ljmpl $0x68, $ap_start
    .balign 8
trampoline_gdt:
    .word gdt_end - gdt - 1
    .long gdt
trampoline_end:

    .code32
    .text
ap_start:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %ss
    mov $0x6a0, %eax
    mov %eax, %cr4
    mov $0xa000, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    rdmsr
    or $0x100, %eax
    wrmsr
    mov $0x80010013, %eax
    mov %eax, %cr0
    ljmp $8, $1f
    .code64
1:  mov $ap_stack, %esp
    jmp *ap_entry

    .data
    .balign 8
gdt:
    .quad 0, 0x00af9b000000ffff                             /* code */
    .rept 5
    .quad 0x00cf93000000ffff                                /* SS, DS, ES, FS, GS */
    .endr
    .quad 0x00affb000000ffff                                /* user code, then the same */
    .rept 5
    .quad 0x00cff3000000ffff
    .endr
    .quad 0x00cf9b000000ffff                                /* 32-bit code */
gdt_end:
    .balign 8
gdt_pointer:
    .word gdt_end - gdt - 1
    .quad gdt
mxcsr:
    .long 0x9f80
    .balign 8
kernel_at: .quad 0x9000
user_at: .quad 0x9800
user_rsp: .quad 0x00007fff00000001
    .globl ap_entry
ap_entry: .quad 0
    .bss
    .balign 16
    .skip 4096
ap_stack:
    .section .note.GNU-stack, "", @progbits
