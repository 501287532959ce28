/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xen/io/xs_wire.h"
#include "xenconsoled/domain.h"
#include "xenconsoled/registry.h"

enum { FIRST = 1, OTHER = 2, ALL = 4 }; /* looks at what need the node? */

static const struct row {
    unsigned looks;
    enum { OF_DOMAIN, OF_CONSOLE, OF_BACKEND } folder;
    const char *key;
} rows[LOOK_NODES] = {
    [LOOK_NAME] = { FIRST | OTHER | ALL, OF_DOMAIN, "name" },
    [LOOK_NAMES] = { ALL, OF_DOMAIN, "device/console" },
    [LOOK_TYPE] = { FIRST | OTHER, OF_CONSOLE, "type" },
    [LOOK_LIMIT] = { FIRST | OTHER, OF_CONSOLE, "limit" },
    [LOOK_RING_REF] = { FIRST | OTHER, OF_CONSOLE, "ring-ref" },
    [LOOK_PORT] = { FIRST | OTHER, OF_CONSOLE, "port" },
    [LOOK_TTY] = { FIRST | OTHER, OF_CONSOLE, "tty" },
    [LOOK_STATE] = { OTHER, OF_CONSOLE, "state" },
    [LOOK_BACK_STATE] = { OTHER, OF_BACKEND, "state" },
    [LOOK_BACK_ONLINE] = { OTHER, OF_BACKEND, "online" },
};

void look_path(const struct look *look, enum look_node node, char *path, size_t size)
{
    const struct row *row = &rows[node];
    uint32_t domid = look->domain->domid;

    if (row->folder == OF_DOMAIN)
        snprintf(path, size, "/local/domain/%u/%s", domid, row->key);
    else if (row->folder == OF_BACKEND)
        snprintf(path, size, DOMAIN_BACKENDS "/%u/%u/%s", domid, look->number, row->key);
    else if (look->number)
        snprintf(path, size, "/local/domain/%u/device/console/%u/%s", domid, look->number, row->key);
    else
        snprintf(path, size, "/local/domain/%u/console/%s", domid, row->key);
}

bool look_number(const struct look *look, enum look_node node, uint64_t *ret_number)
{
    const char *text = look->answers[node].value;
    unsigned long long number;
    char *end;

    if (!text || *text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (*end || errno)
        return false;
    *ret_number = number;
    return true;
}

static void answers_free(struct look *look)
{
    for (unsigned i = 0; i < LOOK_NODES; i++) {
        free(look->answers[i].value);
        look->answers[i].value = NULL;
    }
}

static void look_free(struct look *look)
{
    if (look->domain) {
        struct look **at = &look->domain->looks;

        while (*at != look)
            at = &(*at)->next;
        *at = look->next;
    }
    answers_free(look);
    free(look);
}

static void look_ask(struct look *look);

static void look_end(struct look *look)
{
    if (look->domain && look->failed)
        look->domain->failed = true;
    else if (look->domain && !look->again)
        domain_looked(look->domain, look);
    if (look->domain && look->again && !look->failed) /* something changed since it was asked */
        look_ask(look);
    else
        look_free(look);
}

static void answered(void *arg, int rc, const char *payload, size_t len)
{
    struct look_answer *answer = arg;
    struct look *look = answer->look;

    if (rc == 0) {
        answer->value = malloc(len + 1);
        if (answer->value)
            memcpy(answer->value, payload, len + 1);
        answer->length = len;
    }
    if (rc ? rc != -ENOENT : !answer->value)
        look->failed = true;
    if (--look->waiting == 0)
        look_end(look);
}

static void look_ask(struct look *look)
{
    unsigned kind = look->number == LOOK_ALL ? ALL : look->number ? OTHER : FIRST;

    answers_free(look);
    look->again = false;
    look->waiting = 1; /* it does not end before all has been asked */
    for (unsigned i = 0; i < LOOK_NODES && !look->failed; i++) {
        char path[128];

        if (!(rows[i].looks & kind))
            continue;
        look_path(look, i, path, sizeof(path));
        if (registry_ask(look->domain->daemon, i == LOOK_NAMES ? XS_DIRECTORY : XS_READ, path, answered, &look->answers[i]) == 0)
            look->waiting++;
        else
            look->failed = true;
    }
    if (--look->waiting == 0)
        look_end(look);
}

void look_begin(struct domain *domain, uint32_t number)
{
    struct look *look;

    for (look = domain->looks; look; look = look->next)
        if (look->number == number) {
            look->again = true;
            return;
        }
    look = calloc(1, sizeof(*look));
    if (!look) {
        domain->failed = true;
        return;
    }
    look->domain = domain;
    look->number = number;
    for (unsigned i = 0; i < LOOK_NODES; i++)
        look->answers[i].look = look;
    look->next = domain->looks;
    domain->looks = look;
    look_ask(look);
}

void looks_leave(struct domain *domain)
{
    while (domain->looks) {
        struct look *look = domain->looks;

        domain->looks = look->next;
        look->domain = NULL;
    }
}
