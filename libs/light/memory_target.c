/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What a domain shall have: a target, which its kernel watches in the store and the hypervisor enforces, below the most that it
 * may ever have. KiB.
 */
#include <errno.h>
#include <inttypes.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "ctrl/domain.h"
#include "ctrl/memory.h"
#include "light/ctx.h"
#include "light/info.h"
#include "light/memory.h"
#include "light/userdata.h"

#define SLACK_KIB 1024u         /* that a domain may have besides its memory */
#define DOM0_LEAST_KIB 131072u  /* a smaller domain 0 is a mistake */

/* --- what the store says --- */

/* Domain 0 was not made by a toolstack: what it has now is its target, what it may have its maximum. */
static int memory_of_dom0(libxl_ctx *ctx, struct light_memory *ret_memory)
{
    char target[24], max[24];
    const struct light_node nodes[] = { { .path = "/local/domain/0/memory/target", .value = target },
                                        { .path = "/local/domain/0/memory/static-max", .value = max } };
    libxl_dominfo info;
    int rc;

    libxl_dominfo_init(&info);
    rc = libxl_domain_info(ctx, &info, 0);
    if (rc == 0) {
        ret_memory->target = info.current_memkb;
        ret_memory->max = info.max_memkb > info.current_memkb ? info.max_memkb : info.current_memkb;
        snprintf(target, sizeof(target), "%" PRIu64, ret_memory->target);
        snprintf(max, sizeof(max), "%" PRIu64, ret_memory->max);
        rc = light_store_write(ctx, nodes, 2);
    }
    libxl_dominfo_dispose(&info);
    return rc;
}

/* A number of the store's; *ret_there: there is one. */
static int number_read(libxl_ctx *ctx, uint32_t domid, const char *name, uint64_t *ret_value, bool *ret_there)
{
    int error;
    char *end, *text _cleanup_free_ = light_store_read(ctx, &error, "/local/domain/%u/memory/%s", domid, name);

    *ret_there = text;
    if (!text)
        return error;
    errno = 0;
    *ret_value = strtoull(text, &end, 10);
    if (end == text || *end || errno || *text == '-')
        return light_fail(ctx, -EINVAL, "domain %u: memory/%s in the store is \"%s\"", domid, name, text);
    return 0;
}

int light_memory_read(libxl_ctx *ctx, uint32_t domid, struct light_memory *ret_memory)
{
    struct light_memory m = { 0 };
    bool target, max, video;
    int rc = number_read(ctx, domid, "target", &m.target, &target);

    if (rc == 0)
        rc = number_read(ctx, domid, "static-max", &m.max, &max);
    if (rc == 0)
        rc = number_read(ctx, domid, "videoram", &m.video, &video);
    if (rc == 0 && domid == 0 && (!target || !max))
        rc = memory_of_dom0(ctx, &m);
    else if (rc == 0 && (!target || !max))
        rc = light_fail(ctx, -ENOENT, "domain %u: the store has no memory/%s of it", domid, target ? "static-max" : "target");
    if (rc == 0)
        *ret_memory = m;
    return rc;
}

int libxl_get_memory_target(libxl_ctx *ctx, uint32_t domid, uint64_t *out_target)
{
    struct light_memory m = { 0 };
    bool there;
    int rc = number_read(ctx, domid, "target", &m.target, &there);

    if (rc == 0 && !there)
        rc = light_memory_read(ctx, domid, &m); /* domain 0's is made up; of others there is none */
    if (rc == 0)
        *out_target = m.target;
    return rc;
}

int libxl_get_memory_target_0x040700(libxl_ctx *ctx, uint32_t domid, uint32_t *out_target)
{
    uint64_t value = 0;
    int rc = libxl_get_memory_target(ctx, domid, &value);

    return light_narrow(rc, value, out_target);
}

/* --- changing it --- */

/* Who creates it again wants the same. */
static int keep(libxl_ctx *ctx, uint32_t domid, uint64_t max, uint64_t target)
{
    libxl_domain_config config;
    int rc;

    libxl_domain_config_init(&config);
    rc = light_config_load(ctx, domid, &config);
    if (rc == 0) {
        config.b_info.max_memkb = max;
        config.b_info.target_memkb = target;
        rc = light_config_store(ctx, domid, &config);
    }
    libxl_domain_config_dispose(&config);
    return rc == ERROR_JSON_CONFIG_EMPTY ? 0 : rc;
}

static int limit(libxl_ctx *ctx, struct ctrl_priv *priv, uint32_t domid, uint64_t kib)
{
    int rc = kib > UINT64_MAX - SLACK_KIB ? -EINVAL : ctrl_domain_max_mem(priv, domid, kib + SLACK_KIB);

    return rc < 0 ? light_fail(ctx, rc, "domain %u: it cannot be limited to %" PRIu64 " KiB", domid, kib) : 0;
}

static int setmaxmem(libxl_ctx *ctx, uint32_t domid, uint64_t max)
{
    char path[64], text[24];
    const struct light_node node = { .path = path, .value = text };
    struct ctrl_priv *priv;
    struct light_memory m;
    int rc = light_priv(ctx, &priv);

    if (rc == 0)
        rc = light_memory_read(ctx, domid, &m);
    if (rc == 0 && max < m.target)
        rc = light_fail(ctx, -EINVAL, "domain %u: its target is %" PRIu64 " KiB, and cannot be more than its maximum", domid, m.target);
    if (rc == 0)
        rc = limit(ctx, priv, domid, max);
    if (rc)
        return rc;
    snprintf(path, sizeof(path), "/local/domain/%u/memory/static-max", domid);
    snprintf(text, sizeof(text), "%" PRIu64, max);
    rc = light_store_write(ctx, &node, 1);
    return rc ? rc : keep(ctx, domid, max, m.target + m.video);
}

int libxl_domain_setmaxmem(libxl_ctx *ctx, uint32_t domid, uint64_t target_memkb)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    int lock _cleanup_close_ = -1, rc = light_userdata_lock(ctx, domid, &lock);

    return rc ? rc : setmaxmem(ctx, domid, target_memkb);
}

/* What is asked for: with a relative one as far as it goes. */
static int wanted(libxl_ctx *ctx, uint32_t domid, const struct light_memory *m, int64_t kib, bool relative, uint64_t *ret_kib)
{
    uint64_t want = (uint64_t)kib;

    if (!relative && kib < 0)
        return light_fail(ctx, -EINVAL, "domain %u: a target of %" PRId64 " KiB", domid, kib);
    if (relative && kib < 0)
        want = 0 - want < m->target ? m->target - (0 - want) : 0;
    else if (relative)
        want += m->target;
    if (want > m->max)
        return light_fail(ctx, -EINVAL, "domain %u: a target of %" PRIu64 " KiB is more than its maximum of %" PRIu64, domid, want, m->max);
    if (domid == 0 && want < DOM0_LEAST_KIB)
        return light_fail(ctx, -EINVAL, "domain 0 needs %u KiB, a target of %" PRIu64 " is less", DOM0_LEAST_KIB, want);
    *ret_kib = want;
    return 0;
}

/* The kernel sees what it has without its device model's frame buffer. */
static int target_write(libxl_ctx *ctx, uint32_t domid, uint64_t kib)
{
    char paths[2][80], texts[2][24];
    const struct light_node nodes[] = { { .path = paths[0], .value = texts[0] }, { .path = paths[1], .value = texts[1] } };
    libxl_dominfo info;
    int rc;

    libxl_dominfo_init(&info);
    rc = libxl_domain_info(ctx, &info, domid);
    if (rc)
        return rc;
    snprintf(paths[0], sizeof(paths[0]), "/local/domain/%u/memory/target", domid);
    snprintf(texts[0], sizeof(texts[0]), "%" PRIu64, kib);
    snprintf(paths[1], sizeof(paths[1]), "/vm/" LIBXL_UUID_FMT "/memory", LIBXL_UUID_BYTES(info.uuid));
    snprintf(texts[1], sizeof(texts[1]), "%" PRIu64, kib / 1024);
    libxl_dominfo_dispose(&info);
    return light_store_write(ctx, nodes, 2);
}

static int set_target(libxl_ctx *ctx, uint32_t domid, int64_t kib, bool relative, bool enforce)
{
    struct ctrl_priv *priv;
    struct light_memory m;
    uint64_t want = 0, seen;
    int rc = light_priv(ctx, &priv);

    if (rc == 0)
        rc = light_memory_read(ctx, domid, &m);
    if (rc == 0)
        rc = wanted(ctx, domid, &m, kib, relative, &want);
    if (rc == 0 && enforce)
        rc = limit(ctx, priv, domid, want);
    if (rc)
        return rc;
    seen = want > m.video ? want - m.video : 0;
    rc = ctrl_memory_set_pod_target(priv, domid, (seen + SLACK_KIB) / PAGE_KIB, NULL);
    if (rc < 0)
        return light_fail(ctx, rc, "domain %u: the hypervisor does not take the target of %" PRIu64 " KiB", domid, want);
    rc = target_write(ctx, domid, seen);
    return rc ? rc : keep(ctx, domid, m.max, want);
}

int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t target_memkb, int relative, int enforce)
{
    libxl_ctx *locked _cleanup_light_unlock_ = light_lock(ctx);
    int lock _cleanup_close_ = -1, rc = light_userdata_lock(ctx, domid, &lock);

    return rc ? rc : set_target(ctx, domid, target_memkb, relative, enforce);
}
