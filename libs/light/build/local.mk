# SPDX-License-Identifier: LGPL-2.1-only
# Building a PVH guest out of plain values: what libs/light's domains are made by, without its types.
build_sources = \
	libs/light/build/build_error.c \
	libs/light/build/guest_acpi.c \
	libs/light/build/guest_layout.c \
	libs/light/build/guest_memory.c \
	libs/light/build/guest_numa.c \
	libs/light/build/kernel_cache.c \
	libs/light/build/kernel_file.c \
	libs/light/build/kernel_image.c \
	libs/light/build/kernel_unpack.c \
	libs/light/build/pvh_build.c \
	libs/light/build/pvh_context.c
build_headers = \
	libs/light/build/build_error.h \
	libs/light/build/guest_acpi.h \
	libs/light/build/guest_layout.h \
	libs/light/build/guest_memory.h \
	libs/light/build/guest_numa.h \
	libs/light/build/kernel_cache.h \
	libs/light/build/kernel_file.h \
	libs/light/build/kernel_image.h \
	libs/light/build/kernel_unpack.h \
	libs/light/build/pvh_build.h \
	libs/light/build/pvh_context.h

# What unpacks kernels.
BUILD_LIBS = -lz -llzma -lzstd -llz4 -lbz2
UTIL_LIBS += $(BUILD_LIBS)

noinst_LIBRARIES += libs/light/build/libbuild.a
libs_light_build_libbuild_a_SOURCES = $(build_sources) $(build_headers)
libs_light_build_libbuild_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_light_build_libbuild_a_CFLAGS = $(UTIL_CFLAGS)

check_LIBRARIES += libs/light/build/libbuild_host.a
UTIL_HOST_LIBS += libs/light/build/libbuild_host.a
UTIL_FILES += $(build_sources)
libs_light_build_libbuild_host_a_SOURCES = $(build_sources)
libs_light_build_libbuild_host_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_light_build_libbuild_host_a_CFLAGS = $(UTIL_HOST_CFLAGS)
