# SPDX-License-Identifier: GPL-2.0-only
sched_sources = \
	hypervisor/sched/credit2.c \
	hypervisor/sched/credit2_cap.c \
	hypervisor/sched/credit2_ctl.c \
	hypervisor/sched/null.c \
	hypervisor/sched/runstate.c \
	hypervisor/sched/sched.c \
	hypervisor/sched/sched_ctl.c

noinst_LIBRARIES += hypervisor/libsched.a
HV_LIBS += hypervisor/libsched.a
hypervisor_libsched_a_SOURCES = \
	$(sched_sources) \
	hypervisor/sched/credit2.h \
	hypervisor/sched/runstate.h \
	hypervisor/sched/sched_ctl.h \
	hypervisor/sched/sched_internal.h
hypervisor_libsched_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libsched_a_CFLAGS = $(HV_CFLAGS)

check_LIBRARIES += hypervisor/libsched_host.a
HOST_LIBS += hypervisor/libsched_host.a
HOST_FILES += $(sched_sources)
hypervisor_libsched_host_a_SOURCES = $(sched_sources)
