# SPDX-License-Identifier: LGPL-2.1-only
toollog_sources = \
	libs/toollog/stdiostream.c \
	libs/toollog/toollog.c

noinst_LIBRARIES += libs/toollog/libtoollog.a
libs_toollog_libtoollog_a_SOURCES = $(toollog_sources) libs/toollog/include/xentoollog.h
libs_toollog_libtoollog_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_toollog_libtoollog_a_CFLAGS = $(UTIL_CFLAGS)

check_LIBRARIES += libs/toollog/libtoollog_host.a
UTIL_HOST_LIBS += libs/toollog/libtoollog_host.a
UTIL_FILES += $(toollog_sources)
libs_toollog_libtoollog_host_a_SOURCES = $(toollog_sources)
libs_toollog_libtoollog_host_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_toollog_libtoollog_host_a_CFLAGS = $(UTIL_HOST_CFLAGS)

# The public library, with stock's soname and symbol version.
soexec_PROGRAMS += libs/toollog/libxentoollog.so.1.0
libs_toollog_libxentoollog_so_1_0_SOURCES = $(toollog_sources)
libs_toollog_libxentoollog_so_1_0_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_toollog_libxentoollog_so_1_0_CFLAGS = $(UTIL_CFLAGS)
libs_toollog_libxentoollog_so_1_0_LDFLAGS = $(SOLIB_LINK) -Wl,-soname,libxentoollog.so.1 \
	-Wl,--version-script,$(srcdir)/libs/toollog/libxentoollog.map
libs_toollog_libxentoollog_so_1_0_DEPENDENCIES = libs/toollog/libxentoollog.map
libs_toollog_libxentoollog_so_1_0_LDADD =
SOLIB_LINKS += libxentoollog.so.1:libxentoollog.so.1.0 libxentoollog.so:libxentoollog.so.1
# For programs that are run with the build's own library.
libs/toollog/libxentoollog.so.1: libs/toollog/libxentoollog.so.1.0
	$(AM_V_GEN)ln -sf libxentoollog.so.1.0 $@
noinst_DATA += libs/toollog/libxentoollog.so.1
CLEANFILES += libs/toollog/libxentoollog.so.1

include_HEADERS += libs/toollog/include/xentoollog.h
EXTRA_DIST += libs/toollog/libxentoollog.map
