/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/sluice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xenconsoled/ring.h"

#define SHOW_MAX 4096u /* about what a terminal takes at once; what it does not take is copied in vain */

/* Each step is noted before the next begins; the order of these stores is what recovery reads. */
static void stage_set(uint32_t *stage, uint32_t value)
{
    __atomic_store_n(stage, value, __ATOMIC_RELEASE);
}

int sluice_open(const char *folder)
{
    char path[300];
    int fd;

    if ((size_t)snprintf(path, sizeof(path), "%s/.sluice", folder) >= sizeof(path))
        return -ENAMETOOLONG;
    unlink(path);
    if (mkfifo(path, 0600) < 0)
        return -errno;
    fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        fd = -errno;
    unlink(path);
    return fd;
}

void sluice_empty(int pipe)
{
    char bytes[4096];

    while (pipe >= 0 && read(pipe, bytes, sizeof(bytes)) > 0)
        ;
}

/* How much is in the pipe; -1: it cannot be known. */
static int fill(int pipe)
{
    int n;

    return pipe >= 0 && ioctl(pipe, FIONREAD, &n) == 0 ? n : -1;
}

/* --- to a terminal --- */

enum { SHOWN_IDLE, SHOWN_FILLING, SHOWN_MOVING };

static int show_directly(struct state *state, int terminal, const char *bytes, size_t n)
{
    ssize_t written = write(terminal, bytes, n);

    if (written < 0)
        return -errno;
    state->head->pty_position += (uint64_t)written;
    return (int)written;
}

int sluice_show(int pipe, struct state *state, int terminal)
{
    struct state_shown *note = &state->head->shown;
    const char *bytes;
    size_t n = state_read(state, state->head->pty_position, &bytes);
    ssize_t in, out;

    if (n > SHOW_MAX)
        n = SHOW_MAX;
    note->from = state->head->pty_position;
    stage_set(&note->stage, SHOWN_FILLING);
    in = pipe < 0 ? -1 : write(pipe, bytes, n);
    if (in <= 0) {
        stage_set(&note->stage, SHOWN_IDLE);
        return show_directly(state, terminal, bytes, n);
    }
    note->length = (uint32_t)in;
    stage_set(&note->stage, SHOWN_MOVING);
    out = splice(pipe, NULL, terminal, NULL, (size_t)in, SPLICE_F_NONBLOCK);
    if (out < 0)
        out = -errno;
    if (out > 0)
        __atomic_store_n(&state->head->pty_position, note->from + (uint64_t)out, __ATOMIC_RELEASE);
    stage_set(&note->stage, SHOWN_IDLE);
    if (out < in)
        sluice_empty(pipe); /* it will be filled again from the state */
    return out == -EINVAL ? show_directly(state, terminal, bytes, n) : (int)out;
}

static void show_recover(struct state *state, int pipe)
{
    struct state_shown *note = &state->head->shown;
    int left = fill(pipe);

    if (note->stage == SHOWN_MOVING && left >= 0 && (uint32_t)left <= note->length &&
        note->from + note->length <= state_taken(state))
        state->head->pty_position = note->from + note->length - (uint32_t)left;
    stage_set(&note->stage, SHOWN_IDLE);
}

/* --- to the guest --- */

enum { TYPED_IDLE, TYPED_COMING, TYPED_COUNTED, TYPED_HERE };

bool sluice_idle(const struct state *state)
{
    return state->head->typed.stage == TYPED_IDLE;
}

/* The bytes are in the note. */
static void typed_here(struct state *state)
{
    struct state_typed *note = &state->head->typed;

    note->done = 0;
    note->begun = 0;
    stage_set(&note->stage, TYPED_HERE);
    if (note->session && note->session == state->head->session)
        state->head->session_typed = note->session_before + note->length;
}

static int type_directly(struct state *state, int from, uint32_t most)
{
    struct state_typed *note = &state->head->typed;
    ssize_t n = read(from, note->bytes, most);

    if (n <= 0) {
        stage_set(&note->stage, TYPED_IDLE);
        return n < 0 ? -errno : 0;
    }
    note->length = (uint32_t)n;
    typed_here(state);
    return (int)n;
}

int sluice_type(int pipe, struct state *state, int from, uint32_t most, uint64_t session)
{
    struct state_typed *note = &state->head->typed;
    ssize_t n;

    if (most > sizeof(note->bytes))
        most = sizeof(note->bytes);
    note->session = session;
    note->session_before = state->head->session_typed;
    stage_set(&note->stage, TYPED_COMING);
    n = pipe < 0 ? -1 : splice(from, NULL, pipe, NULL, most, SPLICE_F_NONBLOCK);
    if (pipe < 0 || (n < 0 && errno == EINVAL))
        return type_directly(state, from, most);
    if (n <= 0) {
        int err = n < 0 ? -errno : 0;

        stage_set(&note->stage, TYPED_IDLE);
        return err;
    }
    note->length = (uint32_t)n;
    stage_set(&note->stage, TYPED_COUNTED);
    if (read(pipe, note->bytes, (size_t)n) != n) { /* it is there, and in memory there is room for it */
        stage_set(&note->stage, TYPED_IDLE);
        sluice_empty(pipe);
        return -EIO;
    }
    typed_here(state);
    return (int)n;
}

bool sluice_give(struct state *state, struct console_ring *ring)
{
    struct state_typed *note = &state->head->typed;
    uint32_t given, index = __atomic_load_n(&ring->in_prod, __ATOMIC_RELAXED);

    if (note->stage != TYPED_HERE)
        return false;
    if (note->begun && index - note->index >= note->done && index - note->index <= note->length) {
        note->done = index - note->index; /* as far as a daemon came that then died */
    } else {                              /* the first time, or into another ring */
        note->index = index - note->done;
        stage_set(&note->begun, 1);
    }
    given = ring_put(ring, note->bytes + note->done, note->length - note->done);
    note->done += given;
    if (note->done >= note->length)
        stage_set(&note->stage, TYPED_IDLE);
    return given > 0;
}

static void type_recover(struct state *state, int pipe)
{
    struct state_typed *note = &state->head->typed;
    int left = fill(pipe);

    if (note->stage == TYPED_HERE && note->length <= sizeof(note->bytes) && note->done <= note->length) {
        if (note->session && note->session == state->head->session)
            state->head->session_typed = note->session_before + note->length;
        return;
    }
    if (note->stage == TYPED_COMING && left > 0)
        note->length = (uint32_t)left;
    if ((note->stage == TYPED_COMING && left <= 0) || note->stage == TYPED_IDLE || note->stage > TYPED_COUNTED || left < 0 ||
        note->length > sizeof(note->bytes) || (left > 0 && read(pipe, note->bytes, note->length) != (ssize_t)note->length))
        stage_set(&note->stage, TYPED_IDLE);
    else
        typed_here(state);
}

void sluice_recover(struct state *state, int in, int out)
{
    type_recover(state, in);
    show_recover(state, out);
}
