/* SPDX-License-Identifier: GPL-2.0-only */
#include "xl/timing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "light/report.h"
#include "xl/format.h"

#define US 1000u
#define SHOWN_AFTER 500000000u /* ns: what takes less shows nothing on a terminal */

enum shape { SHAPE_NONE, SHAPE_LINE, SHAPE_JSON };

struct row {
    char *object, *name; /* object may be NULL */
    uint64_t begun, ended;
    int rc;
    bool undoing;
};

struct timing {
    bool table, json;
    enum shape progress;
    bool line; /* there is one on the terminal */
    uint64_t begun;
    struct row *rows;
    int n;
};

/* A line of JSON for a program that reads standard error. */
static void tell(const struct timing *t, const struct light_step *step)
{
    struct json j;
    const unsigned char *text;
    size_t len;

    json_init(&j);
    yajl_gen_config(j.gen, yajl_gen_beautify, 0);
    json_object(&j, NULL);
    json_text(&j, "object", step->object);
    json_text(&j, "step", step->name);
    json_bool(&j, "undoing", step->undoing);
    json_number(&j, "begun_us", (int64_t)((step->begun - t->begun) / US));
    json_number(&j, "ended_us", (int64_t)((step->ended - t->begun) / US));
    json_number(&j, "rc", step->rc);
    json_object_end(&j);
    if (!yajl_gen_get_buf(j.gen, &text, &len))
        fprintf(stderr, "%.*s\n", (int)len, (const char *)text);
    yajl_gen_free(j.gen);
}

static void step_ended(void *arg, const struct light_step *step)
{
    struct timing *t = arg;

    if (t->table) {
        t->rows = xl_grow(t->rows, t->n, sizeof(*t->rows));
        t->rows[t->n++] = (struct row){
            .object = step->object ? xl_strdup(step->object) : NULL,
            .name = xl_strdup(step->name),
            .begun = step->begun,
            .ended = step->ended,
            .rc = step->rc,
            .undoing = step->undoing,
        };
    }
    if (t->progress == SHAPE_JSON) {
        tell(t, step);
    } else if (t->progress == SHAPE_LINE && step->next && step->ended - t->begun > SHOWN_AFTER) {
        fprintf(stderr, "\r\033[K%s ...", step->next);
        t->line = true;
    }
}

int timing_begin(struct xl *xl, const struct xl_args *args)
{
    const char *shape = args->value[OPT_PROGRESS];
    struct timing *t;

    if (shape && strcmp(shape, "json"))
        return xl_fail(xl, "there is no progress as `%s'; json is one", shape);
    if (!light_report_steps) {
        if (shape || args->given[OPT_TIMING])
            return xl_fail(xl, "this libxenlight does not tell of its steps: no --timing and no --progress");
        return 0;
    }
    t = xl_calloc(1, sizeof(*t));
    t->begun = loop_now();
    t->table = args->given[OPT_TIMING];
    t->json = args->given[OPT_JSON];
    if (shape)
        t->progress = SHAPE_JSON;
    else if (!args->given['q'] && !xl->verbosity && isatty(STDERR_FILENO))
        t->progress = SHAPE_LINE;
    xl->timing = t;
    return light_report_steps(xl->ctx, step_ended, t) ? xl_fail(xl, "no memory") : 0;
}

static void print_json(const struct timing *t, const char *name, uint32_t domid, uint64_t ended)
{
    struct json j;

    json_init(&j);
    json_object(&j, NULL);
    json_text(&j, "domain", name);
    json_number(&j, "domid", domid);
    json_number(&j, "total_us", (int64_t)((ended - t->begun) / US));
    json_array(&j, "steps");
    for (int i = 0; i < t->n; i++) {
        const struct row *r = &t->rows[i];

        json_object(&j, NULL);
        json_text(&j, "object", r->object);
        json_text(&j, "step", r->name);
        json_bool(&j, "undoing", r->undoing);
        json_number(&j, "begun_us", (int64_t)((r->begun - t->begun) / US));
        json_number(&j, "us", (int64_t)((r->ended - r->begun) / US));
        json_number(&j, "rc", r->rc);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_object_end(&j);
    json_print(&j);
}

static void print_table(const struct timing *t, const char *name, uint64_t ended)
{
    printf("%10s %10s  %s\n", "at us", "took us", "step");
    for (int i = 0; i < t->n; i++) {
        const struct row *r = &t->rows[i];

        printf("%10" PRIu64 " %10" PRIu64 "  %s%s%s%s\n", (r->begun - t->begun) / US, (r->ended - r->begun) / US,
               r->undoing ? "undoing: " : "", r->name, r->object ? ", " : "", r->object ? r->object : "");
    }
    printf("%10u %10" PRIu64 "  all of %s\n", 0, (ended - t->begun) / US, name);
}

void timing_end(struct xl *xl, const char *name, uint32_t domid)
{
    struct timing *t = xl->timing;
    uint64_t ended = loop_now();

    if (!t)
        return;
    light_report_steps(xl->ctx, NULL, NULL);
    if (t->line)
        fputs("\r\033[K", stderr);
    if (t->table && t->json)
        print_json(t, name, domid, ended);
    else if (t->table)
        print_table(t, name, ended);
    for (int i = 0; i < t->n; i++) {
        free(t->rows[i].object);
        free(t->rows[i].name);
    }
    free(t->rows);
    free(t);
    xl->timing = NULL;
}
