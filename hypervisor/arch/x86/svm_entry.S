/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * void svm_enter(uint64_t *gpr, paddr_t vmcb_pa, paddr_t host_vmcb_pa)
 *
 * World switch. RAX, RSP, RIP, RFLAGS and the segment, system-call and control registers go through the VMCB
 * (VMRUN, VMLOAD, VMSAVE); the other general registers through gpr[], in encoding order. FS, GS and TR of the
 * hypervisor come back with a VMLOAD of this CPU's own VMCB. Interrupts stay pending from CLGI to the moment the guest
 * runs (IF is set then, so that VMRUN takes them as an exit), and are disabled again before STGI.
 */
    .text
    .globl svm_enter
    .type svm_enter, @function
svm_enter:
    push %rbp
    mov %rsp, %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    push %rdx           /* host VMCB */
    push %rdi           /* gpr[] */
    mov %rsi, %rax
    mov %rdi, %r15
    clgi
    sti
    vmload %rax
    mov 1*8(%r15), %rcx
    mov 2*8(%r15), %rdx
    mov 3*8(%r15), %rbx
    mov 5*8(%r15), %rbp
    mov 6*8(%r15), %rsi
    mov 7*8(%r15), %rdi
    mov 8*8(%r15), %r8
    mov 9*8(%r15), %r9
    mov 10*8(%r15), %r10
    mov 11*8(%r15), %r11
    mov 12*8(%r15), %r12
    mov 13*8(%r15), %r13
    mov 14*8(%r15), %r14
    mov 15*8(%r15), %r15
    vmrun %rax
    vmsave %rax
    mov %r15, %rax
    pop %r15            /* gpr[] */
    mov %rcx, 1*8(%r15)
    mov %rdx, 2*8(%r15)
    mov %rbx, 3*8(%r15)
    mov %rbp, 5*8(%r15)
    mov %rsi, 6*8(%r15)
    mov %rdi, 7*8(%r15)
    mov %r8, 8*8(%r15)
    mov %r9, 9*8(%r15)
    mov %r10, 10*8(%r15)
    mov %r11, 11*8(%r15)
    mov %r12, 12*8(%r15)
    mov %r13, 13*8(%r15)
    mov %r14, 14*8(%r15)
    mov %rax, 15*8(%r15)
    pop %rax            /* host VMCB */
    vmload %rax
    cli
    stgi
    /* Nothing of the guest's registers survives into the hypervisor. */
    xor %ecx, %ecx
    xor %edx, %edx
    xor %esi, %esi
    xor %edi, %edi
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .size svm_enter, . - svm_enter
    .section .note.GNU-stack, "", @progbits
