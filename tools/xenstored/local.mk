# SPDX-License-Identifier: GPL-2.0-only
xenstored_sources = \
	tools/xenstored/change.c \
	tools/xenstored/control.c \
	tools/xenstored/domain.c \
	tools/xenstored/journal.c \
	tools/xenstored/keeper.c \
	tools/xenstored/options.c \
	tools/xenstored/path.c \
	tools/xenstored/perms.c \
	tools/xenstored/quota.c \
	tools/xenstored/request.c \
	tools/xenstored/request_node.c \
	tools/xenstored/request_watch.c \
	tools/xenstored/ring.c \
	tools/xenstored/serve.c \
	tools/xenstored/server.c \
	tools/xenstored/snapshot.c \
	tools/xenstored/socket.c \
	tools/xenstored/store.c \
	tools/xenstored/transaction.c \
	tools/xenstored/tree.c \
	tools/xenstored/watch.c
xenstored_headers = \
	tools/xenstored/change.h \
	tools/xenstored/journal.h \
	tools/xenstored/keeper.h \
	tools/xenstored/options.h \
	tools/xenstored/path.h \
	tools/xenstored/perms.h \
	tools/xenstored/quota.h \
	tools/xenstored/request.h \
	tools/xenstored/ring.h \
	tools/xenstored/serve.h \
	tools/xenstored/server.h \
	tools/xenstored/snapshot.h \
	tools/xenstored/store.h \
	tools/xenstored/transaction.h \
	tools/xenstored/tree.h \
	tools/xenstored/watch.h

sbin_PROGRAMS += tools/xenstored/xenstored
tools_xenstored_xenstored_SOURCES = tools/xenstored/main.c $(xenstored_sources) $(xenstored_headers)
tools_xenstored_xenstored_CPPFLAGS = $(UTIL_CPPFLAGS)
tools_xenstored_xenstored_CFLAGS = $(UTIL_CFLAGS)
tools_xenstored_xenstored_LDFLAGS = $(UTIL_LINK)
tools_xenstored_xenstored_LDADD = libs/ctrl/libctrl.a libs/store/libstore.a libs/base/libbase.a

check_LIBRARIES += tools/xenstored/libxenstored_host.a
UTIL_HOST_LIBS += tools/xenstored/libxenstored_host.a
UTIL_FILES += $(xenstored_sources)
tools_xenstored_libxenstored_host_a_SOURCES = $(xenstored_sources)
tools_xenstored_libxenstored_host_a_CPPFLAGS = $(UTIL_CPPFLAGS)
tools_xenstored_libxenstored_host_a_CFLAGS = $(UTIL_HOST_CFLAGS)

dist_man_MANS += tools/xenstored/xenstored.8
# How a host starts it: systemd's unit and tmpfiles, or the init script.
storeunitdir = $(prefix)/lib/systemd/system
storeunit_DATA = tools/xenstored/xenstored.service tools/xenstored/xenstored.socket
dist_storeunit_DATA = tools/xenstored/proc-xen.mount
storetmpdir = $(prefix)/lib/tmpfiles.d
storetmp_DATA = tools/xenstored/xenstored.conf
storeinitdir = $(sysconfdir)/init.d
storeinit_SCRIPTS = tools/xenstored/init.d/xenstored
XENSTORED_SERVICE = $(storeunit_DATA) $(storetmp_DATA) $(storeinit_SCRIPTS)
$(storeunit_DATA) $(storetmp_DATA): tools/xenstored/xenstored.%: tools/xenstored/xenstored.%.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SERVICE_SED) $< | $(UNIT_SED) >$@
$(storeinit_SCRIPTS): tools/xenstored/xenstored.init.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SERVICE_SED) $< >$@
EXTRA_DIST += tools/xenstored/xenstored.service.in tools/xenstored/xenstored.socket.in tools/xenstored/xenstored.init.in tools/xenstored/xenstored.conf.in
CLEANFILES += $(XENSTORED_SERVICE)
