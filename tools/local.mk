# SPDX-License-Identifier: GPL-2.0-only
# The programs. Each folder's local.mk: NAME_CPPFLAGS = $(UTIL_CPPFLAGS), NAME_CFLAGS = $(UTIL_CFLAGS), NAME_LDFLAGS =
# $(UTIL_LINK), and the archives of libs/ as LDADD, those that need others first.
include tools/xenconsole/local.mk
include tools/xenconsoled/local.mk
include tools/xenstore/local.mk
include tools/xenstored/local.mk
