/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test kernel can use. It prints its findings, one "what: result" a line; the same are expected on our hypervisor
 * and on stock Xen. In the place of dom0's kernel (com2.c) it prints on COM2 and guest_exit ends QEMU; in a domain that
 * xl makes (domu.c) it prints on the para-virtual console and guest_exit shuts the domain down. 64-bit or 32-bit.
 */
#ifndef XENOLITH_TEST_GUEST_H
#define XENOLITH_TEST_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "public/xen.h"

void guest_test(const struct hvm_start_info *info); /* each test's own */

void out(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* %s %d %u %x, also with l and ll, only */
void guest_exit(unsigned status) __attribute__((noreturn));
void guest_put(char c);

int64_t hypercall(unsigned nr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
#define hypercall0(nr) hypercall(nr, 0, 0, 0, 0, 0)
#define hypercall1(nr, a) hypercall(nr, (uintptr_t)(a), 0, 0, 0, 0)
#define hypercall2(nr, a, b) hypercall(nr, (uintptr_t)(a), (uintptr_t)(b), 0, 0, 0)
#define hypercall3(nr, a, b, c) hypercall(nr, (uintptr_t)(a), (uintptr_t)(b), (uintptr_t)(c), 0, 0)

void cpuid(uint32_t leaf, uint32_t sub, uint32_t ret[4]);
uint32_t xen_cpuid_base(void);

/* Exceptions: returns the vector that fn(arg) raised and skips to its end; -1 for none. */
int catch_fault(void (*fn)(uint64_t), uint64_t arg);
bool rdmsr_ok(uint32_t msr, uint64_t *ret_value);
bool wrmsr_ok(uint32_t msr, uint64_t value);
uint32_t port_in(uint16_t port, unsigned size);
void port_out(uint16_t port, unsigned size, uint32_t value);
uint64_t rdtsc(void);

/* Interrupts: install handler for vector (it runs with interrupts disabled). */
void set_handler(uint8_t vector, void (*handler)(void));
static inline void irq_enable(void)
{
    __asm__ __volatile__("sti" ::: "memory");
}
static inline void irq_disable(void)
{
    __asm__ __volatile__("cli" ::: "memory");
}
/* Halt until *flag or until about a second of TSC time has gone; returns *flag. */
bool wait_for(volatile bool *flag);

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define PAGE_SIZE 4096ul
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
