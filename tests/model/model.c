/* SPDX-License-Identifier: GPL-2.0-only */
/* The model: every count and state, found a second time from what refers to it. */
#include "model.h"

#include <stdio.h>
#include <string.h>

#include "fake.h"
#include "list.h"
#include "object/event_internal.h"
#include "object/grant_internal.h"
#include "p2m.h"
#include "page.h"

#define FRAMES (MODEL_RAM_MIB << 8)

struct model_domain model[MODEL_DOMAINS];

static uint32_t frame_refs[FRAMES];
static uint32_t frames_of[MODEL_DOMAINS];

void model_forget_ports(domid_t id)
{
    memset(model[id].port, 0, sizeof(model[id].port));
    for (domid_t i = 0; i < MODEL_DOMAINS; i++) {
        for (uint32_t n = 0; n < MODEL_PORTS; n++) {
            struct model_port *p = &model[i].port[n];

            if (p->state == PORT_INTERDOMAIN && p->peer == id)
                *p = (struct model_port){ .state = PORT_UNBOUND, .peer = id };
        }
    }
}

void model_refresh(void)
{
    bool there[MODEL_DOMAINS] = { false };
    struct list_node *n;

    list_for_each(n, &domain_list) {
        struct domain *d = list_entry(n, struct domain, link);

        CHECK(d->id < MODEL_DOMAINS && !there[d->id]);
        there[d->id] = true;
        model[d->id].d = d;
        if (d->events.fifo == NULL)
            model[d->id].nr_fifo = 0;
    }
    for (domid_t i = 0; i < MODEL_DOMAINS; i++) {
        if (there[i] || model[i].d == NULL)
            continue;
        model_forget_ports(i);
        memset(&model[i], 0, sizeof(model[i]));
    }
}

/* --- frames --- */

static void count_map(struct domain *d)
{
    uint64_t on_demand = 0;

    if (d->p2m.root == INVALID_MFN)
        return;
    for (gfn_t gfn = 0; gfn <= d->p2m.max_gfn;) {
        struct p2m_entry e = p2m_lookup(d, gfn);

        if (p2m_has_page(e.type)) {
            CHECK(e.mfn < FRAMES);
            frame_refs[e.mfn]++;
            if (p2m_is_ram(e.type))
                CHECK(mfn_to_page(e.mfn)->owner == d->id);
            gfn++;
        } else {
            gfn_t next = (gfn | ((1ULL << e.order) - 1)) + 1;

            if (e.type == P2M_ON_DEMAND)
                on_demand += next - gfn;
            gfn = next;
        }
    }
    if (d->state == DOMAIN_ALIVE)
        CHECK(on_demand == d->p2m.pod.entries);
}

/* Frames for populate on demand: a list through the frames themselves. */
static void count_cache(struct domain *d)
{
    mfn_t mfn = d->p2m.pod.top;

    for (uint32_t i = 0; i < d->p2m.pod.count; i++) {
        CHECK(mfn < FRAMES && mfn_to_page(mfn)->owner == d->id);
        frame_refs[mfn]++;
        mfn = *(mfn_t *)mfn_to_virt(mfn);
    }
    CHECK(mfn == INVALID_MFN);
}

/* Entries in use hold their frames. */
static void count_pinned(const struct domain *d)
{
    const struct grant_table *gt = d->grant;

    for (uint32_t ref = 0; ref < grant_nr_entries(gt); ref++) {
        const struct grant_active *act = grant_active(gt, ref);

        if (!act)
            ref += ACTIVE_PER_PAGE - 1;
        else if (grant_in_use(act))
            frame_refs[act->mfn]++;
    }
}

static void count_held(struct domain *d)
{
    count_pinned(d);
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i] && d->vcpu[i]->info_mfn != INVALID_MFN)
            frame_refs[d->vcpu[i]->info_mfn]++;
    for (unsigned i = 0; i < model[d->id].nr_fifo; i++)
        frame_refs[model[d->id].fifo[i]]++;
}

/* A frame's count is wrong: say who is known to hold it. */
static void frame_report(mfn_t mfn)
{
    printf("frame %#llx of %#x: %u references, %u known\n", (unsigned long long)mfn, mfn_to_page(mfn)->owner,
           mfn_to_page(mfn)->refs, frame_refs[mfn]);
    for (domid_t i = 0; i < MODEL_DOMAINS; i++) {
        struct domain *d = model[i].d;

        for (gfn_t gfn = 0; d && gfn < 1024; gfn++)
            if (p2m_lookup(d, gfn).mfn == mfn)
                printf("  d%u state %u gfn %#llx type %u\n", i, (unsigned)d->state, (unsigned long long)gfn,
                       (unsigned)p2m_lookup(d, gfn).type);
        for (unsigned n = 0; d && n < model[i].nr_fifo; n++)
            if (model[i].fifo[n] == mfn)
                printf("  d%u state %u FIFO page %u\n", i, (unsigned)d->state, n);
        for (uint32_t n = 0; d && n < d->nr_vcpus; n++)
            if (d->vcpu[n] && d->vcpu[n]->info_mfn == mfn)
                printf("  d%u state %u vCPU %u\n", i, (unsigned)d->state, n);
    }
}

static void check_frames(void)
{
    uint64_t used = 0;

    memset(frame_refs, 0, sizeof(frame_refs));
    memset(frames_of, 0, sizeof(frames_of));
    for (domid_t i = 0; i < MODEL_DOMAINS; i++) {
        if (model[i].d) {
            count_map(model[i].d);
            count_held(model[i].d);
            count_cache(model[i].d);
        }
    }
    for (mfn_t m = 0; m < FRAMES && m < max_mfn; m++) {
        struct page *pg = mfn_to_page(m);

        if (pg->owner == PAGE_OWNER_HV && pg->refs > frame_refs[m])
            frame_refs[m]++; /* the hypervisor's own use, which has ended when only guests still map the frame */
        if (pg->refs != frame_refs[m])
            frame_report(m);
        CHECK(pg->refs == frame_refs[m]);
        if (pg->refs && m >= FAKE_BOOT_PAGES)
            used++;
        if (!pg->refs || pg->owner == PAGE_OWNER_HV)
            continue;
        CHECK(pg->owner < MODEL_DOMAINS && model[pg->owner].d);
        frames_of[pg->owner]++;
    }
    CHECK(used + free_pages_count() == total_pages_count());
    for (domid_t i = 0; i < MODEL_DOMAINS; i++)
        if (model[i].d)
            CHECK(model[i].d->tot_pages == frames_of[i]);
}

/* --- ports --- */

/* A domain that is being destroyed closes its ports in portions: its own are what they are. */
static void learn_closing(domid_t id)
{
    struct domain *d = model[id].d;

    for (uint32_t n = 1; n < MODEL_PORTS; n++) {
        const struct evtchn *chn = evtchn_lookup(d, n);
        struct model_port *p = &model[id].port[n];

        if (p->state == PORT_INTERDOMAIN && (!chn || chn->state != PORT_INTERDOMAIN)) {
            struct model_port *peer = &model[p->peer].port[p->peer_port];

            if (peer->state == PORT_INTERDOMAIN && peer->peer == id && peer->peer_port == n)
                *peer = (struct model_port){ .state = PORT_UNBOUND, .peer = id };
        }
        if (!chn || chn->state == PORT_FREE)
            p->state = PORT_FREE;
        else if (chn->state == PORT_UNBOUND && p->state == PORT_INTERDOMAIN)
            *p = (struct model_port){ .state = PORT_UNBOUND, .peer = chn->unbound_remote };
    }
}

static void check_port(struct domain *d, const struct evtchn *chn, const struct model_port *p)
{
    const struct evtchn *peer;

    CHECK(chn->state == p->state && chn->lock == 0);
    if (chn->state == PORT_UNBOUND) {
        CHECK(chn->unbound_remote == p->peer);
    } else if (chn->state == PORT_VIRQ) {
        CHECK(chn->virq == p->virq);
    } else if (chn->state == PORT_INTERDOMAIN) {
        CHECK(p->peer < MODEL_DOMAINS && chn->remote == model[p->peer].d && chn->remote_port == p->peer_port);
        peer = evtchn_lookup(chn->remote, chn->remote_port);
        CHECK(peer && peer->state == PORT_INTERDOMAIN && peer->remote == d && peer->remote_port == chn->port);
    }
}

static void check_ports(struct domain *d)
{
    uint32_t active = 0;

    for (uint32_t n = 1; n < d->events.valid_ports; n++) {
        const struct evtchn *chn = evtchn_lookup(d, n);

        if (n < MODEL_PORTS)
            check_port(d, chn, &model[d->id].port[n]);
        else
            CHECK(chn->state == PORT_FREE);
        active += chn->state != PORT_FREE;
    }
    CHECK(active == d->events.active);
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        for (uint32_t virq = 0; d->vcpu[i] && virq < NR_VIRQS; virq++) {
            uint32_t port = d->vcpu[i]->virq_port[virq];

            if (port)
                CHECK(evtchn_lookup(d, port)->state == PORT_VIRQ && evtchn_lookup(d, port)->virq == virq);
        }
    }
}

/* --- grants --- */

struct pins {
    uint32_t readers, writers;
};
#define MODEL_REFS 2048
static struct pins pins[MODEL_DOMAINS][MODEL_REFS];

static void count_handles(struct domain *d)
{
    const struct grant_table *gt = d->grant;
    uint32_t mapped = 0, free = 0;

    for (uint32_t h = 0; h < gt->nr_handles; h++) {
        const struct maptrack *t = &gt->track[h / MAPTRACK_PER_PAGE][h % MAPTRACK_PER_PAGE];

        CHECK(t->state != HANDLE_BUSY);
        if (t->state != HANDLE_MAPPED)
            continue;
        mapped++;
        CHECK(t->granter == model[t->granter->id].d && t->ref < MODEL_REFS);
        if (t->readonly)
            pins[t->granter->id][t->ref].readers++;
        else
            pins[t->granter->id][t->ref].writers++;
    }
    for (uint32_t h = gt->free_handle; h != HANDLE_NONE; free++) {
        CHECK(h < gt->nr_handles);
        h = gt->track[h / MAPTRACK_PER_PAGE][h % MAPTRACK_PER_PAGE].ref;
    }
    CHECK(mapped + free == gt->nr_handles);
    model[d->id].mapped = mapped;
}

/* The in-use marks that the guest sees. */
static uint16_t shared_marks(const struct grant_table *gt, uint32_t ref)
{
    uint16_t flags;

    if (gt->version == 1)
        flags = ((const struct grant_entry_v1 *)gt->shared[ref / V1_PER_FRAME])[ref % V1_PER_FRAME].flags;
    else
        flags = gt->status[ref / STATUS_PER_FRAME][ref % STATUS_PER_FRAME];
    return flags & (GTF_reading | GTF_writing);
}

static void check_marks(const struct domain *d, uint32_t ref, const struct pins *want)
{
    uint16_t have = shared_marks(d->grant, ref);

    if (have == ((want->readers || want->writers ? GTF_reading : 0) | (want->writers ? GTF_writing : 0)))
        return;
    printf("d%u entry %u (version %u): marks %#x, %u readers, %u writers\n", d->id, ref, d->grant->version, have,
           want->readers, want->writers);
    CHECK(!"marks as pins");
}

static void check_entries(struct domain *d)
{
    const struct grant_table *gt = d->grant;

    CHECK(!spin_is_locked(&gt->lock));
    CHECK(grant_nr_entries(gt) <= MODEL_REFS);
    for (uint32_t ref = 0; ref < MODEL_REFS; ref++) {
        const struct pins *want = &pins[d->id][ref];
        const struct grant_active *act = ref < grant_nr_entries(gt) ? grant_active(gt, ref) : NULL;

        CHECK((act ? act->readers : 0) == want->readers && (act ? act->writers : 0) == want->writers);
        if (ref < grant_nr_entries(gt))
            check_marks(d, ref, want);
    }
}

/* As many mappings as the calls were told of; a dying domain loses its own in portions. */
static void check_handles(struct model_domain *m)
{
    if (m->d->state == DOMAIN_ALIVE)
        CHECK(m->mapped == m->handles);
    else
        m->handles = m->mapped;
}

static void check_grants(void)
{
    memset(pins, 0, sizeof(pins));
    for (domid_t i = 0; i < MODEL_DOMAINS; i++)
        if (model[i].d)
            count_handles(model[i].d);
    for (domid_t i = 0; i < MODEL_DOMAINS; i++)
        if (model[i].d)
            check_entries(model[i].d);
}

/* --- everything --- */

void model_check_memory(void)
{
    model_refresh();
    CHECK(this_cpu()->lock_ranks == 0);
    check_frames();
    check_grants();
    for (domid_t i = 0; i < MODEL_DOMAINS; i++) {
        struct domain *d = model[i].d;

        if (!d)
            continue;
        CHECK(d->target_of == DOMID_INVALID || model[d->target_of].d); /* its next user is somebody else */
        CHECK(d->refs == (d->state != DOMAIN_DEAD) + (uint32_t)(d->tot_pages > 0));
    }
}

void model_check(void)
{
    model_check_memory();
    for (domid_t i = 0; i < MODEL_DOMAINS; i++)
        if (model[i].d && model[i].d->state != DOMAIN_ALIVE)
            learn_closing(i);
    for (domid_t i = 0; i < MODEL_DOMAINS; i++)
        if (model[i].d)
            check_ports(model[i].d);
    for (domid_t i = 0; i < MODEL_DOMAINS; i++)
        if (model[i].d)
            check_handles(&model[i]);
}
