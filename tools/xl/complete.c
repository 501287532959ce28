/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl __complete WORD...: what may stand in place of the last word, which is what is typed so far, one a line; for shells.
 * The table of commands says it: each word of a synopsis is a kind (DOMAIN, POOL, DEVICE, COMMAND, KEY=VALUE), or words to
 * choose from (nmi|reset); so are the arguments of options. Files the shell knows itself.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "xl/config.h"
#include "xl/listing.h"

struct completion {
    struct xl *xl;
    const struct xl_command *command;
    const char *typed;
    const char *first; /* the command's first argument: of which domain devices are; NULL: none yet */
};

static void offer(const struct completion *c, const char *word, const char *behind)
{
    if (!strncmp(word, c->typed, strlen(c->typed)))
        printf("%s%s\n", word, behind);
}

/* --- kinds --- */

/* What asks the host says nothing when there is none. */
static bool has_context(const struct completion *c)
{
    return c->xl->ctx || !libxl_ctx_alloc(&c->xl->ctx, LIBXL_VERSION, 0, NULL);
}

static void offer_domains(const struct completion *c)
{
    _cleanup_listing_ struct listing l = { 0 };

    if (has_context(c))
        l.domains = libxl_list_domain(c->xl->ctx, &l.n);
    for (int i = 0; l.domains && i < l.n; i++) {
        _cleanup_free_ char *name = libxl_domid_to_name(c->xl->ctx, l.domains[i].domid);

        if (name)
            offer(c, name, "");
    }
}

static void offer_pools(const struct completion *c)
{
    _cleanup_pools_ struct pools p = { 0 };

    if (has_context(c))
        p.pools = libxl_list_cpupool(c->xl->ctx, &p.n);
    for (int i = 0; p.pools && i < p.n; i++)
        offer(c, p.pools[i].pool_name ? p.pools[i].pool_name : "", "");
}

static void offer_disks(const struct completion *c, uint32_t domid)
{
    int n = 0;
    libxl_device_disk *disks = libxl_device_disk_list(c->xl->ctx, domid, &n);

    for (int i = 0; disks && i < n; i++)
        offer(c, disks[i].vdev ? disks[i].vdev : "", "");
    libxl_device_disk_list_free(disks, n);
}

static void offer_nics(const struct completion *c, uint32_t domid)
{
    int n = 0;
    libxl_device_nic *nics = libxl_device_nic_list(c->xl->ctx, domid, &n);

    for (int i = 0; nics && i < n; i++) {
        char text[24];

        snprintf(text, sizeof(text), "%d", nics[i].devid);
        offer(c, text, "");
        snprintf(text, sizeof(text), LIBXL_MAC_FMT, LIBXL_MAC_BYTES(nics[i].mac));
        offer(c, text, "");
    }
    libxl_device_nic_list_free(nics, n);
}

static void offer_devices(const struct completion *c)
{
    static const struct {
        const char *commands; /* how they begin */
        void (*offer)(const struct completion *c, uint32_t domid);
    } kinds[] = { { "block-", offer_disks }, { "cd-", offer_disks }, { "network-", offer_nics } };
    uint32_t domid;

    if (!c->first || !has_context(c) || libxl_domain_qualifier_to_domid(c->xl->ctx, c->first, &domid))
        return;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (!strncmp(c->command->name, kinds[i].commands, strlen(kinds[i].commands)))
            kinds[i].offer(c, domid);
}

static void offer_commands(const struct completion *c)
{
    for (size_t i = 0; i < nr_xl_commands; i++)
        if (!(xl_commands[i].flags & XL_HIDDEN))
            offer(c, xl_commands[i].name, "");
}

/* Settings of a configuration; of devices the shell is left alone. */
static void offer_keys(const struct completion *c)
{
    if (!strstr(c->command->name, "attach") && strncmp(c->command->name, "cpupool", 7))
        for (size_t i = 0; i < nr_xl_keys; i++)
            offer(c, xl_keys[i].name, "=");
}

/* One word of a synopsis: kinds and words, with | between them; a word has a small letter among its first two, or is a digit. */
static void offer_kind(const struct completion *c, const char *kind)
{
    static const struct {
        const char *kind;
        void (*offer)(const struct completion *c);
    } kinds[] = {
        { "DOMAIN", offer_domains },   { "POOL", offer_pools },   { "CPUPOOL", offer_pools },
        { "DEVICE", offer_devices },   { "MAC", NULL },           { "COMMAND", offer_commands },
        { "KEY=VALUE", offer_keys },
    };
    _cleanup_free_ char *copy = xl_strdup(kind);
    char *state = NULL;

    for (char *part = strtok_r(copy, "[]|.", &state); part; part = strtok_r(NULL, "[]|.", &state)) {
        size_t i = 0;

        while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[i].kind, part))
            i++;
        if (i < sizeof(kinds) / sizeof(kinds[0])) {
            if (kinds[i].offer)
                kinds[i].offer(c);
        } else if (part[1] ? islower((unsigned char)part[0]) || islower((unsigned char)part[1]) : isdigit((unsigned char)*part)) {
            offer(c, part, "");
        }
    }
}

/* --- which word of the synopsis it is --- */

/* The nth argument's; the last one's when it may be many. */
static void offer_argument(const struct completion *c, int nth)
{
    _cleanup_free_ char *copy = xl_strdup(c->command->synopsis);
    char *state = NULL, *last = NULL;

    for (char *word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
        if (!strcmp(word, "[OPTIONS]"))
            continue;
        last = word;
        if (!nth--)
            break;
    }
    if (last && (nth < 0 || strstr(last, "...")))
        offer_kind(c, last);
}

static void offer_options(const struct completion *c)
{
    for (const struct xl_option *o = c->command->options; o && o->code; o++) {
        char text[64];

        if (o->code < 0x80) {
            snprintf(text, sizeof(text), "-%c", o->code);
            offer(c, text, "");
        }
        if (o->name) {
            snprintf(text, sizeof(text), "--%s", o->name);
            offer(c, text, o->arg ? "=" : "");
        }
    }
}

/* The option whose argument comes behind this word; NULL: none does. */
static const struct xl_option *option_of(const struct completion *c, const char *word)
{
    for (const struct xl_option *o = c->command->options; o && o->code; o++)
        if (o->arg && ((o->code < 0x80 && word[0] == '-' && word[1] == o->code && !word[2]) ||
                       (o->name && !strncmp(word, "--", 2) && !strcmp(word + 2, o->name))))
            return o;
    return NULL;
}

/* Bash makes three words of --name=value. */
static int join(char **words, int n)
{
    int kept = 0;

    for (int i = 0; i < n; i++)
        if (strcmp(words[i], "=") || i == n - 1)
            words[kept++] = words[i];
    if (kept > 1 && !strcmp(words[kept - 1], "="))
        words[kept - 1] = words[kept - 1] + 1;
    return kept;
}

static void complete(struct completion *c, char **words, int n)
{
    const struct xl_option *option = NULL;
    int nth = 0;

    for (int i = 0; i < n - 1; i++) {
        bool argument = option != NULL;

        option = argument ? NULL : option_of(c, words[i]);
        if (argument || words[i][0] == '-')
            continue;
        if (!nth++)
            c->first = words[i];
    }
    if (option)
        offer_kind(c, option->arg);
    else if (*c->typed == '-')
        offer_options(c);
    else
        offer_argument(c, nth);
}

int cmd_complete(struct xl *xl, const struct xl_args *args)
{
    struct completion c = { .xl = xl, .typed = "" };
    char **words = args->args;
    int n = join(words, args->n);

    for (; n > 1 && **words == '-'; words++) /* global options */
        n--;
    if (n)
        c.typed = words[n - 1];
    if (n <= 1) {
        offer_commands(&c);
        return 0;
    }
    c.command = command_find(words[0]);
    if (c.command)
        complete(&c, words + 1, n - 1);
    if (xl->ctx)
        libxl_ctx_free(xl->ctx);
    return 0;
}
