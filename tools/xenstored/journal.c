/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define MAP_MAX ((size_t)1 << 30) /* of address space; the file is as long as it is allocated */
#define GROW ((size_t)1 << 20)
#define RECORDS_MIN ((size_t)8 << 20) /* before a new snapshot is worth it */

#define HEAD_SIZE ((sizeof(struct journal_head) + 4095) & ~(size_t)4095)

/* What follows is stored after what precedes it, as the next process sees it. */
#define ORDER() __asm__ __volatile__("" ::: "memory")

static size_t align8(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

/* --- the file --- */

static int journal_grow(struct journal *j, size_t size)
{
    size = (size + GROW - 1) & ~(GROW - 1);
    if (size > MAP_MAX || j->fd < 0)
        return -ENOSPC;
    if (fallocate(j->fd, 0, (off_t)j->size, (off_t)(size - j->size)) < 0)
        return errno == ENOMEM ? -ENOMEM : -ENOSPC; /* pages that are not there cannot be stored to */
    j->size = size;
    return 0;
}

static int journal_map(struct journal *j)
{
    void *map = mmap(NULL, MAP_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, j->fd, 0);

    if (map == MAP_FAILED)
        return -errno;
    j->head = map;
    j->mapped = MAP_MAX;
    return 0;
}

static struct journal *journal_alloc(int fd)
{
    struct journal *j = calloc(1, sizeof(*j));

    if (j)
        j->fd = fd;
    else
        close(fd);
    return j;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->head)
        munmap(j->head, j->mapped);
    if (j->fd >= 0)
        close(j->fd);
    free(j);
}

static void limit_set(struct journal *j)
{
    size_t snapshot = j->head->snapshot_size;

    j->start = HEAD_SIZE + align8(snapshot);
    j->limit = j->start + (2 * snapshot > RECORDS_MIN ? 2 * snapshot : RECORDS_MIN);
    if (j->limit > j->mapped - GROW)
        j->limit = j->mapped - GROW;
}

/* "" when the kernel does not say. */
static void boot_id(char ret_id[40])
{
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

    if (!f || fscanf(f, "%39s", ret_id) != 1)
        ret_id[0] = 0;
    if (f)
        fclose(f);
}

static int journal_fill(struct journal *j, const struct buf *snapshot, const struct journal *from)
{
    int rc = journal_grow(j, HEAD_SIZE + buf_len(snapshot) + GROW);
    struct journal_head *h;

    if (rc == 0)
        rc = journal_map(j);
    if (rc < 0)
        return rc;
    h = j->head;
    h->head_size = sizeof(*h);
    boot_id(h->boot);
    h->snapshot_size = buf_len(snapshot);
    if (buf_len(snapshot))
        memcpy((uint8_t *)h + HEAD_SIZE, buf_data(snapshot), buf_len(snapshot));
    h->landing.seq = 1;
    if (from) {
        h->landing.seq = from->head->landing.seq;
        h->virq_port = from->head->virq_port;
        h->nr_slots = from->head->nr_slots;
        memcpy(h->slot, from->head->slot, h->nr_slots * sizeof(h->slot[0]));
    }
    limit_set(j);
    h->tail = j->start;
    ORDER();
    memcpy(h->magic, JOURNAL_MAGIC, sizeof(h->magic));
    return 0;
}

int journal_create(const char *path, const struct buf *snapshot, const struct journal *from, struct journal **ret_journal)
{
    _cleanup_free_ char *new_path = NULL;
    struct journal *j;
    int fd, rc;

    if (asprintf(&new_path, "%s.new", path) < 0) {
        new_path = NULL;
        return -ENOMEM;
    }
    fd = open(new_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    j = journal_alloc(fd);
    rc = j ? journal_fill(j, snapshot, from) : -ENOMEM;
    if (rc == 0 && rename(new_path, path) < 0)
        rc = -errno;
    if (rc < 0) {
        unlink(new_path);
        journal_close(j);
        return rc;
    }
    *ret_journal = j;
    return 0;
}

static int head_check(struct journal *j)
{
    const struct journal_head *h = j->head;

    if (j->size < HEAD_SIZE || memcmp(h->magic, JOURNAL_MAGIC, sizeof(h->magic)) || h->head_size != sizeof(*h))
        return -EBADMSG;
    if (h->nr_slots > JOURNAL_CONNS || h->snapshot_size > j->size - HEAD_SIZE)
        return -EBADMSG;
    limit_set(j);
    return h->tail < j->start || h->tail > j->size || h->tail % 8 ? -EBADMSG : 0;
}

int journal_open_memory(void *data, size_t size, struct journal *ret_journal)
{
    *ret_journal = (struct journal){ .fd = -1, .head = data, .mapped = size < GROW ? GROW : size, .size = size };
    return head_check(ret_journal);
}

int journal_open(const char *path, struct journal **ret_journal)
{
    int fd = open(path, O_RDWR | O_CLOEXEC), rc;
    struct journal *j;
    struct stat st;
    char boot[40];

    if (fd < 0)
        return -errno;
    j = journal_alloc(fd);
    if (!j)
        return -ENOMEM;
    rc = fstat(fd, &st) < 0 ? -errno : st.st_size < (off_t)HEAD_SIZE || st.st_size > (off_t)MAP_MAX ? -EBADMSG : 0;
    if (rc == 0) {
        j->size = (size_t)st.st_size;
        rc = journal_map(j);
    }
    if (rc == 0)
        rc = head_check(j);
    boot_id(boot);
    if (rc == 0 && strncmp(boot, j->head->boot, sizeof(boot)))
        rc = -ENOENT;
    if (rc < 0) {
        journal_close(j);
        return rc;
    }
    *ret_journal = j;
    return 0;
}

const void *journal_snapshot(const struct journal *j, size_t *ret_size)
{
    *ret_size = j->head->snapshot_size;
    return (const uint8_t *)j->head + HEAD_SIZE;
}

/* --- records --- */

struct journal_record *journal_next(const struct journal *j, uint64_t *pos)
{
    uint64_t at = *pos ? *pos : j->start, left;
    struct journal_record *r;

    left = j->head->tail - at;
    if (at >= j->head->tail || left < sizeof(*r))
        return NULL;
    r = (struct journal_record *)((uint8_t *)j->head + at);
    if (r->size < sizeof(*r) || align8(r->size) > left || r->kind == 0 || r->kind >= JOURNAL_KINDS)
        return NULL;
    *pos = at + align8(r->size);
    return r;
}

bool journal_has_room(struct journal *j, size_t len)
{
    size_t end = j->head->tail + align8(sizeof(struct journal_record) + len);

    return end <= j->size || journal_grow(j, end) == 0;
}

int journal_append(struct journal *j, enum journal_kind kind, uint32_t flags, uint32_t conn, const void *payload,
                   size_t len, struct journal_record **ret_record)
{
    struct journal_record *r;

    if (!journal_has_room(j, len))
        return -ENOSPC;
    r = (struct journal_record *)((uint8_t *)j->head + j->head->tail);
    *r = (struct journal_record){
        .size = (uint32_t)(sizeof(*r) + len),
        .kind = (uint16_t)kind,
        .flags = (uint16_t)flags,
        .conn = conn,
        .outcome = JOURNAL_UNSET,
        .answer = JOURNAL_UNSET,
    };
    if (len)
        memcpy(r->payload, payload, len);
    ORDER();
    j->head->tail += align8(r->size);
    ORDER();
    if (ret_record)
        *ret_record = r;
    return 0;
}

/* --- slots --- */

struct journal_slot *journal_slot_find(const struct journal *j, uint32_t conn)
{
    for (uint32_t i = 0; i < j->head->nr_slots; i++)
        if (j->head->slot[i].conn == conn)
            return &j->head->slot[i];
    return NULL;
}

struct journal_slot *journal_slot_add(struct journal *j, uint32_t conn)
{
    struct journal_slot *slot = journal_slot_find(j, 0);

    if (!slot) {
        if (j->head->nr_slots == JOURNAL_CONNS)
            return NULL;
        slot = &j->head->slot[j->head->nr_slots++];
    }
    *slot = (struct journal_slot){ .conn = 0 };
    ORDER();
    slot->conn = conn;
    ORDER();
    return slot;
}

/* --- landing --- */

void journal_arm(struct journal *j, const struct journal_slot *slot)
{
    struct journal_landing *l = &j->head->landing;

    l->mm.msg_len = JOURNAL_NO_COUNT;
    l->conn = slot->conn;
    l->before = slot->pos;
    l->force = JOURNAL_UNSET;
    l->seq++;
    ORDER();
    l->armed = 1;
    ORDER();
}

void journal_landed(struct journal *j, uint32_t n)
{
    ORDER();
    j->head->landing.mm.msg_len = n;
    ORDER();
}

ssize_t journal_receive(struct journal *j, const struct journal_slot *slot, int fd)
{
    struct journal_landing *l = &j->head->landing;

    l->iov = (struct iovec){ l->data, sizeof(l->data) };
    l->mm.msg_hdr = (struct msghdr){ .msg_iov = &l->iov, .msg_iovlen = 1 };
    journal_arm(j, slot);
    if (recvmmsg(fd, &l->mm, 1, MSG_DONTWAIT, NULL) < 0) {
        int error = errno;

        journal_land_done(j);
        return -error;
    }
    if (!l->mm.msg_len)
        journal_land_done(j);
    return l->mm.msg_len;
}

int journal_keep(struct journal *j, uint32_t flags, uint32_t replied, struct journal_record **ret_record)
{
    const struct journal_landing *l = &j->head->landing;
    struct journal_record *r;

    if (!journal_has_room(j, l->mm.msg_len))
        return -ENOSPC;
    /* Of one piece: seq and replied are in it before it counts. */
    r = (struct journal_record *)((uint8_t *)j->head + j->head->tail);
    *r = (struct journal_record){
        .size = (uint32_t)(sizeof(*r) + l->mm.msg_len),
        .kind = JOURNAL_INPUT,
        .flags = (uint16_t)flags,
        .conn = l->conn,
        .outcome = l->force,
        .answer = JOURNAL_UNSET,
        .replied = replied,
        .seq = l->seq,
    };
    memcpy(r->payload, l->data, l->mm.msg_len);
    ORDER();
    j->head->tail += align8(r->size);
    ORDER();
    *ret_record = r;
    return 0;
}

void journal_land_done(struct journal *j)
{
    ORDER();
    j->head->landing.armed = 0;
    ORDER();
}

/* --- sending --- */

void journal_send_arm(struct journal *j, struct journal_slot *slot, bool transient)
{
    struct journal_sending *s = &j->head->sending;

    s->armed = 0;
    ORDER();
    s->mm.msg_len = JOURNAL_NO_COUNT;
    s->slot = (uint32_t)(slot - j->head->slot);
    s->before = slot->sent;
    s->pos_before = slot->pos;
    s->seq = transient ? j->head->landing.seq : 0;
    ORDER();
    s->armed = 1;
    ORDER();
}

void journal_send_done(struct journal *j, struct journal_slot *slot, uint32_t n, bool ring, bool transient)
{
    struct journal_sending *s = &j->head->sending;

    if (ring) {
        ORDER();
        s->mm.msg_len = n;
    }
    if (transient)
        return; /* the landing's end is its end */
    ORDER();
    slot->sent = s->before + n;
    if (ring)
        slot->pos.out = s->pos_before.out + n;
    ORDER();
    s->armed = 0;
    ORDER();
}

ssize_t journal_send(struct journal *j, struct journal_slot *slot, int fd, const void *data, size_t len, bool transient)
{
    struct journal_sending *s = &j->head->sending;

    s->iov = (struct iovec){ (void *)data, len };
    s->mm.msg_hdr = (struct msghdr){ .msg_iov = &s->iov, .msg_iovlen = 1 };
    journal_send_arm(j, slot, transient);
    if (sendmmsg(fd, &s->mm, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        int error = errno;

        s->armed = 0;
        return -error;
    }
    journal_send_done(j, slot, s->mm.msg_len, false, transient);
    return s->mm.msg_len;
}

/* --- after a restart --- */

static void recover_sending(struct journal *j)
{
    struct journal_sending *s = &j->head->sending;
    uint32_t n = s->mm.msg_len == JOURNAL_NO_COUNT ? 0 : s->mm.msg_len;
    struct journal_slot *slot;

    if (!s->armed || s->seq || s->slot >= j->head->nr_slots)
        return;
    slot = &j->head->slot[s->slot];
    slot->sent = s->before + n;
    slot->pos.out = s->pos_before.out + n; /* not looked at of a socket */
    s->armed = 0;
}

static struct journal_record *last_record(const struct journal *j)
{
    struct journal_record *r, *last = NULL;
    uint64_t pos = 0;

    while ((r = journal_next(j, &pos)))
        last = r;
    return last;
}

int journal_recover(struct journal *j)
{
    struct journal_landing *l = &j->head->landing;
    struct journal_sending *s = &j->head->sending;
    struct journal_record *r = last_record(j);
    uint32_t n = l->mm.msg_len, replied = 0;
    struct journal_slot *slot;
    int rc;

    recover_sending(j);
    if (!l->armed || n == JOURNAL_NO_COUNT || n == 0 || n > sizeof(l->data))
        goto done;
    slot = journal_slot_find(j, l->conn);
    if (!slot)
        goto done;
    if (!r || r->seq != l->seq) {
        if (slot->pos.in != l->before.in)
            goto done; /* a ring's request that was answered without a record */
        if (s->armed && s->seq == l->seq && s->mm.msg_len != JOURNAL_NO_COUNT)
            replied = s->mm.msg_len;
        rc = journal_keep(j, s->armed && s->seq == l->seq ? JOURNAL_AND_EXECUTE : 0, replied, &r);
        if (rc < 0)
            return rc;
    }
    slot->pos = (struct journal_ring_pos){ l->before.in + n, l->before.out + r->replied };
done:
    s->armed = 0;
    journal_land_done(j);
    return 0;
}
