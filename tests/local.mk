# SPDX-License-Identifier: GPL-2.0-only
# `make check`: the unit tests, the rules of the tree, a short run of the fuzzers. `make fuzz`: a long run of them.
check_LIBRARIES += tests/fake/libfake.a
tests_fake_libfake_a_SOURCES = tests/fake/arch_fake.c tests/fake/arch_types.h tests/fake/fake.h
HOST_CORE = $(START_GROUP) tests/fake/libfake.a $(HOST_LIBS) $(END_GROUP)

# --- unit: tests/unit/NAME.c is NAME; most link with the whole host-built core ---
UNIT_TESTS = $(CONSOLE_TESTS) $(CTRL_TESTS) \
	tests/model/test_model \
	tests/unit/test_amdvi \
	tests/unit/test_base_buf \
	tests/unit/test_base_daemon \
	tests/unit/test_base_fd_message \
	tests/unit/test_base_loop \
	tests/unit/test_bitmap \
	tests/unit/test_bzimage \
	tests/unit/test_cmdline \
	tests/unit/test_console \
	tests/unit/test_copy_guest \
	tests/unit/test_cpuid \
	tests/unit/test_credit2 \
	tests/unit/test_credit2_sim \
	tests/unit/test_ctrl_linux \
	tests/unit/test_ctrl_query \
	tests/unit/test_decode \
	tests/unit/test_device \
	tests/unit/test_dma_policy \
	tests/unit/test_dom0_acpi \
	tests/unit/test_dom0_memory \
	tests/unit/test_domain \
	tests/unit/test_domctl \
	tests/unit/test_elf_load \
	tests/unit/test_event \
	tests/unit/test_event_fifo \
	tests/unit/test_event_op \
	tests/unit/test_execute \
	tests/unit/test_grant \
	tests/unit/test_grant_op \
	tests/unit/test_guest_walk \
	tests/unit/test_heap \
	tests/unit/test_hvm_context \
	tests/unit/test_hvm_op \
	tests/unit/test_hypercall \
	tests/unit/test_ivrs \
	tests/unit/test_memory_op \
	tests/unit/test_misc \
	tests/unit/test_msr \
	tests/unit/test_npt \
	tests/unit/test_null \
	tests/unit/test_op \
	tests/unit/test_p2m \
	tests/unit/test_page_alloc \
	tests/unit/test_pod \
	tests/unit/test_public_abi \
	tests/unit/test_rights \
	tests/unit/test_sched \
	tests/unit/test_sched_op \
	$(BOOTFIND_TESTS) \
	$(LIGHT_TESTS) \
	$(STORE_TESTS) \
	tests/unit/test_string \
	tests/unit/test_fetch \
	tests/unit/test_svm \
	tests/unit/test_sysctl \
	tests/unit/test_timer \
	tests/unit/test_vcpu_op \
	tests/unit/test_version_op \
	tests/unit/test_vioapic \
	tests/unit/test_vlapic \
	tests/unit/test_vmsi \
	tests/unit/test_vnuma \
	tests/unit/test_vpci \
	tests/unit/test_vsnprintf \
	tests/unit/test_wire \
	$(XENSTORED_TESTS) \
	$(XL_TESTS)
EXTRA_DIST += \
	tests/unit/abi_fixture.h \
	tests/unit/acpi_fixture.h \
	tests/unit/cpu_fixture.h \
	tests/unit/device_fixture.h \
	tests/unit/kernel_fixture.h \
	tests/unit/pci_fixture.h \
	tests/unit/public_abi.def \
	tests/unit/public_abi.h \
	tests/unit/sched_fixture.h \
	tests/unit/svm_fixture.h \
	tests/unit/xenstored_fixture.h
LDADD = $(HOST_CORE) -lcmocka -lpthread

# Random calls against a model: MODEL_SEED, MODEL_CALLS; SOAK=1 makes 50 million.
tests_model_test_model_SOURCES = tests/model/test_model.c tests/model/model.c tests/model/calls.c \
	tests/model/calls_domain.c tests/model/calls_event.c tests/model/calls_grant.c tests/model/calls.h \
	tests/model/model.h

# Small worlds in every order, and counts of what CPUs share: the core once more, with hooks before each access.
HOOKED_CORE = $(HOST_FILES:.c=.hooked.o)
HOOKED_COMMON = tests/interleave/hooks.c tests/interleave/hooks.h tests/fake/arch_fake.c
HOOK_HOST = $(HOST_CFLAGS)
HOOK_LINK = -Wl,--wrap=memcpy,--wrap=memmove,--wrap=memset
%.hooked.o: %.c
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(CC) $(HOST_CPPFLAGS) $(HOST_CFLAGS) $(HOOK_FLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
-include $(HOOKED_CORE:.o=.d)
CLEANFILES += $(HOOKED_CORE) $(HOOKED_CORE:.o=.d)
HOOKED_TESTS = tests/interleave/test_interleave
if HAVE_CMOCKA
HOOKED_TESTS += tests/interleave/test_shared_lines
endif
EXTRA_PROGRAMS = tests/interleave/test_shared_lines
tests_interleave_test_shared_lines_SOURCES = tests/interleave/test_shared_lines.c $(HOOKED_COMMON)
tests_interleave_test_shared_lines_CFLAGS = $(HOOK_HOST)
tests_interleave_test_shared_lines_LDFLAGS = $(HOOK_LINK)
tests_interleave_test_shared_lines_LDADD = $(HOOKED_CORE) -lcmocka
tests_interleave_test_interleave_SOURCES = tests/interleave/test_interleave.c tests/interleave/explore.c \
	tests/interleave/explore.h tests/interleave/world.c tests/interleave/world.h tests/model/model.c $(HOOKED_COMMON)
tests_interleave_test_interleave_CPPFLAGS = $(HOST_CPPFLAGS) -I$(srcdir)/tests
tests_interleave_test_interleave_CFLAGS = $(HOOK_HOST)
tests_interleave_test_interleave_LDFLAGS = $(HOOK_LINK)
tests_interleave_test_interleave_LDADD = $(HOOKED_CORE)
check_PROGRAMS += $(HOOKED_TESTS)
TESTS += $(HOOKED_TESTS)

# Files of arch/x86 with real types and fakes of the test's own.
X86_CPPFLAGS = $(HV_CPPFLAGS)
tests_unit_test_bzimage_SOURCES = tests/unit/test_bzimage.c hypervisor/arch/x86/bzimage.c hypervisor/arch/x86/elf_load.c
tests_unit_test_bzimage_CPPFLAGS = $(X86_CPPFLAGS)
tests_unit_test_bzimage_LDADD = -lcmocka -llzma
tests_unit_test_cpuid_SOURCES = tests/unit/test_cpuid.c hypervisor/arch/x86/cpuid.c hypervisor/arch/x86/cpu_policy.c \
	hypervisor/arch/x86/cpu_policy_op.c
tests_unit_test_cpuid_CPPFLAGS = $(X86_CPPFLAGS)
tests_unit_test_cpuid_LDADD = -lcmocka
tests_unit_test_dma_policy_SOURCES = tests/unit/test_dma_policy.c hypervisor/arch/x86/dma_policy.c
tests_unit_test_dma_policy_CPPFLAGS = $(X86_CPPFLAGS)
tests_unit_test_dma_policy_LDADD = -lcmocka
tests_unit_test_dom0_acpi_SOURCES = tests/unit/test_dom0_acpi.c hypervisor/arch/x86/dom0_acpi.c
tests_unit_test_dom0_acpi_CPPFLAGS = $(X86_CPPFLAGS)
tests_unit_test_dom0_acpi_LDADD = -lcmocka
tests_unit_test_dom0_memory_SOURCES = tests/unit/test_dom0_memory.c hypervisor/arch/x86/dom0_memory.c \
	hypervisor/lib/parse.c
tests_unit_test_dom0_memory_CPPFLAGS = $(X86_CPPFLAGS)
tests_unit_test_dom0_memory_LDADD = -lcmocka
tests_unit_test_elf_load_SOURCES = tests/unit/test_elf_load.c hypervisor/arch/x86/elf_load.c
tests_unit_test_elf_load_CPPFLAGS = $(X86_CPPFLAGS)
tests_unit_test_elf_load_LDADD = -lcmocka
tests_unit_test_hvm_context_SOURCES = tests/unit/test_hvm_context.c hypervisor/arch/x86/hvm_context.c \
	hypervisor/arch/x86/vcpu_context.c
tests_unit_test_hvm_context_CPPFLAGS = $(X86_CPPFLAGS)
tests_unit_test_hvm_context_LDADD = -lcmocka
tests_unit_test_msr_SOURCES = tests/unit/test_msr.c hypervisor/arch/x86/msr.c hypervisor/arch/x86/cpu_policy.c \
	hypervisor/arch/x86/cpuid.c
tests_unit_test_msr_CPPFLAGS = $(X86_CPPFLAGS)
tests_unit_test_msr_LDADD = -lcmocka
tests_unit_test_fetch_SOURCES = tests/unit/test_fetch.c hypervisor/trap/fetch.c
tests_unit_test_fetch_CPPFLAGS = $(X86_CPPFLAGS)
tests_unit_test_fetch_LDADD = -lcmocka
tests_unit_test_svm_SOURCES = tests/unit/test_svm.c hypervisor/arch/x86/svm_exit.c hypervisor/arch/x86/svm_inject.c \
	hypervisor/arch/x86/svm_run.c
tests_unit_test_svm_CPPFLAGS = $(X86_CPPFLAGS)
tests_unit_test_svm_LDADD = -lcmocka

# libs/ and tools/: their own flags, their own archives.
tests_unit_test_base_buf_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_base_buf_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_base_buf_LDFLAGS = -Wl,--wrap=malloc
tests_unit_test_base_buf_LDADD = $(UTIL_CORE)
tests_unit_test_base_daemon_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_base_daemon_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_base_daemon_LDADD = $(UTIL_CORE)
tests_unit_test_base_fd_message_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_base_fd_message_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_base_fd_message_LDADD = $(UTIL_CORE)
tests_unit_test_base_loop_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_base_loop_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_base_loop_LDFLAGS = -Wl,--wrap=calloc,--wrap=epoll_create1,--wrap=epoll_ctl,--wrap=epoll_wait
tests_unit_test_base_loop_LDADD = $(UTIL_CORE)
# Another hypervisor for libs/ctrl: programs that name it before libctrl have it.
FAKE_CTRL = tests/fake/ctrl_fake.c tests/fake/ctrl_fake.h
FAKE_CPPFLAGS = $(UTIL_CPPFLAGS) -I$(srcdir)/tests
tests_unit_test_ctrl_query_SOURCES = tests/unit/test_ctrl_query.c $(FAKE_CTRL)
tests_unit_test_ctrl_query_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_ctrl_query_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_ctrl_query_LDADD = $(UTIL_CORE)
tests_unit_test_ctrl_linux_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_ctrl_linux_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_ctrl_linux_LDFLAGS = -Wl,--wrap=open,--wrap=close,--wrap=ioctl,--wrap=mmap,--wrap=munmap \
	-Wl,--wrap=read,--wrap=write
tests_unit_test_ctrl_linux_LDADD = $(UTIL_CORE)

include tests/store.mk
include tests/console.mk
include tests/light.mk
include tests/ctrl.mk
include tests/bootfind.mk
include tests/xl.mk

include tests/xenstored.mk

# The ABI as the distribution's headers have it: none of ours may be in sight.
check_LIBRARIES += tests/unit/libpublic_abi_peer.a
tests_unit_libpublic_abi_peer_a_SOURCES = tests/unit/public_abi_peer.c
tests_unit_libpublic_abi_peer_a_CPPFLAGS = -I$(srcdir)/tests/unit
tests_unit_test_public_abi_LDADD = tests/unit/libpublic_abi_peer.a -lcmocka

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
else
EXTRA_PROGRAMS += $(UNIT_TESTS)
endif

# --- the rules of the tree ---
TEST_EXTENSIONS = .sh .fuzz
AM_TESTS_ENVIRONMENT = CTAGS='$(CTAGS)'; export CTAGS;
CHECKS = tests/check/includes.sh tests/check/man.sh tests/check/sizes.sh tests/check/spdx.sh tests/check/units.sh
TESTS += $(CHECKS)
EXTRA_DIST += $(CHECKS) tests/check/lint.sh tests/check/cppcheck.suppress

# --- fuzz: clang builds the core once more, with coverage ---
FUZZERS = tests/fuzz/bzimage.fuzz tests/fuzz/decode.fuzz tests/fuzz/guest_walk.fuzz tests/fuzz/hypercall.fuzz \
	tests/fuzz/ivrs.fuzz tests/fuzz/vpci.fuzz $(UTIL_FUZZERS)
# Those of libs/ and tools/ link with what these are made of.
UTIL_FUZZERS = $(BOOTFIND_FUZZERS) $(XL_FUZZERS) $(CTRL_FUZZERS) $(LIGHT_FUZZERS) tests/fuzz/console_ring.fuzz tests/fuzz/store_async.fuzz tests/fuzz/store_wire.fuzz tests/fuzz/xenstored_journal.fuzz \
	tests/fuzz/xenstored_request.fuzz tests/fuzz/xenstored_snapshot.fuzz
FUZZ_LOG_COMPILER = $(SHELL) $(srcdir)/tests/fuzz/run.sh
TESTS += $(FUZZERS)
check_DATA += $(FUZZERS)
EXTRA_DIST += tests/fuzz/run.sh tests/fuzz/fuzz.h tests/fake/xenstored_ops.h $(FUZZERS:tests/fuzz/%.fuzz=tests/fuzz/fuzz_%.c)
CLEANFILES += $(FUZZERS)

if HAVE_FUZZER
FUZZ_CPPFLAGS = $(HOST_CPPFLAGS)
FUZZ_CFLAGS = $(HOST_CFLAGS) $(FUZZER_FLAGS)
FUZZ_CORE = $(HOST_FILES:.c=.fuzz.o) tests/fake/arch_fake.fuzz.o
FUZZ_X86 = hypervisor/arch/x86/bzimage.fuzz.o hypervisor/arch/x86/elf_load.fuzz.o tests/fuzz/fuzz_bzimage.fuzz.o
FUZZ_UTIL = $(UTIL_FILES:.c=.fuzz.o) $(UTIL_FUZZERS:tests/fuzz/%.fuzz=tests/fuzz/fuzz_%.fuzz.o)
FUZZ_ALL = $(FUZZ_CORE) $(FUZZ_X86) $(FUZZ_UTIL) $(FUZZERS:tests/fuzz/%.fuzz=tests/fuzz/fuzz_%.fuzz.o)

$(FUZZ_X86): FUZZ_CPPFLAGS = $(X86_CPPFLAGS)
tests/fuzz/bzimage.fuzz: $(FUZZ_X86)
	$(AM_V_CCLD)$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_X86) -llzma -o $@
$(FUZZ_UTIL): FUZZ_CPPFLAGS = $(FAKE_CPPFLAGS)
$(UTIL_FUZZERS): tests/fuzz/%.fuzz: tests/fuzz/fuzz_%.fuzz.o $(UTIL_FILES:.c=.fuzz.o)
	$(AM_V_CCLD)$(FUZZ_CC) $(FUZZ_CFLAGS) $< $(UTIL_FILES:.c=.fuzz.o) $(UTIL_LIBS) -lpthread -o $@
tests/fuzz/%.fuzz: tests/fuzz/fuzz_%.fuzz.o $(FUZZ_CORE)
	$(AM_V_CCLD)$(FUZZ_CC) $(FUZZ_CFLAGS) $< $(FUZZ_CORE) -o $@
%.fuzz.o: %.c
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(FUZZ_CC) $(FUZZ_CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c $< -o $@
CLEANFILES += $(FUZZ_ALL) $(FUZZ_ALL:.o=.d)
.SECONDARY: $(FUZZ_ALL)
-include $(FUZZ_ALL:.o=.d)
else
$(FUZZERS):
	$(AM_V_GEN)$(MKDIR_P) $(@D) && printf '#!/bin/sh\necho "no clang with libFuzzer: apt-get install clang libclang-rt-14-dev"\nexit 77\n' >$@ && chmod +x $@
endif

# Until something is found, FUZZ_SECONDS each.
FUZZ_SECONDS = 600
fuzz: $(FUZZERS)
	$(AM_V_at)for f in $(FUZZERS); do FUZZ_SECONDS=$(FUZZ_SECONDS) $(FUZZ_LOG_COMPILER) $$f || exit; done
# The full size of the host tier: ten million inputs each for what decodes and walks, then 50 million calls against the model.
FUZZ_FULL = bootloader console_ring decode grubcfg guest_walk kernel_image light_json store_wire xlcfg xldisk \
	xenstored_journal xenstored_request xenstored_snapshot
fuzz-full: $(FUZZ_FULL:%=tests/fuzz/%.fuzz) tests/model/test_model
	$(AM_V_at)for f in $(FUZZ_FULL); do FUZZ_RUNS=10000000 $(FUZZ_LOG_COMPILER) tests/fuzz/$$f.fuzz || exit; done
	$(AM_V_at)SOAK=1 tests/model/test_model
.PHONY: fuzz fuzz-full

# --- guest: tiny PVH kernels that tests/system/guest.sh runs, tests/guest/NAME.elf from tests/guest/NAME/main.c ---
GUESTS = tests/guest/apic.elf tests/guest/cpuid.elf tests/guest/dma.elf tests/guest/edges.elf tests/guest/events.elf \
	tests/guest/forbidden.elf \
	tests/guest/grants.elf tests/guest/hypercalls.elf tests/guest/memory.elf tests/guest/smp.elf tests/guest/start-info.elf \
	tests/guest/tiny.elf
# Compilers call memcpy and its kin by themselves: the hypervisor's serve.
GUEST_COMMON = tests/guest/common/start.S tests/guest/common/lib.c tests/guest/common/com2.c hypervisor/lib/string.c
GUEST_DEPS = $(GUEST_COMMON) tests/guest/common/trap_stubs.S tests/guest/common/guest.lds tests/guest/common/guest.h \
	hypervisor/include/lib.h hypervisor/include/types.h $(public_headers)
GUEST_CFLAGS = $(WARNINGS) -m64 -O2 -g -ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only \
	-mcmodel=small -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -nostdlib -static \
	-Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments

tests/guest/%.elf: tests/guest/%/main.c $(GUEST_DEPS)
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -I$(srcdir)/hypervisor/include -I$(srcdir)/tests/guest/common $(GUEST_CFLAGS) \
		$(GUEST_BASE) $< $(GUEST_COMMON:%=$(srcdir)/%) -T $(srcdir)/tests/guest/common/guest.lds -o $@
# It has few MiB of memory, and begins at the second.
tests/guest/tiny.elf: GUEST_BASE = -Wl,--defsym=guest_base=0x200000
noinst_DATA += $(GUESTS)
EXTRA_DIST += tests/guest
CLEANFILES += $(GUESTS)

# The same for domains that xl makes (tests/system/guest-domu.sh): one source, a kernel for each mode of the processor.
# -malign-double: the native layouts of the public headers are those of 64-bit code also here.
DOMUS = tests/domu/flat.elf tests/domu/pse.elf tests/domu/pae.elf tests/domu/long.elf tests/domu/edges.elf
DOMU_COMMON = tests/guest/domu/main.c tests/guest/common/lib.c tests/guest/common/domu.c
DOMU_DEPS = $(DOMU_COMMON) $(GUEST_DEPS) tests/guest/common/start32.S tests/guest/common/guest32.lds
DOMU_CC = $(MKDIR_P) tests/domu && $(CC) -I$(srcdir)/hypervisor/include -I$(srcdir)/tests/guest/common $(GUEST_CFLAGS)
DOMU_FILES = $(DOMU_COMMON:%=$(srcdir)/%) $(srcdir)/tests/guest/common
DOMU_CC32 = $(filter-out -mcmodel=small,$(DOMU_CC)) -m32 -malign-double $(DOMU_FILES)/start32.S -T $(srcdir)/tests/guest/common/guest32.lds
tests/domu/flat.elf: $(DOMU_DEPS)
	$(AM_V_CCLD)$(DOMU_CC32) -DPAGING=0 -o $@
tests/domu/pse.elf: $(DOMU_DEPS)
	$(AM_V_CCLD)$(DOMU_CC32) -DPAGING=1 -o $@
tests/domu/pae.elf: $(DOMU_DEPS)
	$(AM_V_CCLD)$(DOMU_CC32) -DPAGING=2 -o $@
tests/domu/long.elf: $(DOMU_DEPS)
	$(AM_V_CCLD)$(DOMU_CC) $(DOMU_FILES)/start.S -T $(srcdir)/tests/guest/common/guest.lds -o $@
# The edges of grant and event operations, also as a domain without rights.
tests/domu/edges.elf: tests/guest/edges/main.c $(DOMU_DEPS)
	$(AM_V_CCLD)$(DOMU_CC) $< $(filter-out %/domu/main.c %/common,$(DOMU_FILES)) $(srcdir)/tests/guest/common/start.S \
		-T $(srcdir)/tests/guest/common/guest.lds -o $@
# A guest that attacks and one beside it (tests/system/attack.sh).
ATTACK = tests/guest/attack
ATTACKERS = tests/domu/attack.elf tests/domu/quiet.elf
ATTACK_COMMON = $(srcdir)/tests/guest/common/start.S $(srcdir)/tests/guest/common/lib.c $(srcdir)/tests/guest/common/domu.c \
	-Wl,--defsym=guest_base=0x200000 -T $(srcdir)/tests/guest/common/guest.lds
tests/domu/attack.elf: $(ATTACK)/main.c $(ATTACK)/calls.c $(ATTACK)/code.c $(ATTACK)/start.S $(ATTACK)/attack.h $(DOMU_DEPS)
	$(AM_V_CCLD)$(DOMU_CC) $(srcdir)/$(ATTACK)/main.c $(srcdir)/$(ATTACK)/calls.c $(srcdir)/$(ATTACK)/code.c \
		$(srcdir)/$(ATTACK)/start.S $(ATTACK_COMMON) -o $@
tests/domu/quiet.elf: tests/guest/quiet/main.c $(DOMU_DEPS)
	$(AM_V_CCLD)$(DOMU_CC) $< $(ATTACK_COMMON) -o $@
# A guest whose registers are known (tests/system/core-dump.sh).
tests/domu/registers.elf: tests/guest/registers/main.c tests/guest/registers/registers.S $(DOMU_DEPS)
	$(AM_V_CCLD)$(DOMU_CC) $< $(srcdir)/tests/guest/registers/registers.S $(ATTACK_COMMON) -o $@
noinst_DATA += $(DOMUS) $(ATTACKERS) tests/domu/registers.elf
CLEANFILES += $(DOMUS) $(ATTACKERS) tests/domu/registers.elf

# --- the lab, and the tiers that run in it ---
EXTRA_DIST += tests/lab tests/peer tests/system
