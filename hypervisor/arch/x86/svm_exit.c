/* SPDX-License-Identifier: GPL-2.0-only */
/* From SVM's exit codes to the vendor-neutral struct exit. */
#include "device.h"
#include "svm_internal.h"
#include "trap/exit.h"
#include "trap/fetch.h"
#include "vcpu_regs.h"

/*
 * Exits whose meaning is all in the code. length is that of the instruction without prefixes (PAUSE: without F3), for
 * processors without NRIP save (QEMU TCG); 0: not caused by an instruction that is to be skipped.
 */
static const struct {
    bool known;
    uint8_t reason, length;
} simple_exits[] = {
    [SVM_EXIT_CR8_WRITE] = { true, EXIT_CR8, 0 },
    [SVM_EXIT_INTR] = { true, EXIT_INTERRUPT, 0 },
    [SVM_EXIT_NMI] = { true, EXIT_INTERRUPT, 0 },
    [SVM_EXIT_SMI] = { true, EXIT_INTERRUPT, 0 },
    [SVM_EXIT_INIT] = { true, EXIT_INTERRUPT, 0 },
    [SVM_EXIT_VINTR] = { true, EXIT_WINDOW, 0 },
    [SVM_EXIT_RDPMC] = { true, EXIT_PRIVILEGE, 2 },
    [SVM_EXIT_CPUID] = { true, EXIT_CPUID, 2 },
    [SVM_EXIT_IRET] = { true, EXIT_WINDOW, 0 }, /* after svm_nmi_iret */
    [SVM_EXIT_INVD] = { true, EXIT_CACHE, 2 },
    [SVM_EXIT_PAUSE] = { true, EXIT_PAUSE, 1 },
    [SVM_EXIT_HLT] = { true, EXIT_HLT, 1 },
    [SVM_EXIT_INVLPGA] = { true, EXIT_UNDEFINED, 3 },
    [SVM_EXIT_SHUTDOWN] = { true, EXIT_SHUTDOWN, 0 },
    [SVM_EXIT_VMRUN] = { true, EXIT_UNDEFINED, 3 },
    [SVM_EXIT_VMMCALL] = { true, EXIT_HYPERCALL, 3 },
    [SVM_EXIT_VMLOAD] = { true, EXIT_UNDEFINED, 3 },
    [SVM_EXIT_VMSAVE] = { true, EXIT_UNDEFINED, 3 },
    [SVM_EXIT_STGI] = { true, EXIT_UNDEFINED, 3 },
    [SVM_EXIT_CLGI] = { true, EXIT_UNDEFINED, 3 },
    [SVM_EXIT_SKINIT] = { true, EXIT_UNDEFINED, 3 },
    [SVM_EXIT_WBINVD] = { true, EXIT_CACHE, 2 },
    [SVM_EXIT_MONITOR] = { true, EXIT_UNDEFINED, 3 },
    [SVM_EXIT_MWAIT] = { true, EXIT_UNDEFINED, 3 },
    [SVM_EXIT_XSETBV] = { true, EXIT_XSETBV, 3 },
};

/* EXITINFO1 of an I/O exit: APM volume 2, 15.10.2. */
#define IOIO_IN (1u << 0)
#define IOIO_STRING (1u << 2)
#define IOIO_REP (1u << 3)
#define IOIO_A16 (1u << 7)
#define IOIO_A32 (1u << 8)
#define IOIO_A64 (1u << 9)

static void decode_io(const struct vmcb *b, struct exit *e)
{
    uint32_t info = (uint32_t)b->exit_info1;

    e->reason = EXIT_IO;
    e->io.port = (uint16_t)(info >> 16);
    e->io.size = (info >> 4) & 7;
    e->io.in = info & IOIO_IN;
    e->io.string = info & IOIO_STRING;
    e->io.rep = info & IOIO_REP;
    e->io.address_size = info & IOIO_A64 ? 8 : info & IOIO_A32 ? 4 : info & IOIO_A16 ? 2 : 0;
    e->io.next_rip = b->exit_info2;
}

static void decode_nested_fault(const struct vmcb *b, struct exit *e)
{
    e->reason = EXIT_MMIO;
    e->mmio.gpa = b->exit_info2;
    e->mmio.present = b->exit_info1 & (1u << 0);
    e->mmio.write = b->exit_info1 & (1u << 1);
    e->mmio.fetch = b->exit_info1 & (1u << 4);
    if (svm_features.decode_assist && b->fetched_count <= sizeof(e->mmio.bytes)) {
        e->mmio.nr_bytes = b->fetched_count;
        __builtin_memcpy(e->mmio.bytes, b->fetched_bytes, sizeof(e->mmio.bytes));
    }
}

static void decode_exception(const struct vmcb *b, struct exit *e)
{
    e->reason = EXIT_EXCEPTION;
    e->exception.vector = (uint8_t)(b->exit_code - SVM_EXIT_EXC_BASE);
    e->exception.has_error = e->exception.vector == X86_EXC_AC;
    e->exception.error = (uint32_t)b->exit_info1;
}

static void decode_invalid(const struct vmcb *b, struct exit *e)
{
    e->reason = EXIT_INVALID;
    e->raw[0] = b->exit_code;
    e->raw[1] = b->exit_info1;
    e->raw[2] = b->exit_info2;
}

static void decode(const struct vmcb *b, struct exit *e)
{
    if (b->exit_code < ARRAY_SIZE(simple_exits) && simple_exits[b->exit_code].known) {
        e->reason = simple_exits[b->exit_code].reason;
        e->length = simple_exits[b->exit_code].length;
        return;
    }
    if (b->exit_code == SVM_EXIT_MSR) {
        e->reason = EXIT_MSR;
        e->length = 2;
        e->msr.write = b->exit_info1 & 1;
    } else if (b->exit_code == SVM_EXIT_IOIO) {
        decode_io(b, e);
    } else if (b->exit_code == SVM_EXIT_NPF) {
        decode_nested_fault(b, e);
    } else if (b->exit_code >= SVM_EXIT_EXC_BASE && b->exit_code < SVM_EXIT_EXC_BASE + 32) {
        decode_exception(b, e);
    } else {
        decode_invalid(b, e);
    }
}

/*
 * An event whose delivery the exit cut short is delivered again, after what a handler queues. Software interrupts and
 * the exceptions of INT3 and INTO are not: RIP is still at the instruction, which is executed again. Nor are interrupts:
 * they are pending as before (svm_settle_injection).
 */
static void requeue_interrupted_event(struct vcpu *v, const struct vmcb *b)
{
    uint64_t info = b->exit_int_info;
    unsigned type = (info >> 8) & 7;
    uint8_t vector = (uint8_t)info;

    if (!(info & EVENTINJ_VALID) || type == EVENT_SOFTINT || type == EVENT_EXTINT ||
        (type == EVENT_EXCEPTION && (vector == X86_EXC_BP || vector == X86_EXC_OF)))
        return;
    v->arch.event = (struct pending_event){
        .valid = true,
        .vector = vector,
        .type = (uint8_t)type,
        .has_error = info & EVENTINJ_ERROR_VALID,
        .error = (uint32_t)(info >> 32),
    };
}

/* The guest's CR8 writes do not exit unless an interrupt waits: take its new value over. CR8 has no sub-class, so keep that when equal. */
static void sync_tpr(struct vcpu *v, const struct vmcb *b)
{
    uint8_t cr8 = b->vintr & 0xf;

    if (vlapic_get_tpr(v) >> 4 != cr8)
        vlapic_set_tpr(v, (uint8_t)(cr8 << 4));
}

/* The rest of the length, with or without the processor's help. */
static uint8_t whole_length(struct vcpu *v, const struct vmcb *b, uint8_t length)
{
    uint8_t opcode = length > 1 ? 0x0f : b->exit_code == SVM_EXIT_HLT ? 0xf4 : 0x90;

    if (svm_features.nrip_save)
        return (uint8_t)(b->next_rip - b->rip);
    return (uint8_t)(length + fetch_prefixes(v, b->cs.base + b->rip, b->cr3, opcode));
}

void svm_handle_exit(struct vcpu *v)
{
    struct vmcb *b = v->arch.vmcb;
    struct exit e = { 0 };

    b->event_inject = 0;
    svm_settle_injection(v);
    sync_tpr(v, b);
    requeue_interrupted_event(v, b);
    if (unlikely(b->exit_code == SVM_EXIT_IRET))
        svm_nmi_iret(v);
    decode(b, &e);
    if (e.length)
        e.length = whole_length(v, b, e.length);
    exit_handle(v, &e);
}
