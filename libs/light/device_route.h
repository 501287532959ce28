/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Interfaces that are routed rather than in a bridge: what vif-route of the public documents does (wiki.xenproject.org/wiki/Vif-route).
 * All of it is the interface's own, and goes with it. Errors are -errno.
 */
#ifndef XENOLITH_LIGHT_DEVICE_ROUTE_H
#define XENOLITH_LIGHT_DEVICE_ROUTE_H

#include <netinet/in.h>

/* One of ip= (xl-network-configuration(5)): a host, or a network. */
struct light_route {
    char text[INET6_ADDRSTRLEN + 4]; /* as it is written there */
    int family;
    unsigned char address[16];
    unsigned bits; /* that all addresses of it have */
};

/* The next one of a list with spaces between, from *at on, which moves behind it: 1; 0: there is none; -EINVAL: that is none. */
int light_route_next(const char **at, struct light_route *ret_route);

/*
 * Packets for routes go to interface `name`, which is up, and it answers for who is beyond. `address` is the host's there (0: none),
 * in the network's order. *ret_what: what failed; *ret_refused: if it was one of the routes, that.
 */
int light_route_up(const char *name, struct in_addr address, const struct light_route *routes, unsigned count, const char **ret_what,
                   const struct light_route **ret_refused);

#endif
