/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Odd instructions on device pages and holes: any number of prefixes, across the end of a page whose successor may be
 * missing or a device, rewritten by the other vCPU in the meantime.
 */
#include "attack.h"

#define CODE_VA 0x80000000ul /* two pages for each vCPU, then one for each that shows any frame there is */
#define PAGE_P 1ull
#define PAGE_RW 2ull

static uint8_t code_pages[2 * NR_VCPUS][4096] __attribute__((aligned(4096)));
static volatile uint64_t table[512] __attribute__((aligned(4096)));
static volatile uint32_t last_at[NR_VCPUS];

static uint64_t *table_at(uint64_t entry)
{
    return (uint64_t *)(entry & 0x000ffffffffff000ull);
}

void attack_instruction_init(void)
{
    uint64_t cr3;

    __asm__ __volatile__("mov %%cr3, %0" : "=r"(cr3));
    for (unsigned i = 0; i < 2 * NR_VCPUS; i++)
        table[i] = (uintptr_t)code_pages[i] | PAGE_RW | PAGE_P;
    table_at(table_at(table_at(cr3)[0])[CODE_VA >> 30])[0] = (uintptr_t)table | PAGE_RW | PAGE_P;
}

static void show(unsigned page, uint64_t entry)
{
    table[page] = entry;
    __asm__ __volatile__("invlpg (%0)" ::"r"(CODE_VA + page * PAGE_SIZE) : "memory");
}

static uint64_t device_address(struct attacker *a)
{
    uint32_t offset = one_in(a, 2) ? below(a, 64) * 16 : one_in(a, 4) ? 0xff8 + below(a, 16) : below(a, 4096);

    switch (below(a, 6)) {
    case 0:
        return 0xfec00000ul + offset;
    case 1:
        return 0xe0000000ul + below(a, 0x1000) * PAGE_SIZE + offset;
    case 2:
        return CODE_VA + (2 * NR_VCPUS + a->id) * PAGE_SIZE + offset;
    default:
        return 0xfee00000ul + offset;
    }
}

/* Jumps to nowhere, other descriptor tables: what ends the guest soon comes less often. */
static bool is_deadly(uint8_t map, uint8_t opcode)
{
    return map == 0x0f ? opcode <= 0x01 || opcode == 0x23 : opcode == 0xff || opcode == 0x8e;
}

/*
 * What makes QEMU 7.2 abort, wherever in the bytes it is: LOCK before a bit test (BT, BTS, BTR, BTC) of a register, so
 * theirs is in memory; and an exception after LTR of a null selector, so LTR (/3) becomes LLDT (/2).
 */
static void spare_qemu(uint8_t *code, unsigned n)
{
    for (unsigned i = 0; i + 2 < n; i++) {
        uint8_t *opcode = &code[i + 1], *modrm = &code[i + 2];

        if (code[i] != 0x0f)
            continue;
        if (*opcode == 0xa3 || *opcode == 0xab || *opcode == 0xb3 || *opcode == 0xba || *opcode == 0xbb)
            *modrm &= 0x3f;
        if (*opcode == 0x00 && (*modrm >> 3 & 7) == 3)
            *modrm ^= 8;
    }
}

/* One instruction of less than 64 bytes with a return behind it; returns how many bytes. */
static unsigned make_instruction(struct attacker *a, uint8_t *code)
{
    static const uint8_t prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x40, 0x41,
                                        0x44, 0x48, 0x4c, 0x4f };
    static const uint8_t one_byte[] = { 0x00, 0x01, 0x03, 0x08, 0x0b, 0x11, 0x19, 0x21, 0x23, 0x29, 0x31, 0x33, 0x39, 0x3b,
                                        0x63, 0x6c, 0x6d, 0x6e, 0x6f, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
                                        0x89, 0x8a, 0x8b, 0x8b, 0x8c, 0x8e, 0x8f, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6,
                                        0xaa, 0xab, 0xac, 0xae, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xd1, 0xd9, 0xdd, 0xf6, 0xf7,
                                        0xfe, 0xff };
    static const uint8_t two_bytes[] = { 0x00, 0x01, 0x0b, 0x10, 0x11, 0x20, 0x23, 0x28, 0x29, 0x30, 0x32, 0x33, 0x40,
                                         0x6f, 0x7f, 0xa2, 0xa3, 0xab, 0xae, 0xb0, 0xb1, 0xb6, 0xb7, 0xbb, 0xbe, 0xbf, 0xc1,
                                         0xc3, 0xc7, 0xe7 };
    uint8_t map, opcode;
    unsigned n = 0, nr_prefixes = one_in(a, 8) ? below(a, 20) : below(a, 4);

    while (nr_prefixes--)
        code[n++] = prefixes[below(a, ARRAY_SIZE(prefixes))];
    do {
        map = one_in(a, 3) ? 0x0f : 0;
        opcode = map ? two_bytes[below(a, ARRAY_SIZE(two_bytes))] : one_byte[below(a, ARRAY_SIZE(one_byte))];
    } while (is_deadly(map, opcode) && !one_in(a, 16));
    if (map)
        code[n++] = map;
    code[n++] = one_in(a, 256) ? (uint8_t)random64(a) : opcode;
    code[n++] = one_in(a, 2) ? (uint8_t)(random64(a) & 0x3f) : (uint8_t)random64(a);
    for (unsigned i = below(a, 9); i; i--)
        code[n++] = one_in(a, 2) ? 0 : (uint8_t)random64(a);
    code[n++] = 0xc3;
    spare_qemu(code, n);
    return n;
}

/* What comes after the end of the page. */
static uint64_t next_page(struct attacker *a)
{
    switch (below(a, 8)) {
    case 0:
        return 0;
    case 1:
        return 0xfee00000ull | PAGE_RW | PAGE_P;
    case 2:
        return 0xe0000000ull | PAGE_RW | PAGE_P;
    case 3:
        return ((random64(a) & 0xfffffff000ull) | PAGE_RW | PAGE_P);
    default:
        return (uintptr_t)code_pages[2 * a->id + 1] | PAGE_RW | PAGE_P;
    }
}

static void put(unsigned page, unsigned at, const uint8_t *code, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ((volatile uint8_t *)code_pages[page])[at + i] = code[i];
}

static void prepare(struct attacker *a)
{
    uint8_t code[64];
    unsigned page = 2 * (unsigned)a->id, n = make_instruction(a, code), at;

    at = one_in(a, 2) ? below(a, 4000) : 4096 - 1 - below(a, n);
    put(page, at, code, n); /* over the end: into the second page, which is behind the first */
    show(page + 1, next_page(a));
    if (one_in(a, 16))
        show(2 * NR_VCPUS + (unsigned)a->id, (random64(a) & 0xfffffff000ull) | PAGE_RW | PAGE_P);
    last_at[a->id] = at;
    a->code = CODE_VA + page * PAGE_SIZE + at;
    for (unsigned i = 0; i < 16; i++)
        a->reg[i] = one_in(a, 4) ? half_valid(a) : device_address(a);
    if (!one_in(a, 4096))
        a->reg[1] = below(a, 16); /* a count: a string instruction on billions of bytes is the guest's end */
}

/* The other vCPU may be in the middle of it. */
static void disturb(struct attacker *a)
{
    unsigned other = 1 - (unsigned)a->id;
    uint8_t code[64];

    put(2 * other, last_at[other], code, make_instruction(a, code));
}

/* Code may go round in circles: the local APIC's timer ends it, as long as the attacks leave that alone. */
static void watchdog(struct attacker *a)
{
    static const uint16_t registers[][2] = { { 0xb0, 0 }, { 0xf0, 0x1ff }, { 0x3e0, 0xb }, { 0x320, 0x40 } };

    (void)a;
    for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
        *(volatile uint32_t *)(0xfee00000ul + registers[i][0]) = registers[i][1];
    *(volatile uint32_t *)0xfee00380ul = 200000; /* 2 ms */
}

void attack_instruction(struct attacker *a)
{
    if (one_in(a, 4))
        disturb(a);
    attack_guarded(prepare, a);
    attack_guarded(watchdog, a);
    attack_guarded(attack_run, a);
}
