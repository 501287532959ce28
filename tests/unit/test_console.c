/* SPDX-License-Identifier: GPL-2.0-only */
/* console.c: the log ring, prefixes, levels, input and its switching, panic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console.h"
#include "fake.h"
#include "hv.h"
#include "lib.h"
#include "page.h"

#define RING 32768

static struct domain control = { .id = 0, .privileged = true }, guest = { .id = 3 };

static uint32_t mark;

/* What has been logged since the last call (at most a ring's worth), as a string. */
static const char *logged(void)
{
    static char text[RING + 1];
    size_t n = console_ring_copy(&mark, text, RING);

    text[n] = 0;
    return text;
}

static void options(const char *s)
{
    strlcpy(host.cmdline, s, sizeof(host.cmdline));
    console_options();
    logged();
}

static int setup(void **state)
{
    (void)state;
    fake_init(16);
    mark = console_ring_start(false, 0);
    options("");
    return 0;
}

static void test_prefix(void **state)
{
    (void)state;
    log_info("one\n");
    assert_string_equal(logged(), "(XEN) one\n");
    log_info("a");
    log_info("b %d", 3);
    log_info("c\nd\n\ne\n");
    assert_string_equal(logged(), "(XEN) ab 3c\n(XEN) d\n(XEN) \n(XEN) e\n");
}

static void test_timestamps(void **state)
{
    (void)state;
    options("console_timestamps=boot");
    host.tsc_khz = 1;
    fake_time = SECONDS(12) + MICROSECS(345);
    log_info("x\n");
    assert_string_equal(logged(), "(XEN) [   12.000345] x\n");
    options("console_timestamps=none");
    log_info("x\n");
    assert_string_equal(logged(), "(XEN) x\n");
    host.tsc_khz = 0;
}

static void test_levels(void **state)
{
    (void)state;
    log_debug("hidden\n");
    assert_string_equal(logged(), "");
    options("loglvl=all");
    log_debug("shown\n");
    assert_string_equal(logged(), "(XEN) shown\n");
    options("loglvl=warning/debug");
    log_info("hidden\n");
    log_warn("shown\n");
    assert_string_equal(logged(), "(XEN) shown\n");
    options("loglvl=none");
    log_err("hidden\n");
    assert_string_equal(logged(), "");
}

static void test_guest_levels(void **state)
{
    (void)state;
    log_guest(LOG_INFO, &guest, "hidden\n");
    log_guest(LOG_WARNING, &guest, "bad port %d\n", 7);
    assert_string_equal(logged(), "(XEN) d3: bad port 7\n");
    options("guest_loglvl=none");
    log_guest(LOG_ERR, &guest, "hidden\n");
    console_dom_write(&guest, "hidden\n", 7);
    assert_string_equal(logged(), "");
}

static void test_domain_output(void **state)
{
    (void)state;
    console_dom_write(&control, "raw ", 4);
    console_dom_write(&control, "line\n", 5);
    assert_string_equal(logged(), "raw line\n");
    console_dom_write(&guest, "ab", 2);
    assert_string_equal(logged(), "");
    console_dom_write(&guest, "c\x1b\n", 3);
    assert_string_equal(logged(), "(XEN) d3 abc\n");
}

static void test_ring_wraps(void **state)
{
    char line[64];
    uint32_t first;
    const char *text;

    (void)state;
    first = console_ring_start(false, 0);
    for (unsigned i = 0; i < 3000; i++)
        log_info("line %04u\n", i);
    assert_true(console_ring_start(false, 0) > first);
    /* An index that was overwritten goes on with the oldest that is left. */
    mark = first;
    text = logged();
    assert_int_equal(strlen(text), RING);
    assert_string_equal(text + RING - 16, "(XEN) line 2999\n");
    /* Incremental: from the caller's index; from the future: nothing. */
    log_info("new\n");
    first = console_ring_start(true, mark);
    assert_int_equal(first, mark);
    assert_int_equal(console_ring_copy(&first, line, 4), 4);
    assert_memory_equal(line, "(XEN", 4);
    assert_int_equal(first, mark + 4);
    first = console_ring_start(true, mark + 1000);
    assert_int_equal(console_ring_copy(&first, line, sizeof(line)), 0);
}

static void test_ring_clear(void **state)
{
    uint32_t at;
    char c;

    (void)state;
    log_info("old\n");
    console_ring_clear();
    at = console_ring_start(false, 0);
    assert_int_equal(console_ring_copy(&at, &c, 1), 0);
    log_info("n\n");
    mark = console_ring_start(false, 0);
    assert_int_equal(mark, at);
    assert_string_equal(logged(), "(XEN) n\n");
}

static void test_input_to_dom0(void **state)
{
    char buf[8];

    (void)state;
    console_receive("hello", 5);
    assert_int_equal(console_input_read(buf, 3), 3);
    assert_memory_equal(buf, "hel", 3);
    assert_int_equal(console_input_read(buf, sizeof(buf)), 2);
    assert_memory_equal(buf, "lo", 2);
    assert_int_equal(console_input_read(buf, sizeof(buf)), 0);
    for (unsigned i = 0; i < 1000; i++)
        console_receive("x", 1); /* more than fits: the rest is dropped */
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(console_input_read(buf, sizeof(buf)), 8);
    assert_int_equal(console_input_read(buf, sizeof(buf)), 0);
}

static void test_input_switch(void **state)
{
    char buf[8];

    (void)state;
    console_receive("\x01\x01", 2);
    console_receive("a", 1); /* not three in a row */
    assert_int_equal(console_input_read(buf, sizeof(buf)), 3);
    console_receive("\x01\x01\x01", 3);
    assert_non_null(strstr(logged(), "Serial input to Xenolith"));
    assert_int_equal(console_input_read(buf, sizeof(buf)), 2);
    console_receive("\x01\x01\x01", 3);
    assert_non_null(strstr(logged(), "Serial input to DOM0"));
    console_receive("b", 1);
    assert_int_equal(console_input_read(buf, sizeof(buf)), 1);
    assert_int_equal(buf[0], 'b');
}

static unsigned polls;
static void poll_input(void)
{
    polls++;
    console_receive("p", 1);
}

static void test_work(void **state)
{
    char c;

    (void)state;
    console_start_input(poll_input);
    console_input_work();
    assert_int_equal(polls, 1);
    assert_int_equal(console_input_read(&c, 1), 1);
    assert_int_equal(c, 'p');
    cpus[0]->work = 0;
    log_info("nobody to tell\n");
    assert_int_equal(cpus[0]->work, 0);
    dom0 = &control;
    log_info("tell dom0\n");
    assert_int_equal(cpus[0]->work, 1ULL << WORK_CONSOLE);
    dom0 = NULL;
    console_start_input(NULL);
}

static void do_panic(void *arg)
{
    panic("reason %s", (const char *)arg);
}
static void do_assert(void *arg)
{
    ASSERT(arg != arg);
}

static void test_panic(void **state)
{
    (void)state;
    options("loglvl=none"); /* a panic is printed all the same */
    assert_true(fake_expect_panic(do_panic, "X"));
    assert_non_null(strstr(logged(), "(XEN) Panic on CPU 0:\n(XEN) reason X\n"));
    assert_true(fake_expect_panic(do_assert, NULL));
    assert_non_null(strstr(logged(), "Assertion 'arg != arg' failed at "));
    log_info("hidden\n");
    assert_string_equal(logged(), "");
}

static void test_grow(void **state)
{
    (void)state;
    log_info("kept\n");
    strlcpy(host.cmdline, "conring_size=64K", sizeof(host.cmdline));
    console_grow_ring();
    assert_string_equal(logged(), "(XEN) kept\n");
    for (unsigned i = 0; i < 3000; i++)
        log_info("line %04u\n", i); /* 48000 bytes: all of it is there */
    assert_int_equal(strlen(logged()), RING); /* the helper's limit */
    assert_int_equal(strlen(logged()), 3000 * 16 - RING);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_prefix),     CASE(test_timestamps),     CASE(test_levels),        CASE(test_guest_levels),
        CASE(test_domain_output), CASE(test_ring_wraps),  CASE(test_ring_clear),    CASE(test_input_to_dom0),
        CASE(test_input_switch),  CASE(test_work),        CASE(test_panic),         CASE(test_grow), /* last: keeps its ring */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
