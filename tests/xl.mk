# SPDX-License-Identifier: GPL-2.0-only
# Tests of libxlutil (libs/light/xlu) and of tools/xl.
XL_TESTS = tests/unit/test_xl_check tests/unit/test_xl_conf tests/unit/test_xl_config tests/unit/test_xl_life tests/unit/test_xlu_cfg tests/unit/test_xlu_spec
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
tests_unit_test_xl_check_SOURCES = tests/unit/test_xl_check.c tests/unit/capture_fixture.h $(xl_parts)
tests_unit_test_xl_check_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_xl_check_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_unit_test_xl_check_LDFLAGS = -Wl,--wrap=libxl_ctx_alloc -Wl,--wrap=libxl_ctx_free -Wl,--wrap=libxl_get_version_info \
	-Wl,--wrap=libxl_get_physinfo -Wl,--wrap=libxl_get_free_memory -Wl,--wrap=libxl_domid_to_name -Wl,--wrap=libxl_list_domain \
	-Wl,--wrap=libxl_primary_console_get_tty
tests_unit_test_xl_check_LDADD = $(UTIL_CORE)
tests_unit_test_xl_config_SOURCES = tests/unit/test_xl_config.c tests/unit/capture_fixture.h $(LIGHT_CONTEXT) $(xl_parts)
tests_unit_test_xl_config_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_xl_config_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_unit_test_xl_config_LDADD = $(UTIL_CORE)
# xl's life of a domain over a libxl of the test's own.
XL_WRAPPED = libxl_domain_create_new libxl_domain_unpause libxl_domain_destroy libxl_domain_preserve libxl_domain_core_dump \
	libxl_retrieve_domain_configuration libxl_userdata_retrieve libxl_evenable_domain_death libxl_evdisable_domain_death \
	libxl_event_wait libxl_ao_abort libxl_get_version_info libxl_postfork_child_noexec libxl_vncviewer_exec sleep
tests_unit_test_xl_life_SOURCES = tests/unit/test_xl_life.c $(xl_parts)
tests_unit_test_xl_life_CPPFLAGS = $(STORE_CPPFLAGS)
tests_unit_test_xl_life_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_unit_test_xl_life_LDFLAGS = $(XL_WRAPPED:%=-Wl,--wrap=%)
tests_unit_test_xl_life_LDADD = $(UTIL_CORE)
tests_unit_test_xl_conf_SOURCES = tests/unit/test_xl_conf.c tests/unit/capture_fixture.h $(LIGHT_CONTEXT) $(xl_parts)
tests_unit_test_xl_conf_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_xl_conf_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_unit_test_xl_conf_LDFLAGS = -Wl,--wrap=libxl_get_max_cpus
tests_unit_test_xl_conf_LDADD = $(UTIL_CORE)
EXTRA_DIST += tests/unit/xl_keys.def
