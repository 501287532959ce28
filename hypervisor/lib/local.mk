# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += hypervisor/liblib.a
HV_LIBS += hypervisor/liblib.a
hypervisor_liblib_a_SOURCES = \
	hypervisor/lib/bitmap.c \
	hypervisor/lib/lock.c \
	hypervisor/lib/muldiv.c \
	hypervisor/lib/parse.c \
	hypervisor/lib/string.c \
	hypervisor/lib/vsnprintf.c
hypervisor_liblib_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_liblib_a_CFLAGS = $(HV_CFLAGS)
check_LIBRARIES += hypervisor/liblib_host.a
HOST_LIBS += hypervisor/liblib_host.a
hypervisor_liblib_host_a_SOURCES = \
	hypervisor/lib/bitmap.c \
	hypervisor/lib/lock.c \
	hypervisor/lib/muldiv.c \
	hypervisor/lib/parse.c
hypervisor_liblib_host_a_CPPFLAGS = $(HOST_CPPFLAGS)
hypervisor_liblib_host_a_CFLAGS = $(HOST_CFLAGS)
