/* SPDX-License-Identifier: MIT */
/*
 * Core of the Xen x86 ABI: hypercall numbers, domain identifiers, virtual interrupts, the shared info page.
 * Facts of the public interface, in our words; sizes and offsets are asserted here, and tests/unit compares every
 * field with Debian's libxen-dev.
 */
#ifndef XENOLITH_PUBLIC_XEN_H
#define XENOLITH_PUBLIC_XEN_H

#include <stddef.h>
#include <stdint.h>

#define __HYPERVISOR_memory_op 12
#define __HYPERVISOR_multicall 13
#define __HYPERVISOR_set_timer_op 15
#define __HYPERVISOR_xen_version 17
#define __HYPERVISOR_console_io 18
#define __HYPERVISOR_platform_op 7
#define __HYPERVISOR_grant_table_op 20
#define __HYPERVISOR_vm_assist 21
#define __HYPERVISOR_vcpu_op 24
#define __HYPERVISOR_xsm_op 27
#define __HYPERVISOR_sched_op 29
#define __HYPERVISOR_event_channel_op 32
#define __HYPERVISOR_physdev_op 33
#define __HYPERVISOR_hvm_op 34
#define __HYPERVISOR_sysctl 35
#define __HYPERVISOR_domctl 36
#define __HYPERVISOR_argo_op 39
#define __HYPERVISOR_xenpmu_op 40
#define __HYPERVISOR_dm_op 41
#define __HYPERVISOR_hypfs_op 42

#define DOMID_FIRST_RESERVED 0x7ff0
#define DOMID_SELF 0x7ff0
#define DOMID_IO 0x7ff1
#define DOMID_XEN 0x7ff2
#define DOMID_COW 0x7ff3
#define DOMID_INVALID 0x7ff4
#define DOMID_IDLE 0x7fff

#define VIRQ_TIMER 0
#define VIRQ_DEBUG 1
#define VIRQ_CONSOLE 2
#define VIRQ_DOM_EXC 3
#define VIRQ_TBUF 4
#define VIRQ_DEBUGGER 6
#define VIRQ_XENOPROF 7
#define VIRQ_CON_RING 8
#define VIRQ_PCPU_STATE 9
#define VIRQ_MEM_EVENT 10
#define VIRQ_ARGO 11
#define VIRQ_ENOMEM 12
#define VIRQ_XENPMU 13
#define VIRQ_ARCH_0 16
#define VIRQ_MCA VIRQ_ARCH_0
#define NR_VIRQS 24

#define XEN_LEGACY_MAX_VCPUS 32

/* Para-virtual clock: guest time in ns = system_time + ((tsc - tsc_timestamp) << tsc_shift) * tsc_to_system_mul >> 32. */
struct vcpu_time_info {
    uint32_t version; /* odd while being updated */
    uint32_t pad0;
    uint64_t tsc_timestamp;
    uint64_t system_time;
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags;
    uint8_t pad1[2];
};
#define XEN_PVCLOCK_TSC_STABLE_BIT (1U << 0)
#define XEN_PVCLOCK_GUEST_STOPPED (1U << 1)
_Static_assert(sizeof(struct vcpu_time_info) == 32, "vcpu_time_info");

struct vcpu_info {
    uint8_t evtchn_upcall_pending;
    uint8_t evtchn_upcall_mask;
    uint64_t evtchn_pending_sel; /* a bit per word of evtchn_pending */
    uint64_t arch_cr2, arch_pad;
    struct vcpu_time_info time;
};
_Static_assert(sizeof(struct vcpu_info) == 64, "vcpu_info");

struct compat_vcpu_info {
    uint8_t evtchn_upcall_pending;
    uint8_t evtchn_upcall_mask;
    uint32_t evtchn_pending_sel;
    uint32_t arch_cr2, arch_pad[5];
    struct vcpu_time_info time;
};
_Static_assert(sizeof(struct compat_vcpu_info) == 64, "compat_vcpu_info");

#define NR_EVENT_CHANNELS_2L 4096
#define NR_EVENT_CHANNELS_2L_COMPAT 1024

struct shared_info {
    struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    uint64_t evtchn_pending[64];
    uint64_t evtchn_mask[64];
    uint32_t wc_version; /* odd while being updated */
    uint32_t wc_sec, wc_nsec, wc_sec_hi;
    uint64_t arch_max_pfn, arch_pfn_to_mfn_frame_list_list, arch_nmi_reason;
    uint64_t arch_p2m_cr3, arch_p2m_vaddr, arch_p2m_generation;
};
_Static_assert(offsetof(struct shared_info, evtchn_pending) == 2048, "shared_info.evtchn_pending");
_Static_assert(offsetof(struct shared_info, wc_version) == 3072, "shared_info.wc_version");

struct compat_shared_info {
    struct compat_vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    uint32_t evtchn_pending[32];
    uint32_t evtchn_mask[32];
    uint32_t wc_version, wc_sec, wc_nsec;
    uint32_t arch_max_pfn, arch_pfn_to_mfn_frame_list_list, arch_nmi_reason;
    uint32_t arch_p2m_cr3, arch_p2m_vaddr, arch_p2m_generation;
    uint32_t arch_wc_sec_hi;
};
_Static_assert(offsetof(struct compat_shared_info, wc_version) == 2304, "compat_shared_info.wc_version");

/* PVH start of day (public document: docs/misc/pvh, "HVM direct boot ABI"). */
#define XEN_HVM_START_MAGIC_VALUE 0x336ec578
#define SIF_PRIVILEGED (1U << 0)
#define SIF_INITDOMAIN (1U << 1)

struct hvm_start_info {
    uint32_t magic, version, flags, nr_modules;
    uint64_t modlist_paddr, cmdline_paddr, rsdp_paddr;
    uint64_t memmap_paddr; /* version 1 and later */
    uint32_t memmap_entries, reserved;
};
_Static_assert(sizeof(struct hvm_start_info) == 56, "hvm_start_info");

struct hvm_modlist_entry {
    uint64_t paddr, size, cmdline_paddr, reserved;
};

struct hvm_memmap_table_entry {
    uint64_t addr, size;
    uint32_t type, reserved; /* type: E820 numbers */
};

#endif
