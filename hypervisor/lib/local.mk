# SPDX-License-Identifier: GPL-2.0-only
lib_sources = \
	hypervisor/lib/bitmap.c \
	hypervisor/lib/lock.c \
	hypervisor/lib/muldiv.c \
	hypervisor/lib/parse.c

noinst_LIBRARIES += hypervisor/liblib.a
HV_LIBS += hypervisor/liblib.a
hypervisor_liblib_a_SOURCES = \
	$(lib_sources) \
	hypervisor/lib/string.c \
	hypervisor/lib/vsnprintf.c
hypervisor_liblib_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_liblib_a_CFLAGS = $(HV_CFLAGS)

check_LIBRARIES += hypervisor/liblib_host.a
HOST_LIBS += hypervisor/liblib_host.a
HOST_FILES += $(lib_sources)
hypervisor_liblib_host_a_SOURCES = $(lib_sources)
