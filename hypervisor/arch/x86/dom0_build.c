/* SPDX-License-Identifier: GPL-2.0-only */
/* dom0 out of the boot modules: kernel, initrd, command line, ACPI root, and the PVH start info that ties them. */
#include "dom0_build.h"

#include "domain.h"

#include "arch.h"
#include "bzimage.h"
#include "cpuid.h"
#include "device.h"
#include "elf_load.h"
#include "errno.h"
#include "host_cpu.h"
#include "iommu.h"
#include "lib.h"
#include "log.h"
#include "page.h"
#include "page_boot.h"
#include "vcpu_regs.h"

#define CDF_HVM_HAP 3u         /* XEN_DOMCTL_CDF_hvm, _hap */
#define EMULATED_APICS 0x11u   /* XEN_X86_EMU_LAPIC, _IOAPIC */
#define GRANT_VERSION 2u
#define MAX_PLACED 8
#define MAX_ACPI_TABLES 64
#define ARENA_LARGE MiB(66UL)  /* for a 64 MiB dictionary */
#define ARENA_SMALL MiB(34UL)  /* for 32 MiB, as Debian's kernel has */
#define OUT_DEFAULT MiB(128UL)
#define OUT_MAX MiB(512UL)
#define INFO_SIZE (4 * PAGE_SIZE)
#define CMDLINE_SIZE 2048

/* Parts of dom0's memory that are in use while it is built. */
static struct {
    paddr_t start, end;
} placed[MAX_PLACED];
static unsigned nr_placed;

static void *at(paddr_t pa)
{
    return (char *)mfn_to_virt(pa >> PAGE_SHIFT) + (pa & ~PAGE_MASK);
}

static void place(paddr_t start, paddr_t end)
{
    if (nr_placed == MAX_PLACED)
        panic("dom0: too many parts");
    placed[nr_placed].start = start;
    placed[nr_placed++].end = end;
}

/* End of the range just below that keeps [*end - size, *end) clear of what is placed; false: it was clear. */
static bool move_below_placed(paddr_t start, paddr_t *end)
{
    for (unsigned i = 0; i < nr_placed; i++)
        if (placed[i].start < *end && placed[i].end > start) {
            *end = round_down(placed[i].start, PAGE_SIZE);
            return true;
        }
    return false;
}

/*
 * Highest place for size bytes (whole pages) of dom0's RAM between 1 MiB and limit; 0: none. What a kernel reads before
 * it has mapped all of its memory must lie below 1 GiB: Linux's first page tables reach no further.
 */
static paddr_t place_high(uint64_t size, paddr_t limit)
{
    size = round_up(size, PAGE_SIZE);
    for (unsigned i = nr_dom0_ranges; i-- > 0;) {
        paddr_t start = max_u64(dom0_ranges[i].start << PAGE_SHIFT, MiB(1UL));
        paddr_t end = min_u64(dom0_ranges[i].end << PAGE_SHIFT, limit);

        while (end > start && end - start >= size) {
            if (move_below_placed(end - size, &end))
                continue;
            place(end - size, end);
            return end - size;
        }
    }
    return 0;
}

/* --- the kernel --- */

/* Memory for unpacking: the hypervisor's where it has a block, else what dom0 does not use yet. */
struct scratch {
    uint8_t *p;
    uint64_t size;
    mfn_t mfn; /* INVALID_MFN: dom0's */
    unsigned order;
};

static bool scratch_get(struct scratch *s, uint64_t size)
{
    paddr_t pa;

    s->size = size;
    s->order = fls64((size - 1) >> PAGE_SHIFT);
    s->mfn = s->order <= ORDER_1G ? hv_alloc_pages(s->order, 0) : INVALID_MFN;
    if (s->mfn != INVALID_MFN) {
        s->p = mfn_to_virt(s->mfn);
        return true;
    }
    pa = place_high(size, GiB(4UL));
    s->p = pa ? at(pa) : NULL;
    return pa != 0;
}

static void scratch_put(struct scratch *s)
{
    if (s->p && s->mfn != INVALID_MFN)
        hv_free_pages(s->mfn, s->order);
    s->p = NULL;
}

static int kernel_refused(const char *why)
{
    log_err("dom0 kernel: %s\n", why);
    return -ENOEXEC;
}

static int load_segments(const struct elf_image *img)
{
    for (unsigned i = 0; i < img->nr_segments; i++) {
        const struct elf_segment *s = &img->segment[i];

        for (unsigned j = 0; j < nr_placed; j++)
            if (placed[j].start < s->paddr + s->memsz && placed[j].end > s->paddr)
                return kernel_refused("too little memory to unpack it beside the place where it goes; raise dom0_mem");
        if (!dom0_owns(s->paddr, s->paddr + s->memsz)) {
            log_err("dom0 kernel: %#lx-%#lx is not RAM of dom0; raise dom0_mem\n", (unsigned long)s->paddr,
                    (unsigned long)(s->paddr + s->memsz));
            return -ENOMEM;
        }
        memcpy(at(s->paddr), img->file + s->offset, s->filesz);
        memset(at(s->paddr + s->filesz), 0, s->memsz - s->filesz);
    }
    return 0;
}

static int load_elf(const void *elf, size_t size, struct elf_image *img)
{
    const char *why;
    int rc = elf_parse(elf, size, img, &why);

    return rc ? kernel_refused(why) : load_segments(img);
}

static int unpack_and_load(const struct kernel_payload *payload, struct elf_image *img)
{
    struct scratch out = { .p = NULL }, arena = { .p = NULL };
    uint64_t size = kernel_unpacked_size(payload);
    const void *elf;
    const char *why;
    size_t elf_size;
    int rc;

    if (size < PAGE_SIZE || size > OUT_MAX)
        size = OUT_DEFAULT;
    if (!scratch_get(&out, size) || (!scratch_get(&arena, ARENA_LARGE) && !scratch_get(&arena, ARENA_SMALL))) {
        rc = kernel_refused("no memory to unpack it; raise dom0_mem");
    } else {
        rc = kernel_unpack(payload, out.p, out.size, arena.p, arena.size, &elf, &elf_size, &why);
        rc = rc ? kernel_refused(why) : load_elf(elf, elf_size, img);
    }
    scratch_put(&arena);
    scratch_put(&out);
    return rc;
}

static int load_kernel(const struct boot_module *m, struct elf_image *img)
{
    struct kernel_payload payload;
    const char *why;
    int rc;

    if (kernel_find_payload(at(m->addr), m->size, &payload, &why))
        return kernel_refused(why);
    log_info("dom0 kernel: %lu KiB, %s%s\n", (unsigned long)m->size >> 10, payload.bzimage ? "bzImage, " : "",
             payload.format == KERNEL_ELF ? "ELF" : "compressed");
    if (payload.format == KERNEL_ELF)
        rc = load_elf(payload.data, payload.size, img);
    else
        rc = unpack_and_load(&payload, img);
    nr_placed = 0;
    if (rc)
        return rc;
    place(img->start, img->end);
    log_info("dom0 kernel: at %#lx-%#lx, entry %#x\n", (unsigned long)img->start, (unsigned long)img->end, img->entry);
    return 0;
}

/* --- command line --- */

/* Loaders other than GRUB 2 put the file's name first. */
static const char *module_args(const struct boot_module *m)
{
    const char *s = m->args;

    if (strncmp(host.loader, "GRUB 2", 6) != 0)
        while (*s && *s != ' ')
            s++;
    while (*s == ' ')
        s++;
    return s;
}

static void make_cmdline(char *buf, const struct boot_module *kernel)
{
    const char *args = module_args(kernel);
    const char *extra = dma_must_bounce() ? "swiotlb=force" : "";
    int len = snprintf(buf, CMDLINE_SIZE, "%s%s%s", args, *args && *extra ? " " : "", extra);

    if (len >= CMDLINE_SIZE)
        log_warn("dom0: command line cut to %u bytes\n", CMDLINE_SIZE - 1);
    log_info("dom0 command line: %s\n", buf);
}

/* --- start info --- */

/* What goes into the start-info pages, one after another. */
struct start_pages {
    struct hvm_start_info info;
    struct hvm_modlist_entry module;
    struct hvm_memmap_table_entry map[E820_MAX];
    char cmdline[CMDLINE_SIZE];
};
_Static_assert(sizeof(struct start_pages) <= INFO_SIZE, "room for the start info");

static int load_initrd(const struct boot_module *m, struct hvm_modlist_entry *ret)
{
    paddr_t pa = place_high(m->size, GiB(4UL));

    if (!pa) {
        log_err("dom0: no room for the initrd of %lu KiB; raise dom0_mem\n", (unsigned long)m->size >> 10);
        return -ENOMEM;
    }
    memcpy(at(pa), at(m->addr), m->size);
    *ret = (struct hvm_modlist_entry){ .paddr = pa, .size = m->size };
    return 0;
}

static uint32_t put_memory_map(struct domain *d, struct hvm_memmap_table_entry *map)
{
    static struct e820_entry e820[E820_MAX];
    unsigned nr = (unsigned)arch_get_e820(d, e820, ARRAY_SIZE(e820));

    for (unsigned i = 0; i < nr; i++)
        map[i] = (struct hvm_memmap_table_entry){ .addr = e820[i].addr, .size = e820[i].size, .type = e820[i].type };
    return nr;
}

static paddr_t make_acpi(struct domain *d)
{
    static struct acpi_source tables[MAX_ACPI_TABLES];
    paddr_t pa = dom0_acpi_mfn << PAGE_SHIFT, table;
    unsigned nr = 0;

    for (unsigned i = 0; nr < MAX_ACPI_TABLES && (table = acpi_table_address(i)) != 0; i++) {
        const char *signature = map_firmware(table, 4);

        if (!signature)
            continue;
        memcpy(tables[nr].signature, signature, 4);
        tables[nr++].addr = table;
    }
    if (nr == 0 || !dom0_acpi_build(at(pa), DOM0_ACPI_PAGES * PAGE_SIZE, pa, tables, nr, d->nr_vcpus)) {
        log_warn("dom0: no ACPI tables\n");
        return 0;
    }
    return pa;
}

static int make_start_info(struct domain *d, paddr_t *ret_pa)
{
    const struct boot_module *initrd = host.nr_modules > 1 && host.module[1].size ? &host.module[1] : NULL;
    paddr_t pa = place_high(INFO_SIZE, GiB(1UL));
    struct start_pages *sp;
    int rc = 0;

    if (!pa)
        return -ENOMEM;
    sp = at(pa);
    memset(sp, 0, INFO_SIZE);
    if (initrd)
        rc = load_initrd(initrd, &sp->module);
    if (rc)
        return rc;
    make_cmdline(sp->cmdline, &host.module[0]);
    sp->info = (struct hvm_start_info){
        .magic = XEN_HVM_START_MAGIC_VALUE,
        .version = 1,
        .flags = SIF_PRIVILEGED | SIF_INITDOMAIN,
        .nr_modules = initrd != NULL,
        .modlist_paddr = initrd ? pa + offsetof(struct start_pages, module) : 0,
        .cmdline_paddr = pa + offsetof(struct start_pages, cmdline),
        .rsdp_paddr = make_acpi(d),
        .memmap_paddr = pa + offsetof(struct start_pages, map),
        .memmap_entries = put_memory_map(d, sp->map),
    };
    *ret_pa = pa;
    return 0;
}

/* --- the domain --- */

static unsigned choose_vcpus(void)
{
    char value[16];
    uint64_t nr = nr_cpus;
    const char *end;

    if (cmdline_get("dom0_max_vcpus", value, sizeof(value))) {
        nr = parse_u64(value, &end, 0);
        if (end == value || *end || nr == 0 || nr > MAX_VCPUS) {
            log_warn("dom0_max_vcpus=%s: 1 to %u\n", value, MAX_VCPUS);
            nr = nr_cpus;
        }
    }
    return (unsigned)min_u64(max_u64(nr, 1), MAX_VCPUS);
}

static int create_domain(struct domain **ret_d)
{
    struct domain_config config = {
        .flags = CDF_HVM_HAP,
        .max_vcpus = choose_vcpus(),
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = GRANT_VERSION,
        .arch_emulation_flags = EMULATED_APICS,
        .privileged = true,
    };
    int rc = domain_create(0, &config, ret_d);

    for (unsigned i = 0; i < config.max_vcpus && !rc; i++)
        rc = vcpu_create(*ret_d, i);
    return rc;
}

static void give_memory(struct domain *d)
{
    for (unsigned i = 0; i < nr_dom0_ranges; i++)
        page_assign_boot(d, dom0_ranges[i].start, dom0_ranges[i].end);
    d->max_pages = (uint32_t)max_u64(min_u64(dom0_max_pages(), UINT32_MAX), d->tot_pages);
}

/* The modules were moved to whole pages of their own at the top of RAM; they have been copied. */
static void free_modules(void)
{
    for (unsigned i = 0; i < host.nr_modules; i++) {
        struct boot_module *m = &host.module[i];

        if (m->size && !(m->addr & ~PAGE_MASK))
            page_alloc_add(PFN_DOWN(m->addr), PFN_UP(m->addr + m->size));
        m->size = 0;
    }
}

int dom0_build(void)
{
    struct elf_image img;
    paddr_t start_info;
    struct domain *d;
    int rc;

    if (host.nr_modules == 0 || host.module[0].size == 0) {
        log_err("dom0: the boot loader gave no module: the first one must be dom0's kernel, the second its initrd\n");
        return -ENOENT;
    }
    cpu_policy_init(); /* before the first domain takes a copy */
    rc = create_domain(&d);
    if (rc) {
        log_err("dom0: cannot be created (%d)\n", rc);
        return rc;
    }
    give_memory(d);
    rc = dom0_map_memory(d);
    if (!rc) {
        iommu_start(d);
        rc = load_kernel(&host.module[0], &img);
    }
    if (!rc)
        rc = make_start_info(d, &start_info);
    if (rc) {
        log_err("dom0: not built (%d)\n", rc);
        return rc;
    }
    arch_vcpu_set_pvh_entry(d->vcpu[0], img.entry, (uint32_t)start_info);
    bit_test_and_clear(&d->vcpu[0]->sched.pause_flags, VPF_DOWN);
    free_modules();
    return 0;
}
