# SPDX-License-Identifier: GPL-2.0-only
# What needs no processor of its own runs in the host tiers as well.
x86_sources = \
	hypervisor/arch/x86/guest_walk.c \
	hypervisor/arch/x86/ivrs.c \
	hypervisor/arch/x86/npt.c

noinst_LIBRARIES += hypervisor/libx86.a
HV_LIBS += hypervisor/libx86.a
hypervisor_libx86_a_SOURCES = \
	$(x86_sources) \
	hypervisor/arch/x86/acpi_host.c \
	hypervisor/arch/x86/amdvi.c \
	hypervisor/arch/x86/amdvi_event.c \
	hypervisor/arch/x86/apic.c \
	hypervisor/arch/x86/boot_mem.c \
	hypervisor/arch/x86/bzimage.c \
	hypervisor/arch/x86/cpu_policy.c \
	hypervisor/arch/x86/cpu_policy_op.c \
	hypervisor/arch/x86/cpuid.c \
	hypervisor/arch/x86/dma_policy.c \
	hypervisor/arch/x86/dom0_acpi.c \
	hypervisor/arch/x86/dom0_build.c \
	hypervisor/arch/x86/dom0_memory.c \
	hypervisor/arch/x86/domain.c \
	hypervisor/arch/x86/elf_load.c \
	hypervisor/arch/x86/fpu.c \
	hypervisor/arch/x86/host_cpu.c \
	hypervisor/arch/x86/host_cpuid.c \
	hypervisor/arch/x86/host_paging.c \
	hypervisor/arch/x86/hvm_context.c \
	hypervisor/arch/x86/ioapic.c \
	hypervisor/arch/x86/lzma_shim.c \
	hypervisor/arch/x86/msi.c \
	hypervisor/arch/x86/msr.c \
	hypervisor/arch/x86/multiboot.c \
	hypervisor/arch/x86/panic.c \
	hypervisor/arch/x86/physinfo.c \
	hypervisor/arch/x86/pvclock.c \
	hypervisor/arch/x86/serial.c \
	hypervisor/arch/x86/smp.c \
	hypervisor/arch/x86/svm.c \
	hypervisor/arch/x86/svm_exit.c \
	hypervisor/arch/x86/svm_inject.c \
	hypervisor/arch/x86/svm_run.c \
	hypervisor/arch/x86/symbols.c \
	hypervisor/arch/x86/time.c \
	hypervisor/arch/x86/traps.c \
	hypervisor/arch/x86/vcpu.c \
	hypervisor/arch/x86/vcpu_context.c \
	hypervisor/arch/x86/vector.c \
	hypervisor/arch/x86/boot.S \
	hypervisor/arch/x86/svm_entry.S \
	hypervisor/arch/x86/trampoline.S \
	hypervisor/arch/x86/trap_entry.S \
	hypervisor/arch/x86/amdvi.h \
	hypervisor/arch/x86/arch_types.h \
	hypervisor/arch/x86/asm.h \
	hypervisor/arch/x86/bzimage.h \
	hypervisor/arch/x86/cpuid.h \
	hypervisor/arch/x86/dom0_build.h \
	hypervisor/arch/x86/elf_load.h \
	hypervisor/arch/x86/guest_walk.h \
	hypervisor/arch/x86/host_cpu.h \
	hypervisor/arch/x86/host_layout.h \
	hypervisor/arch/x86/insn.h \
	hypervisor/arch/x86/iommu.h \
	hypervisor/arch/x86/ivrs.h \
	hypervisor/arch/x86/msr.h \
	hypervisor/arch/x86/svm.h \
	hypervisor/arch/x86/svm_internal.h \
	hypervisor/arch/x86/vcpu_regs.h \
	hypervisor/arch/x86/vendor.h
hypervisor_libx86_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libx86_a_CFLAGS = $(HV_CFLAGS)
hypervisor_libx86_a_CCASFLAGS = $(HV_ASFLAGS)

check_LIBRARIES += hypervisor/libx86_host.a
HOST_LIBS += hypervisor/libx86_host.a
HOST_FILES += $(x86_sources)
hypervisor_libx86_host_a_SOURCES = $(x86_sources)
EXTRA_DIST += hypervisor/arch/x86/xenolith.lds hypervisor/arch/x86/mksyms.sh
