/* SPDX-License-Identifier: GPL-2.0-only */
#include "abi_fixture.h"

#include "domain_ctl.h"
#include "errno.h"
#include "page.h"
#include "public/sched.h"

static struct domain_config plain(uint32_t vcpus)
{
    return (struct domain_config){
        .max_vcpus = vcpus, .max_evtchn_port = 1023, .max_grant_frames = -1, .max_maptrack_frames = -1, .grant_opts = 1,
    };
}

static void test_create_checks(void **state)
{
    struct domain_config c = plain(0);
    struct domain *d = NULL;

    (void)state;
    assert_int_equal(domain_create(9, &c, &d), -EINVAL);
    c = plain(MAX_VCPUS + 1);
    assert_int_equal(domain_create(9, &c, &d), -EINVAL);
    c = plain(1);
    assert_int_equal(domain_create(DOMID_FIRST_RESERVED, &c, &d), -EINVAL);
    assert_int_equal(domain_create(1, &c, &d), -EEXIST);
    assert_null(d);
}

static void test_new_domain(void **state)
{
    struct domain_config c = plain(3);
    struct domain *d;

    (void)state;
    assert_int_equal(domain_create(9, &c, &d), 0);
    assert_int_equal(d->refs, 1);
    assert_int_equal(d->pause_count, 1);
    assert_int_equal(d->controller_pause_count, 1);
    assert_int_equal(d->max_pages, 0);
    assert_int_equal(d->p2m.pool_limit, 256);
    assert_true(mfn_to_page(virt_to_mfn(d->shared_info))->flags & PAGE_SHARED);
    assert_int_equal(vcpu_create(d, 3), -EINVAL);
    assert_int_equal(vcpu_create(d, 2), 0);
    assert_int_equal(vcpu_create(d, 2), -EEXIST);
    assert_null(domain_vcpu(d, 0));
    assert_ptr_equal(domain_vcpu(d, 2)->info, (char *)d->shared_info + 128);
    assert_true(bit_test(&d->vcpu[2]->sched.pause_flags, VPF_DOWN));
    assert_int_equal(domain_kill(d), 0);
}

static void kill(struct domain *d)
{
    while (domain_kill(d) == -ERESTART)
        continue;
}

/* The last who holds a domain frees it, on whatever CPU it died. */
static void test_hold(void **state)
{
    struct domain *d = fake_domain(9, 1), *other = fake_domain(10, 1);
    uint32_t refs = d->refs;

    (void)state;
    assert_null(domain_hold(11));
    assert_null(domain_hold(DOMID_SELF));
    assert_ptr_equal(domain_hold(9), d);
    assert_ptr_equal(domain_hold(10), other);
    assert_int_equal(d->refs, refs);
    fake_set_cpu(1);
    assert_ptr_equal(domain_hold(9), d);
    kill(d);
    assert_int_equal(fake.domains_destroyed, 0);
    assert_int_equal(d->state, DOMAIN_DEAD);
    assert_null(domain_hold(9));
    assert_null(domain_get_by_id(9));
    domain_let_go(d);
    assert_int_equal(fake.domains_destroyed, 0);
    fake_set_cpu(0);
    domain_let_go(other);
    assert_int_equal(fake.domains_destroyed, 0);
    domain_let_go(d);
    assert_int_equal(fake.domains_destroyed, 1);
    assert_ptr_equal(domain_hold(10), other);
    domain_let_go(other);
    kill(other);
    assert_int_equal(fake.domains_destroyed, 2);
}

static void test_list_is_ordered(void **state)
{
    static const domid_t ids[] = {30, 10, 20};
    struct domain_config c = plain(1);
    struct domain *d;
    domid_t seen[8];
    unsigned n = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
        assert_int_equal(domain_create(ids[i], &c, &d), 0);
    for (d = domain_next(0); d; d = domain_next(seen[n - 1] + 1)) {
        seen[n++] = d->id;
        domain_put(d);
    }
    assert_int_equal(n, 5);
    assert_int_equal(seen[0], 0);
    assert_int_equal(seen[1], 1);
    assert_int_equal(seen[2], 10);
    assert_int_equal(seen[3], 20);
    assert_int_equal(seen[4], 30);
    assert_null(domain_get_by_id(15));
    assert_null(domain_get_by_id(DOMID_SELF));
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        d = domain_get_by_id(ids[i]);
        assert_non_null(d);
        domain_put(d);
        assert_int_equal(domain_kill(d), 0);
        assert_null(domain_get_by_id(ids[i]));
    }
}

/* Whatever runs out, everything is given back. */
static void test_create_unwinds(void **state)
{
    struct domain_config c = plain(2);
    uint64_t objects = hv_heap_objects(), pages = free_pages_count();
    struct domain *d;
    int r = -ENOMEM;

    (void)state;
    for (int n = 0; r == -ENOMEM && n < 200; n++) {
        fake_fail_alloc_after(n);
        r = domain_create(9, &c, &d);
        fake_fail_alloc_after(-1);
        if (r == -ENOMEM) {
            assert_int_equal(hv_heap_objects(), objects);
            assert_null(domain_get_by_id(9));
        }
    }
    assert_int_equal(r, 0);
    assert_int_equal(domain_kill(d), 0);
    assert_int_equal(hv_heap_objects(), objects);
    assert_int_equal(free_pages_count(), pages);
}

static void test_vcpu_create_unwinds(void **state)
{
    struct domain_config c = plain(1);
    struct domain *d;
    uint64_t objects;
    int r = -ENOMEM;

    (void)state;
    assert_int_equal(domain_create(9, &c, &d), 0);
    objects = hv_heap_objects();
    for (int n = 0; r == -ENOMEM && n < 100; n++) {
        fake_fail_alloc_after(n);
        r = vcpu_create(d, 0);
        fake_fail_alloc_after(-1);
        if (r == -ENOMEM) {
            assert_int_equal(hv_heap_objects(), objects);
            assert_null(d->vcpu[0]);
        }
    }
    assert_int_equal(r, 0);
    assert_int_equal(domain_kill(d), 0);
}

static void test_kill_returns_everything(void **state)
{
    uint64_t objects = hv_heap_objects(), pages = free_pages_count();
    struct domain *d = fake_domain(5, 4);

    (void)state;
    assert_true(free_pages_count() < pages);
    domain_get(d);
    assert_int_equal(domain_kill(d), 0);
    assert_int_equal(d->state, DOMAIN_DEAD);
    assert_int_equal(d->tot_pages, 0);
    assert_int_equal(domain_kill(d), 0); /* again: nothing left to do */
    assert_non_null(domain_get_by_id(5));
    domain_put(d);
    domain_put(d);
    assert_null(domain_get_by_id(5));
    assert_int_equal(hv_heap_objects(), objects);
    assert_int_equal(free_pages_count(), pages);
}

/* A frame that somebody else still has mapped keeps the dead domain in the list. */
static void test_foreign_mapping_outlives(void **state)
{
    struct domain *d = fake_domain(5, 1);
    mfn_t mfn = p2m_lookup(d, 7).mfn;

    (void)state;
    assert_true(page_get(mfn_to_page(mfn), 5));
    assert_int_equal(domain_kill(d), 0);
    d = domain_get_by_id(5);
    assert_non_null(d);
    assert_int_equal(d->tot_pages, 1);
    domain_put(d);
    page_put(mfn_to_page(mfn));
    assert_null(domain_get_by_id(5));
}

static void test_shutdown_and_resume(void **state)
{
    (void)state;
    domain_shutdown(d1, SHUTDOWN_suspend);
    assert_true(d1->is_shut_down);
    assert_int_equal(d1->shutdown_code, SHUTDOWN_suspend);
    assert_true(bit_test(&d1->vcpu[1]->sched.pause_flags, VPF_SHUTDOWN));
    domain_shutdown(d1, SHUTDOWN_crash); /* too late */
    assert_int_equal(d1->shutdown_code, SHUTDOWN_suspend);
    domain_resume(d1);
    assert_false(d1->is_shut_down);
    assert_false(bit_test(&d1->vcpu[1]->sched.pause_flags, VPF_SHUTDOWN));
    domain_crash(d1, "rule %d broken", 7);
    assert_int_equal(d1->shutdown_code, SHUTDOWN_crash);
}

static void shut_dom0(void *arg)
{
    domain_shutdown(d0, *(uint8_t *)arg);
}

static void crash_dom0(void *arg)
{
    (void)arg;
    domain_crash(d0, "x");
}

static void test_dom0_takes_the_host(void **state)
{
    uint8_t code = SHUTDOWN_poweroff;

    (void)state;
    assert_true(fake_expect_panic(shut_dom0, &code));
    assert_int_equal(fake.host_shutdowns, 1);
    assert_false(fake.host_reboot);
    code = SHUTDOWN_reboot;
    assert_true(fake_expect_panic(shut_dom0, &code));
    assert_true(fake.host_reboot);
    assert_true(fake_expect_panic(crash_dom0, NULL));
    assert_int_equal(fake.host_shutdowns, 2);
}

static void test_controller_pauses_count(void **state)
{
    uint32_t before = d1->pause_count, controller = d1->controller_pause_count;

    (void)state;
    assert_int_equal(domain_controller_pause(d1), 0);
    assert_int_equal(domain_controller_pause(d1), 0);
    assert_int_equal(d1->pause_count, before + 2);
    for (uint32_t i = 0; i < controller + 2; i++)
        assert_int_equal(domain_controller_unpause(d1), 0);
    assert_true(d1->creation_finished);
    assert_int_equal(domain_controller_unpause(d1), -EINVAL);
}

static void test_kick(void **state)
{
    struct vcpu *v = d1->vcpu[0];

    (void)state;
    bit_set(&v->sched.pause_flags, VPF_BLOCKED);
    vcpu_kick(v);
    assert_false(bit_test(&v->sched.pause_flags, VPF_BLOCKED));
    v->sched.running = true;
    v->sched.cpu = 2;
    cpus[2]->arch.kicks = 0;
    vcpu_kick(v);
    assert_int_equal(cpus[2]->arch.kicks, 1);
    v->sched.cpu = 0; /* this CPU looks by itself */
    vcpu_kick(v);
    assert_int_equal(cpus[0]->arch.kicks, 0);
    v->sched.running = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        abi_test(test_create_checks),          abi_test(test_new_domain),
        abi_test(test_list_is_ordered),        abi_test(test_create_unwinds),
        abi_test(test_vcpu_create_unwinds),    abi_test(test_kill_returns_everything),
        abi_test(test_foreign_mapping_outlives), abi_test(test_shutdown_and_resume),
        abi_test(test_dom0_takes_the_host),    abi_test(test_controller_pauses_count),
        abi_test(test_kick),                   abi_test(test_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
