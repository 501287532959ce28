/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that attacks: two vCPUs make random hypercalls, touch random MSRs and ports and run odd instructions, until
 * they are destroyed or destroy themselves. Command line "seed=N other=DOMID".
 */
#include "attack.h"

#include "public/grant_table.h"
#include "public/memory.h"

#define TRAMPOLINE 0x8000ul
#define REPORT_EVERY 64u

struct attacker attackers[NR_VCPUS];
uint16_t own_domid, other_domid;

extern uint8_t trampoline[], trampoline_end[], attack_stubs[];
const uint64_t attack_stride = sizeof(struct attacker);
uint32_t attack_cr3;
void attack_second(void);

struct tss {
    uint32_t pad0;
    uint64_t rsp[3], pad1, ist[7], pad2;
    uint16_t pad3, io_map;
} __attribute__((packed));
static struct tss tss[NR_VCPUS];
static uint8_t trap_stack[NR_VCPUS][4096] __attribute__((aligned(4096)));
static uint64_t gdt[8] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff };
static uint64_t idt[512];
static struct {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed)) gdt_pointer, idt_pointer;

uint64_t half_valid(struct attacker *a)
{
    static const uint64_t limits[] = { 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
                                       0x8000000000000000, 0xffff800000000000, 0xffffffffffffffff, 0xfffffffffffff000,
                                       0xfee00000, 0xfee00, 0xfec00, 0xfffff, 0x7ff0, 0x7ff1, 0x7ff2, 0x7ff4, 0xffff };

    switch (below(a, 12)) {
    case 0:
        return random64(a);
    case 1:
        return random64(a) >> below(a, 64);
    case 2:
        return limits[below(a, ARRAY_SIZE(limits))];
    case 3:
        return one_in(a, 3) ? DOMID_SELF : one_in(a, 2) ? own_domid : other_domid;
    case 4:
    case 5:
        return (uintptr_t)a->data + (one_in(a, 4) ? below(a, sizeof(a->data)) : below(a, sizeof(a->data) / 64) * 64);
    case 6:
    case 7:
        return PLAYGROUND / PAGE_SIZE + below(a, one_in(a, 2) ? 16 : PLAYGROUND_PAGES);
    case 8:
        return PLAYGROUND + below(a, PLAYGROUND_PAGES * PAGE_SIZE);
    default:
        return below(a, one_in(a, 2) ? 4 : 64);
    }
}

static void descriptors(void)
{
    for (unsigned i = 0; i < NR_VCPUS; i++) {
        uint64_t base = (uintptr_t)&tss[i];

        gdt[4 + 2 * i] = (sizeof(tss[i]) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
        gdt[5 + 2 * i] = base >> 32;
        tss[i].ist[0] = (uintptr_t)trap_stack[i] + sizeof(trap_stack[i]);
        tss[i].io_map = sizeof(tss[i]);
    }
    for (unsigned i = 0; i < 256; i++) {
        uint64_t stub = (uintptr_t)attack_stubs + i * 16;

        idt[2 * i] = (stub & 0xffff) | 8ull << 16 | 0x8e01ull << 32 | (stub >> 16 & 0xffff) << 48;
        idt[2 * i + 1] = stub >> 32;
    }
    gdt_pointer.limit = sizeof(gdt) - 1;
    gdt_pointer.base = (uintptr_t)gdt;
    idt_pointer.limit = sizeof(idt) - 1;
    idt_pointer.base = (uintptr_t)idt;
}

/*
 * What an instruction may have changed of the processor, except what the trap already brought back. Not CR8: QEMU 7.2
 * ends with an assertion when that is written while an interrupt waits for the guest.
 */
static void restore_processor(void)
{
    __asm__ __volatile__("mov %0, %%cr3\n\tmov %1, %%cr4\n\tmov %2, %%cr0\n\tlgdt %3\n\tlidt %4" ::"r"(
                             (uint64_t)attack_cr3),
                         "r"(0x620ull), "r"(0x80010013ull), "m"(gdt_pointer), "m"(idt_pointer)
                         : "memory");
}

static void vcpu_init(unsigned id)
{
    restore_processor();
    __asm__ __volatile__("ltr %w0" ::"r"(0x20 + 16 * id));
}

static void report(struct attacker *a)
{
    out("attack: %lu and %lu operations, %lu calls answered, %lu faults\n", a->ops, READ_ONCE(attackers[1].ops),
        a->calls_ok + READ_ONCE(attackers[1].calls_ok), a->faults + READ_ONCE(attackers[1].faults));
}

static unsigned nr_kinds; /* random instructions soon go round in circles: every other seed does without */

static void attack(struct attacker *a)
{
    static void (*const kinds[])(struct attacker *) = { attack_hypercall, attack_hypercall, attack_hypercall, attack_msr,
                                                        attack_port, attack_instruction, attack_instruction };

    for (;;) {
        if (one_in(a, 4))
            restore_processor();
        kinds[below(a, nr_kinds)](a);
        a->ops++;
        if (a->id == 0 && a->ops % REPORT_EVERY == 0)
            report(a);
    }
}

void attack_second(void)
{
    vcpu_init(1);
    attack(&attackers[1]);
}

static void start_second(void)
{
    volatile uint32_t *icr = (void *)0xfee00300ul;

    __builtin_memcpy((void *)TRAMPOLINE, trampoline, (size_t)(trampoline_end - trampoline));
    *(volatile uint32_t *)0xfee000f0ul = 0x1ff;
    icr[4] = 2u << 24;
    icr[0] = 0x4500; /* INIT */
    icr[0] = 0x4600 | TRAMPOLINE >> 12;
}

/* Grants of playground frames to everybody, so that maps and copies find something. */
static void grants_init(struct attacker *a)
{
    struct xen_add_to_physmap map = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table,
                                      .gpfn = PLAYGROUND / PAGE_SIZE };
    struct grant_entry_v1 *entry = (void *)PLAYGROUND;

    out("attack: grant table %ld\n", hypercall2(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &map));
    for (unsigned i = 8; i < 64; i++) {
        entry[i].frame = (uint32_t)(PLAYGROUND / PAGE_SIZE + 16 + below(a, 64));
        entry[i].domid = one_in(a, 2) ? own_domid : one_in(a, 2) ? other_domid : 0;
        entry[i].flags = (uint16_t)(GTF_permit_access | (one_in(a, 4) ? GTF_readonly : 0));
    }
}

static uint64_t word(const char *words, const char *key)
{
    uint64_t value = 0;

    for (; *words; words++) {
        unsigned i = 0;

        while (key[i] && words[i] == key[i])
            i++;
        if (key[i])
            continue;
        for (words += i; *words >= '0' && *words <= '9'; words++)
            value = value * 10 + (uint64_t)(*words - '0');
        return value;
    }
    return 0;
}

void guest_test(const struct hvm_start_info *info)
{
    const char *words = (const char *)info->cmdline_paddr;
    uint64_t seed = word(words, "seed="), cr3;
    uint32_t r[4];

    cpuid(xen_cpuid_base() + 4, 0, r);
    own_domid = (uint16_t)r[2];
    nr_kinds = seed % 2 ? 7 : 5;
    other_domid = (uint16_t)word(words, "other=");
    out("attack: seed %lu, domain %u beside %u\n", seed, own_domid, other_domid);
    for (unsigned i = 0; i < NR_VCPUS; i++) {
        attackers[i].id = i;
        attackers[i].random = (seed * NR_VCPUS + i + 1) * 0x9e3779b97f4a7c15ull;
    }
    __asm__ __volatile__("mov %%cr3, %0" : "=r"(cr3));
    attack_cr3 = (uint32_t)cr3;
    descriptors();
    __builtin_memset((void *)PLAYGROUND, 0xcc, PLAYGROUND_PAGES * PAGE_SIZE); /* who jumps there comes back */
    grants_init(&attackers[0]);
    attack_instruction_init();
    vcpu_init(0);
    start_second();
    attack(&attackers[0]);
}
