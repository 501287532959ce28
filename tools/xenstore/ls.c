/* SPDX-License-Identifier: GPL-2.0-only */
/* xenstore-ls: a tree as lines, indented or with whole paths; cut to the terminal's width. */
#include "xenstore/xenstore.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FRAME 8       /* what a line has besides name and value: ` = "..."` */
#define PERMS_AT 60   /* permissions are lined up here, where lines are not longer */
#define PIPE_WIDTH 80 /* indented lines are cut also when nobody looks at them */

struct listing {
    struct tool *tool;
    int width; /* 0: lines are not cut */
};

static int line_width(const struct tool *tool)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO))
        return tool->full ? 0 : PIPE_WIDTH;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col <= 2 ? 0 : size.ws_col - 2;
}

static void show_perms(const struct listing *l, const char *path, int column, bool cut)
{
    struct xs_permissions *perms;
    unsigned n;
    int end = l->tool->full ? 0 : l->width < PERMS_AT ? l->width : PERMS_AT;

    if (!cut) {
        putchar(' ');
        for (column++; column < end; column++)
            putchar(column & 1 ? '.' : ' ');
    }
    perms = xs_get_permissions(l->tool->h, XBT_NULL, path, &n);
    if (!perms) {
        tool_fail(l->tool, errno, "could not access permissions for %s", path);
        return;
    }
    fputs("  (", stdout);
    for (unsigned i = 0; i < n; i++) {
        char text[WIRE_PERM_MAX] = "?";

        wire_format_perm(&perms[i], text, sizeof(text));
        printf("%s%s", i ? "," : "", text);
    }
    putchar(')');
    free(perms);
}

/* Name, value, permissions. */
static int show_node(const struct listing *l, const char *path, const char *name, int depth)
{
    int column = 0, room;
    unsigned len;
    char *value = xs_read(l->tool->h, XBT_NULL, path, &len);
    char *text = value ? value_escape(value, len) : NULL;
    bool cut;

    if (value && !text) {
        free(value);
        return tool_fail(l->tool, errno, "couldn't show path %s", path);
    }
    if (l->tool->full)
        printf("%s", path);
    else if (l->width)
        column = printf("%*s%.*s", depth, "", l->width - FRAME - depth, name);
    else
        column = printf("%*s%s", depth, "", name);
    room = l->width - FRAME - column;
    cut = text && l->width && (int)strlen(text) > room;
    if (!text)
        column += printf(":");
    else if (cut)
        column += printf(" = \"%.*s\\...\"", room, text);
    else
        column += printf(" = \"%s\"", text);
    if (l->tool->perms)
        show_perms(l, path, column, cut || !text);
    putchar('\n');
    free(text);
    free(value);
    return 0;
}

static int show_children(const struct listing *l, char *path, int depth)
{
    size_t len = strlen(path);
    unsigned n;
    char **names = xs_directory(l->tool->h, XBT_NULL, path, &n);
    int status = 0;

    if (!names) /* a node that went after its parent was listed is not missed */
        return errno == ENOENT && depth ? 0 : tool_fail(l->tool, errno, "xs_directory (%s)", path);
    for (unsigned i = 0; i < n && status == 0; i++) {
        if (len + strlen(names[i]) + 1 > XENSTORE_ABS_PATH_MAX)
            continue;
        sprintf(path + len, "%s%s", len && path[len - 1] == '/' ? "" : "/", names[i]);
        status = show_node(l, path, names[i], depth);
        if (status == 0)
            status = show_children(l, path, depth + 1);
        path[len] = 0;
    }
    free(names);
    return status;
}

static int ls_path(struct tool *tool, const char *from)
{
    struct listing l = { .tool = tool, .width = line_width(tool) };
    char path[XENSTORE_ABS_PATH_MAX + 1];

    if (strlen(from) > XENSTORE_ABS_PATH_MAX)
        return tool_fail(tool, ENAMETOOLONG, "xs_directory (%s)", from);
    strcpy(path, from);
    return show_children(&l, path, 0);
}

int cmd_ls(struct tool *tool, char **args, int n)
{
    static char *root[] = { "/" };
    int status = 0;

    if (!n)
        args = root;
    for (int i = 0; i < n + !n && status == 0; i++)
        status = tool->json ? ls_json(tool, args[i]) : ls_path(tool, args[i]);
    return status;
}
