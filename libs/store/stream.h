/* SPDX-License-Identifier: LGPL-2.1-only */
/* Bytes of a connection in, messages out. One buffer, no heap. */
#ifndef STORE_STREAM_H
#define STORE_STREAM_H

#include "store/wire.h"

#define STREAM_SIZE 8192u
_Static_assert(STREAM_SIZE >= WIRE_MESSAGE_MAX, "a message fits");

struct stream {
    size_t start, end; /* bytes[start..end) were received and not taken yet */
    _Alignas(16) char bytes[STREAM_SIZE];
};

/* Where to receive more bytes to, and how many at most: never 0 after stream_next() said that it needs more. */
void *stream_space(struct stream *s, size_t *ret_size);

/* `n` bytes were received there. */
void stream_received(struct stream *s, size_t n);

/*
 * The next message: 1, with a copy of its header and a pointer to its payload, which is good until stream_space(); 0
 * when more bytes are needed; -EPROTO when the peer announces more payload than the protocol allows: the connection is
 * of no use then.
 */
int stream_next(struct stream *s, struct xsd_sockmsg *ret_header, const char **ret_payload);

#endif
