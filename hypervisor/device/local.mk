# SPDX-License-Identifier: GPL-2.0-only
device_sources = \
	hypervisor/device/device.c \
	hypervisor/device/legacy.c \
	hypervisor/device/vioapic.c \
	hypervisor/device/vlapic.c \
	hypervisor/device/vlapic_ipi.c \
	hypervisor/device/vlapic_timer.c \
	hypervisor/device/vmsi.c \
	hypervisor/device/vmsix.c \
	hypervisor/device/vpci.c \
	hypervisor/device/vpci_caps.c

noinst_LIBRARIES += hypervisor/libdevice.a
HV_LIBS += hypervisor/libdevice.a
hypervisor_libdevice_a_SOURCES = \
	$(device_sources) \
	hypervisor/device/legacy.h \
	hypervisor/device/ports.h \
	hypervisor/device/vioapic.h \
	hypervisor/device/vlapic.h \
	hypervisor/device/vpci.h \
	hypervisor/device/vpci_internal.h
hypervisor_libdevice_a_CPPFLAGS = $(HV_CPPFLAGS)
hypervisor_libdevice_a_CFLAGS = $(HV_CFLAGS)

check_LIBRARIES += hypervisor/libdevice_host.a
HOST_LIBS += hypervisor/libdevice_host.a
HOST_FILES += $(device_sources)
hypervisor_libdevice_host_a_SOURCES = $(device_sources)
