/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/transaction.h"

const struct request_row request_table[XS_TYPE_COUNT] = {
    [XS_CONTROL] = { "CONTROL", do_control, 1, 1, .rest = true, .privileged = true },
    [XS_DIRECTORY] = { "DIRECTORY", do_directory, 1, 1, .pure = true },
    [XS_READ] = { "READ", do_read, 1, 1, .pure = true },
    [XS_GET_PERMS] = { "GET_PERMS", do_get_perms, 1, 1, .pure = true },
    [XS_WATCH] = { "WATCH", do_watch, 2, 3, .no_tx = true },
    [XS_UNWATCH] = { "UNWATCH", do_unwatch, 2, 2, .no_tx = true },
    [XS_TRANSACTION_START] = { "TRANSACTION_START", do_transaction_start, 0, 0, .rest = true },
    [XS_TRANSACTION_END] = { "TRANSACTION_END", do_transaction_end, 1, 1, .rest = false },
    [XS_INTRODUCE] = { "INTRODUCE", do_introduce, 3, 3, .rest = true, .privileged = true },
    [XS_RELEASE] = { "RELEASE", do_release, 1, 1, .privileged = true },
    [XS_GET_DOMAIN_PATH] = { "GET_DOMAIN_PATH", do_get_domain_path, 1, 1, .pure = true },
    [XS_WRITE] = { "WRITE", do_write, 1, 1, .rest = true },
    [XS_MKDIR] = { "MKDIR", do_mkdir, 1, 1, .rest = false },
    [XS_RM] = { "RM", do_rm, 1, 1, .rest = false },
    [XS_SET_PERMS] = { "SET_PERMS", do_set_perms, 1, 1, .rest = true },
    [XS_IS_DOMAIN_INTRODUCED] = { "IS_DOMAIN_INTRODUCED", do_is_domain_introduced, 1, 1, .privileged = true, .pure = true },
    [XS_RESUME] = { "RESUME", do_resume, 1, 1, .privileged = true },
    [XS_SET_TARGET] = { "SET_TARGET", do_set_target, 2, 2, .privileged = true },
    [XS_RESET_WATCHES] = { "RESET_WATCHES", do_reset_watches, 0, 0, .rest = true },
    [XS_DIRECTORY_PART] = { "DIRECTORY_PART", do_directory_part, 2, 2, .pure = true },
};

static const struct request_row *row_of(uint32_t type)
{
    const struct request_row *row = type < XS_TYPE_COUNT ? &request_table[type] : NULL;

    return row && row->fn ? row : NULL;
}

static int arguments(struct request *r, const struct request_row *row, const char *payload)
{
    size_t pos = 0;

    while (r->nr_args < row->max_args) {
        const char *arg = wire_string(payload, r->hdr.len, &pos);

        if (!arg)
            break;
        r->arg[r->nr_args++] = arg;
    }
    if (r->nr_args < row->min_args || (pos < r->hdr.len && !row->rest))
        return -EINVAL;
    r->rest = payload + pos;
    r->rest_len = r->hdr.len - pos;
    return 0;
}

static int run(struct request *r, const char *payload)
{
    const struct request_row *row = row_of(r->hdr.type);
    int rc;

    if (!row)
        return -ENOSYS;
    if (row->privileged && !conn_privileged(r->c))
        return -EACCES;
    if (r->hdr.tx_id && !row->no_tx) {
        r->tx = transaction_find(r->c, r->hdr.tx_id);
        if (!r->tx)
            return -ENOENT;
    }
    rc = arguments(r, row, payload);
    return rc < 0 ? rc : row->fn(r);
}

void request_reply(struct request *r, const void *data, size_t len)
{
    struct xsd_sockmsg hdr = r->hdr;

    hdr.len = (uint32_t)len;
    r->replied = true;
    conn_send(r->s, r->c, &hdr, data, len, NULL, 0);
}

static void error_reply(struct request *r, int error)
{
    const char *name = wire_error_name(error);

    r->hdr.type = XS_ERROR;
    request_reply(r, name, strlen(name) + 1);
}

int request_execute(struct store *s, struct conn *c, int force)
{
    struct request r = { .s = s, .c = c };
    const char *payload = (const char *)buf_data(&c->in) + sizeof(r.hdr);
    uint64_t before = s->gen;
    int rc;

    memcpy(&r.hdr, buf_data(&c->in), sizeof(r.hdr));
    rc = force ? force : run(&r, payload);
    if (s->gen != before)
        s->changer[s->nr_changers++ % CHANGERS] = (struct changer){ s->gen, c->domid };
    if (s->access_log) {
        const char *name = row_of(r.hdr.type) ? request_table[r.hdr.type].name : "?";

        log_info(s->access_log, "%s%u %s tx %u %.*s: %s", c->domain ? "domain " : "socket ", c->domain ? c->domid : c->id, name,
                 r.hdr.tx_id, (int)strnlen(payload, r.hdr.len), payload, rc < 0 ? wire_error_name(-rc) : "ok");
    }
    if (rc < 0)
        error_reply(&r, -rc);
    else if (!r.replied)
        request_reply(&r, "OK", 3);
    buf_consume(&c->in, sizeof(r.hdr) + r.hdr.len);
    return rc;
}

bool request_is_pure(const struct conn *c)
{
    const struct request_row *row;
    struct xsd_sockmsg hdr;

    memcpy(&hdr, buf_data(&c->in), sizeof(hdr));
    row = row_of(hdr.type);
    return !row || (row->pure && (!hdr.tx_id || row->no_tx));
}
