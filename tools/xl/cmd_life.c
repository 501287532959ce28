/* SPDX-License-Identifier: GPL-2.0-only */
/* xl pause, unpause, shutdown, reboot, destroy, rename, trigger, button-press, sysrq, dump-core. */
#include <libxl_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl/xl.h"

typedef int domain_call(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how);

static int on_domain(struct xl *xl, const char *name, domain_call *call)
{
    uint32_t domid;
    int rc = domain_find(xl, name, &domid);

    if (rc)
        return rc;
    rc = call(xl->ctx, domid, NULL);
    return rc ? xl_fail_rc(xl, rc, "domain %s", name) : 0;
}

int cmd_pause(struct xl *xl, const struct xl_args *args)
{
    return on_domain(xl, args->args[0], libxl_domain_pause);
}

int cmd_unpause(struct xl *xl, const struct xl_args *args)
{
    return on_domain(xl, args->args[0], libxl_domain_unpause);
}

int cmd_destroy(struct xl *xl, const struct xl_args *args)
{
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    if (rc)
        return rc;
    if (domid == 0 && !args->given['f'])
        return xl_fail(xl, "domain 0 is the host's own; -f if you mean it");
    rc = libxl_domain_destroy(xl->ctx, domid, NULL);
    return rc ? xl_fail_rc(xl, rc, "domain %s", args->args[0]) : 0;
}

/* --- shutdown, reboot --- */

/* What is asked, of whom, and what is said of it. */
struct request {
    struct xl *xl;
    const char *doing; /* as stock says it */
    domain_call *call;
    libxl_trigger button; /* -F: for those whose kernels do not listen */
    bool fallback;
    int wait; /* 1: for the shutdown; more: until the domain is gone */
    struct awaited *awaited;
    int n;
};

struct awaited {
    uint32_t domid;
    libxl_evgen_domain_death *death;
    bool over;
};

static int ask(struct request *r, uint32_t domid, const char *name)
{
    libxl_ctx *ctx = r->xl->ctx;
    libxl_evgen_domain_death *death = NULL;
    int rc;

    fprintf(stderr, "%s domain %u\n", r->doing, domid);
    rc = r->call(ctx, domid, NULL);
    if (rc == ERROR_NOPARAVIRT && r->fallback) {
        free(logger_take_cause(r->xl));
        fprintf(stderr, "PV control interface not available: sending ACPI %s event.\n",
                r->button == LIBXL_TRIGGER_POWER ? "power button" : "reset button");
        rc = libxl_send_trigger(ctx, domid, r->button, 0, NULL);
    }
    if (rc == ERROR_NOPARAVIRT)
        return xl_fail_rc(r->xl, rc, "domain %s: with -F it is asked by ACPI", name);
    if (rc)
        return xl_fail_rc(r->xl, rc, "domain %s", name);
    if (!r->wait)
        return 0;
    rc = libxl_evenable_domain_death(ctx, domid, 0, &death);
    if (rc)
        return xl_fail_rc(r->xl, rc, "domain %s was asked, and cannot be waited for", name);
    r->awaited = xl_grow(r->awaited, r->n, sizeof(*r->awaited));
    r->awaited[r->n++] = (struct awaited){ .domid = domid, .death = death };
    return 0;
}

/* All guests, each of which is asked whatever became of the others. */
static int ask_all(struct request *r)
{
    int count = 0, status = 0;
    libxl_dominfo *domains = libxl_list_domain(r->xl->ctx, &count);

    if (!domains)
        return xl_fail(r->xl, "the domains cannot be listed");
    for (int i = 0; i < count; i++) {
        char name[16];

        snprintf(name, sizeof(name), "%u", domains[i].domid);
        if (domains[i].domid)
            status |= ask(r, domains[i].domid, name);
    }
    libxl_dominfo_list_free(domains, count);
    return status;
}

static bool is_over(const struct request *r, const libxl_event *event)
{
    if (event->type == LIBXL_EVENT_TYPE_DOMAIN_DEATH) {
        fprintf(stderr, "Domain %d has been destroyed\n", (int)event->domid);
        return true;
    }
    if (event->type != LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN)
        return false;
    fprintf(stderr, "Domain %d has been shut down, reason code %d\n", (int)event->domid, event->u.domain_shutdown.shutdown_reason);
    if (r->wait > 1)
        fprintf(stderr, "Domain %d continue waiting for death\n", (int)event->domid);
    return r->wait <= 1;
}

static int wait_for_all(struct request *r)
{
    int left = r->n, rc = 0;

    if (left)
        fprintf(stderr, "Waiting for %d domains\n", left);
    while (left && !rc) {
        libxl_event *event;

        rc = libxl_event_wait(r->xl->ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL);
        if (rc)
            break;
        for (int i = 0; i < r->n; i++) {
            struct awaited *a = &r->awaited[i];

            if (a->domid == event->domid && !a->over && is_over(r, event)) {
                a->over = true;
                left--;
            }
        }
        libxl_event_free(r->xl->ctx, event);
    }
    for (int i = 0; i < r->n; i++)
        libxl_evdisable_domain_death(r->xl->ctx, r->awaited[i].death);
    return rc ? xl_fail_rc(r->xl, rc, "%d domains are not waited for any more", left) : 0;
}

static int run_request(struct request *r, const struct xl_args *args)
{
    int status = 0;

    if (!args->given['a'] && !args->n)
        return xl_fail(r->xl, "which domain? -a is all guests");
    r->fallback = args->given['F'];
    r->wait = args->given['w'];
    if (args->given['a'])
        status = ask_all(r);
    for (int i = 0; i < args->n && !args->given['a']; i++) {
        uint32_t domid;
        int rc = domain_find(r->xl, args->args[i], &domid);

        status |= rc ? rc : ask(r, domid, args->args[i]);
    }
    status |= wait_for_all(r);
    free(r->awaited);
    return status;
}

int cmd_shutdown(struct xl *xl, const struct xl_args *args)
{
    struct request r = { .xl = xl, .doing = "Shutting down", .call = libxl_domain_shutdown, .button = LIBXL_TRIGGER_POWER };

    return run_request(&r, args);
}

int cmd_reboot(struct xl *xl, const struct xl_args *args)
{
    struct request r = { .xl = xl, .doing = "Rebooting", .call = libxl_domain_reboot, .button = LIBXL_TRIGGER_RESET };

    return run_request(&r, args);
}

/* --- what is done to one --- */

int cmd_rename(struct xl *xl, const struct xl_args *args)
{
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    if (rc)
        return rc;
    rc = libxl_domain_rename(xl->ctx, domid, NULL, args->args[1]);
    return rc ? xl_fail_rc(xl, rc, "domain %s keeps its name", args->args[0]) : 0;
}

static int send_trigger(struct xl *xl, const char *name, libxl_trigger trigger, uint32_t vcpu)
{
    uint32_t domid;
    int rc = domain_find(xl, name, &domid);

    if (rc)
        return rc;
    rc = libxl_send_trigger(xl->ctx, domid, trigger, vcpu, NULL);
    return rc ? xl_fail_rc(xl, rc, "domain %s was not sent %s", name, libxl_trigger_to_string(trigger)) : 0;
}

int cmd_trigger(struct xl *xl, const struct xl_args *args)
{
    libxl_trigger trigger;
    long vcpu = 0;

    if (libxl_trigger_from_string(args->args[1], &trigger) || trigger == LIBXL_TRIGGER_UNKNOWN)
        return xl_fail(xl, "there is no trigger `%s'; nmi, reset, init, power, sleep and s3resume are some", args->args[1]);
    if (args->n > 2 && !xl_number(xl, "the vCPU", args->args[2], 0, UINT32_MAX, &vcpu))
        return 1;
    return send_trigger(xl, args->args[0], trigger, (uint32_t)vcpu);
}

int cmd_button_press(struct xl *xl, const struct xl_args *args)
{
    const char *button = args->args[1];

    fputs("xl button-press: it is an old form of xl trigger\n", stderr);
    if (strcmp(button, "power") && strcmp(button, "sleep"))
        return xl_fail(xl, "there is no button `%s'; power and sleep are the two", button);
    return send_trigger(xl, args->args[0], *button == 'p' ? LIBXL_TRIGGER_POWER : LIBXL_TRIGGER_SLEEP, 0);
}

int cmd_sysrq(struct xl *xl, const struct xl_args *args)
{
    const char *letter = args->args[1];
    uint32_t domid;
    int rc;

    if (strlen(letter) != 1)
        return xl_fail(xl, "`%s' is no letter", letter);
    rc = domain_find(xl, args->args[0], &domid);
    if (rc)
        return rc;
    rc = libxl_send_sysrq(xl->ctx, domid, *letter);
    return rc ? xl_fail_rc(xl, rc, "domain %s was not sent SysRq %s", args->args[0], letter) : 0;
}

int cmd_dump_core(struct xl *xl, const struct xl_args *args)
{
    uint32_t domid;
    int rc = domain_find(xl, args->args[0], &domid);

    if (rc)
        return rc;
    rc = libxl_domain_core_dump(xl->ctx, domid, args->args[1], NULL);
    return rc ? xl_fail_rc(xl, rc, "domain %s was not written to %s", args->args[0], args->args[1]) : 0;
}
