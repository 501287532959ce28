/* SPDX-License-Identifier: GPL-2.0-only */
/* tools/xenconsoled/logfile.c: times, rotation, full disks, and a death after every byte of a write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "xenconsoled/logfile.h"

static char folder[] = "/tmp/console-log-XXXXXX", path[100];
static struct state state;
static struct logfile logfile;
static int write_error, write_bytes; /* the next write fails, after so many bytes; -1: it does not */
static time_t clock_now;

ssize_t __wrap_write(int fd, const void *bytes, size_t n);
ssize_t __real_write(int fd, const void *bytes, size_t n);
time_t __wrap_time(time_t *t);

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    if (fd != logfile.fd || write_error == 0)
        return __real_write(fd, bytes, n);
    if (write_bytes > 0 && (size_t)write_bytes < n) {
        n = (size_t)write_bytes;
        write_bytes = 0;
        return __real_write(fd, bytes, n);
    }
    errno = write_error;
    write_error = errno == EINTR ? 0 : write_error;
    return -1;
}

time_t __wrap_time(time_t *t)
{
    (void)t;
    return clock_now;
}

static int setup(void **ignored)
{
    (void)ignored;
    logfile = (struct logfile)LOGFILE_CLOSED;
    write_error = 0;
    clock_now = 1700000000; /* 2023-11-14 22:13:20 UTC */
    snprintf(path, sizeof(path), "%s/guest.log", folder);
    return state_open(folder, "state", 65536, &state);
}

static int teardown(void **ignored)
{
    char command[100];

    (void)ignored;
    logfile_close(&logfile);
    state_remove(&state);
    snprintf(command, sizeof(command), "rm -f %s/guest.log*", folder);
    return system(command);
}

static void taken(const char *text)
{
    state_append(&state, 0, text, strlen(text));
    state_commit(&state, state_taken(&state) + strlen(text), 0);
}

static void expect_file(const char *suffix, const char *text)
{
    char name[120], got[8192] = "";
    FILE *file;

    snprintf(name, sizeof(name), "%s%s", path, suffix);
    file = fopen(name, "r");
    assert_non_null(file);
    got[fread(got, 1, sizeof(got) - 1, file)] = 0;
    fclose(file);
    assert_string_equal(got, text);
}

static void plain(void **ignored)
{
    static const struct logfile_options options = { 0 }, dots = { .replace_escape = true };

    (void)ignored;
    assert_int_equal(logfile_open(&logfile, path, &options, &state), 0);
    taken("one\ntw");
    assert_int_equal(logfile_write(&logfile, &options, &state), 0);
    expect_file("", "one\ntw");
    assert_int_equal(logfile_write(&logfile, &options, &state), 0);
    taken("o \033[1m\n");
    assert_int_equal(logfile_write(&logfile, &dots, &state), 0);
    expect_file("", "one\ntwo .[1m\n");
    logfile_close(&logfile);
    assert_int_equal(logfile_open(&logfile, path, &options, &state), 0);
    taken("three\n");
    assert_int_equal(logfile_write(&logfile, &options, &state), 0);
    expect_file("", "one\ntwo .[1m\nthree\n");
}

static void stamps(void **ignored)
{
    static const struct logfile_options options = { .stamps = true };

    (void)ignored;
    assert_int_equal(logfile_open(&logfile, path, &options, &state), 0);
    taken("one\ntw");
    assert_int_equal(logfile_write(&logfile, &options, &state), 0);
    clock_now++;
    taken("o\n\n");
    assert_int_equal(logfile_write(&logfile, &options, &state), 0);
    expect_file("", "[2023-11-14 22:13:20] one\n[2023-11-14 22:13:20] two\n[2023-11-14 22:13:21] \n");
}

static void errors(void **ignored)
{
    static const struct logfile_options options = { 0 };
    char longest[600];

    (void)ignored;
    assert_int_equal(logfile_open(&logfile, "/nonexistent/log", &options, &state), -ENOENT);
    assert_int_equal(logfile.fd, -1);
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    assert_int_equal(logfile_open(&logfile, longest, &options, &state), -ENAMETOOLONG);
    taken("not lost\n");
    assert_int_equal(logfile_write(&logfile, &options, &state), 0); /* closed: later */
    assert_int_equal(logfile_open(&logfile, path, &options, &state), 0);
    write_error = ENOSPC;
    write_bytes = 3;
    assert_int_equal(logfile_write(&logfile, &options, &state), -ENOSPC);
    expect_file("", "not");
    assert_int_equal(logfile_write(&logfile, &options, &state), -ENOSPC);
    write_error = 0;
    assert_int_equal(logfile_write(&logfile, &options, &state), 0);
    expect_file("", "not lost\n");
    taken("nor this\n");
    write_error = EINTR;
    write_bytes = 4;
    assert_int_equal(logfile_write(&logfile, &options, &state), 0);
    expect_file("", "not lost\nnor this\n");
}

/* So long that what was not written is gone: it goes on with the oldest there is. */
static void full_for_long(void **ignored)
{
    static const struct logfile_options options = { 0 };
    char got[10];
    FILE *file;

    (void)ignored;
    assert_int_equal(logfile_open(&logfile, path, &options, &state), 0);
    taken("first\n");
    write_error = ENOSPC;
    write_bytes = 2;
    assert_int_equal(logfile_write(&logfile, &options, &state), -ENOSPC);
    for (unsigned i = 0; i < 20000; i++)
        taken("line\n");
    write_error = 0;
    assert_int_equal(logfile_write(&logfile, &options, &state), 0);
    assert_int_equal(state.head->log_position, state_taken(&state));
    file = fopen(path, "r");
    assert_int_equal(fread(got, 1, 2, file), 2);
    assert_memory_equal(got, "fi", 2);
    fseek(file, 0, SEEK_END);
    assert_int_equal(ftell(file), 2 + 65536 - STATE_CHUNK);
    fclose(file);
}

static void rotates(void **ignored)
{
    static const struct logfile_options two = { .size_max = 8, .keep = 2 }, none = { .size_max = 4 };
    char line[16], name[120];

    (void)ignored;
    assert_int_equal(logfile_open(&logfile, path, &two, &state), 0);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(line, sizeof(line), "line no %u", i);
        taken(line);
        assert_int_equal(logfile_write(&logfile, &two, &state), 0);
        expect_file("", line); /* not in the middle of a line */
        taken("\n");
        assert_int_equal(logfile_write(&logfile, &two, &state), 0);
        expect_file("", "");
    }
    expect_file(".1", "line no 3\n");
    expect_file(".2", "line no 2\n");
    snprintf(name, sizeof(name), "%s.3", path);
    assert_int_equal(access(name, F_OK), -1);
    taken("gone\n");
    assert_int_equal(logfile_write(&logfile, &none, &state), 0);
    expect_file("", "");
    expect_file(".1", "line no 3\n");
}

/* The daemon dies after each byte of a write, with times in it, and in between was another second. */
static void deaths(void **ignored)
{
    static const struct logfile_options options = { .stamps = true };
    static const char text[] = "ab\ncd\n";
    char expected[200] = "[2023-11-14 22:13:20] before";

    (void)ignored;
    for (int bytes = 1; bytes < 48; bytes++) {
        setup(NULL);
        assert_int_equal(logfile_open(&logfile, path, &options, &state), 0);
        taken("before");
        assert_int_equal(logfile_write(&logfile, &options, &state), 0);
        taken(text);
        write_error = EIO;
        write_bytes = bytes;
        assert_int_equal(logfile_write(&logfile, &options, &state), -EIO);
        logfile_close(&logfile);
        state_close(&state);
        write_error = 0;
        clock_now++;
        assert_int_equal(state_load(folder, "state", &state), 0);
        assert_int_equal(logfile_open(&logfile, path, &options, &state), 0);
        assert_int_equal(logfile_write(&logfile, &options, &state), 0);
        snprintf(expected, sizeof(expected), "%s", "[2023-11-14 22:13:20] beforeab\n[2023-11-14 22:13:20] cd\n");
        expect_file("", expected);
        assert_int_equal(state.head->log_position, state_taken(&state));
        teardown(NULL);
    }
    setup(NULL);
}

static int group_setup(void **ignored)
{
    (void)ignored;
    setenv("TZ", "UTC", 1);
    return mkdtemp(folder) ? 0 : -1;
}

static int group_teardown(void **ignored)
{
    (void)ignored;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain, setup, teardown),   cmocka_unit_test_setup_teardown(stamps, setup, teardown),
        cmocka_unit_test_setup_teardown(errors, setup, teardown),  cmocka_unit_test_setup_teardown(full_for_long, setup, teardown),
        cmocka_unit_test_setup_teardown(rotates, setup, teardown), cmocka_unit_test_setup_teardown(deaths, setup, teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
