# SPDX-License-Identifier: GPL-2.0-only
# Tests of the console daemon, and what they run: the daemon itself, with the fake hypervisor in place of Linux's devices.
CONSOLE_TESTS = tests/console/test_xenconsoled

check_PROGRAMS += tests/console/xenconsoled_fake
tests_console_xenconsoled_fake_SOURCES = $(xenconsoled_sources) $(FAKE_CTRL)
tests_console_xenconsoled_fake_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_console_xenconsoled_fake_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_console_xenconsoled_fake_LDADD = $(UTIL_CORE)

tests_console_test_xenconsoled_SOURCES = tests/console/test_xenconsoled.c tests/console/world.c tests/console/world.h \
	$(FAKE_CTRL)
tests_console_test_xenconsoled_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_console_test_xenconsoled_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_console_test_xenconsoled_LDADD = $(UTIL_CORE)
EXTRA_DIST += tests/console/fake_store.py
