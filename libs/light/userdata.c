/* SPDX-License-Identifier: LGPL-2.1-only */
#include "userdata.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ctx.h"

const char *light_userdata_folder = LOCALSTATEDIR "/lib/xen";

#define CONFIG_USERID "libxl-json"
#define LOCK_USERID "domain-userdata-lock"
#define LOCK_TRIES 100

/* "d": the data, "n": it is being written, "l": the lock. */
static char *file_name(uint32_t domid, const libxl_uuid *uuid, const char *kind, const char *userid)
{
    char *name;

    if (asprintf(&name, "%s/userdata-%s.%u." LIBXL_UUID_FMT ".%s", light_userdata_folder, kind, domid,
                 LIBXL_UUID_BYTES(*uuid), userid) < 0)
        return NULL;
    return name;
}

/* Also looks that there is such a domain. */
static int domain_file(libxl_ctx *ctx, uint32_t domid, const char *kind, const char *userid, char **ret_name)
{
    libxl_dominfo info;
    int rc;

    if (!*userid || strchr(userid, '/'))
        return light_fail(ctx, -EINVAL, "domain %u: \"%s\" cannot name data", domid, userid);
    libxl_dominfo_init(&info);
    rc = libxl_domain_info(ctx, &info, domid);
    if (rc)
        return rc;
    *ret_name = file_name(domid, &info.uuid, kind, userid);
    libxl_dominfo_dispose(&info);
    return *ret_name ? 0 : light_fail(ctx, -ENOMEM, "domain %u: its data \"%s\"", domid, userid);
}

/* --- lock: the file goes with the domain, so whoever got it looks whether it is still there --- */
static bool lock_is_current(int fd, const char *name)
{
    struct stat held, there;

    return !fstat(fd, &held) && !stat(name, &there) && held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

int light_userdata_lock(libxl_ctx *ctx, uint32_t domid, int *ret_fd)
{
    char *name _cleanup_free_ = NULL;
    int try, rc = domain_file(ctx, domid, "l", LOCK_USERID, &name);

    if (rc)
        return rc;
    for (try = 0; try < LOCK_TRIES; try++) {
        int fd _cleanup_close_ = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

        do
            rc = fd < 0 ? -1 : flock(fd, LOCK_EX);
        while (rc && fd >= 0 && errno == EINTR);
        if (rc)
            break;
        if (!lock_is_current(fd, name))
            continue;
        rc = libxl_domain_info(ctx, NULL, domid);
        if (rc) { /* it has gone meanwhile, and this file is one too many */
            unlink(name);
            return rc;
        }
        *ret_fd = fd;
        fd = -1;
        return 0;
    }
    light_fail(ctx, rc ? -errno : -EAGAIN, "domain %u: cannot lock %s", domid, name);
    return ERROR_LOCK_FAIL;
}

/* --- data --- */
static int file_write(libxl_ctx *ctx, const char *name, const uint8_t *data, int len)
{
    int rc, fd _cleanup_close_ = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        return light_fail(ctx, -errno, "cannot make %s", name);
    rc = libxl_write_exactly(ctx, fd, data, len, name, "file");
    return rc ? light_error(-rc) : 0;
}

static int data_write(libxl_ctx *ctx, uint32_t domid, const char *userid, const uint8_t *data, int len)
{
    char *fresh _cleanup_free_ = NULL, *name _cleanup_free_ = NULL;
    int rc = domain_file(ctx, domid, "d", userid, &name);

    if (!rc)
        rc = domain_file(ctx, domid, "n", userid, &fresh);
    if (!rc)
        rc = file_write(ctx, fresh, data, len);
    if (!rc && rename(fresh, name))
        rc = light_fail(ctx, -errno, "cannot rename %s to %s", fresh, name);
    if (rc && fresh)
        unlink(fresh);
    return rc;
}

static int data_unlink(libxl_ctx *ctx, uint32_t domid, const char *userid)
{
    char *name _cleanup_free_ = NULL;
    int rc = domain_file(ctx, domid, "d", userid, &name);

    if (!rc && unlink(name) && errno != ENOENT)
        rc = light_fail(ctx, -errno, "cannot remove %s", name);
    return rc;
}

int libxl_userdata_store(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid, const uint8_t *data, int datalen)
{
    int lock _cleanup_close_ = -1, rc = light_userdata_lock(ctx, domid, &lock);

    if (rc)
        return rc;
    return datalen > 0 ? data_write(ctx, domid, userdata_userid, data, datalen)
                       : data_unlink(ctx, domid, userdata_userid);
}

int libxl_userdata_unlink(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid)
{
    return libxl_userdata_store(ctx, domid, userdata_userid, NULL, 0);
}

int libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid, uint8_t **data_r,
                            int *datalen_r)
{
    char *name _cleanup_free_ = NULL;
    void *data = NULL;
    int len = 0, rc = domain_file(ctx, domid, "d", userdata_userid, &name);

    if (rc)
        return rc;
    rc = libxl_read_file_contents(ctx, name, data_r ? &data : NULL, &len);
    if (rc && rc != ENOENT)
        return light_error(-rc);
    if (data_r)
        *data_r = data;
    if (datalen_r)
        *datalen_r = len;
    return 0;
}

int light_userdata_remove(libxl_ctx *ctx, uint32_t domid, const libxl_uuid *uuid)
{
    char want[64];
    struct dirent *entry;
    DIR *dir = opendir(light_userdata_folder);
    int rc = 0;

    if (!dir)
        return errno == ENOENT ? 0 : light_fail(ctx, -errno, "cannot look through %s", light_userdata_folder);
    snprintf(want, sizeof(want), ".%u." LIBXL_UUID_FMT ".", domid, LIBXL_UUID_BYTES(*uuid));
    while ((entry = readdir(dir)))
        if (!strncmp(entry->d_name, "userdata-", 9) && entry->d_name[9] &&
            !strncmp(entry->d_name + 10, want, strlen(want)) && unlinkat(dirfd(dir), entry->d_name, 0) &&
            errno != ENOENT)
            rc = light_fail(ctx, -errno, "cannot remove %s/%s", light_userdata_folder, entry->d_name);
    closedir(dir);
    return rc;
}

/* --- the configuration --- */
int light_config_load(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *config)
{
    uint8_t *data = NULL;
    char *text _cleanup_free_ = NULL;
    int len, rc = libxl_userdata_retrieve(ctx, domid, CONFIG_USERID, &data, &len);

    if (rc)
        return rc;
    if (!len)
        return ERROR_JSON_CONFIG_EMPTY;
    text = strndup((char *)data, (size_t)len);
    free(data);
    if (!text)
        return light_fail(ctx, -ENOMEM, "domain %u: its configuration", domid);
    return libxl_domain_config_from_json(ctx, config, text);
}

int light_config_store(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *config)
{
    char *text _cleanup_free_ = libxl_domain_config_to_json(ctx, config);

    if (!text)
        return light_fail(ctx, -ENOMEM, "domain %u: its configuration", domid);
    return data_write(ctx, domid, CONFIG_USERID, (const uint8_t *)text, (int)strlen(text) + 1);
}
