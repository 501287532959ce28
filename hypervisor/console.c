/* SPDX-License-Identifier: GPL-2.0-only */
/* The log: lines to the serial port and to a ring; the console's input; panic. */
#include "console.h"

#include "cpu.h"
#include "arch.h"
#include "domain.h"
#include "event.h"
#include "hv.h"
#include "lib.h"
#include "lock.h"
#include "page.h"

#define RING_SIZE 32768u
#define LINE_MAX 512
#define INPUT_SIZE 512u /* a power of two */
#define SWITCH_CHAR 0x01 /* Ctrl-A: three of them give the input to the other side */
#define SWITCH_COUNT 3

static struct spinlock console_lock = SPINLOCK_INIT(RANK_CONSOLE);

/* Ring: characters [first, next) by running index; size is a power of two. */
static char first_ring[RING_SIZE];
static char *ring = first_ring;
static uint32_t ring_size = RING_SIZE, ring_first, ring_next;

static enum log_level log_limit = LOG_INFO;
static int guest_log_limit = LOG_WARNING; /* -1: none */
static int host_log_limit_none;
static bool timestamps, at_line_start = true, panicking;

static char input[INPUT_SIZE];
static uint32_t input_first, input_next;
static unsigned switch_count;
static bool input_to_keys;
static void (*input_poll)(void);
static uint32_t ring_notified; /* ring_next when dom0 was last told */

static struct {
    char text[120];
    size_t len;
    domid_t domain;
} guest_line;

static void ring_put(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ring[ring_next++ & (ring_size - 1)] = s[i];
    if (ring_next - ring_first > ring_size)
        ring_first = ring_next - ring_size;
}

/* Lock held. The terminal wants a carriage return before each newline; the ring does not. */
static void put(const char *s, size_t len)
{
    size_t done = 0;

    ring_put(s, len);
    for (size_t i = 0; i < len; i++) {
        if (s[i] != '\n')
            continue;
        arch_console_write(s + done, i - done);
        arch_console_write("\r\n", 2);
        done = i + 1;
    }
    arch_console_write(s + done, len - done);
    if (len)
        at_line_start = s[len - 1] == '\n';
}

static void put_prefix(void)
{
    char stamp[40];

    put("(XEN) ", 6);
    if (timestamps) {
        stime_t t = host.tsc_khz ? arch_now() : 0;
        int n = snprintf(stamp, sizeof(stamp), "[%5lld.%06lld] ", (long long)(t / SECONDS(1)),
                         (long long)(t % SECONDS(1) / 1000));
        put(stamp, (size_t)n);
    }
}

/* Lock held: text with the prefix before each line that it begins. */
static void put_lines(const char *s)
{
    while (*s) {
        size_t len = 0;
        while (s[len] && s[len] != '\n')
            len++;
        if (s[len])
            len++;
        if (at_line_start)
            put_prefix();
        put(s, len);
        s += len;
    }
}

/* A CPU that panics may have stopped another one, or itself, in the middle of a line. */
static bool console_enter(void)
{
    if (READ_ONCE(panicking))
        return false;
    spin_lock(&console_lock);
    return true;
}

static void console_leave(bool locked)
{
    if (locked)
        spin_unlock(&console_lock);
    /* dom0 is told later, from the CPU loop: any lock may be held here. */
    if (input_poll && dom0 && !panicking)
        __atomic_fetch_or(&cpus[0]->work, 1ULL << WORK_CONSOLE, __ATOMIC_SEQ_CST);
}

void log_printf(enum log_level level, const char *fmt, ...)
{
    char line[LINE_MAX];
    va_list ap;
    bool locked;

    if (!panicking && (host_log_limit_none || level > log_limit))
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    locked = console_enter();
    put_lines(line);
    console_leave(locked);
}

void log_guest(enum log_level level, const struct domain *d, const char *fmt, ...)
{
    char line[LINE_MAX];
    int n;
    va_list ap;
    bool locked;

    if ((int)level > guest_log_limit)
        return;
    n = snprintf(line, sizeof(line), "d%u: ", d->id);
    va_start(ap, fmt);
    vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
    va_end(ap);
    locked = console_enter();
    put_lines(line);
    console_leave(locked);
}

static int level_parse(const char *s)
{
    static const struct {
        const char *name;
        int level;
    } names[] = { { "none", -1 },         { "error", LOG_ERR },   { "warning", LOG_WARNING },
                  { "info", LOG_INFO },   { "debug", LOG_DEBUG }, { "all", LOG_DEBUG } };

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        size_t len = strlen(names[i].name);
        /* The second half, after '/', is where rate limiting begins: we have none. */
        if (!strncmp(s, names[i].name, len) && (!s[len] || s[len] == '/'))
            return names[i].level;
    }
    return -2;
}

static int level_option(const char *name, int dflt)
{
    char value[32];
    int level;

    if (!cmdline_get(name, value, sizeof(value)))
        return dflt;
    level = level_parse(value);
    if (level != -2)
        return level;
    log_warn("%s=%s is not understood\n", name, value);
    return dflt;
}

void console_options(void)
{
    char value[16];
    int level = level_option("loglvl", LOG_INFO);

    host_log_limit_none = level < 0;
    log_limit = level < 0 ? LOG_ERR : (enum log_level)level;
    guest_log_limit = level_option("guest_loglvl", LOG_WARNING);
    timestamps = cmdline_get("console_timestamps", value, sizeof(value)) && strcmp(value, "none");
}

void console_grow_ring(void)
{
    char value[24];
    uint64_t want = 0;
    unsigned order = 0;
    mfn_t mfn;
    char *bigger;

    if (cmdline_get("conring_size", value, sizeof(value)))
        want = parse_size(value, NULL, 10);
    if (want <= ring_size)
        return;
    while (PAGE_SIZE << order < want && order < 12)
        order++;
    mfn = hv_alloc_pages(order, 0);
    if (mfn == INVALID_MFN) {
        log_warn("no memory for conring_size\n");
        return;
    }
    bigger = mfn_to_virt(mfn);
    spin_lock(&console_lock);
    for (uint32_t i = ring_first; i != ring_next; i++)
        bigger[i & ((PAGE_SIZE << order) - 1)] = ring[i & (ring_size - 1)];
    ring = bigger;
    ring_size = (uint32_t)(PAGE_SIZE << order);
    spin_unlock(&console_lock);
}

uint32_t console_ring_start(bool incremental, uint32_t index)
{
    uint32_t start;

    spin_lock(&console_lock);
    start = ring_first;
    if (incremental && (int32_t)(index - start) > 0)
        start = (int32_t)(index - ring_next) > 0 ? ring_next : index;
    spin_unlock(&console_lock);
    return start;
}

size_t console_ring_copy(uint32_t *index, char *buf, size_t size)
{
    size_t n = 0;

    spin_lock(&console_lock);
    if (*index - ring_first > ring_next - ring_first)
        *index = ring_first; /* overwritten meanwhile */
    while (n < size && *index != ring_next)
        buf[n++] = ring[(*index)++ & (ring_size - 1)];
    spin_unlock(&console_lock);
    return n;
}

void console_ring_clear(void)
{
    spin_lock(&console_lock);
    ring_first = ring_next;
    spin_unlock(&console_lock);
}

static void guest_line_flush(void)
{
    char line[sizeof(guest_line.text) + 16];

    snprintf(line, sizeof(line), "d%u %.*s\n", guest_line.domain, (int)guest_line.len, guest_line.text);
    if (!at_line_start)
        put("\n", 1);
    put_lines(line);
    guest_line.len = 0;
}

static void guest_put(domid_t id, char c)
{
    if (guest_line.len && guest_line.domain != id)
        guest_line_flush();
    guest_line.domain = id;
    if (c == '\n')
        guest_line_flush();
    else if ((c >= ' ' && c < 0x7f) || c == '\t')
        guest_line.text[guest_line.len++] = c;
    if (guest_line.len == sizeof(guest_line.text))
        guest_line_flush();
}

void console_dom_write(const struct domain *d, const char *buf, size_t len)
{
    bool locked;

    if (!d->privileged && guest_log_limit < 0)
        return;
    locked = console_enter();
    if (d->privileged) {
        put(buf, len);
    } else {
        for (size_t i = 0; i < len; i++)
            guest_put(d->id, buf[i]);
    }
    console_leave(locked);
}

int console_input_read(char *buf, size_t size)
{
    size_t n = 0;

    spin_lock(&console_lock);
    while (n < size && input_first != input_next)
        buf[n++] = input[input_first++ & (INPUT_SIZE - 1)];
    spin_unlock(&console_lock);
    return (int)n;
}

/* True: c was the last of the sequence that moves the input. */
static bool input_switches(char c)
{
    switch_count = c == SWITCH_CHAR ? switch_count + 1 : 0;
    if (switch_count < SWITCH_COUNT)
        return false;
    switch_count = 0;
    input_to_keys = !input_to_keys;
    log_err("*** Serial input to %s (type Ctrl-A three times to switch)\n", input_to_keys ? "Xenolith" : "DOM0");
    return true;
}

static void input_put(char c)
{
    spin_lock(&console_lock);
    if (input_next - input_first < INPUT_SIZE)
        input[input_next++ & (INPUT_SIZE - 1)] = c;
    spin_unlock(&console_lock);
}

void console_receive(const char *buf, size_t len)
{
    bool for_dom0 = false;

    for (size_t i = 0; i < len; i++) {
        if (input_switches(buf[i]))
            continue;
        if (input_to_keys) {
            if (buf[i] != SWITCH_CHAR)
                debug_key(buf[i]);
        } else {
            input_put(buf[i]);
            for_dom0 = true;
        }
    }
    if (for_dom0 && dom0)
        evtchn_global_virq(VIRQ_CONSOLE);
}

void console_start_input(void (*poll)(void))
{
    input_poll = poll;
}

void console_input_work(void)
{
    if (input_poll)
        input_poll();
    if (dom0 && READ_ONCE(ring_next) != ring_notified) {
        ring_notified = READ_ONCE(ring_next);
        evtchn_global_virq(VIRQ_CON_RING);
    }
}

bool console_panicking(void)
{
    return READ_ONCE(panicking);
}

void panic(const char *fmt, ...)
{
    char message[LINE_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    WRITE_ONCE(panicking, true);
    log_err("\n****************************************\n");
    log_err("Panic on CPU %u:\n%s\n", this_cpu()->id, message);
    log_err("****************************************\n");
    arch_panic_dump();
    WRITE_ONCE(panicking, false);
    arch_panic_end();
}

void assert_failed(const char *expr, const char *file, int line)
{
    panic("Assertion '%s' failed at %s:%d", expr, file, line);
}
