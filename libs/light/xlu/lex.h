/* SPDX-License-Identifier: LGPL-2.1-only */
/* The words of a configuration. The grammar's lines end with a newline or a semicolon; # begins a comment. */
#ifndef LIGHT_XLU_LEX_H
#define LIGHT_XLU_LEX_H

#include <stddef.h>

enum xlu_token_kind {
    XLU_TOKEN_END,
    XLU_TOKEN_NEWLINE,
    XLU_TOKEN_SEMICOLON,
    XLU_TOKEN_NAME,   /* a lower case letter, then those, digits, _ and . */
    XLU_TOKEN_NUMBER, /* a digit, then digits, a to f and x */
    XLU_TOKEN_STRING, /* with its quotes, as it is written */
    XLU_TOKEN_OPEN,
    XLU_TOKEN_CLOSE,
    XLU_TOKEN_COMMA,
    XLU_TOKEN_ASSIGN,
    XLU_TOKEN_ADD,
    XLU_TOKEN_BAD, /* none of these */
    XLU_TOKEN_KINDS,
};

struct xlu_token {
    enum xlu_token_kind kind;
    const char *text; /* in the data */
    size_t len;
    unsigned line;
    unsigned column;
};

struct xlu_lexer {
    const char *at;
    const char *end;
    const char *line_start;
    unsigned line;
};

void xlu_lexer_init(struct xlu_lexer *lexer, const char *data, size_t n);

/* The next word. After the last one it is XLU_TOKEN_END for ever. */
void xlu_lexer_next(struct xlu_lexer *lexer, struct xlu_token *ret_token);

/*
 * What a string token means, its quotes and escapes removed, in memory of its own. NULL with *ret_wrong set: what is wrong
 * with the escape at *ret_at; NULL with *ret_wrong NULL: no memory.
 */
char *xlu_token_unquote(const struct xlu_token *token, const char **ret_wrong, const char **ret_at);

#endif
