/* SPDX-License-Identifier: GPL-2.0-only */
/* CONTROL: the commands that concern the store itself; what is left is the server's (store_ops.control). */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "xenstored/request.h"
#include "xenstored/store.h"

struct control {
    struct request *r;
    const char *arg[4];
    unsigned nr;
    struct buf reply;
};

static const char *const usage[][2] = {
    { "check", "" },
    { "log", "on|off" },
    { "live-update", "[-c <cmdline>] [-F] [-t <timeout>] <file>\n    Default timeout is 60 seconds." },
    { "logfile", "<file>" },
    { "memreport", "[<file>]" },
    { "print", "<string>" },
    { "quota", "[set <name> <val>|<domid>]" },
    { "quota-soft", "[set <name> <val>]" },
    { "help", "" },
};

static int control_help(struct control *c)
{
    int rc = 0;

    for (size_t i = 0; i < sizeof(usage) / sizeof(usage[0]) && rc == 0; i++)
        rc = buf_appendf(&c->reply, "%s\t%s\n", usage[i][0], usage[i][1]);
    return rc;
}

static int control_check(struct control *c)
{
    const struct store *s = c->r->s;
    bool good = tree_check(s->root) && tree_check(s->special);

    log_info(s->log, "check: the tree is %s", good ? "consistent" : "NOT CONSISTENT");
    return good ? 0 : -EIO;
}

static int control_print(struct control *c)
{
    if (c->nr != 1)
        return -EINVAL;
    log_info(c->r->s->log, "control: %s", c->arg[0]);
    return 0;
}

static int quota_list(struct control *c, const uint32_t *limits, bool soft)
{
    int rc = buf_appendf(&c->reply, "Quota settings:\n");

    for (enum quota q = 0; q < QUOTA_KINDS && rc == 0; q++)
        if (!soft || limits[q] || quota_table[q].preset_soft)
            rc = buf_appendf(&c->reply, "%-17s: %8u %s\n", quota_table[q].name, limits[q],
                             soft && quota_table[q].text_soft ? quota_table[q].text_soft : quota_table[q].text);
    return rc;
}

static int quota_of_domain(struct control *c, const char *name)
{
    const struct store *s = c->r->s;
    const struct domain *d;
    uint32_t domid;
    int rc;

    if (wire_parse_u32(name, DOMAIN_IDS - 1, &domid) < 0)
        return -EINVAL;
    d = domain_find(s, domid);
    if (!d)
        return -ENOENT;
    rc = buf_appendf(&c->reply, "Domain %u:\n", domid);
    for (enum quota q = 0; q < QUOTA_KINDS && rc == 0; q++) {
        uint32_t used = quota_used(d, q);

        if (q == QUOTA_OUTSTANDING) /* what clients took is not done over again after a restart */
            used = s->ops->figure(s->ops_arg, used);
        if (quota_is_total(q))
            rc = buf_appendf(&c->reply, "%-17s: %8u\n", quota_table[q].name, used);
    }
    return rc;
}

static int quota_command(struct control *c, uint32_t *limits, bool soft)
{
    uint32_t value;
    enum quota q;

    if (c->nr == 0)
        return quota_list(c, limits, soft);
    if (c->nr == 1 && !soft)
        return quota_of_domain(c, c->arg[0]);
    if (c->nr != 3 || strcmp(c->arg[0], "set"))
        return -EINVAL;
    q = quota_by_name(c->arg[1]);
    if (q == QUOTA_KINDS || wire_parse_u32(c->arg[2], INT32_MAX, &value) < 0)
        return -EINVAL;
    limits[q] = value;
    return 0;
}

static int control_quota(struct control *c)
{
    return quota_command(c, c->r->s->quota, false);
}

static int control_quota_soft(struct control *c)
{
    return quota_command(c, c->r->s->quota_soft, true);
}

struct memory {
    uint64_t nodes, values, bytes;
};

static void memory_add(void *arg, const struct node *n)
{
    struct memory *m = arg;

    m->nodes++;
    m->values += node_value_len(n);
    m->bytes += sizeof(*n) + n->name_len + 1u + (n->value ? sizeof(*n->value) + n->value->len : 0);
}

static int control_memreport(struct control *c)
{
    const struct store *s = c->r->s;
    struct memory m = { 0 };
    unsigned conns = 0;

    for (const struct conn *conn = s->conns; conn; conn = conn->next)
        conns++;
    node_each(s->root, memory_add, &m);
    /* Nothing that differs when the request is executed again after a restart. */
    return buf_appendf(&c->reply, "nodes %llu, with values of %llu bytes, in %llu bytes\nwatches %u\nconnections %u\n",
                       (unsigned long long)m.nodes, (unsigned long long)m.values, (unsigned long long)m.bytes,
                       s->nr_watches, conns);
}

static const struct {
    const char *name;
    int (*fn)(struct control *c);
} commands[] = {
    { "check", control_check },
    { "help", control_help },
    { "memreport", control_memreport },
    { "print", control_print },
    { "quota", control_quota },
    { "quota-soft", control_quota_soft },
};

static int control_run(struct control *c, const char *name)
{
    struct request *r = c->r;

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (!strcmp(commands[i].name, name))
            return commands[i].fn(c);
    return r->s->ops->control(r->s->ops_arg, name, r->rest, r->rest_len, &c->reply);
}

int do_control(struct request *r)
{
    struct control c = { .r = r };
    const char *arg;
    size_t pos = 0;
    int rc;

    while (c.nr < 4 && (arg = wire_string(r->rest, r->rest_len, &pos)))
        c.arg[c.nr++] = arg;
    rc = control_run(&c, r->arg[0]);
    if (rc == -ENOSYS)
        rc = -EINVAL;
    if (rc == 0 && buf_append(&c.reply, buf_len(&c.reply) ? "" : "OK", buf_len(&c.reply) ? 1 : 3) < 0)
        rc = -ENOMEM;
    if (rc == 0 && buf_len(&c.reply) > XENSTORE_PAYLOAD_MAX)
        rc = -E2BIG;
    if (rc == 0)
        request_reply(r, buf_data(&c.reply), buf_len(&c.reply));
    buf_done(&c.reply);
    return rc;
}
