# SPDX-License-Identifier: LGPL-2.1-only
ctrl_sources = \
	libs/ctrl/call.c \
	libs/ctrl/domain.c \
	libs/ctrl/hvm.c \
	libs/ctrl/linux_evtchn.c \
	libs/ctrl/linux_gnttab.c \
	libs/ctrl/linux_priv.c \
	libs/ctrl/machine.c \
	libs/ctrl/memory.c \
	libs/ctrl/query.c \
	libs/ctrl/scheduler.c \
	libs/ctrl/transport.c
ctrl_headers = \
	libs/ctrl/call.h \
	libs/ctrl/console_ring.h \
	libs/ctrl/ctrl.h \
	libs/ctrl/domain.h \
	libs/ctrl/hvm.h \
	libs/ctrl/linux_devices.h \
	libs/ctrl/linux_xen.h \
	libs/ctrl/machine.h \
	libs/ctrl/memory.h \
	libs/ctrl/query.h \
	libs/ctrl/scheduler.h

noinst_LIBRARIES += libs/ctrl/libctrl.a
libs_ctrl_libctrl_a_SOURCES = $(ctrl_sources) $(ctrl_headers)
libs_ctrl_libctrl_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_ctrl_libctrl_a_CFLAGS = $(UTIL_CFLAGS)

check_LIBRARIES += libs/ctrl/libctrl_host.a
UTIL_HOST_LIBS += libs/ctrl/libctrl_host.a
UTIL_FILES += $(ctrl_sources)
libs_ctrl_libctrl_host_a_SOURCES = $(ctrl_sources)
libs_ctrl_libctrl_host_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_ctrl_libctrl_host_a_CFLAGS = $(UTIL_HOST_CFLAGS)
