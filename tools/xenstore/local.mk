# SPDX-License-Identifier: GPL-2.0-only
xenstore_sources = \
	tools/xenstore/control.c \
	tools/xenstore/json.c \
	tools/xenstore/ls.c \
	tools/xenstore/main.c \
	tools/xenstore/node.c \
	tools/xenstore/value.c \
	tools/xenstore/watch.c

bin_PROGRAMS += tools/xenstore/xenstore
tools_xenstore_xenstore_SOURCES = $(xenstore_sources) tools/xenstore/xenstore.h
tools_xenstore_xenstore_CPPFLAGS = $(UTIL_CPPFLAGS)
tools_xenstore_xenstore_CFLAGS = $(UTIL_CFLAGS)
tools_xenstore_xenstore_LDFLAGS = $(UTIL_LINK)
tools_xenstore_xenstore_LDADD = libs/store/libstore.a

# One program by many names.
XENSTORE_NAMES = chmod control exists list ls read rm watch write
XENSTORE_LINKS = $(XENSTORE_NAMES:%=tools/xenstore/xenstore-%)
$(XENSTORE_LINKS): tools/xenstore/xenstore
	$(AM_V_GEN)ln -sf xenstore $@
noinst_DATA += $(XENSTORE_LINKS)
BIN_LINKS += $(XENSTORE_NAMES:%=xenstore-%:xenstore)
CLEANFILES += $(XENSTORE_LINKS)
dist_man_MANS += tools/xenstore/xenstore.1
MAN_LINKS += $(XENSTORE_NAMES:%=man1/xenstore-%.1:xenstore.1)
