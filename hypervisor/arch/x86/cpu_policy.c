/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID policies: raw (the machine), host (what we use), max (what a toolstack may ask for), default. All come from
 * one table of feature words. Levelling: features outside the maximum go, and so does what depends on them.
 */
#include "bitmap.h"
#include "cpuid.h"
#include "domain.h"
#include "errno.h"
#include "hv.h"
#include "lib.h"
#include "log.h"
#include "page.h"

#define BITS(lo, hi) ((uint32_t)((0xffffffffULL >> (31 - (hi))) & (0xffffffffULL << (lo))))
#define BIT32(n) (1u << (n))
#define XCR0_MASK 7u /* x87, SSE, AVX: what fpu.c switches */
#define LEAF1_EDX_SHARED 0x0183f3ffu /* AMD repeats these bits in 0x80000001.EDX */
#define MIN_PHYS_BITS 36

struct cpuid_policy cpu_policies[CPU_POLICY_KINDS];

struct word_row {
    uint16_t offset; /* in struct cpuid_policy; NO_WORD: no leaf holds it */
    uint32_t max;    /* features that a guest may have when the host has them */
    uint32_t forced; /* emulated: offered whatever the host has */
    uint32_t not_default; /* only when asked for */
};
#define NO_WORD 0xffff
#define BASIC(n, reg) offsetof(struct cpuid_policy, basic[n].reg)
#define FEAT(n, reg) offsetof(struct cpuid_policy, feat[n].reg)
#define EXT(n, reg) offsetof(struct cpuid_policy, ext[n].reg)

/*
 * Left out on purpose: MONITOR and MONITORX (HLT is the idle state), DS, PDCM and perf counters (no virtual PMU),
 * VMX, SVM and SKINIT (no nested virtualization), IBS, LWP, OSVW, TOPOEXT, NODEID_MSR, WDT (stock hides them), DBEXT
 * and SPEC_CTRL's users (their MSRs are not switched yet), XSAVES, MPX, PKU and AVX-512 (state not switched), TSX, SGX.
 */
static const struct word_row words[CPU_FEATURE_WORDS] = {
    [0] = { BASIC(1, d), BITS(0, 9) | BITS(11, 17) | BIT32(19) | BITS(23, 26) | BIT32(27) | BIT32(28),
            BIT32(9), 0 },
    [1] = { BASIC(1, c), BITS(0, 1) | BIT32(9) | BITS(12, 13) | BIT32(17) | BITS(19, 26) | BITS(28, 30) | BIT32(31),
            BIT32(21) | BIT32(31), 0 },
    [2] = { EXT(1, d), BIT32(11) | BIT32(20) | BIT32(22) | BITS(25, 27) | BITS(29, 31), 0, 0 },
    [3] = { EXT(1, c), BITS(0, 1) | BITS(4, 8) | BIT32(11) | BIT32(16) | BIT32(21), 0, 0 },
    [4] = { offsetof(struct cpuid_policy, xstate[1].a), BITS(0, 2), 0, 0 },
    [5] = { FEAT(0, b), BITS(0, 1) | BIT32(3) | BITS(5, 10) | BIT32(13) | BITS(18, 20) | BITS(23, 24) | BIT32(29),
            0, 0 },
    [6] = { FEAT(0, c), BIT32(0) | BIT32(2) | BITS(8, 10) | BIT32(22) | BITS(27, 28), 0, BITS(27, 28) },
    [7] = { EXT(7, d), BIT32(8), 0, BIT32(8) },
    [8] = { EXT(8, b), BIT32(0) | BIT32(2) | BIT32(12) | BIT32(20) | BIT32(26) | BITS(29, 30), 0, 0 },
    [9] = { FEAT(0, d), BIT32(4) | BIT32(10) | BIT32(14), 0, 0 },
    [10] = { FEAT(1, a), BIT32(4) | BITS(10, 12), 0, 0 },
    [11] = { EXT(0x21, a), BIT32(2) | BITS(5, 6) | BITS(29, 30), 0, 0 },
    [12] = { FEAT(1, b), 0, 0, 0 },
    [13] = { FEAT(2, d), BIT32(5), 0, 0 },
    [14] = { FEAT(1, c), 0, 0, 0 },
    [15] = { FEAT(1, d), 0, 0, 0 },
    [16] = { NO_WORD, 0, 0, 0 }, /* ARCH_CAPABILITIES: an Intel MSR that is not offered */
    [17] = { NO_WORD, 0, 0, 0 },
    [18] = { EXT(0x21, c), BITS(1, 2), 0, 0 },
};

/* Without the first, these cannot be: a few words of bits each. Ordered so that one pass is enough. */
static const struct {
    uint16_t feature;
    uint8_t word;
    uint32_t dependents;
} dependencies[] = {
    { FEATURE_SSE, 0, BIT32(26) },
    { FEATURE_SSE2, 1, BIT32(0) | BIT32(1) | BIT32(9) | BITS(19, 20) | BIT32(25) },
    { FEATURE_SSE2, 2, BIT32(29) },
    { FEATURE_XSAVE, 1, BIT32(28) },
    { FEATURE_XSAVE, 4, BITS(0, 3) },
    { FEATURE_AVX, 1, BIT32(12) | BIT32(29) },
    { FEATURE_AVX, 3, BIT32(11) | BIT32(16) },
    { FEATURE_AVX, 5, BIT32(5) },
    { FEATURE_AVX, 10, BIT32(4) },
    { FEATURE_AVX2, 6, BITS(9, 10) },
    { FEATURE_AVX2, 10, BIT32(4) },
    { FEATURE_LM, 1, BIT32(13) | BIT32(17) },
    { FEATURE_LM, 2, BIT32(26) },
    { FEATURE_LM, 3, BIT32(0) },
    { FEATURE_LM, 5, BIT32(0) },
};

uint32_t *feature_word(struct cpuid_policy *p, unsigned word)
{
    if (word >= CPU_FEATURE_WORDS || words[word].offset == NO_WORD)
        return NULL;
    return (uint32_t *)((char *)p + words[word].offset);
}

bool feature_test(const struct cpuid_policy *p, unsigned feature)
{
    unsigned word = feature / 32;

    if (word >= CPU_FEATURE_WORDS || words[word].offset == NO_WORD)
        return false;
    return (*(const uint32_t *)((const char *)p + words[word].offset) >> (feature % 32)) & 1;
}

void cpu_policy_features(const struct cpuid_policy *p, uint32_t ret[CPU_FEATURE_WORDS])
{
    for (unsigned w = 0; w < CPU_FEATURE_WORDS; w++)
        ret[w] = words[w].offset == NO_WORD ? 0 : *(const uint32_t *)((const char *)p + words[w].offset);
}

static bool is_amd(const struct cpuid_policy *p)
{
    return p->basic[0].b == 0x68747541 || p->basic[0].b == 0x6f677948; /* "Auth", "Hygo" */
}

static void read_leaf(struct cpuid_leaf *l, uint32_t leaf, uint32_t sub)
{
    uint32_t r[4];

    host_cpuid(leaf, sub, r);
    *l = (struct cpuid_leaf){ r[0], r[1], r[2], r[3] };
}

static void read_subleaves(struct cpuid_leaf *l, unsigned nr, uint32_t leaf)
{
    for (unsigned i = 0; i < nr; i++)
        read_leaf(&l[i], leaf, i);
}

static void policy_read_raw(struct cpuid_policy *p)
{
    uint32_t max, sub;

    memset(p, 0, sizeof(*p));
    read_leaf(&p->basic[0], 0, 0);
    max = (uint32_t)min_u64(p->basic[0].a, CPUID_NR_BASIC - 1);
    for (uint32_t i = 1; i <= max; i++)
        if (i != 4 && i != 7 && i != 0xb && i != 0xd)
            read_leaf(&p->basic[i], i, 0);
    if (max >= 4 && !is_amd(p))
        read_subleaves(p->cache, CPUID_NR_CACHE, 4);
    if (max >= 7) {
        read_leaf(&p->feat[0], 7, 0);
        sub = (uint32_t)min_u64(p->feat[0].a, CPUID_NR_FEAT - 1);
        read_subleaves(p->feat, sub + 1, 7);
    }
    if (max >= 0xb)
        read_subleaves(p->topo, CPUID_NR_TOPO, 0xb);
    if (max >= 0xd)
        read_subleaves(p->xstate, CPUID_NR_XSTATE, 0xd);
    read_leaf(&p->ext[0], CPUID_EXT_BASE, 0);
    if (p->ext[0].a < CPUID_EXT_BASE || p->ext[0].a - CPUID_EXT_BASE > 0xffff)
        p->ext[0] = (struct cpuid_leaf){ 0, 0, 0, 0 };
    else
        for (uint32_t i = 1; i < CPUID_NR_EXT && CPUID_EXT_BASE + i <= p->ext[0].a; i++)
            read_leaf(&p->ext[i], CPUID_EXT_BASE + i, 0);
}

/* A feature whose prerequisite is missing would fault, or worse work: take it away. */
static void drop_dependents(struct cpuid_policy *p)
{
    for (unsigned i = 0; i < ARRAY_SIZE(dependencies); i++)
        if (!feature_test(p, dependencies[i].feature))
            *feature_word(p, dependencies[i].word) &= ~dependencies[i].dependents;
}

/* Leaf 0xd follows from the features: which components exist, where they are and how large. */
static void derive_xstate(struct cpuid_policy *p, const struct cpuid_leaf *raw)
{
    uint32_t features = p->xstate[1].a, xcr0 = 3;

    memset(p->xstate, 0, sizeof(p->xstate));
    if (!feature_test(p, FEATURE_XSAVE))
        return;
    if (feature_test(p, FEATURE_AVX)) {
        xcr0 |= XCR0_MASK & raw[0].a;
        p->xstate[2] = raw[2];
    }
    p->xstate[1].a = features;
    p->xstate[0].a = xcr0;
    p->xstate[0].b = p->xstate[0].c = cpuid_xsave_size(p, xcr0, false);
}

/* Fields that are no features: what a guest sees of caches, addresses and names. Everything not named is empty. */
static void filter_fields(struct cpuid_policy *p)
{
    static const uint8_t basic_kept[] = { 0, 1, 2 };
    static const uint8_t ext_kept[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x19, 0x1a, 0x21 };
    struct cpuid_policy in = *p;

    memset(p->basic, 0, sizeof(p->basic));
    memset(p->topo, 0, sizeof(p->topo));
    memset(p->ext, 0, sizeof(p->ext));
    for (unsigned i = 0; i < ARRAY_SIZE(basic_kept); i++)
        p->basic[basic_kept[i]] = in.basic[basic_kept[i]];
    for (unsigned i = 0; i < ARRAY_SIZE(ext_kept); i++)
        p->ext[ext_kept[i]] = in.ext[ext_kept[i]];
    p->basic[0].a = (uint32_t)min_u64(in.basic[0].a, CPUID_NR_BASIC - 1);
    p->basic[1].b &= 0x00ffff00; /* the APIC ID is the vCPU's; no brand index */
    p->feat[0].a = (uint32_t)min_u64(in.feat[0].a, CPUID_NR_FEAT - 1);
    for (unsigned i = 1; i < CPUID_NR_FEAT; i++)
        if (i > p->feat[0].a)
            p->feat[i] = (struct cpuid_leaf){ 0, 0, 0, 0 };
    p->ext[0].a = (uint32_t)min_u64(in.ext[0].a, CPUID_EXT_BASE + CPUID_NR_EXT - 1);
    p->ext[7] = (struct cpuid_leaf){ 0, 0, 0, in.ext[7].d };
    p->ext[8].a &= 0x0000ffff;
    p->ext[8].c = is_amd(p) ? in.ext[8].c & 0x0000f0ff : 0;
    p->ext[8].d = 0;
    p->ext[0x21] = (struct cpuid_leaf){ in.ext[0x21].a, 0, in.ext[0x21].c, 0 };
    if (is_amd(p))
        memset(p->cache, 0, sizeof(p->cache));
}

static void share_bits(struct cpuid_policy *p)
{
    p->ext[1].d &= ~LEAF1_EDX_SHARED;
    if (is_amd(p))
        p->ext[1].d |= p->basic[1].d & LEAF1_EDX_SHARED;
}

static void policy_make(struct cpuid_policy *p, const struct cpuid_policy *from, bool dflt)
{
    *p = *from;
    filter_fields(p);
    for (unsigned w = 0; w < CPU_FEATURE_WORDS; w++) {
        uint32_t *f = feature_word(p, w);

        if (f)
            *f = ((*f & words[w].max) | words[w].forced) & ~(dflt ? words[w].not_default : 0);
    }
    drop_dependents(p);
    derive_xstate(p, cpu_policies[CPU_POLICY_RAW].xstate);
    share_bits(p);
}

void cpu_policy_init(void)
{
    struct cpuid_policy *raw = &cpu_policies[CPU_POLICY_RAW];

    policy_read_raw(raw);
    cpu_policies[CPU_POLICY_HOST] = *raw;
    policy_make(&cpu_policies[CPU_POLICY_MAX], raw, false);
    policy_make(&cpu_policies[CPU_POLICY_DEFAULT], raw, true);
}

static void clamp_numbers(struct cpuid_policy *p, const struct cpuid_policy *max)
{
    uint32_t phys = p->ext[8].a & 0xff, lin = p->ext[8].a >> 8 & 0xff;

    phys = (uint32_t)max_u64(min_u64(phys, max->ext[8].a & 0xff), MIN_PHYS_BITS);
    lin = (uint32_t)min_u64(lin, max->ext[8].a >> 8 & 0xff);
    p->basic[0].a = (uint32_t)min_u64(p->basic[0].a, max->basic[0].a);
    p->feat[0].a = (uint32_t)min_u64(p->feat[0].a, max->feat[0].a);
    p->ext[0].a = (uint32_t)min_u64(p->ext[0].a, max->ext[0].a);
    p->ext[8].a = lin << 8 | phys;
    /* The vendor decides which instruction a guest uses for hypercalls: it stays true. */
    p->basic[0].b = max->basic[0].b;
    p->basic[0].c = max->basic[0].c;
    p->basic[0].d = max->basic[0].d;
}

void cpu_policy_clamp(struct cpuid_policy *p)
{
    const struct cpuid_policy *max = &cpu_policies[CPU_POLICY_MAX];
    uint32_t limit[CPU_FEATURE_WORDS];

    cpu_policy_features(max, limit);
    limit[0] |= BIT32(FEATURE_HTT % 32); /* these two only say how to read topology: the toolstack's choice */
    limit[3] |= BIT32(FEATURE_CMP_LEGACY % 32);
    clamp_numbers(p, max);
    filter_fields(p);
    for (unsigned w = 0; w < CPU_FEATURE_WORDS; w++)
        if (feature_word(p, w))
            *feature_word(p, w) &= limit[w];
    drop_dependents(p);
    derive_xstate(p, cpu_policies[CPU_POLICY_RAW].xstate);
    share_bits(p);
}

/* As the toolstack does for guests: one package, as many threads as APIC IDs reach (2 * vcpu_id), no SMT. */
static void set_topology(struct cpuid_policy *p, unsigned nr_vcpus)
{
    unsigned ids = nr_vcpus * 2, bits = fls64(ids - 1);

    if (nr_vcpus > 1)
        p->basic[1].d |= BIT32(FEATURE_HTT % 32);
    p->ext[1].c &= ~BIT32(FEATURE_CMP_LEGACY % 32);
    p->basic[1].b = (p->basic[1].b & 0xff00ffff) | (uint32_t)min_u64(ids, 255) << 16;
    if (is_amd(p))
        p->ext[8].c = bits << 12 | (uint32_t)min_u64(ids - 1, 255);
    share_bits(p);
}

int cpuid_domain_init(struct domain *d)
{
    struct cpuid_policy *p = hv_zalloc(sizeof(*p));

    if (!p)
        return -ENOMEM;
    *p = cpu_policies[CPU_POLICY_DEFAULT];
    if (d->privileged) { /* never migrates */
        p->ext[7].d |= cpu_policies[CPU_POLICY_MAX].ext[7].d & BIT32(FEATURE_ITSC % 32);
        set_topology(p, d->config.max_vcpus);
    }
    d->arch.cpuid = p;
    return 0;
}

void cpuid_domain_destroy(struct domain *d)
{
    hv_free(d->arch.cpuid);
    d->arch.cpuid = NULL;
}
