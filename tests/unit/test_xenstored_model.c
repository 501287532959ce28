/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random requests against a naive tree. A transaction that was committed must have read what it would have read had it
 * run alone at its end. Now and then the store is saved and loaded again, with its transactions open.
 * MODEL_SEED, MODEL_CALLS; SOAK=1 makes 3 million.
 */
#include "xenstored_fixture.h"

#define PATHS 85 /* "/", and names a to d, three deep */
#define TRANSACTIONS 3
#define LOG 400

static const char names[] = "abcd";

struct model {
    bool there[PATHS];
    char value[PATHS][8];
};

static struct model now;

/* Number 0 is the root; the children of n are 4n+1 .. 4n+4. */
static void path_of(unsigned n, char *ret_path)
{
    char *p = ret_path;
    unsigned up[3] = { 0 }, depth = 0;

    for (; n; n = (n - 1) / 4)
        up[depth++] = (n - 1) % 4;
    if (!depth)
        *p++ = '/';
    while (depth--) {
        *p++ = '/';
        *p++ = names[up[depth]];
    }
    *p = 0;
}

struct op {
    uint32_t type;
    unsigned path;
    char value[8];
    int rc;
    char result[64];
};

static void model_remove(struct model *m, unsigned n)
{
    m->there[n] = false;
    for (unsigned i = 4 * n + 1; i <= 4 * n + 4 && i < PATHS; i++)
        model_remove(m, i);
}

static void model_make(struct model *m, unsigned n, const char *value)
{
    for (unsigned up = n; up && !m->there[(up - 1) / 4]; up = (up - 1) / 4) {
        m->there[(up - 1) / 4] = true;
        m->value[(up - 1) / 4][0] = 0;
    }
    m->there[n] = true;
    strcpy(m->value[n], value);
}

/* What the store should answer. */
static int model_do(struct model *m, const struct op *op, char *ret_result)
{
    unsigned n = op->path;

    ret_result[0] = 0;
    switch (op->type) {
    case XS_WRITE:
        model_make(m, n, op->value);
        return 0;
    case XS_MKDIR:
        if (!m->there[n])
            model_make(m, n, "");
        return 0;
    case XS_RM:
        if (!m->there[n])
            return m->there[(n - 1) / 4] ? 0 : -ENOENT;
        if (!n)
            return -EINVAL;
        model_remove(m, n);
        return 0;
    case XS_READ:
        strcpy(ret_result, m->value[n]);
        break;
    default:
        for (unsigned i = 4 * n + 1; i <= 4 * n + 4 && i < PATHS; i++)
            if (m->there[i])
                strncat(ret_result, &names[(i - 1) % 4], 1);
        if (!n && m->there[n])
            strcat(ret_result, "tool");
    }
    if (m->there[n])
        return 0;
    ret_result[0] = 0;
    return -ENOENT;
}

static struct conn *conn;

static void store_do(struct op *op, uint32_t tx)
{
    char payload[64], path[16];
    struct message m;
    size_t len;

    path_of(op->path, path);
    len = (size_t)sprintf(payload, "%s", path) + 1;
    if (op->type == XS_WRITE)
        len += (size_t)sprintf(payload + len, "%s", op->value);
    op->rc = ask_tx(conn, op->type, tx, payload, len, &m);
    op->result[0] = 0;
    if (op->rc == 0 && op->type == XS_READ)
        strcpy(op->result, m.data);
    if (op->rc == 0 && op->type == XS_DIRECTORY)
        for (size_t i = 0; i < m.hdr.len; i += strlen(m.data + i) + 1)
            strcat(op->result, m.data + i);
}

static void op_random(struct op *op)
{
    static const uint32_t types[] = { XS_WRITE, XS_WRITE, XS_MKDIR, XS_RM, XS_READ, XS_READ, XS_DIRECTORY };

    op->type = types[(unsigned)rand() % 7];
    op->path = (unsigned)rand() % PATHS;
    if (op->type == XS_RM && op->path == 0)
        op->path = 1;
    sprintf(op->value, "%d", rand() % 100);
}

static struct {
    uint32_t id; /* 0: none */
    unsigned nr;
    struct op log[LOG];
} tx[TRANSACTIONS];

static unsigned committed, refused;

static void tx_end(unsigned t)
{
    char result[64];
    struct message m;
    int rc = ask_tx(conn, XS_TRANSACTION_END, tx[t].id, "T", 2, &m);

    assert_true(rc == 0 || rc == -EAGAIN);
    if (rc == 0) {
        for (unsigned i = 0; i < tx[t].nr; i++) {
            assert_int_equal(model_do(&now, &tx[t].log[i], result), tx[t].log[i].rc);
            assert_string_equal(result, tx[t].log[i].result);
        }
    }
    committed += rc == 0;
    refused += rc != 0;
    tx[t].id = tx[t].nr = 0;
}

static void step(void)
{
    unsigned t = (unsigned)rand() % (2 * TRANSACTIONS);
    struct message m;
    char result[64];
    struct op op;

    op_random(&op);
    if (t >= TRANSACTIONS) {
        store_do(&op, 0);
        assert_int_equal(model_do(&now, &op, result), op.rc);
        assert_string_equal(result, op.result);
    } else if (!tx[t].id) {
        assert_int_equal(ask_tx(conn, XS_TRANSACTION_START, 0, "", 1, &m), 0);
        tx[t].id = (uint32_t)atoi(m.data);
        assert_true(tx[t].id != 0);
    } else if (rand() % 8 == 0 || tx[t].nr == LOG) {
        tx_end(t);
    } else {
        store_do(&op, tx[t].id);
        tx[t].log[tx[t].nr++] = op;
    }
}

static void save_and_load(void)
{
    uint64_t node_bytes = domain_find(store, 0)->node_bytes;
    struct buf saved = { 0 }, again = { 0 };
    struct store *s;

    assert_int_equal(snapshot_save(store, &saved), 0);
    assert_int_equal(store_new(&fake_ops, NULL, NULL, &s), 0);
    assert_int_equal(snapshot_load(s, buf_data(&saved), buf_len(&saved)), 0);
    store_free(store);
    store = s;
    conn = conn_find(store, 5);
    assert_non_null(conn);
    assert_true(tree_check(store->root));
    assert_int_equal(domain_find(store, 0)->node_bytes, node_bytes); /* as was counted on the way */
    assert_int_equal(snapshot_save(store, &again), 0);
    assert_int_equal(buf_len(&again), buf_len(&saved));
    buf_done(&saved);
    buf_done(&again);
}

static void nodes_counted(void)
{
    unsigned nr = 2; /* /tool/xenstored */

    for (unsigned i = 0; i < PATHS; i++)
        nr += now.there[i];
    assert_int_equal(domain_find(store, 0)->nodes, nr);
}

static void random_requests(void **state)
{
    const char *seed = getenv("MODEL_SEED"), *calls = getenv("MODEL_CALLS");
    unsigned long nr = calls ? strtoul(calls, NULL, 0) : getenv("SOAK") ? 3000000 : 30000;

    (void)state;
    srand(seed ? (unsigned)atoi(seed) : 1);
    assert_int_equal(store_new(&fake_ops, NULL, NULL, &store), 0);
    conn = conn_new(store, 5, NULL);
    now.there[0] = true;
    for (unsigned long i = 0; i < nr; i++) {
        step();
        if (rand() % 500 == 0) {
            nodes_counted();
            save_and_load();
        }
    }
    store_free(store);
    print_message("%u transactions committed, %u refused\n", committed, refused);
    assert_true(committed > nr / 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(random_requests) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
