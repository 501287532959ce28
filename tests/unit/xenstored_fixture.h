/* SPDX-License-Identifier: GPL-2.0-only */
/* A store without a server: requests go in as bytes, replies and events come out as messages. */
#ifndef TESTS_XENSTORED_FIXTURE_H
#define TESTS_XENSTORED_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake/xenstored_ops.h"
#include "xenstored/request.h"
#include "xenstored/snapshot.h"

static struct store *store;

static int fake_introduce_result = 7;

static int fake_introduce(void *arg, unsigned domid, uint64_t mfn, uint32_t port)
{
    (void)arg;
    (void)domid;
    (void)mfn;
    (void)port;
    return fake_introduce_result;
}

/* One request, executed; what it is answered is in c->out. */
static void send_tx(struct conn *c, uint32_t type, uint32_t tx, const void *data, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = 77, .tx_id = tx, .len = (uint32_t)len };

    assert_int_equal(buf_append(&c->in, &hdr, sizeof(hdr)), 0);
    assert_int_equal(buf_append(&c->in, data, len), 0);
    assert_true(conn_has_request(c));
    request_execute(store, c, 0);
}

struct message {
    struct xsd_sockmsg hdr;
    char data[XENSTORE_PAYLOAD_MAX + 1];
};

/* The next message that c is sent; false when there is none. */
static bool next_message(struct conn *c, struct message *ret)
{
    if (!buf_len(&c->out))
        return false;
    assert_true(buf_len(&c->out) >= sizeof(ret->hdr));
    memcpy(&ret->hdr, buf_data(&c->out), sizeof(ret->hdr));
    assert_true(ret->hdr.len <= XENSTORE_PAYLOAD_MAX);
    assert_true(buf_len(&c->out) >= sizeof(ret->hdr) + ret->hdr.len);
    memcpy(ret->data, (char *)buf_data(&c->out) + sizeof(ret->hdr), ret->hdr.len);
    ret->data[ret->hdr.len] = 0;
    buf_consume(&c->out, sizeof(ret->hdr) + ret->hdr.len);
    return true;
}

/* The reply to a request, events that come before it are dropped: 0 or a negative errno. */
static int reply_to(struct conn *c, struct message *m)
{
    do
        assert_true(next_message(c, m));
    while (m->hdr.type == XS_WATCH_EVENT);
    assert_int_equal(m->hdr.req_id, 77);
    return m->hdr.type == XS_ERROR ? -wire_error_number(m->data, m->hdr.len) : 0;
}

static int ask_tx(struct conn *c, uint32_t type, uint32_t tx, const void *data, size_t len, struct message *m)
{
    send_tx(c, type, tx, data, len);
    return reply_to(c, m);
}

/* Strings that the payload is made of are given with their NULs but the last: "path\0token". A value to write has none. */
#define ASK_TX(c, type, tx, text) \
    ask_tx(c, type, tx, text, sizeof(text) - ((type) == XS_WRITE), &(struct message){ .hdr.len = 0 })
#define ASK(c, type, text) ASK_TX(c, type, 0, text)

#endif
