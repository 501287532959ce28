/* SPDX-License-Identifier: GPL-2.0-only */
/* grub.cfg, as far as it says what can be booted: words, quotes and blocks as GRUB has them, and a few commands. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bootfind/menu.h"

#define DEPTH 16
#define WORDS 256

enum token { TOKEN_WORD, TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_EOF, TOKEN_BAD };

struct parser {
    struct menu *menu;
    const char *at, *end;
    unsigned line;
    bool ended; /* it has, and what comes is on the next */
    char word[MENU_WORD]; /* the last token's */
    size_t len;
    bool blanks;          /* within quotes: it is one word all the same */
    bool quotes;
    const char *words[WORDS]; /* of the command so far */
    bool quoted[WORDS];
    unsigned count;
    int blocks[DEPTH]; /* the entry that each is of; NO_ENTRY */
    unsigned depth;
};

#define NO_ENTRY (-1)

static int refuse(struct parser *p, const char *why)
{
    return menu_fail(p->menu, -EINVAL, "line %u: %s", p->line, why);
}

/* --- words --- */

static bool ends_word(const struct parser *p, const char *at)
{
    return at >= p->end || isspace((unsigned char)*at) || *at == ';';
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->end) {
        if (*p->at == '#') {
            while (p->at < p->end && *p->at != '\n')
                p->at++;
        } else if (*p->at == '\\' && p->at + 1 < p->end && p->at[1] == '\n') {
            p->at += 2;
            p->line++;
        } else if (isspace((unsigned char)*p->at) && *p->at != '\n') {
            p->at++;
        } else {
            return;
        }
    }
}

static int put(struct parser *p, char c)
{
    if (p->len + 1 >= sizeof(p->word))
        return refuse(p, "a word that is longer than 4095 characters");
    if (!c)
        return refuse(p, "a NUL in the text");
    p->word[p->len++] = c;
    return 0;
}

/* One character, or what stands for some, outside and inside of quotes. *quote: the quote that is open, or NUL. */
static int take(struct parser *p, char *quote)
{
    char c = *p->at;

    p->line += c == '\n';
    if (c == '$' && *quote != '\'')
        return menu_expand(p->menu, &p->at, p->end, p->word, &p->len) ? refuse(p, "a word that is longer than 4095 characters") : 0;
    p->at++;
    if ((c == '"' || c == '\'') && (!*quote || *quote == c)) {
        *quote = *quote ? '\0' : c;
        p->quotes = true;
        return 0;
    }
    if (c == '\\' && *quote != '\'' && p->at < p->end) {
        bool special = !*quote || strchr("\"\\$\n", *p->at);

        if (special)
            c = *p->at++;
        if (special && c == '\n') {
            p->line++;
            return 0;
        }
    }
    p->blanks |= *quote && isspace((unsigned char)c);
    return put(p, c);
}

static enum token next_token(struct parser *p)
{
    char quote = '\0';

    p->line += p->ended;
    p->ended = false;
    skip_blanks(p);
    p->len = 0;
    p->blanks = p->quotes = false;
    if (p->at >= p->end)
        return TOKEN_EOF;
    if (*p->at == '\n' || *p->at == ';') {
        p->ended = *p->at++ == '\n';
        return TOKEN_END;
    }
    if ((*p->at == '{' || *p->at == '}') && ends_word(p, p->at + 1))
        return *p->at++ == '{' ? TOKEN_OPEN : TOKEN_CLOSE;
    while (p->at < p->end && (quote || !ends_word(p, p->at)))
        if (take(p, &quote))
            return TOKEN_BAD;
    if (quote) {
        refuse(p, "a quote that does not end");
        return TOKEN_BAD;
    }
    p->word[p->len] = '\0';
    return TOKEN_WORD;
}

/* --- commands --- */

static struct menu_entry *current(struct parser *p)
{
    return p->depth && p->blocks[p->depth - 1] != NO_ENTRY ? &p->menu->entries[p->blocks[p->depth - 1]] : NULL;
}

static int no_memory(struct parser *p)
{
    return menu_fail(p->menu, -ENOMEM, "no memory");
}

static int do_set(struct parser *p, const char *setting)
{
    const char *equals = strchr(setting, '=');
    size_t len = equals ? (size_t)(equals - setting) : 0;
    int rc;

    if (!len || current(p))
        return 0;
    rc = menu_set(p->menu, setting, len, equals + 1, false);
    if (rc == 0 && len == 7 && memcmp(setting, "default", len) == 0 && equals[1])
        p->menu->wanted = menu_get(p->menu, setting, len);
    return rc;
}

/* The command line as GRUB gives it to the kernel: a word with blanks in it is quoted. */
static int do_linux(struct parser *p, unsigned first)
{
    struct menu_entry *e = current(p);
    char args[MENU_WORD];
    size_t len = 0;

    if (!e || e->submenu || first >= p->count)
        return 0;
    for (unsigned i = first + 1; i < p->count; i++) {
        const char *quote = p->quoted[i] ? "\"" : "";
        int n = snprintf(args + len, sizeof(args) - len, "%s%s%s%s", len ? " " : "", quote, p->words[i], quote);

        len += (size_t)n;
        if (len >= sizeof(args))
            return refuse(p, "a command line that is longer than 4095 characters");
    }
    e->kernel = menu_path(p->menu, p->words[first]);
    e->args = menu_keep(p->menu, args, len);
    return e->kernel && e->args ? 0 : no_memory(p);
}

static int do_initrd(struct parser *p, unsigned first)
{
    struct menu_entry *e = current(p);

    if (!e || e->submenu)
        return 0;
    for (unsigned i = first; i < p->count; i++) {
        if (e->nr_initrds == MENU_INITRDS)
            return refuse(p, "more than 8 ramdisks");
        e->initrds[e->nr_initrds] = menu_path(p->menu, p->words[i]);
        if (!e->initrds[e->nr_initrds++])
            return no_memory(p);
    }
    return 0;
}

static int do_command(struct parser *p)
{
    static const char *const before[] = { "then", "else", "do", "if", "elif" };
    static const struct {
        const char *name;
        int (*run)(struct parser *p, unsigned first);
    } commands[] = {
        { "linux", do_linux },   { "linux16", do_linux },   { "linuxefi", do_linux },
        { "initrd", do_initrd }, { "initrd16", do_initrd }, { "initrdefi", do_initrd },
    };
    unsigned first = 0;

    for (unsigned i = 0; i < sizeof(before) / sizeof(before[0]) && first < p->count; i++)
        first += strcmp(p->words[first], before[i]) == 0;
    if (first >= p->count)
        return 0;
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(p->words[first], commands[i].name) == 0)
            return commands[i].run(p, first + 1);
    if (strcmp(p->words[first], "blscfg") == 0)
        p->menu->bls = true;
    if (strcmp(p->words[first], "set") == 0)
        return first + 1 < p->count ? do_set(p, p->words[first + 1]) : 0;
    return isalpha((unsigned char)p->words[first][0]) ? do_set(p, p->words[first]) : 0;
}

/* --- blocks --- */

static int enter(struct parser *p, int entry)
{
    if (p->depth == DEPTH)
        return refuse(p, "blocks that are nested more than 16 deep");
    p->blocks[p->depth++] = entry;
    return 0;
}

/* menuentry and submenu, with all of their words; other blocks are functions. */
static int open_block(struct parser *p)
{
    static const char *const valued[] = { "--class", "--users", "--hotkey", "--source", "--id" };
    bool submenu = p->count && strcmp(p->words[0], "submenu") == 0;
    struct menu_entry *e, *in = current(p);
    const char *title = NULL, *id = NULL;

    if (!submenu && !(p->count && strcmp(p->words[0], "menuentry") == 0))
        return enter(p, NO_ENTRY);
    for (unsigned i = 1; i < p->count; i++) {
        bool takes = false;

        for (unsigned k = 0; k < sizeof(valued) / sizeof(valued[0]); k++)
            takes |= strcmp(p->words[i], valued[k]) == 0;
        if (takes && i + 1 < p->count)
            id = strcmp(p->words[i++], "--id") == 0 ? p->words[i] : id;
        else if (strncmp(p->words[i], "--id=", 5) == 0)
            id = p->words[i] + 5;
        else if (strncmp(p->words[i], "--", 2) && !title)
            title = p->words[i];
    }
    if ((p->depth && !in) || (in && !in->submenu))
        return enter(p, NO_ENTRY);
    e = menu_new(p->menu, title ? title : "", in ? (int)(in - p->menu->entries) : -1);
    if (!e)
        return -EINVAL;
    e->id = id;
    e->submenu = submenu;
    return enter(p, (int)(e - p->menu->entries));
}

static int handle(struct parser *p, enum token token)
{
    bool ignored = p->depth && p->blocks[p->depth - 1] == NO_ENTRY;
    int rc = 0;

    if (token == TOKEN_WORD && !p->len && !p->quotes)
        return 0; /* a setting that is none */
    if (token == TOKEN_WORD) {
        if (p->count == WORDS)
            return refuse(p, "a command of more than 256 words");
        p->words[p->count] = menu_keep(p->menu, p->word, p->len);
        p->quoted[p->count] = p->blanks;
        return p->words[p->count++] ? 0 : no_memory(p);
    }
    if (token == TOKEN_OPEN)
        rc = open_block(p);
    else if (!ignored)
        rc = do_command(p);
    p->count = 0;
    if (rc == 0 && token == TOKEN_CLOSE && p->depth)
        p->depth--;
    return rc;
}

int menu_add_grub(struct menu *menu, const char *text, size_t len)
{
    struct parser *p = calloc(1, sizeof(*p));
    enum token token;
    int rc = 0;

    if (!p)
        return menu_fail(menu, -ENOMEM, "no memory");
    if (len > MENU_TEXT_MAX)
        rc = menu_fail(menu, -EINVAL, "larger than 1 MiB");
    p->menu = menu;
    p->at = text;
    p->end = text + len;
    p->line = 1;
    while (rc == 0) {
        token = next_token(p);
        rc = token == TOKEN_BAD ? -EINVAL : handle(p, token);
        if (token == TOKEN_EOF)
            break;
    }
    free(p);
    return rc;
}
