# SPDX-License-Identifier: GPL-2.0-only
# Tests of libxlutil (libs/light/xlu) and of tools/xl.
XL_TESTS = tests/unit/test_xl_config tests/unit/test_xlu_cfg tests/unit/test_xlu_spec
tests_unit_test_xlu_cfg_SOURCES = tests/unit/test_xlu_cfg.c tests/fake/fault.c tests/fake/fault.h tests/unit/xlu_fixture.h
tests_unit_test_xlu_cfg_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_xlu_cfg_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_xlu_cfg_LDFLAGS = $(FAULT_LINK)
tests_unit_test_xlu_cfg_LDADD = $(UTIL_CORE)
tests_unit_test_xlu_spec_SOURCES = tests/unit/test_xlu_spec.c tests/fake/fault.c tests/fake/fault.h tests/unit/xlu_fixture.h
tests_unit_test_xlu_spec_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_xlu_spec_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_xlu_spec_LDFLAGS = $(FAULT_LINK)
tests_unit_test_xlu_spec_LDADD = $(UTIL_CORE)
XL_FUZZERS = tests/fuzz/xlcfg.fuzz tests/fuzz/xldisk.fuzz

# What of the peer tier needs no QEMU: the same questions to our library and to the distribution's.
TESTS += tests/peer/xl/xlcfg.sh
check_PROGRAMS += tests/peer/xl/cfg_driver
tests_peer_xl_cfg_driver_SOURCES = tests/peer/xl/cfg_driver.c
tests_peer_xl_cfg_driver_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_peer_xl_cfg_driver_CFLAGS = $(UTIL_CFLAGS)
tests_peer_xl_cfg_driver_LDFLAGS = $(UTIL_LINK)
tests_peer_xl_cfg_driver_LDADD = libs/light/xlu/libxlutil.so.4.17
EXTRA_DIST += tests/vectors
# xl as it is linked by others: with whichever libxenlight there is (tests/peer/xl-create.sh).
noinst_PROGRAMS += tests/peer/xl/xl_dynamic
tests_peer_xl_xl_dynamic_SOURCES = $(xl_sources)
tests_peer_xl_xl_dynamic_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_peer_xl_xl_dynamic_CFLAGS = $(UTIL_CFLAGS) -Wno-missing-field-initializers
tests_peer_xl_xl_dynamic_LDFLAGS = $(UTIL_LINK)
tests_peer_xl_xl_dynamic_LDADD = libs/light/xlu/libxlu.a libs/base/libbase.a libs/light/libxenlight.so.4.17.0 \
	libs/toollog/libxentoollog.so.1.0 -lyajl
tests_unit_test_xl_config_SOURCES = tests/unit/test_xl_config.c $(xl_parts)
tests_unit_test_xl_config_CPPFLAGS = $(STORE_CPPFLAGS) -iquote $(srcdir)/tests/unit
tests_unit_test_xl_config_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_unit_test_xl_config_LDADD = $(UTIL_CORE)
EXTRA_DIST += tests/unit/xl_keys.def
