# SPDX-License-Identifier: GPL-2.0-only
noinst_LIBRARIES += hypervisor/libpolicy.a
HV_LIBS += hypervisor/libpolicy.a
hypervisor_libpolicy_a_SOURCES = \
	hypervisor/policy/rights.c
hypervisor_libpolicy_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libpolicy_a_CFLAGS = $(HV_CFLAGS)
check_LIBRARIES += hypervisor/libpolicy_host.a
HOST_LIBS += hypervisor/libpolicy_host.a
hypervisor_libpolicy_host_a_SOURCES = \
	hypervisor/policy/rights.c
hypervisor_libpolicy_host_a_CPPFLAGS = $(HOST_CPPFLAGS)
hypervisor_libpolicy_host_a_CFLAGS = $(HOST_CFLAGS)
