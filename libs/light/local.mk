# SPDX-License-Identifier: LGPL-2.1-only
light_sources = \
	libs/light/bitmap.c \
	libs/light/bootloader.c \
	libs/light/bootloader_answer.c \
	libs/light/child.c \
	libs/light/console.c \
	libs/light/core_dump.c \
	libs/light/core_file.c \
	libs/light/cpuid.c \
	libs/light/cpuid_parse.c \
	libs/light/cpupool.c \
	libs/light/ctx.c \
	libs/light/death.c \
	libs/light/device.c \
	libs/light/device_add.c \
	libs/light/device_channel.c \
	libs/light/device_detach.c \
	libs/light/device_disk.c \
	libs/light/device_host.c \
	libs/light/device_list.c \
	libs/light/device_model.c \
	libs/light/device_model_ask.c \
	libs/light/device_nic.c \
	libs/light/device_route.c \
	libs/light/device_script.c \
	libs/light/device_share.c \
	libs/light/device_small.c \
	libs/light/device_vdev.c \
	libs/light/domain_cpuid.c \
	libs/light/domain_create.c \
	libs/light/domain_destroy.c \
	libs/light/domain_life.c \
	libs/light/domain_nodes.c \
	libs/light/domain_op.c \
	libs/light/domain_settle.c \
	libs/light/domain_signal.c \
	libs/light/eject.c \
	libs/light/enums.c \
	libs/light/event.c \
	libs/light/fd.c \
	libs/light/gone.c \
	libs/light/hostmap.c \
	libs/light/info.c \
	libs/light/json.c \
	libs/light/log.c \
	libs/light/machine.c \
	libs/light/memory.c \
	libs/light/memory_need.c \
	libs/light/memory_target.c \
	libs/light/missing.c \
	libs/light/monitor.c \
	libs/light/name.c \
	libs/light/op.c \
	libs/light/preserve.c \
	libs/light/public.c \
	libs/light/qmp.c \
	libs/light/relay.c \
	libs/light/rename.c \
	libs/light/restrict.c \
	libs/light/retrieve.c \
	libs/light/sched.c \
	libs/light/sigchld.c \
	libs/light/small.c \
	libs/light/steady_watch.c \
	libs/light/state_wait.c \
	libs/light/store_link.c \
	libs/light/store_tx.c \
	libs/light/type.c \
	libs/light/type_basic.c \
	libs/light/type_small.c \
	libs/light/types.c \
	libs/light/userdata.c \
	libs/light/vcpu.c \
	libs/light/vnuma.c \
	libs/light/wait.c
light_headers = \
	libs/light/child.h \
	libs/light/core_file.h \
	libs/light/cpuid.h \
	libs/light/cpuid_names.def \
	libs/light/ctx.h \
	libs/light/device.h \
	libs/light/device_disk.h \
	libs/light/device_host.h \
	libs/light/device_model.h \
	libs/light/device_route.h \
	libs/light/domain_free.h \
	libs/light/domain_nodes.h \
	libs/light/domain_settle.h \
	libs/light/domain_op.h \
	libs/light/enums.def \
	libs/light/events.h \
	libs/light/evgen.h \
	libs/light/info.h \
	libs/light/json.h \
	libs/light/memory.h \
	libs/light/op.h \
	libs/light/report.h \
	libs/light/small.h \
	libs/light/steady_watch.h \
	libs/light/state_wait.h \
	libs/light/store_link.h \
	libs/light/store_tx.h \
	libs/light/type.h \
	libs/light/vnuma.h \
	libs/light/types_device.def \
	libs/light/types_domain.def \
	libs/light/types_host.def \
	libs/light/userdata.h
light_public_headers = \
	libs/light/include/_libxl_api_compat.h \
	libs/light/include/_libxl_have.h \
	libs/light/include/_libxl_types.h \
	libs/light/include/_libxl_types_device.h \
	libs/light/include/_libxl_types_domain.h \
	libs/light/include/_libxl_types_enum.h \
	libs/light/include/_libxl_types_host.h \
	libs/light/include/_libxl_types_json.h \
	libs/light/include/_libxl_types_list.h \
	libs/light/include/libxl.h \
	libs/light/include/libxl_event.h \
	libs/light/include/libxl_json.h \
	libs/light/include/libxl_utils.h \
	libs/light/include/libxl_uuid.h \
	libs/light/include/libxlutil.h

noinst_LIBRARIES += libs/light/liblight.a
libs_light_liblight_a_SOURCES = $(light_sources) $(light_headers)
libs_light_liblight_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_light_liblight_a_CFLAGS = $(UTIL_CFLAGS)

check_LIBRARIES += libs/light/liblight_host.a
UTIL_HOST_LIBS += libs/light/liblight_host.a
UTIL_FILES += $(light_sources)
UTIL_LIBS += -lyajl
libs_light_liblight_host_a_SOURCES = $(light_sources)
libs_light_liblight_host_a_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_light_liblight_host_a_CFLAGS = $(UTIL_HOST_CFLAGS)

# The public library, with stock's soname and symbol version: it carries what it needs of our other libraries but for
# libxentoollog, whose loggers are the program's.
soexec_PROGRAMS += libs/light/libxenlight.so.4.17.0
libs_light_libxenlight_so_4_17_0_SOURCES = $(light_sources)
libs_light_libxenlight_so_4_17_0_CPPFLAGS = $(UTIL_CPPFLAGS)
libs_light_libxenlight_so_4_17_0_CFLAGS = $(UTIL_CFLAGS)
libs_light_libxenlight_so_4_17_0_LDFLAGS = $(SOLIB_LINK) -Wl,-soname,libxenlight.so.4.17 \
	-Wl,--version-script,$(srcdir)/libs/light/libxenlight.map
libs_light_libxenlight_so_4_17_0_DEPENDENCIES = libs/light/libxenlight.map $(light_needs)
light_needs = libs/light/build/libbuild.a libs/store/libstore.a libs/ctrl/libctrl.a libs/base/libbase.a libs/toollog/libxentoollog.so.1.0
libs_light_libxenlight_so_4_17_0_LDADD = $(light_needs) -lyajl $(BUILD_LIBS)
SOLIB_LINKS += libxenlight.so.4.17:libxenlight.so.4.17.0 libxenlight.so:libxenlight.so.4.17
# For programs that are run with the build's own library.
libs/light/libxenlight.so.4.17: libs/light/libxenlight.so.4.17.0
	$(AM_V_GEN)ln -sf libxenlight.so.4.17.0 $@
noinst_DATA += libs/light/libxenlight.so.4.17
CLEANFILES += libs/light/libxenlight.so.4.17

include_HEADERS += $(light_public_headers)
pkgconfig_DATA += libs/light/xenlight.pc
EXTRA_DIST += libs/light/libxenlight.map
