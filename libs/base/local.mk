# SPDX-License-Identifier: LGPL-2.1-only
base_sources = \
	libs/base/arena.c \
	libs/base/buf.c \
	libs/base/daemon.c \
	libs/base/fd_io.c \
	libs/base/fd_message.c \
	libs/base/log.c \
	libs/base/loop.c \
	libs/base/nearest.c \
	libs/base/pty.c
base_headers = \
	libs/base/arena.h \
	libs/base/buf.h \
	libs/base/cleanup.h \
	libs/base/daemon.h \
	libs/base/fd_io.h \
	libs/base/fd_message.h \
	libs/base/log.h \
	libs/base/loop.h \
	libs/base/nearest.h \
	libs/base/pty.h \
	libs/base/zero.h

noinst_LIBRARIES += libs/base/libbase.a
libs_base_libbase_a_SOURCES = $(base_sources) $(base_headers)
libs_base_libbase_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_base_libbase_a_CFLAGS = $(UTIL_CFLAGS)

check_LIBRARIES += libs/base/libbase_host.a
UTIL_HOST_LIBS += libs/base/libbase_host.a
UTIL_FILES += $(base_sources)
libs_base_libbase_host_a_SOURCES = $(base_sources)
libs_base_libbase_host_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_base_libbase_host_a_CFLAGS = $(UTIL_HOST_CFLAGS)
