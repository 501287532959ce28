# SPDX-License-Identifier: GPL-2.0-only
object_sources = \
	hypervisor/object/domain.c \
	hypervisor/object/domain_info.c \
	hypervisor/object/domain_op.c \
	hypervisor/object/event.c \
	hypervisor/object/event_2l.c \
	hypervisor/object/event_fifo.c \
	hypervisor/object/event_op.c \
	hypervisor/object/grant.c \
	hypervisor/object/grant_map.c \
	hypervisor/object/grant_op.c \
	hypervisor/object/grant_pin.c \
	hypervisor/object/hvm_op.c \
	hypervisor/object/memory_map.c \
	hypervisor/object/memory_op.c \
	hypervisor/object/p2m.c \
	hypervisor/object/physdev_op.c \
	hypervisor/object/physmap_op.c \
	hypervisor/object/pod.c \
	hypervisor/object/platform_op.c \
	hypervisor/object/sched_op.c \
	hypervisor/object/timer.c \
	hypervisor/object/vcpu.c \
	hypervisor/object/vcpu_op.c \
	hypervisor/object/vcpu_timer.c \
	hypervisor/object/version_op.c \
	hypervisor/object/vnuma_op.c

noinst_LIBRARIES += hypervisor/libobject.a
HV_LIBS += hypervisor/libobject.a
hypervisor_libobject_a_SOURCES = \
	$(object_sources) \
	hypervisor/object/event_internal.h \
	hypervisor/object/grant_internal.h \
	hypervisor/object/memory_internal.h \
	hypervisor/object/p2m_internal.h \
	hypervisor/object/sched_op.h \
	hypervisor/object/vcpu_timer.h
hypervisor_libobject_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libobject_a_CFLAGS = $(HV_CFLAGS)

check_LIBRARIES += hypervisor/libobject_host.a
HOST_LIBS += hypervisor/libobject_host.a
HOST_FILES += $(object_sources)
hypervisor_libobject_host_a_SOURCES = $(object_sources)
