/* SPDX-License-Identifier: LGPL-2.1-only */
/* The walks over a structure's table. */
#include "type.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *field_key(const struct light_field *f)
{
    const char *dot = strrchr(f->path, '.');

    return dot ? dot + 1 : f->path;
}

static void *field_at(const struct light_field *f, const void *p)
{
    return (char *)p + f->offset;
}

/* --- arrays --- */
static int array_count(const struct light_field *f, const void *p)
{
    int count;

    memcpy(&count, (const char *)p + f->count, sizeof(count));
    return *(void **)field_at(f, p) && count > 0 ? count : 0;
}

static void array_set(const struct light_field *f, void *p, void *entries, int count)
{
    memcpy(field_at(f, p), &entries, sizeof(entries));
    memcpy((char *)p + f->count, &count, sizeof(count));
}

static void *array_entry(const struct light_field *f, const void *p, int i)
{
    return *(char **)field_at(f, p) + (size_t)i * f->type->size;
}

/* --- unions --- */
static int union_value(const struct light_field *f, const void *p)
{
    int value;

    memcpy(&value, field_at(f, p), sizeof(value));
    return value;
}

/* NULL: a value without members. */
static const struct light_field *union_fields(const struct light_field *f, int value)
{
    const struct light_variant *v;

    for (v = f->variants; v->fields; v++)
        if (v->value == value)
            return v->fields;
    return NULL;
}

/* --- init --- */
static void init_fields(const struct light_field *f, void *p)
{
    for (; f && f->path; f++) {
        if (f->form == LIGHT_PLAIN || f->form == LIGHT_UNION)
            f->type->ops->init(f->type, field_at(f, p), f->initial);
        else if (f->form == LIGHT_PART)
            init_fields(f->part, p);
    }
}

void light_init(const struct light_type *t, void *p)
{
    memset(p, 0, t->size);
    if (t->fields)
        init_fields(t->fields, p);
}

static void set_union(const struct light_field *f, void *p, int value)
{
    memcpy(field_at(f, p), &value, sizeof(value));
    init_fields(union_fields(f, value), p);
}

void light_init_union(const struct light_type *t, void *p, const char *path, int value)
{
    const struct light_field *f;

    for (f = t->fields; f->path; f++)
        if (f->form == LIGHT_UNION && !strcmp(f->path, path))
            set_union(f, p, value);
}

/* --- dispose --- */
static void dispose_fields(const struct light_field *f, void *p)
{
    int i;

    for (; f && f->path; f++) {
        switch (f->form) {
        case LIGHT_PLAIN:
            f->type->ops->dispose(f->type, field_at(f, p));
            break;
        case LIGHT_ARRAY:
            for (i = 0; i < array_count(f, p); i++)
                f->type->ops->dispose(f->type, array_entry(f, p, i));
            free(*(void **)field_at(f, p));
            break;
        case LIGHT_UNION:
            dispose_fields(union_fields(f, union_value(f, p)), p);
            break;
        case LIGHT_PART:
            dispose_fields(f->part, p);
            break;
        case LIGHT_HIDDEN:
            break;
        }
    }
}

void light_dispose(const struct light_type *t, void *p)
{
    t->ops->dispose(t, p);
    memset(p, 0, t->size);
}

/* --- copy: into zeros, so that whatever there is after a failure can be disposed of --- */
static int copy_fields(const struct light_field *f, void *dst, const void *src);

static int copy_array(const struct light_field *f, void *dst, const void *src)
{
    int i, rc, count = array_count(f, src);
    void *entries;

    if (!count)
        return 0;
    entries = calloc((size_t)count, f->type->size);
    if (!entries)
        return -ENOMEM;
    array_set(f, dst, entries, count);
    for (i = 0; i < count; i++) {
        rc = f->type->ops->copy(f->type, array_entry(f, dst, i), array_entry(f, src, i));
        if (rc)
            return rc;
    }
    return 0;
}

static int copy_field(const struct light_field *f, void *dst, const void *src)
{
    switch (f->form) {
    case LIGHT_PLAIN:
        return f->type->ops->copy(f->type, field_at(f, dst), field_at(f, src));
    case LIGHT_ARRAY:
        return copy_array(f, dst, src);
    case LIGHT_UNION:
        memcpy(field_at(f, dst), field_at(f, src), f->type->size);
        return copy_fields(union_fields(f, union_value(f, src)), dst, src);
    case LIGHT_PART:
        return copy_fields(f->part, dst, src);
    case LIGHT_HIDDEN:
        break;
    }
    return 0;
}

static int copy_fields(const struct light_field *f, void *dst, const void *src)
{
    int rc = 0;

    for (; f && f->path && !rc; f++)
        rc = copy_field(f, dst, src);
    return rc;
}

int light_copy(const struct light_type *t, void *dst, const void *src)
{
    int rc;

    memset(dst, 0, t->size);
    rc = t->ops->copy(t, dst, src);
    if (rc)
        light_dispose(t, dst);
    return rc;
}

/* --- to JSON --- */
static yajl_gen_status gen_key(yajl_gen gen, const char *key)
{
    return yajl_gen_string(gen, (const unsigned char *)key, strlen(key));
}

static yajl_gen_status gen_fields(const struct light_field *f, yajl_gen gen, const void *p);

static yajl_gen_status gen_part(const struct light_field *part, yajl_gen gen, const char *key, const void *p)
{
    yajl_gen_status s = gen_key(gen, key);

    if (s == yajl_gen_status_ok)
        s = yajl_gen_map_open(gen);
    if (s == yajl_gen_status_ok)
        s = gen_fields(part, gen, p);
    return s == yajl_gen_status_ok ? yajl_gen_map_close(gen) : s;
}

static yajl_gen_status gen_array(const struct light_field *f, yajl_gen gen, const void *p)
{
    int i, count = array_count(f, p);
    yajl_gen_status s;

    if (!count)
        return yajl_gen_status_ok;
    s = gen_key(gen, field_key(f));
    if (s == yajl_gen_status_ok)
        s = yajl_gen_array_open(gen);
    for (i = 0; i < count && s == yajl_gen_status_ok; i++)
        s = f->type->ops->gen(f->type, gen, array_entry(f, p, i));
    return s == yajl_gen_status_ok ? yajl_gen_array_close(gen) : s;
}

/* A union is the object "KEY.WORD". */
static yajl_gen_status gen_union(const struct light_field *f, yajl_gen gen, const void *p)
{
    int value = union_value(f, p);
    const char *word = light_word(f->type, value);
    char key[80];

    if (!word)
        return yajl_gen_status_ok;
    snprintf(key, sizeof(key), "%s.%s", field_key(f), word);
    return gen_part(union_fields(f, value), gen, key, p);
}

static yajl_gen_status gen_field(const struct light_field *f, yajl_gen gen, const void *p)
{
    yajl_gen_status s;

    switch (f->form) {
    case LIGHT_PLAIN:
        if (f->type->ops->is_initial(f->type, field_at(f, p), f->initial))
            break;
        s = gen_key(gen, field_key(f));
        return s == yajl_gen_status_ok ? f->type->ops->gen(f->type, gen, field_at(f, p)) : s;
    case LIGHT_ARRAY:
        return gen_array(f, gen, p);
    case LIGHT_UNION:
        return gen_union(f, gen, p);
    case LIGHT_PART:
        return gen_part(f->part, gen, field_key(f), p);
    case LIGHT_HIDDEN:
        break;
    }
    return yajl_gen_status_ok;
}

static yajl_gen_status gen_fields(const struct light_field *f, yajl_gen gen, const void *p)
{
    yajl_gen_status s = yajl_gen_status_ok;

    for (; f && f->path && s == yajl_gen_status_ok; f++)
        s = gen_field(f, gen, p);
    return s;
}

yajl_gen_status light_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    return t->ops->gen(t, gen, p);
}

/* --- from JSON: what is not there, or null, stays as it was initialized --- */
static int parse_fields(const struct light_field *f, void *p, const struct json_node *object, struct json_error *error);

static int parse_array(const struct light_field *f, void *p, const struct json_node *node, struct json_error *error)
{
    const struct json_node *n;
    void *entries;
    int rc = json_want(node, JSON_ARRAY, error), i = 0;

    if (rc || !node->count)
        return rc;
    entries = calloc(node->count, f->type->size); /* JSON_TEXT_MAX: no more than an int holds */
    if (!entries)
        return -ENOMEM;
    array_set(f, p, entries, (int)node->count);
    for (n = node->first; n; n = n->next, i++)
        f->type->ops->init(f->type, array_entry(f, p, i), 0);
    for (n = node->first, i = 0; n && !rc; n = n->next, i++) {
        rc = n->kind == JSON_NULL ? 0 : f->type->ops->parse(f->type, array_entry(f, p, i), n, error);
        if (rc)
            json_inside_entry(error, (size_t)i);
    }
    return rc;
}

static int parse_union(const struct light_field *f, void *p, const struct json_node *object, struct json_error *error)
{
    const libxl_enum_string_table *w;
    const struct json_node *n;
    bool found = false;
    char key[80];
    int rc;

    for (w = f->type->words; w->s; w++) {
        snprintf(key, sizeof(key), "%s.%s", field_key(f), w->s);
        n = json_member(object, key);
        if (!n || n->kind == JSON_NULL)
            continue;
        rc = found ? json_fail(error, "is one too many") : json_want(n, JSON_OBJECT, error);
        if (!rc) {
            set_union(f, p, w->v);
            rc = parse_fields(union_fields(f, w->v), p, n, error);
        }
        if (rc) {
            json_inside(error, key);
            return rc;
        }
        found = true;
    }
    return 0;
}

static int parse_field(const struct light_field *f, void *p, const struct json_node *n, struct json_error *error)
{
    int rc;

    switch (f->form) {
    case LIGHT_PLAIN:
        return f->type->ops->parse(f->type, field_at(f, p), n, error);
    case LIGHT_ARRAY:
        return parse_array(f, p, n, error);
    case LIGHT_PART:
        rc = json_want(n, JSON_OBJECT, error);
        return rc ? rc : parse_fields(f->part, p, n, error);
    case LIGHT_UNION:
    case LIGHT_HIDDEN:
        break;
    }
    return 0;
}

static int parse_fields(const struct light_field *f, void *p, const struct json_node *object, struct json_error *error)
{
    const struct json_node *n;
    int rc;

    for (; f && f->path; f++) {
        if (f->form == LIGHT_UNION) {
            rc = parse_union(f, p, object, error);
            if (rc)
                return rc;
            continue;
        }
        n = json_member(object, field_key(f));
        rc = n && n->kind != JSON_NULL ? parse_field(f, p, n, error) : 0;
        if (rc) {
            json_inside(error, field_key(f));
            return rc;
        }
    }
    return 0;
}

int light_parse(const struct light_type *t, void *p, const char *text, size_t len, struct json_error *error)
{
    struct json_node *root;
    void *value;
    int rc;

    rc = json_parse(text, len, &root, error);
    if (rc)
        return rc;
    value = malloc(t->size);
    if (value) {
        light_init(t, value);
        rc = t->ops->parse(t, value, root, error);
    } else {
        rc = -ENOMEM;
    }
    json_free(root);
    if (!rc) {
        light_dispose(t, p);
        memcpy(p, value, t->size);
    } else if (value) {
        light_dispose(t, value);
    }
    free(value);
    return rc;
}

/* --- a structure as a field's type --- */
static bool struct_is_initial(const struct light_type *t, const void *p, uint64_t initial)
{
    (void)t;
    (void)p;
    (void)initial;
    return false; /* there is always an object for it, perhaps an empty one */
}

static void struct_init(const struct light_type *t, void *p, uint64_t initial)
{
    (void)initial;
    light_init(t, p);
}

static void struct_dispose(const struct light_type *t, void *p)
{
    dispose_fields(t->fields, p);
}

static int struct_copy(const struct light_type *t, void *dst, const void *src)
{
    return copy_fields(t->fields, dst, src);
}

static yajl_gen_status struct_gen(const struct light_type *t, yajl_gen gen, const void *p)
{
    yajl_gen_status s = yajl_gen_map_open(gen);

    if (s == yajl_gen_status_ok)
        s = gen_fields(t->fields, gen, p);
    return s == yajl_gen_status_ok ? yajl_gen_map_close(gen) : s;
}

static int struct_parse(const struct light_type *t, void *p, const struct json_node *node, struct json_error *error)
{
    int rc = json_want(node, JSON_OBJECT, error);

    return rc ? rc : parse_fields(t->fields, p, node, error);
}

const struct light_ops light_struct_ops = {struct_is_initial, struct_init, struct_dispose,
                                           struct_copy,       struct_gen,  struct_parse};
