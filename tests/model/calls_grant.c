/* SPDX-License-Identifier: GPL-2.0-only */
/* grant_table_op, and what guests write into their tables. */
#include "calls.h"

#include <string.h>

#include "object/grant_internal.h"
#include "public/grant_table.h"

#define OP __HYPERVISOR_grant_table_op
#define GRANT(cmd, arg) call_arg(OP, cmd, ARG, 1, &(arg), sizeof(arg))

/* Few, so that mappings meet; the reserved ones among them. */
static uint32_t random_ref(void)
{
    return one_in(30) ? model_random(3000) : model_random(24);
}

static bool entry_in_use(const struct grant_table *gt, uint32_t ref)
{
    const struct grant_active *act = grant_active(gt, ref);

    return act && grant_in_use(act);
}

/* The guest grants a page, or takes it back; in one that is in use it may only lie about the frame. */
static void write_entry(void)
{
    struct grant_table *gt = caller->d->grant;
    uint32_t ref = model_random(24);
    uint16_t flags = (uint16_t)(one_in(4) ? model_random(8) : GTF_permit_access | (one_in(3) ? GTF_readonly : 0));
    domid_t domid = (domid_t)model_random(MODEL_DOMAINS);
    gfn_t gfn = one_in(10) ? model_random(300) : random_gfn();
    bool in_use;

    if (one_in(16))
        flags |= GTF_sub_page;
    in_use = entry_in_use(gt, ref);
    if (gt->version == 1) {
        struct grant_entry_v1 *e = (struct grant_entry_v1 *)gt->shared[0] + ref;

        e->frame = (uint32_t)gfn;
        if (!in_use) {
            e->flags = flags;
            e->domid = domid;
        }
    } else {
        struct grant_entry_v2 *e = (struct grant_entry_v2 *)gt->shared[0] + ref;

        *e = (struct grant_entry_v2){ .flags = flags, .domid = domid, .frame = gfn };
        e->page_off = (uint16_t)model_random(5000);
        e->length = (uint16_t)model_random(5000);
    }
}

static void map(void)
{
    struct gnttab_map_grant_ref a[4];
    unsigned n = 1 + model_random(4);

    for (unsigned i = 0; i < n; i++) {
        a[i] = (struct gnttab_map_grant_ref){
            .host_addr = random_gfn() << PAGE_SHIFT, .ref = random_ref(), .dom = id_of(other),
            .flags = GNTMAP_host_map | (one_in(2) ? GNTMAP_readonly : 0), .status = 1,
        };
        if (one_in(50))
            a[i].dom = NO_DOMAIN;
        if (one_in(50))
            a[i].host_addr = (uint64_t)model_random(UINT32_MAX) << 20;
        if (one_in(50))
            a[i].flags = model_random(64);
    }
    if (call_arg(OP, GNTTABOP_map_grant_ref, ARG, n, a, n * sizeof(a[0])))
        return;
    for (unsigned i = 0; i < n; i++) {
        CHECK((int16_t)a[i].status <= 0);
        if (a[i].status == 0)
            caller->handles++;
    }
}

/* A handle that the caller holds, if it can be found in a few tries. */
static bool random_handle(struct gnttab_unmap_grant_ref *ret)
{
    const struct grant_table *gt = caller->d->grant;

    for (unsigned i = 0; gt->nr_handles && i < 20; i++) {
        uint32_t h = model_random(one_in(4) ? gt->nr_handles : 30);
        const struct maptrack *t = &gt->track[h / MAPTRACK_PER_PAGE][h % MAPTRACK_PER_PAGE];

        if (t->state != HANDLE_MAPPED)
            continue;
        ret->handle = h;
        ret->host_addr = t->gfn << PAGE_SHIFT;
        return true;
    }
    return false;
}

static void unmap(void)
{
    struct gnttab_unmap_grant_ref a[4];
    unsigned n = 1 + model_random(4);

    for (unsigned i = 0; i < n; i++) {
        a[i] = (struct gnttab_unmap_grant_ref){
            .host_addr = random_gfn() << PAGE_SHIFT, .handle = model_random(200), .status = 1
        };
        random_handle(&a[i]);
        if (one_in(40))
            a[i].host_addr = 0;
    }
    if (call_arg(OP, GNTTABOP_unmap_grant_ref, ARG, n, a, n * sizeof(a[0])))
        return;
    for (unsigned i = 0; i < n; i++) {
        CHECK((int16_t)a[i].status <= 0);
        if (a[i].status == 0 && a[i].host_addr) {
            CHECK(caller->handles);
            caller->handles--;
        }
    }
}

static struct gnttab_copy_ptr copy_ptr(bool gref)
{
    return (struct gnttab_copy_ptr){
        .u = gref ? random_ref() : random_gfn(), .domid = gref ? id_of(other) : DOMID_SELF,
        .offset = (uint16_t)model_random(4100),
    };
}

static void copy(void)
{
    bool from = one_in(2), to = !from || one_in(3);
    struct gnttab_copy a = {
        .source = copy_ptr(from), .dest = copy_ptr(to), .len = (uint16_t)model_random(64), .status = 1,
        .flags = (uint16_t)((from ? GNTCOPY_source_gref : 0) | (to ? GNTCOPY_dest_gref : 0)),
    };

    CHECK(GRANT(GNTTABOP_copy, a) == 0 && a.status <= 0);
}

static void set_version(void)
{
    struct gnttab_set_version a = { .version = 1 + model_random(2) };

    GRANT(GNTTABOP_set_version, a);
    CHECK(a.version == caller->d->grant->version);
}

static void setup_table(void)
{
    domid_t dom = id_of(caller) == 0 && one_in(2) ? id_of(other) : DOMID_SELF;
    struct gnttab_setup_table a = { .dom = dom, .nr_frames = model_random(6), .frame_list = LIST_A };

    GRANT(GNTTABOP_setup_table, a);
}

static void small(void)
{
    struct gnttab_query_size q = { .dom = id_of(other) };
    struct gnttab_get_status_frames s = { .dom = id_of(other), .nr_frames = model_random(3), .frame_list = LIST_A };
    struct gnttab_swap_grant_ref w = { .ref_a = random_ref(), .ref_b = random_ref() };
    struct gnttab_get_version v = { .dom = id_of(other) };

    switch (model_random(5)) {
    case 0:
        GRANT(GNTTABOP_query_size, q);
        break;
    case 1:
        GRANT(GNTTABOP_get_status_frames, s);
        break;
    case 2:
        GRANT(GNTTABOP_get_version, v);
        break;
    default:
        GRANT(GNTTABOP_swap_grant_ref, w);
        break;
    }
}

void call_grant(void)
{
    switch (model_random(64)) {
    case 0 ... 15:
        write_entry();
        break;
    case 16 ... 31:
        map();
        break;
    case 32 ... 43:
        unmap();
        break;
    case 44 ... 55:
        copy();
        break;
    case 56 ... 58:
        setup_table();
        break;
    case 59:
        if (one_in(8))
            set_version();
        break;
    default:
        small();
        break;
    }
}
