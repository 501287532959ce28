/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl's life of a domain (create.c, watch.c) over a libxl of the test's own: for each reason of an end and each action, what is called in which
 * order; and with each call failing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libxl_event.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xl/create.h"

static char calls[1000]; /* a word for each call */
static int fail_at;      /* that call, from 1; 0: none */
static int nr_calls;
static int reasons[4], nr_reasons; /* of the ends that come; then the domain is gone */
static int given;
static const char *kept; /* the userdata "xl" */
static uint32_t next_domid;
static libxl_asyncop_how create_how;
static sem_t aborted;
static struct create_wish wished;  /* besides what lead() is told */
static int viewers[2];             /* a pipe of what was said by processes that became one */
static int create_rc, interrupt_with; /* a signal that comes while the domain is made; 0: none */

static int called(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int called(const char *format, ...)
{
    size_t len = strlen(calls);
    va_list args;

    va_start(args, format);
    vsnprintf(calls + len, sizeof(calls) - len, format, args);
    va_end(args);
    strncat(calls, " ", sizeof(calls) - strlen(calls) - 1);
    return ++nr_calls == fail_at ? ERROR_FAIL : 0;
}

int __wrap_libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d, uint32_t *domid, const libxl_asyncop_how *how,
                                   const libxl_asyncprogress_how *console);
int __wrap_libxl_ao_abort(libxl_ctx *ctx, const libxl_asyncop_how *how);
int __wrap_libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how);
int __wrap_libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how);
int __wrap_libxl_domain_preserve(libxl_ctx *ctx, uint32_t domid, libxl_domain_create_info *info, const char *suffix,
                                 libxl_uuid uuid);
int __wrap_libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *file, const libxl_asyncop_how *how);
int __wrap_libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *d,
                                               const libxl_asyncop_how *how);
int __wrap_libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *user, uint8_t **data, int *len);
int __wrap_libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user user, libxl_evgen_domain_death **death);
void __wrap_libxl_evdisable_domain_death(libxl_ctx *ctx, libxl_evgen_domain_death *death);
int __wrap_libxl_event_wait(libxl_ctx *ctx, libxl_event **event, uint64_t mask, libxl_event_predicate *wanted, void *arg);
const libxl_version_info *__wrap_libxl_get_version_info(libxl_ctx *ctx);
void __wrap_libxl_postfork_child_noexec(libxl_ctx *ctx);
int __wrap_libxl_vncviewer_exec(libxl_ctx *ctx, uint32_t domid, int autopass);
unsigned __wrap_sleep(unsigned seconds);

int __wrap_libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d, uint32_t *domid, const libxl_asyncop_how *how,
                                   const libxl_asyncprogress_how *console)
{
    (void)ctx;
    (void)console;
    *domid = next_domid++;
    create_how = *how;
    create_rc = called("create:%s:%d", d->c_info.name, d->b_info.max_vcpus);
    if (interrupt_with)
        raise(interrupt_with);
    return nr_calls % 2 ? 0 : create_rc; /* at once, or later */
}

void __wrap_libxl_postfork_child_noexec(libxl_ctx *ctx)
{
    (void)ctx;
}

/* In a process of its own, which ends. */
int __wrap_libxl_vncviewer_exec(libxl_ctx *ctx, uint32_t domid, int autopass)
{
    (void)ctx;
    dprintf(viewers[1], "%u%s", domid, autopass ? "a " : " ");
    return ERROR_FAIL;
}

/* Called by a thread. */
int __wrap_libxl_ao_abort(libxl_ctx *ctx, const libxl_asyncop_how *how)
{
    (void)ctx;
    assert_int_equal(how->u.for_event, create_how.u.for_event);
    called("abort");
    create_rc = ERROR_ABORTED;
    sem_post(&aborted);
    return 0;
}

int __wrap_libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return called("unpause:%u", domid);
}

int __wrap_libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    return called("destroy:%u", domid);
}

int __wrap_libxl_domain_preserve(libxl_ctx *ctx, uint32_t domid, libxl_domain_create_info *info, const char *suffix,
                                 libxl_uuid uuid)
{
    (void)ctx;
    (void)info;
    (void)uuid;
    assert_int_equal(strlen(suffix), strlen("-20261122T0215Z"));
    return called("preserve:%u", domid);
}

int __wrap_libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *file, const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    assert_string_equal(file, LOCALSTATEDIR "/lib/xen/dump/g");
    return called("dump:%u", domid);
}

int __wrap_libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *d,
                                               const libxl_asyncop_how *how)
{
    (void)ctx;
    (void)how;
    d->c_info.name = strdup("g");
    d->b_info.max_vcpus = 2;
    return called("retrieve:%u", domid);
}

int __wrap_libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *user, uint8_t **data, int *len)
{
    int rc = called("userdata:%u", domid);

    (void)ctx;
    assert_string_equal(user, "xl");
    if (rc)
        return rc;
    *data = kept ? (uint8_t *)strdup(kept) : NULL;
    *len = kept ? (int)strlen(kept) : 0;
    return 0;
}

int __wrap_libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user user, libxl_evgen_domain_death **death)
{
    (void)ctx;
    (void)user;
    *death = NULL;
    return called("watch:%u", domid);
}

void __wrap_libxl_evdisable_domain_death(libxl_ctx *ctx, libxl_evgen_domain_death *death)
{
    (void)ctx;
    (void)death;
}

static int create_ended(libxl_event **event, libxl_event_predicate *wanted, void *arg)
{
    libxl_event *e = calloc(1, sizeof(*e));

    assert_non_null(e);
    if (interrupt_with)
        sem_wait(&aborted);
    libxl_event_init(e);
    libxl_event_init_type(e, LIBXL_EVENT_TYPE_OPERATION_COMPLETE);
    e->for_user = create_how.u.for_event + 1;
    assert_false(wanted(e, arg)); /* another's */
    e->for_user = create_how.u.for_event;
    assert_true(wanted(e, arg));
    e->u.operation_complete.rc = create_rc;
    *event = e;
    return 0;
}

int __wrap_libxl_event_wait(libxl_ctx *ctx, libxl_event **event, uint64_t mask, libxl_event_predicate *wanted, void *arg)
{
    const struct life *life = arg;
    libxl_event *e;
    int rc;

    (void)ctx;
    if (mask == UINT64_C(1) << LIBXL_EVENT_TYPE_OPERATION_COMPLETE)
        return create_ended(event, wanted, arg);
    e = calloc(1, sizeof(*e));
    rc = called("wait");
    assert_non_null(e);
    if (rc) {
        free(e);
        return rc;
    }
    libxl_event_init(e);
    e->domid = life->domid + 1;
    assert_false(wanted(e, arg)); /* another's */
    e->domid = life->domid;
    assert_true(wanted(e, arg));
    libxl_event_init_type(e, given < nr_reasons ? LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN : LIBXL_EVENT_TYPE_DOMAIN_DEATH);
    if (given < nr_reasons)
        e->u.domain_shutdown.shutdown_reason = (uint8_t)reasons[given++];
    *event = e;
    return 0;
}

const libxl_version_info *__wrap_libxl_get_version_info(libxl_ctx *ctx)
{
    static const libxl_version_info info = { .commandline = (char *)"dom0_mem=1G" };

    (void)ctx;
    return &info;
}

/* A domain that lives shorter than it takes to see it is not made again at once. */
unsigned __wrap_sleep(unsigned seconds)
{
    assert_in_range(seconds, 1, 2);
    called("sleep");
    return 0;
}

/* --- the tests --- */

static struct xl xl;
static char log_path[32];

static int lead(libxl_action_on_shutdown action, bool foreground, bool paused)
{
    struct life life = { .xl = &xl, .wish = { .foreground = foreground, .unattended = !foreground, .paused = paused } };
    int status;

    life.wish.viewer = wished.viewer;
    life.wish.password = wished.password;
    calls[0] = '\0';
    nr_calls = given = 0;
    next_domid = 5;
    libxl_domain_config_init(&life.config);
    life.config.c_info.name = strdup("g");
    life.config.b_info.max_vcpus = 1;
    life.config.on_poweroff = life.config.on_reboot = life.config.on_crash = life.config.on_watchdog = action;
    life.config.on_soft_reset = LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET;
    status = life_lead(&life);
    libxl_domain_config_dispose(&life.config);
    return status;
}

static void ends(int n, int first, int second)
{
    nr_reasons = n;
    reasons[0] = first;
    reasons[1] = second;
}

static int setup(void **state)
{
    int fd;

    (void)state;
    strcpy(log_path, "/tmp/xl-life-XXXXXX");
    fd = mkstemp(log_path);
    fail_at = 0;
    kept = NULL;
    xl = (struct xl){ .command = command_find("create") };
    dup2(fd, 2); /* the noise */
    close(fd);
    return logger_make(&xl) && conf_read(NULL, &xl.conf) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    conf_done(&xl.conf);
    xtl_logger_destroy(xl.logger);
    unlink(log_path);
    return 0;
}

static void test_unattended(void **state)
{
    (void)state;
    assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_DESTROY, false, false), 0);
    assert_string_equal(calls, "create:g:1 unpause:5 ");
    assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_DESTROY, false, true), 0);
    assert_string_equal(calls, "create:g:1 ");
}

/* What each action does; afterwards the successor, if there is one, is destroyed from elsewhere. */
static void test_actions(void **state)
{
#define BEGIN "create:g:1 unpause:5 watch:5 wait "
#define AGAIN "sleep create:g:2 unpause:6 watch:6 wait "
    static const struct {
        libxl_action_on_shutdown action;
        const char *want;
    } rows[] = {
        { LIBXL_ACTION_ON_SHUTDOWN_DESTROY, BEGIN "destroy:5 " },
        { LIBXL_ACTION_ON_SHUTDOWN_PRESERVE, BEGIN },
        { LIBXL_ACTION_ON_SHUTDOWN_RESTART, BEGIN "userdata:5 retrieve:5 destroy:5 " AGAIN },
        { LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME, BEGIN "userdata:5 retrieve:5 preserve:5 " AGAIN },
        { LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY, BEGIN "dump:5 destroy:5 " },
        { LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART, BEGIN "dump:5 userdata:5 retrieve:5 destroy:5 " AGAIN },
    };
    static const int why[] = { LIBXL_SHUTDOWN_REASON_POWEROFF, LIBXL_SHUTDOWN_REASON_REBOOT, LIBXL_SHUTDOWN_REASON_CRASH,
                               LIBXL_SHUTDOWN_REASON_WATCHDOG };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t r = 0; r < sizeof(why) / sizeof(why[0]); r++) {
            ends(1, why[r], 0);
            assert_int_equal(lead(rows[i].action, true, false), 0);
            assert_string_equal(calls, rows[i].want);
        }
}

/* Being suspended is no end; a reason that nobody knows, and a soft reset, are one. */
static void test_reasons(void **state)
{
    (void)state;
    ends(0, 0, 0);
    assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_RESTART, true, false), 0);
    assert_string_equal(calls, BEGIN);
    ends(2, LIBXL_SHUTDOWN_REASON_SUSPEND, LIBXL_SHUTDOWN_REASON_POWEROFF);
    assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_DESTROY, true, false), 0);
    assert_string_equal(calls, BEGIN "wait destroy:5 ");
    ends(1, 77, 0);
    assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_RESTART, true, false), 0);
    assert_string_equal(calls, BEGIN "destroy:5 ");
    ends(1, LIBXL_SHUTDOWN_REASON_SOFT_RESET, 0);
    assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_RESTART, true, false), 0);
    assert_string_equal(calls, BEGIN "destroy:5 ");
}

/* config-update's text comes before what the domain is like now; one that is wrong changes nothing. */
static void test_updated(void **state)
{
    (void)state;
    ends(1, LIBXL_SHUTDOWN_REASON_REBOOT, 0);
    kept = "name='new'\ntype='pvh'\nkernel='/k'\nvcpus=7\n";
    assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_RESTART, true, false), 0);
    assert_string_equal(calls, BEGIN "userdata:5 destroy:5 sleep create:new:7 unpause:6 watch:6 wait ");
    kept = "name=\n";
    assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_RESTART, true, false), 0);
    assert_string_equal(calls, BEGIN "userdata:5 destroy:5 sleep create:g:1 unpause:6 watch:6 wait ");
}

/* Each call fails once: what is done still, and with which exit code it ends. */
static void test_failures(void **state)
{
    static const struct {
        int at;
        int status;
        const char *want;
    } rows[] = {
        { 1, EXIT_NOT_CREATED, "create:g:1 " },
        { 2, EXIT_NOT_CREATED, "create:g:1 unpause:5 destroy:5 " },
        { 3, 1, "create:g:1 unpause:5 watch:5 " },
        { 4, 1, BEGIN },
        { 5, 0, BEGIN "dump:5 userdata:5 retrieve:5 destroy:5 " AGAIN },
        { 6, 0, BEGIN "dump:5 userdata:5 destroy:5 sleep create:g:1 unpause:6 watch:6 wait " },
        { 7, 0, BEGIN "dump:5 userdata:5 retrieve:5 destroy:5 sleep create:g:1 unpause:6 watch:6 wait " },
        { 8, 1, BEGIN "dump:5 userdata:5 retrieve:5 destroy:5 " },
        { 10, EXIT_NOT_CREATED, BEGIN "dump:5 userdata:5 retrieve:5 destroy:5 sleep create:g:2 " },
        { 11, EXIT_NOT_CREATED, BEGIN "dump:5 userdata:5 retrieve:5 destroy:5 sleep create:g:2 unpause:6 destroy:6 " },
    };

    (void)state;
    ends(1, LIBXL_SHUTDOWN_REASON_CRASH, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fail_at = rows[i].at;
        assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART, true, false), rows[i].status);
        assert_string_equal(calls, rows[i].want);
    }
}

/* -V, -A: a viewer, of the first domain only; none of one that was not made. */
static void test_viewer(void **state)
{
    static const struct {
        bool viewer, password;
        int fail_at;
        const char *want;
    } rows[] = {
        { false, false, 0, "" }, { true, false, 0, "5 " }, { true, true, 0, "5a " }, { true, true, 1, "" }, { true, true, 2, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char said[32];
        ssize_t n;

        assert_int_equal(pipe(viewers), 0);
        wished = (struct create_wish){ .viewer = rows[i].viewer, .password = rows[i].password };
        fail_at = rows[i].fail_at;
        ends(1, LIBXL_SHUTDOWN_REASON_REBOOT, 0);
        assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_RESTART, true, false), fail_at ? EXIT_NOT_CREATED : 0);
        while (wait(NULL) > 0)
            ;
        close(viewers[1]);
        n = read(viewers[0], said, sizeof(said) - 1);
        close(viewers[0]);
        said[n > 0 ? n : 0] = '\0';
        assert_string_equal(said, rows[i].want);
    }
    wished = (struct create_wish){ 0 };
}

/* The user has had enough: what is made is unmade; the next signal is as before. */
static void test_interrupted(void **state)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

    (void)state;
    assert_int_equal(sem_init(&aborted, 0, 0), 0);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction now;

        interrupt_with = numbers[i];
        signal(numbers[i], SIG_DFL); /* whatever who runs the tests ignores */
        assert_int_equal(lead(LIBXL_ACTION_ON_SHUTDOWN_DESTROY, false, false), EXIT_NOT_CREATED);
        interrupt_with = 0;
        assert_string_equal(calls, "create:g:1 abort ");
        sigaction(numbers[i], NULL, &now);
        assert_true(now.sa_handler == SIG_DFL);
    }
    sem_destroy(&aborted);
}

int main(void)
{
    signal(SIGINT, SIG_DFL); /* a shell's background job ignores it, and xl would as well */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_unattended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_actions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reasons, setup, teardown),
        cmocka_unit_test_setup_teardown(test_updated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_viewer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_interrupted, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
