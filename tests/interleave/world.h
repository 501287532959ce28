/* SPDX-License-Identifier: GPL-2.0-only */
/* A small machine with dom0 and two guests, and what they can do to one another in one step (world.c). */
#ifndef XENOLITH_WORLD_H
#define XENOLITH_WORLD_H

#include "domain.h"
#include "types.h"

#define WORLD_DOMAINS 3
#define WORLD_VCPUS 2

/* Who makes a step; handles and ports are remembered for the domain, in slots. */
struct actor {
    domid_t dom;
    unsigned vcpu;
};

/* One step: 0 or positive when it did what it says. Its numbers: see world.c. */
struct step {
    int64_t (*fn)(const struct actor *who, const struct step *s);
    const char *name;
    uint32_t a, b, c;
};

void world_begin(void);
/* False: the actor's domain is paused, dead or being killed. May be called under explore(). */
bool world_step(const struct actor *who, const struct step *s);
/* Frames, pins, references and ports are what they must be. No step is under way. */
void world_check(void);
/* The guests go, then dom0: nothing is left. */
void world_end(void);

int64_t step_grant(const struct actor *who, const struct step *s);
int64_t step_map(const struct actor *who, const struct step *s);
int64_t step_unmap(const struct actor *who, const struct step *s);
int64_t step_copy(const struct actor *who, const struct step *s);
int64_t step_swap(const struct actor *who, const struct step *s);
int64_t step_version(const struct actor *who, const struct step *s);
int64_t step_setup(const struct actor *who, const struct step *s);
int64_t step_balloon(const struct actor *who, const struct step *s);
int64_t step_populate(const struct actor *who, const struct step *s);
int64_t step_foreign(const struct actor *who, const struct step *s);
int64_t step_kill(const struct actor *who, const struct step *s);
int64_t step_crash(const struct actor *who, const struct step *s);
int64_t step_up(const struct actor *who, const struct step *s);
int64_t step_down(const struct actor *who, const struct step *s);
int64_t step_alloc(const struct actor *who, const struct step *s);
int64_t step_bind(const struct actor *who, const struct step *s);
int64_t step_send(const struct actor *who, const struct step *s);
int64_t step_close(const struct actor *who, const struct step *s);
int64_t step_reset(const struct actor *who, const struct step *s);
int64_t step_fifo(const struct actor *who, const struct step *s);
int64_t step_expand(const struct actor *who, const struct step *s);

#define GRANT(ref, dom, gfn) { step_grant, "grant", ref, dom, gfn }
#define MAP(dom, ref, slot) { step_map, "map", dom, ref, slot }
#define MAP_RO(dom, ref, slot) { step_map, "map read-only", dom, ref, (slot) | 0x100 }
#define UNMAP(slot) { step_unmap, "unmap", slot, 0, 0 }
#define COPY(dom, ref) { step_copy, "copy", dom, ref, 0 }
#define SWAP(ref_a, ref_b) { step_swap, "swap", ref_a, ref_b, 0 }
#define VERSION(v) { step_version, "set_version", v, 0, 0 }
#define SETUP(frames) { step_setup, "setup_table", frames, 0, 0 }
#define BALLOON(gfn) { step_balloon, "balloon", gfn, 0, 0 }
#define POPULATE(gfn) { step_populate, "populate", gfn, 0, 0 }
#define FOREIGN(dom, gfn) { step_foreign, "foreign map", dom, gfn, 0 }
#define KILL(dom) { step_kill, "kill", dom, 0, 0 } /* a portion */
#define KILL_ALL(dom) { step_kill, "kill", dom, 1, 0 }
#define CRASH { step_crash, "crash", 0, 0, 0 }
#define UP { step_up, "all up", 0, 0, 0 }
#define DOWN { step_down, "down", 0, 0, 0 }
#define ALLOC(dom, slot) { step_alloc, "alloc_unbound", dom, slot, 0 }
#define BIND(dom, port, slot) { step_bind, "bind_interdomain", dom, port, slot }
#define SEND(slot) { step_send, "send", slot, 0, 0 }
#define CLOSE(slot) { step_close, "close", slot, 0, 0 }
#define RESET { step_reset, "reset", 0, 0, 0 }
#define FIFO { step_fifo, "init_control", 0, 0, 0 }
#define EXPAND { step_expand, "expand_array", 0, 0, 0 }

/* Page that a guest grants, and one for the place of a mapping of a slot. */
#define DATA_GFN 5
#define WINDOW_GFN 32

#endif
