/* SPDX-License-Identifier: GPL-2.0-only */
/* What a PVH kernel finds at its entry: start info, memory map, CPUID leaves of the hypervisor. */
#include "guest.h"

static void show_memory_map(const struct hvm_start_info *info)
{
    const struct hvm_memmap_table_entry *map = (const void *)info->memmap_paddr;
    uint64_t ram = 0, end = 0;
    bool sorted = true;

    for (unsigned i = 0; i < info->memmap_entries; i++) {
        sorted &= map[i].addr >= end;
        end = map[i].addr + map[i].size;
        if (map[i].type == 1)
            ram += map[i].size;
    }
    out("memory map sorted: %d\n", sorted);
    out("memory map RAM at least 500 MiB: %d\n", ram >= 500ul << 20);
}

void guest_test(const struct hvm_start_info *info)
{
    uint32_t r[4], base = xen_cpuid_base();

    out("magic: 0x%x\n", info->magic);
    out("version at least 1: %d\n", info->version >= 1);
    out("flags: 0x%x\n", info->flags);
    out("rsdp: %s\n", info->rsdp_paddr && !__builtin_memcmp((void *)info->rsdp_paddr, "RSD PTR ", 8) ? "ok" : "bad");
    show_memory_map(info);
    out("cpuid base: 0x%x\n", base);
    cpuid(base, 0, r);
    out("cpuid max leaf: 0x%x\n", r[0]);
    cpuid(base + 1, 0, r);
    out("cpuid version: 0x%x\n", r[0]);
    cpuid(base + 2, 0, r);
    out("cpuid hypercall pages: %u msr 0x%x\n", r[0], r[1]);
    cpuid(base + 4, 0, r);
    out("cpuid vcpu id: %u present %u domid %u present %u upcall vector %u\n", r[1], r[0] >> 3 & 1, r[2],
        r[0] >> 4 & 1, r[0] >> 6 & 1);
    cpuid(1, 0, r);
    out("apic id: %u hypervisor bit %u x2apic %u\n", r[1] >> 24, r[2] >> 31, r[2] >> 21 & 1);
}
