# SPDX-License-Identifier: GPL-2.0-only
# Tests of libs/light and libs/toollog.

# What of the peer tier needs no QEMU.
TESTS += tests/peer/light/layout.sh
TESTS += tests/peer/light/exports.sh tests/peer/light/values.sh

# Linked with ours, run with either library.
check_PROGRAMS += tests/peer/light/values
tests_peer_light_values_SOURCES = tests/peer/light/values.c libs/light/types.c libs/light/enums.c
tests_peer_light_values_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_peer_light_values_CFLAGS = $(UTIL_CFLAGS) -fvisibility=hidden
tests_peer_light_values_LDFLAGS = $(UTIL_LINK) -rdynamic
tests_peer_light_values_LDADD = libs/light/libxenlight.so.4.17.0
