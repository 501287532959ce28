/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake machine under the host-built core (arch_fake.c): RAM is one block of host memory (mfn N at RAM + N * 4096),
 * CPUs are structures, time stands still unless a test moves it, and what the core asks of the hardware is counted.
 */
#ifndef XENOLITH_FAKE_H
#define XENOLITH_FAKE_H

#include "cpu.h"
#include "domain.h"
#include "arch.h"
#include "device.h"
#include "types.h"

#define FAKE_CPUS 4            /* CPUs after fake_init */
#define FAKE_BOOT_PAGES 256    /* mfns below: dom0's boot RAM, never in the allocator */
#define FAKE_DOMAIN_PAGES 64   /* RAM pages of a fake domain, gfns 0 .. 63 */
#define FAKE_MAX_GSI 256
#define FAKE_RIP 0x1000        /* where vCPU 0 is, the others behind it */
#define FAKE_MSIS 16          /* vectors for messages */

struct fake_irq {
    bool bound, masked, level, active_low;
    unsigned masks, unmasks;
};

struct fake_msi {
    bool used;
    struct domain *domain; /* NULL: not routed */
    struct msi_message as;
    unsigned cpu;
};

/* Everything the fake architecture records; reset by fake_init. */
struct fake_state {
    stime_t timer_deadline[NR_CPUS]; /* last arch_timer_program of each CPU; STIME_NEVER: off */
    unsigned idles, interrupts_taken; /* arch_idle, arch_take_interrupts */
    unsigned switches;                /* arch_vcpu_switch */
    struct vcpu *switched_from, *switched_to;
    unsigned runs, time_updates, wallclock_updates, domains_destroyed, vcpus_destroyed;
    unsigned panics, host_shutdowns;
    bool host_reboot;                 /* argument of the last arch_host_shutdown */
    struct domain *callback_domain;   /* of the last arch_set_callback_vector */
    uint8_t callback_vector;
    struct fake_irq irq[FAKE_MAX_GSI];
    uint64_t port_value;              /* what arch_port_read gives (cut to size); all ones at first */
    uint16_t port_written;
    unsigned port_writes;
    uint64_t port_data;
    struct fake_msi msi[FAKE_MSIS];   /* by handle */
    /* The machine's ports and device registers, where a test has some: NULL does as above; memory reads ones. */
    uint64_t (*port_read)(uint16_t port, unsigned size);
    void (*port_write)(uint16_t port, unsigned size, uint64_t value);
    uint64_t (*mmio_read)(paddr_t addr, unsigned size);
    void (*mmio_write)(paddr_t addr, unsigned size, uint64_t value);
    /* Guest virtual addresses in [walk_fault_start, walk_fault_end) do not translate. */
    guest_va_t walk_fault_start, walk_fault_end;
    /* Replaces the identity walk when not NULL. */
    int (*walk)(struct vcpu *v, guest_va_t va, unsigned access, gpaddr_t *ret_gpa, uint32_t *ret_pfec);
    void (*run)(struct vcpu *v);      /* called by arch_vcpu_run; may be NULL */
    void (*relax)(void);              /* called by arch_relax; may be NULL */
    void (*idle)(void);               /* called by arch_idle; may be NULL */
    bool (*preempt)(void);            /* should the operation under way stop here? NULL: as the time says */
    bool (*fail_alloc)(void);         /* shall this allocation fail? may be NULL */
    void (*p2m_flush)(struct domain *d), (*p2m_added)(struct domain *d); /* called by arch_p2m_*; may be NULL */
    /* The vCPUs' state as the toolstack reads and writes it; NULL: -EOPNOTSUPP. */
    int (*get_hvmcontext)(struct domain *d, guest_va_t buffer, uint32_t *size);
    int (*set_hvmcontext)(struct domain *d, guest_va_t buffer, uint32_t size);
    int fail_init;                    /* negative errno that arch_domain_init and arch_vcpu_init return; 0: they work */
};
extern struct fake_state fake;

/* Current system time in ns, as arch_now() returns it. */
extern stime_t fake_time;

/*
 * A new machine: ram_mib MiB of RAM (at least 2), FAKE_CPUS CPUs with a scheduler, no domains, this thread on CPU 0.
 * What an earlier call made is gone.
 */
void fake_init(unsigned ram_mib);
/* Free the machine, so that a leak checker sees an empty process. */
void fake_done(void);
/* The same, as a CMocka test's teardown. */
int fake_teardown(void **state);

/* The CPU that this thread is; its current vCPU. */
void fake_set_cpu(unsigned cpu);
void fake_set_current(struct vcpu *v);

/*
 * A domain of `vcpus` vCPUs with FAKE_DOMAIN_PAGES pages of zeroed RAM at gfn 0; domain 0 is privileged, becomes dom0
 * and has identity-mapped boot RAM. Aborts when it cannot be made. The list holds the reference.
 */
struct domain *fake_domain(domid_t id, unsigned vcpus);
/* The same with another number of pages; dom0's are at most FAKE_BOOT_PAGES. */
struct domain *fake_domain_sized(domid_t id, unsigned vcpus, unsigned pages);
/* Address of a guest-physical byte of RAM (NULL: none there); valid up to the end of its page. */
void *fake_guest_ptr(struct domain *d, gpaddr_t gpa);

/* The n-th allocation from now (0: the next) and all after it fail; -1: they work again. */
void fake_fail_alloc_after(int n);

/* Run fn(arg); true if it ended in panic(), a failed ASSERT or a host shutdown. Unexpected panics abort the program. */
bool fake_expect_panic(void (*fn)(void *arg), void *arg);

#endif
