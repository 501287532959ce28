# SPDX-License-Identifier: GPL-2.0-only
# Tests of libs/store and of the xenstore clients.
STORE_TESTS = tests/unit/test_store_async tests/unit/test_store_client tests/unit/test_store_watch tests/unit/test_store_wire \
	tests/unit/test_xenstore_value

# Calls of the C library that tests/fake/fault.c stands in for.
FAULT_LINK = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=read,--wrap=write,--wrap=send,--wrap=socket \
	-Wl,--wrap=eventfd,--wrap=pthread_create
STORE_FAULT = tests/fake/fault.c tests/fake/fault.h tests/unit/store_fixture.h
STORE_CPPFLAGS = $(UTIL_CPPFLAGS) -iquote $(srcdir)/tests/fake

tests_unit_test_store_async_SOURCES = tests/unit/test_store_async.c $(STORE_FAULT)
tests_unit_test_store_async_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_store_async_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_unit_test_store_async_LDFLAGS = $(FAULT_LINK)
tests_unit_test_store_async_LDADD = $(UTIL_CORE)
tests_unit_test_store_client_SOURCES = tests/unit/test_store_client.c $(STORE_FAULT)
tests_unit_test_store_client_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_store_client_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_unit_test_store_client_LDFLAGS = $(FAULT_LINK)
tests_unit_test_store_client_LDADD = $(UTIL_CORE)
tests_unit_test_store_watch_SOURCES = tests/unit/test_store_watch.c $(STORE_FAULT)
tests_unit_test_store_watch_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_store_watch_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_unit_test_store_watch_LDFLAGS = $(FAULT_LINK)
tests_unit_test_store_watch_LDADD = $(UTIL_CORE)
tests_unit_test_store_wire_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_store_wire_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_store_wire_LDADD = $(UTIL_CORE)

tests_unit_test_xenstore_value_SOURCES = tests/unit/test_xenstore_value.c tools/xenstore/value.c
tests_unit_test_xenstore_value_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_xenstore_value_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_xenstore_value_LDADD = -lcmocka

# What of the peer tier needs no QEMU.
TESTS += tests/peer/store/abi.sh tests/peer/store/exports.sh

# Two daemons, the same requests (tests/peer/store-diff.sh).
noinst_PROGRAMS += tests/peer/store/store_diff
tests_peer_store_store_diff_SOURCES = tests/peer/store/store_diff.c tests/peer/store/store_diff_make.c \
	tests/peer/store/store_diff_ring.c tests/peer/store/store_diff.h $(FAKE_CTRL)
tests_peer_store_store_diff_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_peer_store_store_diff_CFLAGS = $(UTIL_CFLAGS)
tests_peer_store_store_diff_LDFLAGS = $(UTIL_LINK)
tests_peer_store_store_diff_LDADD = libs/store/libstore.a libs/ctrl/libctrl.a libs/base/libbase.a
# The public API, with our library or the distribution's (tests/peer/store-clients.sh).
noinst_PROGRAMS += tests/peer/store/client_check
tests_peer_store_client_check_SOURCES = tests/peer/store/client_check.c
tests_peer_store_client_check_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_peer_store_client_check_CFLAGS = $(UTIL_CFLAGS)
tests_peer_store_client_check_LDFLAGS = $(UTIL_LINK)
tests_peer_store_client_check_LDADD = libs/store/libxenstore.so.4.0
# Clients that know what the store has to say (tests/system/store.sh).
noinst_PROGRAMS += tests/system/store_load
tests_system_store_load_SOURCES = tests/system/store_load.c
tests_system_store_load_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_system_store_load_CFLAGS = $(UTIL_CFLAGS)
tests_system_store_load_LDFLAGS = $(UTIL_LINK)
tests_system_store_load_LDADD = libs/store/libxenstore.so.4.0
