# SPDX-License-Identifier: GPL-2.0-only
# The programs. Each folder's local.mk: NAME_CPPFLAGS = $(UTIL_CPPFLAGS), NAME_CFLAGS = $(UTIL_CFLAGS), NAME_LDFLAGS =
# $(UTIL_LINK), and the archives of libs/ as LDADD, those that need others first.

# Units and scripts know where things are installed.
SERVICE_SED = sed 's|@sbindir[@]|$(sbindir)|; s|@runstatedir[@]|$(runstatedir)|; s|@localstatedir[@]|$(localstatedir)|'
# systemd wants the real name of what is a link everywhere.
UNIT_SED = sed 's|/var/run/|/run/|'

include tools/xenconsole/local.mk
include tools/bootfind/local.mk
include tools/xenconsoled/local.mk
include tools/xenstore/local.mk
include tools/xenstored/local.mk
include tools/xl/local.mk
