# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += hypervisor/libmm.a
HV_LIBS += hypervisor/libmm.a
hypervisor_libmm_a_SOURCES = \
	hypervisor/mm/copy_guest.c \
	hypervisor/mm/heap.c \
	hypervisor/mm/page_alloc.c \
	hypervisor/mm/alloc_fault.h \
	hypervisor/mm/mm_internal.h
hypervisor_libmm_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libmm_a_CFLAGS = $(HV_CFLAGS)
check_LIBRARIES += hypervisor/libmm_host.a
HOST_LIBS += hypervisor/libmm_host.a
hypervisor_libmm_host_a_SOURCES = \
	hypervisor/mm/copy_guest.c \
	hypervisor/mm/heap.c \
	hypervisor/mm/page_alloc.c
hypervisor_libmm_host_a_CPPFLAGS = $(HOST_CPPFLAGS)
hypervisor_libmm_host_a_CFLAGS = $(HOST_CFLAGS)
