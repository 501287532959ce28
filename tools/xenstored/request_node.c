/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests that read and change nodes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xenstored/change.h"
#include "xenstored/perms.h"
#include "xenstored/request.h"
#include "xenstored/transaction.h"
#include "xenstored/watch.h"

static struct node **root_of(struct request *r)
{
    return r->tx ? &r->tx->root : &r->s->root;
}

static int path_arg(struct request *r, bool special, char *ret_path)
{
    return path_resolve(r->c, r->arg[0], special, r->s->quota[QUOTA_PATH], ret_path);
}

/*
 * That nothing is at the path depends on the first of its ancestors that is not there, or itself; what is allowed there,
 * on the last one that is, which is the first `have` bytes.
 */
static int absence_note(struct request *r, const char *path, size_t have)
{
    const char *end = strchrnul(path + have + (have > 1), '/');
    char part[PATH_SIZE];
    int rc;

    memcpy(part, path, (size_t)(end - path));
    part[end - path] = 0;
    rc = transaction_note(r->s, r->c, r->tx, part, ACCESS_ABSENT);
    part[have] = 0;
    return rc < 0 ? rc : transaction_note(r->s, r->c, r->tx, part, ACCESS_NODE);
}

/*
 * The node, if the client has all of the rights `need`; -EACCES, or -ENOENT when it is absent and he would have them by
 * its nearest ancestor. The transaction remembers, with `access` for a node that is there.
 */
static int node_get(struct request *r, const char *path, unsigned need, uint32_t access, struct node **ret_node)
{
    bool special = path[0] == '@';
    struct node *n;
    bool found;
    size_t have;
    int rc = 0;

    n = tree_find_nearest(special ? r->s->special : *root_of(r), path, &have);
    found = special ? n != r->s->special && n : !path[have];
    if (r->tx && !special)
        rc = found ? transaction_note_node(r->s, r->c, r->tx, path, n, ACCESS_NODE | access) : absence_note(r, path, have);
    if (rc < 0)
        return rc;
    if ((perms_of(r->s, r->c, n->perms, n->gen_perms) & need) != need)
        return -EACCES;
    if (!found)
        return special ? -EINVAL : -ENOENT;
    *ret_node = n;
    return 0;
}

/* --- looking --- */

int do_read(struct request *r)
{
    char path[PATH_SIZE];
    struct node *n;
    int rc = path_arg(r, false, path);

    if (rc == 0)
        rc = node_get(r, path, XS_PERM_READ, ACCESS_VALUE, &n);
    if (rc == 0)
        request_reply(r, n->value ? n->value->data : NULL, node_value_len(n));
    return rc;
}

/* Names, each with its NUL: without the first `skip` bytes of the whole list, and as many as there is room for. */
struct listing {
    char data[XENSTORE_PAYLOAD_MAX];
    size_t len, room;
    size_t skip;
    bool cut; /* there are more */
};

static bool listing_add(void *arg, const struct node *child)
{
    struct listing *l = arg;
    size_t size = child->name_len + 1u, from = l->skip < size ? l->skip : size, n = size - from;

    l->skip -= from;
    l->cut = n > l->room - l->len;
    if (l->cut)
        return false;
    memcpy(l->data + l->len, child->name + from, n);
    l->len += n;
    return true;
}

int do_directory(struct request *r)
{
    struct listing l;
    char path[PATH_SIZE];
    struct node *n;
    int rc = path_arg(r, false, path);

    if (rc == 0)
        rc = node_get(r, path, XS_PERM_READ, ACCESS_LIST, &n);
    if (rc < 0)
        return rc;
    if (n->list_len > sizeof(l.data))
        return -E2BIG;
    l.len = l.skip = 0;
    l.cut = false;
    l.room = sizeof(l.data);
    node_each_child(n, listing_add, &l);
    request_reply(r, l.data, l.len);
    return 0;
}

/* The list from an offset on, behind the generation of the whole; its end is an empty name. */
int do_directory_part(struct request *r)
{
    struct listing l;
    char path[PATH_SIZE];
    struct node *n;
    uint32_t offset;
    int rc = path_arg(r, false, path);

    if (rc == 0)
        rc = wire_parse_u32(r->arg[1], UINT32_MAX, &offset);
    if (rc == 0)
        rc = node_get(r, path, XS_PERM_READ, ACCESS_LIST, &n);
    if (rc < 0)
        return rc;
    l.len = (size_t)snprintf(l.data, sizeof(l.data), "%llu", (unsigned long long)n->gen_list) + 1;
    l.skip = offset;
    l.cut = false;
    l.room = sizeof(l.data) - 1;
    node_each_child(n, listing_add, &l);
    if (!l.cut)
        l.data[l.len++] = 0;
    request_reply(r, l.data, l.len);
    return 0;
}

int do_get_perms(struct request *r)
{
    char path[PATH_SIZE], text[XENSTORE_PAYLOAD_MAX];
    struct node *n;
    size_t len = 0;
    int rc = path_arg(r, true, path);

    if (rc == 0)
        rc = node_get(r, path, XS_PERM_READ, 0, &n);
    for (unsigned i = 0; rc == 0 && i < n->perms->nr; i++) {
        if (sizeof(text) - len < WIRE_PERM_MAX)
            return -E2BIG;
        rc = wire_format_perm(&n->perms->list[i], text + len, sizeof(text) - len);
        len += strlen(text + len) + 1;
    }
    if (rc == 0)
        request_reply(r, text, len);
    return rc;
}

/* --- changing --- */

/* What is noted is done at the commit: only what the client may do, and is about to do, is noted. */
static int change_note(struct request *r, const char *path, uint32_t change)
{
    return r->tx ? transaction_note(r->s, r->c, r->tx, path, change) : 0;
}

/* The node and those of its ancestors that are longer than `have` bytes will be made. */
static int making_note(struct request *r, const char *path, size_t have)
{
    char part[PATH_SIZE];
    int rc = 0;

    for (const char *end = strchrnul(path + have + (have > 1), '/'); *end && rc == 0; end = strchrnul(end + 1, '/')) {
        memcpy(part, path, (size_t)(end - path));
        part[end - path] = 0;
        rc = change_note(r, part, CHANGE_ANCESTOR);
    }
    return rc < 0 ? rc : change_note(r, path, CHANGE_VALUE);
}

/* May an unprivileged client have a node of this size? */
static bool size_allowed(struct request *r, size_t value_len, unsigned nr_perms, size_t list_len)
{
    size_t size = 24 + nr_perms * sizeof(struct xs_permissions) + value_len + list_len;

    return conn_privileged(r->c) || size < r->s->quota[QUOTA_ENTRY_SIZE];
}

/* May the client's domain have as many bytes more? */
static bool memory_allowed(struct request *r, int64_t more)
{
    return !r->c->domain || quota_allows_memory(r->s, r->c->domain, more);
}

/* In a transaction: what it wrote takes memory also when it is written over again. */
static void memory_charge(struct request *r, size_t bytes)
{
    if (r->tx)
        transaction_charge(r->c, r->tx, bytes);
}

/* Of the first name in the rest of a path, with its NUL. */
static size_t name_size(const char *rest)
{
    rest += *rest == '/';
    return (size_t)(strchrnul(rest, '/') - rest) + 1;
}

/* The node and its ancestors; it inherits from the nearest that is there. */
static int node_create(struct request *r, const char *path, struct value *value)
{
    struct node **root = root_of(r), *above;
    struct domain *d = r->c->domain;
    unsigned missing = change_missing(*root, path), made;
    struct perms *p;
    size_t have, bytes;
    int rc;

    above = tree_find_nearest(*root, path, &have);
    if (!size_allowed(r, value ? value->len : 0, above->perms->nr, 0) ||
        !size_allowed(r, node_value_len(above), above->perms->nr, above->list_len + name_size(path + have)))
        return -ENOSPC;
    if (d && !conn_privileged(r->c) &&
        !quota_allows(r->s, d, QUOTA_NODES, d->nodes + (r->tx ? (uint32_t)r->tx->made : 0) + missing - 1))
        return -ENOSPC;
    bytes = missing * (node_bytes(above) - above->name_len - value_bytes(above->value)) + strlen(path + have) +
            value_bytes(value);
    if (!memory_allowed(r, (int64_t)bytes))
        return -ENOMEM;
    rc = making_note(r, path, have);
    if (rc < 0)
        return rc;
    p = perms_inherit(r->c, above->perms);
    if (!p)
        return -ENOMEM;
    rc = change_create(r->s, root, path, value, p, &made);
    if (rc == 0 && r->tx && perms_owner(p) == r->c->domid)
        r->tx->made += (int32_t)made;
    if (rc == 0)
        memory_charge(r, bytes);
    perms_unref(p);
    return rc;
}

static int value_change(struct request *r, const char *path, struct node *n, struct value *value)
{
    int64_t more = (int64_t)value_bytes(value) - (r->tx ? 0 : (int64_t)value_bytes(n->value));
    int rc = change_note(r, path, CHANGE_VALUE);

    if (rc == 0 && !size_allowed(r, value ? value->len : 0, n->perms->nr, n->list_len))
        rc = -ENOSPC;
    if (rc == 0 && !memory_allowed(r, more))
        rc = -ENOMEM;
    if (rc == 0)
        rc = change_value(r->s, root_of(r), path, value);
    if (rc == 0)
        memory_charge(r, value_bytes(value));
    return rc;
}

int do_write(struct request *r)
{
    char path[PATH_SIZE];
    struct value *value = NULL;
    struct node *n;
    int rc = path_arg(r, false, path);

    if (rc < 0)
        return rc;
    rc = node_get(r, path, XS_PERM_WRITE, 0, &n);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    if (r->rest_len) {
        value = value_new(r->rest, r->rest_len);
        if (!value)
            return -ENOMEM;
    }
    rc = rc == -ENOENT ? node_create(r, path, value) : value_change(r, path, n, value);
    value_unref(value);
    if (rc == 0 && !r->tx)
        watch_fire(r->s, path);
    return rc;
}

int do_mkdir(struct request *r)
{
    char path[PATH_SIZE];
    struct node *n;
    int rc = path_arg(r, false, path);

    if (rc == 0)
        rc = node_get(r, path, XS_PERM_WRITE, 0, &n);
    if (rc != -ENOENT)
        return rc;
    rc = node_create(r, path, NULL);
    if (rc == 0 && !r->tx)
        watch_fire(r->s, path);
    return rc;
}

static bool parent_exists(struct request *r, const char *path)
{
    size_t have, parent = (size_t)(strrchr(path, '/') - path);

    tree_find_nearest(*root_of(r), path, &have);
    return have == (parent ? parent : 1);
}

static void count_owned(void *arg, const struct node *n)
{
    struct request *r = arg;

    if (perms_owner(n->perms) == r->c->domid)
        r->tx->made--;
}

int do_rm(struct request *r)
{
    char path[PATH_SIZE];
    struct node *n, *gone = NULL;
    int rc = path_arg(r, false, path);

    if (rc < 0)
        return rc;
    rc = node_get(r, path, XS_PERM_WRITE, 0, &n);
    if (rc == -ENOENT && parent_exists(r, path))
        return 0;
    if (rc < 0)
        return rc;
    if (!path[1])
        return -EINVAL;
    rc = change_note(r, path, CHANGE_REMOVED);
    if (rc == 0)
        rc = change_remove(r->s, root_of(r), path, &gone);
    if (rc < 0)
        return rc;
    if (r->tx)
        node_each(gone, count_owned, r);
    else
        watch_fire_removed(r->s, path, gone);
    node_unref(gone);
    return 0;
}

static int perms_change(struct request *r, const char *path, struct node *n, struct perms *p)
{
    struct perms *before = perms_ref(n->perms);
    uint64_t gen_before = n->gen_perms;
    bool special = path[0] == '@';
    int rc = 0;

    if (!conn_privileged(r->c) && perms_owner(p) != perms_owner(n->perms))
        rc = -EPERM;
    else if (!conn_privileged(r->c) && (p->nr > r->s->quota[QUOTA_PERMS] ||
                                        !size_allowed(r, node_value_len(n), p->nr, n->list_len)))
        rc = -ENOSPC;
    else if (!special)
        rc = change_note(r, path, CHANGE_PERMS);
    if (rc == 0)
        rc = change_perms(r->s, special ? &r->s->special : root_of(r), path, p);
    if (rc == 0 && !r->tx && !special)
        watch_fire_perms(r->s, path, before, gen_before);
    perms_unref(before);
    return rc;
}

int do_set_perms(struct request *r)
{
    char path[PATH_SIZE];
    struct perms *p;
    struct node *n;
    int rc = path_arg(r, true, path);

    if (rc == 0)
        rc = perms_parse(r->rest, r->rest_len, &p);
    if (rc < 0)
        return rc;
    rc = node_get(r, path, XS_PERM_WRITE | XS_PERM_OWNER, 0, &n);
    if (rc == 0)
        rc = perms_change(r, path, n, p);
    perms_unref(p);
    return rc;
}
