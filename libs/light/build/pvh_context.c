/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/build/pvh_context.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ctrl/hvm.h"
#include "public/hvm_save.h"

#define STEP "vCPU state"
#define CONTEXT_MAX (1u << 20)

/* Segment attributes, in the order of a VMCB. */
#define CODE32 0xc9bu /* present, readable, accessed, 32-bit, pages */
#define DATA32 0xc93u
#define TSS32 0x8bu /* present, busy */
#define TSS_LIMIT 0x67u
#define WHOLE UINT32_MAX

#define CR0_PE (1u << 0)
#define CR0_ET (1u << 4)
#define RFLAGS_ONE (1u << 1)
#define DR6_ONES 0xffff0ff0u
#define DR7_ONE 0x400u
#define MTRR_ENABLED (1u << 11)
#define MTRR_WRITE_BACK 6u

static struct hvm_hw_cpu cpu_at_entry(uint32_t entry, uint32_t start_info)
{
    struct hvm_hw_cpu c = { .cr0 = CR0_PE | CR0_ET, .rflags = RFLAGS_ONE, .dr6 = DR6_ONES, .dr7 = DR7_ONE };

    c.rip = entry;
    c.rbx = start_info;
    for (unsigned seg = HVM_SEG_CS; seg <= HVM_SEG_SS; seg++) {
        c.limit[seg] = WHOLE;
        c.arbytes[seg] = seg == HVM_SEG_CS ? CODE32 : DATA32;
    }
    c.limit[HVM_SEG_TR] = TSS_LIMIT;
    c.arbytes[HVM_SEG_TR] = TSS32;
    return c;
}

/* The first record of that kind, of at least length bytes; false: there is none. */
static bool record_find(const uint8_t *data, size_t size, uint16_t code, void *ret, size_t length)
{
    size_t at = 0;

    while (size - at >= sizeof(struct hvm_save_descriptor)) {
        struct hvm_save_descriptor d;

        memcpy(&d, data + at, sizeof(d));
        at += sizeof(d);
        if (d.length > size - at || d.typecode == HVM_SAVE_CODE_END)
            return false;
        if (d.typecode == code && d.length >= length) {
            memcpy(ret, data + at, length);
            return true;
        }
        at += d.length;
    }
    return false;
}

static uint8_t *record_put(uint8_t *at, uint16_t code, unsigned vcpu, const void *record, uint32_t length)
{
    struct hvm_save_descriptor d = { .typecode = code, .instance = (uint16_t)vcpu, .length = length };

    memcpy(at, &d, sizeof(d));
    if (length)
        memcpy(at + sizeof(d), record, length);
    return at + sizeof(d) + length;
}

/* What the hypervisor has of the domain now; the caller frees it. */
static int context_read(struct ctrl_priv *p, uint32_t domid, uint8_t **ret_data, size_t *ret_size)
{
    int64_t size = ctrl_hvm_context_size(p, domid);
    uint8_t *data;

    if (size < 0)
        return (int)size;
    if (size == 0 || size > CONTEXT_MAX)
        return -EPROTO;
    data = malloc((size_t)size);
    if (!data)
        return -ENOMEM;
    size = ctrl_hvm_get_context(p, domid, data, (uint32_t)size);
    if (size < 0) {
        free(data);
        return (int)size;
    }
    *ret_data = data;
    *ret_size = (size_t)size;
    return 0;
}

int pvh_context_set(struct ctrl_priv *p, uint32_t domid, unsigned nr_vcpus, uint32_t entry, uint32_t start_info,
                    struct build_error *error)
{
    const struct hvm_hw_cpu cpu = cpu_at_entry(entry, start_info);
    _cleanup_free_ uint8_t *now = NULL, *next = NULL;
    struct hvm_save_header header;
    struct hvm_hw_mtrr mtrr;
    bool has_mtrr;
    uint8_t *at;
    size_t size = 0;
    int err = context_read(p, domid, &now, &size);

    if (err < 0)
        return build_fail_errno(error, STEP, err, "vCPU state: reading what the hypervisor has");
    if (!record_find(now, size, HVM_SAVE_CODE_HEADER, &header, sizeof(header)))
        return build_fail(error, STEP, -EPROTO, "vCPU state: the hypervisor's has no header");
    has_mtrr = record_find(now, size, HVM_SAVE_CODE_MTRR, &mtrr, sizeof(mtrr));
    next = malloc(sizeof(header) + sizeof(cpu) + nr_vcpus * sizeof(mtrr) + (nr_vcpus + 3) * sizeof(struct hvm_save_descriptor));
    if (!next)
        return build_fail_errno(error, STEP, -ENOMEM, "vCPU state");
    at = record_put(next, HVM_SAVE_CODE_HEADER, 0, &header, sizeof(header));
    at = record_put(at, HVM_SAVE_CODE_CPU, 0, &cpu, sizeof(cpu));
    /* Memory is cached, as firmware would have said: a kernel believes it. */
    mtrr.msr_mtrr_def_type = MTRR_ENABLED | MTRR_WRITE_BACK;
    for (unsigned vcpu = 0; has_mtrr && vcpu < nr_vcpus; vcpu++)
        at = record_put(at, HVM_SAVE_CODE_MTRR, vcpu, &mtrr, sizeof(mtrr));
    at = record_put(at, HVM_SAVE_CODE_END, 0, NULL, 0);
    err = ctrl_hvm_set_context(p, domid, next, (uint32_t)(at - next));
    return err < 0 ? build_fail_errno(error, STEP, err, "vCPU state: setting it") : 0;
}
