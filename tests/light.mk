# SPDX-License-Identifier: GPL-2.0-only
# Tests of libs/light and libs/toollog.

LIGHT_TESTS = tests/flow/test_device_faults tests/flow/test_device_model tests/flow/test_device_scripts tests/flow/test_devices tests/flow/test_domain_events tests/flow/test_domain_life tests/unit/test_arena tests/unit/test_light_events tests/unit/test_light_op tests/unit/test_light_child tests/unit/test_light_qmp \
	tests/unit/test_light_bootloader tests/unit/test_light_relay tests/unit/test_light_restrict tests/flow/test_vnuma \
	tests/unit/test_light_info tests/unit/test_light_info_faults tests/unit/test_light_types tests/unit/test_light_userdata \
	tests/unit/test_light_vdev
LIGHT_FUZZERS = tests/fuzz/bootloader.fuzz tests/fuzz/light_json.fuzz
LIGHT_CPPFLAGS = $(UTIL_CPPFLAGS) -iquote $(srcdir)/tests -iquote $(srcdir)/tests/fake
LIGHT_CONTEXT = tests/light/context.c tests/light/context.h
LIGHT_FILL = tests/light/fill.c tests/light/fill.h
LIGHT_FAULT = tests/fake/fault.c tests/fake/fault.h

# A domain 0 over the real core, with a store of its own.
INFO_WORLD = tests/light/info_world.c tests/light/info_world.h $(LIGHT_CONTEXT) $(LIGHT_FAULT)
tests_unit_test_light_info_SOURCES = tests/unit/test_light_info.c $(INFO_WORLD)
tests_unit_test_light_info_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_info_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_info_LDFLAGS = $(FAULT_LINK)
tests_unit_test_light_info_LDADD = $(LOOP_CORE)
tests_unit_test_light_info_faults_SOURCES = tests/unit/test_light_info_faults.c $(INFO_WORLD)
tests_unit_test_light_info_faults_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_info_faults_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_info_faults_LDFLAGS = $(FAULT_LINK)
tests_unit_test_light_info_faults_LDADD = $(LOOP_CORE)
tests_unit_test_light_userdata_SOURCES = tests/unit/test_light_userdata.c $(INFO_WORLD)
tests_unit_test_light_userdata_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_userdata_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_userdata_LDFLAGS = $(FAULT_LINK)
tests_unit_test_light_userdata_LDADD = $(LOOP_CORE)

tests_unit_test_light_types_SOURCES = tests/unit/test_light_types.c $(LIGHT_CONTEXT) $(LIGHT_FILL) $(LIGHT_FAULT)
tests_unit_test_light_types_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_types_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_types_LDFLAGS = $(FAULT_LINK)
tests_unit_test_light_types_LDADD = $(UTIL_CORE)

LIGHT_TESTS += tests/unit/test_light_route
tests_unit_test_light_route_SOURCES = tests/unit/test_light_route.c $(LIGHT_FAULT)
tests_unit_test_light_route_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_route_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_route_LDFLAGS = $(FAULT_LINK)
tests_unit_test_light_route_LDADD = $(UTIL_CORE)
tests_unit_test_light_vdev_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_vdev_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_vdev_LDADD = $(UTIL_CORE)
tests_unit_test_arena_SOURCES = tests/unit/test_arena.c $(LIGHT_FAULT)
tests_unit_test_arena_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_arena_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_arena_LDFLAGS = $(FAULT_LINK)
tests_unit_test_arena_LDADD = $(UTIL_CORE)
tests_unit_test_light_bootloader_SOURCES = tests/unit/test_light_bootloader.c $(LIGHT_CONTEXT) $(LIGHT_FAULT)
tests_unit_test_light_bootloader_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_bootloader_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_bootloader_LDFLAGS = $(FAULT_LINK)
tests_unit_test_light_bootloader_LDADD = $(UTIL_CORE)
tests_unit_test_light_restrict_SOURCES = tests/unit/test_light_restrict.c
tests_unit_test_light_restrict_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_restrict_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_restrict_LDFLAGS = -Wl,--wrap=getpwnam_r,--wrap=unshare,--wrap=mount,--wrap=_Fork,--wrap=setrlimit \
	-Wl,--wrap=setgroups,--wrap=setresgid,--wrap=setresuid,--wrap=prctl
tests_unit_test_light_restrict_LDADD = $(UTIL_CORE)
tests_unit_test_light_relay_SOURCES = tests/unit/test_light_relay.c
tests_unit_test_light_relay_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_relay_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_relay_LDFLAGS = -Wl,--wrap=posix_openpt,--wrap=grantpt,--wrap=unlockpt,--wrap=ptsname_r,--wrap=tcgetattr \
	-Wl,--wrap=tcsetattr,--wrap=epoll_ctl,--wrap=write
tests_unit_test_light_relay_LDADD = $(UTIL_CORE)
tests_unit_test_light_qmp_SOURCES = tests/unit/test_light_qmp.c $(LIGHT_FAULT)
tests_unit_test_light_qmp_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_qmp_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_qmp_LDFLAGS = $(FAULT_LINK)
tests_unit_test_light_qmp_LDADD = $(UTIL_CORE)
tests_unit_test_light_child_SOURCES = tests/unit/test_light_child.c $(LIGHT_CONTEXT) $(LIGHT_FAULT)
tests_unit_test_light_child_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_child_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_child_LDFLAGS = $(FAULT_LINK)
tests_unit_test_light_child_LDADD = $(UTIL_CORE)
tests_unit_test_light_events_SOURCES = tests/unit/test_light_events.c $(LIGHT_CONTEXT) $(LIGHT_FAULT)
tests_unit_test_light_events_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_events_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_events_LDFLAGS = $(FAULT_LINK)
tests_unit_test_light_events_LDADD = $(UTIL_CORE)
tests_unit_test_light_op_SOURCES = tests/unit/test_light_op.c $(LIGHT_FAULT)
tests_unit_test_light_op_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_unit_test_light_op_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_light_op_LDFLAGS = $(FAULT_LINK)
tests_unit_test_light_op_LDADD = $(UTIL_CORE)

# Over our xenstored and the hypervisor's core (tests/ctrl.mk).
FLOW_WORLD = tests/flow/world.c tests/flow/world.h $(LIGHT_CONTEXT)
DEVICE_WORLD = $(FLOW_WORLD) tests/flow/device_world.c tests/flow/device_world.h tests/light/device_host_fake.c \
	tests/light/device_host_fake.h tests/unit/elf_fixture.h $(LIGHT_FAULT)
tests_flow_test_devices_SOURCES = tests/flow/test_devices.c $(DEVICE_WORLD)
tests_flow_test_devices_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_devices_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_devices_LDFLAGS = $(FAULT_LINK) -Wl,--wrap=store_request
tests_flow_test_devices_LDADD = $(LOOP_CORE)
tests_flow_test_device_model_SOURCES = tests/flow/test_device_model.c $(DEVICE_WORLD)
tests_flow_test_device_model_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_device_model_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_device_model_LDFLAGS = $(FAULT_LINK) -Wl,--wrap=store_request
tests_flow_test_device_model_LDADD = $(LOOP_CORE)
tests_flow_test_device_faults_SOURCES = tests/flow/test_device_faults.c $(DEVICE_WORLD)
tests_flow_test_device_faults_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_device_faults_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_device_faults_LDFLAGS = $(FAULT_LINK) -Wl,--wrap=store_request
tests_flow_test_device_faults_LDADD = $(LOOP_CORE)
tests_flow_test_device_scripts_SOURCES = tests/flow/test_device_scripts.c $(DEVICE_WORLD)
tests_flow_test_device_scripts_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_device_scripts_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_device_scripts_LDFLAGS = $(FAULT_LINK) -Wl,--wrap=store_request
tests_flow_test_device_scripts_LDADD = $(LOOP_CORE)
LIGHT_TESTS += tests/flow/test_ctx_free tests/flow/test_boot_loader
tests_flow_test_boot_loader_SOURCES = tests/flow/test_boot_loader.c $(DEVICE_WORLD)
tests_flow_test_boot_loader_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_boot_loader_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_boot_loader_LDFLAGS = $(FAULT_LINK) -Wl,--wrap=store_request
tests_flow_test_boot_loader_LDADD = $(LOOP_CORE)
tests_flow_test_ctx_free_SOURCES = tests/flow/test_ctx_free.c $(DEVICE_WORLD)
tests_flow_test_ctx_free_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_ctx_free_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_ctx_free_LDFLAGS = $(FAULT_LINK) -Wl,--wrap=store_request -Wl,--wrap=loop_free -Wl,--wrap=loop_run_once \
	-Wl,--wrap=poll -Wl,--wrap=ctrl_domain_destroy_step
tests_flow_test_ctx_free_LDADD = $(LOOP_CORE)
tests_flow_test_domain_life_SOURCES = tests/flow/test_domain_life.c $(FLOW_WORLD) $(LIGHT_FAULT)
tests_flow_test_domain_life_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_domain_life_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_domain_life_LDFLAGS = $(FAULT_LINK)
tests_flow_test_domain_life_LDADD = $(LOOP_CORE)
tests_flow_test_vnuma_SOURCES = tests/flow/test_vnuma.c $(FLOW_WORLD) $(LIGHT_FAULT)
tests_flow_test_vnuma_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_vnuma_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_vnuma_LDFLAGS = $(FAULT_LINK)
tests_flow_test_vnuma_LDADD = $(LOOP_CORE)
LIGHT_TESTS += tests/flow/test_autoballoon
tests_flow_test_autoballoon_SOURCES = tests/flow/test_autoballoon.c $(FLOW_WORLD) $(xl_parts)
tests_flow_test_autoballoon_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_autoballoon_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_autoballoon_LDFLAGS = -Wl,--wrap=sleep -Wl,--wrap=libxl_domain_info
tests_flow_test_autoballoon_LDADD = $(LOOP_CORE)
tests_flow_test_domain_events_SOURCES = tests/flow/test_domain_events.c $(FLOW_WORLD) $(LIGHT_FAULT)
tests_flow_test_domain_events_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_domain_events_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_domain_events_LDFLAGS = $(FAULT_LINK)
tests_flow_test_domain_events_LDADD = $(LOOP_CORE)
LIGHT_TESTS += tests/flow/test_core_dump tests/flow/test_domain_settle tests/flow/test_domain_signal
tests_flow_test_domain_signal_SOURCES = tests/flow/test_domain_signal.c $(FLOW_WORLD) $(LIGHT_FAULT)
tests_flow_test_domain_signal_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_domain_signal_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_domain_signal_LDFLAGS = $(FAULT_LINK)
tests_flow_test_domain_signal_LDADD = $(LOOP_CORE)
tests_flow_test_core_dump_SOURCES = tests/flow/test_core_dump.c $(FLOW_WORLD) $(LIGHT_FAULT)
tests_flow_test_core_dump_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_core_dump_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_core_dump_LDFLAGS = $(FAULT_LINK) -Wl,--wrap=pwrite
tests_flow_test_core_dump_LDADD = $(LOOP_CORE)
tests_flow_test_domain_settle_SOURCES = tests/flow/test_domain_settle.c $(FLOW_WORLD) $(LIGHT_FAULT)
tests_flow_test_domain_settle_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_flow_test_domain_settle_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_flow_test_domain_settle_LDFLAGS = $(FAULT_LINK) -Wl,--wrap=ctrl_machine_cpu_policy \
	-Wl,--wrap=ctrl_domain_get_cpu_policy -Wl,--wrap=ctrl_domain_set_cpu_policy
tests_flow_test_domain_settle_LDADD = $(LOOP_CORE)

# What of the peer tier needs no QEMU.
TESTS += tests/peer/light/layout.sh tests/peer/light/load.sh
TESTS += tests/peer/light/exports.sh tests/peer/light/values.sh

# Linked with ours, run with either library.
check_PROGRAMS += tests/peer/light/values
tests_peer_light_values_SOURCES = tests/peer/light/values.c $(LIGHT_FILL) libs/light/types.c libs/light/enums.c
tests_peer_light_values_CPPFLAGS = $(LIGHT_CPPFLAGS)
tests_peer_light_values_CFLAGS = $(UTIL_CFLAGS) -fvisibility=hidden
tests_peer_light_values_LDFLAGS = $(UTIL_LINK) -rdynamic
tests_peer_light_values_LDADD = libs/light/libxenlight.so.4.17.0 -lyajl


# A program on the public headers alone, for dom0 in QEMU (tests/system/api-life.sh).
noinst_PROGRAMS += tests/system/api_life
tests_system_api_life_SOURCES = tests/system/api_life.c
tests_system_api_life_CPPFLAGS = -D_GNU_SOURCE -I$(srcdir)/libs/light/include -I$(srcdir)/libs/toollog/include
tests_system_api_life_CFLAGS = $(WARNINGS) -O2 -g
tests_system_api_life_LDADD = libs/light/libxenlight.so.4.17.0 libs/toollog/libxentoollog.so.1.0
