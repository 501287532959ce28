/* SPDX-License-Identifier: GPL-2.0-only */
/* xl check: whether domains can be created on this host, and what to do where they cannot. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xentoollog.h>

#include <libxl_utils.h>

#include "base/cleanup.h"
#include "xl/check.h"
#include "xl/create.h"

#define GUEST_KIB (64u << 10) /* less is no room for a guest worth the name */

void checked(struct checkup *c, enum verdict verdict, const char *name, const char *mend, const char *format, ...)
{
    static const char *const words[] = { "ok", "warning", "FAILED" };
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    c->failed += verdict == CHECK_FAIL;
    c->warned += verdict == CHECK_WARN;
    if (c->json) {
        json_object(c->json, NULL);
        json_text(c->json, "check", name);
        json_text(c->json, "verdict", verdict == CHECK_OK ? "ok" : verdict == CHECK_WARN ? "warning" : "failed");
        json_text(c->json, "text", text);
        json_text(c->json, "mend", verdict == CHECK_OK ? NULL : mend);
        json_object_end(c->json);
        return;
    }
    printf("%-8s %-18s %s\n", words[verdict], name, text);
    if (verdict != CHECK_OK)
        printf("%-8s %-18s -> %s\n", "", "", mend);
}

static void check_machine(struct xl *xl, struct checkup *c)
{
    libxl_physinfo phys;

    libxl_physinfo_init(&phys);
    if (libxl_get_physinfo(xl->ctx, &phys)) {
        _cleanup_free_ char *cause = logger_take_cause(xl);

        checked(c, CHECK_FAIL, "interface", "use the xl that came with the running hypervisor; it is Xen 4.17's interface",
                "the hypervisor does not answer: %s", cause ? cause : "it is of another version");
    } else if (!phys.cap_hvm || !phys.cap_hap) {
        checked(c, CHECK_FAIL, "virtualization", "turn on AMD-V or VT-x, with nested paging, in the machine's firmware",
                "the processors cannot run PVH and HVM guests");
    } else {
        checked(c, CHECK_OK, "virtualization", NULL, "%u CPUs that can run PVH guests%s", phys.nr_cpus,
                phys.cap_hvm_directio ? ", and an IOMMU" : "; no IOMMU: they have no devices of the host");
    }
    libxl_physinfo_dispose(&phys);
}

static void check_version(struct xl *xl, struct checkup *c)
{
    const libxl_version_info *v = libxl_get_version_info(xl->ctx);

    if (v && v->xen_version_major == 4 && v->xen_version_minor == 17)
        checked(c, CHECK_OK, "version", NULL, "%d.%d%s", v->xen_version_major, v->xen_version_minor, v->xen_version_extra);
    else if (v)
        checked(c, CHECK_WARN, "version", "use the xl that came with the running hypervisor",
                "the hypervisor is version %d.%d and this xl speaks 4.17", v->xen_version_major, v->xen_version_minor);
    else
        checked(c, CHECK_FAIL, "version", "see xl dmesg", "the hypervisor does not say which version it is");
}

static void check_memory(struct xl *xl, struct checkup *c)
{
    uint64_t kib = 0;

    if (libxl_get_free_memory(xl->ctx, &kib))
        checked(c, CHECK_FAIL, "memory", "see xl dmesg", "the hypervisor does not say how much is free");
    else if (kib < GUEST_KIB && room_is_made(xl))
        checked(c, CHECK_OK, "memory", NULL, "%llu MiB are free for guests; dom0 gives its own up (autoballoon in xl.conf)",
                (unsigned long long)kib / 1024);
    else if (kib < GUEST_KIB)
        checked(c, CHECK_FAIL, "memory",
                room_stays_dom0s() ? "dom0_mem= of the hypervisor's command line; what dom0 gives up later stays its own"
                                   : "give some of dom0's back: xl mem-set 0 MIB; dom0_mem= of the hypervisor's command line",
                "%llu MiB are free for guests", (unsigned long long)kib / 1024);
    else
        checked(c, CHECK_OK, "memory", NULL, "%llu MiB are free for guests", (unsigned long long)kib / 1024);
}

/* Dom0's own nodes are what xen-init-dom0 writes. */
static void check_store(struct xl *xl, struct checkup *c)
{
    _cleanup_free_ char *name = libxl_domid_to_name(xl->ctx, 0);

    if (name)
        checked(c, CHECK_OK, "dom0's nodes", NULL, "the store knows dom0 as %s", name);
    else
        checked(c, CHECK_FAIL, "dom0's nodes", "/usr/lib/xen-4.17/bin/xen-init-dom0, or systemctl start xen-init-dom0",
                "the store does not answer, or dom0's nodes were never written");
}

/* What is dying for long is held by somebody. */
static void check_left(struct xl *xl, struct checkup *c)
{
    int n = 0, dying = 0;
    libxl_dominfo *domains = libxl_list_domain(xl->ctx, &n);

    for (int i = 0; domains && i < n; i++)
        dying += domains[i].dying;
    if (!domains)
        checked(c, CHECK_FAIL, "left over", "see xl dmesg", "the hypervisor does not list its domains");
    else if (dying)
        checked(c, CHECK_WARN, "left over", "xl list shows them (d); their memory comes back when dom0 lets go of it",
                "%d dying domain%s", dying, dying > 1 ? "s" : "");
    else
        checked(c, CHECK_OK, "left over", NULL, "no dying domain");
    libxl_dominfo_list_free(domains, n);
}

/* Of each guest xenconsoled has a terminal; a new one's takes it a moment. */
static void check_terminals(struct xl *xl, struct checkup *c)
{
    int n = 0, guests = 0, without = 0;
    libxl_dominfo *domains = libxl_list_domain(xl->ctx, &n);
    uint32_t one = 0;

    for (int i = 0; domains && i < n; i++) {
        _cleanup_free_ char *tty = NULL;

        if (!domains[i].domid || domains[i].dying)
            continue;
        guests++;
        if (!libxl_primary_console_get_tty(xl->ctx, domains[i].domid, &tty) && tty && *tty)
            continue;
        without++;
        one = domains[i].domid;
    }
    if (without)
        checked(c, CHECK_WARN, "terminals", "systemctl restart xenconsoled, unless the guest was just made",
                "xenconsoled has no terminal for %d of %d guests, domain %u is one", without, guests, one);
    else if (guests)
        checked(c, CHECK_OK, "terminals", NULL, "xenconsoled has one for each guest");
    libxl_dominfo_list_free(domains, n);
}

void check_xen(struct xl *xl, struct checkup *c)
{
    check_version(xl, c);
    check_machine(xl, c);
    check_store(xl, c);
    check_memory(xl, c);
    check_left(xl, c);
    check_terminals(xl, c);
}

/* What is wrong with it was said when it was read. */
static void check_conf(struct checkup *c, bool ok)
{
    if (!ok)
        checked(c, CHECK_FAIL, "xl.conf", "mend what is said of it; xl.conf(5) has its settings",
                "%s is wrong: no other command of xl works", xl_conf_path);
    else if (access(xl_conf_path, F_OK))
        checked(c, CHECK_OK, "xl.conf", NULL, "there is no %s, and none is needed", xl_conf_path);
    else
        checked(c, CHECK_OK, "xl.conf", NULL, "%s can be read", xl_conf_path);
}

/* The context is no condition: that there is none is what this command is for. */
static void check_all(struct xl *xl, struct checkup *c)
{
    int rc = logger_make(xl) ? libxl_ctx_alloc(&xl->ctx, LIBXL_VERSION, 0, xl->logger) : ERROR_NOMEM;
    bool conf_ok;

    c->bridge = "xenbr0";
    conf_ok = !rc && conf_read(xl->ctx, &xl->conf);
    if (conf_ok && xl->conf.vif_bridge)
        c->bridge = xl->conf.vif_bridge;
    else if (conf_ok)
        c->gateway = xl->conf.vif_gatewaydev;
    check_host(c);
    if (rc) {
        _cleanup_free_ char *cause = logger_take_cause(xl);

        checked(c, CHECK_FAIL, "library", "mend what failed above, and look again", "libxenlight does not start: %s",
                cause ? cause : "it does not say why");
    } else {
        if (!c->failed) /* else it is known why the hypervisor does not answer */
            check_xen(xl, c);
        check_conf(c, conf_ok);
        conf_done(&xl->conf);
        libxl_ctx_free(xl->ctx);
    }
    if (xl->logger)
        xtl_logger_destroy(xl->logger);
    xl->logger = NULL;
}

int cmd_check(struct xl *xl, const struct xl_args *args)
{
    struct json j = { 0 };
    struct checkup c = { .root = "", .json = args->given[OPT_JSON] ? &j : NULL };

    if (c.json) {
        json_init(&j);
        json_object(&j, NULL);
        json_array(&j, "checks");
    }
    check_all(xl, &c);
    if (c.json) {
        json_array_end(&j);
        json_bool(&j, "can_create", !c.failed);
        json_object_end(&j);
        json_print(&j);
    } else if (c.failed) {
        printf("\nDomains cannot be created: %d to mend.\n", c.failed);
    } else {
        printf("\nDomains can be created%s.\n", c.warned ? ", but for what the warnings say" : "");
    }
    return c.failed > 0;
}
