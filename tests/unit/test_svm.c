/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/svm_exit.c, svm_inject.c, svm_run.c on a made-up VMCB, with and without what real processors add. */
#include "svm_fixture.h"

static void handle(uint64_t code, uint64_t info1, uint64_t info2)
{
    vmcb.exit_code = code;
    vmcb.exit_info1 = info1;
    vmcb.exit_info2 = info2;
    exits = 0;
    svm_handle_exit(&vcpu);
    assert_int_equal(exits, 1);
}

/* --- exits --- */

static const struct {
    uint64_t code;
    enum exit_reason reason;
    uint8_t length;
} reasons[] = {
    { 0x18, EXIT_CR8, 0 },        { 0x60, EXIT_INTERRUPT, 0 },  { 0x61, EXIT_INTERRUPT, 0 },  { 0x62, EXIT_INTERRUPT, 0 },
    { 0x63, EXIT_INTERRUPT, 0 },  { 0x64, EXIT_WINDOW, 0 },     { 0x6f, EXIT_PRIVILEGE, 2 },
    { 0x72, EXIT_CPUID, 2 },      { 0x74, EXIT_WINDOW, 0 },     { 0x76, EXIT_CACHE, 2 },
    { 0x77, EXIT_PAUSE, 1 },      { 0x78, EXIT_HLT, 1 },        { 0x7a, EXIT_UNDEFINED, 3 },
    { 0x7b, EXIT_IO, 0 },         { 0x7c, EXIT_MSR, 2 },        { 0x7f, EXIT_SHUTDOWN, 0 },
    { 0x80, EXIT_UNDEFINED, 3 },  { 0x81, EXIT_HYPERCALL, 3 },  { 0x82, EXIT_UNDEFINED, 3 },
    { 0x83, EXIT_UNDEFINED, 3 },  { 0x84, EXIT_UNDEFINED, 3 },  { 0x85, EXIT_UNDEFINED, 3 },
    { 0x86, EXIT_UNDEFINED, 3 },  { 0x89, EXIT_CACHE, 2 },      { 0x8a, EXIT_UNDEFINED, 3 },
    { 0x8b, EXIT_UNDEFINED, 3 },  { 0x8d, EXIT_XSETBV, 3 },     { 0x400, EXIT_MMIO, 0 },
};

static int expected(uint64_t code)
{
    if (code >= 0x40 && code < 0x60)
        return EXIT_EXCEPTION;
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (reasons[i].code == code)
            return (int)reasons[i].reason;
    return EXIT_INVALID;
}

static void every_exit_code(void **state)
{
    (void)state;
    for (uint64_t code = 0; code < 0x410; code++) {
        handle(code, 0, 0);
        assert_int_equal(last_exit.reason, expected(code));
    }
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
        handle(reasons[i].code, 0, 0);
        assert_int_equal(last_exit.length, reasons[i].length);
    }
}

static void unknown_exits_keep_their_words(void **state)
{
    static const uint64_t codes[] = { ~0ULL, 0xffffffff, 0x7d, 0x401, 1ULL << 40 | 0x72 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        handle(codes[i], 0x11, 0x22);
        assert_int_equal(last_exit.reason, EXIT_INVALID);
        assert_true(last_exit.raw[0] == codes[i]);
        assert_true(last_exit.raw[1] == 0x11 && last_exit.raw[2] == 0x22);
    }
}

/* With NRIP save prefixes count; faults that are no instruction to skip keep length 0. */
static void nrip_save(void **state)
{
    (void)state;
    vmcb.rip = 0xfffffffffffffffe;
    vmcb.next_rip = 4;
    handle(SVM_EXIT_CPUID, 0, 0);
    assert_int_equal(last_exit.length, 2); /* the field means nothing without the feature */
    svm_features.nrip_save = true;
    handle(SVM_EXIT_CPUID, 0, 0);
    assert_int_equal(last_exit.length, 6);
    handle(SVM_EXIT_MSR, 0, 0);
    assert_int_equal(last_exit.length, 6);
    handle(SVM_EXIT_INTR, 0, 0);
    assert_int_equal(last_exit.length, 0);
    handle(SVM_EXIT_NPF, 0, 0);
    assert_int_equal(last_exit.length, 0);
}

static void msr_direction(void **state)
{
    (void)state;
    handle(SVM_EXIT_MSR, 0, 0);
    assert_false(last_exit.msr.write);
    handle(SVM_EXIT_MSR, 1, 0);
    assert_true(last_exit.msr.write);
}

static void io_fields(void **state)
{
    static const uint8_t sizes[] = { 1, 2, 4 };

    (void)state;
    for (unsigned flags = 0; flags < 16; flags++)
        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            /* bit 0 IN, bit 2 string, bit 3 REP, bits 4-6 one for each size, 7-9 of the address size */
            uint64_t info = 0xcfcULL << 16 | 1u << 9 | (uint64_t)sizes[i] << 4 | flags;

            handle(SVM_EXIT_IOIO, info, 0x1002);
            assert_int_equal(last_exit.io.port, 0xcfc);
            assert_int_equal(last_exit.io.size, sizes[i]);
            assert_int_equal(last_exit.io.in, flags & 1);
            assert_int_equal(last_exit.io.string, flags >> 2 & 1);
            assert_int_equal(last_exit.io.rep, flags >> 3 & 1);
            assert_int_equal(last_exit.io.address_size, 8);
            assert_true(last_exit.io.next_rip == 0x1002);
        }
}

static void nested_fault_fields(void **state)
{
    (void)state;
    for (unsigned error = 0; error < 32; error++) {
        handle(SVM_EXIT_NPF, 1ULL << 32 | error, 0xfee00123);
        assert_true(last_exit.mmio.gpa == 0xfee00123);
        assert_int_equal(last_exit.mmio.present, error & 1);
        assert_int_equal(last_exit.mmio.write, error >> 1 & 1);
        assert_int_equal(last_exit.mmio.fetch, error >> 4 & 1);
        assert_int_equal(last_exit.mmio.nr_bytes, 0);
    }
}

/* Processors without NRIP save: each exiting instruction may have prefixes. */
static void prefixes_count(void **state)
{
    static const struct {
        uint64_t code;
        uint8_t opcode, length;
    } rows[] = {
        { SVM_EXIT_CPUID, 0x0f, 4 }, { SVM_EXIT_MSR, 0x0f, 4 },  { SVM_EXIT_VMMCALL, 0x0f, 5 },
        { SVM_EXIT_HLT, 0xf4, 3 },   { SVM_EXIT_PAUSE, 0x90, 3 },
    };

    (void)state;
    nr_prefixes = 2;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        handle(rows[i].code, 0, 0);
        assert_int_equal(asked_for, rows[i].opcode);
        assert_int_equal(last_exit.length, rows[i].length);
    }
    asked_for = 0;
    handle(SVM_EXIT_INTR, 0, 0);
    assert_int_equal(asked_for, 0);
    assert_int_equal(last_exit.length, 0);
}

static void decode_assist_bytes(void **state)
{
    (void)state;
    vmcb.fetched_count = 15;
    for (unsigned i = 0; i < 15; i++)
        vmcb.fetched_bytes[i] = (uint8_t)(i + 1);
    handle(SVM_EXIT_NPF, 0, 0);
    assert_int_equal(last_exit.mmio.nr_bytes, 0);
    svm_features.decode_assist = true;
    handle(SVM_EXIT_NPF, 0, 0);
    assert_int_equal(last_exit.mmio.nr_bytes, 15);
    assert_memory_equal(last_exit.mmio.bytes, vmcb.fetched_bytes, 15);
    vmcb.fetched_count = 0; /* the processor could not fetch: the walk is tried instead */
    handle(SVM_EXIT_NPF, 0, 0);
    assert_int_equal(last_exit.mmio.nr_bytes, 0);
    vmcb.fetched_count = 16;
    handle(SVM_EXIT_NPF, 0, 0);
    assert_int_equal(last_exit.mmio.nr_bytes, 0);
}

static void exceptions(void **state)
{
    (void)state;
    handle(0x40 + X86_EXC_MC, 0x77, 0);
    assert_int_equal(last_exit.exception.vector, X86_EXC_MC);
    assert_false(last_exit.exception.has_error);
    handle(0x40 + X86_EXC_AC, 0, 0);
    assert_int_equal(last_exit.exception.vector, X86_EXC_AC);
    assert_true(last_exit.exception.has_error);
    assert_int_equal(last_exit.exception.error, 0);
}

static void tpr_is_taken_over(void **state)
{
    (void)state;
    apic.tpr = 0x35;
    vmcb.vintr = VINTR_MASKING | 3;
    handle(SVM_EXIT_INTR, 0, 0);
    assert_int_equal(apic.tpr, 0x35); /* CR8 has no sub-class */
    vmcb.vintr = VINTR_MASKING | 9;
    handle(SVM_EXIT_INTR, 0, 0);
    assert_int_equal(apic.tpr, 0x90);
}

/* --- events cut short by an exit --- */

static void requeue(uint64_t info)
{
    vcpu.arch.event.valid = false;
    vmcb.event_inject = EVENTINJ_VALID | 0x20;
    vmcb.exit_int_info = info;
    handle(SVM_EXIT_NPF, 0, 0);
    assert_true(vmcb.event_inject == 0);
}

static void interrupted_events_come_again(void **state)
{
    static const uint8_t types[] = { EVENT_NMI, EVENT_EXCEPTION };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        requeue(EVENTINJ_VALID | (uint64_t)types[i] << 8 | 0x0d);
        assert_true(vcpu.arch.event.valid);
        assert_int_equal(vcpu.arch.event.type, types[i]);
        assert_int_equal(vcpu.arch.event.vector, 0x0d);
        assert_false(vcpu.arch.event.has_error);
    }
    requeue(0xdeadULL << 32 | EVENTINJ_VALID | EVENTINJ_ERROR_VALID | EVENT_EXCEPTION << 8 | X86_EXC_PF);
    assert_true(vcpu.arch.event.has_error);
    assert_int_equal(vcpu.arch.event.error, 0xdead);
    svm_prepare_injection(&vcpu);
    assert_true(vmcb.event_inject ==
                (0xdeadULL << 32 | EVENTINJ_VALID | EVENTINJ_ERROR_VALID | EVENT_EXCEPTION << 8 | X86_EXC_PF));
}

static void instructions_are_executed_again(void **state)
{
    (void)state;
    requeue(0);
    assert_false(vcpu.arch.event.valid);
    requeue(EVENT_NMI << 8 | 2); /* not valid */
    assert_false(vcpu.arch.event.valid);
    requeue(EVENTINJ_VALID | EVENT_SOFTINT << 8 | 0x80);
    assert_false(vcpu.arch.event.valid);
    requeue(EVENTINJ_VALID | EVENT_EXCEPTION << 8 | X86_EXC_BP);
    assert_false(vcpu.arch.event.valid);
    requeue(EVENTINJ_VALID | EVENT_EXCEPTION << 8 | X86_EXC_OF);
    assert_false(vcpu.arch.event.valid);
}

/* --- injection --- */

static void expect_window(bool open)
{
    assert_int_equal(!!(vmcb.intercept1 & SVM_VINTR), open);
    assert_true((vmcb.vintr & VINTR_IRQ) == (open ? VINTR_IRQ : 0));
    assert_true((vmcb.vintr & (VINTR_PRIO | VINTR_IGN_TPR)) == (open ? VINTR_PRIO | VINTR_IGN_TPR : 0));
    assert_int_equal(!!(vmcb.intercept_cr & SVM_CR8_WRITE), open);
    assert_true(vmcb.vintr & VINTR_MASKING);
}

static void prepare(void)
{
    vmcb.event_inject = 0;
    svm_prepare_injection(&vcpu);
}

static void expect_injected(unsigned type, uint8_t vector)
{
    assert_true(vmcb.event_inject == (EVENTINJ_VALID | type << 8 | vector));
}

static void expect_offered(uint8_t vector)
{
    assert_true(vmcb.event_inject == 0);
    assert_false(vmcb.intercept1 & SVM_VINTR);
    assert_true(vmcb.intercept_cr & SVM_CR8_WRITE);
    assert_true((vmcb.vintr & ~VINTR_TPR) == (VINTR_MASKING | VINTR_IRQ | VINTR_PRIO | VINTR_IGN_TPR |
                                              (uint64_t)vector << VINTR_VECTOR_SHIFT));
}

/* The guest takes what was offered and exits. */
static void take(void)
{
    vmcb.vintr &= ~VINTR_IRQ;
    vmcb.exit_int_info = 0;
    handle(SVM_EXIT_INTR, 0, 0);
}

static void priorities(void **state)
{
    (void)state;
    dom.arch.callback_vector = CALLBACK;
    upcall_pending = true;
    apic.irr = 0x55;
    vcpu.arch.nmi_pending = true;
    vcpu.arch.event = (struct pending_event){ .valid = true, .vector = X86_EXC_UD, .type = EVENT_EXCEPTION };

    prepare();
    expect_injected(EVENT_EXCEPTION, X86_EXC_UD);
    expect_window(true);
    assert_false(vcpu.arch.event.valid);
    prepare();
    expect_injected(EVENT_NMI, 2);
    expect_window(true);
    assert_false(vcpu.arch.nmi_pending);
    prepare();
    expect_offered(CALLBACK);
    assert_true(vmcb.intercept1 & SVM_IRET); /* for the local APIC's */
    take();
    assert_int_equal(apic.accepts, 0);
    upcall_pending = false;
    vcpu.arch.nmi_masked = false;
    vmcb.rflags = 0; /* at the handler's end */
    prepare();
    expect_window(true);
    assert_false(vmcb.intercept1 & SVM_IRET);
    vmcb.rflags = X86_RFLAGS_IF;
    prepare();
    expect_offered(0x55);
    assert_int_equal(apic.accepts, 0);
    take();
    assert_int_equal(apic.isr, 0x55);
    prepare();
    assert_true(vmcb.event_inject == 0);
    expect_window(false);
}

static void callback_alone_needs_no_window(void **state)
{
    (void)state;
    dom.arch.callback_vector = CALLBACK;
    upcall_pending = true;
    prepare();
    expect_offered(CALLBACK);
    assert_false(vmcb.intercept1 & SVM_IRET);
    vcpu.upcall_vector = 0x60; /* comes through the local APIC besides, if that is enabled */
    prepare();
    expect_offered(CALLBACK);
    vcpu.upcall_vector = 0;
    dom.arch.callback_vector = 0;
    prepare();
    assert_false(vmcb.vintr & VINTR_IRQ);
}

static void window_opens_and_closes(void **state)
{
    (void)state;
    apic.irr = 0x40;
    vmcb.rflags = 0;
    prepare();
    assert_true(vmcb.event_inject == 0);
    expect_window(true);
    vmcb.rflags = X86_RFLAGS_IF;
    vmcb.interrupt_shadow = 1;
    prepare();
    assert_true(vmcb.event_inject == 0);
    expect_window(true);
    vmcb.interrupt_shadow = 0;
    prepare();
    expect_offered(0x40);
}

/* An interrupt of the machine, or a fault while the frame is pushed, comes before what was offered. */
static void offers_stay_pending_until_taken(void **state)
{
    (void)state;
    apic.irr = 0x40;
    prepare();
    expect_offered(0x40);
    handle(SVM_EXIT_INTR, 0, 0);
    assert_int_equal(apic.accepts, 0);
    prepare();
    expect_offered(0x40);
    vmcb.vintr &= ~VINTR_IRQ;
    vmcb.exit_int_info = EVENTINJ_VALID | EVENT_EXTINT << 8 | 0x40;
    handle(SVM_EXIT_NPF, 0, 0);
    assert_int_equal(apic.accepts, 0);
    assert_false(vcpu.arch.event.valid);
    prepare();
    expect_offered(0x40);
    take();
    assert_int_equal(apic.isr, 0x40);
    take(); /* nothing was offered: nothing is accepted */
    assert_int_equal(apic.accepts, 1);
}

static void exceptions_ignore_flag_and_shadow(void **state)
{
    (void)state;
    vmcb.rflags = 0;
    vmcb.interrupt_shadow = 1;
    vcpu.arch.event = (struct pending_event){
        .valid = true, .vector = X86_EXC_GP, .type = EVENT_EXCEPTION, .has_error = true, .error = 0x18
    };
    prepare();
    assert_true(vmcb.event_inject ==
                (0x18ULL << 32 | EVENTINJ_VALID | EVENTINJ_ERROR_VALID | EVENT_EXCEPTION << 8 | X86_EXC_GP));
    expect_window(false);
}

/* Lowering CR8 exits while something waits for it. */
static void held_by_tpr(void **state)
{
    (void)state;
    apic.irr = 0x45;
    apic.tpr = 0x70;
    prepare();
    assert_true(vmcb.event_inject == 0);
    assert_false(vmcb.vintr & VINTR_IRQ);
    assert_true(vmcb.intercept_cr & SVM_CR8_WRITE);
    assert_int_equal(vmcb.vintr & VINTR_TPR, 7);
    apic.tpr = 0x3f;
    prepare();
    expect_offered(0x45);
    take();
    prepare();
    assert_false(vmcb.intercept_cr & SVM_CR8_WRITE);
}

static void nmi_waits_for_iret(void **state)
{
    (void)state;
    vmcb.rflags = 0;
    vcpu.arch.nmi_pending = true;
    prepare();
    expect_injected(EVENT_NMI, 2);
    assert_true(vmcb.intercept1 & SVM_IRET);
    vcpu.arch.nmi_pending = true; /* another one, in the handler */
    vmcb.rip = 0x2000;
    prepare();
    assert_true(vmcb.event_inject == 0);
    expect_window(false);
    assert_true(vmcb.intercept1 & SVM_IRET);

    handle(SVM_EXIT_IRET, 0, 0); /* about to return */
    prepare();
    assert_true(vmcb.event_inject == 0);
    assert_false(vmcb.intercept1 & SVM_IRET);
    expect_window(true);
    vmcb.rip = 0x1000; /* has returned */
    prepare();
    expect_injected(EVENT_NMI, 2);
    assert_true(vmcb.intercept1 & SVM_IRET);
}

static void nmi_and_iret_with_interrupts_enabled(void **state)
{
    (void)state;
    vcpu.arch.nmi_pending = true;
    prepare();
    vcpu.arch.nmi_pending = true;
    handle(SVM_EXIT_IRET, 0, 0);
    prepare(); /* a window would exit for ever before the IRET */
    expect_injected(EVENT_NMI, 2);
}

static void nmi_waits_for_shadow(void **state)
{
    (void)state;
    vcpu.arch.nmi_pending = true;
    vmcb.interrupt_shadow = 1;
    prepare();
    assert_true(vmcb.event_inject == 0);
    expect_window(true);
    assert_true(vcpu.arch.nmi_pending);
    vmcb.interrupt_shadow = 0;
    prepare();
    expect_injected(EVENT_NMI, 2);
}

/* --- entry --- */

static void guest_sets_registers(void)
{
    vmcb.rax = 0x1111;
    vmcb.rsp = 0x2222;
    vmcb.exit_code = SVM_EXIT_HLT;
}

static void registers_go_in_and_out(void **state)
{
    (void)state;
    vcpu.arch.gpr[RAX] = 0xaaaa;
    vcpu.arch.gpr[RSP] = 0xbbbb;
    on_enter = guest_sets_registers;
    svm_run(&vcpu);
    assert_true(entered.rax == 0xaaaa && entered.rsp == 0xbbbb);
    assert_true(vcpu.arch.gpr[RAX] == 0x1111 && vcpu.arch.gpr[RSP] == 0x2222);
    assert_int_equal(last_exit.reason, EXIT_HLT);
    assert_false(cpu[0].in_guest);
    assert_int_equal(cpu[0].guest_entries, 1);
}

static void nothing_is_lost_without_entry(void **state)
{
    (void)state;
    apic.irr = 0x40;
    vcpu.arch.nmi_pending = true;
    cpu[0].arch.next_asid = svm_features.nr_asids; /* the coming entry begins a generation */
    cpu[0].work = 1u << WORK_RESCHED;
    svm_run(&vcpu);
    assert_int_equal(entries, 0);
    assert_int_equal(exits, 0);
    assert_false(cpu[0].in_guest);
    assert_int_equal(apic.accepts, 0);
    assert_true(vcpu.arch.nmi_pending);
    assert_true(vmcb.event_inject == 0);

    cpu[0].work = 0;
    svm_run(&vcpu);
    assert_true(entered.event_inject == (EVENTINJ_VALID | EVENT_NMI << 8 | 2));
    assert_int_equal(entered.tlb_control, TLB_CONTROL_FLUSH_ALL);
    svm_run(&vcpu);
    assert_true(entered.vintr & VINTR_IRQ);
    assert_int_equal((entered.vintr & VINTR_VECTOR) >> VINTR_VECTOR_SHIFT, 0x40);
    assert_int_equal(entered.tlb_control, TLB_CONTROL_NONE);
}

static void expect_entry(uint32_t asid, uint8_t tlb_control)
{
    svm_run(&vcpu);
    assert_int_equal(entered.asid, asid);
    assert_int_equal(entered.tlb_control, tlb_control);
}

static void asid_of_each_cpu(void **state)
{
    (void)state;
    cpu[1].arch.next_asid = 7;
    expect_entry(1, TLB_CONTROL_NONE);
    expect_entry(1, TLB_CONTROL_NONE);
    be_cpu(1);
    expect_entry(7, TLB_CONTROL_NONE);
    be_cpu(0);
    expect_entry(2, TLB_CONTROL_NONE); /* what it left there may be out of date */
}

static void asid_wrap(void **state)
{
    (void)state;
    cpu[0].arch.next_asid = 15;
    expect_entry(15, TLB_CONTROL_NONE);
    vcpu.arch.asid_cpu = NR_CPUS; /* as another vCPU */
    expect_entry(1, TLB_CONTROL_FLUSH_ALL);
    assert_int_equal(cpu[0].arch.asid_generation, 2);
    expect_entry(1, TLB_CONTROL_NONE);
    vcpu.arch.asid_generation = 1; /* a vCPU that slept over the change */
    expect_entry(2, TLB_CONTROL_NONE);
}

static void domain_flush_takes_a_new_asid(void **state)
{
    (void)state;
    expect_entry(1, TLB_CONTROL_NONE);
    dom.arch.flush_generation++;
    expect_entry(2, TLB_CONTROL_NONE);
    expect_entry(2, TLB_CONTROL_NONE);
}

static void domain_flush_by_asid(void **state)
{
    (void)state;
    svm_features.flush_by_asid = true;
    dom.arch.flush_generation = 5;
    expect_entry(1, TLB_CONTROL_NONE); /* fresh: nothing of it in the TLB */
    dom.arch.flush_generation++;
    expect_entry(1, TLB_CONTROL_FLUSH_ASID);
    expect_entry(1, TLB_CONTROL_NONE);
    be_cpu(1);
    dom.arch.flush_generation++;
    cpu[1].arch.next_asid = 9;
    expect_entry(9, TLB_CONTROL_NONE);
    dom.arch.flush_generation++;
    cpu[1].arch.asid_generation++; /* flush and wrap together */
    expect_entry(10, TLB_CONTROL_NONE);
}

#define TEST(f) cmocka_unit_test_setup(f, svm_setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_exit_code),
        TEST(unknown_exits_keep_their_words),
        TEST(nrip_save),
        TEST(msr_direction),
        TEST(io_fields),
        TEST(nested_fault_fields),
        TEST(decode_assist_bytes),
        TEST(prefixes_count),
        TEST(exceptions),
        TEST(tpr_is_taken_over),
        TEST(interrupted_events_come_again),
        TEST(instructions_are_executed_again),
        TEST(priorities),
        TEST(callback_alone_needs_no_window),
        TEST(window_opens_and_closes),
        TEST(offers_stay_pending_until_taken),
        TEST(exceptions_ignore_flag_and_shadow),
        TEST(held_by_tpr),
        TEST(nmi_waits_for_iret),
        TEST(nmi_and_iret_with_interrupts_enabled),
        TEST(nmi_waits_for_shadow),
        TEST(registers_go_in_and_out),
        TEST(nothing_is_lost_without_entry),
        TEST(asid_of_each_cpu),
        TEST(asid_wrap),
        TEST(domain_flush_takes_a_new_asid),
        TEST(domain_flush_by_asid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
