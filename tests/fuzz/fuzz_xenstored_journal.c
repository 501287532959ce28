/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libFuzzer entry: any bytes as the records of a journal, behind a good snapshot, as the next process finds them. The
 * first bytes are what had landed and what was being sent.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fake/xenstored_ops.h"
#include "fuzz.h"
#include "xenstored/server.h"
#include "xenstored/snapshot.h"

#define HEAD_SIZE ((sizeof(struct journal_head) + 4095) & ~(size_t)4095)
#define ROOM (64u << 10)

static int fake_introduce(void *arg, unsigned domid, uint64_t mfn, uint32_t port)
{
    struct server *sv = arg;

    (void)domid;
    (void)mfn;
    (void)port;
    return sv->current->answer < 0 ? -22 : 0;
}

static size_t template_make(struct journal_head *h)
{
    struct buf saved = { 0 };
    struct store *s;
    size_t n;

    CHECK(store_new(&fake_ops, NULL, NULL, &s) == 0 && conn_new(s, 1, NULL));
    store_introduce(s, 3, 1, 1);
    CHECK(snapshot_save(s, &saved) == 0);
    n = buf_len(&saved);
    memcpy(h->magic, JOURNAL_MAGIC, sizeof(h->magic));
    h->head_size = sizeof(*h);
    h->nr_slots = 2;
    h->slot[0].conn = 1;
    h->slot[1].conn = 0x80000003u;
    h->snapshot_size = n;
    memcpy((uint8_t *)h + HEAD_SIZE, buf_data(&saved), n);
    buf_done(&saved);
    store_free(s);
    return HEAD_SIZE + ((n + 7) & ~(size_t)7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct journal_head *h;
    static size_t start;
    struct journal j;
    struct server sv = { .j = &j };

    if (!h) {
        h = calloc(1, HEAD_SIZE + ROOM);
        CHECK(h);
        start = template_make(h);
    }
    if (size < 8 || size > ROOM / 2)
        return 0;
    h->landing.armed = data[0] & 1;
    h->landing.conn = data[1] & 1 ? 1 : 0x80000003u;
    h->landing.mm.msg_len = data[2] | (uint32_t)data[3] << 8;
    h->sending.armed = data[0] >> 1 & 1;
    h->sending.slot = data[4];
    h->sending.seq = data[0] >> 2 & 1 ? h->landing.seq : 0;
    h->sending.mm.msg_len = data[5];
    memcpy((uint8_t *)h + start, data + 8, size - 8);
    h->tail = start + ((size - 8) & ~(size_t)7);
    CHECK(journal_open_memory(h, HEAD_SIZE + ROOM, &j) == 0);
    CHECK(store_new(&fake_ops, &sv, NULL, &sv.s) == 0);
    server_replay(&sv);
    store_free(sv.s);
    return 0;
}
