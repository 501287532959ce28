/* SPDX-License-Identifier: GPL-2.0-only */
#include "xenconsoled/console.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "xenconsoled/keep.h"
#include "xenconsoled/ring.h"
#include "xenconsoled/sluice.h"

/* A guest that rings more often is listened to again when the window ends: as stock's daemon does. */
#define WINDOW_NS (200 * 1000000ull)
#define WINDOW_EVENTS 30u
/* A client of a dead domain's terminal has so long to read what is left. */
#define LINGER_NS (10 * 1000000000ull)
#define LINGER_STEP_NS (50 * 1000000ull)
/* A full disk, or too many files. */
#define LOG_RETRY_NS (1000 * 1000000ull)

static void console_link(struct console *console)
{
    console->next = console->daemon->consoles;
    console->daemon->consoles = console;
}

static struct console *console_alloc(struct daemon *daemon, uint32_t domid, uint32_t number)
{
    struct console *console = calloc(1, sizeof(*console));

    if (!console)
        return NULL;
    console->daemon = daemon;
    console->domid = domid;
    console->number = number;
    console->pty = (struct pty)PTY_NONE;
    console->log = (struct logfile)LOGFILE_CLOSED;
    return console;
}

static struct console *console_with_state(struct console *console, uint32_t limit)
{
    int err = console ? state_open(console->daemon->options.run_folder, console->name, limit, &console->state) : -ENOMEM;

    if (err) {
        free(console);
        return NULL;
    }
    if (!console->state.path[0])
        log_warn(&console->daemon->log, "domain %u: its console is kept in memory only, nothing of it survives us",
                 console->domid);
    console->state.head->domid = console->domid;
    console->state.head->number = console->number;
    console_link(console);
    return console;
}

static struct console *console_known(const struct daemon *daemon, const char *name)
{
    for (struct console *c = daemon->consoles; c; c = c->next)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

static void pty_shut(struct console *console);

struct console *console_new(struct daemon *daemon, uint32_t domid, uint32_t number, const uint8_t handle[16],
                            uint32_t history)
{
    struct console *console = console_alloc(daemon, domid, number);
    struct console *before;
    char hex[33];

    if (!console)
        return NULL;
    for (unsigned i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", handle[i]);
    snprintf(console->name, sizeof(console->name), "%u.%u.%s", domid, number, hex);
    before = console_known(daemon, console->name);
    if (before) { /* a device that was taken away, and comes again */
        free(console);
        pty_shut(before);
        before->state.head->dead = 0;
        return before;
    }
    console = console_with_state(console, history);
    if (console)
        memcpy(console->state.head->handle, handle, 16);
    return console;
}

static struct console *console_new_loaded(struct daemon *daemon, struct state *state, const char *name)
{
    struct console *console = console_alloc(daemon, state->head->domid, state->head->number);

    if (!console)
        return NULL;
    snprintf(console->name, sizeof(console->name), "%.*s", (int)sizeof(console->name) - 1, name);
    console->state = *state;
    console_link(console);
    return console;
}

struct console *console_new_hv(struct daemon *daemon)
{
    struct console *console = console_alloc(daemon, CONSOLE_HV, 0);

    if (console)
        snprintf(console->name, sizeof(console->name), "hypervisor");
    return console_with_state(console, daemon->options.history);
}

void console_free(struct console *console)
{
    struct console **at = &console->daemon->consoles;

    while (*at != console)
        at = &(*at)->next;
    *at = console->next;
    clients_drop(console);
    loop_timer_remove(&console->window);
    loop_timer_remove(&console->linger);
    loop_timer_remove(&console->log_retry);
    loop_fd_remove(&console->pty_src);
    wire_detach(console);
    pty_close(&console->pty);
    logfile_close(&console->log);
    state_close(&console->state);
    free(console);
}

/* --- log file --- */

static struct logfile_options log_options(const struct console *console)
{
    const struct daemon_options *options = &console->daemon->options;
    bool hv = console->domid == CONSOLE_HV;

    return (struct logfile_options){ .stamps = hv ? options->stamp_hv : options->stamp_guest,
                                     .replace_escape = options->replace_escape,
                                     .size_max = options->log_size,
                                     .keep = options->log_keep };
}

static void log_path(const struct console *console, char *path, size_t size)
{
    const struct state_head *head = console->state.head;
    int length;

    if (console->domid == CONSOLE_HV) {
        snprintf(path, size, "%s/hypervisor.log", console->daemon->options.log_folder);
        return;
    }
    length = snprintf(path, size, "%s/guest-", console->daemon->options.log_folder);
    for (const char *c = head->guest; *c && (size_t)length + 24 < size; c++)
        path[length++] = *c == '/' ? '_' : *c;
    if (console->number)
        snprintf(path + length, size - (size_t)length, "-console%u.log", console->number);
    else
        snprintf(path + length, size - (size_t)length, ".log");
}

static void log_again(struct loop_timer *timer);

static void log_result(struct console *console, int err)
{
    if (err && err != console->log_error)
        log_err(&console->daemon->log, "domain %u: its log file: %s", console->domid, strerror(-err));
    console->log_error = err;
    if (err) /* what is not written yet waits in the history */
        loop_timer_set(console->daemon->loop, &console->log_retry, loop_now() + LOG_RETRY_NS, log_again);
}

static void log_open(struct console *console)
{
    const struct daemon_options *options = &console->daemon->options;
    struct logfile_options how = log_options(console);
    char path[sizeof(console->log.path)];

    if (console->log.fd >= 0 || !(console->domid == CONSOLE_HV ? options->log_hv : options->log_guest))
        return;
    if (console->domid != CONSOLE_HV && !console->state.head->guest[0])
        return;
    log_path(console, path, sizeof(path));
    log_result(console, logfile_open(&console->log, path, &how, &console->state));
}

void console_reopen_log(struct console *console)
{
    logfile_close(&console->log);
    if (!console_dead(console) || console->domid == CONSOLE_HV)
        log_open(console);
}

static void log_flush(struct console *console)
{
    struct logfile_options how = log_options(console);

    if (console->log.fd >= 0)
        log_result(console, logfile_write(&console->log, &how, &console->state));
}

static void log_again(struct loop_timer *timer)
{
    struct console *console = (struct console *)((char *)timer - offsetof(struct console, log_retry));

    log_open(console);
    log_flush(console);
    if (console_dead(console) && !console->log_error)
        logfile_close(&console->log);
}

/* --- what is typed --- */

uint32_t console_room(const struct console *console)
{
    return console->ring && sluice_idle(&console->state) ? ring_input_room(console->ring) : 0;
}

void console_give(struct console *console)
{
    if (console->ring && sluice_give(&console->state, console->ring))
        wire_notify(console);
}

/* --- the terminal --- */

static void pty_interest(struct console *console)
{
    uint32_t events = 0;

    if (console_room(console) > 0)
        events |= EPOLLIN;
    if (console->pty_full)
        events |= EPOLLOUT;
    if (console->pty.master >= 0)
        loop_fd_set(&console->pty_src, events);
}

static void pty_flush(struct console *console)
{
    struct state_head *head = console->state.head;
    uint64_t oldest = state_oldest(&console->state);
    const char *bytes;

    if (console->pty.master < 0)
        return;
    if (head->pty_position < oldest)
        head->pty_position = oldest;
    console->pty_full = false;
    while (console->pty.clients > 0 && state_read(&console->state, head->pty_position, &bytes) > 0) {
        int shown = sluice_show(console->daemon->sluice_out, &console->state, console->pty.master);

        if (shown == -EINTR)
            continue;
        if (shown <= 0) {
            console->pty_full = shown == 0 || shown == -EAGAIN;
            break;
        }
    }
    pty_interest(console);
}

static void pty_input(struct console *console)
{
    uint32_t room = console_room(console);

    if (room > 0 && console->pty.master >= 0 &&
        sluice_type(console->daemon->sluice_in, &console->state, console->pty.master, room, 0) > 0)
        console_give(console);
}

static void pty_ready(struct loop_fd *src, uint32_t events)
{
    struct console *console = (struct console *)((char *)src - offsetof(struct console, pty_src));

    if (events & EPOLLIN)
        pty_input(console);
    console_pump(console);
}

/* The first daemon makes it; a later one has it from the keeper, and clients notice nothing. */
static int pty_open(struct console *console)
{
    struct daemon *daemon = console->daemon;
    int kept = keep_take(console->name), err;

    if (kept >= 0 && pty_adopt(&console->pty, kept) < 0) {
        keep_forget(console->name);
        kept = -1;
    }
    err = kept >= 0 ? 0 : pty_new(&console->pty);
    if (!err)
        err = loop_fd_add(daemon->loop, &console->pty_src, console->pty.master, 0, pty_ready);
    if (err) {
        pty_close(&console->pty);
        return err;
    }
    pty_watch(&console->pty, daemon->inotify);
    if (kept < 0)
        keep_fd(console->name, console->pty.master);
    snprintf(console->state.head->tty, sizeof(console->state.head->tty), "%s", console->pty.name);
    return 0;
}

static void pty_shut(struct console *console)
{
    loop_timer_remove(&console->linger);
    if (console->pty.master < 0)
        return;
    keep_forget(console->name);
    loop_fd_remove(&console->pty_src);
    pty_close(&console->pty);
}

/* A terminal that goes takes with it what its clients have not read yet. */
static void pty_linger(struct loop_timer *timer)
{
    struct console *console = (struct console *)((char *)timer - offsetof(struct console, linger));
    uint64_t now = loop_now();

    pty_flush(console);
    if (console->pty.clients == 0 || now >= console->linger_end ||
        (console->state.head->pty_position == state_taken(&console->state) && pty_drained(&console->pty)))
        pty_shut(console);
    else
        loop_timer_set(console->daemon->loop, timer, now + LINGER_STEP_NS, pty_linger);
}

void console_pty_client(struct console *console, unsigned mask)
{
    if (pty_watched(&console->pty, mask))
        console_pump(console);
}

/* --- the flow --- */

static int hv_take(struct console *console)
{
    const struct state_commit *now = state_now(&console->state);
    uint32_t index = now->base + (uint32_t)now->taken;
    uint64_t taken = now->taken;
    char text[STATE_CHUNK];
    int n = ctrl_console_follow(console->daemon->priv, &index, text, sizeof(text));

    if (n <= 0)
        return n;
    state_append(&console->state, 0, text, (size_t)n);
    taken += (unsigned)n;
    state_commit(&console->state, taken, index - (uint32_t)taken);
    return n;
}

/* How much may be taken without losing what somebody waits for. */
static uint32_t allowance(const struct console *console)
{
    const struct state_head *head = console->state.head;
    uint64_t slowest, taken = state_taken(&console->state), held, lag;

    if (!console->daemon->options.keep_overflow || console->domid == CONSOLE_HV)
        return STATE_CHUNK;
    slowest = clients_slowest(console);
    if (console->pty.master >= 0 && head->pty_position < slowest)
        slowest = head->pty_position;
    if (slowest >= taken)
        return STATE_CHUNK;
    lag = taken - slowest;
    held = (taken + STATE_CHUNK > head->size ? head->size : head->limit) - STATE_CHUNK; /* the first: it did not grow */
    if (lag >= held)
        return 0;
    return held - lag < STATE_CHUNK ? (uint32_t)(held - lag) : STATE_CHUNK;
}

static int take(struct console *console)
{
    int n;

    if (console->domid == CONSOLE_HV)
        return hv_take(console);
    if (!console->ring)
        return 0;
    n = ring_take(console->ring, &console->state, allowance(console));
    if (n > 0)
        wire_notify(console);
    return n;
}

static void flush(struct console *console)
{
    log_flush(console);
    pty_flush(console);
    clients_flush(console);
}

int console_pump(struct console *console)
{
    int n = take(console);

    flush(console);
    return n;
}

static void listen_again(struct console *console)
{
    console->held = false;
    if (console->port)
        ctrl_evtchn_unmask(console->daemon->evtchn, console->port);
}

static void window_ended(struct loop_timer *timer)
{
    struct console *console = (struct console *)((char *)timer - offsetof(struct console, window));

    console->events = 0;
    console_pump(console);
    listen_again(console);
}

void console_event(struct console *console)
{
    uint64_t now = loop_now();

    if (now >= console->window_end) {
        console->window_end = now + WINDOW_NS;
        console->events = 0;
    }
    console_give(console);
    clients_input(console);
    console_pump(console);
    if (++console->events < WINDOW_EVENTS) {
        listen_again(console);
        return;
    }
    console->held = true;
    loop_timer_set(console->daemon->loop, &console->window, console->window_end, window_ended);
}

int console_connect(struct console *console, uint64_t ring_ref, uint32_t remote)
{
    struct state_head *head = console->state.head;
    int err;

    if (console_dead(console))
        return -EINVAL;
    if (console->pty.master < 0) {
        err = pty_open(console);
        if (err)
            log_err(&console->daemon->log, "domain %u: its terminal: %s", console->domid, strerror(-err));
    }
    if (console->ring && console->port && console->ring_ref == ring_ref && console->remote == remote) {
        log_open(console); /* its name may have become known */
        log_flush(console);
        return 0;
    }
    head->wired = 0;
    err = wire_attach(console, ring_ref, remote);
    if (err)
        return err;
    head->ring_ref = ring_ref;
    head->remote = remote;
    __atomic_store_n(&head->wired, 1, __ATOMIC_RELEASE);
    log_open(console);
    console->held = false;
    console_give(console);
    console_pump(console);
    return 0;
}

void console_reconnect(struct console *console)
{
    const struct state_head *head = console->state.head;
    int err = head->wired ? console_connect(console, head->ring_ref, head->remote) : 0;

    if (err) /* it may be elsewhere by now: the store knows */
        log_info(&console->daemon->log, "domain %u: its console is not where it was: %s", console->domid, strerror(-err));
}

/* Two rings may be full: one that was, and what the guest put into it when it was told. */
static void take_rest(struct console *console)
{
    for (unsigned rings = 0; rings < 2 && console->ring; rings++)
        take(console);
    loop_timer_remove(&console->window);
    console->state.head->wired = 0;
    wire_detach(console);
}

void console_disconnect(struct console *console)
{
    take_rest(console);
    flush(console);
}

void console_die(struct console *console)
{
    struct state_head *head = console->state.head;

    take_rest(console);
    head->died_at = (uint64_t)time(NULL);
    __atomic_store_n(&head->dead, 1, __ATOMIC_RELEASE);
    log_open(console);
    flush(console);
    if (!console->log_error)
        logfile_close(&console->log);
    if (console->pty.master >= 0) {
        console->linger_end = loop_now() + LINGER_NS;
        if (console->pty.clients == 0)
            pty_shut(console);
        else /* what was written now is on its way to the other end for a moment */
            loop_timer_set(console->daemon->loop, &console->linger, loop_now() + LINGER_STEP_NS, pty_linger);
    }
}

bool console_lives(const void *daemon, const char *name)
{
    const struct console *console = console_known(daemon, name);

    return console && !console_dead(console);
}

void console_load(struct daemon *daemon)
{
    DIR *folder = opendir(daemon->options.run_folder);
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        struct console *console;
        struct state state;

        if (entry->d_name[0] == '.' || !isdigit((unsigned char)entry->d_name[0]) || console_known(daemon, entry->d_name))
            continue;
        if (state_load(daemon->options.run_folder, entry->d_name, &state) < 0) {
            log_warn(&daemon->log, "%s/%s is no state of a console", daemon->options.run_folder, entry->d_name);
            continue;
        }
        sluice_recover(&state, daemon->sluices_kept ? daemon->sluice_in : -1, daemon->sluices_kept ? daemon->sluice_out : -1);
        console = console_new_loaded(daemon, &state, entry->d_name);
        if (!console)
            state_close(&state);
    }
    if (folder)
        closedir(folder);
    sluice_empty(daemon->sluice_in);
    sluice_empty(daemon->sluice_out);
}

void console_trim_dead(struct daemon *daemon)
{
    for (;;) {
        struct console *oldest = NULL;
        unsigned dead = 0;

        for (struct console *c = daemon->consoles; c; c = c->next) {
            if (!console_dead(c))
                continue;
            dead++;
            if (!oldest || c->state.head->died_at <= oldest->state.head->died_at)
                oldest = c;
        }
        if (dead <= daemon->options.dead_max)
            return;
        pty_shut(oldest);
        if (oldest->state.path[0])
            unlink(oldest->state.path);
        console_free(oldest);
    }
}
