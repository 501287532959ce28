# SPDX-License-Identifier: LGPL-2.1-only
store_sources = \
	libs/store/wire.c
store_headers = \
	libs/store/include/xen/io/xs_wire.h \
	libs/store/include/xenstore.h \
	libs/store/include/xenstore_lib.h \
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
