/* SPDX-License-Identifier: LGPL-2.1-only */
#include "store/stream.h"

#include <string.h>

void *stream_space(struct stream *s, size_t *ret_size)
{
    if (s->start == s->end) {
        s->start = s->end = 0;
    } else if (STREAM_SIZE - s->start < WIRE_MESSAGE_MAX) {
        memmove(s->bytes, s->bytes + s->start, s->end - s->start);
        s->end -= s->start;
        s->start = 0;
    }
    *ret_size = STREAM_SIZE - s->end;
    return s->bytes + s->end;
}

void stream_received(struct stream *s, size_t n)
{
    s->end += n;
}

int stream_next(struct stream *s, struct xsd_sockmsg *ret_header, const char **ret_payload)
{
    size_t have = s->end - s->start;
    struct xsd_sockmsg header;

    if (have < sizeof(header))
        return 0;
    memcpy(&header, s->bytes + s->start, sizeof(header));
    if (header.len > XENSTORE_PAYLOAD_MAX)
        return -EPROTO;
    if (have - sizeof(header) < header.len)
        return 0;
    *ret_header = header;
    *ret_payload = s->bytes + s->start + sizeof(header);
    s->start += sizeof(header) + header.len;
    return 1;
}
