# SPDX-License-Identifier: GPL-2.0-only
emulate_sources = \
	hypervisor/arch/x86/emulate/decode.c \
	hypervisor/arch/x86/emulate/execute.c

noinst_LIBRARIES += hypervisor/libemulate.a
HV_LIBS += hypervisor/libemulate.a
hypervisor_libemulate_a_SOURCES = \
	$(emulate_sources) \
	hypervisor/arch/x86/emulate/decode.h \
	hypervisor/arch/x86/emulate/execute.h
hypervisor_libemulate_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libemulate_a_CFLAGS = $(HV_CFLAGS)

check_LIBRARIES += hypervisor/libemulate_host.a
HOST_LIBS += hypervisor/libemulate_host.a
HOST_FILES += $(emulate_sources)
hypervisor_libemulate_host_a_SOURCES = $(emulate_sources)
