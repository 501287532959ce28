/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xenstore-ls --json: an object for each node, {"value": ..., "perms": [...], "children": {NAME: ...}}; with -f one
 * object with whole paths as names. A value's byte is the character of that number, so nothing is lost. "perms" comes
 * with -p; a value that may not be read is null.
 */
#include "xenstore/xenstore.h"

#include <stdlib.h>
#include <string.h>

static void put_string(const char *s, size_t len)
{
    putchar('"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c >= ' ' && c < 0x7f)
            putchar(c);
        else
            printf("\\u%04x", c);
    }
    putchar('"');
}

/* Value and permissions, without braces. */
static int put_node(struct tool *tool, const char *path)
{
    unsigned len, n;
    char *value = xs_read(tool->h, XBT_NULL, path, &len);
    struct xs_permissions *perms;

    if (!value && errno != ENOENT && errno != EACCES)
        return tool_fail(tool, errno, "couldn't read path %s", path);
    fputs("\"value\": ", stdout);
    if (value)
        put_string(value, len);
    else
        fputs("null", stdout);
    free(value);
    if (!tool->perms)
        return 0;
    perms = xs_get_permissions(tool->h, XBT_NULL, path, &n);
    fputs(", \"perms\": [", stdout);
    for (unsigned i = 0; perms && i < n; i++) {
        char text[WIRE_PERM_MAX] = "?";

        wire_format_perm(&perms[i], text, sizeof(text));
        printf("%s\"%s\"", i ? ", " : "", text);
    }
    putchar(']');
    free(perms);
    return 0;
}

static int put_tree(struct tool *tool, char *path);

static int put_children(struct tool *tool, char *path, bool top)
{
    size_t len = strlen(path);
    unsigned n;
    char **names = xs_directory(tool->h, XBT_NULL, path, &n);
    int status = 0;

    if (!names)
        return errno == ENOENT && !top ? 0 : tool_fail(tool, errno, "xs_directory (%s)", path);
    for (unsigned i = 0; i < n && status == 0; i++) {
        if (len + strlen(names[i]) + 1 > XENSTORE_ABS_PATH_MAX)
            continue;
        sprintf(path + len, "%s%s", len && path[len - 1] == '/' ? "" : "/", names[i]);
        status = put_tree(tool, path);
        path[len] = 0;
    }
    free(names);
    return status;
}

/* tool->comma: whether one must come before the next member. */
static int put_tree(struct tool *tool, char *path)
{
    const char *name = tool->full ? path : strrchr(path, '/') + 1;
    int status;

    if (tool->comma)
        fputs(tool->full ? ",\n" : ", ", stdout);
    put_string(name, strlen(name));
    fputs(": {", stdout);
    status = put_node(tool, path);
    if (!tool->full)
        fputs(", \"children\": {", stdout);
    else
        putchar('}');
    tool->comma = tool->full;
    if (status == 0)
        status = put_children(tool, path, false);
    if (!tool->full)
        fputs("}}", stdout);
    tool->comma = true;
    return status;
}

int ls_json(struct tool *tool, const char *from)
{
    char path[XENSTORE_ABS_PATH_MAX + 1];
    int status;

    if (strlen(from) > XENSTORE_ABS_PATH_MAX)
        return tool_fail(tool, ENAMETOOLONG, "xs_directory (%s)", from);
    strcpy(path, from);
    putchar('{');
    tool->comma = false;
    status = put_children(tool, path, true);
    puts("}");
    return status;
}
