/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routed interfaces: what ip= says, and what this host's Linux is told, in a network of the test's own. A bridge there is the
 * backend's interface, another one what gatewaydev= names. Without the right to have such a network that part is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "light/device_host.h"

#define ROUTES 4

/* --- ip= --- */

static void words(void **state)
{
    static const struct {
        const char *word;
        int family;
        unsigned bits;
    } rows[] = {
        { "10.2.0.2", AF_INET, 32 }, { "10.2.0.4/30", AF_INET, 30 }, { "0.0.0.0/0", AF_INET, 0 }, { "10.2.0.2/32", AF_INET, 32 },
        { "2001:db8::2", AF_INET6, 128 }, { "2001:db8:5::/64", AF_INET6, 64 }, { "::/0", AF_INET6, 0 },
        { "2001:0db8:0000:0000:0000:0000:192.168.100.100/128", AF_INET6, 128 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct light_route r;
        const char *at = rows[i].word;

        assert_int_equal(light_route_next(&at, &r), 1);
        assert_string_equal(r.text, rows[i].word);
        assert_int_equal(r.family, rows[i].family);
        assert_int_equal(r.bits, rows[i].bits);
        assert_int_equal(light_route_next(&at, &r), 0);
    }
}

static void no_words(void **state)
{
    static const char *const rows[] = {
        "x", "/", "10.2.0", "10.2.0.256", "10.2.0.2/", "10.2.0.2/33", "10.2.0.2/-1", "10.2.0.2/+1", "10.2.0.2/3x", "10.2.0.3/30",
        "10.2.0.2/4294967328", "10.2.0.2,10.2.0.3", "2001:db8::2/64", "2001:db8::/129", "::g", ":", "1:2:3:4:5:6:7:8:9", "10.2.0.2/32/1",
        "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000/1280", "0x0a.2.0.2",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct light_route r;
        char list[80];
        const char *at = list;

        snprintf(list, sizeof(list), "\t10.1.1.1 %s ", rows[i]);
        assert_int_equal(light_route_next(&at, &r), 1);
        assert_int_equal(light_route_next(&at, &r), -EINVAL);
        assert_string_equal(r.text, "10.1.1.1");
        assert_int_equal(strncmp(at, " ", 1), 0);
    }
}

/* --- a network of our own --- */

static char nets[] = "/tmp/light-route-XXXXXX";
static int s = -1;

static int bridge_add(const char *name)
{
    return ioctl(s, SIOCBRADDBR, name);
}

static int call(unsigned long request, const char *name, struct ifreq *r)
{
    snprintf(r->ifr_name, sizeof(r->ifr_name), "%s", name);
    return ioctl(s, request, r);
}

static void address_set(const char *name, const char *address)
{
    struct ifreq r = { 0 };
    struct sockaddr_in in = { .sin_family = AF_INET };

    assert_int_equal(inet_aton(address, &in.sin_addr), 1);
    memcpy(&r.ifr_addr, &in, sizeof(in));
    assert_int_equal(call(SIOCSIFADDR, name, &r), 0);
}

static bool is_up(const char *name)
{
    struct ifreq r = { 0 };

    assert_int_equal(call(SIOCGIFFLAGS, name, &r), 0);
    return r.ifr_flags & IFF_UP;
}

static int setup(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return 0;
    s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bridge_add("gate") < 0) {
        close(s);
        s = -1;
        return 0;
    }
    address_set("gate", "192.0.2.1");
    return mkdtemp(nets) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    if (s >= 0)
        rmdir(nets);
    return 0;
}

/* One of Linux's files has a line with this beginning and end. */
static bool has_line(const char *file, const char *begin, const char *end)
{
    FILE *f = fopen(file, "r");
    char line[300];
    bool found = false;

    while (f && !found && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        for (size_t n = strlen(line); n && line[n - 1] == ' '; n--)
            line[n - 1] = '\0';
        found = !strncmp(line, begin, strlen(begin)) && strlen(line) >= strlen(end) && !strcmp(line + strlen(line) - strlen(end), end);
    }
    if (f)
        fclose(f);
    return found;
}

static bool has_host_route(const char *name)
{
    char begin[64];

    snprintf(begin, sizeof(begin), "%s\t0200020A\t00000000\t0005\t0\t0\t2\tFFFFFFFF", name);
    return has_line("/proc/net/route", begin, "");
}

static bool is_set(const char *path)
{
    return has_line(path, "1", "");
}

static struct light_host_nic nic_of(const char *name, const char *new_name, const char *ip, struct light_route routes[ROUTES])
{
    struct light_host_nic nic = { .name = name, .new_name = new_name, .routes = routes };

    assert_int_equal(light_host_nic_address("gate", &nic.address), 0);
    while (nic.num_routes < ROUTES && light_route_next(&ip, &routes[nic.num_routes]) == 1)
        nic.num_routes++;
    return nic;
}

static void gateways(void **state)
{
    struct in_addr address = { 0 };

    (void)state;
    if (s < 0)
        skip();
    assert_int_equal(light_host_nic_address("gate", &address), 0);
    assert_string_equal(inet_ntoa(address), "192.0.2.1");
    assert_int_equal(light_host_nic_address("none", &address), -ENODEV);
    assert_int_equal(light_host_nic_address("a-name-that-is-too-long", &address), -ENAMETOOLONG);
    assert_int_equal(bridge_add("bare"), 0);
    assert_int_equal(light_host_nic_address("bare", &address), -EADDRNOTAVAIL);
}

/* As domain 3's vif 0, whatever it is. */
static void belongs(const char *name, const char *device)
{
    char path[80];

    snprintf(path, sizeof(path), "%s/%s", nets, name);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/%s/device", nets, name);
    assert_int_equal(symlink(device, path), 0);
}

static void belongs_no_more(const char *name)
{
    char path[80];

    snprintf(path, sizeof(path), "%s/%s/device", nets, name);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/%s", nets, name);
    assert_int_equal(rmdir(path), 0);
}

static void up_and_down(void **state)
{
    struct light_route routes[ROUTES];
    struct light_host_nic nic;
    struct in_addr address;
    const char *what = NULL;

    (void)state;
    if (s < 0)
        skip();
    nic = nic_of("vif3.0", "g", "10.2.0.2 10.3.0.0/24 2001:db8::2", routes);
    assert_int_equal(bridge_add("vif3.0"), 0);
    assert_int_equal(light_host_nic_up(&nic, &what), 0);
    assert_int_equal(nic.mtu, 1500);
    assert_true(is_up("g"));
    assert_int_equal(light_host_nic_address("g", &address), 0);
    assert_string_equal(inet_ntoa(address), "192.0.2.1");
    assert_true(has_host_route("g"));
    assert_true(has_line("/proc/net/route", "g\t0000030A\t00000000\t0001\t0\t0\t2\t00FFFFFF", ""));
    assert_true(has_line("/proc/net/ipv6_route", "20010db8000000000000000000000002 80 ", " g"));
    assert_true(is_set("/proc/sys/net/ipv4/conf/g/proxy_arp"));
    assert_true(is_set("/proc/sys/net/ipv6/conf/g/proxy_ndp"));
    assert_false(is_set("/proc/sys/net/ipv4/conf/gate/proxy_arp"));

    light_host_nics = nets;
    assert_int_equal(light_host_nic_down("g", 3, 0), 0); /* whose it is, is not known */
    assert_true(is_up("g"));
    belongs("g", "../../../vif-3-10");
    assert_int_equal(light_host_nic_down("g", 3, 1), 0); /* another's */
    assert_true(is_up("g"));
    assert_int_equal(light_host_nic_down("g", 3, 10), 0);
    assert_false(is_up("g"));
    assert_false(has_host_route("g"));
    assert_false(has_line("/proc/net/ipv6_route", "20010db8000000000000000000000002 80 ", " g"));
    belongs_no_more("g");
    belongs("gone", "../../../vif-3-0");
    assert_int_equal(light_host_nic_down("gone", 3, 0), 0);
    belongs_no_more("gone");
}

static void refused(void **state)
{
    struct light_route routes[ROUTES];
    struct light_host_nic nic;
    const char *what = NULL;

    (void)state;
    if (s < 0)
        skip();
    assert_int_equal(bridge_add("vif4.0"), 0);
    assert_int_equal(bridge_add("vif5.0"), 0);
    nic = nic_of("vif4.0", "", "10.2.0.2", routes);
    assert_int_equal(light_host_nic_up(&nic, &what), 0);
    assert_false(is_set("/proc/sys/net/ipv6/conf/vif4.0/proxy_ndp"));
    nic = nic_of("vif5.0", "", "10.4.0.2 10.2.0.2", routes);
    assert_int_equal(light_host_nic_up(&nic, &what), -EEXIST);
    assert_string_equal(what, "adding a route");
    assert_ptr_equal(nic.refused, &routes[1]);
    assert_false(is_up("vif5.0")); /* the other route is not left */
    assert_true(has_host_route("vif4.0"));
    nic = nic_of("none", "", "10.2.0.2", routes);
    assert_int_equal(light_host_nic_up(&nic, &what), -ENODEV);
    assert_string_equal(what, "taking it down");
    assert_null(nic.refused);
}

/* Each socket and each write fails once: said, and no route is left. */
static void faults(void **state)
{
    static const enum fault_call calls[] = { FAULT_OPEN, FAULT_SEND };
    struct light_route routes[ROUTES];
    char name[IFNAMSIZ];
    unsigned failures = 0;

    (void)state;
    if (s < 0)
        skip();
    for (unsigned i = 0; i < 2; i++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth++) {
            struct light_host_nic nic = nic_of(name, "", "10.5.0.2 2001:db8::5", routes);
            const char *what = NULL;
            int rc;

            snprintf(name, sizeof(name), "f%u.%u", i, nth);
            assert_int_equal(bridge_add(name), 0);
            fault_at(calls[i], nth);
            rc = light_host_nic_up(&nic, &what);
            failed = fault_happened(calls[i]);
            fault_at(calls[i], 0);
            assert_int_equal(rc < 0, failed);
            assert_int_equal(is_up(name), !failed);
            assert_non_null(what);
            failures += failed;
            if (!failed) {
                light_host_nics = nets;
                belongs(name, "x/vif-6-6");
                fault_at(FAULT_OPEN, 1);
                assert_true(light_host_nic_down(name, 6, 6) < 0);
                assert_int_equal(light_host_nic_down(name, 6, 6), 0);
                assert_false(is_up(name));
                belongs_no_more(name);
            }
        }
    }
    assert_int_equal(failures, 2 + 5); /* two sockets; an address, two settings, two routes */
    fault_at(FAULT_OPEN, 1);
    assert_true(light_host_nic_address("gate", &(struct in_addr){ 0 }) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words), cmocka_unit_test(no_words), cmocka_unit_test(gateways), cmocka_unit_test(up_and_down),
        cmocka_unit_test(refused), cmocka_unit_test(faults),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
