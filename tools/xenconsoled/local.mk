# SPDX-License-Identifier: GPL-2.0-only
xenconsoled_sources = \
	tools/xenconsoled/console.c \
	tools/xenconsoled/domain.c \
	tools/xenconsoled/keep.c \
	tools/xenconsoled/keeper.c \
	tools/xenconsoled/logfile.c \
	tools/xenconsoled/look.c \
	tools/xenconsoled/main.c \
	tools/xenconsoled/options.c \
	tools/xenconsoled/pty.c \
	tools/xenconsoled/registry.c \
	tools/xenconsoled/ring.c \
	tools/xenconsoled/server.c \
	tools/xenconsoled/sluice.c \
	tools/xenconsoled/state.c \
	tools/xenconsoled/wire.c
xenconsoled_headers = \
	tools/xenconsoled/console.h \
	tools/xenconsoled/daemon.h \
	tools/xenconsoled/domain.h \
	tools/xenconsoled/keep.h \
	tools/xenconsoled/keep_table.h \
	tools/xenconsoled/logfile.h \
	tools/xenconsoled/look.h \
	tools/xenconsoled/options.h \
	tools/xenconsoled/pty.h \
	tools/xenconsoled/registry.h \
	tools/xenconsoled/ring.h \
	tools/xenconsoled/sluice.h \
	tools/xenconsoled/state.h

sbin_PROGRAMS += tools/xenconsoled/xenconsoled
tools_xenconsoled_xenconsoled_SOURCES = $(xenconsoled_sources) $(xenconsoled_headers)
tools_xenconsoled_xenconsoled_CPPFLAGS = $(UTIL_CPPFLAGS)
tools_xenconsoled_xenconsoled_CFLAGS = $(UTIL_CFLAGS)
tools_xenconsoled_xenconsoled_LDFLAGS = $(UTIL_LINK)
tools_xenconsoled_xenconsoled_LDADD = libs/ctrl/libctrl.a libs/store/libstore.a libs/base/libbase.a

dist_man_MANS += tools/xenconsoled/xenconsoled.8
# How a host starts it: systemd's unit and tmpfiles, or the init script.
consoleunitdir = $(prefix)/lib/systemd/system
consoleunit_DATA = tools/xenconsoled/xenconsoled.service
consoletmpdir = $(prefix)/lib/tmpfiles.d
consoletmp_DATA = tools/xenconsoled/xenconsoled.conf
consoleinitdir = $(sysconfdir)/init.d
consoleinit_SCRIPTS = tools/xenconsoled/init.d/xenconsoled
XENCONSOLED_SERVICE = $(consoleunit_DATA) $(consoletmp_DATA) $(consoleinit_SCRIPTS)
$(consoleunit_DATA) $(consoletmp_DATA): tools/xenconsoled/xenconsoled.%: tools/xenconsoled/xenconsoled.%.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SERVICE_SED) $< | $(UNIT_SED) >$@
$(consoleinit_SCRIPTS): tools/xenconsoled/xenconsoled.init.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SERVICE_SED) $< >$@
EXTRA_DIST += tools/xenconsoled/xenconsoled.service.in tools/xenconsoled/xenconsoled.init.in tools/xenconsoled/xenconsoled.conf.in
CLEANFILES += $(XENCONSOLED_SERVICE)
