/* SPDX-License-Identifier: LGPL-2.1-only */
/* Configurations: made, read, ended. The public functions are described in libxlutil.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "light/xlu/xlu.h"

#define MAX_FILE (16u << 20)

XLU_Config *xlu_cfg_init(FILE *report, const char *report_filename)
{
    XLU_Config *cfg = calloc(1, sizeof(*cfg));

    if (!cfg)
        return NULL;
    cfg->report = report;
    cfg->settings_end = &cfg->settings;
    cfg->name = xlu_copy(report_filename, strlen(report_filename));
    if (!cfg->name) {
        free(cfg);
        return NULL;
    }
    return cfg;
}

void xlu_cfg_destroy(XLU_Config *cfg)
{
    struct xlu_file *next;

    if (!cfg)
        return;
    xlu_settings_free(cfg);
    for (struct xlu_file *f = cfg->files; f; f = next) {
        next = f->next;
        free(f);
    }
    free(cfg->name);
    free(cfg);
}

void xlu_say(const XLU_Config *cfg, const struct xlu_place *place, const char *format, ...)
{
    va_list args;

    if (!cfg->report)
        return;
    fputs(place && place->file ? place->file : cfg->name, cfg->report);
    if (place && place->line)
        fprintf(cfg->report, ":%u:%u", place->line, place->column);
    fputs(": ", cfg->report);
    va_start(args, format);
    vfprintf(cfg->report, format, args);
    va_end(args);
    fputc('\n', cfg->report);
}

int xlu_add_data(XLU_Config *cfg, const char *name, const char *data, size_t n)
{
    size_t len = strlen(name);
    struct xlu_file *f = malloc(sizeof(*f) + len + 1);
    int error;

    error = f ? 0 : ENOMEM;
    if (f) {
        memcpy(f->name, name, len + 1);
        f->next = cfg->files;
        cfg->files = f;
        error = xlu_parse(cfg, f->name, data, n);
    }
    if (error == ENOMEM)
        xlu_say(cfg, NULL, "no memory to read it");
    return error;
}

int xlu_cfg_readdata(XLU_Config *cfg, const char *data, int length)
{
    return length < 0 ? EINVAL : xlu_add_data(cfg, cfg->name, data, (size_t)length);
}

static int file_read(FILE *f, struct buf *b)
{
    for (;;) {
        void *room;
        size_t n;

        if (buf_reserve(b, 4096, &room))
            return ENOMEM;
        n = fread(room, 1, 4096, f);
        buf_added(b, n);
        if (buf_len(b) > MAX_FILE)
            return EFBIG;
        if (n < 4096)
            return ferror(f) ? (errno ? errno : EIO) : 0;
    }
}

static void cleanup_fclose(FILE **f)
{
    if (*f)
        fclose(*f);
}

int xlu_cfg_readfile(XLU_Config *cfg, const char *real_filename)
{
    _cleanup_(buf_done) struct buf b = { 0 };
    _cleanup_(cleanup_fclose) FILE *f = fopen(real_filename, "re");
    int error = f ? file_read(f, &b) : errno;

    if (error) {
        xlu_say(cfg, NULL, "cannot read `%s': %s", real_filename, strerror(error));
        return error;
    }
    return xlu_add_data(cfg, cfg->name, buf_len(&b) ? buf_data(&b) : "", buf_len(&b));
}
