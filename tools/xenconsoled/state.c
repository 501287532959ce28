/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static const char magic[8] = "xlcons2";
#define HEAD_SIZE 4096u
_Static_assert(sizeof(struct state_head) <= HEAD_SIZE, "the head has a page");
#define LIMIT_MAX (64u << 20)

static uint32_t round_limit(uint32_t limit)
{
    uint32_t size = STATE_SIZE_MIN;

    while (size < limit && size < LIMIT_MAX)
        size *= 2;
    return size;
}

/* A file may be full of holes on a file system without room, and a store into one kills: blocks come first. */
static int blocks_get(int fd, uint32_t size)
{
    return -posix_fallocate(fd, 0, (off_t)HEAD_SIZE + size);
}

static int state_map(int fd, uint32_t limit, struct state *state)
{
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
    char *at = mmap(NULL, (size_t)HEAD_SIZE + limit, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (at == MAP_FAILED)
        return -errno;
    state->head = (struct state_head *)at;
    state->text = at + HEAD_SIZE;
    return 0;
}

static bool head_sane(const struct state_head *head, uint64_t file_size)
{
    const struct state_commit *commit = &head->commits[head->current & 1];

    return !memcmp(head->magic, magic, sizeof(magic)) && head->size >= STATE_SIZE_MIN && head->size <= head->limit &&
           head->limit <= LIMIT_MAX && (head->size & (head->size - 1)) == 0 && (head->limit & (head->limit - 1)) == 0 &&
           file_size >= (uint64_t)HEAD_SIZE + head->size && head->pty_position <= commit->taken &&
           head->log_position <= commit->taken && memchr(head->guest, 0, sizeof(head->guest)) &&
           memchr(head->tty, 0, sizeof(head->tty));
}

int state_load(const char *folder, const char *name, struct state *ret_state)
{
    struct state state = { 0 };
    struct state_head head;
    struct stat st;
    int err;

    if ((size_t)snprintf(state.path, sizeof(state.path), "%s/%s", folder, name) >= sizeof(state.path))
        return -ENAMETOOLONG;
    _cleanup_close_ int fd = open(state.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || pread(fd, &head, sizeof(head), 0) != sizeof(head) || !head_sane(&head, (uint64_t)st.st_size))
        return -EINVAL;
    err = state_map(fd, head.limit, &state);
    if (!err)
        *ret_state = state;
    return err;
}

static void head_new(struct state_head *head, uint32_t limit)
{
    memset(head, 0, sizeof(*head));
    head->size = STATE_SIZE_MIN;
    head->limit = limit;
    memcpy(head->magic, magic, sizeof(magic));
}

static int state_create(const char *path, uint32_t limit, struct state *state)
{
    _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int err;

    if (fd < 0)
        return -errno;
    err = blocks_get(fd, STATE_SIZE_MIN);
    if (!err)
        err = state_map(fd, limit, state);
    if (err)
        unlink(path);
    return err;
}

int state_open(const char *folder, const char *name, uint32_t limit, struct state *ret_state)
{
    struct state state = { 0 };
    int err = state_load(folder, name, ret_state);

    if (!err)
        return 0;
    limit = round_limit(limit);
    if ((size_t)snprintf(state.path, sizeof(state.path), "%s/%s", folder, name) >= sizeof(state.path))
        return -ENAMETOOLONG;
    if (state_create(state.path, limit, &state) < 0) {
        state.path[0] = 0;
        err = state_map(-1, limit, &state);
        if (err)
            return err;
    }
    head_new(state.head, limit);
    *ret_state = state;
    return 0;
}

void state_close(struct state *state)
{
    if (state->head)
        munmap(state->head, (size_t)HEAD_SIZE + state->head->limit);
    state->head = NULL;
}

void state_remove(struct state *state)
{
    if (state->head && state->path[0])
        unlink(state->path);
    state_close(state);
}

uint64_t state_oldest(const struct state *state)
{
    uint64_t taken = state_taken(state), held = state->head->size - STATE_CHUNK;

    return taken > held ? taken - held : 0;
}

/* Positions below size lie where they will lie in any larger size: it may grow until the first one is overwritten. */
static void state_grow(struct state *state)
{
    struct state_head *head = state->head;

    if (state->path[0]) {
        _cleanup_close_ int fd = open(state->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

        if (fd < 0 || blocks_get(fd, head->size * 2) < 0)
            return; /* it wraps where it is */
    }
    __atomic_store_n(&head->size, head->size * 2, __ATOMIC_RELEASE);
}

void state_append(struct state *state, size_t behind, const void *bytes, size_t n)
{
    uint64_t at = state_taken(state) + behind;
    const char *from = bytes;

    /* Before the oldest byte stops counting as there. */
    while (at <= state->head->size && at + n + STATE_CHUNK > state->head->size && state->head->size < state->head->limit) {
        uint32_t before = state->head->size;

        state_grow(state);
        if (state->head->size == before)
            break;
    }
    for (size_t done = 0; done < n;) {
        uint32_t place = (uint32_t)((at + done) & (state->head->size - 1));
        size_t piece = state->head->size - place;

        if (piece > n - done)
            piece = n - done;
        memcpy(state->text + place, from + done, piece);
        done += piece;
    }
}

void state_commit(struct state *state, uint64_t taken, uint32_t base)
{
    uint32_t next = (state->head->current & 1) ^ 1;

    state->head->commits[next] = (struct state_commit){ .taken = taken, .base = base };
    __atomic_store_n(&state->head->current, next, __ATOMIC_RELEASE);
}

size_t state_read(const struct state *state, uint64_t position, const char **ret_bytes)
{
    uint64_t taken = state_taken(state);
    uint32_t place = (uint32_t)(position & (state->head->size - 1));
    size_t piece = state->head->size - place;

    if (position >= taken)
        return 0;
    *ret_bytes = state->text + place;
    return piece < taken - position ? piece : (size_t)(taken - position);
}
