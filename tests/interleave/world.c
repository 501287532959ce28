/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps are real hypercalls with arguments in the memory of the caller, but for what tools and guests do themselves. */
#include "world.h"

#include <stdio.h>
#include <string.h>

#include "cpu.h"
#include "errno.h"
#include "fake.h"
#include "hooks.h"
#include "list.h"
#include "model/model.h"
#include "object/event_internal.h"
#include "object/grant_internal.h"
#include "op.h"
#include "page.h"
#include "public/memory.h"

#define RAM_MIB 2
#define PAGES 8
#define SLOTS 4
#define ARG_GFN 1 /* of vCPU 0; vCPU 1 has the next */
#define NONE UINT32_MAX

static struct {
    struct domain *d;
    bool killed; /* or is being so */
    bool up;     /* its vCPUs were brought up */
    uint32_t handle[SLOTS], port[SLOTS];
    bool sent[SLOTS]; /* on that port; nobody takes events here */
} world[WORLD_DOMAINS];
static uint64_t pages_before, objects_before;
static unsigned pauses_before;

/* --- life --- */

/* Steps of the tools that may stop do so every time. */
static bool always(void)
{
    return true;
}

void world_begin(void)
{
    memset(model, 0, sizeof(model));
    fake_init(RAM_MIB);
    pages_before = free_pages_count();
    objects_before = hv_heap_objects();
    for (domid_t i = 0; i < WORLD_DOMAINS; i++) {
        world[i].d = fake_domain_sized(i, WORLD_VCPUS, PAGES);
        world[i].killed = world[i].up = false;
        memset(world[i].sent, 0, sizeof(world[i].sent));
        memset(world[i].handle, 0xff, sizeof(world[i].handle));
        memset(world[i].port, 0xff, sizeof(world[i].port));
    }
    pauses_before = world[1].d->pause_count;
    fake.preempt = always;
}

static bool any_up(const struct domain *d)
{
    for (unsigned i = 0; i < WORLD_VCPUS; i++)
        if (!bit_test(&d->vcpu[i]->sched.pause_flags, VPF_DOWN))
            return true;
    return false;
}

void world_check(void)
{
    struct list_node *n;
    unsigned domains = 0;

    model_check_memory();
    list_for_each(n, &domain_list) {
        struct domain *d = list_entry(n, struct domain, link);
        uint32_t active = 0;

        domains++;
        CHECK(!world[d->id].up || d->shutting_down || any_up(d)); /* who has taken its last vCPU down has ended */
        for (uint32_t port = 1; port < d->events.valid_ports; port++) {
            const struct evtchn *chn = evtchn_lookup(d, port), *peer;

            CHECK(chn->lock == 0);
            active += chn->state != PORT_FREE;
            if (chn->state != PORT_INTERDOMAIN)
                continue;
            peer = evtchn_lookup(chn->remote, chn->remote_port);
            CHECK(peer->state == PORT_INTERDOMAIN && peer->remote == d && peer->remote_port == port);
            for (unsigned slot = 0; slot < SLOTS; slot++)
                if (world[d->id].sent[slot] && world[d->id].port[slot] == port)
                    CHECK(evtchn_port_pending(chn->remote, peer->port)); /* no event is lost */
        }
        CHECK(active == d->events.active);
    }
    CHECK(domains + fake.domains_destroyed == WORLD_DOMAINS); /* nobody waits to be freed */
}

void world_end(void)
{
    world_check();
    fake_set_current(NULL);
    for (domid_t i = WORLD_DOMAINS; i-- > 0;) {
        struct domain *d = domain_get_by_id(i);

        if (!d)
            continue;
        domain_put(d);
        while (d->state != DOMAIN_DEAD && domain_kill(d) == -ERESTART)
            continue;
        if (i)
            world_check();
    }
    CHECK(list_empty(&domain_list));
    CHECK(hv_heap_objects() == objects_before);
    CHECK(free_pages_count() == pages_before);
    for (mfn_t mfn = 0; mfn < FAKE_BOOT_PAGES; mfn++)
        CHECK(mfn_to_page(mfn)->refs == 0);
}

/*
 * The vCPU is on its CPU during the step, as whoever pauses it for good sees. It gets there only if its domain may run,
 * and nobody comes between the look and the start.
 */
static struct vcpu *vcpu_start(const struct actor *who)
{
    struct vcpu *v;

    if (world[who->dom].killed) /* there may be no domain any more */
        return NULL;
    v = world[who->dom].d->vcpu[who->vcpu];
    if (hook_access)
        hook_access((uintptr_t)&v->sched.running, sizeof(v->sched.running), HOOK_SYNC_WRITE);
    if (world[who->dom].killed || v->domain->pause_count > pauses_before || v->domain->shutting_down)
        return NULL;
    v->sched.running = true;
    fake_set_current(v);
    return v;
}

static void vcpu_stop(struct vcpu *v)
{
    fake_set_current(NULL);
    if (hook_access)
        hook_access((uintptr_t)&v->sched.running, sizeof(v->sched.running), HOOK_SYNC_WRITE);
    v->sched.running = false;
}

bool world_step(const struct actor *who, const struct step *s)
{
    struct vcpu *v = vcpu_start(who);

    if (!v)
        return false;
    s->fn(who, s);
    CHECK(this_cpu()->lock_ranks == 0);
    vcpu_stop(v);
    return true;
}

/* --- calls --- */

static void *memory(const struct actor *who, gpaddr_t offset)
{
    void *p = fake_guest_ptr(world[who->dom].d, ((ARG_GFN + who->vcpu) << PAGE_SHIFT) + offset);

    CHECK(p);
    return p;
}

static int64_t call(const struct actor *who, unsigned nr, uint64_t cmd, void *arg, size_t size, uint64_t count)
{
    uint64_t args[6] = { cmd, (ARG_GFN + who->vcpu) << PAGE_SHIFT, count };
    void *at = memory(who, 0);
    bool restart = true;
    int64_t rc = 0;

    memcpy(at, arg, size);
    while (restart)
        rc = hypercall(current_vcpu(), nr, args, false, &restart);
    memcpy(arg, at, size);
    return rc;
}

#define GRANT_OP(cmd, arg) call(who, __HYPERVISOR_grant_table_op, cmd, &(arg), sizeof(arg), 1)
#define EVENT_OP(cmd, arg) call(who, __HYPERVISOR_event_channel_op, cmd, &(arg), sizeof(arg), 0)
#define MEMORY_OP(cmd, arg) call(who, __HYPERVISOR_memory_op, cmd, &(arg), sizeof(arg), 0)

/* --- grants --- */

/* The guest writes entry a of its table: gfn c for domain b; in one that is in use, only the gfn, which is a lie. */
int64_t step_grant(const struct actor *who, const struct step *s)
{
    const struct grant_table *gt = world[who->dom].d->grant;
    struct grant_entry_v1 *v1 = (struct grant_entry_v1 *)gt->shared[0] + s->a;
    struct grant_entry_v2 *v2 = (struct grant_entry_v2 *)gt->shared[0] + s->a;

    if (gt->version == 1) {
        v1->frame = s->c;
        if (!(v1->flags & GTF_reading))
            *v1 = (struct grant_entry_v1){ .flags = GTF_permit_access, .domid = (domid_t)s->b, .frame = s->c };
    } else {
        *v2 = (struct grant_entry_v2){ .flags = GTF_permit_access, .domid = (domid_t)s->b, .frame = s->c };
    }
    return 0;
}

/* Domain a's entry b at the window of slot c. */
int64_t step_map(const struct actor *who, const struct step *s)
{
    uint32_t slot = s->c & 0xff;
    struct gnttab_map_grant_ref arg = {
        .host_addr = (uint64_t)(WINDOW_GFN + slot) << PAGE_SHIFT, .dom = (domid_t)s->a, .ref = s->b,
        .flags = GNTMAP_host_map | (s->c & 0x100 ? GNTMAP_readonly : 0),
    };
    int64_t rc = GRANT_OP(GNTTABOP_map_grant_ref, arg);

    CHECK(rc == 0);
    if (!arg.status)
        world[who->dom].handle[slot] = arg.handle;
    return (int16_t)arg.status;
}

int64_t step_unmap(const struct actor *who, const struct step *s)
{
    struct gnttab_unmap_grant_ref arg = {
        .host_addr = (uint64_t)(WINDOW_GFN + s->a) << PAGE_SHIFT, .handle = world[who->dom].handle[s->a],
    };

    CHECK(GRANT_OP(GNTTABOP_unmap_grant_ref, arg) == 0);
    return (int16_t)arg.status;
}

/* From domain a's entry b to a page of one's own. */
int64_t step_copy(const struct actor *who, const struct step *s)
{
    struct gnttab_copy arg = {
        .source = { s->b, (domid_t)s->a, 0 }, .dest = { DATA_GFN + 1, DOMID_SELF, 0 }, .len = 8,
        .flags = GNTCOPY_source_gref,
    };

    CHECK(GRANT_OP(GNTTABOP_copy, arg) == 0);
    return arg.status;
}

int64_t step_swap(const struct actor *who, const struct step *s)
{
    struct gnttab_swap_grant_ref arg = { .ref_a = s->a, .ref_b = s->b };

    CHECK(GRANT_OP(GNTTABOP_swap_grant_ref, arg) == 0);
    return (int16_t)arg.status;
}

int64_t step_version(const struct actor *who, const struct step *s)
{
    struct gnttab_set_version arg = { .version = s->a };

    return GRANT_OP(GNTTABOP_set_version, arg);
}

int64_t step_setup(const struct actor *who, const struct step *s)
{
    struct gnttab_setup_table arg = {
        .dom = DOMID_SELF, .nr_frames = s->a, .frame_list = ((ARG_GFN + who->vcpu) << PAGE_SHIFT) + 1024,
    };

    return GRANT_OP(GNTTABOP_setup_table, arg) ? -1 : (int16_t)arg.status;
}

/* --- memory --- */

static int64_t reservation(const struct actor *who, unsigned cmd, uint64_t gfn)
{
    struct xen_memory_reservation arg = {
        .extent_start = ((ARG_GFN + who->vcpu) << PAGE_SHIFT) + 1024, .nr_extents = 1, .domid = DOMID_SELF,
    };

    memcpy(memory(who, 1024), &gfn, sizeof(gfn));
    return MEMORY_OP(cmd, arg) - 1;
}

int64_t step_balloon(const struct actor *who, const struct step *s)
{
    return reservation(who, XENMEM_decrease_reservation, s->a);
}

int64_t step_populate(const struct actor *who, const struct step *s)
{
    return reservation(who, XENMEM_populate_physmap, s->a);
}

/* Domain a's page b at the window of the last slot. */
int64_t step_foreign(const struct actor *who, const struct step *s)
{
    uint64_t base = ((ARG_GFN + who->vcpu) << PAGE_SHIFT) + 1024, idx = s->b, gfn = WINDOW_GFN + SLOTS;
    int32_t err = -1;
    struct xen_add_to_physmap_batch arg = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = 1, .foreign_domid = (domid_t)s->a,
        .idxs = base, .gpfns = base + 8, .errs = base + 16,
    };
    int64_t rc;

    memcpy(memory(who, 1024), &idx, sizeof(idx));
    memcpy(memory(who, 1032), &gfn, sizeof(gfn));
    rc = MEMORY_OP(XENMEM_add_to_physmap_batch, arg);
    memcpy(&err, memory(who, 1040), sizeof(err));
    return rc ? rc : err;
}

/* --- life and death --- */

/* The tools take domain a down: a portion, or with b all of it. */
int64_t step_kill(const struct actor *who, const struct step *s)
{
    struct domain *d = domain_get_by_id((domid_t)s->a);
    int64_t rc = -ESRCH;

    (void)who;
    if (!d)
        return rc;
    world[s->a].killed = true;
    do
        rc = domain_kill(d);
    while (s->b && rc == -ERESTART);
    domain_put(d);
    return rc == -ERESTART ? 0 : rc;
}

int64_t step_crash(const struct actor *who, const struct step *s)
{
    (void)s;
    domain_crash(world[who->dom].d, "as the test wants it");
    return 0;
}

int64_t step_up(const struct actor *who, const struct step *s)
{
    (void)s;
    for (unsigned i = 0; i < WORLD_VCPUS; i++)
        bit_test_and_clear(&world[who->dom].d->vcpu[i]->sched.pause_flags, VPF_DOWN);
    world[who->dom].up = true;
    return 0;
}

int64_t step_down(const struct actor *who, const struct step *s)
{
    (void)s;
    vcpu_down(world[who->dom].d->vcpu[who->vcpu]);
    return 0;
}

/* --- events --- */

int64_t step_alloc(const struct actor *who, const struct step *s)
{
    struct evtchn_alloc_unbound arg = { .dom = DOMID_SELF, .remote_dom = (domid_t)s->a };
    int64_t rc = EVENT_OP(EVTCHNOP_alloc_unbound, arg);

    if (!rc)
        world[who->dom].port[s->b] = arg.port;
    return rc;
}

int64_t step_bind(const struct actor *who, const struct step *s)
{
    struct evtchn_bind_interdomain arg = { .remote_dom = (domid_t)s->a, .remote_port = s->b };
    int64_t rc = EVENT_OP(EVTCHNOP_bind_interdomain, arg);

    if (!rc)
        world[who->dom].port[s->c] = arg.local_port;
    return rc;
}

int64_t step_send(const struct actor *who, const struct step *s)
{
    struct evtchn_send arg = { .port = world[who->dom].port[s->a] };
    int64_t rc = EVENT_OP(EVTCHNOP_send, arg);
    const struct evtchn *chn = rc ? NULL : evtchn_lookup(world[who->dom].d, arg.port);

    if (chn && chn->state == PORT_INTERDOMAIN) /* else nobody listens */
        world[who->dom].sent[s->a] = true;
    return rc;
}

int64_t step_close(const struct actor *who, const struct step *s)
{
    struct evtchn_close arg = { .port = world[who->dom].port[s->a] };

    world[who->dom].sent[s->a] = false;
    return EVENT_OP(EVTCHNOP_close, arg);
}

int64_t step_reset(const struct actor *who, const struct step *s)
{
    struct evtchn_reset arg = { .dom = DOMID_SELF };

    (void)s;
    return EVENT_OP(EVTCHNOP_reset, arg);
}

#define CONTROL_GFN 3
#define ARRAY_GFN 4

/* The model learns which of the guest's pages the format holds. */
static void fifo_holds(const struct actor *who, gfn_t gfn)
{
    struct model_domain *m = &model[who->dom];

    m->fifo[m->nr_fifo++] = p2m_lookup(world[who->dom].d, gfn).mfn;
}

int64_t step_fifo(const struct actor *who, const struct step *s)
{
    struct evtchn_init_control arg = { .control_gfn = CONTROL_GFN, .vcpu = 0 };
    int64_t rc = EVENT_OP(EVTCHNOP_init_control, arg);

    (void)s;
    if (!rc)
        fifo_holds(who, CONTROL_GFN);
    return rc;
}

int64_t step_expand(const struct actor *who, const struct step *s)
{
    struct evtchn_expand_array arg = { .array_gfn = ARRAY_GFN };
    int64_t rc = EVENT_OP(EVTCHNOP_expand_array, arg);

    (void)s;
    if (!rc)
        fifo_holds(who, ARRAY_GFN);
    return rc;
}
