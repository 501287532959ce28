/* SPDX-License-Identifier: GPL-2.0-only */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fake/ctrl_fake.h"

char world_folder[] = "/dev/shm/xenstored-world-XXXXXX";
uint64_t daemon_file_limit;
const char *daemon_program = "tests/xenstored/xenstored_fake";
static pid_t keeper;

uint64_t world_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void wait_a_moment(uint64_t deadline, const char *what)
{
    if (world_ms() > deadline)
        fail_msg("waited in vain: %s", what);
    poll(NULL, 0, 1);
}

int world_setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(world_folder))
        return -1;
    setenv("FAKE_WORLD", world_folder, 1);
    setenv("XENSTORED_RUNDIR", world_folder, 1);
    return fake_world_new(world_folder);
}

int world_teardown(void **state)
{
    char command[100];

    (void)state;
    fake_world_leave();
    snprintf(command, sizeof(command), "rm -r %s", world_folder);
    strcpy(world_folder, "/dev/shm/xenstored-world-XXXXXX");
    return system(command);
}

/* --- the daemon --- */

static void socket_path(struct sockaddr_un *addr)
{
    *addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
    snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/socket", world_folder);
}

static int try_connect(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un addr;

    socket_path(&addr);
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void keeper_begin(void)
{
    int log;

    keeper = fork();
    if (keeper == 0) {
        char path[100];

        snprintf(path, sizeof(path), "%s/log", world_folder);
        log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(log, 2);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (daemon_file_limit)
            setrlimit(RLIMIT_FSIZE, &(struct rlimit){ daemon_file_limit, RLIM_INFINITY });
        execl(daemon_program, "xenstored", "-N", "-D", NULL);
        _exit(127);
    }
}

void daemon_begin(void)
{
    uint64_t deadline = world_ms() + SECONDS * 1000;
    int fd;

    keeper_begin();
    while ((fd = try_connect()) < 0)
        wait_a_moment(deadline, "the daemon's socket");
    close(fd);
    server_wait(0);
}

/* The root's value, which is empty. */
static bool is_answered(int fd)
{
    struct {
        struct xsd_sockmsg hdr;
        char path[2];
    } __attribute__((packed)) ask = { { .type = XS_READ, .len = 2 }, "/" };
    struct xsd_sockmsg hdr;

    return send(fd, &ask, sizeof(ask), MSG_NOSIGNAL) == sizeof(ask) &&
           recv(fd, &hdr, sizeof(hdr), MSG_WAITALL) == sizeof(hdr) && hdr.type == XS_READ;
}

int daemon_try(void)
{
    uint64_t deadline = world_ms() + SECONDS * 1000;
    bool answered = false;
    int fd, status;

    keeper_begin();
    while (!answered) {
        if (waitpid(keeper, &status, WNOHANG) == keeper)
            return status;
        fd = try_connect();
        if (fd >= 0) {
            answered = is_answered(fd);
            close(fd);
        }
        if (!answered)
            wait_a_moment(deadline, "the daemon");
    }
    return 0;
}

pid_t keeper_pid(void)
{
    return keeper;
}

pid_t server_pid(void)
{
    char path[64], text[64] = "";
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", keeper, keeper);
    fd = open(path, O_RDONLY);
    if (fd >= 0) {
        if (read(fd, text, sizeof(text) - 1) < 0)
            text[0] = 0;
        close(fd);
    }
    return (pid_t)atol(text);
}

pid_t server_wait(pid_t before)
{
    uint64_t deadline = world_ms() + SECONDS * 1000;
    pid_t pid;

    while (!(pid = server_pid()) || pid == before)
        wait_a_moment(deadline, "a new server");
    return pid;
}

void daemon_end(void)
{
    int status;

    kill(keeper, SIGTERM);
    assert_int_equal(waitpid(keeper, &status, 0), keeper);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- clients --- */

void client_socket(struct client *c, unsigned number)
{
    *c = (struct client){ .fd = try_connect() };
    assert_true(c->fd >= 0);
    snprintf(c->prefix, sizeof(c->prefix), "/c/%u", number);
}

bool client_answered(const struct client *c)
{
    return is_answered(c->fd);
}

void client_ring(struct client *c, unsigned domid, struct client *dom0)
{
    struct xsd_sockmsg hdr;
    char text[XENSTORE_PAYLOAD_MAX + 1], payload[64];
    int n;

    *c = (struct client){ .fd = -1, .domid = domid };
    strcpy(c->prefix, "d");
    assert_int_equal(fake_domain_new(domid), 0);
    fake_grant(domid, 1, 0);
    c->page = fake_page(domid, 0);
    assert_int_equal(fake_evtchn_open(domid, &c->evtchn), 0);
    assert_int_equal(ctrl_evtchn_bind_unbound(c->evtchn, 0, &c->port), 0);
    n = snprintf(payload, sizeof(payload), "/local/domain/%u%cx", domid, 0);
    client_ask(dom0, XS_WRITE, 0, payload, (size_t)n);
    client_take(dom0, &hdr, text);
    n = snprintf(payload, sizeof(payload), "/local/domain/%u%cn%u", domid, 0, domid) + 1;
    client_ask(dom0, XS_SET_PERMS, 0, payload, (size_t)n);
    client_take(dom0, &hdr, text);
    assert_int_equal(hdr.type, XS_SET_PERMS);
    n = snprintf(payload, sizeof(payload), "%u%c%u%c%u", domid, 0, 1u, 0, c->port) + 1;
    client_ask(dom0, XS_INTRODUCE, 0, payload, (size_t)n);
    client_take(dom0, &hdr, text);
    assert_int_equal(hdr.type, XS_INTRODUCE);
}

void client_done(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    ctrl_evtchn_close(c->evtchn);
    buf_done(&c->send);
    buf_done(&c->received);
    buf_done(&c->expect);
}

void client_ask(struct client *c, uint32_t type, uint32_t tx, const void *payload, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = ++c->req_id, .tx_id = tx, .len = (uint32_t)len };

    assert_int_equal(buf_append(&c->send, &hdr, sizeof(hdr)) | buf_append(&c->send, payload, len), 0);
}

void client_expect(struct client *c, uint32_t type, uint32_t req_id, const void *payload, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = req_id, .len = (uint32_t)len };

    assert_int_equal(buf_append(&c->expect, &hdr, sizeof(hdr)) | buf_append(&c->expect, payload, len), 0);
}

static size_t ring_write(struct client *c, const uint8_t *data, size_t n)
{
    uint32_t room = XENSTORE_RING_SIZE - (c->out - *(volatile uint32_t *)&c->page->req_cons);

    assert_true(room <= XENSTORE_RING_SIZE);
    if (n > room)
        n = room;
    for (size_t i = 0; i < n; i++)
        c->page->req[MASK_XENSTORE_IDX(c->out + i)] = (char)data[i];
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    c->out += (uint32_t)n;
    *(volatile uint32_t *)&c->page->req_prod = c->out;
    if (n)
        ctrl_evtchn_notify(c->evtchn, c->port); /* the daemon may be dead */
    return n;
}

static size_t ring_read(struct client *c, uint8_t *data, size_t n)
{
    uint32_t there = *(volatile uint32_t *)&c->page->rsp_prod - c->in;

    assert_true(there <= XENSTORE_RING_SIZE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (n > there)
        n = there;
    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)c->page->rsp[MASK_XENSTORE_IDX(c->in + i)];
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    c->in += (uint32_t)n;
    *(volatile uint32_t *)&c->page->rsp_cons = c->in;
    if (n)
        ctrl_evtchn_notify(c->evtchn, c->port);
    return n;
}

static size_t client_write(struct client *c, const uint8_t *data, size_t n)
{
    ssize_t sent;

    if (c->fd < 0)
        return ring_write(c, data, n);
    sent = send(c->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
        c->lost = true;
    return sent < 0 ? 0 : (size_t)sent;
}

static size_t client_read(struct client *c, uint8_t *data, size_t n)
{
    ssize_t got;

    if (c->fd < 0)
        return ring_read(c, data, n);
    got = recv(c->fd, data, n, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        c->lost = true;
    return got < 0 ? 0 : (size_t)got;
}

static void received(struct client *c, const uint8_t *data, size_t n)
{
    if (!buf_len(&c->expect)) {
        assert_int_equal(buf_append(&c->received, data, n), 0);
        return;
    }
    assert_true(n <= buf_len(&c->expect)); /* more than was asked for */
    assert_memory_equal(data, buf_data(&c->expect), n);
    buf_consume(&c->expect, n);
    c->compared += n;
}

void client_move(struct client *c)
{
    uint8_t data[2048];
    size_t n = buf_len(&c->send);

    if (n && !c->lost) {
        n = rand() % 3 ? n : 1 + (size_t)rand() % n;
        buf_consume(&c->send, client_write(c, buf_data(&c->send), n));
    }
    n = c->lost ? 0 : client_read(c, data, rand() % 3 ? sizeof(data) : 1 + (size_t)rand() % 40);
    if (n)
        received(c, data, n);
}

void client_settle(struct client *c)
{
    uint64_t deadline = world_ms() + SECONDS * 1000;

    while (buf_len(&c->send) || buf_len(&c->expect)) {
        size_t before = buf_len(&c->send) + buf_len(&c->expect);

        client_move(c);
        assert_false(c->lost);
        if (buf_len(&c->send) + buf_len(&c->expect) == before)
            wait_a_moment(deadline, "an answer");
    }
}

void client_take(struct client *c, struct xsd_sockmsg *ret_hdr, char *ret_payload)
{
    uint64_t deadline = world_ms() + SECONDS * 1000;

    for (;;) {
        if (buf_len(&c->received) >= sizeof(*ret_hdr)) {
            memcpy(ret_hdr, buf_data(&c->received), sizeof(*ret_hdr));
            assert_true(ret_hdr->len <= XENSTORE_PAYLOAD_MAX);
            if (buf_len(&c->received) >= sizeof(*ret_hdr) + ret_hdr->len)
                break;
        }
        client_move(c);
        assert_false(c->lost);
        if (!buf_len(&c->received))
            wait_a_moment(deadline, "a message");
    }
    memcpy(ret_payload, (char *)buf_data(&c->received) + sizeof(*ret_hdr), ret_hdr->len);
    ret_payload[ret_hdr->len] = 0;
    buf_consume(&c->received, sizeof(*ret_hdr) + ret_hdr->len);
}

/* --- random requests whose answers are known --- */

static void expect_event(struct client *c, const char *path)
{
    char payload[64];
    int n = snprintf(payload, sizeof(payload), "%s%ctoken", path, 0) + 1;

    client_expect(c, XS_WATCH_EVENT, 0, payload, (size_t)n);
}

void client_begin(struct client *c)
{
    char payload[64];
    int n = snprintf(payload, sizeof(payload), "%s%c", c->prefix, 0);

    client_ask(c, XS_WRITE, 0, payload, (size_t)n);
    client_expect(c, XS_WRITE, c->req_id, "OK", 3);
    n = snprintf(payload, sizeof(payload), "%s%ctoken", c->prefix, 0) + 1;
    client_ask(c, XS_WATCH, 0, payload, (size_t)n);
    client_expect(c, XS_WATCH, c->req_id, "OK", 3);
    expect_event(c, c->prefix);
}

static void ask_write(struct client *c, unsigned node, const char *path)
{
    char payload[64];
    int n;

    c->value[node]++;
    c->there[node] = true;
    n = snprintf(payload, sizeof(payload), "%s%c%u", path, 0, c->value[node]);
    client_ask(c, XS_WRITE, 0, payload, (size_t)n);
    expect_event(c, path);
    client_expect(c, XS_WRITE, c->req_id, "OK", 3);
}

static void ask_read(struct client *c, unsigned node, const char *path)
{
    char text[16];
    int n = snprintf(text, sizeof(text), "%u", c->value[node]);

    client_ask(c, XS_READ, 0, path, strlen(path) + 1);
    if (c->there[node])
        client_expect(c, XS_READ, c->req_id, text, (size_t)n);
    else
        client_expect(c, XS_ERROR, c->req_id, "ENOENT", 7);
}

static void ask_remove(struct client *c, unsigned node, const char *path)
{
    client_ask(c, XS_RM, 0, path, strlen(path) + 1);
    if (c->there[node])
        expect_event(c, path);
    client_expect(c, XS_RM, c->req_id, "OK", 3);
    c->there[node] = false;
}

static void ask_directory(struct client *c)
{
    char list[256];
    size_t len = 0;

    client_ask(c, XS_DIRECTORY, 0, c->prefix, strlen(c->prefix) + 1);
    for (unsigned i = 0; i < NODES; i++)
        if (c->there[i])
            len += (size_t)snprintf(list + len, sizeof(list) - len, "n%c", 'a' + (int)i) + 1;
    client_expect(c, XS_DIRECTORY, c->req_id, list, len);
}

void client_random(struct client *c)
{
    unsigned node = (unsigned)rand() % NODES;
    char path[48];

    snprintf(path, sizeof(path), "%s/n%c", c->prefix, 'a' + (int)node);
    switch (rand() % 8) {
    case 0:
        ask_remove(c, node, path);
        break;
    case 1:
        ask_directory(c);
        break;
    case 2:
    case 3:
    case 4:
        ask_read(c, node, path);
        break;
    default:
        ask_write(c, node, path);
    }
}

void client_verify(struct client *c)
{
    char path[48];

    for (unsigned i = 0; i < NODES; i++) {
        snprintf(path, sizeof(path), "%s/n%c", c->prefix, 'a' + (int)i);
        ask_read(c, i, path);
    }
    ask_directory(c);
    client_settle(c);
}
