/* SPDX-License-Identifier: GPL-2.0-only */
/* Every CPUID leaf and the MSRs that a kernel looks at, as the domain sees them. Judged by tests/peer/cpuid.py. */
#include "guest.h"

static void leaf(uint32_t nr, uint32_t sub)
{
    uint32_t r[4];

    cpuid(nr, sub, r);
    out("cpuid %x.%x %x %x %x %x\n", nr, sub, r[0], r[1], r[2], r[3]);
}

static void range(uint32_t first, uint32_t limit)
{
    uint32_t r[4];

    cpuid(first, 0, r);
    for (uint32_t nr = first; nr <= r[0] && nr < first + limit; nr++) {
        unsigned subs = nr == 7 ? 3 : nr == 0xd ? 64 : nr == 4 || nr == 0xb || nr == 0x8000001d ? 5 : 1;

        for (uint32_t sub = 0; sub < subs; sub++)
            leaf(nr, sub);
    }
}

static const uint32_t msrs[] = {
    0x10, 0x17, 0x1b, 0x3a, 0x3b, 0x48, 0x49, 0x8b, 0xc1, 0xce, 0xcf, 0xe7, 0xfe, 0x10a, 0x10b, 0x122, 0x140,
    0x174, 0x175, 0x176, 0x179, 0x17a, 0x17b, 0x186, 0x198, 0x199, 0x19b, 0x19c, 0x1a0, 0x1a2, 0x1b0, 0x1d9,
    0x200, 0x201, 0x20e, 0x20f, 0x250, 0x258, 0x268, 0x26f, 0x277, 0x2ff, 0x300, 0x345, 0x38f, 0x400, 0x401,
    0x402, 0x403, 0x480, 0x560, 0x570, 0x6e0, 0x802, 0xda0, 0xd90, 0x4b564d00, 0x40000000, 0x40000020,
    0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102,
    0xc0000103, 0xc0000104, 0xc00000e7, 0xc0010000, 0xc0010004, 0xc0010010, 0xc0010015, 0xc0010016,
    0xc001001a, 0xc001001d, 0xc001001f, 0xc0010055, 0xc0010058, 0xc0010061, 0xc0010062, 0xc0010063,
    0xc0010064, 0xc0010112, 0xc0010114, 0xc0010117, 0xc001011f, 0xc0010140, 0xc0010141, 0xc0010200,
    0xc0010201, 0xc0011004, 0xc0011005, 0xc0011019, 0xc001101a, 0xc001101b, 0xc0011020, 0xc0011022,
    0xc0011023, 0xc0011027, 0xc0011029, 0xc001102a, 0xc0011030,
};

void guest_test(const struct hvm_start_info *info)
{
    uint64_t cr4;

    (void)info;
    range(0, 0x40);
    range(0x80000000, 0x40);
    __asm__ __volatile__("mov %%cr4, %0" : "=r"(cr4));
    __asm__ __volatile__("mov %0, %%cr4" ::"r"(cr4 | 1u << 18)); /* OSXSAVE: what follows from XCR0 */
    leaf(1, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++) {
        uint64_t v = 0;

        if (rdmsr_ok(msrs[i], &v))
            out("msr %x %lx\n", msrs[i], v);
        else
            out("msr %x fault\n", msrs[i]);
    }
}
