# SPDX-License-Identifier: GPL-2.0-only
# Tests of tools/bootfind.
BOOTFIND_TESTS = tests/unit/test_bootfind
tests_unit_test_bootfind_SOURCES = tests/unit/test_bootfind.c tools/bootfind/sandbox.c $(bootfind_parse) tests/fake/fault.c tests/fake/fault.h
tests_unit_test_bootfind_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_bootfind_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_bootfind_LDFLAGS = $(FAULT_LINK)
tests_unit_test_bootfind_LDADD = $(UTIL_CORE)
BOOTFIND_FUZZERS = tests/fuzz/grubcfg.fuzz
UTIL_FILES += $(bootfind_parse)
TESTS += tests/bootfind/find.sh
EXTRA_DIST += tests/bootfind/find.sh
