/* SPDX-License-Identifier: LGPL-2.1-only */
/* The public requests: each is a payload of strings, and what its answer means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/client.h"

static bool done(int rc)
{
    if (rc)
        errno = -rc;
    return rc == 0;
}

static struct iovec string_part(const char *s)
{
    return (struct iovec){ (void *)s, strlen(s) + 1 };
}

/* A request with one string; its answer's payload, or NULL with errno. */
static void *ask(struct xs_handle *h, uint32_t type, xs_transaction_t t, const char *s, size_t *ret_len)
{
    struct iovec part = string_part(s);
    void *payload = NULL;

    return done(client_talk(h, type, t, &part, 1, &payload, ret_len)) ? payload : NULL;
}

/* A request with one string whose answer says nothing more. */
static bool tell(struct xs_handle *h, uint32_t type, xs_transaction_t t, const char *s)
{
    struct iovec part = string_part(s);

    return done(client_talk(h, type, t, &part, 1, NULL, NULL));
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
    size_t size;
    void *value = ask(h, XS_READ, t, path, &size);

    if (value && len)
        *len = (unsigned)size;
    return value;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data, unsigned int len)
{
    struct iovec parts[] = { string_part(path), { (void *)data, len } };

    return done(client_talk(h, XS_WRITE, t, parts, 2, NULL, NULL));
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    return tell(h, XS_MKDIR, t, path);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    return tell(h, XS_RM, t, path);
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
    size_t len, n;
    char *text = ask(h, XS_GET_PERMS, t, path, &len);
    struct xs_permissions *perms;

    if (!text)
        return NULL;
    n = wire_count_strings(text, len);
    perms = calloc(n + !n, sizeof(*perms));
    if (perms && !xs_strings_to_perms(perms, (unsigned)n, text)) {
        free(perms);
        perms = NULL;
    }
    free(text);
    if (perms)
        *num = (unsigned)n;
    return perms;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path, struct xs_permissions *perms,
                        unsigned int num_perms)
{
    char text[XENSTORE_PAYLOAD_MAX];
    struct iovec parts[] = { string_part(path), { text, 0 } };
    int rc = wire_format_perms(perms, num_perms, text, sizeof(text), &parts[1].iov_len);

    return done(rc ? rc : client_talk(h, XS_SET_PERMS, t, parts, 2, NULL, NULL));
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
    char *text = ask(h, XS_TRANSACTION_START, XBT_NULL, "", NULL);
    uint32_t id = XBT_NULL;

    if (!text)
        return XBT_NULL;
    if (wire_parse_u32(text, UINT32_MAX, &id) || id == XBT_NULL)
        errno = EPROTO;
    free(text);
    return id;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
    return tell(h, XS_TRANSACTION_END, t, abort ? "F" : "T");
}

/* --- domains --- */

enum { NUMBER_MAX = MAX_STRLEN(unsigned long) };

/* A request of a few numbers. */
static int talk_numbers(struct xs_handle *h, uint32_t type, const unsigned long *numbers, size_t n, void **ret_payload)
{
    char text[3][NUMBER_MAX] = { "" };
    struct iovec parts[3];

    for (size_t i = 0; i < n; i++)
        parts[i] = (struct iovec){ text[i], (size_t)snprintf(text[i], NUMBER_MAX, "%lu", numbers[i]) + 1 };
    return client_talk(h, type, XBT_NULL, parts, n, ret_payload, NULL);
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn, unsigned int eventchn)
{
    unsigned long numbers[] = { domid, mfn, eventchn };

    return done(talk_numbers(h, XS_INTRODUCE, numbers, 3, NULL));
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
    unsigned long number = domid;

    return done(talk_numbers(h, XS_RELEASE, &number, 1, NULL));
}

bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
    unsigned long number = domid;

    return done(talk_numbers(h, XS_RESUME, &number, 1, NULL));
}

bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target)
{
    unsigned long numbers[] = { domid, target };

    return done(talk_numbers(h, XS_SET_TARGET, numbers, 2, NULL));
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
    unsigned long number = domid;
    void *path = NULL;

    return done(talk_numbers(h, XS_GET_DOMAIN_PATH, &number, 1, &path)) ? path : NULL;
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
    unsigned long number = domid;
    void *answer;
    bool yes;

    if (!done(talk_numbers(h, XS_IS_DOMAIN_INTRODUCED, &number, 1, &answer)))
        return false;
    yes = strcmp(answer, "F") != 0;
    free(answer);
    return yes;
}

bool xs_restrict(struct xs_handle *h, unsigned domid)
{
    (void)h;
    (void)domid;
    return done(-ENOSYS);
}

int xs_suspend_evtchn_port(int domid)
{
    struct xs_handle *h = xs_open(0);
    char path[64];
    char *value;
    uint32_t port;
    int ret = -1;

    if (!h)
        return -1;
    snprintf(path, sizeof(path), "/local/domain/%d/device/suspend/event-channel", domid);
    value = xs_read(h, XBT_NULL, path, NULL);
    if (value && wire_parse_u32(value, INT_MAX, &port) == 0)
        ret = (int)port;
    free(value);
    xs_close(h);
    return ret;
}

char *xs_control_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len)
{
    struct iovec parts[] = { string_part(cmd), { data, len } };
    void *answer = NULL;

    return done(client_talk(h, XS_CONTROL, XBT_NULL, parts, 2, &answer, NULL)) ? answer : NULL;
}
