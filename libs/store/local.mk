# SPDX-License-Identifier: LGPL-2.1-only
store_sources = \
	libs/store/alive.c \
	libs/store/async.c \
	libs/store/async_ops.c \
	libs/store/async_transaction.c \
	libs/store/client.c \
	libs/store/compat.c \
	libs/store/directory.c \
	libs/store/read_many.c \
	libs/store/reader.c \
	libs/store/request.c \
	libs/store/stream.c \
	libs/store/transport.c \
	libs/store/watch.c \
	libs/store/wire.c
store_headers = \
	libs/store/include/xen/io/xs_wire.h \
	libs/store/include/xenstore.h \
	libs/store/include/xenstore_lib.h \
	libs/store/async.h \
	libs/store/async_client.h \
	libs/store/client.h \
	libs/store/stream.h \
	libs/store/transport.h \
	libs/store/wire.h

noinst_LIBRARIES += libs/store/libstore.a
libs_store_libstore_a_SOURCES = $(store_sources) $(store_headers)
libs_store_libstore_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_store_libstore_a_CFLAGS = $(UTIL_CFLAGS)

check_LIBRARIES += libs/store/libstore_host.a
UTIL_HOST_LIBS += libs/store/libstore_host.a
UTIL_FILES += $(store_sources)
libs_store_libstore_host_a_SOURCES = $(store_sources)
libs_store_libstore_host_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_store_libstore_host_a_CFLAGS = $(UTIL_HOST_CFLAGS)

# The public library, with stock's soname and symbol version.
soexec_PROGRAMS += libs/store/libxenstore.so.4.0
libs_store_libxenstore_so_4_0_SOURCES = $(store_sources)
libs_store_libxenstore_so_4_0_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_store_libxenstore_so_4_0_CFLAGS = $(UTIL_CFLAGS)
libs_store_libxenstore_so_4_0_LDFLAGS = $(SOLIB_LINK) -Wl,-soname,libxenstore.so.4 \
	-Wl,--version-script,$(srcdir)/libs/store/libxenstore.map
libs_store_libxenstore_so_4_0_DEPENDENCIES = libs/store/libxenstore.map
libs_store_libxenstore_so_4_0_LDADD =
SOLIB_LINKS += libxenstore.so.4:libxenstore.so.4.0 libxenstore.so:libxenstore.so.4
# For programs that are run with the build's own library.
libs/store/libxenstore.so.4: libs/store/libxenstore.so.4.0
	$(AM_V_GEN)ln -sf libxenstore.so.4.0 $@
noinst_DATA += libs/store/libxenstore.so.4
CLEANFILES += libs/store/libxenstore.so.4

include_HEADERS += libs/store/include/xenstore.h libs/store/include/xenstore_lib.h
xeniodir = $(includedir)/xen/io
xenio_HEADERS = libs/store/include/xen/io/xs_wire.h
pkgconfig_DATA += libs/store/xenstore.pc
EXTRA_DIST += libs/store/libxenstore.map
