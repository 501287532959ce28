/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The grammar of xl.cfg(5):
 *     file    = { [ setting ] ( newline | ";" ) } [ setting ]
 *     setting = name ( "=" | "+=" ) value
 *     value   = string | number | "[" { newline } [ value { newline } { "," ... value { newline } } [ "," ] ] "]"
 * Newlines may stand anywhere in a list, a comma after its last value. A statement that is wrong is reported and left out,
 * and reading goes on with the next line, so that one run shows all that is wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "light/xlu/lex.h"
#include "light/xlu/xlu.h"

#define MAX_DEPTH 64
#define MAX_REPORTS 20

struct parser {
    XLU_Config *cfg;
    const char *file;
    struct xlu_lexer lexer;
    struct xlu_token token; /* the one that is looked at */
    unsigned depth;         /* lists that are open */
    unsigned reports;
    int error; /* 0, EINVAL; ENOMEM ends it */
};

enum expected { EXPECT_NAME, EXPECT_ASSIGN, EXPECT_VALUE, EXPECT_ITEM_END, EXPECT_STATEMENT_END };

static void next(struct parser *p)
{
    xlu_lexer_next(&p->lexer, &p->token);
}

static struct xlu_place place_of(const struct parser *p, const struct xlu_token *t)
{
    return (struct xlu_place){ .file = p->file, .line = t->line, .column = t->column };
}

/* --- what is wrong --- */

/* A word, as somebody may read it: not too long, and nothing in it that a terminal obeys. */
static const char *printable(const struct xlu_token *t, char *buffer, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < t->len && n + 8 < size; i++) {
        unsigned char c = (unsigned char)t->text[i];

        if (c < ' ' || c == 0x7f)
            n += (size_t)snprintf(buffer + n, size - n, "\\x%02x", c);
        else
            buffer[n++] = (char)c;
        if (n + 8 >= size && i + 1 < t->len)
            n += (size_t)snprintf(buffer + n, size - n, "...");
    }
    buffer[n] = '\0';
    return buffer;
}

static bool token_is_one_of(const struct xlu_token *t, const char *words)
{
    for (const char *w = words; *w; w += strcspn(w, " ") + (w[strcspn(w, " ")] == ' ')) {
        size_t n = strcspn(w, " ");

        if (n == t->len && !memcmp(w, t->text, n))
            return true;
    }
    return false;
}

/* What people write who know other languages, and what they mean. */
static const struct {
    unsigned expected;  /* bits; 0: wherever it stands */
    const char *words;  /* the whole word is one of these, or */
    const char *begins; /* it begins with one of these characters */
    const char *hint;
} hints[] = {
    { 1 << EXPECT_VALUE, "True true yes on", NULL, "write 1" },
    { 1 << EXPECT_VALUE, "False false no off None", NULL, "write 0" },
    { 1 << EXPECT_NAME | 1 << EXPECT_ASSIGN | 1 << EXPECT_STATEMENT_END, "os sys re def if for while print", NULL,
      "a configuration is no Python program" },
    { 0, NULL, "\"'", "the quote is not closed in this line" },
    { 0, NULL, "\r", "the lines end as those of DOS do; dos2unix mends the file" },
    { 0, NULL, "(", "a list is written in [ ]; Python is not executed" },
    { 0, NULL, "{", "there are no dictionaries: each device is a text of KEY=VALUE pairs" },
    { 1 << EXPECT_VALUE | 1 << EXPECT_ITEM_END, NULL, "+-", "a number with a sign is written in quotes" },
    { 1 << EXPECT_ASSIGN, NULL, "-", "names have _, no -" },
    { 1 << EXPECT_NAME | 1 << EXPECT_ASSIGN, NULL, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "names are in lower case" },
    { 1 << EXPECT_VALUE, NULL, "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "text is written in quotes" },
    { 1 << EXPECT_STATEMENT_END, NULL, "abcdefghijklmnopqrstuvwxyz", "settings of one line are kept apart by ;" },
    { 1 << EXPECT_ITEM_END, NULL, "\"'0123456789[", "a comma is missing" },
    { 1 << EXPECT_ITEM_END, NULL, "abcdefghijklmnopqrstuvwxyz", "is the ] of the list missing?" },
    { 1 << EXPECT_ITEM_END, NULL, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "text is written in quotes" },
};

static const char *hint_for(enum expected expected, const struct xlu_token *t)
{
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (hints[i].expected && !(hints[i].expected & 1u << expected))
            continue;
        if (hints[i].words ? token_is_one_of(t, hints[i].words)
                           : t->len && *t->text && strchr(hints[i].begins, *t->text) && t->kind != XLU_TOKEN_NEWLINE)
            if (!(strchr("\"'", *t->text) && t->kind == XLU_TOKEN_STRING && hints[i].expected == 0))
                return hints[i].hint;
    }
    return NULL;
}

static int unexpected(struct parser *p, enum expected expected)
{
    static const char *const names[] = {
        [EXPECT_NAME] = "the name of a setting",   [EXPECT_ASSIGN] = "= or +=",
        [EXPECT_VALUE] = "text, a number or a [",  [EXPECT_ITEM_END] = ", or ]",
        [EXPECT_STATEMENT_END] = "the line's end or ;",
    };
    const struct xlu_token *t = &p->token;
    struct xlu_place place = place_of(p, t);
    const char *hint = hint_for(expected, t);
    char buffer[64];

    if (p->reports++ < MAX_REPORTS) {
        if (t->kind == XLU_TOKEN_END || t->kind == XLU_TOKEN_NEWLINE)
            snprintf(buffer, sizeof(buffer), "the %s ends", t->kind == XLU_TOKEN_END ? "file" : "line");
        xlu_say(p->cfg, &place, "%s%s%s where %s is expected%s%s",
                t->kind == XLU_TOKEN_END || t->kind == XLU_TOKEN_NEWLINE ? "" : "`",
                t->kind == XLU_TOKEN_END || t->kind == XLU_TOKEN_NEWLINE ? buffer : printable(t, buffer, sizeof(buffer)),
                t->kind == XLU_TOKEN_END || t->kind == XLU_TOKEN_NEWLINE ? "" : "'", names[expected], hint ? ": " : "",
                hint ? hint : "");
    }
    return EINVAL;
}

/* --- the grammar --- */

static int parse_value(struct parser *p, XLU_ConfigValue **ret_value);

static int parse_string(struct parser *p, XLU_ConfigValue **ret_value)
{
    struct xlu_place place = place_of(p, &p->token);
    const char *wrong, *at;
    char *text;

    if (p->token.kind == XLU_TOKEN_NUMBER) {
        text = xlu_copy(p->token.text, p->token.len);
    } else {
        text = xlu_token_unquote(&p->token, &wrong, &at);
        if (!text && wrong) {
            place.column += (unsigned)(at - p->token.text);
            if (p->reports++ < MAX_REPORTS)
                xlu_say(p->cfg, &place, "%s", wrong);
            return EINVAL;
        }
    }
    *ret_value = text ? xlu_value_text(text, &place) : NULL;
    if (!*ret_value)
        return ENOMEM;
    next(p);
    return 0;
}

static void skip_newlines(struct parser *p)
{
    while (p->token.kind == XLU_TOKEN_NEWLINE)
        next(p);
}

static int parse_items(struct parser *p, XLU_ConfigList *list)
{
    int error;

    skip_newlines(p);
    while (p->token.kind != XLU_TOKEN_CLOSE) {
        XLU_ConfigValue *item = NULL;

        error = parse_value(p, &item);
        if (!error)
            error = xlu_list_append(list, item);
        if (error) {
            xlu_value_free(item);
            return error;
        }
        skip_newlines(p);
        if (p->token.kind != XLU_TOKEN_COMMA)
            break;
        next(p);
        skip_newlines(p);
    }
    return p->token.kind == XLU_TOKEN_CLOSE ? 0 : unexpected(p, EXPECT_ITEM_END);
}

static int parse_list(struct parser *p, XLU_ConfigValue **ret_value)
{
    struct xlu_place place = place_of(p, &p->token);
    _cleanup_(xlu_value_done) XLU_ConfigValue *value = NULL;
    int error;

    if (p->depth == MAX_DEPTH) {
        xlu_say(p->cfg, &place, "lists in lists, more than %d deep", MAX_DEPTH);
        return EINVAL;
    }
    value = xlu_value_list(&place);
    if (!value)
        return ENOMEM;
    p->depth++;
    next(p);
    error = parse_items(p, &value->list);
    if (error)
        return error;
    p->depth--;
    next(p);
    *ret_value = value;
    value = NULL;
    return 0;
}

static int parse_value(struct parser *p, XLU_ConfigValue **ret_value)
{
    if (p->token.kind == XLU_TOKEN_OPEN)
        return parse_list(p, ret_value);
    if (p->token.kind == XLU_TOKEN_STRING || p->token.kind == XLU_TOKEN_NUMBER)
        return parse_string(p, ret_value);
    return unexpected(p, EXPECT_VALUE);
}

static bool ends_statement(const struct xlu_token *t)
{
    return t->kind == XLU_TOKEN_NEWLINE || t->kind == XLU_TOKEN_SEMICOLON || t->kind == XLU_TOKEN_END;
}

static int parse_setting(struct parser *p)
{
    struct xlu_token name = p->token;
    struct xlu_place place = place_of(p, &name);
    _cleanup_(xlu_value_done) XLU_ConfigValue *value = NULL;
    bool add;
    int error;

    if (name.kind != XLU_TOKEN_NAME)
        return unexpected(p, EXPECT_NAME);
    next(p);
    add = p->token.kind == XLU_TOKEN_ADD;
    if (!add && p->token.kind != XLU_TOKEN_ASSIGN)
        return unexpected(p, EXPECT_ASSIGN);
    next(p);
    error = parse_value(p, &value);
    if (!error && !ends_statement(&p->token))
        error = unexpected(p, EXPECT_STATEMENT_END);
    if (!error)
        error = xlu_setting_store(p->cfg, name.text, name.len, &place, add, value);
    if (!error)
        value = NULL;
    return error;
}

/* To the end of the line; of the one in which the list ends, when something in a list is wrong. */
static void recover(struct parser *p)
{
    while (p->token.kind != XLU_TOKEN_END && (p->token.kind != XLU_TOKEN_NEWLINE || p->depth)) {
        if (p->token.kind == XLU_TOKEN_OPEN)
            p->depth++;
        else if (p->token.kind == XLU_TOKEN_CLOSE && p->depth)
            p->depth--;
        next(p);
    }
    p->depth = 0;
}

int xlu_parse(XLU_Config *cfg, const char *file, const char *data, size_t n)
{
    struct parser p = { .cfg = cfg, .file = file };

    xlu_lexer_init(&p.lexer, data, n);
    next(&p);
    while (p.token.kind != XLU_TOKEN_END) {
        int error;

        if (ends_statement(&p.token)) {
            next(&p);
            continue;
        }
        error = parse_setting(&p);
        if (error == ENOMEM)
            return error;
        if (error) {
            p.error = error;
            recover(&p);
        }
    }
    if (p.reports > MAX_REPORTS)
        xlu_say(cfg, NULL, "and %u more", p.reports - MAX_REPORTS);
    return p.error;
}
