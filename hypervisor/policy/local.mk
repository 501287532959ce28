# SPDX-License-Identifier: GPL-2.0-only
policy_sources = \
	hypervisor/policy/rights.c

noinst_LIBRARIES += hypervisor/libpolicy.a
HV_LIBS += hypervisor/libpolicy.a
hypervisor_libpolicy_a_SOURCES = $(policy_sources)
hypervisor_libpolicy_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libpolicy_a_CFLAGS = $(HV_CFLAGS)

check_LIBRARIES += hypervisor/libpolicy_host.a
HOST_LIBS += hypervisor/libpolicy_host.a
HOST_FILES += $(policy_sources)
hypervisor_libpolicy_host_a_SOURCES = $(policy_sources)
