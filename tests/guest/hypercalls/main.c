/* SPDX-License-Identifier: GPL-2.0-only */
/* Status codes of hypercalls with bad numbers and arguments. */
#include "guest.h"

#include "public/hvm.h"

#define BAD_POINTER 0xffff880000000000ul /* not mapped */
#define CANONICAL_HOLE 0x800000000000ul
#define DEVICE_HOLE 0xf4000000ul         /* mapped, nothing there */
#define LAST_BYTES 0xfffffffffffffffcul  /* a structure there wraps round */

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
    { "xen_version features in a hole", 17, 6, DEVICE_HOLE, 0 },
    { "xen_version features not canonical", 17, 6, CANONICAL_HOLE, 0 },
    { "xen_version features wraps", 17, 6, LAST_BYTES, 0 },
    { "xen_version capabilities wraps", 17, 3, LAST_BYTES, 0 },
    { "xen_version command line in a hole", 17, 9, DEVICE_HOLE, 0 },
    { "xen_version build_id without buffer", 17, 10, 0, 0 },
    { "xen_version, upper half of the command", 17, 1ul << 32, 0, 0 },
    { "memory_op in a hole", 12, 7, DEVICE_HOLE, 0 },
    { "memory_op wraps", 12, 7, LAST_BYTES, 0 },
    { "event_channel_op send in a hole", 32, 4, DEVICE_HOLE, 0 },
    { "event_channel_op send wraps", 32, 4, LAST_BYTES + 2, 0 },
    { "event_channel_op alloc_unbound bad pointer", 32, 6, BAD_POINTER, 0 },
    { "event_channel_op status bad pointer", 32, 5, BAD_POINTER, 0 },
    { "sched_op poll in a hole", 29, 3, DEVICE_HOLE, 0 },
    { "sched_op remote_shutdown bad pointer", 29, 4, BAD_POINTER, 0 },
    { "sched_op watchdog bad pointer", 29, 6, BAD_POINTER, 0 },
    { "sched_op pin_override bad pointer", 29, 7, BAD_POINTER, 0 },
    { "sched_op shutdown_code bad pointer", 29, 5, BAD_POINTER, 0 },
    { "vcpu_op initialise", 24, 0, 0, 0 },
    { "vcpu_op get_runstate_info bad pointer", 24, 4, 0, BAD_POINTER },
    { "vcpu_op register_runstate bad pointer", 24, 5, 0, BAD_POINTER },
    { "vcpu_op set_periodic_timer bad pointer", 24, 6, 0, BAD_POINTER },
    { "vcpu_op register_vcpu_info bad pointer", 24, 10, 0, BAD_POINTER },
    { "vcpu_op get_physid bad pointer", 24, 12, 0, BAD_POINTER },
    { "vcpu_op 99 of vcpu 1000", 24, 99, 1000, 0 },
    { "vcpu_op of vcpu 2^32", 24, 3, 1ul << 32, 0 },
    { "grant_table_op map, huge count", 20, 0, BAD_POINTER, 0xffffffff },
    { "grant_table_op copy bad pointer", 20, 5, BAD_POINTER, 1 },
    { "grant_table_op setup_table bad pointer", 20, 2, BAD_POINTER, 1 },
    { "grant_table_op setup_table count 2", 20, 2, BAD_POINTER, 2 },
    { "hvm_op set_param bad pointer", 34, 0, BAD_POINTER, 0 },
    { "hvm_op get_time bad pointer", 34, 10, BAD_POINTER, 0 },
    { "hvm_op set_evtchn_upcall_vector bad pointer", 34, 23, BAD_POINTER, 0 },
    { "hvm_op flush_tlbs with argument", 34, 5, 1, 0 },
    { "multicall 2^32-1 entries, bad pointer", 13, BAD_POINTER, 0xffffffff, 0 },
    { "multicall wraps", 13, LAST_BYTES, 1, 0 },
    { "console_io write bad pointer", 18, 0, 5, BAD_POINTER },
    { "console_io write 0 bytes", 18, 0, 0, BAD_POINTER },
    { "vm_assist 0, 4gb_segments", 21, 0, 0, 0 },
    { "vm_assist runstate_update_flag", 21, 0, 5, 0 },
    { "xsm_op", 27, 0, 0, 0 },
    { "nmi_op", 28, 0, 0, 0 },
    { "callback_op", 30, 0, 0, 0 },
    { "xenoprof_op", 31, 0, 0, 0 },
    { "tmem_op", 38, 0, 0, 0 },
    { "argo_op", 39, 0, 0, 0 },
    { "xenpmu_op", 40, 0, 0, 0 },
    { "dm_op", 41, 0, 0, 0 },
    { "hypfs_op", 42, 0, 0, 0 },
    { "arch 48", 48, 0, 0, 0 },
    { "set_timer_op 0", 15, 0, 0, 0 },
};

/* Structures across a page's end, not aligned, and hvm_op's arguments that are readable but wrong. */
static void test_structures(void)
{
    static uint8_t pages[2 * 4096] __attribute__((aligned(4096)));
    uint32_t *features = (void *)(pages + 4096 - 4);
    struct xen_hvm_param p = { .domid = DOMID_SELF };
    struct xen_hvm_evtchn_upcall_vector u = { .vcpu = 99, .vector = 0x40 };

    out("features across pages: %ld", hypercall2(17, 6, features));
    out(" same %d\n", features[1] != 0);
    out("features not aligned: %ld", hypercall2(17, 6, pages + 1));
    out(" same %d\n", !__builtin_memcmp(pages + 1, features, 8));
    *features = 1;
    out("features index 1: %ld", hypercall2(17, 6, features));
    out(" 0x%x\n", features[1]);
    for (unsigned i = 0; i < 50; i++) {
        p.domid = DOMID_SELF;
        p.index = i;
        out("get_param %u: %ld\n", i, hypercall2(34, 1, &p));
    }
    p.index = 0;
    p.domid = 77;
    out("get_param of 77: %ld\n", hypercall2(34, 1, &p));
    out("set_param of 77: %ld\n", hypercall2(34, 0, &p));
    out("upcall vector of vcpu 99: %ld\n", hypercall2(34, 23, &u));
    u.vcpu = 0;
    u.vector = 15;
    out("upcall vector 15: %ld\n", hypercall2(34, 23, &u));
}

void guest_test(const struct hvm_start_info *info)
{
    (void)info;
    test_structures();
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t rc = hypercall3(cases[i].nr, cases[i].a1, cases[i].a2, cases[i].a3);

        if (cases[i].nr == 12 && cases[i].a1 == 2)
            rc = rc > 0;
        out("%s: %ld\n", cases[i].what, rc);
    }
}
