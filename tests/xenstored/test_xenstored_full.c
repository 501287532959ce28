/* SPDX-License-Identifier: GPL-2.0-only */
/* No space for the journal: what would change something is refused, what was acknowledged is there after a kill too. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "harness.h"

#define VALUE 3000
#define NODES_MAX 4000

static struct client client;

/* 0 or the errno. */
static int ask(uint32_t type, const void *payload, size_t len, char *ret_text)
{
    struct xsd_sockmsg hdr;

    client_ask(&client, type, 0, payload, len);
    client_take(&client, &hdr, ret_text);
    assert_int_equal(hdr.req_id, client.req_id);
    return hdr.type == XS_ERROR ? wire_error_number(ret_text, hdr.len) : 0;
}

static int write_node(unsigned i, char *text)
{
    char payload[64 + VALUE];
    size_t n = (size_t)sprintf(payload, "/full/%u", i) + 1;

    memset(payload + n, 'a' + (int)(i % 26), VALUE);
    return ask(XS_WRITE, payload, n + VALUE, text);
}

static void nodes_are(unsigned nr)
{
    char path[32], text[XENSTORE_PAYLOAD_MAX + 1];

    for (unsigned i = 0; i < nr; i++) {
        size_t n = (size_t)sprintf(path, "/full/%u", i) + 1;

        assert_int_equal(ask(XS_READ, path, n, text), 0);
        assert_int_equal(strlen(text), VALUE);
        assert_int_equal(text[VALUE - 1], 'a' + (int)(i % 26));
    }
    assert_int_equal(ask(XS_READ, path, (size_t)sprintf(path, "/full/%u", nr) + 1, text), 2 /* ENOENT */);
}

static void full(void **state)
{
    char text[XENSTORE_PAYLOAD_MAX + 1];
    pid_t server;
    unsigned nr;
    int rc = 0;

    (void)state;
    daemon_file_limit = 4 << 20;
    daemon_begin();
    client_socket(&client, 1);
    for (nr = 0; nr < NODES_MAX; nr++) {
        rc = write_node(nr, text);
        if (rc)
            break;
    }
    assert_int_equal(rc, 28 /* ENOSPC */);
    assert_true(nr > 150); /* snapshots made room several times */
    nodes_are(nr);
    assert_int_equal(ask(XS_MKDIR, "/more", 6, text), 28);
    assert_int_equal(ask(XS_RM, "/full", 6, text), 28);
    server = server_pid();
    kill(server, SIGKILL);
    nodes_are(nr);
    assert_int_equal(write_node(nr, text), 28);
    server = server_wait(server);
    assert_int_equal(prlimit(server, RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY }, NULL), 0);
    while ((rc = write_node(nr, text)) == 28) /* as soon as there is space */
        ;
    assert_int_equal(rc, 0);
    nodes_are(nr + 1);
    client_done(&client);
    daemon_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(full, world_setup, world_teardown) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
