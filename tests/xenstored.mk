# SPDX-License-Identifier: GPL-2.0-only
# Tests of the store's daemon: its parts (tests/unit), and itself with the fake hypervisor in place of Linux's devices.
XENSTORED_TESTS = tests/unit/test_xenstored_journal tests/unit/test_xenstored_model tests/unit/test_xenstored_quota \
	tests/unit/test_xenstored_requests tests/xenstored/test_xenstored_faults tests/xenstored/test_xenstored_full \
	tests/xenstored/test_xenstored_hostile tests/xenstored/test_xenstored_kill

check_PROGRAMS += tests/xenstored/xenstored_fake
tests_xenstored_xenstored_fake_SOURCES = tools/xenstored/main.c $(xenstored_sources) $(FAKE_CTRL)
tests_xenstored_xenstored_fake_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_xenstored_xenstored_fake_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_xenstored_xenstored_fake_LDADD = $(UTIL_CORE)

# The same, whose calls fail when the environment says so.
check_PROGRAMS += tests/xenstored/xenstored_faulty
tests_xenstored_xenstored_faulty_SOURCES = tools/xenstored/main.c $(xenstored_sources) $(FAKE_CTRL) \
	tests/xenstored/fault_calls.c tests/fake/fault_env.h
tests_xenstored_xenstored_faulty_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_xenstored_xenstored_faulty_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_xenstored_xenstored_faulty_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=mmap,--wrap=fallocate \
	-Wl,--wrap=rename,--wrap=dup,--wrap=open
tests_xenstored_xenstored_faulty_LDADD = $(UTIL_CORE)

tests_xenstored_test_xenstored_faults_SOURCES = tests/xenstored/test_xenstored_faults.c tests/xenstored/harness.c \
	tests/xenstored/harness.h $(FAKE_CTRL)
tests_xenstored_test_xenstored_faults_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_xenstored_test_xenstored_faults_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_xenstored_test_xenstored_faults_LDADD = $(UTIL_CORE)

tests_xenstored_test_xenstored_kill_SOURCES = tests/xenstored/test_xenstored_kill.c tests/xenstored/harness.c \
	tests/xenstored/harness.h $(FAKE_CTRL)
tests_xenstored_test_xenstored_kill_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_xenstored_test_xenstored_kill_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_xenstored_test_xenstored_kill_LDADD = $(UTIL_CORE)

tests_xenstored_test_xenstored_hostile_SOURCES = tests/xenstored/test_xenstored_hostile.c tests/xenstored/harness.c \
	tests/xenstored/harness.h $(FAKE_CTRL)
tests_xenstored_test_xenstored_hostile_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_xenstored_test_xenstored_hostile_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_xenstored_test_xenstored_hostile_LDADD = $(UTIL_CORE)

tests_xenstored_test_xenstored_full_SOURCES = tests/xenstored/test_xenstored_full.c tests/xenstored/harness.c \
	tests/xenstored/harness.h $(FAKE_CTRL)
tests_xenstored_test_xenstored_full_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_xenstored_test_xenstored_full_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_xenstored_test_xenstored_full_LDADD = $(UTIL_CORE)

tests_unit_test_xenstored_journal_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_xenstored_journal_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_xenstored_journal_LDADD = $(UTIL_CORE)
tests_unit_test_xenstored_model_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_xenstored_model_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_xenstored_model_LDADD = $(UTIL_CORE)
tests_unit_test_xenstored_quota_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_xenstored_quota_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_xenstored_quota_LDADD = $(UTIL_CORE)
tests_unit_test_xenstored_requests_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_xenstored_requests_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_xenstored_requests_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
tests_unit_test_xenstored_requests_LDADD = $(UTIL_CORE)

TESTS += tests/xenstored/scale.sh
EXTRA_DIST += tests/xenstored/scale.sh
check_DATA += bench/store-scale
