/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands on nodes, each on one path after the other. */
#include "xenstore/xenstore.h"

#include <stdlib.h>
#include <string.h>

int cmd_read(struct tool *tool, char **args, int n)
{
    for (int i = 0; i < n; i++) {
        unsigned len;
        char *value = xs_read(tool->h, tool->transaction, args[i], &len), *text;

        if (!value)
            return tool_fail(tool, errno, "couldn't read path %s", args[i]);
        if (tool->prefix)
            fprintf(tool->out, "%s: ", args[i]);
        if (tool->raw) {
            fwrite(value, 1, len, tool->out);
            free(value);
            continue;
        }
        text = value_escape(value, len);
        free(value);
        if (!text)
            return tool_fail(tool, errno, "couldn't show path %s", args[i]);
        fprintf(tool->out, "%s\n", text);
        free(text);
    }
    return 0;
}

int cmd_write(struct tool *tool, char **args, int n)
{
    for (int i = 0; i < n; i += 2) {
        char *value = strdup(args[i + 1]); /* it may be done again */
        size_t len = value ? tool->raw ? strlen(value) : value_unescape(value) : 0;
        bool written = value && xs_write(tool->h, tool->transaction, args[i], value, (unsigned)len);
        int error = errno;

        free(value);
        if (!written)
            return tool_fail(tool, error, "could not write path %s", args[i]);
    }
    return 0;
}

int cmd_list(struct tool *tool, char **args, int n)
{
    for (int i = 0; i < n; i++) {
        unsigned count;
        char **names = xs_directory(tool->h, tool->transaction, args[i], &count);
        char path[XENSTORE_ABS_PATH_MAX + 1];

        if (!names)
            return tool_fail(tool, errno, "could not list path %s", args[i]);
        for (unsigned k = 0; k < count; k++)
            if (!tool->prefix)
                fprintf(tool->out, "%s\n", names[k]);
            else if (path_join(path, args[i], names[k]) == 0)
                fprintf(tool->out, "%s\n", path);
        free(names);
    }
    return 0;
}

int cmd_exists(struct tool *tool, char **args, int n)
{
    for (int i = 0; i < n; i++) {
        char *value = xs_read(tool->h, tool->transaction, args[i], NULL);

        if (!value)
            return errno == ENOENT ? 1 : tool_fail(tool, errno, "could not read path %s", args[i]);
        free(value);
    }
    return 0;
}

static bool is_empty(struct tool *tool, const char *path)
{
    unsigned len = 1, count = 1;
    char *value = xs_read(tool->h, tool->transaction, path, &len);
    char **names = xs_directory(tool->h, tool->transaction, path, &count);

    free(value);
    free(names);
    return value && names && len == 0 && count == 0;
}

/* rm -t: also the parents that have neither value nor children then. */
static int tidy_parents(struct tool *tool, const char *path)
{
    char *parent = strdup(path), *slash;
    int status = parent ? 0 : tool_fail(tool, errno, "could not tidy up above %s", path);

    while (status == 0 && (slash = strrchr(parent, '/')) && slash != parent) {
        *slash = 0;
        if (!is_empty(tool, parent))
            break;
        if (!xs_rm(tool->h, tool->transaction, parent))
            status = tool_fail(tool, errno, "could not remove path %s", parent);
    }
    free(parent);
    return status;
}

int cmd_rm(struct tool *tool, char **args, int n)
{
    for (int i = 0; i < n; i++) {
        if (!xs_rm(tool->h, tool->transaction, args[i]))
            return tool_fail(tool, errno, "could not remove path %s", args[i]);
        if (tool->tidy && tidy_parents(tool, args[i]))
            return 1;
    }
    return 0;
}

/* --- chmod --- */

#define MAX_PERMS 64

/* "r5"; "r" stands for "r0". */
static int parse_mode(const char *text, struct xs_permissions *ret_perm)
{
    char with_id[WIRE_PERM_MAX];

    if (strlen(text) != 1)
        return wire_parse_perm(text, ret_perm);
    snprintf(with_id, sizeof(with_id), "%s0", text);
    return wire_parse_perm(with_id, ret_perm);
}

static int chmod_tree(struct tool *tool, const char *path, struct xs_permissions *perms, unsigned n)
{
    char child[XENSTORE_ABS_PATH_MAX + 1];
    unsigned count = 0;
    char **names;
    int status = 0;

    if (!xs_set_permissions(tool->h, tool->transaction, path, perms, n))
        return tool_fail(tool, errno, "Error occurred setting permissions on '%s'", path);
    if (!tool->recurse)
        return 0;
    names = xs_directory(tool->h, tool->transaction, path, &count);
    if (!names)
        return errno == ENOENT ? 0 : tool_fail(tool, errno, "could not list path %s", path);
    for (unsigned i = 0; i < count && status == 0; i++)
        if (path_join(child, path, names[i]) == 0)
            status = chmod_tree(tool, child, perms, n);
    free(names);
    return status;
}

/* chmod -u: also the parents, the topmost included. */
static int chmod_parents(struct tool *tool, const char *path, struct xs_permissions *perms, unsigned n)
{
    char *parent = strdup(path), *slash;
    int status = parent ? 0 : tool_fail(tool, errno, "could not reach above %s", path);

    while (status == 0 && (slash = strrchr(parent, '/')) && slash != parent) {
        *slash = 0;
        if (!xs_set_permissions(tool->h, tool->transaction, parent, perms, n))
            status = tool_fail(tool, errno, "Error occurred setting permissions on '%s'", parent);
    }
    free(parent);
    return status;
}

int cmd_chmod(struct tool *tool, char **args, int n)
{
    struct xs_permissions perms[MAX_PERMS];
    unsigned count = (unsigned)n - 1;
    int status;

    if (count > MAX_PERMS)
        return tool_fail(tool, 0, "%u permissions are too many (limit %d)", count, MAX_PERMS);
    for (unsigned i = 0; i < count; i++)
        if (parse_mode(args[i + 1], &perms[i]))
            return tool_fail(tool, 0, "Invalid permission specification: '%s'", args[i + 1]);
    status = chmod_tree(tool, args[0], perms, count);
    return status == 0 && tool->upto ? chmod_parents(tool, args[0], perms, count) : status;
}
