/* SPDX-License-Identifier: LGPL-2.1-only */
/* Transactions that begin again while others get in between. */
#include <stdlib.h>

#include "store/async_client.h"

struct store_attempt {
    struct store_client *client;
    store_body_fn *body;
    store_reply_fn *done;
    void *arg;
    unsigned left; /* attempts */
    int rc;        /* what will be reported */
    xs_transaction_t t;
    struct store_attempt *next; /* of client->failed */
};

static void attempt_end(struct store_attempt *a, int rc)
{
    a->done(a->arg, rc, NULL, 0);
    free(a);
}

/* What cannot even be asked is reported by the next dispatch. */
static void attempt_fail(struct store_attempt *a, int rc)
{
    a->rc = rc;
    a->next = a->client->failed;
    a->client->failed = a;
}

void attempts_report(struct store_client *c)
{
    while (c->failed) {
        struct store_attempt *a = c->failed;

        c->failed = a->next;
        attempt_end(a, a->rc);
    }
}

static void begun(void *arg, int rc, const char *payload, size_t len)
{
    struct store_attempt *a = arg;

    (void)len;
    if (rc == 0 && (wire_parse_u32(payload, UINT32_MAX, &a->t) || a->t == XBT_NULL))
        rc = -EPROTO;
    if (rc)
        attempt_end(a, rc);
    else
        a->body(a->arg, a, a->t);
}

static int begin(struct store_attempt *a)
{
    a->left--;
    return store_request(a->client, XS_TRANSACTION_START, XBT_NULL, "", 1, begun, a, NULL);
}

static void ended(void *arg, int rc, const char *payload, size_t len)
{
    struct store_attempt *a = arg;

    (void)payload;
    (void)len;
    if (a->rc == 0 && rc == -EAGAIN && a->left) {
        rc = begin(a);
        if (rc == 0)
            return;
    }
    attempt_end(a, a->rc ? a->rc : rc);
}

void store_commit(struct store_attempt *attempt, int rc)
{
    attempt->rc = rc;
    rc = store_request(attempt->client, XS_TRANSACTION_END, attempt->t, rc ? "F" : "T", 2, ended, attempt, NULL);
    if (rc)
        attempt_fail(attempt, attempt->rc ? attempt->rc : rc);
}

int store_transaction(struct store_client *client, store_body_fn *body, store_reply_fn *done, void *arg)
{
    struct store_attempt *a = malloc(sizeof(*a));
    int rc;

    if (!a)
        return -ENOMEM;
    *a = (struct store_attempt){ .client = client, .body = body, .done = done, .arg = arg, .left = STORE_ATTEMPTS };
    rc = begin(a);
    if (rc)
        free(a);
    return rc;
}
