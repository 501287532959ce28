/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/request.h"
#include "xenstored/keeper.h"
#include "xenstored/snapshot.h"

#define OUTPUT_MAX (64u << 10) /* who does not take his answers is not listened to */
#define MUTE_MAX (1u << 20)    /* and hears of nothing */
#define SPOIL_NS 1000000ull
#define SPOILS_MAX 7 /* 128 ms */
#define SPOIL_FORGET_NS 1000000000ull
#define RETRY_NS 5000000ull
#define FULL_NS 200000000ull
#define RESERVE (4 * JOURNAL_LANDING) /* bytes that only the rest of requests may take whose beginning is recorded */
#define TOGETHER 64 /* requests of one connection that are answered at once */
#define ATTEMPTS_MAX 3 /* a request that ends the process each time is refused */

/* --- the queue of links that have something to do --- */

static void server_work(struct loop_deferred *work);

static void link_queue(struct link *l)
{
    struct server *sv = l->sv;

    if (l->queued)
        return;
    l->queued = true;
    l->next = NULL;
    l->prev = sv->queue_last;
    *(l->prev ? &l->prev->next : &sv->queue) = l;
    sv->queue_last = l;
    sv->nr_queued++;
    loop_defer(sv->loop, &sv->work, server_work);
}

static void link_unqueue(struct link *l)
{
    struct server *sv = l->sv;

    if (!l->queued)
        return;
    l->queued = false;
    sv->nr_queued--;
    *(l->prev ? &l->prev->next : &sv->queue) = l->next;
    *(l->next ? &l->next->prev : &sv->queue_last) = l->prev;
}

/* Who has so much output that he has to take some before he is listened to. */
static bool link_stuffed(const struct link *l)
{
    const struct store *s = l->sv->s;
    const struct domain *d = l->c->domain;
    size_t out = buf_len(&l->c->out);

    if (out > OUTPUT_MAX)
        return true;
    if (!d || d->domid == DOM0 || !out)
        return false;
    return (s->quota[QUOTA_OUTSTANDING] && conn_outstanding(l->c) >= s->quota[QUOTA_OUTSTANDING]) ||
           (s->quota[QUOTA_MEMORY] && domain_bytes(d) + out + buf_len(&l->c->in) >= s->quota[QUOTA_MEMORY]);
}

static void link_want(struct link *l)
{
    bool in = !l->c->broken && !link_stuffed(l) && !l->starved, out = buf_len(&l->c->out) != 0;

    if (in != l->want_in || out != l->want_out) {
        l->want_in = in;
        l->want_out = out;
        l->ops->want(l, in, out);
    }
}

void server_output(struct server *sv, struct conn *c)
{
    if (c->link && !sv->replaying)
        link_queue(c->link);
}

/* False when the connection is gone. */
static bool link_flush(struct link *l)
{
    struct buf *out = &l->c->out;

    while (buf_len(out)) {
        ssize_t n = l->ops->send(l, buf_data(out), buf_len(out), false);

        if (n == -EAGAIN || n == 0)
            break;
        if (n < 0) {
            server_close(l);
            return false;
        }
        conn_sent(l->c, (size_t)n);
    }
    return true;
}

/* --- a full journal --- */

static void retry_all(struct loop_timer *t)
{
    struct server *sv = (struct server *)((char *)t - offsetof(struct server, retry));

    for (struct conn *c = sv->s->conns; c; c = c->next) {
        struct link *l = c->link;

        if (l) {
            l->starved = false;
            link_queue(l);
        }
    }
}

static void retry_later(struct server *sv)
{
    if (!sv->retry.loop)
        loop_timer_set(sv->loop, &sv->retry, loop_now() + RETRY_NS, retry_all);
}

int server_compact(struct server *sv)
{
    struct buf snapshot = { 0 };
    struct journal *new;
    int rc = snapshot_save(sv->s, &snapshot);

    if (rc == 0)
        rc = journal_create(sv->journal_path, &snapshot, sv->j, &new);
    buf_done(&snapshot);
    if (rc < 0)
        return rc;
    for (struct conn *c = sv->s->conns; c; c = c->next) {
        struct link *l = c->link;

        if (!l)
            continue;
        l->slot = &new->head->slot[l->slot - sv->j->head->slot];
        l->slot->sent = c->produced - buf_len(&c->out);
    }
    journal_close(sv->j);
    sv->j = new;
    sv->full_until = 0;
    return 0;
}

/* A snapshot is work: one that failed is not tried again at once. */
static bool try_compact(struct server *sv)
{
    int rc;

    if (sv->full_until && loop_now() < sv->full_until)
        return false;
    rc = server_compact(sv);
    if (rc < 0) {
        if (!sv->full_until)
            log_err(sv->log, "no space for a snapshot: %s; requests that change something may be refused", strerror(-rc));
        sv->full_until = loop_now() + FULL_NS;
    }
    return rc == 0;
}

/* Between two requests: nothing is half done, so everything is in the snapshot. */
static void compact_if_due(struct server *sv)
{
    if (sv->j->head->tail >= sv->j->limit)
        try_compact(sv);
}

/* Is there room for a record of this size, if need be after a snapshot? */
static bool room_for(struct server *sv, size_t len)
{
    if (journal_has_room(sv->j, len))
        return true;
    return try_compact(sv) && journal_has_room(sv->j, len);
}

/* --- requests --- */

/*
 * A domain whose change made another one's transaction fail waits, twice as long each time; a while without such a
 * change, and it begins anew. So a transaction that is tried again has its chance.
 */
static void spoiler_waits(struct server *sv, const struct conn *victim)
{
    const struct domain *d = domain_find(sv->s, sv->s->spoiler);
    struct link *l = d && d->conn ? d->conn->link : NULL;
    uint64_t now;

    sv->s->spoiler = NOBODY;
    if (!l || d->domid == DOM0 || d->domid == victim->domid || sv->replaying)
        return;
    now = loop_now();
    l->spoils = now > l->waits_until + SPOIL_FORGET_NS ? 0 : l->spoils < SPOILS_MAX ? l->spoils + 1 : SPOILS_MAX;
    l->waits_until = now + (SPOIL_NS << l->spoils);
}

static bool link_waits(struct link *l)
{
    if (!l->waits_until || loop_now() >= l->waits_until)
        return false;
    retry_later(l->sv);
    return true;
}

static int execute(struct server *sv, struct conn *c, struct journal_record *r)
{
    int rc;

    sv->current = r;
    rc = request_execute(sv->s, c, r->outcome == JOURNAL_UNSET ? 0 : r->outcome);
    if (r->outcome == JOURNAL_UNSET)
        r->outcome = rc == -ENOMEM ? rc : 0;
    sv->current = NULL;
    if (sv->s->spoiler != NOBODY)
        spoiler_waits(sv, c);
    return rc;
}

/* The request is answered from the landing place. False: it needs a record, and must not have been executed. */
static bool answer_at_once(struct link *l, uint32_t n, bool pure)
{
    struct server *sv = l->sv;
    struct journal_landing *land = &sv->j->head->landing;
    struct journal_record *r;
    struct conn *c = l->c;
    ssize_t sent;
    size_t len;

    if (!pure)
        land->force = -ENOSPC;
    request_execute(sv->s, c, pure ? 0 : -ENOSPC);
    len = buf_len(&c->out);
    sent = l->ops->send(l, buf_data(&c->out), len, true);
    if (sent < 0)
        sent = 0;
    conn_sent_unrecorded(c, (size_t)sent);
    if ((size_t)sent < len) {
        /* No snapshot now: what landed is not in it. */
        if (journal_keep(sv->j, JOURNAL_AND_EXECUTE, (uint32_t)sent, &r) < 0) {
            log_err(sv->log, "no space for what connection %u does not take: it is closed", c->id);
            return false;
        }
        r->outcome = pure ? 0 : -ENOSPC;
    }
    l->slot->pos = (struct journal_ring_pos){ land->before.in + n, land->before.out + (uint32_t)sent };
    journal_land_done(sv->j);
    l->ops->received(l, n);
    return true;
}

/* What landed becomes a record, and the first request is executed when it is whole. */
static bool record_and_execute(struct link *l, uint32_t n)
{
    struct server *sv = l->sv;
    bool whole = conn_has_request(l->c);
    struct journal_record *r;

    if (journal_keep(sv->j, whole ? JOURNAL_AND_EXECUTE : 0, 0, &r) < 0)
        return false;
    l->slot->pos.in += n;
    journal_land_done(sv->j);
    l->ops->received(l, n);
    if (whole)
        execute(sv, l->c, r);
    return true;
}

/* False when the connection is gone. */
static bool link_input(struct link *l)
{
    struct server *sv = l->sv;
    struct conn *c = l->c;
    bool alone = !buf_len(&c->in) && !buf_len(&c->out), room, done;
    struct xsd_sockmsg hdr = { 0 };
    ssize_t n;

    room = room_for(sv, JOURNAL_LANDING + (buf_len(&c->in) ? 0 : RESERVE));
    if (!room && !(alone && l->ops->is_whole(l))) {
        l->starved = true;
        retry_later(sv);
        return true;
    }
    n = l->ops->receive(l);
    if (n == -EAGAIN)
        return true;
    if (n <= 0) {
        server_close(l);
        return false;
    }
    if (buf_append(&c->in, sv->j->head->landing.data, (size_t)n) < 0)
        abort(); /* it landed: the next process goes on with it */
    memcpy(&hdr, buf_data(&c->in), sizeof(hdr) <= (size_t)n ? sizeof(hdr) : (size_t)n);
    if (alone && conn_has_request(c) && sizeof(hdr) + hdr.len == (size_t)n && (request_is_pure(c) || !room))
        done = answer_at_once(l, (uint32_t)n, request_is_pure(c));
    else
        done = record_and_execute(l, (uint32_t)n);
    if (!done || (c->broken && !c->domain)) {
        server_close(l);
        return false;
    }
    return true;
}

/* One request that was received already. */
static bool execute_next(struct link *l)
{
    struct server *sv = l->sv;
    struct journal_record *r;

    if (!room_for(sv, 0) || journal_append(sv->j, JOURNAL_EXECUTE, 0, l->c->id, NULL, 0, &r) < 0) {
        retry_later(sv);
        return false;
    }
    execute(sv, l->c, r);
    return true;
}

/* While nobody else waits for his turn, a program of dom0's gets some answers in one piece. */
static void execute_some(struct link *l)
{
    for (unsigned n = 0; n < TOGETHER; n++) {
        if (!execute_next(l) || l->ring || l->sv->nr_queued > l->queued)
            return;
        if (!conn_has_request(l->c) || link_stuffed(l) || link_waits(l))
            return;
    }
}

static void mute_or_unmute(struct link *l)
{
    struct conn *c = l->c;
    bool mute = c->muted ? buf_len(&c->out) != 0 : buf_len(&c->out) > MUTE_MAX;

    if (mute == c->muted || !room_for(l->sv, 0))
        return;
    journal_append(l->sv->j, mute ? JOURNAL_MUTE : JOURNAL_UNMUTE, 0, c->id, NULL, 0, NULL);
    conn_mute(l->sv->s, c, mute);
}

static bool link_more(struct link *l)
{
    return conn_has_request(l->c) || (!l->c->broken && l->ops->more && l->ops->more(l));
}

static void link_work(struct link *l, bool input)
{
    struct server *sv = l->sv;

    compact_if_due(sv);
    link_unqueue(l);
    if (!link_stuffed(l) && !link_waits(l)) {
        if (conn_has_request(l->c))
            execute_some(l);
        else if (input && !l->c->broken && !link_input(l))
            return;
    }
    if (!link_flush(l))
        return;
    link_unqueue(l); /* its own output queued it */
    mute_or_unmute(l);
    if (link_more(l) && !link_stuffed(l) && !link_waits(l) && !sv->retry.loop)
        link_queue(l);
    link_want(l);
}

void link_ready(struct link *l)
{
    link_work(l, true);
}

static void server_work(struct loop_deferred *work)
{
    struct server *sv = (struct server *)((char *)work - offsetof(struct server, work));

    /* Who is queued again waits for the next round: others have input. */
    for (unsigned n = sv->nr_queued; n && sv->queue; n--)
        link_work(sv->queue, sv->queue->ring != NULL);
    if (sv->queue)
        loop_defer(sv->loop, &sv->work, server_work);
}

/* --- connections --- */

int server_attach(struct server *sv, struct link *l, struct conn *c)
{
    l->slot = journal_slot_find(sv->j, c->id);
    if (!l->slot)
        l->slot = journal_slot_add(sv->j, c->id);
    if (!l->slot)
        return -ENOSPC;
    l->sv = sv;
    l->c = c;
    c->link = l;
    link_queue(l);
    return 0;
}

int server_accept(struct server *sv, uint32_t id, int fd)
{
    struct conn *c;
    int rc;

    if (!room_for(sv, 0) || journal_append(sv->j, JOURNAL_ACCEPT, 0, id, NULL, 0, NULL) < 0)
        return -ENOSPC;
    c = conn_new(sv->s, id, NULL);
    if (!c)
        abort(); /* recorded: the next process does it */
    rc = socket_attach(sv, c, fd);
    if (rc < 0) {
        journal_append(sv->j, JOURNAL_CLOSE, 0, id, NULL, 0, NULL);
        conn_free(sv->s, c);
    }
    return rc;
}

void server_detach(struct link *l)
{
    l->c->link = NULL;
    l->slot->conn = 0;
    link_unqueue(l);
    l->ops->close(l);
    free(l);
}

void server_close(struct link *l)
{
    struct server *sv = l->sv;
    struct conn *c = l->c;

    journal_land_done(sv->j);
    /* Without room, the next process finds nobody at the other end. */
    journal_append(sv->j, JOURNAL_CLOSE, 0, c->id, NULL, 0, NULL);
    server_detach(l);
    conn_free(sv->s, c);
}

void server_domain_event(struct server *sv, enum journal_kind kind, unsigned domid)
{
    /* Without room it is not lost: the hypervisor is asked again. */
    if (!room_for(sv, 0) || journal_append(sv->j, kind, 0, domid, NULL, 0, NULL) < 0)
        return;
    if (kind == JOURNAL_SHUTDOWN)
        store_domain_shutdown(sv->s, domid);
    else
        store_domain_dead(sv->s, domid);
}

/* --- start --- */

/*
 * A request that was not executed to its end, or whose process died meanwhile, is tried again, but not for ever. What
 * found enough memory the first time has to find it now: its client may have been told.
 */
static int replay_execute(struct server *sv, struct conn *c, struct journal_record *r)
{
    bool done = r->outcome == 0;
    int rc;

    if (!conn_has_request(c))
        return 0;
    if (r->outcome == JOURNAL_UNSET && ++r->attempts > ATTEMPTS_MAX)
        r->outcome = -EIO;
    rc = execute(sv, c, r);
    if (r->replied <= buf_len(&c->out))
        conn_sent_unrecorded(c, r->replied);
    return done && rc == -ENOMEM ? rc : 0;
}

static int replay_dom0(struct server *sv, const struct journal_record *r)
{
    struct journal_dom0 d;

    if (r->size - sizeof(*r) != sizeof(d))
        return -EBADMSG;
    memcpy(&d, r->payload, sizeof(d));
    return store_introduce(sv->s, r->conn, d.mfn, d.port);
}

static int replay_record(struct server *sv, struct journal_record *r)
{
    struct conn *c = conn_find(sv->s, r->conn);
    int rc = 0;

    switch (r->kind) {
    case JOURNAL_ACCEPT:
        return c || !r->conn ? -EBADMSG : conn_new(sv->s, r->conn, NULL) ? 0 : -ENOMEM;
    case JOURNAL_SHUTDOWN:
        store_domain_shutdown(sv->s, r->conn);
        return 0;
    case JOURNAL_DEAD:
        store_domain_dead(sv->s, r->conn);
        return 0;
    case JOURNAL_DOM0:
        return replay_dom0(sv, r);
    }
    if (!c)
        return -EBADMSG;
    if (r->kind == JOURNAL_MUTE || r->kind == JOURNAL_UNMUTE)
        conn_mute(sv->s, c, r->kind == JOURNAL_MUTE);
    if (r->kind == JOURNAL_CLOSE)
        conn_free(sv->s, c);
    if (r->kind == JOURNAL_INPUT)
        rc = buf_append(&c->in, r->payload, r->size - sizeof(*r));
    if (rc == 0 && (r->kind == JOURNAL_EXECUTE || (r->kind == JOURNAL_INPUT && r->flags & JOURNAL_AND_EXECUTE)))
        rc = replay_execute(sv, c, r);
    return rc;
}

/* Output that was sent before the process ended is not sent again. */
static void drop_sent(struct server *sv, struct conn *c)
{
    const struct journal_slot *slot = journal_slot_find(sv->j, c->id);
    uint64_t left = c->produced - (slot ? slot->sent : 0);

    if (left < buf_len(&c->out))
        conn_sent(c, buf_len(&c->out) - (size_t)left);
}

int server_replay(struct server *sv)
{
    size_t size;
    const void *snapshot = journal_snapshot(sv->j, &size);
    struct journal_record *r;
    uint64_t pos = 0;
    int rc = snapshot_load(sv->s, snapshot, size);

    if (rc == 0)
        rc = journal_recover(sv->j);
    sv->replaying = true;
    sv->s->log = NULL; /* it was said */
    while (rc == 0 && (r = journal_next(sv->j, &pos)))
        rc = replay_record(sv, r);
    sv->replaying = false;
    sv->s->log = sv->log;
    if (rc == 0 && pos && pos != sv->j->head->tail)
        rc = -EBADMSG;
    if (rc < 0)
        return rc;
    for (struct conn *c = sv->s->conns; c; c = c->next)
        drop_sent(sv, c);
    for (uint32_t i = 0; i < sv->j->head->nr_slots; i++)
        if (sv->j->head->slot[i].conn && !conn_find(sv->s, sv->j->head->slot[i].conn))
            sv->j->head->slot[i].conn = 0;
    return 0;
}

int server_start(struct server *sv, const struct store_ops *ops)
{
    int rc = store_new(ops, sv, sv->log, &sv->s);

    if (rc < 0)
        return rc;
    rc = journal_open(sv->journal_path, &sv->j);
    if (rc == 0) {
        rc = server_replay(sv);
        if (rc < 0)
            log_err(sv->log, "%s cannot be read: %s", sv->journal_path, strerror(-rc));
        return rc;
    }
    return rc == -ENOENT ? 1 : rc;
}

void server_resume(struct server *sv)
{
    struct conn *next;

    for (struct conn *c = sv->s->conns; c; c = next) {
        next = c->next;
        if (c->link || c->domain)
            continue;
        log_warn(sv->log, "the client of connection %u is lost: nobody held its socket", c->id);
        journal_append(sv->j, JOURNAL_CLOSE, 0, c->id, NULL, 0, NULL);
        conn_free(sv->s, c);
    }
}

void server_stop(struct server *sv)
{
    for (struct conn *c = sv->s ? sv->s->conns : NULL; c; c = c->next) {
        struct link *l = c->link;

        if (l) {
            link_unqueue(l);
            l->ops->close(l);
            free(l);
        }
        c->link = NULL;
    }
    loop_deferred_remove(&sv->work);
    loop_timer_remove(&sv->retry);
    store_free(sv->s);
    journal_close(sv->j);
    sv->s = NULL;
    sv->j = NULL;
}
