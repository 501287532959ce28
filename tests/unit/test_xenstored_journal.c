/* SPDX-License-Identifier: GPL-2.0-only */
/* The journal's file: records, what landed and what was sent at the moment of a death, files that are none of ours. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "xenstored/journal.h"

static char folder[] = "/dev/shm/journal-XXXXXX", path[64];
static struct journal *j;
static struct journal_slot *slot;
static int pair[2];

static int setup(void **state)
{
    struct buf snapshot = { 0 };

    (void)state;
    strcpy(folder, "/dev/shm/journal-XXXXXX");
    if (!mkdtemp(folder) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return -1;
    snprintf(path, sizeof(path), "%s/journal", folder);
    if (buf_append(&snapshot, "snapshot", 8) < 0 || journal_create(path, &snapshot, NULL, &j) < 0)
        return -1;
    buf_done(&snapshot);
    slot = journal_slot_add(j, 7);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    journal_close(j);
    close(pair[0]);
    close(pair[1]);
    unlink(path);
    return rmdir(folder);
}

/* Another process finds the file as it is. */
static void die(void)
{
    journal_close(j);
    j = NULL;
    assert_int_equal(journal_open(path, &j), 0);
    slot = journal_slot_find(j, 7);
    assert_non_null(slot);
}

static struct journal_record *only_record(void)
{
    struct journal_record *r;
    uint64_t pos = 0;

    r = journal_next(j, &pos);
    assert_null(journal_next(j, &pos));
    return r;
}

static void assert_input(const struct journal_record *r, const char *text, uint32_t replied)
{
    assert_non_null(r);
    assert_int_equal(r->kind, JOURNAL_INPUT);
    assert_int_equal(r->conn, 7);
    assert_int_equal(r->size, sizeof(*r) + strlen(text));
    assert_memory_equal(r->payload, text, strlen(text));
    assert_int_equal(r->replied, replied);
}

static void records(void **state)
{
    struct journal_record *r;
    uint64_t pos = 0;
    size_t size;

    (void)state;
    assert_int_equal(journal_append(j, JOURNAL_ACCEPT, 0, 7, NULL, 0, NULL), 0);
    assert_int_equal(journal_append(j, JOURNAL_INPUT, JOURNAL_AND_EXECUTE, 7, "abcde", 5, &r), 0);
    r->outcome = -5;
    die();
    assert_memory_equal(journal_snapshot(j, &size), "snapshot", 8);
    assert_int_equal(size, 8);
    assert_int_equal(journal_next(j, &pos)->kind, JOURNAL_ACCEPT);
    r = journal_next(j, &pos);
    assert_input(r, "abcde", 0);
    assert_int_equal(r->flags, JOURNAL_AND_EXECUTE);
    assert_int_equal(r->outcome, -5);
    assert_int_equal(r->answer, JOURNAL_UNSET);
    assert_null(journal_next(j, &pos));
}

/* A death at each step of taking bytes from a socket: they are there once, or still in the socket. */
static void death_while_receiving(void **state)
{
    struct journal_record *r;
    char byte;

    (void)state;
    assert_int_equal(journal_receive(j, slot, pair[0]), -EAGAIN);
    assert_int_equal(send(pair[1], "hello", 5, 0), 5);
    journal_arm(j, slot); /* the call did not happen */
    die();
    assert_int_equal(journal_recover(j), 0);
    assert_null(only_record());
    assert_int_equal(journal_receive(j, slot, pair[0]), 5); /* it did, and then ... */
    die();
    assert_int_equal(journal_recover(j), 0);
    assert_input(only_record(), "hello", 0);
    die(); /* ... again, before or after the end of the recovery */
    assert_int_equal(journal_recover(j), 0);
    assert_input(only_record(), "hello", 0);
    assert_int_equal(recv(pair[0], &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(send(pair[1], "again", 5, 0), 5);
    assert_int_equal(journal_receive(j, slot, pair[0]), 5);
    assert_int_equal(journal_keep(j, 0, 0, &r), 0); /* recorded, and not yet forgotten */
    die();
    assert_int_equal(journal_recover(j), 0);
    {
        uint64_t pos = 0;

        assert_input(journal_next(j, &pos), "hello", 0);
        assert_input(journal_next(j, &pos), "again", 0);
        assert_null(journal_next(j, &pos));
    }
    close(pair[1]);
    assert_int_equal(journal_receive(j, slot, pair[0]), 0);
    pair[1] = dup(pair[0]);
}

static void death_while_sending(void **state)
{
    (void)state;
    assert_int_equal(journal_send(j, slot, pair[0], "12345", 5, false), 5);
    assert_int_equal(slot->sent, 5);
    j->head->sending.armed = 1; /* the count is the kernel's, the slot's is behind */
    slot->sent = 0;
    die();
    assert_int_equal(journal_recover(j), 0);
    assert_int_equal(slot->sent, 5);
    journal_send_arm(j, slot, false); /* the call did not happen */
    die();
    assert_int_equal(journal_recover(j), 0);
    assert_int_equal(slot->sent, 5);
    close(pair[1]);
    assert_int_equal(journal_send(j, slot, pair[0], "x", 1, false), -EPIPE);
    assert_int_equal(slot->sent, 5);
    pair[1] = dup(pair[0]);
}

/* A request that is answered from the landing place is a record when the process died on the way, with what was sent. */
static void death_while_answering(void **state)
{
    (void)state;
    assert_int_equal(send(pair[1], "read", 4, 0), 4);
    assert_int_equal(journal_receive(j, slot, pair[0]), 4);
    j->head->landing.force = -28;
    assert_int_equal(journal_send(j, slot, pair[0], "val", 3, true), 3);
    die();
    assert_int_equal(journal_recover(j), 0);
    assert_input(only_record(), "read", 3);
    assert_int_equal(only_record()->flags, JOURNAL_AND_EXECUTE);
    assert_int_equal(only_record()->outcome, -28);
    assert_int_equal(slot->sent, 0);
}

static void answered_at_once(void **state)
{
    (void)state;
    assert_int_equal(send(pair[1], "read", 4, 0), 4);
    assert_int_equal(journal_receive(j, slot, pair[0]), 4);
    assert_int_equal(journal_send(j, slot, pair[0], "value", 5, true), 5);
    journal_land_done(j);
    die();
    assert_int_equal(journal_recover(j), 0);
    assert_null(only_record());
    assert_int_equal(slot->sent, 0);
}

/* The same for a ring, whose positions are the slot's. */
static void rings(void **state)
{
    struct journal_record *r;

    (void)state;
    slot->pos = (struct journal_ring_pos){ 100, 200 };
    journal_arm(j, slot);
    memcpy(j->head->landing.data, "ring", 4);
    journal_landed(j, 4);
    assert_int_equal(journal_keep(j, 0, 0, &r), 0);
    die(); /* before the position is moved */
    assert_int_equal(journal_recover(j), 0);
    assert_input(only_record(), "ring", 0);
    assert_int_equal(slot->pos.in, 104);
    assert_int_equal(slot->pos.out, 200);
    journal_arm(j, slot);
    memcpy(j->head->landing.data, "pure", 4);
    journal_landed(j, 4);
    journal_send_arm(j, slot, true);
    journal_send_done(j, slot, 6, true, true);
    slot->pos = (struct journal_ring_pos){ 108, 206 };
    die(); /* answered, and not yet forgotten */
    assert_int_equal(journal_recover(j), 0);
    assert_input(only_record(), "ring", 0);
    assert_int_equal(slot->pos.in, 108);
    assert_int_equal(slot->pos.out, 206);
    journal_send_arm(j, slot, false);
    journal_send_done(j, slot, 10, true, false);
    assert_int_equal(slot->pos.out, 216);
    assert_int_equal(slot->sent, 10);
}

static void slots(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < JOURNAL_CONNS; i++)
        assert_non_null(journal_slot_add(j, 1000 + i));
    assert_null(journal_slot_add(j, 99));
    journal_slot_find(j, 1500)->conn = 0;
    assert_non_null(journal_slot_add(j, 99));
    assert_null(journal_slot_find(j, 1500));
}

/* --- files that are none --- */

static void bad_file(size_t at, const void *bytes, size_t n)
{
    struct journal *other = NULL;
    uint8_t was[64];
    int fd = open(path, O_RDWR);

    assert_int_equal(pread(fd, was, n, (off_t)at), n);
    assert_int_equal(pwrite(fd, bytes, n, (off_t)at), n);
    assert_true(journal_open(path, &other) < 0);
    assert_null(other);
    assert_int_equal(pwrite(fd, was, n, (off_t)at), n);
    close(fd);
}

static void bad_files(void **state)
{
    static const uint64_t huge = 1ull << 40, odd = 12345;
    struct journal *other = NULL;
    struct journal_record *r;
    uint64_t pos = 0;

    (void)state;
    assert_int_equal(journal_open("/dev/shm/there/is/none", &other), -ENOENT);
    assert_int_equal(journal_open("/proc/self/exe", &other), -ETXTBSY);
    bad_file(offsetof(struct journal_head, magic), "Y", 1);
    bad_file(offsetof(struct journal_head, boot), "another boot", 12);
    bad_file(offsetof(struct journal_head, head_size), &huge, 4);
    bad_file(offsetof(struct journal_head, nr_slots), "\377\377\377\377", 4);
    bad_file(offsetof(struct journal_head, snapshot_size), &huge, 8);
    bad_file(offsetof(struct journal_head, tail), &huge, 8);
    bad_file(offsetof(struct journal_head, tail), &odd, 8);
    assert_int_equal(journal_append(j, JOURNAL_ACCEPT, 0, 7, NULL, 0, &r), 0);
    r->size = 1u << 30;
    assert_null(journal_next(j, &pos));
    r->size = 8;
    assert_null(journal_next(j, &pos));
    r->size = sizeof(*r);
    r->kind = JOURNAL_KINDS;
    assert_null(journal_next(j, &pos));
    assert_int_equal(truncate(path, 4096), 0);
    assert_int_equal(journal_open(path, &other), -EBADMSG);
    assert_null(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records, setup, teardown),
        cmocka_unit_test_setup_teardown(death_while_receiving, setup, teardown),
        cmocka_unit_test_setup_teardown(death_while_sending, setup, teardown),
        cmocka_unit_test_setup_teardown(death_while_answering, setup, teardown),
        cmocka_unit_test_setup_teardown(answered_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(rings, setup, teardown),
        cmocka_unit_test_setup_teardown(slots, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_files, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
