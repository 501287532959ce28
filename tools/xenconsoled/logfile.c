/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIECE 1024u /* of a console at once; with a time before each byte it is 23 times as much */
#define STAMP_MAX 24u

/* The same bytes at the same time give the same text: what a dead daemon wrote is recognized by its length. */
static size_t format(const struct logfile_options *options, const char *bytes, size_t n, int64_t when, bool *midline,
                     char *text)
{
    char stamp[STAMP_MAX + 8];
    size_t length = 0, stamp_length;
    time_t seconds = (time_t)when;
    struct tm tm;

    localtime_r(&seconds, &tm);
    stamp_length = options->stamps ? strftime(stamp, sizeof(stamp), "[%Y-%m-%d %H:%M:%S] ", &tm) : 0;
    for (size_t i = 0; i < n; i++) {
        if (!*midline) {
            memcpy(text + length, stamp, stamp_length);
            length += stamp_length;
        }
        *midline = bytes[i] != '\n';
        text[length++] = options->replace_escape && bytes[i] == 033 ? '.' : bytes[i];
    }
    return length;
}

static int write_rest(struct logfile *log, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(log->fd, text, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        log->size += (uint64_t)n;
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

/* Writes the noted piece, but for `there` bytes of it that are in the file already. */
static int piece_write(struct logfile *log, const struct logfile_options *options, struct state *state, size_t there)
{
    struct state_log_write *note = &state->head->log_write;
    char text[PIECE * (STAMP_MAX + 8)];
    bool midline = note->midline;
    const char *bytes;
    size_t length;
    int err;

    if (state_read(state, note->from, &bytes) < note->length)
        return -EINVAL;
    length = format(options, bytes, note->length, note->when, &midline, text);
    if (there > length)
        there = length;
    err = write_rest(log, text + there, length - there);
    if (err)
        return err;
    __atomic_store_n(&state->head->log_position, note->from + note->length, __ATOMIC_RELEASE);
    __atomic_store_n(&state->head->log_midline, midline, __ATOMIC_RELEASE);
    __atomic_store_n(&note->pending, 0, __ATOMIC_RELEASE);
    return 0;
}

static int piece_note(const struct logfile *log, struct state *state, size_t n)
{
    struct state_log_write *note = &state->head->log_write;
    struct stat st;

    if (fstat(log->fd, &st) < 0)
        return -errno;
    *note = (struct state_log_write){ .from = state->head->log_position, .file_offset = (uint64_t)st.st_size,
                                      .device = st.st_dev, .inode = st.st_ino, .when = time(NULL), .length = (uint32_t)n,
                                      .midline = (uint16_t)state->head->log_midline };
    __atomic_store_n(&note->pending, 1, __ATOMIC_RELEASE);
    return 0;
}

/* How far did the noted piece get? */
static int piece_finish(struct logfile *log, const struct logfile_options *options, struct state *state)
{
    struct state_log_write *note = &state->head->log_write;
    size_t there = 0;
    struct stat st;

    if (!note->pending)
        return 0;
    if (note->from < state_oldest(state) || note->length > PIECE) {
        note->pending = 0;
        return 0;
    }
    if (fstat(log->fd, &st) < 0)
        return -errno;
    if (st.st_dev == note->device && st.st_ino == note->inode && (uint64_t)st.st_size > note->file_offset)
        there = (size_t)((uint64_t)st.st_size - note->file_offset);
    return piece_write(log, options, state, there);
}

static int file_open(struct logfile *log)
{
    struct stat st;

    log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
    if (log->fd < 0)
        return -errno;
    log->size = fstat(log->fd, &st) < 0 ? 0 : (uint64_t)st.st_size;
    return 0;
}

int logfile_open(struct logfile *log, const char *path, const struct logfile_options *options, struct state *state)
{
    int err;

    if ((size_t)snprintf(log->path, sizeof(log->path), "%s", path) >= sizeof(log->path))
        return -ENAMETOOLONG;
    err = file_open(log);
    if (!err)
        err = piece_finish(log, options, state);
    if (err)
        logfile_close(log);
    return err;
}

void logfile_close(struct logfile *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

/* FILE.2 becomes FILE.3, FILE.1 FILE.2, FILE FILE.1. */
static int rotate(struct logfile *log, unsigned keep)
{
    char from[sizeof(log->path) + 16], to[sizeof(log->path) + 16];

    for (unsigned i = keep; i > 0; i--) {
        snprintf(to, sizeof(to), "%s.%u", log->path, i);
        if (i > 1)
            snprintf(from, sizeof(from), "%s.%u", log->path, i - 1);
        else
            snprintf(from, sizeof(from), "%s", log->path);
        if (rename(from, to) < 0 && errno != ENOENT)
            return -errno;
    }
    if (keep == 0 && unlink(log->path) < 0)
        return -errno;
    logfile_close(log);
    return file_open(log);
}

int logfile_write(struct logfile *log, const struct logfile_options *options, struct state *state)
{
    uint64_t oldest = state_oldest(state);
    const char *bytes;
    size_t n;
    int err = 0;

    if (log->fd >= 0)
        err = piece_finish(log, options, state);
    if (state->head->log_position < oldest) /* the disk was full for so long */
        state->head->log_position = oldest;
    while (!err && log->fd >= 0 && (n = state_read(state, state->head->log_position, &bytes)) > 0) {
        err = piece_note(log, state, n > PIECE ? PIECE : n);
        if (!err)
            err = piece_write(log, options, state, 0);
        if (!err && options->size_max && log->size >= options->size_max && !state->head->log_midline)
            err = rotate(log, options->keep);
    }
    return err;
}
