/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/device_route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "light/info.h"

#define SPACES " \t\r\n"
#define METRIC 2 /* stock's: what was routed there by hand with none goes first */

/* --- ip= --- */

static unsigned address_bits(int family)
{
    return family == AF_INET6 ? 128 : 32;
}

/* A network's address is zero behind its bits. */
static bool is_network(const struct light_route *r)
{
    for (unsigned bit = r->bits; bit < address_bits(r->family); bit++)
        if (r->address[bit / 8] & 0x80 >> bit % 8)
            return false;
    return true;
}

static bool parse(struct light_route *r)
{
    char address[sizeof(r->text)], *slash;

    memcpy(address, r->text, sizeof(address));
    slash = strchr(address, '/');
    if (slash)
        *slash++ = '\0';
    r->family = strchr(address, ':') ? AF_INET6 : AF_INET;
    r->bits = address_bits(r->family);
    if (slash && (!light_number(slash, &r->bits) || r->bits > address_bits(r->family)))
        return false;
    return inet_pton(r->family, address, r->address) == 1 && is_network(r);
}

int light_route_next(const char **at, struct light_route *ret_route)
{
    const char *word = *at + strspn(*at, SPACES);
    size_t len = strcspn(word, SPACES);
    struct light_route route = { .family = AF_UNSPEC };

    if (!len)
        return 0;
    if (len >= sizeof(route.text))
        return -EINVAL;
    memcpy(route.text, word, len);
    if (!parse(&route))
        return -EINVAL;
    *ret_route = route;
    *at = word + len;
    return 1;
}

/* --- requests to Linux: rtnetlink(7) --- */

struct request {
    struct nlmsghdr head;
    char body[96];
};

static void request_begin(struct request *r, uint16_t type, const void *body, size_t size)
{
    *r = (struct request){
        .head = {
            .nlmsg_len = NLMSG_LENGTH((uint32_t)size),
            .nlmsg_type = type,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
        },
    };
    memcpy(r->body, body, size);
}

/* There is room for the four that a request has at most. */
static void request_put(struct request *r, uint16_t type, const void *data, size_t size)
{
    uint32_t at = NLMSG_ALIGN(r->head.nlmsg_len);
    struct rtattr attr = { .rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type };

    memcpy((char *)r + at, &attr, sizeof(attr));
    memcpy((char *)r + at + RTA_LENGTH(0), data, size);
    r->head.nlmsg_len = at + attr.rta_len;
}

/* The answer is there when send() returns. */
static int request_send(int s, const struct request *r)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        char more[512];
    } answer;
    ssize_t n;

    if (send(s, r, r->head.nlmsg_len, 0) < 0)
        return -errno;
    n = recv(s, &answer, sizeof(answer), MSG_DONTWAIT);
    if (n < 0)
        return -errno;
    if ((size_t)n < NLMSG_LENGTH(sizeof(answer.error)) || answer.head.nlmsg_type != NLMSG_ERROR)
        return -EPROTO;
    return answer.error.error;
}

/* Broadcasts there are none of. */
static int address_add(int s, uint32_t index, struct in_addr address)
{
    const struct ifaddrmsg body = { .ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_scope = RT_SCOPE_UNIVERSE, .ifa_index = index };
    struct request r;

    request_begin(&r, RTM_NEWADDR, &body, sizeof(body));
    request_put(&r, IFA_LOCAL, &address, sizeof(address));
    request_put(&r, IFA_ADDRESS, &address, sizeof(address));
    return request_send(s, &r);
}

static int route_add(int s, uint32_t index, struct in_addr address, const struct light_route *route)
{
    const struct rtmsg body = {
        .rtm_family = (unsigned char)route->family,
        .rtm_dst_len = (unsigned char)route->bits,
        .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_STATIC,
        .rtm_scope = route->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
        .rtm_type = RTN_UNICAST,
    };
    const uint32_t metric = METRIC;
    struct request r;

    request_begin(&r, RTM_NEWROUTE, &body, sizeof(body));
    request_put(&r, RTA_DST, route->address, address_bits(route->family) / 8);
    request_put(&r, RTA_OIF, &index, sizeof(index));
    request_put(&r, RTA_PRIORITY, &metric, sizeof(metric));
    if (route->family == AF_INET)
        request_put(&r, RTA_PREFSRC, &address, sizeof(address));
    return request_send(s, &r);
}

/* --- the interface --- */

static int setting_on(const char *family, const char *name, const char *setting)
{
    char path[128];
    int fd _cleanup_close_ = -1;

    snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, name, setting);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd < 0 || write(fd, "1", 1) < 0 ? -errno : 0;
}

static bool has_ipv6(const struct light_route *routes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (routes[i].family == AF_INET6)
            return true;
    return false;
}

int light_route_up(const char *name, struct in_addr address, const struct light_route *routes, unsigned count, const char **ret_what,
                   const struct light_route **ret_refused)
{
    int s _cleanup_close_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), rc = 0;
    uint32_t index = if_nametoindex(name);

    *ret_what = "asking for routes";
    *ret_refused = NULL;
    if (s < 0 || !index)
        return -errno;
    if (address.s_addr) {
        *ret_what = "giving it its gatewaydev's address";
        rc = address_add(s, index, address);
    }
    if (rc == 0) {
        *ret_what = "setting proxy_arp";
        rc = setting_on("ipv4", name, "proxy_arp");
    }
    if (rc == 0 && has_ipv6(routes, count)) {
        *ret_what = "setting proxy_ndp";
        rc = setting_on("ipv6", name, "proxy_ndp");
    }
    for (unsigned i = 0; rc == 0 && i < count; i++) {
        *ret_what = "adding a route";
        rc = route_add(s, index, address, &routes[i]);
        if (rc < 0)
            *ret_refused = &routes[i];
    }
    return rc;
}
