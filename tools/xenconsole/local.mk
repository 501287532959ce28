# SPDX-License-Identifier: GPL-2.0-only
# xl looks for it among the programs that are not for users.
xenbindir = $(libexecdir)/xen/bin
xenbin_PROGRAMS = tools/xenconsole/xenconsole
tools_xenconsole_xenconsole_SOURCES = tools/xenconsole/link.c tools/xenconsole/link.h tools/xenconsole/main.c
tools_xenconsole_xenconsole_CPPFLAGS = $(UTIL_CPPFLAGS)
tools_xenconsole_xenconsole_CFLAGS = $(UTIL_CFLAGS)
tools_xenconsole_xenconsole_LDFLAGS = $(UTIL_LINK)
tools_xenconsole_xenconsole_LDADD = libs/store/libstore.a libs/base/libbase.a
dist_man_MANS += tools/xenconsole/xenconsole.1
