# SPDX-License-Identifier: GPL-2.0-only
mm_sources = \
	hypervisor/mm/copy_guest.c \
	hypervisor/mm/heap.c \
	hypervisor/mm/page_alloc.c

noinst_LIBRARIES += hypervisor/libmm.a
HV_LIBS += hypervisor/libmm.a
hypervisor_libmm_a_SOURCES = \
	$(mm_sources) \
	hypervisor/mm/alloc_fault.h \
	hypervisor/mm/mm_internal.h
hypervisor_libmm_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libmm_a_CFLAGS = $(HV_CFLAGS)

check_LIBRARIES += hypervisor/libmm_host.a
HOST_LIBS += hypervisor/libmm_host.a
HOST_FILES += $(mm_sources)
hypervisor_libmm_host_a_SOURCES = $(mm_sources)
