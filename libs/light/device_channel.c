/* SPDX-License-Identifier: LGPL-2.1-only */
/* Channels: consoles beside the first, whose other end is a terminal or a socket of QEMU's (xl.cfg(5)). */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "light/device.h"
#include "light/device_model.h"

static int complete(struct op *op, struct light_device *d)
{
    const libxl_device_channel *channel = d->config;

    if (!channel->name || !channel->name[0])
        return op_fail(op, ERROR_INVAL, "%s: it needs a name, by which the guest finds it: name=", d->label);
    if (channel->connection == LIBXL_CHANNEL_CONNECTION_UNKNOWN)
        return op_fail(op, ERROR_INVAL, "channel %s: it needs an end: connection=pty or connection=socket", channel->name);
    if (channel->connection == LIBXL_CHANNEL_CONNECTION_SOCKET && (!channel->u.socket.path || !channel->u.socket.path[0]))
        return op_fail(op, ERROR_INVAL, "channel %s: its socket needs a place: path=", channel->name);
    d->by_model = d->waits = true;
    return 0;
}

static void nodes(struct light_device *d)
{
    const libxl_device_channel *channel = d->config;

    light_device_write(d, LIGHT_BACK, "protocol", "vt100");
    light_device_write(d, LIGHT_BACK, "name", "%s", channel->name);
    light_device_write(d, LIGHT_BACK, "connection", "%s", libxl_channel_connection_to_string(channel->connection));
    if (channel->connection == LIBXL_CHANNEL_CONNECTION_SOCKET)
        light_device_write(d, LIGHT_BACK, "path", "%s", channel->u.socket.path);
    light_device_write(d, LIGHT_FRONT, "protocol", "vt100");
    light_device_write(d, LIGHT_FRONT_KEPT, "name", "%s", channel->name);
    light_device_write(d, LIGHT_FRONT_KEPT, "limit", "%s", LIGHT_CONSOLE_LIMIT);
    light_device_write(d, LIGHT_FRONT_KEPT, "type", "ioemu");
    if (channel->connection == LIBXL_CHANNEL_CONNECTION_SOCKET)
        light_device_write(d, LIGHT_FRONT_KEPT, "output", "chardev:" LIGHT_MODEL_CHANNEL, channel->devid);
    else
        light_device_write(d, LIGHT_FRONT_KEPT, "output", "pty");
    light_device_write(d, LIGHT_FRONT_KEPT, "tty", "%s", ""); /* which QEMU fills in */
}

/* Not each console is a channel. */
static int from_nodes(const struct light_node_reader *r, void *config)
{
    libxl_device_channel *channel = config;
    char *connection _cleanup_free_ = light_node_text(r, "connection");
    libxl_channel_connection to;

    channel->name = light_node_text(r, "name");
    if (!channel->name || !connection || libxl_channel_connection_from_string(connection, &to))
        return ERROR_NOTFOUND;
    libxl_device_channel_init_connection(channel, to);
    if (to == LIBXL_CHANNEL_CONNECTION_SOCKET)
        channel->u.socket.path = light_node_text(r, "path");
    return 0;
}

const struct light_device_kind light_device_channel = {
    .name = "channel",
    .word = "console",
    .type = &libxl_device_channel_desc,
    .list = offsetof(libxl_domain_config, channels),
    .count = offsetof(libxl_domain_config, num_channels),
    .devid = offsetof(libxl_device_channel, devid),
    .backend_domid = offsetof(libxl_device_channel, backend_domid),
    .backend_domname = offsetof(libxl_device_channel, backend_domname),
    .first = 1,
    .complete = complete,
    .nodes = nodes,
    .from_nodes = from_nodes,
};
