/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints what the public headers say of every type: compiled against ours and the distribution's by layout.sh. */
#include <libxl.h>

#include <libxl_event.h>
#include <libxl_utils.h>
#include <libxlutil.h>
#include <stddef.h>
#include <stdio.h>

#define SIZE(T) printf("sizeof(" #T ") %zu\n", sizeof(T));
#define WHERE(T, f) printf(#T "." #f " %zu %zu\n", offsetof(T, f), sizeof(((T *)0)->f));
#define NUMBER(n) printf(#n " %lld\n", (long long)(n));
#define TEXT(s) printf(#s " %s\n", s);

/* The rows of libs/light/ *.def. */
#define ENUM(T, type, table) printf("enum " #T " %zu\n", sizeof(T));
#define VALUE(v, word) NUMBER(v)
#define ENUM_END
#define STRUCT(T, type) SIZE(T)
#define FIELD(T, f, type, value) WHERE(T, f)
#define HIDDEN(T, f) WHERE(T, f)
#define ARRAY(T, f, count, type) \
    WHERE(T, f)                  \
    WHERE(T, count)              \
    printf("  of %zu\n", sizeof(*((T *)0)->f));
#define UNION(T, f, type, value) WHERE(T, f)
#define MEMBER(value) NUMBER(value)
#define MEMBER_END
#define UNION_END
#define PART(T, f) WHERE(T, f)
#define PART_END
#define STRUCT_END

static void print_tables(void)
{
#include "light/enums.def"
#include "light/types_device.def"
#include "light/types_domain.def"
#include "light/types_host.def"
}

static void print_small_types(void)
{
    SIZE(libxl_domid) SIZE(libxl_devid) SIZE(libxl_ev_user) SIZE(libxl_mac) SIZE(libxl_hwcap) SIZE(libxl_uuid)
    SIZE(libxl_string_list) SIZE(libxl_key_value_list) SIZE(libxl_cpuid_policy_list) SIZE(libxl_ev_link)
    SIZE(libxl_bitmap) WHERE(libxl_bitmap, size) WHERE(libxl_bitmap, map)
    SIZE(libxl_defbool) WHERE(libxl_defbool, val)
    SIZE(libxl_ms_vm_genid) WHERE(libxl_ms_vm_genid, bytes)
    SIZE(libxl_enum_string_table) WHERE(libxl_enum_string_table, s) WHERE(libxl_enum_string_table, v)
}

static void print_interfaces(void)
{
    SIZE(libxl_asyncop_how) WHERE(libxl_asyncop_how, callback) WHERE(libxl_asyncop_how, u.for_event)
    WHERE(libxl_asyncop_how, u.for_callback)
    SIZE(libxl_asyncprogress_how) WHERE(libxl_asyncprogress_how, callback) WHERE(libxl_asyncprogress_how, for_event)
    WHERE(libxl_asyncprogress_how, for_callback)
    SIZE(libxl_event_hooks) WHERE(libxl_event_hooks, event_occurs_mask) WHERE(libxl_event_hooks, event_occurs)
    WHERE(libxl_event_hooks, disaster)
    SIZE(libxl_osevent_hooks) WHERE(libxl_osevent_hooks, fd_register) WHERE(libxl_osevent_hooks, fd_modify)
    WHERE(libxl_osevent_hooks, fd_deregister) WHERE(libxl_osevent_hooks, timeout_register)
    WHERE(libxl_osevent_hooks, timeout_modify) WHERE(libxl_osevent_hooks, timeout_deregister)
    SIZE(libxl_childproc_hooks) WHERE(libxl_childproc_hooks, chldowner) WHERE(libxl_childproc_hooks, fork_replacement)
    WHERE(libxl_childproc_hooks, reaped_callback)
    NUMBER(libxl_sigchld_owner_libxl) NUMBER(libxl_sigchld_owner_mainloop) NUMBER(libxl_sigchld_owner_libxl_always)
    NUMBER(libxl_sigchld_owner_libxl_always_selective_reap)
    SIZE(xentoollog_logger) WHERE(xentoollog_logger, vmessage) WHERE(xentoollog_logger, progress)
    WHERE(xentoollog_logger, destroy)
    NUMBER(XTL_NONE) NUMBER(XTL_DEBUG) NUMBER(XTL_VERBOSE) NUMBER(XTL_DETAIL) NUMBER(XTL_PROGRESS) NUMBER(XTL_INFO)
    NUMBER(XTL_NOTICE) NUMBER(XTL_WARN) NUMBER(XTL_ERROR) NUMBER(XTL_CRITICAL) NUMBER(XTL_NUM_LEVELS)
    NUMBER(XTL_STDIOSTREAM_SHOW_PID) NUMBER(XTL_STDIOSTREAM_SHOW_DATE) NUMBER(XTL_STDIOSTREAM_HIDE_PROGRESS)
    NUMBER(XTL_STDIOSTREAM_PROGRESS_USE_CR) NUMBER(XTL_STDIOSTREAM_PROGRESS_NO_CR)
    NUMBER(XLU_STRING) NUMBER(XLU_LIST) NUMBER(XLU_OP_ASSIGNMENT) NUMBER(XLU_OP_ADDITION)
}

static void print_constants(void)
{
    NUMBER(LIBXL_VERSION) NUMBER(INVALID_DOMID) NUMBER(RANDOM_DOMID) NUMBER(LIBXL_PCI_FUNC_ALL)
    NUMBER(LIBXL_MEMKB_DEFAULT) NUMBER(LIBXL_TIMER_MODE_DEFAULT) NUMBER(LIBXL_RDM_MEM_BOUNDARY_MEMKB_DEFAULT)
    NUMBER(LIBXL_MAX_GRANT_DEFAULT) NUMBER(LIBXL_MAX_GRANT_FRAMES_DEFAULT) NUMBER(LIBXL_MAX_MAPTRACK_FRAMES_DEFAULT)
    NUMBER(LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH) NUMBER(LIBXL_MS_VM_GENID_LEN)
    NUMBER(LIBXL_SUSPEND_DEBUG) NUMBER(LIBXL_SUSPEND_LIVE) NUMBER(LIBXL_CPUPOOL_POOLID_ANY)
    NUMBER(LIBXL_CPUTOPOLOGY_INVALID_ENTRY) NUMBER(LIBXL_PCITOPOLOGY_INVALID_ENTRY)
    NUMBER(LIBXL_NUMAINFO_INVALID_ENTRY) NUMBER(LIBXL_DOMAIN_SCHED_PARAM_WEIGHT_DEFAULT)
    NUMBER(LIBXL_DOMAIN_SCHED_PARAM_CAP_DEFAULT) NUMBER(LIBXL_DOMAIN_SCHED_PARAM_PERIOD_DEFAULT)
    NUMBER(LIBXL_DOMAIN_SCHED_PARAM_SLICE_DEFAULT) NUMBER(LIBXL_DOMAIN_SCHED_PARAM_LATENCY_DEFAULT)
    NUMBER(LIBXL_DOMAIN_SCHED_PARAM_EXTRATIME_DEFAULT) NUMBER(LIBXL_DOMAIN_SCHED_PARAM_BUDGET_DEFAULT)
    NUMBER(LIBXL_SCHED_PARAM_VCPU_INDEX_DEFAULT) NUMBER(LIBXL_EVENTMASK_ALL)
    TEXT(LIBXL_UUID_FMT) NUMBER(LIBXL_UUID_FMTLEN) TEXT(LIBXL_MAC_FMT) NUMBER(LIBXL_MAC_FMTLEN)
}

int main(void)
{
    print_tables();
    print_small_types();
    print_interfaces();
    print_constants();
    return 0;
}
