/* SPDX-License-Identifier: GPL-2.0-only */
/* tools/xenconsoled/ring.c and state.c: rings of honest and other guests, histories that grow, wrap and come back. */
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
#include <sys/stat.h>
#include <unistd.h>

#include "xenconsoled/ring.h"

static char folder[] = "/tmp/console-state-XXXXXX";
static struct state state;
static struct console_ring ring;

static int setup(void **ignored)
{
    (void)ignored;
    memset(&ring, 0, sizeof(ring));
    return state_open(folder, "test", 64 * 1024, &state);
}

static int teardown(void **ignored)
{
    (void)ignored;
    state_remove(&state);
    return 0;
}

static void guest_writes(const char *text, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        ring.out[ring.out_prod++ % CONSOLE_RING_OUT] = text[i];
}

static void expect_text(uint64_t position, const char *text)
{
    for (; *text; position++, text++) {
        const char *byte;

        assert_true(state_read(&state, position, &byte) > 0);
        assert_int_equal(*byte, *text);
    }
}

static void takes(void **ignored)
{
    (void)ignored;
    assert_int_equal(ring_take(&ring, &state, 100), 0);
    for (unsigned start = 0; start < 2; start++) { /* the second time round the end of the ring, and of the numbers */
        uint32_t index = start ? UINT32_MAX - 5 : CONSOLE_RING_OUT - 3;
        uint64_t before = state_taken(&state);

        ring.out_prod = ring.out_cons = index;
        ring_attach(&ring, &state);
        guest_writes("0123456789", 10);
        assert_int_equal(ring_take(&ring, &state, 4), 4);
        assert_int_equal(ring_take(&ring, &state, 100), 6);
        assert_int_equal(ring.out_cons, ring.out_prod);
        assert_int_equal(state_taken(&state), before + 10);
        expect_text(before, "0123456789");
    }
}

static void refuses(void **ignored)
{
    (void)ignored;
    for (uint32_t n = CONSOLE_RING_OUT; n != CONSOLE_RING_OUT + 3; n++) {
        ring.out_prod = ring.out_cons + n;
        assert_int_equal(ring_take(&ring, &state, STATE_CHUNK), n == CONSOLE_RING_OUT ? (int)n : -EPROTO);
    }
    ring.out_prod = ring.out_cons - 1;
    assert_int_equal(ring_take(&ring, &state, STATE_CHUNK), -EPROTO);
    assert_int_equal(state_taken(&state), CONSOLE_RING_OUT);
    ring.out_prod = ring.out_cons = 77; /* it begins anew */
    guest_writes("anew", 4);
    assert_int_equal(ring_take(&ring, &state, STATE_CHUNK), 4);
    expect_text(CONSOLE_RING_OUT, "anew");
}

/* A daemon died between taking and telling; then at another moment; then the ring was another one. */
static void attaches(void **ignored)
{
    (void)ignored;
    guest_writes("abcdef", 6);
    assert_int_equal(ring_take(&ring, &state, 3), 3);
    ring.out_cons = 0;
    ring_attach(&ring, &state);
    assert_int_equal(ring.out_cons, 3);
    assert_int_equal(ring_take(&ring, &state, 100), 3);
    expect_text(0, "abcdef");

    ring_attach(&ring, &state);
    assert_int_equal(ring_take(&ring, &state, 100), 0);

    ring.out_cons = 5000;
    ring.out_prod = 5002;
    ring.out[5000 % CONSOLE_RING_OUT] = 'x';
    ring.out[5001 % CONSOLE_RING_OUT] = 'y';
    ring_attach(&ring, &state);
    assert_int_equal(ring.out_cons, 5000);
    assert_int_equal(ring_take(&ring, &state, 100), 2);
    expect_text(0, "abcdefxy");
}

static void input(void **ignored)
{
    char typed[CONSOLE_RING_IN + 10];

    (void)ignored;
    memset(typed, 't', sizeof(typed));
    ring.in_prod = ring.in_cons = UINT32_MAX - 7;
    assert_int_equal(ring_input_room(&ring), CONSOLE_RING_IN);
    assert_int_equal(ring_put(&ring, typed, 20), 20);
    assert_int_equal(ring.in_prod, 12);
    assert_int_equal(ring_input_room(&ring), CONSOLE_RING_IN - 20);
    assert_int_equal(ring_put(&ring, typed, sizeof(typed)), CONSOLE_RING_IN - 20);
    assert_int_equal(ring_input_room(&ring), 0);
    assert_int_equal(ring_put(&ring, typed, 1), 0);
    ring.in_prod++; /* more than there can be */
    assert_int_equal(ring_input_room(&ring), 0);
    assert_int_equal(ring_put(&ring, typed, 1), 0);
}

static void append(const char *bytes, size_t n)
{
    while (n > 0) {
        size_t piece = n < STATE_CHUNK ? n : STATE_CHUNK;

        state_append(&state, 0, bytes, piece);
        state_commit(&state, state_taken(&state) + piece, 0);
        bytes += piece;
        n -= piece;
    }
}

static void verify(uint64_t from, uint64_t to)
{
    while (from < to) {
        const char *bytes;
        size_t n = state_read(&state, from, &bytes);

        assert_true(n > 0);
        for (size_t i = 0; i < n; i++, from++)
            assert_int_equal(bytes[i], (char)('a' + from % 23));
    }
}

/* It grows to its limit, then the oldest bytes go; another process finds the same. */
static void grows(void **ignored)
{
    static char text[200000];
    struct stat st;

    (void)ignored;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    assert_int_equal(state.head->size, STATE_SIZE_MIN);
    append(text, STATE_SIZE_MIN - STATE_CHUNK);
    assert_int_equal(state.head->size, STATE_SIZE_MIN);
    append(text + STATE_SIZE_MIN - STATE_CHUNK, 1);
    assert_int_equal(state.head->size, 2 * STATE_SIZE_MIN);
    assert_int_equal(state_oldest(&state), 0);
    append(text + STATE_SIZE_MIN - STATE_CHUNK + 1, 40000);
    assert_int_equal(state.head->size, 65536);
    assert_int_equal(state_oldest(&state), 0);
    verify(0, STATE_SIZE_MIN - STATE_CHUNK + 40001);
    append(text + STATE_SIZE_MIN - STATE_CHUNK + 40001, sizeof(text) - STATE_SIZE_MIN + STATE_CHUNK - 40001);
    assert_int_equal(state.head->size, 65536);
    assert_int_equal(state_oldest(&state), sizeof(text) - 65536 + STATE_CHUNK);
    verify(state_oldest(&state), sizeof(text));
    assert_int_equal(stat(state.path, &st), 0);
    assert_int_equal(st.st_size, 4096 + 65536);
    state_close(&state);
    assert_int_equal(state_load(folder, "test", &state), 0);
    verify(state_oldest(&state), sizeof(text));
}

/* Files that are none, or of somebody else, or damaged: each field of the head in turn. */
static void bad_files(void **ignored)
{
    static const size_t offsets[] = { offsetof(struct state_head, magic), offsetof(struct state_head, size),
                                      offsetof(struct state_head, limit), offsetof(struct state_head, pty_position) + 4,
                                      offsetof(struct state_head, log_position) + 4 };
    struct state other;
    char path[100], longest[300];
    int fd;

    (void)ignored;
    assert_int_equal(state_load(folder, "nothing", &other), -ENOENT);
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    assert_int_equal(state_load(folder, longest, &other), -ENAMETOOLONG);
    assert_int_equal(state_open(folder, longest, 1, &other), -ENAMETOOLONG);
    memset(state.head->guest, 'x', sizeof(state.head->guest));
    assert_int_equal(state_load(folder, "test", &other), -EINVAL);
    memset(state.head->guest, 0, sizeof(state.head->guest));
    memset(state.head->tty, 'x', sizeof(state.head->tty));
    assert_int_equal(state_load(folder, "test", &other), -EINVAL);
    memset(state.head->tty, 0, sizeof(state.head->tty));
    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        ((char *)state.head)[offsets[i]] ^= 0x41;
        assert_int_equal(state_load(folder, "test", &other), -EINVAL);
        ((char *)state.head)[offsets[i]] ^= 0x41;
    }
    assert_int_equal(truncate(state.path, 4096 + 100), 0);
    assert_int_equal(state_load(folder, "test", &other), -EINVAL);
    assert_int_equal(truncate(state.path, 100), 0);
    assert_int_equal(state_load(folder, "test", &other), -EINVAL);
    snprintf(path, sizeof(path), "%s/link", folder);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_int_equal(state_load(folder, "link", &other), -ELOOP);
    unlink(path);
    snprintf(path, sizeof(path), "%s/zero", folder);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(state_load(folder, "zero", &other), -EINVAL);
    unlink(path);
    assert_int_equal(truncate(state.path, 4096 + STATE_SIZE_MIN), 0);
}

/* Without a file there is memory; it works the same, as long as this process does. */
static void no_file(void **ignored)
{
    (void)ignored;
    teardown(NULL);
    assert_int_equal(state_open("/nonexistent", "test", 64 * 1024, &state), 0);
    assert_int_equal(state.path[0], 0);
    while (state_taken(&state) < 100000) {
        append("hello", 5);
        expect_text(state_taken(&state) - 5, "hello");
    }
    assert_int_equal(state.head->size, 65536);
}

static int group_setup(void **ignored)
{
    (void)ignored;
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
        cmocka_unit_test_setup_teardown(takes, setup, teardown),     cmocka_unit_test_setup_teardown(refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(attaches, setup, teardown),  cmocka_unit_test_setup_teardown(input, setup, teardown),
        cmocka_unit_test_setup_teardown(grows, setup, teardown),     cmocka_unit_test_setup_teardown(bad_files, setup, teardown),
        cmocka_unit_test_setup_teardown(no_file, setup, teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
