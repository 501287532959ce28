# SPDX-License-Identifier: GPL-2.0-only
xl_parts = \
	tools/xl/check_host.c \
	tools/xl/cmd_check.c \
	tools/xl/cmd_console.c \
	tools/xl/cmd_cpupool.c \
	tools/xl/cmd_create.c \
	tools/xl/cmd_device.c \
	tools/xl/cmd_device_list.c \
	tools/xl/cmd_host.c \
	tools/xl/cmd_info.c \
	tools/xl/cmd_life.c \
	tools/xl/cmd_list.c \
	tools/xl/cmd_memory.c \
	tools/xl/cmd_sched.c \
	tools/xl/cmd_vcpu.c \
	tools/xl/complete.c \
	tools/xl/conf.c \
	tools/xl/config.c \
	tools/xl/console.c \
	tools/xl/cpuset.c \
	tools/xl/create.c \
	tools/xl/format.c \
	tools/xl/help.c \
	tools/xl/interrupt.c \
	tools/xl/key_cpus.c \
	tools/xl/key_devices.c \
	tools/xl/key_general.c \
	tools/xl/key_other.c \
	tools/xl/key_vnuma.c \
	tools/xl/key_vsnd.c \
	tools/xl/keys.c \
	tools/xl/listing.c \
	tools/xl/lock.c \
	tools/xl/logger.c \
	tools/xl/options.c \
	tools/xl/room.c \
	tools/xl/table.c \
	tools/xl/timing.c \
	tools/xl/util.c \
	tools/xl/watch.c
xl_sources = tools/xl/main.c $(xl_parts)

bin_PROGRAMS += tools/xl/xl
tools_xl_xl_SOURCES = $(xl_sources) tools/xl/check.h tools/xl/cleanup.h tools/xl/conf.h tools/xl/config.h tools/xl/cpuset.h tools/xl/create.h \
	tools/xl/format.h tools/xl/interrupt.h tools/xl/listing.h tools/xl/timing.h tools/xl/xl.h
tools_xl_xl_CPPFLAGS = $(UTIL_CPPFLAGS)
tools_xl_xl_CFLAGS = $(UTIL_CFLAGS) -Wno-missing-field-initializers
tools_xl_xl_LDFLAGS = $(UTIL_LINK)
tools_xl_xl_LDADD = libs/light/xlu/libxlu.a libs/light/liblight.a libs/light/build/libbuild.a libs/ctrl/libctrl.a libs/store/libstore.a \
	libs/toollog/libtoollog.a libs/base/libbase.a -lyajl $(BUILD_LIBS)
dist_man_MANS += tools/xl/xl.1 tools/xl/xl.conf.5
bashcompletiondir = $(datadir)/bash-completion/completions
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	$(INSTALL_DATA) $(srcdir)/tools/xl/xl.bash '$(DESTDIR)$(bashcompletiondir)/xl'
uninstall-local:
	rm -f '$(DESTDIR)$(bashcompletiondir)/xl'
EXTRA_DIST += tools/xl/xl.bash
