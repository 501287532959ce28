# SPDX-License-Identifier: GPL-2.0-only
# Tests of libs/ctrl's wrappers and of what builds domains with them (libs/light/build), over the real core.
CTRL_TESTS = tests/unit/test_ctrl_calls tests/unit/test_guest_layout tests/unit/test_guest_numa tests/unit/test_kernel_file tests/unit/test_kernel_image tests/unit/test_pvh_build
CTRL_FUZZERS = tests/fuzz/kernel_image.fuzz

# libs/ctrl's transport into the host-built core: before libctrl, which has Linux's.
check_LIBRARIES += tests/fake/libctrl_loop.a
tests_fake_libctrl_loop_a_SOURCES = tests/fake/ctrl_loop.c tests/fake/ctrl_loop.h
tests_fake_libctrl_loop_a_CPPFLAGS = -D_GNU_SOURCE $(HOST_CPPFLAGS) -iquote $(srcdir)/libs
LOOP_CORE = $(START_GROUP) tests/fake/libctrl_loop.a $(UTIL_HOST_LIBS) tests/fake/libfake.a $(HOST_LIBS) $(END_GROUP) \
	$(UTIL_LIBS) -lcmocka -lpthread

tests_unit_test_ctrl_calls_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_ctrl_calls_CFLAGS = $(UTIL_HOST_CFLAGS) -Wno-missing-field-initializers
tests_unit_test_ctrl_calls_LDADD = $(LOOP_CORE)

tests_unit_test_kernel_image_SOURCES = tests/unit/test_kernel_image.c tests/unit/elf_fixture.h tests/unit/kernel_packers.h tests/fake/fault.c tests/fake/fault.h
tests_unit_test_kernel_image_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_kernel_image_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_kernel_image_LDFLAGS = $(FAULT_LINK)
tests_unit_test_kernel_image_LDADD = $(UTIL_CORE)

tests_unit_test_kernel_file_SOURCES = tests/unit/test_kernel_file.c tests/unit/elf_fixture.h tests/fake/fault.c tests/fake/fault.h
tests_unit_test_kernel_file_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_kernel_file_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_kernel_file_LDFLAGS = $(FAULT_LINK)
tests_unit_test_kernel_file_LDADD = $(UTIL_CORE)
BUILD_WORLD = tests/light/build_world.c tests/light/build_world.h tests/unit/acpi_fixture.h tests/unit/elf_fixture.h \
	tests/fake/fault.c tests/fake/fault.h
tests_unit_test_guest_layout_SOURCES = tests/unit/test_guest_layout.c tests/unit/acpi_fixture.h tests/unit/elf_fixture.h
tests_unit_test_guest_layout_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_guest_layout_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_guest_layout_LDADD = $(UTIL_CORE)

tests_unit_test_guest_numa_SOURCES = tests/unit/test_guest_numa.c $(BUILD_WORLD)
tests_unit_test_guest_numa_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_guest_numa_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_guest_numa_LDFLAGS = $(FAULT_LINK)
tests_unit_test_guest_numa_LDADD = $(LOOP_CORE)

tests_unit_test_pvh_build_SOURCES = tests/unit/test_pvh_build.c $(BUILD_WORLD)
tests_unit_test_pvh_build_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_test_pvh_build_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_pvh_build_LDFLAGS = $(FAULT_LINK)
tests_unit_test_pvh_build_LDADD = $(LOOP_CORE)

# A guest without a toolstack (tests/system/build-pvh.sh). Static: dom0 need not have what unpacks kernels.
noinst_PROGRAMS += tests/system/build_pvh
tests_system_build_pvh_SOURCES = tests/system/build_pvh.c
tests_system_build_pvh_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_system_build_pvh_CFLAGS = $(UTIL_CFLAGS)
tests_system_build_pvh_LDFLAGS = -static -pthread
tests_system_build_pvh_LDADD = libs/light/build/libbuild.a libs/ctrl/libctrl.a libs/store/libstore.a libs/base/libbase.a \
	$(BUILD_LIBS)

# Two core dumps of the same guest (tests/system/core-dump.sh), and what spares the distribution's xl a long search.
noinst_PROGRAMS += tests/system/core_compare
tests_system_core_compare_SOURCES = tests/system/core_compare.c
tests_system_core_compare_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_system_core_compare_CFLAGS = $(UTIL_CFLAGS)
tests_system_core_compare_LDFLAGS = -static
tests_system_core_compare_LDADD =
tests/system/gfn_limit.so: tests/system/gfn_limit.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -O1 -Wall -Wextra -shared -fPIC -nostdlib -DGFN_LIMIT=0x10ff $< -o $@
noinst_DATA += tests/system/gfn_limit.so
CLEANFILES += tests/system/gfn_limit.so
