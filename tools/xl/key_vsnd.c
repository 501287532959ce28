/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vsnd= of xl.cfg(5): a list for each sound card, whose items are "card, ...", "pcm, ..." and "stream, ...", each with its
 * parts. A stream is one of the pcm before it.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xl/config.h"
#include "xl/xl.h"

/* What any item says: each kind has parts of its own. */
struct sound {
    char *backend, *short_name, *long_name; /* card */
    char *name;                             /* pcm */
    char *unique_id;                        /* stream */
    int type;
    libxl_vsnd_params params;
};

static int read_stream_type(const char *text, int *ret_value)
{
    libxl_vsnd_stream_type value;
    int rc = libxl_vsnd_stream_type_from_string(text, &value);

    if (!rc)
        *ret_value = (int)value;
    return rc;
}

/* Each part of "a;b;c", until one is wrong. */
static void each_part(struct parse *p, const XLU_ConfigValue *at, libxl_vsnd_params *params, const char *value,
                      bool (*add)(libxl_vsnd_params *params, const char *part), const char *what)
{
    char *copy = xl_strdup(value ? value : ""), *state = NULL, *part = strtok_r(copy, "; ", &state);

    if (!part)
        parse_wrong(p, &at->place, "vsnd: no %s is named", what);
    for (; part; part = strtok_r(NULL, "; ", &state))
        if (!add(params, part)) {
            parse_wrong(p, &at->place, "vsnd: `%s' is no %s", part, what);
            break;
        }
    free(copy);
}

static bool add_rate(libxl_vsnd_params *params, const char *part)
{
    unsigned long rate;
    char *end;

    errno = 0;
    rate = strtoul(part, &end, 0);
    if (errno || end == part || *end || *part == '-' || rate > INT_MAX)
        return false;
    params->sample_rates = xl_grow(params->sample_rates, params->num_sample_rates, sizeof(*params->sample_rates));
    params->sample_rates[params->num_sample_rates++] = (uint32_t)rate;
    return true;
}

static bool add_format(libxl_vsnd_params *params, const char *part)
{
    libxl_vsnd_pcm_format format;

    if (libxl_vsnd_pcm_format_from_string(part, &format))
        return false;
    params->sample_formats = xl_grow(params->sample_formats, params->num_sample_formats, sizeof(*params->sample_formats));
    params->sample_formats[params->num_sample_formats++] = format;
    return true;
}

static void sound_rates(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    libxl_vsnd_params *params = &((struct sound *)device)->params;

    params->num_sample_rates = 0;
    each_part(p, at, params, value, add_rate, "sample rate");
}

static void sound_formats(struct parse *p, const XLU_ConfigValue *at, void *device, const char *value)
{
    libxl_vsnd_params *params = &((struct sound *)device)->params;

    params->num_sample_formats = 0;
    each_part(p, at, params, value, add_format, "sample format");
}

#define S(field) offsetof(struct sound, field)
#define PARAMS \
    { "sample-rates", KEY_CUSTOM, 0, NULL, sound_rates }, { "sample-formats", KEY_CUSTOM, 0, NULL, sound_formats }, \
        { "channels-min", KEY_U32, S(params.channels_min), NULL, NULL }, \
        { "channels-max", KEY_U32, S(params.channels_max), NULL, NULL }, \
        { "buffer-size", KEY_U32, S(params.buffer_size), NULL, NULL }, { NULL, KEY_IGNORE, 0, NULL, NULL }

static const struct device_key card_keys[] = {
    { "backend", KEY_TEXT, S(backend), NULL, NULL },
    { "short-name", KEY_TEXT, S(short_name), NULL, NULL },
    { "long-name", KEY_TEXT, S(long_name), NULL, NULL },
    PARAMS,
};

static const struct device_key pcm_keys[] = {
    { "name", KEY_TEXT, S(name), NULL, NULL },
    PARAMS,
};

static const struct device_key stream_keys[] = {
    { "unique-id", KEY_TEXT, S(unique_id), NULL, NULL },
    { "type", KEY_ENUM, S(type), read_stream_type, NULL },
    PARAMS,
};

static libxl_vsnd_pcm *pcm_add(libxl_device_vsnd *card)
{
    card->pcms = xl_grow(card->pcms, card->num_vsnd_pcms, sizeof(*card->pcms));
    libxl_vsnd_pcm_init(&card->pcms[card->num_vsnd_pcms]);
    return &card->pcms[card->num_vsnd_pcms++];
}

static void put_card(libxl_device_vsnd *card, const struct sound *sound)
{
    card->backend_domname = sound->backend;
    card->short_name = sound->short_name;
    card->long_name = sound->long_name;
    card->params = sound->params;
}

static void put_pcm(libxl_device_vsnd *card, const struct sound *sound)
{
    libxl_vsnd_pcm *pcm = pcm_add(card);

    pcm->name = sound->name;
    pcm->params = sound->params;
}

static void put_stream(libxl_device_vsnd *card, const struct sound *sound)
{
    libxl_vsnd_pcm *pcm = card->num_vsnd_pcms ? &card->pcms[card->num_vsnd_pcms - 1] : pcm_add(card);
    libxl_vsnd_stream *stream;

    pcm->streams = xl_grow(pcm->streams, pcm->num_vsnd_streams, sizeof(*pcm->streams));
    stream = &pcm->streams[pcm->num_vsnd_streams++];
    libxl_vsnd_stream_init(stream);
    stream->unique_id = sound->unique_id;
    stream->type = (libxl_vsnd_stream_type)sound->type;
    stream->params = sound->params;
}

/* "KIND, KEY=VALUE, ..." */
static void parse_item(struct parse *p, const XLU_ConfigValue *item, int nr, libxl_device_vsnd *card)
{
    static const struct {
        const char *name;
        const struct device_key *keys;
        void (*put)(libxl_device_vsnd *card, const struct sound *sound);
    } kinds[] = { { "card", card_keys, put_card }, { "pcm", pcm_keys, put_pcm }, { "stream", stream_keys, put_stream } };
    struct sound sound = { 0 };
    XLU_ConfigValue rest = *item;
    size_t len, i = 0, nr_kinds = sizeof(kinds) / sizeof(kinds[0]);
    const char *text;

    if (!value_text(p, item, &text))
        return;
    len = strcspn(text, ",");
    while (i < nr_kinds && (strlen(kinds[i].name) != len || strncasecmp(kinds[i].name, text, len)))
        i++;
    if (i == nr_kinds) {
        parse_wrong(p, &item->place, "vsnd: `%s' should begin with card, pcm or stream, and a comma", text);
        return;
    }
    if (i == 0 && nr) {
        parse_wrong(p, &item->place, "vsnd: the card comes first, and once in its list");
        return;
    }
    rest.text += len;
    libxl_vsnd_params_init(&sound.params);
    device_parse(p, &rest, "vsnd", kinds[i].keys, &sound);
    kinds[i].put(card, &sound);
}

void key_vsnd(struct parse *p, const struct xlu_setting *s)
{
    const XLU_ConfigList *cards = &s->value->list;

    if (s->value->type != XLU_LIST) {
        parse_wrong(p, &s->value->place, "vsnd is one value and should be a list of lists, [ [ \"card, ...\" ] ]");
        return;
    }
    for (size_t i = 0; i < cards->n; i++) {
        const XLU_ConfigValue *items = cards->items[i];
        libxl_device_vsnd *card;

        if (items->type != XLU_LIST) {
            parse_wrong(p, &items->place, "vsnd: a card is a list, [ \"card, ...\", \"pcm, ...\", \"stream, ...\" ]");
            continue;
        }
        p->d->vsnds = xl_grow(p->d->vsnds, p->d->num_vsnds, sizeof(*card));
        card = &p->d->vsnds[p->d->num_vsnds];
        libxl_device_vsnd_init(card);
        card->devid = p->d->num_vsnds++;
        for (size_t k = 0; k < items->list.n; k++)
            parse_item(p, items->list.items[k], (int)k, card);
    }
}
