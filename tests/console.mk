# SPDX-License-Identifier: GPL-2.0-only
# Tests of the console daemon, and what they run: the daemon itself, with the fake hypervisor in place of Linux's devices.
CONSOLE_TESTS = tests/console/test_xenconsoled tests/console/test_console_store tests/console/test_console_hostile \
	tests/console/test_service tests/unit/test_console_log tests/unit/test_console_ring \
	tests/unit/test_console_sluice

check_PROGRAMS += tests/console/xenconsoled_fake
tests_console_xenconsoled_fake_SOURCES = $(xenconsoled_sources) $(FAKE_CTRL)
tests_console_xenconsoled_fake_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_console_xenconsoled_fake_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_console_xenconsoled_fake_LDADD = $(UTIL_CORE)

CONSOLE_WORLD = tests/console/world.c tests/console/world.h $(FAKE_CTRL)
tests_console_test_xenconsoled_SOURCES = tests/console/test_xenconsoled.c $(CONSOLE_WORLD)
tests_console_test_xenconsoled_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_console_test_xenconsoled_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_console_test_xenconsoled_LDADD = $(UTIL_CORE)
tests_console_test_console_store_SOURCES = tests/console/test_console_store.c $(CONSOLE_WORLD)
tests_console_test_console_store_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_console_test_console_store_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_console_test_console_store_LDADD = $(UTIL_CORE)
tests_console_test_console_hostile_SOURCES = tests/console/test_console_hostile.c $(CONSOLE_WORLD)
tests_console_test_console_hostile_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_console_test_console_hostile_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_console_test_console_hostile_LDADD = $(UTIL_CORE)
tests_console_test_service_SOURCES = tests/console/test_service.c $(CONSOLE_WORLD)
tests_console_test_service_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_console_test_service_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_console_test_service_LDADD = $(UTIL_CORE)
EXTRA_DIST += tests/console/fake_store.py tests/fuzz/fuzz_console_ring.c

tests_unit_test_console_ring_SOURCES = tests/unit/test_console_ring.c tools/xenconsoled/ring.c tools/xenconsoled/state.c
tests_unit_test_console_ring_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_console_ring_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_console_ring_LDADD = $(UTIL_CORE)
tests_unit_test_console_log_SOURCES = tests/unit/test_console_log.c tools/xenconsoled/logfile.c tools/xenconsoled/state.c
tests_unit_test_console_log_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_console_log_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_console_log_LDFLAGS = -Wl,--wrap=write,--wrap=time
tests_unit_test_console_log_LDADD = $(UTIL_CORE)
tests_unit_test_console_sluice_SOURCES = tests/unit/test_console_sluice.c tools/xenconsoled/ring.c tools/xenconsoled/sluice.c \
	tools/xenconsoled/state.c
tests_unit_test_console_sluice_CPPFLAGS = $(UTIL_CPPFLAGS)
tests_unit_test_console_sluice_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_unit_test_console_sluice_LDFLAGS = -Wl,--wrap=read,--wrap=write,--wrap=splice
tests_unit_test_console_sluice_LDADD = $(UTIL_CORE)
UTIL_FILES += tools/xenconsoled/ring.c tools/xenconsoled/sluice.c tools/xenconsoled/state.c

# The daemon once more, whose calls fail when the environment says so.
check_PROGRAMS += tests/console/xenconsoled_faulty
tests_console_xenconsoled_faulty_SOURCES = $(xenconsoled_sources) $(FAKE_CTRL) tests/console/fault_env.c \
	tests/fake/fault_env.h
tests_console_xenconsoled_faulty_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_console_xenconsoled_faulty_CFLAGS = $(UTIL_HOST_CFLAGS)
tests_console_xenconsoled_faulty_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray \
	-Wl,--wrap=mmap,--wrap=read,--wrap=write,--wrap=send,--wrap=recv,--wrap=sendmsg,--wrap=socket,--wrap=accept4 \
	-Wl,--wrap=eventfd,--wrap=signalfd,--wrap=inotify_init1,--wrap=inotify_add_watch,--wrap=posix_openpt \
	-Wl,--wrap=splice,--wrap=mkfifo,--wrap=tcsetattr,--wrap=epoll_ctl,--wrap=posix_fallocate,--wrap=pthread_create,--wrap=open
tests_console_xenconsoled_faulty_LDADD = $(UTIL_CORE)
