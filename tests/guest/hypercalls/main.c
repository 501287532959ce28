/* SPDX-License-Identifier: GPL-2.0-only */
/* Status codes of hypercalls with bad numbers and arguments. */
#include "guest.h"

#define BAD_POINTER 0xffff880000000000ul /* not mapped */

static const struct {
    const char *what;
    unsigned nr;
    uint64_t a1, a2, a3;
} cases[] = {
    { "set_trap_table", 0, 0, 0, 0 },
    { "mmu_update", 1, 0, 0, 0 },
    { "hole 11", 11, 0, 0, 0 },
    { "hole 43", 43, 0, 0, 0 },
    { "beyond the table", 64, 0, 0, 0 },
    { "huge number", 0xffffffff, 0, 0, 0 },
    { "xen_version 0", 17, 0, 0, 0 },
    { "xen_version pagesize", 17, 7, 0, 0 },
    { "xen_version 99", 17, 99, 0, 0 },
    { "xen_version extraversion bad pointer", 17, 1, BAD_POINTER, 0 },
    { "xen_version features bad pointer", 17, 6, BAD_POINTER, 0 },
    { "memory_op 63", 12, 63, 0, 0 },
    { "memory_op maximum_ram_page > 0", 12, 2, 0, 0 },
    { "memory_op current_reservation bad pointer", 12, 3, BAD_POINTER, 0 },
    { "memory_op add_to_physmap bad pointer", 12, 7, BAD_POINTER, 0 },
    { "memory_op populate_physmap bad pointer", 12, 6, BAD_POINTER, 0 },
    { "event_channel_op 99", 32, 99, 0, 0 },
    { "event_channel_op send bad pointer", 32, 4, BAD_POINTER, 0 },
    { "sched_op 99", 29, 99, 0, 0 },
    { "sched_op yield", 29, 0, 0, 0 },
    { "sched_op poll bad pointer", 29, 3, BAD_POINTER, 0 },
    { "sched_op shutdown bad pointer", 29, 2, BAD_POINTER, 0 },
    { "vcpu_op 99", 24, 99, 0, 0 },
    { "vcpu_op is_up 0", 24, 3, 0, 0 },
    { "vcpu_op is_up 1000", 24, 3, 1000, 0 },
    { "vcpu_op singleshot other vcpu", 24, 8, 1000, 0 },
    { "grant_table_op 99", 20, 99, 0, 0 },
    { "grant_table_op 99 with count", 20, 99, 0, 1 },
    { "grant_table_op map bad pointer", 20, 0, BAD_POINTER, 1 },
    { "grant_table_op query_size bad pointer", 20, 6, BAD_POINTER, 1 },
    { "hvm_op 99", 34, 99, 0, 0 },
    { "hvm_op get_param bad pointer", 34, 1, BAD_POINTER, 0 },
    { "physdev_op 99", 33, 99, 0, 0 },
    { "multicall 0 entries", 13, 0, 0, 0 },
    { "multicall bad pointer", 13, BAD_POINTER, 1, 0 },
    { "console_io 99", 18, 99, 0, 0 },
    { "vm_assist enable 99", 21, 0, 99, 0 },
    { "vm_assist command 9", 21, 9, 5, 0 },
    { "sysctl bad pointer", 35, BAD_POINTER, 0, 0 },
    { "domctl bad pointer", 36, BAD_POINTER, 0, 0 },
    { "platform_op bad pointer", 7, BAD_POINTER, 0, 0 },
};

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t rc = hypercall3(cases[i].nr, cases[i].a1, cases[i].a2, cases[i].a3);

        if (cases[i].nr == 12 && cases[i].a1 == 2)
            rc = rc > 0;
        out("%s: %ld\n", cases[i].what, rc);
    }
}
