/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/state_wait.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "light/store_link.h"


/* A request outlives who asked and was stopped. */
struct state_read {
    struct light_state_wait *wait; /* NULL: nobody wants to know */
};

void light_state_stop(struct light_state_wait *w)
{
    loop_timer_remove(&w->timer);
    if (w->watch)
        store_unwatch(w->store, w->watch);
    w->watch = NULL;
    if (w->read)
        w->read->wait = NULL;
    w->read = NULL;
}

static void end(struct light_state_wait *w, int rc)
{
    light_state_stop(w);
    op_step_done(w->op, rc);
}

static void failed(struct light_state_wait *w, int rc)
{
    end(w, op_fail(w->op, ERROR_FAIL, "xenstore: reading %s: %s", w->path, strerror(-rc)));
}

static void changed(void *arg, const char *path);

static void answered(void *arg, int rc, const char *payload, size_t len)
{
    struct state_read *read = arg;
    struct light_state_wait *w = read->wait;

    (void)len;
    free(read);
    if (!w)
        return;
    w->read = NULL;
    if (rc < 0 && rc != -ENOENT) {
        failed(w, rc);
        return;
    }
    rc = w->look(w, rc < 0 ? NULL : payload);
    if (rc != OP_WAITS)
        end(w, rc);
    else if (w->again)
        changed(w, w->path);
}

static void changed(void *arg, const char *path)
{
    struct light_state_wait *w = arg;
    int rc = -ENOMEM;

    w->again = w->read;
    if (!path)
        failed(w, -ECONNRESET);
    if (!path || w->read)
        return;
    w->read = malloc(sizeof(*w->read));
    if (w->read) {
        w->read->wait = w;
        rc = light_store_client(w->ctx, &w->store); /* it is sent in the loop's next round */
        if (rc == 0)
            rc = store_read(w->store, XBT_NULL, w->path, answered, w->read);
    }
    if (rc < 0) {
        free(w->read);
        w->read = NULL;
        failed(w, rc);
    }
}

static void too_late(struct loop_timer *timer)
{
    struct light_state_wait *w = (struct light_state_wait *)((char *)timer - offsetof(struct light_state_wait, timer));

    end(w, w->late(w));
}

int light_state_wait(struct light_state_wait *w)
{
    int rc = light_store_client(w->ctx, &w->store);

    if (rc == 0)
        rc = store_watch(w->store, w->path, changed, w, &w->watch);
    if (rc < 0)
        return op_fail(w->op, ERROR_FAIL, "xenstore: watching %s: %s", w->path, strerror(-rc));
    loop_timer_set(w->op->loop, &w->timer, loop_now() + w->seconds * LOOP_SECOND, too_late);
    return OP_WAITS;
}
