/* SPDX-License-Identifier: LGPL-2.1-only */
/* Network interfaces (xl-network-configuration(5)) in a bridge or routed, with Linux's backend. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "light/device.h"
#include "light/device_host.h"
#include "light/small.h"

#define DEFAULT_BRIDGE "xenbr0"

/* The vendor's prefix for Xen. */
static int choose_mac(libxl_mac mac)
{
    static const uint8_t prefix[3] = { 0x00, 0x16, 0x3e };
    int rc = light_random(mac + sizeof(prefix), 3);

    memcpy(mac, prefix, sizeof(prefix));
    mac[3] &= 0x7f;
    return rc;
}

static int default_text(char **text, const char *value)
{
    if (*text)
        return 0;
    *text = strdup(value);
    return *text ? 0 : -ENOMEM;
}

/* With a way to go, and neither a bridge nor what else connects it. Afterwards what is not routed has a bridge. */
static bool is_routed(const libxl_device_nic *nic)
{
    return !nic->bridge && !nic->script && nic->gatewaydev && nic->gatewaydev[0];
}

static const char *own_script(const libxl_device_nic *nic)
{
    return is_routed(nic) ? LIGHT_ROUTE_SCRIPT : LIGHT_BRIDGE_SCRIPT;
}

/* What connects it; NULL: we do. */
static int choose_script(struct op *op, struct light_device *d, const libxl_device_nic *nic)
{
    d->gateway = nic->gatewaydev;
    if (is_routed(nic))
        return 0;
    d->script = light_script_path(op, nic->script ? nic->script : LIGHT_BRIDGE_SCRIPT);
    if (!d->script)
        return op_fail(op, ERROR_NOMEM, "no memory");
    if (light_script_is_own(d->script, nic->ip))
        d->script = NULL;
    return 0;
}

static int complete(struct op *op, struct light_device *d)
{
    static const libxl_mac none;
    libxl_device_nic *nic = d->config;
    int rc = 0;

    if (nic->nictype == LIBXL_NIC_TYPE_VIF_IOEMU)
        return op_fail(op, ERROR_INVAL, "%s: a guest of type pvh has no emulated cards (type=ioemu)", d->label);
    nic->nictype = LIBXL_NIC_TYPE_VIF;
    d->waits = true;
    if (nic->ifname && strlen(nic->ifname) >= IFNAMSIZ)
        return op_fail(op, ERROR_INVAL, "%s: vifname=%s is too long", d->label, nic->ifname);
    if (!memcmp(nic->mac, none, sizeof(none)))
        rc = choose_mac(nic->mac);
    if (rc == 0 && !is_routed(nic))
        rc = default_text(&nic->bridge, DEFAULT_BRIDGE);
    if (rc < 0)
        return op_fail(op, light_error(rc), "%s: %s", d->label, strerror(-rc));
    return choose_script(op, d, nic);
}

static void nodes(struct light_device *d)
{
    const libxl_device_nic *nic = d->config;
    bool trusted = libxl_defbool_is_default(nic->trusted) || libxl_defbool_val(nic->trusted);
    char mac[18];

    snprintf(mac, sizeof(mac), LIBXL_MAC_FMT, LIBXL_MAC_BYTES(nic->mac));
    light_device_write(d, LIGHT_BACK, "script", "%s", d->script ? d->script : own_script(nic));
    if (nic->ifname)
        light_device_write(d, LIGHT_BACK, "vifname", "%s", nic->ifname);
    light_device_write(d, LIGHT_BACK, "mac", "%s", mac);
    if (nic->ip)
        light_device_write(d, LIGHT_BACK, "ip", "%s", nic->ip);
    if (nic->gatewaydev)
        light_device_write(d, LIGHT_BACK, "gatewaydev", "%s", nic->gatewaydev);
    if (nic->rate_interval_usecs)
        light_device_write(d, LIGHT_BACK, "rate", "%ju,%u", (uintmax_t)nic->rate_bytes_per_interval, nic->rate_interval_usecs);
    if (nic->bridge)
        light_device_write(d, LIGHT_BACK, "bridge", "%s", nic->bridge);
    if (nic->mtu)
        light_device_write(d, LIGHT_BACK, "mtu", "%d", nic->mtu);
    light_device_write(d, LIGHT_BACK, "handle", "%d", d->devid);
    light_device_write(d, LIGHT_BACK, "type", "vif");
    light_device_write(d, LIGHT_BACK, "hotplug-status", "%s", "");
    light_device_write(d, LIGHT_FRONT, "handle", "%d", d->devid);
    light_device_write(d, LIGHT_FRONT, "mac", "%s", mac);
    light_device_write(d, LIGHT_FRONT, "trusted", "%d", trusted);
}

struct card {
    struct op *op;
    struct loop_fd changes; /* of the host's interfaces */
    char name[IFNAMSIZ];
    unsigned mtu;
    /* Of one that is routed. */
    struct in_addr address; /* of this host; 0: none */
    struct light_route *routes;
    unsigned num_routes;
};

/* --- where it is routed: known before anything is changed --- */

static int read_routes(struct op *op, const char *ip, struct card *card)
{
    int rc;

    card->routes = arena_alloc(&op->arena, (strlen(ip) / 2 + 1) * sizeof(*card->routes)); /* each has two letters, and a space */
    if (!card->routes)
        return op_fail(op, ERROR_NOMEM, "no memory");
    while ((rc = light_route_next(&ip, &card->routes[card->num_routes])) > 0)
        card->num_routes++;
    return rc == 0 ? 0 : op_fail(op, ERROR_INVAL, "ip=%s: that is no address such as 10.0.0.2 or 2001:db8::2, nor a network "
                                 "such as 10.0.4.0/24, with spaces between them", ip + strspn(ip, " "));
}

static bool needs_address(const struct card *card)
{
    for (unsigned i = 0; i < card->num_routes; i++)
        if (card->routes[i].family == AF_INET)
            return true;
    return card->num_routes == 0;
}

static int read_gateway(struct op *op, const char *name, struct card *card)
{
    int rc = light_host_nic_address(name, &card->address);

    if (rc == -EADDRNOTAVAIL && !needs_address(card))
        return 0;
    if (rc == -ENODEV || rc == -ENAMETOOLONG)
        return op_fail(op, ERROR_INVAL, "gatewaydev=%s: this host has no such interface; `ip link' says which there are", name);
    if (rc == -EADDRNOTAVAIL)
        return op_fail(op, ERROR_INVAL, "gatewaydev=%s has no IPv4 address that the guest could reach this host by; "
                       "`ip addr add ADDRESS/BITS dev %s' gives it one", name, name);
    return rc < 0 ? op_fail(op, ERROR_FAIL, "asking gatewaydev=%s for its address: %s", name, strerror(-rc)) : 0;
}

static int open_it(struct op *op)
{
    struct light_device *d = op->arg;
    const libxl_device_nic *nic = d->config;
    struct card *card = arena_alloc(&op->arena, sizeof(*card));
    int rc = 0;

    if (!card)
        return op_fail(op, ERROR_NOMEM, "no memory");
    *card = (struct card){ .op = op };
    d->own = card;
    if (!is_routed(nic) || d->backend_domid)
        return 0;
    if (nic->ip)
        rc = read_routes(op, nic->ip, card);
    return rc ? rc : read_gateway(op, nic->gatewaydev, card);
}

/* --- its interface: Linux's backend makes it after it has said that it is there --- */

static void await_stop(struct op *op)
{
    struct light_device *d = op->arg;
    struct card *card = d->own;

    loop_fd_remove(&card->changes);
    cleanup_close(&d->fd);
    d->fd = -1;
}

static void changed(struct loop_fd *src, uint32_t events)
{
    struct card *card = (struct card *)((char *)src - offsetof(struct card, changes));
    struct op *op = card->op;

    (void)events;
    light_host_nic_seen(src->fd);
    if (!light_host_nic_there(card->name))
        return;
    await_stop(op);
    op_step_done(op, 0);
}

/* Looks first for changes, then whether it is there already. */
static int await(struct op *op)
{
    struct light_device *d = op->arg;
    struct card *card = d->own;
    int rc;

    snprintf(card->name, sizeof(card->name), "vif%u.%d", d->domid, d->devid);
    rc = light_host_nic_watch(&d->fd);
    if (rc == 0)
        rc = loop_fd_add(op->loop, &card->changes, d->fd, EPOLLIN, changed);
    if (rc < 0)
        return op_fail(op, ERROR_FAIL, "looking for interface %s: %s", card->name, strerror(-rc));
    if (!light_host_nic_there(card->name))
        return OP_WAITS;
    await_stop(op);
    return 0;
}

/* --- into the bridge, or routed --- */

/* The guest reads how long its packets may be, and cannot change it. */
static void up_body(struct light_tx *tx)
{
    struct light_device *d = tx->arg;
    const struct card *card = d->own;
    const struct xs_permissions perms[] = { { .id = 0, .perms = XS_PERM_NONE }, { .id = d->domid, .perms = XS_PERM_READ } };

    light_device_write(d, LIGHT_FRONT, "mtu", "%u", card->mtu);
    light_tx_permit(tx, arena_printf(&tx->op->arena, "%s/mtu", d->front), perms, 2);
    light_device_write(d, LIGHT_BACK, "hotplug-status", "connected");
}

static int up_failed(struct op *op, const libxl_device_nic *nic, const struct light_host_nic *host, const char *what, int rc)
{
    if (nic->bridge)
        return op_fail(op, ERROR_FAIL, "interface %s, bridge %s: %s: %s", host->name, nic->bridge, what, strerror(-rc));
    if (host->refused && rc == -EEXIST)
        return op_fail(op, ERROR_FAIL, "interface %s: there is a route to %s already, for another guest or twice in ip=; "
                       "`ip route' and `ip -6 route' say where to", host->name, host->refused->text);
    return op_fail(op, ERROR_FAIL, "interface %s, gatewaydev %s: %s%s%s: %s", host->name, nic->gatewaydev, what,
                   host->refused ? " to " : "", host->refused ? host->refused->text : "", strerror(-rc));
}

static int up(struct op *op)
{
    struct light_device *d = op->arg;
    const libxl_device_nic *nic = d->config;
    struct card *card = d->own;
    struct light_host_nic host = {
        .name = card->name,
        .new_name = nic->ifname ? nic->ifname : "",
        .bridge = nic->bridge,
        .mtu = nic->mtu > 0 ? (unsigned)nic->mtu : 0,
        .address = card->address,
        .routes = card->routes,
        .num_routes = card->num_routes,
    };
    const char *what;
    int rc = light_host_nic_up(&host, &what);

    if (rc < 0)
        return up_failed(op, nic, &host, what, rc);
    card->mtu = host.mtu;
    d->tx = (struct light_tx){ .op = op, .arg = d, .body = up_body };
    return light_tx_run(d->ctx, &d->tx);
}

/* --- back from its nodes --- */

static int from_nodes(const struct light_node_reader *r, void *config)
{
    libxl_device_nic *nic = config;
    char *mac _cleanup_free_ = light_node_text(r, "mac"), *rate _cleanup_free_ = light_node_text(r, "rate");
    uintmax_t bytes;
    unsigned usecs;

    nic->devid = light_node_number(r, "handle", r->devid);
    if (mac && light_mac_parse(mac, nic->mac) < 0)
        return ERROR_FAIL;
    nic->ip = light_node_text(r, "ip");
    nic->gatewaydev = light_node_text(r, "gatewaydev");
    nic->bridge = light_node_text(r, "bridge");
    nic->script = light_node_text(r, "script");
    if (nic->script && light_script_is_routing(nic->script, nic->bridge)) {
        free(nic->script); /* it was not named, and would be run */
        nic->script = NULL;
    }
    nic->ifname = light_node_text(r, "vifname");
    nic->mtu = light_node_number(r, "mtu", 0);
    nic->nictype = LIBXL_NIC_TYPE_VIF;
    if (rate && sscanf(rate, "%ju,%u", &bytes, &usecs) == 2) {
        nic->rate_bytes_per_interval = bytes;
        nic->rate_interval_usecs = usecs;
    }
    return 0;
}

const struct light_device_kind light_device_nic = {
    .name = "vif",
    .word = "vif",
    .type = &libxl_device_nic_desc,
    .list = offsetof(libxl_domain_config, nics),
    .count = offsetof(libxl_domain_config, num_nics),
    .devid = offsetof(libxl_device_nic, devid),
    .backend_domid = offsetof(libxl_device_nic, backend_domid),
    .backend_domname = offsetof(libxl_device_nic, backend_domname),
    .complete = complete,
    .open = open_it,
    .nodes = nodes,
    .await = await,
    .await_stop = await_stop,
    .up = up,
    .from_nodes = from_nodes,
};
