/* SPDX-License-Identifier: LGPL-2.1-only */
/* Old names, and functions that need no connection. */
#include <string.h>
#include <unistd.h>

#include "store/client.h"

struct xs_handle *xs_daemon_open(void)
{
    return xs_open(0);
}

struct xs_handle *xs_daemon_open_readonly(void)
{
    return xs_open(XS_OPEN_READONLY);
}

struct xs_handle *xs_domain_open(void)
{
    return xs_open(0);
}

void xs_daemon_close(struct xs_handle *xsh)
{
    xs_close(xsh);
}

char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len)
{
    return xs_control_command(h, cmd, data, len);
}

bool xs_path_is_subpath(const char *parent, const char *child)
{
    size_t len = strlen(parent);

    /* The root and paths with a '/' at their end are a prefix of what is below them, others need one behind. */
    if (strncmp(parent, child, len))
        return false;
    return len && parent[len - 1] == '/' ? true : child[len] == '/' || child[len] == 0;
}

bool xs_write_all(int fd, const void *data, unsigned int len)
{
    for (unsigned done = 0; done < len;) {
        ssize_t n = write(fd, (const char *)data + done, len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0) {
            errno = EBADF;
            return false;
        }
        done += (unsigned)n;
    }
    return true;
}

bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num, const char *strings)
{
    for (unsigned i = 0; i < num; i++) {
        if (wire_parse_perm(strings, &perms[i])) {
            errno = EINVAL;
            return false;
        }
        strings += strlen(strings) + 1;
    }
    return true;
}
