/* SPDX-License-Identifier: GPL-2.0-only */
/* Random hypercalls, MSRs and ports. */
#include "attack.h"

#include "public/event_channel.h"
#include "public/memory.h"
#include "public/multicall.h"
#include "public/sched.h"
#include "public/vcpu.h"

static const uint8_t numbers[] = {
    __HYPERVISOR_memory_op, __HYPERVISOR_memory_op, __HYPERVISOR_multicall, __HYPERVISOR_set_timer_op,
    __HYPERVISOR_xen_version, __HYPERVISOR_console_io, __HYPERVISOR_platform_op, __HYPERVISOR_grant_table_op,
    __HYPERVISOR_grant_table_op, __HYPERVISOR_vm_assist, __HYPERVISOR_vcpu_op, __HYPERVISOR_vcpu_op,
    __HYPERVISOR_xsm_op, __HYPERVISOR_sched_op, __HYPERVISOR_event_channel_op, __HYPERVISOR_event_channel_op,
    __HYPERVISOR_physdev_op, __HYPERVISOR_hvm_op, __HYPERVISOR_hvm_op, __HYPERVISOR_sysctl, __HYPERVISOR_domctl,
    __HYPERVISOR_argo_op, __HYPERVISOR_xenpmu_op, __HYPERVISOR_dm_op, __HYPERVISOR_hypfs_op,
};

/* A structure of whatever size: words of 64, 32 and 16 bits. */
static void fill(struct attacker *a, void *to, unsigned size)
{
    for (unsigned at = 0; at + 8 <= size; at += 8) {
        uint64_t v = half_valid(a);

        if (one_in(a, 3))
            v = (uint32_t)v | half_valid(a) << 32;
        else if (one_in(a, 4))
            v = (uint16_t)v | (uint64_t)(uint16_t)half_valid(a) << 16 | (uint64_t)(uint32_t)half_valid(a) << 32;
        __builtin_memcpy((uint8_t *)to + at, &v, 8);
    }
}

static void *argument(struct attacker *a)
{
    uint8_t *p = a->data + below(a, sizeof(a->data) / 64) * 64;
    unsigned room = (unsigned)(a->data + sizeof(a->data) - p);

    fill(a, p, room < 256 ? room : 256);
    return p;
}

/* Its own end, a wait without end and the loss of its console come once in a while only. */
static bool ends_too_soon(struct attacker *a, uint64_t nr, uint64_t op, const uint32_t *arg)
{
    if (nr == __HYPERVISOR_sched_op)
        return op == SCHEDOP_shutdown || op == SCHEDOP_remote_shutdown || op == SCHEDOP_watchdog || op == SCHEDOP_block ||
               op == SCHEDOP_poll;
    if (nr == __HYPERVISOR_vcpu_op)
        return op == VCPUOP_down;
    if (nr == __HYPERVISOR_event_channel_op)
        return op == EVTCHNOP_reset || (op == EVTCHNOP_close && arg && *arg - 1 < 2);
    if (nr == __HYPERVISOR_memory_op)
        return op == XENMEM_decrease_reservation && !one_in(a, 8);
    return false;
}

static void make_call(struct attacker *a, uint64_t *nr, uint64_t arg[5])
{
    void *p;

    do {
        *nr = one_in(a, 16) ? half_valid(a) : numbers[below(a, ARRAY_SIZE(numbers))];
        for (unsigned i = 0; i < 5; i++)
            arg[i] = half_valid(a);
        p = argument(a);
        if (!one_in(a, 8)) /* most calls: operation and pointer; some: operation, vCPU or count, pointer */
            arg[0] = below(a, 48);
        if (*nr == __HYPERVISOR_vcpu_op || one_in(a, 16))
            arg[2] = (uintptr_t)p;
        else
            arg[1] = (uintptr_t)p;
        if (*nr == __HYPERVISOR_grant_table_op)
            arg[2] = below(a, 4);
        if (*nr == __HYPERVISOR_vcpu_op && !one_in(a, 8))
            arg[1] = below(a, 2);
    } while (ends_too_soon(a, *nr, arg[0], p) && !one_in(a, 4096));
}

static void make_multicall(struct attacker *a, uint64_t arg[5])
{
    struct multicall_entry *list = (void *)a->data;
    unsigned n = 1 + below(a, 16);

    for (unsigned i = 0; i < n; i++) {
        struct multicall_entry e = { 0 };
        uint64_t nr, args[5];

        make_call(a, &nr, args);
        e.op = nr;
        for (unsigned j = 0; j < 5; j++)
            (&e.args0)[j] = args[j];
        list[i] = e;
    }
    arg[0] = (uintptr_t)list;
    arg[1] = n;
}

static void one_hypercall(struct attacker *a)
{
    uint64_t nr, arg[5];

    make_call(a, &nr, arg);
    if (nr == __HYPERVISOR_multicall && !one_in(a, 4))
        make_multicall(a, arg);
    if (hypercall((unsigned)nr, arg[0], arg[1], arg[2], arg[3], arg[4]) >= 0)
        a->calls_ok++;
}

void attack_hypercall(struct attacker *a)
{
    attack_guarded(one_hypercall, a);
}

static void one_msr(struct attacker *a)
{
    static const uint32_t bases[] = { 0, 0x200, 0x400, 0x800, 0xc00, 0x40000000, 0xc0000000, 0xc0010000, 0xc0011000 };
    uint32_t msr = one_in(a, 8) ? (uint32_t)random64(a) : bases[below(a, ARRAY_SIZE(bases))] + below(a, 0x400), lo, hi;
    uint64_t value = half_valid(a);

    if (msr == 0x40000000) /* the hypercall page would be its own code's end anywhere else */
        value = PLAYGROUND + below(a, PLAYGROUND_PAGES) * PAGE_SIZE;
    if (one_in(a, 2))
        __asm__ __volatile__("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    else
        __asm__ __volatile__("wrmsr" ::"a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(msr));
}

void attack_msr(struct attacker *a)
{
    attack_guarded(one_msr, a);
}

static void one_port(struct attacker *a)
{
    static const uint16_t ports[] = { 0x20, 0x40, 0x43, 0x60, 0x64, 0x70, 0x71, 0x80, 0xe9, 0x2e8, 0x2f8, 0x3f8, 0x402,
                                      0x600, 0x604, 0xcf8, 0xcf9, 0xcfc, 0xb000, 0xb004, 0xffff };
    uint16_t port = one_in(a, 2) ? (uint16_t)random64(a) : (uint16_t)(ports[below(a, ARRAY_SIZE(ports))] + below(a, 4));
    uint64_t at = PLAYGROUND + below(a, PLAYGROUND_PAGES * PAGE_SIZE - 4096), count = below(a, 64);
    unsigned size = 1u << below(a, 3);

    switch (below(a, 6)) {
    case 0:
        port_out(port, size, (uint32_t)random64(a));
        break;
    case 1:
        __asm__ __volatile__("rep insb" : "+D"(at), "+c"(count) : "d"(port) : "memory");
        break;
    case 2:
        __asm__ __volatile__("rep outsl" : "+S"(at), "+c"(count) : "d"(port) : "memory");
        break;
    case 3:
        __asm__ __volatile__("std; insw; cld" : "+D"(at) : "d"(port) : "memory");
        break;
    default:
        port_in(port, size);
    }
}

void attack_port(struct attacker *a)
{
    attack_guarded(one_port, a);
}
