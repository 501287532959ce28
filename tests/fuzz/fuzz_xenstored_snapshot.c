/* SPDX-License-Identifier: GPL-2.0-only */
/* libFuzzer entry: any bytes as the snapshot that the next process finds. What loads can be used, saved and freed. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fake/xenstored_ops.h"
#include "fuzz.h"
#include "xenstored/request.h"
#include "xenstored/snapshot.h"
#include "xenstored/store.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static int fake_introduce(void *arg, unsigned domid, uint64_t mfn, uint32_t port)
{
    (void)arg;
    (void)domid;
    (void)mfn;
    return (int)port % 100;
}

static void ask(struct store *s, struct conn *c, uint32_t type, uint32_t tx, const char *payload, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .tx_id = tx, .len = (uint32_t)len };

    CHECK(buf_append(&c->in, &hdr, sizeof(hdr)) == 0 && buf_append(&c->in, payload, len) == 0);
    while (conn_has_request(c))
        request_execute(s, c, 0);
}

/* A store with some of everything. */
static size_t good_snapshot(uint8_t *to, size_t room)
{
    struct buf saved = { 0 };
    struct store *s;
    struct conn *c;
    size_t n;

    CHECK(store_new(&fake_ops, NULL, NULL, &s) == 0);
    c = conn_new(s, 1, NULL);
    store_introduce(s, 3, 1, 1);
    ask(s, c, XS_WRITE, 0, "/a/b\0x", 6);
    ask(s, c, XS_WATCH, 0, "/a\0t", 5);
    ask(s, c, XS_TRANSACTION_START, 0, "", 1);
    ask(s, c, XS_WRITE, 1, "/a/c\0y", 6);
    ask(s, domain_find(s, 3)->conn, XS_WATCH, 0, "b\0u", 4);
    CHECK(snapshot_save(s, &saved) == 0);
    n = buf_len(&saved) < room ? buf_len(&saved) : room;
    memcpy(to, buf_data(&saved), n);
    buf_done(&saved);
    store_free(s);
    return n;
}

/* Random bytes are no snapshot: most inputs are a good one with a few bytes changed. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    if (size < 64 || seed % 16 == 0)
        size = good_snapshot(data, max_size);
    for (unsigned i = 0; i < seed % 4 + 1; i++)
        data[(seed >> 4) * (i + 1u) % size] = (uint8_t)(seed >> (8 * i));
    return seed % 8 ? size : LLVMFuzzerMutate(data, size, max_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf saved = { 0 };
    struct store *s;

    CHECK(store_new(&fake_ops, NULL, NULL, &s) == 0);
    if (snapshot_load(s, data, size) == 0) {
        struct conn *c = s->conns;

        for (; c; c = c->next)
            while (conn_has_request(c))
                request_execute(s, c, 0);
        if (s->conns && !buf_len(&s->conns->in)) {
            ask(s, s->conns, XS_DIRECTORY, 0, "/", 2);
            ask(s, s->conns, XS_RM, 0, "/a", 3);
            ask(s, s->conns, XS_TRANSACTION_END, 1, "T", 2);
        }
        store_domain_dead(s, 3);
        CHECK(snapshot_save(s, &saved) == 0);
        buf_done(&saved);
    }
    store_free(s);
    return 0;
}
