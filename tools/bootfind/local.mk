# SPDX-License-Identifier: GPL-2.0-only
# libxenlight looks for it among the programs that are not for users.
xenbin_PROGRAMS += tools/bootfind/xl-bootfind
bootfind_parse = tools/bootfind/bls.c tools/bootfind/grubcfg.c tools/bootfind/menu.c
tools_bootfind_xl_bootfind_SOURCES = tools/bootfind/disk.c tools/bootfind/disk.h tools/bootfind/find.c tools/bootfind/find.h \
	tools/bootfind/main.c tools/bootfind/menu.h tools/bootfind/sandbox.c tools/bootfind/sandbox.h $(bootfind_parse)
tools_bootfind_xl_bootfind_CPPFLAGS = $(UTIL_CPPFLAGS)
tools_bootfind_xl_bootfind_CFLAGS = $(UTIL_CFLAGS)
tools_bootfind_xl_bootfind_LDFLAGS = $(UTIL_LINK)
tools_bootfind_xl_bootfind_LDADD = libs/base/libbase.a
dist_man_MANS += tools/bootfind/xl-bootfind.1
