/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/change.h"

#include <errno.h>
#include <string.h>

#include "xenstored/perms.h"

/* Numbers that no domain can have are anybody's to write down. */
static int domain_known(struct store *s, unsigned domid)
{
    return domid >= DOMAIN_IDS || domain_get(s, domid) ? 0 : -ENOMEM;
}

/* Owners that nobody knew are known from now on, so that the count is theirs. */
static int owner_known(struct store *s, const struct perms *p)
{
    return domain_known(s, perms_owner(p));
}

unsigned change_missing(struct node *root, const char *path)
{
    unsigned nr = 0;
    size_t have;

    tree_find_nearest(root, path, &have);
    if (path[have] && path[have] != '/')
        have--; /* the root's length has its slash */
    for (const char *p = path + have; *p; p++)
        nr += *p == '/' && p[1];
    return nr;
}

/* The last `made` nodes of the path. */
static void count_made(struct store *s, const char *path, unsigned made)
{
    char part[PATH_SIZE];
    size_t len = strlen(path);

    memcpy(part, path, len + 1);
    for (; made; made--) {
        store_count_node(s, tree_find(s->root, part), 1);
        while (part[--len] != '/')
            ;
        part[len] = 0;
    }
}

int change_value(struct store *s, struct node **root, const char *path, struct value *value)
{
    const struct node *n = tree_find(*root, path);
    struct domain *d = root == &s->root ? domain_find(s, perms_owner(n->perms)) : NULL;
    size_t before = value_bytes(n->value);
    int rc = tree_set_value(root, path, value, ++s->gen);

    if (rc == 0 && d)
        d->node_bytes += value_bytes(value) - before;
    return rc;
}

int change_create(struct store *s, struct node **root, const char *path, struct value *value, struct perms *perms,
                  unsigned *ret_made)
{
    unsigned made = change_missing(*root, path);
    int rc = owner_known(s, perms);

    if (rc == 0)
        rc = tree_create(root, path, value, perms, ++s->gen);
    if (rc < 0)
        return rc;
    if (root == &s->root)
        count_made(s, path, made);
    if (ret_made)
        *ret_made = made;
    return 0;
}

int change_perms(struct store *s, struct node **root, const char *path, struct perms *perms)
{
    bool counted = root == &s->root;
    int rc = 0;

    for (unsigned i = 0; i < perms->nr && rc == 0; i++)
        rc = domain_known(s, perms->list[i].id);
    if (rc < 0)
        return rc;
    if (counted)
        store_count_node(s, tree_find(*root, path), -1);
    rc = tree_set_perms(root, path, perms, ++s->gen);
    if (counted)
        store_count_node(s, tree_find(*root, path), 1);
    return rc;
}

int change_remove(struct store *s, struct node **root, const char *path, struct node **ret_gone)
{
    int rc = tree_remove(root, path, ++s->gen, ret_gone);

    if (rc == 0 && root == &s->root)
        store_count_removed(s, *ret_gone);
    return rc;
}

static void count(void *arg, const struct node *n)
{
    store_count_node(arg, n, 1);
}

void store_recount(struct store *s)
{
    for (struct domain *d = s->known; d; d = d->next) {
        d->nodes = 0;
        d->node_bytes = 0;
    }
    node_each(s->root, count, s);
}
