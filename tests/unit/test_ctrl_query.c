/* SPDX-License-Identifier: GPL-2.0-only */
/* libs/ctrl/query.c over tests/fake/ctrl_fake.c, and what a program of two processes relies on in that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrl/console_ring.h"
#include "ctrl/query.h"
#include "fake/ctrl_fake.h"
#include "public/sysctl.h"

static char folder[] = "/tmp/fake-world-XXXXXX";

static void domains(void **state)
{
    struct xen_domctl_getdomaininfo infos[3], info = { 0 };
    struct ctrl_priv *p;

    (void)state;
    assert_int_equal(ctrl_transport->priv_open(&p), 0);
    for (uint32_t domid = 2; domid <= 8; domid += 2)
        assert_int_equal(fake_domain_new(domid), 0);
    assert_int_equal(ctrl_domain_list(p, 1, 3, infos), 3);
    assert_int_equal(infos[0].domain, 2);
    assert_int_equal(infos[2].domain, 6);
    assert_int_equal(ctrl_domain_list(p, 7, 3, infos), 1);
    assert_int_equal(ctrl_domain_list(p, 9, 3, infos), 0);
    assert_int_equal(ctrl_domain_list(p, 1, 0, infos), -EINVAL);
    assert_int_equal(ctrl_domain_list(p, 0x7ff0, 3, infos), -EINVAL);
    assert_int_equal(ctrl_domain_info(p, 3, &info), -ESRCH);
    assert_int_equal(ctrl_domain_info(p, 100, &info), -ESRCH);
    assert_int_equal(ctrl_domain_info(p, 0x7ff0, &info), -EINVAL);
    assert_int_equal(info.domain, 0);
    fake_domain_die(4);
    assert_int_equal(ctrl_domain_info(p, 4, &info), 0);
    assert_int_equal(info.domain, 4);
    assert_int_equal(info.flags, XEN_DOMINF_dying);
    for (uint32_t domid = 2; domid <= 8; domid += 2)
        fake_domain_free(domid);
    ctrl_priv_close(p);
}

static void log_of_the_hypervisor(void **state)
{
    struct ctrl_priv *p;
    uint32_t index = 0;
    char text[8];

    (void)state;
    assert_int_equal(ctrl_transport->priv_open(&p), 0);
    fake_hv_print("hello, world");
    assert_int_equal(ctrl_console_follow(p, &index, text, sizeof(text)), 8);
    assert_memory_equal(text, "hello, w", 8);
    assert_int_equal(ctrl_console_follow(p, &index, text, sizeof(text)), 4);
    assert_memory_equal(text, "orld", 4);
    assert_int_equal(ctrl_console_follow(p, &index, text, sizeof(text)), 0);
    assert_int_equal(ctrl_console_read(p, false, text, sizeof(text)), 8);
    assert_memory_equal(text, "hello, w", 8);
    ctrl_priv_close(p);
}

/* A hypervisor that lies, or refuses, or a kernel without memory. */
static int buffers_left;
static long answer;

static int stub_buffer_new(struct ctrl_priv *p, size_t size, void **ret_buffer)
{
    (void)p;
    if (buffers_left-- == 0)
        return -ENOMEM;
    *ret_buffer = calloc(1, size);
    return 0;
}

static void stub_buffer_free(struct ctrl_priv *p, void *buffer, size_t size)
{
    (void)p, (void)size;
    free(buffer);
}

static long stub_hypercall(struct ctrl_priv *p, unsigned op, const uint64_t args[5])
{
    struct xen_sysctl *sysctl = (void *)(uintptr_t)args[0];

    (void)p, (void)op;
    sysctl->u.getdomaininfolist.num_domains = 5;
    if (sysctl->cmd == XEN_SYSCTL_readconsole)
        sysctl->u.readconsole.count = 99;
    return answer;
}

static void bad_answers(void **state)
{
    static const struct ctrl_priv_ops ops = {
        .hypercall = stub_hypercall, .buffer_new = stub_buffer_new, .buffer_free = stub_buffer_free
    };
    struct xen_domctl_getdomaininfo infos[3];
    struct ctrl_priv p = { .ops = &ops };
    uint32_t index = 5;
    char text[8];

    (void)state;
    for (int n = 0; n < 2; n++) {
        buffers_left = n;
        assert_int_equal(ctrl_domain_list(&p, 1, 3, infos), -ENOMEM);
        buffers_left = n;
        assert_int_equal(ctrl_console_follow(&p, &index, text, sizeof(text)), -ENOMEM);
    }
    buffers_left = 1000;
    assert_int_equal(ctrl_domain_list(&p, 1, 3, infos), -EPROTO);
    assert_int_equal(ctrl_console_follow(&p, &index, text, sizeof(text)), -EPROTO);
    answer = -EPERM;
    assert_int_equal(ctrl_domain_list(&p, 1, 3, infos), -EPERM);
    assert_int_equal(ctrl_console_read(&p, true, text, sizeof(text)), -EPERM);
    assert_int_equal(index, 5);
}

/* The fake itself: pages by grant and by number, events between two processes, and what a killed one leaves. */
static void two_processes(void **state)
{
    static const struct ctrl_grant grant = { .domid = 5, .ref = 0 };
    struct ctrl_evtchn *guest, *e;
    uint32_t offered, port, pending[2];
    struct ctrl_gnttab *g;
    struct ctrl_priv *p;
    uint64_t gfn = FAKE_GFN;
    char *page;
    int child, status;

    (void)state;
    assert_int_equal(fake_domain_new(5), 0);
    fake_grant(5, 0, 0);
    assert_int_equal(fake_evtchn_open(5, &guest), 0);
    assert_int_equal(ctrl_evtchn_bind_unbound(guest, 0, &offered), 0);
    child = fork();
    if (child == 0) {
        if (ctrl_transport->evtchn_open(&e) < 0 || ctrl_transport->gnttab_open(&g) < 0 || ctrl_transport->priv_open(&p) < 0)
            _exit(1);
        if (ctrl_evtchn_bind_interdomain(e, 5, offered, &port) < 0 || ctrl_evtchn_pending(e, pending, 2) != 1)
            _exit(2);
        if (ctrl_gnttab_map(g, &grant, 1, PROT_READ | PROT_WRITE, NULL, (void **)&page) < 0)
            _exit(3);
        strcpy(page, "granted");
        if (ctrl_map_foreign(p, 5, PROT_READ, 1, &gfn, NULL, (void **)&page) < 0 || strcmp(page, "granted") != 0)
            _exit(4);
        _exit(ctrl_evtchn_notify(e, port) < 0 ? 5 : 42);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 42);
    assert_string_equal(fake_page(5, 0), "granted");
    assert_int_equal(ctrl_evtchn_pending(guest, pending, 2), 1);
    assert_int_equal(pending[0], offered);
    assert_int_equal(ctrl_evtchn_pending(guest, pending, 2), 0);
    assert_int_equal(fake_ports_of_dom0(), 1);
    fake_reap(child);
    assert_int_equal(fake_ports_of_dom0(), 0);
    assert_int_equal(ctrl_transport->evtchn_open(&e), 0);
    assert_int_equal(ctrl_evtchn_bind_interdomain(e, 5, offered, &port), 0);
    assert_int_equal(ctrl_evtchn_bind_interdomain(e, 5, offered, &port), -EINVAL);
    ctrl_evtchn_close(e);
    ctrl_evtchn_close(guest);
    fake_domain_free(5);
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? fake_world_new(folder) : -1;
}

static int teardown(void **state)
{
    char command[100];

    (void)state;
    fake_world_leave();
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains),
        cmocka_unit_test(log_of_the_hypervisor),
        cmocka_unit_test(bad_answers),
        cmocka_unit_test(two_processes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
