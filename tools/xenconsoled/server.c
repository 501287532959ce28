/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our own clients, on a unix socket. A client says one line, and gets one:
 *   attach DOMID|name:NAME|hypervisor NUMBER [from=POSITION] [ro] [session=NUMBER]
 *       ok POSITION rw|ro live|dead [typed=COUNT]
 *       then the console's bytes from that position on; what it sends is typed in (rw). A client with a number of its own
 *       hears, when it comes back, how much was taken of what it has sent since it first came: it sends the rest again.
 *   list
 *       DOMID NUMBER live|dead OLDEST TAKEN NAME      for each console, then the end
 * or "error WHY". A client that reads so slowly that bytes are gone is disconnected: it may attach from where it was, and
 * sees by the answer what it missed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "xenconsoled/console.h"
#include "xenconsoled/keep.h"
#include "xenconsoled/ring.h"
#include "xenconsoled/sluice.h"

#define SOCKET_NAME "socket"
#define BACKLOG 64

/* A client that comes back types on where it was; what others have sent so far counts as taken. */
static void writer_set(struct console *console, struct client *client)
{
    struct state_head *head = console->state.head;

    console->writer = client;
    if (client->session && client->session == head->session)
        return;
    __atomic_store_n(&head->session, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&head->session_typed, client->unheard, __ATOMIC_RELEASE);
    __atomic_store_n(&head->session, client->session, __ATOMIC_RELEASE);
}

static void client_free(struct client *client)
{
    struct console *console = client->console;
    int fd = client->src.fd;

    if (console) {
        struct client **at = &console->clients;

        while (*at != client)
            at = &(*at)->next;
        *at = client->next;
        if (console->writer == client)
            console->writer = NULL;
        for (struct client *c = console->clients; c && !console->writer; c = c->next)
            if (c->wants_to_write)
                writer_set(console, c);
    }
    loop_fd_remove(&client->src);
    close(fd);
    free(client);
}

static void client_interest(struct client *client)
{
    struct console *console = client->console;
    uint32_t events = 0;

    if (!console || console->writer != client || console_room(console) > 0)
        events |= EPOLLIN | EPOLLRDHUP; /* its end comes behind what it typed */
    if (client->full)
        events |= EPOLLOUT;
    loop_fd_set(&client->src, events);
}

/* Returns false when the client is done with, and freed. */
static bool client_flush(struct client *client)
{
    struct console *console = client->console;
    const char *bytes;
    size_t n;

    client->full = false;
    while ((n = state_read(&console->state, client->position, &bytes)) > 0) {
        ssize_t sent;

        if (client->position < state_oldest(&console->state))
            break;
        sent = send(client->src.fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            client->full = errno == EAGAIN;
            break;
        }
        client->position += (uint64_t)sent;
    }
    if (!client->full && (n > 0 || console_dead(console))) {
        client_free(client);
        return false;
    }
    client_interest(client);
    return true;
}

void clients_flush(struct console *console)
{
    struct client *next;

    for (struct client *client = console->clients; client; client = next) {
        next = client->next;
        client_flush(client);
    }
}

uint64_t clients_slowest(const struct console *console)
{
    uint64_t slowest = UINT64_MAX;

    for (const struct client *client = console->clients; client; client = client->next)
        if (client->position < slowest)
            slowest = client->position;
    return slowest;
}

void clients_drop(struct console *console)
{
    while (console->clients)
        client_free(console->clients);
}

/* --- what a client says --- */

static struct console *console_find(struct daemon *daemon, const char *which, unsigned number)
{
    struct console *best = NULL;
    bool by_name = !strncmp(which, "name:", 5);
    char *end;
    unsigned long domid = by_name ? 0 : strtoul(which, &end, 10);

    if (!strcmp(which, "hypervisor"))
        return daemon->hv;
    if (!by_name && (*end || end == which))
        return NULL;
    for (struct console *c = daemon->consoles; c; c = c->next) {
        if (c->number != number || c == daemon->hv || (by_name ? strcmp(c->state.head->guest, which + 5) != 0 : c->domid != domid))
            continue;
        if (!best || !console_dead(c) || (console_dead(best) && c->state.head->died_at >= best->state.head->died_at))
            best = c;
        if (!console_dead(best))
            break;
    }
    return best;
}

static void client_say(struct client *client, const char *text)
{
    if (send(client->src.fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        client->full = false; /* it is not there to hear it: its end will be read next */
}

static void client_attach(struct client *client, const char *which, unsigned number, uint64_t from, bool to_write)
{
    struct console *console = console_find(client->daemon, which, number);
    char answer[112], typed[32] = "";
    bool comes_back;

    if (!console) {
        client_say(client, "error no such console\n");
        client_free(client);
        return;
    }
    client->console = console;
    client->next = console->clients;
    console->clients = client;
    client->wants_to_write = to_write && console != client->daemon->hv && !console_dead(console);
    comes_back = client->session && client->session == console->state.head->session;
    if (client->wants_to_write && !console->writer)
        writer_set(console, client);
    client->position = state_oldest(&console->state);
    if (from != UINT64_MAX && from > client->position)
        client->position = from < state_taken(&console->state) ? from : state_taken(&console->state);
    if (comes_back && console->writer == client)
        snprintf(typed, sizeof(typed), " typed=%" PRIu64, console->state.head->session_typed);
    snprintf(answer, sizeof(answer), "ok %" PRIu64 " %s %s%s\n", client->position, console->writer == client ? "rw" : "ro",
             console_dead(console) ? "dead" : "live", typed);
    client_say(client, answer);
    client_flush(client);
}

/* Short enough for a socket's buffer, but for thousands of consoles: then it ends early. */
static void client_list(struct client *client)
{
    struct buf list = { 0 };

    for (const struct console *c = client->daemon->consoles; c; c = c->next)
        if (buf_appendf(&list, "%u %u %s %" PRIu64 " %" PRIu64 " %s\n", c->domid, c->number, console_dead(c) ? "dead" : "live",
                        state_oldest(&c->state), state_taken(&c->state),
                        c == client->daemon->hv ? "(hypervisor)" : c->state.head->guest) < 0)
            break;
    if (buf_append(&list, "", 1) == 0)
        client_say(client, buf_data(&list));
    buf_done(&list);
    client_free(client);
}

static void client_command(struct client *client)
{
    char which[sizeof(client->line)], *save, *word;
    uint64_t from = UINT64_MAX;
    bool to_write = true;
    unsigned number;
    int used = 0;

    if (!strcmp(client->line, "list")) {
        client_list(client);
        return;
    }
    if (sscanf(client->line, "attach %255s %u%n", which, &number, &used) != 2) {
        client_say(client, "error no such command\n");
        client_free(client);
        return;
    }
    for (word = strtok_r(client->line + used, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        if (!strcmp(word, "ro"))
            to_write = false;
        else if (sscanf(word, "from=%" SCNu64, &from) != 1 && sscanf(word, "session=%" SCNu64, &client->session) != 1) {
            client_say(client, "error no such word\n");
            client_free(client);
            return;
        }
    }
    client_attach(client, which, number, from, to_write);
}

/* Byte by byte: what follows the line is typed already, and read when there is room for it. Returns false at its end. */
static bool client_line(struct client *client)
{
    char c;

    for (;;) {
        ssize_t n = recv(client->src.fd, &c, 1, MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n <= 0 || client->length == sizeof(client->line) - 1)
            return false;
        if (c == '\n') {
            client->line[client->length] = 0;
            client_command(client);
            return true;
        }
        client->line[client->length++] = c;
    }
}

/* Returns false when the client has gone. Those that only read are not listened to. */
static bool client_typed(struct client *client)
{
    struct console *console = client->console;
    uint32_t room = console_room(console);
    bool writes = console->writer == client;
    char ignored[CONSOLE_RING_IN];
    ssize_t n;

    if (writes && room == 0)
        return true;
    if (writes) {
        n = sluice_type(console->daemon->sluice_in, &console->state, client->src.fd, room, client->session);
    } else {
        n = recv(client->src.fd, ignored, sizeof(ignored), MSG_DONTWAIT);
        n = n < 0 ? -errno : n;
        client->unheard += n > 0 ? (uint64_t)n : 0;
    }
    if (n > 0 && writes)
        console_give(console);
    return n > 0 || n == -EAGAIN || n == -EINTR;
}

void clients_input(struct console *console)
{
    if (console->writer && !client_typed(console->writer))
        client_free(console->writer);
}

static void client_ready(struct loop_fd *src, uint32_t events)
{
    struct client *client = (struct client *)((char *)src - offsetof(struct client, src));
    struct console *console = client->console;

    if (!console) {
        if (!client_line(client))
            client_free(client);
        return;
    }
    while ((events & EPOLLHUP) && console->writer == client && console_room(console) > 0 && client_typed(client))
        ; /* it has left: what it typed last still counts, as far as there is room */
    if ((events & (EPOLLERR | EPOLLHUP)) || ((events & (EPOLLIN | EPOLLRDHUP)) && !client_typed(client))) {
        client_free(client);
        return;
    }
    console_pump(console); /* it may have waited for this client */
}

static void server_ready(struct loop_fd *src, uint32_t events)
{
    struct daemon *daemon = (struct daemon *)((char *)src - offsetof(struct daemon, listen_src));
    int fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC);
    struct client *client = fd < 0 ? NULL : calloc(1, sizeof(*client));

    (void)events;
    if (!client || loop_fd_add(daemon->loop, &client->src, fd, EPOLLIN, client_ready) < 0) {
        if (fd >= 0)
            close(fd);
        free(client);
        return;
    }
    client->daemon = daemon;
}

int server_start(struct daemon *daemon)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = keep_take(SOCKET_NAME), err;

    if (fd < 0) {
        if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/" SOCKET_NAME, daemon->options.run_folder) >=
            sizeof(address.sun_path))
            return -ENAMETOOLONG;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        unlink(address.sun_path);
        if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(address.sun_path, 0600) < 0 ||
            listen(fd, BACKLOG) < 0) {
            err = -errno;
            if (fd >= 0)
                close(fd);
            return err;
        }
        keep_fd(SOCKET_NAME, fd);
    }
    err = loop_fd_add(daemon->loop, &daemon->listen_src, fd, EPOLLIN, server_ready);
    if (err < 0)
        close(fd);
    return err;
}

void server_stop(struct daemon *daemon)
{
    int fd = daemon->listen_src.fd;

    if (!daemon->listen_src.loop)
        return;
    loop_fd_remove(&daemon->listen_src);
    close(fd);
}
