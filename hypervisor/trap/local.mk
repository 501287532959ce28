# SPDX-License-Identifier: GPL-2.0-only
trap_sources = \
	hypervisor/trap/domctl.c \
	hypervisor/trap/hypercall.c \
	hypervisor/trap/op.c \
	hypervisor/trap/sysctl.c \
	hypervisor/trap/wire.c

noinst_LIBRARIES += hypervisor/libtrap.a
HV_LIBS += hypervisor/libtrap.a
hypervisor_libtrap_a_SOURCES = \
	$(trap_sources) \
	hypervisor/trap/exit.c \
	hypervisor/trap/fetch.c \
	hypervisor/trap/mmio.c \
	hypervisor/trap/exit.h \
	hypervisor/trap/fetch.h \
	hypervisor/trap/mmio.h
hypervisor_libtrap_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libtrap_a_CFLAGS = $(HV_CFLAGS)

check_LIBRARIES += hypervisor/libtrap_host.a
HOST_LIBS += hypervisor/libtrap_host.a
HOST_FILES += $(trap_sources)
hypervisor_libtrap_host_a_SOURCES = $(trap_sources)
