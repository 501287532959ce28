/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host for the console daemon, in one folder: the fake hypervisor (tests/fake/ctrl_fake.h), a fake store, guests that are
 * played here, and the daemon itself as a process, with its keeper. Everything that is waited for has a deadline.
 */
#ifndef TESTS_CONSOLE_WORLD_H
#define TESTS_CONSOLE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "ctrl/console_ring.h"
#include "ctrl/ctrl.h"
#include "fake/ctrl_fake.h"

#define SECONDS 60

/* Waits until the condition holds; the test fails when it does not within SECONDS. */
#define until(...)                                                                                                       \
    do {                                                                                                                 \
        uint64_t end_ = world_ms() + SECONDS * 1000;                                                                     \
        while (!(__VA_ARGS__))                                                                                             \
            world_pause(end_, #__VA_ARGS__, __FILE__, __LINE__);                                                           \
    } while (0)

uint64_t world_ms(void);
void world_pause(uint64_t end, const char *what, const char *file, int line);

extern char world_folder[];
void world_path(char *path, size_t size, const char *name);

/* cmocka's setup and teardown of a group. */
int world_setup(void **state);
int world_setup_with_store(void **state); /* with our xenstored */
int world_teardown(void **state);
/* And its teardown of each test. */
int world_after_test(void **state);

struct guest;
/* The store: of a console (its folder is given by its guest), and of any path. */
void console_write(const struct guest *guest, const char *key, const char *value);
void store_put(const char *path, const char *value);
/* Is that the value? NULL: there is none. */
bool store_has(const char *path, const char *value);
void store_remove(const char *path);
/* kill -9 of the store's daemon, all of it; and another one. */
void store_kill(void);
bool store_start(void);

/* Options end with NULL. The daemon is ready when this returns. */
void daemon_begin(const char *const *options);
/* Another program, which may fail: its exit status. */
int daemon_try(const char *program, const char *const *options);
void daemon_end(void);
pid_t daemon_worker(void);
/* To the daemon's first process. */
void daemon_signal(int number);
/* kill -9 of the worker. */
void daemon_kill(void);

struct guest {
    uint32_t domid, port, store_port;
    unsigned number; /* of this console */
    struct ctrl_evtchn *evtchn;
    struct console_ring *ring;
    uint64_t written; /* by guest_flood: the position in its stream */
    char name[32];
};

void guest_begin(struct guest *guest, uint32_t domid);
void guest_begin_as(struct guest *guest, uint32_t domid, const char *name);
/* It is there, and its nodes; it is not introduced to the store. */
void guest_make(struct guest *guest, uint32_t domid, const char *name);
/* Crashes or is destroyed: the toolstack and the store notice. */
void guest_end(struct guest *guest);
void guest_introduce(struct guest *guest);
/*
 * Another console of the guest, 1 or 2, which is a struct guest of its own: its page is granted, its port there. The store does
 * not know of it yet.
 */
void other_begin(struct guest *other, const struct guest *guest, unsigned number);
/* Writes where the ring is, as the guest's driver does. */
void other_connect(const struct guest *other);
void other_free(struct guest *other);
/* As much as fits; tells the daemon. */
size_t guest_write(struct guest *guest, const char *bytes, size_t n);
void guest_print(struct guest *guest, const char *text);
size_t guest_read(struct guest *guest, char *bytes, size_t n);

/* Byte p of a guest's own endless text. */
char stream_byte(uint32_t domid, uint64_t p);
/* Continues the text, as much as fits, up to `end`. */
void guest_flood(struct guest *guest, uint64_t end);

/* The log file's bytes are the first `n` of the guest's text and no more; -1: it is something else. */
int log_compare(const struct guest *guest, uint64_t n);
uint64_t log_size(const struct guest *guest);

/* The pseudo-terminal that the store names; waits until there is one. */
int tty_open(const struct guest *guest);
/* Another pseudo-terminal, named by a node of the store; text waits there for whoever opens it. Returns the other end. */
int terminal_put(const char *path, const char *text);
/* A connection to the daemon's socket on which this line was said, and its answer. */
int client_open(const char *line, char *answer, size_t size);
/* Reads until n bytes or the end; returns how many. */
size_t read_all(int fd, char *bytes, size_t n);

#endif
