# SPDX-License-Identifier: GPL-2.0-only
# The hypervisor: an archive for each folder, one for the files here, and the image that is made of them all.
public_headers = \
	hypervisor/include/public/all.def \
	hypervisor/include/public/domctl.h \
	hypervisor/include/public/event_channel.def \
	hypervisor/include/public/event_channel.h \
	hypervisor/include/public/grant_table.def \
	hypervisor/include/public/grant_table.h \
	hypervisor/include/public/hvm.def \
	hypervisor/include/public/hvm.h \
	hypervisor/include/public/hvm_save.h \
	hypervisor/include/public/memory.def \
	hypervisor/include/public/memory.h \
	hypervisor/include/public/multicall.def \
	hypervisor/include/public/multicall.h \
	hypervisor/include/public/physdev.def \
	hypervisor/include/public/physdev.h \
	hypervisor/include/public/platform.def \
	hypervisor/include/public/platform.h \
	hypervisor/include/public/sched.def \
	hypervisor/include/public/sched.h \
	hypervisor/include/public/sysctl.h \
	hypervisor/include/public/vcpu.def \
	hypervisor/include/public/vcpu.h \
	hypervisor/include/public/vcpu_context.h \
	hypervisor/include/public/version.def \
	hypervisor/include/public/version.h \
	hypervisor/include/public/wire_expand.h \
	hypervisor/include/public/xen.h

top_sources = \
	hypervisor/cmdline.c \
	hypervisor/console.c \
	hypervisor/console_op.c \
	hypervisor/cpu.c \
	hypervisor/debug_key.c

noinst_LIBRARIES += hypervisor/libtop.a
HV_LIBS += hypervisor/libtop.a
hypervisor_libtop_a_SOURCES = \
	$(top_sources) \
	$(public_headers) \
	hypervisor/main.c \
	hypervisor/include/arch.h \
	hypervisor/include/arch_ctl.h \
	hypervisor/include/bitmap.h \
	hypervisor/include/console.h \
	hypervisor/include/copy.h \
	hypervisor/include/cpu.h \
	hypervisor/include/ctl.h \
	hypervisor/include/device.h \
	hypervisor/include/domain.h \
	hypervisor/include/domain_ctl.h \
	hypervisor/include/domctl_rows.h \
	hypervisor/include/errno.h \
	hypervisor/include/event.h \
	hypervisor/include/grant.h \
	hypervisor/include/hv.h \
	hypervisor/include/hvm_op.h \
	hypervisor/include/lib.h \
	hypervisor/include/list.h \
	hypervisor/include/lock.h \
	hypervisor/include/log.h \
	hypervisor/include/op.h \
	hypervisor/include/p2m.h \
	hypervisor/include/page.h \
	hypervisor/include/page_boot.h \
	hypervisor/include/sched.h \
	hypervisor/include/timer.h \
	hypervisor/include/types.h \
	hypervisor/include/vcpu.h \
	hypervisor/include/wire.h
	hypervisor/include/public/domctl.h
	hypervisor/include/public/event_channel.h
	hypervisor/include/public/grant_table.h
	hypervisor/include/public/hvm.h
	hypervisor/include/public/memory.h
	hypervisor/include/public/multicall.h
	hypervisor/include/public/physdev.h
	hypervisor/include/public/platform.h
	hypervisor/include/public/sched.h
	hypervisor/include/public/vcpu.def
	hypervisor/include/public/version.def
	hypervisor/include/public/wire_expand.h
hypervisor_libtop_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libtop_a_CFLAGS = $(HV_CFLAGS)

check_LIBRARIES += hypervisor/libtop_host.a
HOST_LIBS += hypervisor/libtop_host.a
HOST_FILES += $(top_sources)
hypervisor_libtop_host_a_SOURCES = $(top_sources)

include hypervisor/arch/x86/local.mk
include hypervisor/arch/x86/emulate/local.mk
include hypervisor/trap/local.mk
include hypervisor/object/local.mk
include hypervisor/sched/local.mk
include hypervisor/device/local.mk
include hypervisor/mm/local.mk
include hypervisor/policy/local.mk
include hypervisor/lib/local.mk

# Linked twice: the second time with the symbol table of the first, for backtraces. QEMU and GRUB want ELF32.
HV_LINK = $(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack -z max-page-size=4096 -T hypervisor/xenolith.lds
HV_OBJECTS = --whole-archive $(HV_LIBS) --no-whole-archive hypervisor/syms.o $(LZMA_A)
HV_MKSYMS = $(SHELL) $(srcdir)/hypervisor/arch/x86/mksyms.sh

hypervisor/xenolith.lds: hypervisor/arch/x86/xenolith.lds hypervisor/arch/x86/host_layout.h
	$(AM_V_GEN)$(MKDIR_P) hypervisor && \
	$(CC) -E -P -x assembler-with-cpp -I$(srcdir)/hypervisor/arch/x86 $(srcdir)/hypervisor/arch/x86/xenolith.lds -o $@

hypervisor/xenolith-syms: $(HV_LIBS) $(LZMA_A) hypervisor/xenolith.lds hypervisor/arch/x86/mksyms.sh
	$(AM_V_GEN)$(HV_MKSYMS) >hypervisor/syms.S && $(CC) -c hypervisor/syms.S -o hypervisor/syms.o
	$(AM_V_at)$(HV_LINK) $(HV_OBJECTS) -o hypervisor/pass1.elf
	$(AM_V_at)$(NM) -n hypervisor/pass1.elf >hypervisor/pass1.nm
	$(AM_V_at)$(HV_MKSYMS) hypervisor/pass1.nm >hypervisor/syms.S && $(CC) -c hypervisor/syms.S -o hypervisor/syms.o
	$(AM_V_at)$(HV_LINK) $(HV_OBJECTS) -o $@

hypervisor/xenolith: hypervisor/xenolith-syms
	$(AM_V_GEN)$(OBJCOPY) -S -O elf32-i386 hypervisor/xenolith-syms $@

hvdir = $(prefix)/boot
hv_DATA = hypervisor/xenolith
CLEANFILES += hypervisor/xenolith hypervisor/xenolith-syms hypervisor/xenolith.lds hypervisor/pass1.elf \
	hypervisor/pass1.nm hypervisor/syms.S hypervisor/syms.o
