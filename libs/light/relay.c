/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/relay.h"

#include <errno.h>
#include <unistd.h>

#define AT_ONCE 1024u

static void interest_set(struct light_relay *r)
{
    size_t waits = r->program.put - r->program.taken;

    if (r->program.src.loop)
        loop_fd_set(&r->program.src, EPOLLIN | (waits ? EPOLLOUT : 0u));
    if (r->person.src.loop)
        loop_fd_set(&r->person.src, (waits + AT_ONCE <= LIGHT_RELAY_KEPT ? EPOLLIN : 0u) |
                                        (r->person.put != r->person.taken ? EPOLLOUT : 0u));
}

static void put(struct light_relay_end *to, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to->bytes[to->put++ % LIGHT_RELAY_KEPT] = bytes[i];
    if (to->put - to->taken > LIGHT_RELAY_KEPT)
        to->taken = to->put - LIGHT_RELAY_KEPT;
}

/* One that has hung up is not looked at again: it would be ready for ever. */
static void end_read(struct light_relay_end *from, struct light_relay_end *to)
{
    char bytes[AT_ONCE];
    ssize_t n = read(from->master, bytes, sizeof(bytes));

    if (n > 0)
        put(to, bytes, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        loop_fd_remove(&from->src);
}

static void end_write(struct light_relay_end *to)
{
    size_t place = to->taken % LIGHT_RELAY_KEPT, n = to->put - to->taken;
    ssize_t written;

    if (!n)
        return;
    written = write(to->master, to->bytes + place, n < LIGHT_RELAY_KEPT - place ? n : LIGHT_RELAY_KEPT - place);
    if (written > 0)
        to->taken += (size_t)written;
    else if (errno != EAGAIN && errno != EINTR)
        loop_fd_remove(&to->src);
}

static void end_ready(struct light_relay *r, struct light_relay_end *end, struct light_relay_end *other, uint32_t events)
{
    if (events & EPOLLOUT)
        end_write(end);
    if (end->src.loop && (events & ~(uint32_t)EPOLLOUT))
        end_read(end, other);
    interest_set(r);
}

static void program_ready(struct loop_fd *src, uint32_t events)
{
    struct light_relay *r = (struct light_relay *)((char *)src - offsetof(struct light_relay, program.src));

    end_ready(r, &r->program, &r->person, events);
}

static void person_ready(struct loop_fd *src, uint32_t events)
{
    struct light_relay *r = (struct light_relay *)((char *)src - offsetof(struct light_relay, person.src));

    end_ready(r, &r->person, &r->program, events);
}

/* --- its beginning and end --- */

static int end_open(struct light_relay_end *end, struct loop *loop, void (*fn)(struct loop_fd *src, uint32_t events))
{
    end->master = pty_open_master();
    if (end->master < 0)
        return end->master;
    end->slave = pty_open_slave(end->master, end->name);
    return end->slave < 0 ? end->slave : loop_fd_add(loop, &end->src, end->master, EPOLLIN, fn);
}

static void end_close(struct light_relay_end *end)
{
    if (end->src.loop)
        loop_fd_remove(&end->src);
    if (end->slave >= 0)
        close(end->slave);
    if (end->master >= 0)
        close(end->master);
    end->master = end->slave = -1;
}

int light_relay_open(struct light_relay *r, struct loop *loop)
{
    int rc;

    r->open = true;
    r->program.master = r->program.slave = r->person.master = r->person.slave = -1;
    rc = end_open(&r->program, loop, program_ready);
    rc = rc ? rc : end_open(&r->person, loop, person_ready);
    if (rc)
        light_relay_close(r);
    return rc;
}

void light_relay_given(struct light_relay *r)
{
    if (r->open && r->program.slave >= 0)
        close(r->program.slave);
    r->program.slave = -1;
}

void light_relay_close(struct light_relay *r)
{
    if (!r->open)
        return;
    end_close(&r->program);
    end_close(&r->person);
    r->open = false;
}
