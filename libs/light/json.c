/* SPDX-License-Identifier: LGPL-2.1-only */
#include "json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/cleanup.h"

static void cleanup_yajl(yajl_handle *handle)
{
    if (*handle)
        yajl_free(*handle);
}

/* --- errors --- */
int json_fail(struct json_error *error, const char *what, ...)
{
    va_list al;

    va_start(al, what);
    vsnprintf(error->what, sizeof(error->what), what, al);
    va_end(al);
    error->where[0] = '\0';
    return -EINVAL;
}

static void json_prefix(struct json_error *error, const char *prefix)
{
    char rest[sizeof(error->where)];

    memcpy(rest, error->where, sizeof(rest));
    snprintf(error->where, sizeof(error->where), "%.60s%s%.66s", prefix, rest[0] && rest[0] != '[' ? "." : "", rest);
}

void json_inside(struct json_error *error, const char *key)
{
    json_prefix(error, key);
}

void json_inside_entry(struct json_error *error, size_t index)
{
    char prefix[32];

    snprintf(prefix, sizeof(prefix), "[%zu]", index);
    json_prefix(error, prefix);
}

int json_want(const struct json_node *node, enum json_kind kind, struct json_error *error)
{
    static const char *const names[] = {"null", "true or false", "a number", "a string", "a list", "an object"};

    if (node->kind == kind)
        return 0;
    return json_fail(error, "is %s where %s is wanted", names[node->kind], names[kind]);
}

/* --- numbers --- */
int json_signed(const struct json_node *node, int64_t min, int64_t max, int64_t *ret_value, struct json_error *error)
{
    char *end;
    long long value;
    int rc = json_want(node, JSON_NUMBER, error);

    if (rc)
        return rc;
    errno = 0;
    value = strtoll(node->text, &end, 10);
    if (*end)
        return json_fail(error, "%.40s is no integer", node->text);
    if (errno || value < min || value > max)
        return json_fail(error, "%.40s is not from %lld to %lld", node->text, (long long)min, (long long)max);
    *ret_value = value;
    return 0;
}

int json_unsigned(const struct json_node *node, uint64_t max, uint64_t *ret_value, struct json_error *error)
{
    char *end;
    unsigned long long value;
    int rc = json_want(node, JSON_NUMBER, error);

    if (rc)
        return rc;
    errno = 0;
    value = strtoull(node->text, &end, 10);
    if (*end)
        return json_fail(error, "%.40s is no integer", node->text);
    if (errno || node->text[0] == '-' || value > max)
        return json_fail(error, "%.40s is not from 0 to %llu", node->text, (unsigned long long)max);
    *ret_value = value;
    return 0;
}

/* --- the tree: what yajl calls --- */
struct parser {
    struct json_node *root, *open; /* the innermost list or object that has not ended */
    struct json_node **end;        /* where the next node goes */
    char *key;
    unsigned depth;
    int failure;
    struct json_error *error;
};

static int parser_fail(struct parser *p, int failure)
{
    p->failure = failure;
    return 0; /* yajl ends */
}

static char *copy_text(struct parser *p, const void *text, size_t len)
{
    char *copy;

    if (memchr(text, '\0', len)) {
        parser_fail(p, json_fail(p->error, "there is a NUL in a string"));
        return NULL;
    }
    copy = malloc(len + 1);
    if (!copy) {
        parser_fail(p, -ENOMEM);
        return NULL;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

static struct json_node *node_add(struct parser *p, enum json_kind kind)
{
    struct json_node *n = calloc(1, sizeof(*n));

    if (!n) {
        parser_fail(p, -ENOMEM);
        return NULL;
    }
    n->kind = kind;
    n->up = p->open;
    n->key = p->key;
    p->key = NULL;
    if (p->open)
        p->open->count++;
    *p->end = n;
    p->end = &n->next;
    return n;
}

static int add_text(struct parser *p, enum json_kind kind, const void *text, size_t len)
{
    char *copy = copy_text(p, text, len);
    struct json_node *n = copy ? node_add(p, kind) : NULL;

    if (!n) {
        free(copy);
        return 0;
    }
    n->text = copy;
    return 1;
}

static int got_null(void *parser)
{
    return node_add(parser, JSON_NULL) != NULL;
}

static int got_bool(void *parser, int truth)
{
    struct json_node *n = node_add(parser, JSON_BOOL);

    if (n)
        n->truth = truth;
    return n != NULL;
}

static int got_number(void *parser, const char *text, size_t len)
{
    return add_text(parser, JSON_NUMBER, text, len);
}

static int got_string(void *parser, const unsigned char *text, size_t len)
{
    return add_text(parser, JSON_STRING, text, len);
}

static int got_key(void *parser, const unsigned char *text, size_t len)
{
    struct parser *p = parser;

    p->key = copy_text(p, text, len);
    return p->key != NULL;
}

static int got_begin(struct parser *p, enum json_kind kind)
{
    struct json_node *n;

    if (p->depth == JSON_DEPTH_MAX)
        return parser_fail(p, json_fail(p->error, "is nested deeper than %u", JSON_DEPTH_MAX));
    n = node_add(p, kind);
    if (!n)
        return 0;
    p->depth++;
    p->open = n;
    p->end = &n->first;
    return 1;
}

static int got_object(void *parser)
{
    return got_begin(parser, JSON_OBJECT);
}

static int got_array(void *parser)
{
    return got_begin(parser, JSON_ARRAY);
}

static int got_end(void *parser)
{
    struct parser *p = parser;

    p->depth--;
    p->end = &p->open->next;
    p->open = p->open->up;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = got_null,
    .yajl_boolean = got_bool,
    .yajl_number = got_number,
    .yajl_string = got_string,
    .yajl_start_map = got_object,
    .yajl_map_key = got_key,
    .yajl_end_map = got_end,
    .yajl_start_array = got_array,
    .yajl_end_array = got_end,
};

/* yajl's own words, on one line. */
static int yajl_failed(yajl_handle handle, const char *text, size_t len, struct json_error *error)
{
    unsigned char *said = yajl_get_error(handle, 0, (const unsigned char *)text, len);
    size_t at = yajl_get_bytes_consumed(handle);

    json_fail(error, "at byte %zu: %.90s", at, said ? (const char *)said : "no memory");
    error->what[strcspn(error->what, "\n")] = '\0';
    if (said)
        yajl_free_error(handle, said);
    return -EINVAL;
}

int json_parse(const char *text, size_t len, struct json_node **ret_node, struct json_error *error)
{
    struct parser p = {.error = error, .end = &p.root};
    yajl_handle handle _cleanup_(cleanup_yajl) = NULL;
    yajl_status status;
    int rc = 0;

    if (len > JSON_TEXT_MAX)
        return json_fail(error, "is longer than %u bytes", JSON_TEXT_MAX);
    handle = yajl_alloc(&callbacks, NULL, &p);
    if (!handle)
        return -ENOMEM;
    status = yajl_parse(handle, (const unsigned char *)text, len);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(handle);
    if (status != yajl_status_ok)
        rc = p.failure ? p.failure : yajl_failed(handle, text, len, error);
    free(p.key);
    if (rc) {
        json_free(p.root);
        return rc;
    }
    *ret_node = p.root;
    return 0;
}

/* Not recursive: a list may be long. */
void json_free(struct json_node *node)
{
    while (node) {
        struct json_node *gone = node;

        if (node->first) { /* its members come before what is behind it */
            struct json_node *last = node->first;

            while (last->next)
                last = last->next;
            last->next = node->next;
            node->next = node->first;
        }
        node = node->next;
        free(gone->key);
        free(gone->text);
        free(gone);
    }
}

const struct json_node *json_member(const struct json_node *object, const char *key)
{
    const struct json_node *n;

    for (n = object->first; n; n = n->next)
        if (n->key && n->key[0] == key[0] && !strcmp(n->key, key)) /* of a hundred keys most differ at once */
            return n;
    return NULL;
}
