/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/qmp.h"

#include <errno.h>
#include <libxl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <yajl/yajl_gen.h>

#include "base/cleanup.h"

const char *light_qmp_folder = "/var/run/xen";

#define READ_SIZE 4096

void light_qmp_stop(struct light_qmp *q)
{
    int fd = q->fd.fd;

    if (q->fd.loop) {
        loop_fd_remove(&q->fd);
        close(fd);
    }
    buf_done(&q->in);
    buf_done(&q->out);
    q->looked = 0;
    q->command = NULL;
}

static void json_node_free(struct json_node **node)
{
    json_free(*node);
}

static void end(struct light_qmp *q, int rc)
{
    light_qmp_stop(q);
    op_step_done(q->op, rc);
}

void light_qmp_plain(char *text, size_t size, const struct json_node *node)
{
    const char *from = node && node->kind == JSON_STRING ? node->text : "no reason";
    size_t n = 0;

    for (; n < size - 1 && from[n]; n++)
        text[n] = from[n] < ' ' || from[n] > '~' ? '?' : from[n];
    text[n] = '\0';
}

/* --- what is sent --- */

static bool put_text(yajl_gen gen, const char *text)
{
    return yajl_gen_string(gen, (const unsigned char *)text, strlen(text)) == yajl_gen_status_ok;
}

static bool put_command(yajl_gen gen, const char *command, const char *key, const char *value)
{
    if (yajl_gen_map_open(gen) || !put_text(gen, "execute") || !put_text(gen, command))
        return false;
    if (key && (!put_text(gen, "arguments") || yajl_gen_map_open(gen) || !put_text(gen, key) || !put_text(gen, value) ||
                yajl_gen_map_close(gen)))
        return false;
    return !yajl_gen_map_close(gen);
}

static int flush(struct light_qmp *q)
{
    while (buf_len(&q->out)) {
        ssize_t n = send(q->fd.fd, buf_data(&q->out), buf_len(&q->out), MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            return op_fail(q->op, ERROR_FAIL, "QEMU cannot be asked for %s: %s", q->command, strerror(errno));
        buf_consume(&q->out, (size_t)n);
    }
    if (loop_fd_set(&q->fd, buf_len(&q->out) ? EPOLLIN | EPOLLOUT : EPOLLIN) < 0)
        return op_fail(q->op, ERROR_FAIL, "QEMU's answer cannot be waited for");
    return OP_WAITS;
}

int light_qmp_ask(struct light_qmp *q, const char *command, const char *key, const char *value)
{
    yajl_gen gen = yajl_gen_alloc(NULL);
    const unsigned char *text;
    size_t len;
    int rc = gen && put_command(gen, command, key, value) ? 0 : -ENOMEM;

    if (rc == 0 && yajl_gen_get_buf(gen, &text, &len))
        rc = -ENOMEM;
    if (rc == 0)
        rc = buf_append(&q->out, text, len);
    if (rc == 0)
        rc = buf_append(&q->out, "\n", 1);
    if (gen)
        yajl_gen_free(gen);
    q->command = command;
    return rc < 0 ? op_fail(q->op, ERROR_NOMEM, "no memory") : flush(q);
}

/* --- what is received: a line is a JSON object --- */

static int refused(struct light_qmp *q, const struct json_node *error)
{
    char why[160];

    light_qmp_plain(why, sizeof(why), error->kind == JSON_OBJECT ? json_member(error, "desc") : NULL);
    return op_fail(q->op, ERROR_FAIL, "QEMU refuses %s: %s", q->command, why);
}

/* It greets, tells of events whenever it likes, and answers. */
static int message(struct light_qmp *q, const struct json_node *node)
{
    bool is_object = node->kind == JSON_OBJECT;
    const struct json_node *answer = is_object ? json_member(node, "return") : NULL;
    const struct json_node *error = is_object ? json_member(node, "error") : NULL;

    if (is_object && json_member(node, "event"))
        return OP_WAITS;
    if (!q->command && is_object && json_member(node, "QMP"))
        return light_qmp_ask(q, "qmp_capabilities", NULL, NULL);
    if (q->command && error)
        return refused(q, error);
    if (q->command && answer)
        return q->next(q, strcmp(q->command, "qmp_capabilities") ? answer : NULL);
    return op_fail(q->op, ERROR_FAIL, "QEMU says what it was not asked for");
}

static int line(struct light_qmp *q, size_t len)
{
    struct json_node *node _cleanup_(json_node_free) = NULL;
    struct json_error error = { .what = "" };
    int rc = json_parse(buf_data(&q->in), len, &node, &error);

    if (rc == -ENOMEM)
        return op_fail(q->op, ERROR_NOMEM, "no memory");
    return rc < 0 ? op_fail(q->op, ERROR_FAIL, "QEMU does not speak its protocol: %s", error.what) : message(q, node);
}

static int lines(struct light_qmp *q)
{
    const char *data, *newline;

    while ((data = buf_data(&q->in)) && (newline = memchr(data + q->looked, '\n', buf_len(&q->in) - q->looked))) {
        size_t len = (size_t)(newline - data) + 1;
        int rc = line(q, len);

        if (rc != OP_WAITS)
            return rc;
        buf_consume(&q->in, len);
        q->looked = 0;
    }
    q->looked = buf_len(&q->in);
    if (q->looked > LIGHT_QMP_LINE_MAX)
        return op_fail(q->op, ERROR_FAIL, "QEMU says more than %u bytes", LIGHT_QMP_LINE_MAX);
    return OP_WAITS;
}

static int receive(struct light_qmp *q)
{
    void *room;
    ssize_t n;

    if (buf_reserve(&q->in, READ_SIZE, &room) < 0)
        return op_fail(q->op, ERROR_NOMEM, "no memory");
    n = read(q->fd.fd, room, READ_SIZE);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return OP_WAITS;
    if (n == 0 || (n < 0 && errno == ECONNRESET))
        return op_fail(q->op, ERROR_FAIL, "QEMU has hung up%s%s", q->log ? ": see " : "", q->log ? q->log : "");
    if (n < 0)
        return op_fail(q->op, ERROR_FAIL, "QEMU's answer cannot be read: %s", strerror(errno));
    buf_added(&q->in, (size_t)n);
    return lines(q);
}

static void ready(struct loop_fd *src, uint32_t events)
{
    struct light_qmp *q = (struct light_qmp *)((char *)src - offsetof(struct light_qmp, fd));
    int rc = events & EPOLLOUT ? flush(q) : OP_WAITS;

    if (rc == OP_WAITS && events & ~(uint32_t)EPOLLOUT)
        rc = receive(q);
    if (rc != OP_WAITS)
        end(q, rc);
}

/* --- the connection --- */

static int connected(const struct sockaddr_un *to)
{
    int fd _cleanup_close_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), ret;

    if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)))
        return -errno;
    ret = fd;
    fd = -1;
    return ret;
}

int light_qmp_run(struct op *op, struct light_qmp *q)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd, rc;

    q->op = op;
    q->command = NULL;
    snprintf(to.sun_path, sizeof(to.sun_path), "%s/qmp-libxl-%u", light_qmp_folder, q->domid);
    fd = connected(&to);
    if (fd < 0)
        return op_fail(op, ERROR_FAIL, "%s: %s", to.sun_path, strerror(-fd));
    rc = loop_fd_add(op->loop, &q->fd, fd, EPOLLIN, ready);
    if (rc < 0) {
        close(fd);
        return op_fail(op, ERROR_FAIL, "%s cannot be waited for: %s", to.sun_path, strerror(-rc));
    }
    return OP_WAITS;
}
