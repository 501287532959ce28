# SPDX-License-Identifier: LGPL-2.1-only
# libxlutil: what xl.cfg(5) says, as values and as libxl's structs. It needs libxl's headers, not its code.
xlu_sources = \
	libs/light/xlu/cfg.c \
	libs/light/xlu/disk.c \
	libs/light/xlu/get.c \
	libs/light/xlu/lex.c \
	libs/light/xlu/parse.c \
	libs/light/xlu/pci.c \
	libs/light/xlu/spec.c \
	libs/light/xlu/value.c \
	libs/light/xlu/vif.c
xlu_headers = \
	libs/light/xlu/lex.h \
	libs/light/xlu/spec.h \
	libs/light/xlu/xlu.h

noinst_LIBRARIES += libs/light/xlu/libxlu.a
libs_light_xlu_libxlu_a_SOURCES = $(xlu_sources) $(xlu_headers)
libs_light_xlu_libxlu_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_light_xlu_libxlu_a_CFLAGS = $(UTIL_CFLAGS)

check_LIBRARIES += libs/light/xlu/libxlu_host.a
UTIL_HOST_LIBS += libs/light/xlu/libxlu_host.a
UTIL_FILES += $(xlu_sources)
libs_light_xlu_libxlu_host_a_SOURCES = $(xlu_sources)
libs_light_xlu_libxlu_host_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_light_xlu_libxlu_host_a_CFLAGS = $(UTIL_HOST_CFLAGS)

# The public library, with stock's soname and symbol version.
soexec_PROGRAMS += libs/light/xlu/libxlutil.so.4.17
libs_light_xlu_libxlutil_so_4_17_SOURCES = $(xlu_sources) libs/base/buf.c libs/base/nearest.c
libs_light_xlu_libxlutil_so_4_17_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_light_xlu_libxlutil_so_4_17_CFLAGS = $(UTIL_CFLAGS)
libs_light_xlu_libxlutil_so_4_17_LDFLAGS = $(SOLIB_LINK) -Wl,-soname,libxlutil.so.4.17 \
	-Wl,--version-script,$(srcdir)/libs/light/xlu/libxlutil.map
libs_light_xlu_libxlutil_so_4_17_DEPENDENCIES = libs/light/xlu/libxlutil.map
libs_light_xlu_libxlutil_so_4_17_LDADD =
SOLIB_LINKS += libxlutil.so:libxlutil.so.4.17
EXTRA_DIST += libs/light/xlu/libxlutil.map
