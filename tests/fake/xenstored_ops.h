/* SPDX-License-Identifier: GPL-2.0-only */
/* The outside of a store that has no server: nobody is told of connections and output, CONTROL has no more commands. */
#ifndef TESTS_FAKE_XENSTORED_OPS_H
#define TESTS_FAKE_XENSTORED_OPS_H

#include "xenstored/store.h"

/* The includer's: the port at which a domain is introduced, or -errno. */
static int fake_introduce(void *arg, unsigned domid, uint64_t mfn, uint32_t port);

static void fake_conn(void *arg, struct conn *c)
{
    (void)arg;
    (void)c;
}

static int fake_control(void *arg, const char *command, const void *args, size_t len, struct buf *reply)
{
    (void)arg;
    (void)command;
    (void)args;
    (void)len;
    (void)reply;
    return -38; /* ENOSYS */
}

static uint32_t fake_figure(void *arg, uint32_t now)
{
    (void)arg;
    return now;
}

static const struct store_ops fake_ops = {
    .introduce = fake_introduce,
    .connected = fake_conn,
    .disconnected = fake_conn,
    .control = fake_control,
    .output = fake_conn,
    .figure = fake_figure,
};

#endif
