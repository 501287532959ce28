/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libFuzzer entry: any bytes as the input of dom0's socket and of two domains. Beyond the sanitizers: the tree stays in
 * order, what is saved loads again, and what was counted on the way is what a count of everything gives. The first byte
 * of each piece says whose it is and how long.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fake/xenstored_ops.h"
#include "fuzz.h"
#include "xenstored/request.h"
#include "xenstored/snapshot.h"
#include "xenstored/store.h"

static int fake_introduce(void *arg, unsigned domid, uint64_t mfn, uint32_t port)
{
    (void)arg;
    (void)mfn;
    return domid % 5 ? (int)port % 100 : -22;
}

/* Headers out of random bytes are mostly too long: the piece's own length is put in. */
static void piece(struct store *s, struct conn *c, const uint8_t *data, size_t size)
{
    struct xsd_sockmsg hdr = { .type = data[0] % (XS_TYPE_COUNT + 1), .tx_id = data[1] % 4, .len = (uint32_t)(size - 2) };

    CHECK(buf_append(&c->in, &hdr, sizeof(hdr)) == 0 && buf_append(&c->in, data + 2, size - 2) == 0);
    while (conn_has_request(c))
        request_execute(s, c, 0);
    if (buf_len(&c->out) > 1 << 16)
        conn_sent(c, buf_len(&c->out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf saved = { 0 };
    struct store *s, *again;
    struct conn *c;

    CHECK(store_new(&fake_ops, NULL, NULL, &s) == 0 && conn_new(s, 1, NULL));
    store_introduce(s, 1, 1, 1);
    store_introduce(s, 2, 1, 1);
    while (size > 1) {
        size_t n = 2 + data[0] / 4u;

        if (n > size - 1)
            n = size - 1;
        c = data[0] % 4 < 2 ? conn_find(s, 1) : s->domains[data[0] % 4 - 1] ? s->domains[data[0] % 4 - 1]->conn : NULL;
        if (c && n >= 2)
            piece(s, c, data + 1, n);
        data += 1 + n;
        size -= 1 + n;
    }
    CHECK(tree_check(s->root));
    CHECK(snapshot_save(s, &saved) == 0);
    CHECK(store_new(&fake_ops, NULL, NULL, &again) == 0);
    CHECK(snapshot_load(again, buf_data(&saved), buf_len(&saved)) == 0);
    CHECK(tree_check(again->root));
    for (const struct domain *d = s->known; d; d = d->next) {
        const struct domain *same = domain_find(again, d->domid);

        CHECK(same && same->nodes == d->nodes && same->node_bytes == d->node_bytes && same->other_bytes == d->other_bytes);
    }
    buf_done(&saved);
    store_free(again);
    store_free(s);
    return 0;
}
