/* SPDX-License-Identifier: LGPL-2.1-only */
#include "small.h"

#include <errno.h>
#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ctx.h"

/* --- defbool: who compiled with stock's header knows these --- */
enum { DEFBOOL_FALSE = -1, DEFBOOL_DEFAULT = 0, DEFBOOL_TRUE = 1 };

void libxl_defbool_set(libxl_defbool *db, bool b)
{
    db->val = b ? DEFBOOL_TRUE : DEFBOOL_FALSE;
}

void libxl_defbool_unset(libxl_defbool *db)
{
    db->val = DEFBOOL_DEFAULT;
}

bool libxl_defbool_is_default(libxl_defbool db)
{
    return db.val == DEFBOOL_DEFAULT;
}

void libxl_defbool_setdefault(libxl_defbool *db, bool b)
{
    if (libxl_defbool_is_default(*db))
        libxl_defbool_set(db, b);
}

bool libxl_defbool_val(libxl_defbool db)
{
    if (libxl_defbool_is_default(db))
        abort(); /* a mistake of the program's: there is no value to return */
    return db.val > 0;
}

const char *libxl_defbool_to_string(libxl_defbool b)
{
    return libxl_defbool_is_default(b) ? "<default>" : b.val > 0 ? "True" : "False";
}

/* --- hexadecimal digits --- */
static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that two digits stand for; below 0: they are none. */
static int byte_value(const char *text)
{
    int high = digit_value(text[0]), low = high < 0 ? -1 : digit_value(text[1]);

    return low < 0 ? -1 : high * 16 + low;
}

/* --- MAC address --- */
int light_mac_parse(const char *text, uint8_t *ret_mac)
{
    libxl_mac mac;
    int i, byte;

    for (i = 0; i < 6; i++, text += 3) {
        byte = byte_value(text);
        if (byte < 0 || text[2] != (i < 5 ? ':' : '\0'))
            return -EINVAL;
        mac[i] = (uint8_t)byte;
    }
    memcpy(ret_mac, mac, sizeof(mac));
    return 0;
}

void libxl_mac_copy(libxl_ctx *ctx, libxl_mac *dst, const libxl_mac *src)
{
    (void)ctx;
    memcpy(*dst, *src, sizeof(*dst));
}

void libxl_hwcap_copy(libxl_ctx *ctx, libxl_hwcap *dst, const libxl_hwcap *src)
{
    (void)ctx;
    memcpy(*dst, *src, sizeof(*dst));
}

/* --- UUID --- */
int libxl_uuid_is_nil(const libxl_uuid *uuid)
{
    static const libxl_uuid nil;

    return !libxl_uuid_compare(uuid, &nil);
}

int light_random(void *data, size_t n)
{
    ssize_t got;

    do
        got = getrandom(data, n, 0); /* up to 256 bytes come in one piece */
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)n ? 0 : got < 0 ? -errno : -EIO;
}

int light_uuid_generate(libxl_uuid *ret_uuid)
{
    libxl_uuid uuid;
    int rc = light_random(&uuid, sizeof(uuid));

    if (rc)
        return rc;
    uuid.uuid[6] = (unsigned char)((uuid.uuid[6] & 0x0f) | 0x40);
    uuid.uuid[8] = (unsigned char)((uuid.uuid[8] & 0x3f) | 0x80);
    *ret_uuid = uuid;
    return 0;
}

void libxl_uuid_generate(libxl_uuid *uuid)
{
    if (light_uuid_generate(uuid))
        abort(); /* better none than one that is not unique */
}

int libxl_uuid_from_string(libxl_uuid *uuid, const char *in)
{
    libxl_uuid parsed;
    int i, byte;

    for (i = 0; i < 16; i++, in += 2) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *in++ != '-')
            return -1;
        byte = byte_value(in);
        if (byte < 0)
            return -1;
        parsed.uuid[i] = (unsigned char)byte;
    }
    if (*in)
        return -1;
    *uuid = parsed;
    return 0;
}

void libxl_uuid_copy(libxl_ctx *ctx_opt, libxl_uuid *dst, const libxl_uuid *src)
{
    (void)ctx_opt;
    *dst = *src;
}

void libxl_uuid_clear(libxl_uuid *uuid)
{
    memset(uuid, 0, sizeof(*uuid));
}

int libxl_uuid_compare(const libxl_uuid *uuid1, const libxl_uuid *uuid2)
{
    return memcmp(uuid1->uuid, uuid2->uuid, sizeof(uuid1->uuid));
}

const uint8_t *libxl_uuid_bytearray_const(const libxl_uuid *uuid)
{
    return uuid->uuid;
}

uint8_t *libxl_uuid_bytearray(libxl_uuid *uuid)
{
    return uuid->uuid;
}

/* --- generation id --- */
int libxl_ms_vm_genid_generate(libxl_ctx *ctx, libxl_ms_vm_genid *id)
{
    libxl_ms_vm_genid fresh;
    int rc = light_random(&fresh, sizeof(fresh));

    if (rc) {
        light_log(ctx, XTL_ERROR, -rc, "no random bytes for a generation id");
        return ERROR_FAIL;
    }
    *id = fresh;
    return 0;
}

bool libxl_ms_vm_genid_is_zero(const libxl_ms_vm_genid *id)
{
    static const libxl_ms_vm_genid zero;

    return !memcmp(id, &zero, sizeof(zero));
}

void libxl_ms_vm_genid_copy(libxl_ctx *ctx, libxl_ms_vm_genid *dst, const libxl_ms_vm_genid *src)
{
    (void)ctx;
    *dst = *src;
}

/* --- lists of strings --- */
static int list_length(char *const *list)
{
    int n = 0;

    while (list && list[n])
        n++;
    return n;
}

int light_list_copy(char **list, char ***ret_list)
{
    int i, n = list_length(list);
    char **copy;

    if (!list) {
        *ret_list = NULL;
        return 0;
    }
    copy = calloc((size_t)n + 1, sizeof(*copy));
    for (i = 0; copy && i < n; i++) {
        copy[i] = strdup(list[i]);
        if (!copy[i]) {
            libxl_string_list_dispose(&copy);
            copy = NULL;
        }
    }
    if (!copy)
        return -ENOMEM;
    *ret_list = copy;
    return 0;
}

void libxl_string_list_dispose(libxl_string_list *sl)
{
    int i, n = list_length(*sl);

    for (i = 0; i < n; i++)
        free((*sl)[i]);
    free(*sl);
    *sl = NULL;
}

int libxl_string_list_length(const libxl_string_list *sl)
{
    return list_length(*sl);
}

void libxl_string_list_copy(libxl_ctx *ctx, libxl_string_list *dst, const libxl_string_list *src)
{
    if (light_list_copy(*src, dst))
        light_no_memory(ctx);
}

void libxl_key_value_list_dispose(libxl_key_value_list *kvl)
{
    libxl_string_list_dispose(kvl);
}

int libxl_key_value_list_length(const libxl_key_value_list *kvl)
{
    return list_length(*kvl) / 2;
}

void libxl_key_value_list_copy(libxl_ctx *ctx, libxl_key_value_list *dst, const libxl_key_value_list *src)
{
    libxl_string_list_copy(ctx, dst, src);
}

void libxl_string_copy(libxl_ctx *ctx, char **dst, char *const *src)
{
    *dst = *src ? strdup(*src) : NULL;
    if (*src && !*dst)
        light_no_memory(ctx);
}
