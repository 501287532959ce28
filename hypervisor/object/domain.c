/* SPDX-License-Identifier: GPL-2.0-only */
#include "domain.h"
#include "event_internal.h"

#include "arch.h"
#include "cpu.h"
#include "device.h"
#include "domain_ctl.h"
#include "errno.h"
#include "grant.h"
#include "lib.h"
#include "log.h"
#include "page.h"
#include "public/hvm.h"
#include "public/sched.h"

#define DOMU_INITIAL_POOL 256 /* paging pool in pages until the toolstack says how much: what stock starts with */

struct domain *dom0;
struct list_node domain_list = LIST_INIT(domain_list);
struct spinlock domain_list_lock = SPINLOCK_INIT(RANK_DOMLIST); /* no lock is taken under it */

/* Who has which id; for domain_hold, what each CPU holds. */
#define HOLDS_MAX 3
static struct domain *by_id[NR_DOMIDS];
static struct {
    struct domain *domain[HOLDS_MAX];
    unsigned nr; /* this CPU's own */
} __aligned(64) holds[NR_CPUS];
/* Domains without a reference that a CPU may still hold; domain_list_lock. */
static struct list_node graves = LIST_INIT(graves);
static unsigned nr_graves;

void domains_reset(void)
{
    list_init(&domain_list);
    spin_lock_init(&domain_list_lock, RANK_DOMLIST);
    memset(by_id, 0, sizeof(by_id));
    memset(holds, 0, sizeof(holds));
    list_init(&graves);
    nr_graves = 0;
    dom0 = NULL;
}

/* --- the parts of a domain, in the order of their making --- */

static int vcpu_array_init(struct domain *d)
{
    d->vcpu = hv_zalloc(d->nr_vcpus * sizeof(d->vcpu[0]));
    return d->vcpu ? 0 : -ENOMEM;
}

static void vcpu_array_destroy(struct domain *d)
{
    hv_free(d->vcpu);
}

static int shared_info_init(struct domain *d)
{
    d->shared_info = hv_alloc_page();
    if (!d->shared_info)
        return -ENOMEM;
    mfn_to_page(virt_to_mfn(d->shared_info))->flags |= PAGE_SHARED;
    return 0;
}

static void shared_info_destroy(struct domain *d)
{
    hv_free_page(d->shared_info); /* whoever else maps it keeps it until it lets go */
}

static int events_init(struct domain *d)
{
    return evtchn_domain_init(d, d->config.max_evtchn_port);
}

static int grants_init(struct domain *d)
{
    return grant_domain_init(d, d->config.max_grant_frames, d->config.max_maptrack_frames,
                             d->config.grant_opts & DOMAIN_GRANT_VERSION_MASK);
}

static int memory_init(struct domain *d)
{
    int r = p2m_init(d);

    if (!r && !d->privileged)
        d->p2m.pool_limit = DOMU_INITIAL_POOL;
    return r;
}

/* Only for a domain that is not finished: domain_kill empties the map of one that is, in portions. */
static void memory_destroy(struct domain *d)
{
    while (p2m_teardown(d) == -ERESTART)
        arch_relax();
}

static const struct domain_part {
    int (*init)(struct domain *d);
    void (*destroy)(struct domain *d);
} parts[] = {
    {vcpu_array_init, vcpu_array_destroy},
    {shared_info_init, shared_info_destroy},
    {events_init, evtchn_domain_destroy},
    {grants_init, grant_domain_destroy},
    {memory_init, memory_destroy},
    {devices_domain_init, devices_domain_destroy},
    {arch_domain_init, arch_domain_destroy},
    {sched_domain_init, sched_domain_destroy},
};

static void parts_destroy(struct domain *d, unsigned count)
{
    /* vCPUs lean on every other part, so they go first whatever their place in the table. */
    for (uint32_t i = 0; d->vcpu && i < d->nr_vcpus; i++) {
        if (d->vcpu[i])
            vcpu_destroy(d->vcpu[i]);
    }
    while (count--)
        parts[count].destroy(d);
}

static int parts_init(struct domain *d)
{
    for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
        int r = parts[i].init(d);

        if (r) {
            parts_destroy(d, i);
            return r;
        }
    }
    return 0;
}

/* --- the list, and references --- */

/* First domain with id >= first, without a reference; a new one's place is mostly the end. The list lock is held. */
static struct list_node *list_seek(domid_t first)
{
    struct list_node *n = domain_list.prev;

    if (first < NR_DOMIDS && by_id[first])
        return &by_id[first]->link;
    while (n != &domain_list && list_entry(n, struct domain, link)->id >= first)
        n = n->prev;
    return n->next;
}

static int list_add(struct domain *d)
{
    struct list_node *n;
    int r = 0;

    spin_lock(&domain_list_lock);
    n = list_seek(d->id);
    if (n != &domain_list && list_entry(n, struct domain, link)->id == d->id)
        r = -EEXIST;
    else
        list_insert_before(n, &d->link);
    if (!r)
        WRITE_ONCE(by_id[d->id], d);
    spin_unlock(&domain_list_lock);
    return r;
}

/* False when the last reference has gone already and the domain is being freed. */
static bool domain_try_get(struct domain *d)
{
    uint32_t refs = __atomic_load_n(&d->refs, __ATOMIC_RELAXED);

    do {
        if (!refs)
            return false;
    } while (!__atomic_compare_exchange_n(&d->refs, &refs, refs + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
    return true;
}

struct domain *domain_next(domid_t first)
{
    struct domain *found = NULL;

    spin_lock(&domain_list_lock);
    for (struct list_node *n = list_seek(first); n != &domain_list && !found; n = n->next)
        if (domain_try_get(list_entry(n, struct domain, link)))
            found = list_entry(n, struct domain, link);
    spin_unlock(&domain_list_lock);
    return found;
}

struct domain *domain_get_by_id(domid_t id)
{
    struct domain *d = domain_next(id);

    if (d && d->id != id) {
        domain_put(d);
        d = NULL;
    }
    return d;
}

void domain_get(struct domain *d)
{
    __atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);
}

/* A device model has no right to the next domain with this id. The list lock is held. */
static void forget_target(domid_t id)
{
    struct list_node *n;

    list_for_each(n, &domain_list) {
        struct domain *d = list_entry(n, struct domain, link);

        if (d->target_of == id)
            WRITE_ONCE(d->target_of, DOMID_INVALID);
    }
}

static bool domain_is_held(const struct domain *d)
{
    for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
        for (unsigned i = 0; i < HOLDS_MAX; i++)
            if (__atomic_load_n(&holds[cpu].domain[i], __ATOMIC_ACQUIRE) == d)
                return true;
    return false;
}

/* Take a domain that no CPU holds out of its grave; NULL. */
static struct domain *grave_open(void)
{
    struct domain *found = NULL;
    struct list_node *n;

    spin_lock(&domain_list_lock);
    smp_mb(); /* the ids are gone first, then the look at who holds; domain_hold does the reverse */
    list_for_each(n, &graves)
        if (!domain_is_held(list_entry(n, struct domain, link))) {
            found = list_entry(n, struct domain, link);
            break;
        }
    if (found) {
        list_remove(&found->link);
        WRITE_ONCE(nr_graves, nr_graves - 1);
    }
    spin_unlock(&domain_list_lock);
    return found;
}

static void graves_empty(void)
{
    struct domain *d;

    while ((d = grave_open()) != NULL) {
        parts_destroy(d, ARRAY_SIZE(parts));
        hv_free(d);
        evtchn_global_virq(VIRQ_DOM_EXC); /* the toolstack sees that it is gone */
    }
}

/* Nobody finds it any more; it is freed at once, or by the CPU that lets go of it last. */
static void domain_bury(struct domain *d)
{
    spin_lock(&domain_list_lock);
    list_remove(&d->link);
    WRITE_ONCE(by_id[d->id], NULL);
    forget_target(d->id);
    list_push_back(&graves, &d->link);
    WRITE_ONCE(nr_graves, nr_graves + 1);
    spin_unlock(&domain_list_lock);
    if (d == dom0)
        dom0 = NULL;
    graves_empty();
}

void domain_put(struct domain *d)
{
    if (__atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) == 0)
        domain_bury(d);
}

static void hold_end(unsigned cpu, unsigned nr)
{
    __atomic_store_n(&holds[cpu].domain[nr], NULL, __ATOMIC_RELEASE);
    smp_mb(); /* let go first, then look whether it waits for that; domain_bury does the reverse */
    if (unlikely(READ_ONCE(nr_graves)))
        graves_empty();
}

struct domain *domain_hold(domid_t id)
{
    unsigned cpu = this_cpu()->id, nr = holds[cpu].nr;
    struct domain *d;

    ASSERT(nr < HOLDS_MAX);
    if (id >= NR_DOMIDS)
        return NULL;
    while ((d = READ_ONCE(by_id[id])) != NULL) {
        WRITE_ONCE(holds[cpu].domain[nr], d);
        smp_mb(); /* pairs with grave_open */
        if (READ_ONCE(by_id[id]) == d) {
            holds[cpu].nr = nr + 1;
            break;
        }
        hold_end(cpu, nr); /* too late; but it may wait for us all the same */
    }
    return d;
}

void domain_let_go(struct domain *d)
{
    unsigned cpu = this_cpu()->id, nr = --holds[cpu].nr;

    ASSERT(holds[cpu].domain[nr] == d);
    hold_end(cpu, nr);
}

/* --- birth and death --- */

static struct domain *domain_alloc(domid_t id, const struct domain_config *config)
{
    struct domain *d = hv_zalloc(sizeof(*d));

    if (!d)
        return NULL;
    d->id = id;
    d->shutdown_code = SHUTDOWN_CODE_NONE;
    d->config = *config;
    d->privileged = config->privileged;
    d->refs = 1;
    d->state = DOMAIN_ALIVE;
    list_init(&d->link);
    spin_lock_init(&d->lock, RANK_DOMAIN);
    d->nr_vcpus = config->max_vcpus;
    d->max_pages = config->privileged ? UINT32_MAX : 0;
    d->pause_count = 1;
    /* A guest waits for the toolstack's unpause, dom0 for the boot code's. */
    d->controller_pause_count = config->privileged ? 0 : 1;
    d->controller_paused = !config->privileged;
    d->target_of = DOMID_INVALID;
    d->hvm_params[HVM_PARAM_TRIPLE_FAULT_REASON] = SHUTDOWN_reboot;
    return d;
}

int domain_create(domid_t id, const struct domain_config *config, struct domain **ret_d)
{
    struct domain *d;
    int r;

    if (id >= NR_DOMIDS || config->max_vcpus == 0 || config->max_vcpus > MAX_VCPUS)
        return -EINVAL;
    d = domain_get_by_id(id);
    if (d) {
        domain_put(d);
        return -EEXIST;
    }
    d = domain_alloc(id, config);
    if (!d)
        return -ENOMEM;
    r = parts_init(d);
    if (r)
        goto free_domain;
    arch_update_wallclock(d);
    r = list_add(d);
    if (r)
        goto destroy_parts;
    if (id == 0 && config->privileged)
        dom0 = d;
    *ret_d = d;
    return 0;

destroy_parts:
    parts_destroy(d, ARRAY_SIZE(parts));
free_domain:
    hv_free(d);
    return r;
}

static int teardown_stop(struct domain *d)
{
    domain_pause(d);
    d->state = DOMAIN_DYING;
    return 0;
}

static int teardown_events(struct domain *d)
{
    int r = evtchn_close_some(d);

    if (!r)
        evtchn_domain_close(d);
    return r;
}

/* Frames that vCPUs registered are the domain's own: hold on to none of them. */
static int teardown_vcpus(struct domain *d)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i])
            vcpu_release(d->vcpu[i]);
    return 0;
}

static int (*const teardown[])(struct domain *d) = {
    teardown_stop, teardown_events, grant_domain_release, teardown_vcpus, p2m_teardown,
};

int domain_kill(struct domain *d)
{
    if (d->state == DOMAIN_DEAD)
        return 0;
    while (d->teardown_step < ARRAY_SIZE(teardown)) {
        int r = teardown[d->teardown_step](d);

        if (r)
            return r;
        d->teardown_step++;
        if (cpu_should_preempt())
            return -ERESTART;
    }
    d->state = DOMAIN_DEAD;
    evtchn_global_virq(VIRQ_DOM_EXC); /* the daemons let go of the frames and ports that they still hold */
    domain_put(d);                    /* the list's reference: frames that others still map hold one more */
    return 0;
}

/* --- shutdown --- */

static void host_shutdown(uint8_t code) __noreturn;

static void host_shutdown(uint8_t code)
{
    switch (code) {
    case SHUTDOWN_poweroff:
        log_err("Hardware Dom0 halted: halting machine\n");
        arch_host_shutdown(false);
    case SHUTDOWN_crash:
        log_err("Hardware Dom0 crashed: rebooting machine\n");
        break;
    case SHUTDOWN_reboot:
        log_err("Hardware Dom0 shutdown: rebooting machine\n");
        break;
    case SHUTDOWN_watchdog:
        log_err("Hardware Dom0 shutdown: watchdog rebooting machine\n");
        break;
    default:
        log_err("Hardware Dom0 shutdown (unknown reason %u): rebooting machine\n", code);
        break;
    }
    arch_host_shutdown(true);
}

void domain_shutdown(struct domain *d, uint8_t code)
{
    if (d == dom0)
        host_shutdown(code);

    spin_lock(&d->lock);
    if (d->shutting_down) { /* the first reason is the one that counts */
        spin_unlock(&d->lock);
        return;
    }
    d->shutting_down = true;
    if (d->shutdown_code == SHUTDOWN_CODE_NONE) /* SCHEDOP_shutdown_code may have latched one */
        d->shutdown_code = code;
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        if (d->vcpu[i] && !bit_test_and_set(&d->vcpu[i]->sched.pause_flags, VPF_SHUTDOWN))
            vcpu_sleep_nosync(d->vcpu[i]);
    }
    d->is_shut_down = true;
    spin_unlock(&d->lock);
    evtchn_global_virq(VIRQ_DOM_EXC);
}

void domain_resume(struct domain *d)
{
    domain_pause(d); /* nobody runs half resumed */
    spin_lock(&d->lock);
    d->shutting_down = d->is_shut_down = false;
    d->shutdown_code = SHUTDOWN_CODE_NONE;
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        if (d->vcpu[i] && bit_test_and_clear(&d->vcpu[i]->sched.pause_flags, VPF_SHUTDOWN))
            vcpu_wake(d->vcpu[i]);
    }
    spin_unlock(&d->lock);
    domain_unpause(d);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    char reason[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(reason, sizeof(reason), fmt, ap);
    va_end(ap);
    if (d == dom0)
        panic("dom0 crashed: %s\n", reason);
    log_err("d%u crashed: %s\n", d->id, reason);
    domain_shutdown(d, SHUTDOWN_crash);
}

/* --- the toolstack's pause --- */

int domain_controller_pause(struct domain *d)
{
    spin_lock(&d->lock);
    if (d->controller_pause_count == CONTROLLER_PAUSE_MAX) {
        spin_unlock(&d->lock);
        return -EOVERFLOW;
    }
    d->controller_pause_count++;
    d->controller_paused = true;
    spin_unlock(&d->lock);
    domain_pause(d);
    return 0;
}

int domain_controller_unpause(struct domain *d)
{
    spin_lock(&d->lock);
    if (d->controller_pause_count == 0) {
        spin_unlock(&d->lock);
        return -EINVAL;
    }
    d->controller_pause_count--;
    d->controller_paused = d->controller_pause_count > 0;
    d->creation_finished |= !d->controller_paused;
    spin_unlock(&d->lock);
    domain_unpause(d);
    return 0;
}

void domain_latch_layout(struct vcpu *v)
{
    struct domain *d = v->domain;
    bool abi32 = arch_guest_is_32bit(v);

    if (__atomic_exchange_n(&d->abi32, abi32, __ATOMIC_SEQ_CST) == abi32)
        return;
    evtchn_2l_layout_changed(d);
    arch_update_wallclock(d); /* vcpu_time_info is at the same place in both layouts */
}
