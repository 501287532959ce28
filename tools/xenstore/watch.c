/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenstore/xenstore.h"

#include <stdlib.h>

int cmd_watch(struct tool *tool, char **args, int n)
{
    for (int i = 0; i < n; i++)
        if (!xs_watch(tool->h, args[i], args[i]))
            return tool_fail(tool, errno, "Unable to add watch on %s", args[i]);
    while (tool->count < 0 || tool->count-- > 0) {
        char **event = xs_read_watch(tool->h, NULL);

        if (!event)
            return tool_fail(tool, 0, "xenstored ended the connection");
        printf("%s\n", event[XS_WATCH_PATH]);
        free(event);
        if (fflush(stdout))
            return tool_fail(tool, errno, "standard output");
    }
    return 0;
}
