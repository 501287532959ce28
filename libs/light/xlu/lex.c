/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/xlu/lex.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void xlu_lexer_init(struct xlu_lexer *lexer, const char *data, size_t n)
{
    *lexer = (struct xlu_lexer){ .at = data, .end = data + n, .line_start = data, .line = 1 };
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '.';
}

static bool in_number(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || c == 'x';
}

static size_t span(const char *at, const char *end, bool (*belongs)(char))
{
    const char *s = at;

    while (s < end && belongs(*s))
        s++;
    return (size_t)(s - at);
}

/* Up to the quote that ends it; 0: none does in this line. */
static size_t string_length(const char *at, const char *end)
{
    for (const char *s = at + 1; s < end && *s != '\n'; s++) {
        if (*s == *at)
            return (size_t)(s + 1 - at);
        if (*s == '\\' && s + 1 < end && s[1] != '\n')
            s++;
    }
    return 0;
}

/* What cannot begin a word, up to where the next may begin. */
static size_t bad_length(const char *at, const char *end)
{
    const char *s = at + 1;

    while (s < end && !strchr(" \t\n;,[]=#\"'", *s) && *s)
        s++;
    return (size_t)(s - at);
}

static enum xlu_token_kind single(char c)
{
    static const struct {
        char c;
        enum xlu_token_kind kind;
    } rows[] = {
        { ';', XLU_TOKEN_SEMICOLON }, { '[', XLU_TOKEN_OPEN },   { ']', XLU_TOKEN_CLOSE },
        { ',', XLU_TOKEN_COMMA },     { '=', XLU_TOKEN_ASSIGN }, { '\n', XLU_TOKEN_NEWLINE },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].c == c)
            return rows[i].kind;
    return XLU_TOKEN_BAD;
}

static void skip_blanks(struct xlu_lexer *lexer)
{
    while (lexer->at < lexer->end && (*lexer->at == ' ' || *lexer->at == '\t'))
        lexer->at++;
    if (lexer->at < lexer->end && *lexer->at == '#')
        while (lexer->at < lexer->end && *lexer->at != '\n')
            lexer->at++;
}

static void classify(struct xlu_token *t, const char *end)
{
    const char *s = t->text;

    t->len = 1;
    if (*s >= 'a' && *s <= 'z') {
        t->kind = XLU_TOKEN_NAME;
        t->len = span(s, end, in_name);
    } else if (is_digit(*s)) {
        t->kind = XLU_TOKEN_NUMBER;
        t->len = span(s, end, in_number);
    } else if (*s == '"' || *s == '\'') {
        t->kind = XLU_TOKEN_STRING;
        t->len = string_length(s, end);
    } else if (*s == '+' && end - s > 1 && s[1] == '=') {
        t->kind = XLU_TOKEN_ADD;
        t->len = 2;
    } else {
        t->kind = single(*s);
    }
    if (!t->len || t->kind == XLU_TOKEN_BAD) {
        t->kind = XLU_TOKEN_BAD;
        t->len = bad_length(s, end);
    }
}

void xlu_lexer_next(struct xlu_lexer *lexer, struct xlu_token *ret_token)
{
    struct xlu_token t = { .kind = XLU_TOKEN_END };

    skip_blanks(lexer);
    t.text = lexer->at;
    t.line = lexer->line;
    t.column = (unsigned)(lexer->at - lexer->line_start) + 1;
    if (lexer->at < lexer->end)
        classify(&t, lexer->end);
    lexer->at += t.len;
    if (t.kind == XLU_TOKEN_NEWLINE) {
        lexer->line++;
        lexer->line_start = lexer->at;
    }
    *ret_token = t;
}

/* --- strings --- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)((at - digits) % 16) : -1;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* The byte that \xHH or \OOO stands for, *s behind it afterwards; NULL or what is wrong. The quote ends every text. */
static const char *numeric_escape(const char **s, char *ret_byte)
{
    int value = 0;

    if (**s == 'x') {
        if (hex_digit((*s)[1]) < 0 || hex_digit((*s)[2]) < 0)
            return "\\x needs two hexadecimal digits";
        value = hex_digit((*s)[1]) * 16 + hex_digit((*s)[2]);
        *s += 3;
    } else {
        for (int i = 0; i < 3; i++, (*s)++) {
            if (!is_octal(**s))
                return "\\ with digits needs three octal ones";
            value = value * 8 + (**s - '0');
        }
    }
    if (value == 0 || value > 255)
        return "there is no such character";
    *ret_byte = (char)value;
    return NULL;
}

static const char *escape(const char **s, char *ret_byte)
{
    static const char letters[] = "abfnrtv\\'\"";
    static const char bytes[] = "\a\b\f\n\r\t\v\\'\"";
    const char *letter = **s ? strchr(letters, **s) : NULL;

    if (letter) {
        *ret_byte = bytes[letter - letters];
        (*s)++;
        return NULL;
    }
    if (**s == 'x' || is_octal(**s))
        return numeric_escape(s, ret_byte);
    return "\\ stands for nothing before this character; a backslash is written \\\\";
}

char *xlu_token_unquote(const struct xlu_token *token, const char **ret_wrong, const char **ret_at)
{
    const char *s = token->text + 1, *end = token->text + token->len - 1;
    char *text = malloc(token->len), *to = text;

    *ret_wrong = NULL;
    *ret_at = NULL;
    if (!text)
        return NULL;
    while (s < end) {
        const char *at = s;

        if (*s == '\\') {
            s++;
            *ret_wrong = escape(&s, to++);
        } else if (*s) {
            *to++ = *s++;
        } else {
            *ret_wrong = "a zero byte";
        }
        if (*ret_wrong) {
            *ret_at = at;
            free(text);
            return NULL;
        }
    }
    *to = '\0';
    return text;
}
