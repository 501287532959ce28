/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstored/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/wire.h"
#include "xenstored/store.h"

static const char domains[] = "/local/domain/";

void path_home(unsigned domid, char *ret_home)
{
    snprintf(ret_home, PATH_HOME_SIZE, "%s%u", domains, domid & 0xffff);
}

/* How much of a path is "/local/domain/N/". */
static size_t home_len(const char *path)
{
    size_t len = sizeof(domains) - 1, digits;

    if (strncmp(path, domains, len))
        return 0;
    digits = strspn(path + len, "0123456789");
    return digits && digits <= 5 && path[len + digits] == '/' ? len + digits + 1 : 0;
}

int path_resolve(const struct conn *c, const char *given, bool special, size_t max, char *ret_path)
{
    enum wire_path_kind kind = wire_path_kind(given);
    size_t len = strlen(given), home = 0;

    if (kind == WIRE_PATH_NONE || (kind == WIRE_PATH_SPECIAL && !special))
        return -EINVAL;
    if (kind == WIRE_PATH_RELATIVE) {
        path_home(c->domid, ret_path);
        home = strlen(ret_path);
        ret_path[home++] = '/';
    }
    if ((len > max && len > max + home_len(given)) || home + len > XENSTORE_ABS_PATH_MAX)
        return -EINVAL;
    memcpy(ret_path + home, given, len + 1);
    return 0;
}

bool path_is_below(const char *path, const char *above)
{
    size_t len = strlen(above);

    if (len == 1 && above[0] == '/')
        return path[0] == '/';
    return !strncmp(path, above, len) && (!path[len] || path[len] == '/');
}

unsigned path_depth_below(const char *path, const char *above)
{
    unsigned depth = 0;

    for (const char *p = path + (above[1] ? strlen(above) : 0); *p; p++)
        depth += *p == '/' && p[1];
    return depth;
}
