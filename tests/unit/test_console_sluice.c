/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tools/xenconsoled/sluice.c: the daemon dies before or after each of its calls; the next one goes on with the pipes and the
 * state that are left. What a terminal shows, and what a guest is typed, is each byte once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "xenconsoled/ring.h"
#include "xenconsoled/sluice.h"

#define TEXT 60000u
#define TYPED 5000u

static char folder[] = "/tmp/console-sluice-XXXXXX";
static struct state state;
static struct console_ring ring;
static int in = -1, out = -1;
static char text[TEXT];

static long calls_left; /* until death; 0: it lives */
static bool after;      /* the call is done before */
static int refuses;     /* splice fails with this */
static jmp_buf death;

#define DIES(type, call)                                                                                                 \
    do {                                                                                                                 \
        bool now = calls_left > 0 && --calls_left == 0;                                                                  \
        type result;                                                                                                     \
        if (now && !after)                                                                                               \
            longjmp(death, 1);                                                                                           \
        result = call;                                                                                                   \
        if (now)                                                                                                         \
            longjmp(death, 1);                                                                                           \
        return result;                                                                                                   \
    } while (0)

ssize_t __real_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n)
{
    DIES(ssize_t, __real_read(fd, bytes, n));
}

ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    DIES(ssize_t, __real_write(fd, bytes, n));
}

ssize_t __real_splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags);
ssize_t __wrap_splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags);
ssize_t __wrap_splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags)
{
    if (refuses) {
        errno = refuses;
        return -1;
    }
    DIES(ssize_t, __real_splice(from, from_at, to, to_at, n, flags));
}

static int setup(void **ignored)
{
    (void)ignored;
    memset(&ring, 0, sizeof(ring));
    calls_left = 0;
    refuses = 0;
    for (unsigned i = 0; i < TEXT; i++)
        text[i] = (char)(i * 7 + i / 251);
    return state_open(folder, "test", 64 * 1024, &state);
}

static int teardown(void **ignored)
{
    (void)ignored;
    sluice_empty(in);
    sluice_empty(out);
    state_remove(&state);
    return 0;
}

static void terminal_new(int *master, int *slave)
{
    struct termios raw;
    char name[64];

    *master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_int_equal(grantpt(*master) | unlockpt(*master) | ptsname_r(*master, name, sizeof(name)), 0);
    *slave = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_int_equal(tcgetattr(*slave, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(*slave, TCSANOW, &raw), 0);
}

/* What whoever looks at the terminal has got so far is the text's beginning. */
static void look(int slave, size_t *shown)
{
    char bytes[4096];
    ssize_t n;

    while ((n = __real_read(slave, bytes, sizeof(bytes))) > 0) {
        assert_true(*shown + (size_t)n <= TEXT);
        assert_memory_equal(bytes, text + *shown, (size_t)n);
        *shown += (size_t)n;
    }
}

/* Returns false when no death came any more. */
static bool shows_with_death(long when, bool late)
{
    static volatile bool died;
    static int master, slave;
    static size_t shown;

    died = false;
    shown = 0;
    setup(NULL);
    terminal_new(&master, &slave);
    for (unsigned at = 0; at < TEXT; at += 1000) {
        state_append(&state, 0, text + at, 1000);
        state_commit(&state, at + 1000, 0);
    }
    state.head->pty_position = 0;
    calls_left = when;
    after = late;
    if (setjmp(death)) {
        died = true;
        sluice_recover(&state, in, out);
        sluice_empty(out);
    }
    while (shown < TEXT) {
        const char *bytes;

        if (state_read(&state, state.head->pty_position, &bytes) > 0)
            sluice_show(out, &state, master);
        look(slave, &shown);
    }
    calls_left = 0;
    poll(NULL, 0, 2);
    look(slave, &shown);
    assert_int_equal(shown, TEXT);
    close(master);
    close(slave);
    teardown(NULL);
    return died;
}

static void shows_each_byte_once(void **ignored)
{
    unsigned deaths = 0;

    (void)ignored;
    for (unsigned late = 0; late < 2; late++)
        for (long when = 1; shows_with_death(when, late); when++)
            deaths++;
    assert_true(deaths > 10);
}

/* What has come to the guest is the text's beginning. */
static void guest_reads(size_t *got)
{
    while (ring.in_cons != ring.in_prod) {
        assert_true(*got < TYPED);
        assert_int_equal(ring.in[ring.in_cons++ % CONSOLE_RING_IN], text[*got]);
        (*got)++;
    }
}

/* A terminal outlives the daemon; a client's connection does not: it sends again what was not taken. */
static bool types_with_death(long when, bool late, bool client)
{
    static volatile bool died;
    static int ends[2];
    static size_t got, sent;

    died = false;
    got = sent = 0;
    setup(NULL);
    state.head->session = client ? 77 : 0;
    if (client)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    else
        terminal_new(&ends[0], &ends[1]);
    calls_left = when;
    after = late;
    if (setjmp(death)) {
        died = true;
        sluice_recover(&state, in, out);
        sluice_empty(in);
        if (client) {
            close(ends[0]);
            close(ends[1]);
            assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
            assert_true(state.head->session_typed <= sent);
            sent = state.head->session_typed;
        }
    }
    while (got < TYPED) {
        ssize_t n = sent < TYPED ? __real_write(ends[1], text + sent, TYPED - sent < 700 ? TYPED - sent : 700) : 0;

        sent += n > 0 ? (size_t)n : 0;
        sluice_give(&state, &ring);
        if (sluice_idle(&state) && ring_input_room(&ring) > 0) {
            sluice_type(in, &state, ends[0], ring_input_room(&ring), client ? 77 : 0);
            sluice_give(&state, &ring);
        }
        guest_reads(&got);
    }
    calls_left = 0;
    assert_true(sluice_idle(&state));
    assert_int_equal(state.head->session_typed, client ? TYPED : 0);
    close(ends[0]);
    close(ends[1]);
    teardown(NULL);
    return died;
}

static void types_each_byte_once(void **ignored)
{
    unsigned deaths = 0;

    (void)ignored;
    for (unsigned late = 0; late < 2; late++)
        for (unsigned client = 0; client < 2; client++)
            for (long when = 1; types_with_death(when, late, client); when++)
                deaths++;
    assert_true(deaths > 10);
}

/* A death between the ring's index and the note of it; then the ring is another one; then it has no room. */
static void gives_the_rest(void **ignored)
{
    char bytes[CONSOLE_RING_IN];

    (void)ignored;
    memcpy(state.head->typed.bytes, text, 100);
    state.head->typed.length = 100;
    state.head->typed.stage = 3;
    ring.in_prod = ring.in_cons = UINT32_MAX - 20;
    assert_true(sluice_give(&state, &ring));
    assert_true(sluice_idle(&state));
    state.head->typed.stage = 3;
    state.head->typed.done = 0;
    sluice_recover(&state, in, out);
    assert_false(sluice_give(&state, &ring));
    assert_true(sluice_idle(&state));
    assert_int_equal(ring.in_prod, UINT32_MAX - 20 + 100);

    state.head->typed.stage = 3;
    state.head->typed.done = 40;
    ring.in_cons = ring.in_prod = 5000;
    assert_true(sluice_give(&state, &ring));
    assert_int_equal(ring.in_prod, 5060);
    assert_int_equal(ring.in[5000 % CONSOLE_RING_IN], text[40]);

    memset(bytes, 0, sizeof(bytes));
    state.head->typed = (struct state_typed){ .stage = 3, .length = 100 };
    ring.in_cons = ring.in_prod;
    ring_put(&ring, bytes, CONSOLE_RING_IN - 30);
    assert_true(sluice_give(&state, &ring));
    assert_false(sluice_idle(&state));
    assert_false(sluice_give(&state, &ring));
    ring.in_cons = ring.in_prod;
    assert_true(sluice_give(&state, &ring));
    assert_true(sluice_idle(&state));
    assert_false(sluice_give(&state, &ring));
}

/* Notes that no daemon writes, pipes that are not there any more, a kernel that cannot: nothing breaks. */
static void otherwise(void **ignored)
{
    static const struct state_typed notes[] = {
        { .stage = 1, .length = 9 }, { .stage = 2, .length = 9 }, { .stage = 2, .length = 99999 }, { .stage = 4 },
        { .stage = 3, .length = 99999 }, { .stage = 3, .length = 10, .done = 11 },
    };
    char bytes[8];
    int ends[2];

    (void)ignored;
    for (unsigned i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        state.head->typed = notes[i];
        sluice_recover(&state, -1, -1);
        assert_true(sluice_idle(&state));
    }
    state.head->shown = (struct state_shown){ .from = 5, .length = 9, .stage = 2 };
    sluice_recover(&state, in, out); /* beyond what was ever taken */
    assert_int_equal(state.head->pty_position, 0);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    state_append(&state, 0, "abcdef", 6);
    state_commit(&state, 6, 0);
    for (unsigned i = 0; i < 2; i++) {
        refuses = i ? EINVAL : 0;
        state.head->pty_position = 0;
        assert_int_equal(sluice_show(i ? out : -1, &state, ends[0]), 6);
        assert_int_equal(state.head->pty_position, 6);
        assert_int_equal(__real_read(ends[1], bytes, sizeof(bytes)), 6);
        assert_int_equal(__real_write(ends[1], "typed", 5), 5);
        assert_int_equal(sluice_type(i ? in : -1, &state, ends[0], 100, 0), 5);
        assert_true(sluice_give(&state, &ring));
        assert_memory_equal(ring.in + 5 * i, "typed", 5);
    }
    refuses = EIO;
    assert_int_equal(sluice_type(in, &state, ends[0], 100, 0), -EIO);
    assert_true(sluice_idle(&state));
    refuses = 0;
    assert_int_equal(sluice_type(in, &state, ends[0], 100, 0), -EAGAIN);
    assert_int_equal(sluice_type(-1, &state, ends[0], 100, 0), -EAGAIN);
    close(ends[1]);
    assert_int_equal(sluice_type(in, &state, ends[0], 100, 0), 0);
    assert_int_equal(sluice_type(-1, &state, ends[0], 100, 0), 0);
    close(ends[0]);
    assert_int_equal(sluice_open("/nonexistent"), -ENOENT);
}

static int group_setup(void **ignored)
{
    (void)ignored;
    if (!mkdtemp(folder))
        return -1;
    in = sluice_open(folder);
    out = sluice_open(folder);
    return in < 0 || out < 0 ? -1 : 0;
}

static int group_teardown(void **ignored)
{
    (void)ignored;
    close(in);
    close(out);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_each_byte_once),
        cmocka_unit_test(types_each_byte_once),
        cmocka_unit_test_setup_teardown(gives_the_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(otherwise, setup, teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
