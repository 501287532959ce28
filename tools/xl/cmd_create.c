/* SPDX-License-Identifier: GPL-2.0-only */
/* xl create: a domain from a configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xl/cleanup.h"
#include "xl/config.h"
#include "xl/create.h"
#include "xl/format.h"
#include "xl/timing.h"

#define EXIT_NO_FILE 6 /* as stock ends then */

static int print_config(struct xl *xl, FILE *out, libxl_domain_config *d)
{
    _cleanup_free_ char *json = libxl_domain_config_to_json(xl->ctx, d);

    if (!json)
        return xl_fail(xl, "the configuration could not be written as JSON");
    fputs(json, out);
    return 0;
}

/* config-update prints it as a row of xl list -l, of no domain. */
static int print_update(libxl_domain_config *d)
{
    struct json j;

    json_init(&j);
    json_object(&j, NULL);
    json_text(&j, "domid", NULL);
    json_config(&j, "config", d);
    json_object_end(&j);
    json_print(&j);
    return 0;
}

/* 0 or an exit code. */
static int read_config(struct xl *xl, const struct xl_args *args, libxl_domain_config *d)
{
    int first, error;
    const char *file = config_file_of(args, &first);

    if (!file && !args->n) {
        xl_fail(xl, "there is no configuration; xl create FILE, or settings such as name=\"guest\"");
        return EXIT_NO_FILE;
    }
    if (!args->given['q'])
        fprintf(stderr, "Parsing config from %s\n", file ? file : "the command line");
    error = config_read(xl->ctx, file, args->args + first, args->n - first, d);
    if (error == -EINVAL)
        return xl_fail(xl, "%s: the configuration is wrong, nothing was done", file ? file : "command line");
    if (error) {
        xl_fail(xl, "%s: %s", file ? file : "command line", strerror(-error));
        return EXIT_NOT_CREATED;
    }
    conf_apply(&xl->conf, d);
    return 0;
}

static int create(struct xl *xl, const struct xl_args *args, struct life *life)
{
    int status;

    life->wish = (struct create_wish){
        .paused = args->given['p'],
        .console = args->given['c'],
        .viewer = args->given['V'] || args->given['A'],
        .password = args->given['A'],
        .foreground = args->given['F'],
        .unattended = args->given['e'],
        .ignore_masks = args->given[OPT_IGNORE_MASKS],
        .pidfile = args->value[OPT_PIDFILE],
    };
    if (life->wish.pidfile && *life->wish.pidfile != '/')
        return xl_fail(xl, "--pidfile=%s: the whole path is needed, from / on", life->wish.pidfile);
    if (args->given['d']) {
        xl->verbosity++;
        logger_show_all(xl);
        print_config(xl, stderr, &life->config);
    }
    status = timing_begin(xl, args);
    if (status)
        return status;
    status = life_lead(life);
    timing_end(xl, life->config.c_info.name, life->domid);
    return status;
}

int cmd_create(struct xl *xl, const struct xl_args *args)
{
    struct life life = { .xl = xl };
    int status;

    libxl_domain_config_init(&life.config);
    status = read_config(xl, args, &life.config);
    if (!status && (xl->dry_run || args->given['n']))
        status = print_config(xl, stdout, &life.config);
    else if (!status)
        status = create(xl, args, &life);
    libxl_domain_config_dispose(&life.config);
    return status;
}

/* --- config-update: the text is kept, and read when the domain reboots --- */

static char *text_whole(struct xl *xl, const char *file, char *const *extra, int n, size_t *ret_len)
{
    _cleanup_free_ char *data = NULL;
    char *text = NULL;
    FILE *out;
    void *read = NULL;
    int len = 0, error = file ? libxl_read_file_contents(xl->ctx, file, &read, &len) : 0;

    data = read;
    if (error) {
        xl_fail(xl, "%s: %s", file, strerror(error));
        return NULL;
    }
    out = open_memstream(&text, ret_len);
    if (out && len)
        fwrite(data, 1, (size_t)len, out);
    for (int i = 0; out && i < n; i++)
        fprintf(out, "\n%s\n", extra[i]);
    if (out && !fclose(out))
        return text;
    free(text);
    xl_fail(xl, "no memory");
    return NULL;
}

int cmd_config_update(struct xl *xl, const struct xl_args *args)
{
    struct xl_args rest = *args; /* without the domain */
    _cleanup_config_ libxl_domain_config d;
    _cleanup_free_ char *text = NULL;
    uint32_t domid;
    size_t len = 0;
    int first, rc;
    const char *file;

    libxl_domain_config_init(&d);
    rest.args++;
    rest.n--;
    file = config_file_of(&rest, &first);
    rc = domain_find(xl, args->args[0], &domid);
    if (rc)
        return rc;
    rest.given['q'] = true;
    if (read_config(xl, &rest, &d))
        return 1;
    text = text_whole(xl, file, rest.args + first, rest.n - first, &len);
    if (!text)
        return 1;
    if (xl->dry_run)
        return print_update(&d);
    if (args->given['d'])
        print_update(&d);
    rc = libxl_userdata_store(xl->ctx, domid, "xl", (const uint8_t *)text, (int)len);
    return rc ? xl_fail_rc(xl, rc, "domain %s keeps its old configuration", args->args[0]) : 0;
}
