# SPDX-License-Identifier: GPL-2.0-only
# Tests of libs/ctrl's wrappers and of what builds domains with them (libs/light/build), over the real core.
CTRL_TESTS = tests/unit/test_ctrl_calls

# libs/ctrl's transport into the host-built core: before libctrl, which has Linux's.
check_LIBRARIES += tests/fake/libctrl_loop.a
tests_fake_libctrl_loop_a_SOURCES = tests/fake/ctrl_loop.c tests/fake/ctrl_loop.h
tests_fake_libctrl_loop_a_CPPFLAGS = -D_GNU_SOURCE $(HOST_CPPFLAGS) -iquote $(srcdir)/libs
LOOP_CORE = $(START_GROUP) tests/fake/libctrl_loop.a $(UTIL_HOST_LIBS) tests/fake/libfake.a $(HOST_LIBS) $(END_GROUP) \
	-lcmocka -lpthread

tests_unit_test_ctrl_calls_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_ctrl_calls_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_unit_test_ctrl_calls_LDADD = $(LOOP_CORE)
