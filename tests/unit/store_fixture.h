/* SPDX-License-Identifier: GPL-2.0-only */
/* A daemon of one thread that follows a script: what it must be asked, and what it says, byte for byte. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fault.h"
#include "store/wire.h"

/* One exchange. `ask` and `answer` are payloads as string literals; S() gives a literal with its last NUL. */
struct step {
    uint32_t type;
    const char *ask;
    size_t ask_len;
    uint32_t answer_type;
    const char *answer;
    size_t answer_len;
    const char *event; /* sent before the answer, unless NULL */
    size_t event_len;
    uint32_t tx;
    enum { ANSWER, HANG_UP, CUT, WRONG_ID, TOO_LONG, TWICE } how;
};
#define S(literal) literal, sizeof(literal)
#define B(literal) literal, sizeof(literal) - 1

struct server {
    char path[64];
    int listener;
    const struct step *steps;
    size_t n, done;
    const char *problem; /* what was wrong with a request */
    pthread_t thread;
};

static inline bool server_get(int fd, void *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = read(fd, (char *)data + done, len - done);

        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static inline void server_put(int fd, uint32_t type, uint32_t id, uint32_t tx, const void *payload, size_t len)
{
    char message[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
    struct xsd_sockmsg header = { .type = type, .req_id = id, .tx_id = tx, .len = (uint32_t)len };

    memcpy(message, &header, sizeof(header));
    if (len)
        memcpy(message + sizeof(header), payload, len);
    if (send(fd, message, sizeof(header) + len, MSG_NOSIGNAL) < 0)
        return; /* the client has gone, as it may */
}

static inline bool server_step(struct server *s, int fd, const struct step *step)
{
    char payload[XENSTORE_PAYLOAD_MAX];
    struct xsd_sockmsg header;
    uint32_t reply;

    if (!server_get(fd, &header, sizeof(header)) || !server_get(fd, payload, header.len))
        return false;
    if (header.type != step->type || header.tx_id != step->tx || header.len != step->ask_len ||
        memcmp(payload, step->ask, header.len))
        s->problem = wire_type_name(step->type);
    reply = step->answer_type ? step->answer_type : step->type;
    if (step->event)
        server_put(fd, XS_WATCH_EVENT, 0, 0, step->event, step->event_len);
    switch (step->how) {
    case TWICE:
        server_put(fd, reply, header.req_id, header.tx_id, step->answer, step->answer_len);
        /* fall through */
    case ANSWER:
        server_put(fd, reply, header.req_id, header.tx_id, step->answer, step->answer_len);
        break;
    case WRONG_ID:
        server_put(fd, reply, header.req_id + 1, header.tx_id, step->answer, step->answer_len);
        break;
    case CUT:
        header.len = 100;
        send(fd, &header, sizeof(header), MSG_NOSIGNAL);
        return false;
    case TOO_LONG:
        header.len = XENSTORE_PAYLOAD_MAX + 1;
        send(fd, &header, sizeof(header), MSG_NOSIGNAL);
        break;
    case HANG_UP:
        return false;
    }
    return true;
}

static inline void *server_run(void *arg)
{
    struct server *s = arg;
    int fd;

    fault_spare();
    fd = accept(s->listener, NULL, NULL);
    if (fd < 0)
        return NULL;
    while (s->done < s->n && server_step(s, fd, &s->steps[s->done]))
        s->done++;
    if (s->done == s->n) { /* until the client goes */
        char byte;

        while (read(fd, &byte, 1) > 0)
            s->problem = "a request too many";
    }
    close(fd);
    return NULL;
}

static inline void server_start(struct server *s, const struct step *steps, size_t n)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    *s = (struct server){ .steps = steps, .n = n };
    snprintf(s->path, sizeof(s->path), "/tmp/store-test-%d", (int)getpid());
    unlink(s->path);
    strcpy(addr.sun_path, s->path);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(s->listener >= 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(s->listener, 1), 0);
    setenv("XENSTORED_PATH", s->path, 1);
    assert_int_equal(pthread_create(&s->thread, NULL, server_run, s), 0);
}

/* The client has closed, or never came. */
static inline void server_stop(struct server *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
    unlink(s->path);
    if (s->problem)
        fail_msg("the daemon was asked wrongly: %s", s->problem);
}

#endif
