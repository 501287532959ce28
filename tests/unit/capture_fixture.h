/* SPDX-License-Identifier: GPL-2.0-only */
/* What a function prints. */
#ifndef TESTS_CAPTURE_FIXTURE_H
#define TESTS_CAPTURE_FIXTURE_H

#include <stdio.h>
#include <unistd.h>

static char said[16384]; /* between the latest capture() and captured() */

static struct {
    FILE *stream, *file;
    int saved;
} capturing;

/* stdout or stderr */
static inline void capture(FILE *stream)
{
    capturing.stream = stream;
    capturing.file = tmpfile();
    assert_non_null(capturing.file);
    fflush(stream);
    capturing.saved = dup(fileno(stream));
    dup2(fileno(capturing.file), fileno(stream));
}

static inline void captured(void)
{
    ssize_t n;

    fflush(capturing.stream);
    n = pread(fileno(capturing.file), said, sizeof(said) - 1, 0);
    said[n > 0 ? n : 0] = '\0';
    dup2(capturing.saved, fileno(capturing.stream));
    close(capturing.saved);
    fclose(capturing.file);
}

/* A new file with this text; path ends in XXXXXX. */
static inline void file_with(char *path, const char *text)
{
    int fd = mkstemp(path);

    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

#endif
