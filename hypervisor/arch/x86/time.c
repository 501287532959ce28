/* SPDX-License-Identifier: GPL-2.0-only */
/* System time from the TSC, its calibration, the one-shot timer, the wall clock. */
#include "cpu.h"
#include "arch.h"
#include "asm.h"
#include "host_cpu.h"
#include "hv.h"
#include "lib.h"
#include "log.h"

#define PIT_HZ 1193182
#define PM_TIMER_HZ 3579545
#define CALIBRATE_ROUNDS 4
#define CALIBRATE_MS 10
#define BRACKET_TRIES 8
#define TIMER_MAX SECONDS(3600) /* timer_run programs the rest when this is over */

/* A clock of known frequency that counts up, modulo mask + 1. */
struct reference {
    const char *name;
    uint64_t hz, mask;
    uint64_t (*read)(void);
};

static volatile uint32_t *hpet;

static uint64_t hpet_read(void)
{
    return hpet[0xf0 / 4];
}
static uint64_t pm_timer_read(void)
{
    return inl(host.pm_timer) & 0xffffff;
}
/* Channel 2 counts down. */
static uint64_t pit_read(void)
{
    uint8_t lo;
    outb(0x43, 0x80);
    lo = inb(0x42);
    return 0xffff - (lo | (uint64_t)inb(0x42) << 8);
}

static bool hpet_start(struct reference *r)
{
    uint32_t period_fs;

    if (!host.hpet_addr)
        return false;
    hpet = map_mmio(host.hpet_addr, 1024);
    period_fs = hpet[1];
    if (!period_fs || period_fs > 100000000 || period_fs == UINT32_MAX)
        return false;
    hpet[0x10 / 4] |= 1; /* run */
    *r = (struct reference){ "HPET", 1000000000000000ULL / period_fs, UINT32_MAX, hpet_read };
    return true;
}

static struct reference reference_choose(void)
{
    struct reference r;

    if (hpet_start(&r))
        return r;
    if (host.pm_timer)
        return (struct reference){ "PM timer", PM_TIMER_HZ, 0xffffff, pm_timer_read };
    outb(0x61, (uint8_t)((inb(0x61) & ~2) | 1)); /* gate on, speaker off */
    outb(0x43, 0xb4);                            /* channel 2, rate generator */
    outb(0x42, 0xff);
    outb(0x42, 0xff);
    return (struct reference){ "PIT", PIT_HZ, 0xffff, pit_read };
}

struct sample {
    uint64_t tsc, ref, lapic, width;
};

/* Read the three clocks together: of several tries the one during which least time passed. */
static struct sample sample_take(const struct reference *r)
{
    struct sample best = { .width = UINT64_MAX };

    for (unsigned i = 0; i < BRACKET_TRIES; i++) {
        uint64_t before = rdtsc(), ref = r->read(), lapic = apic_timer_count(), after = rdtsc();
        if (after - before < best.width)
            best = (struct sample){ before + (after - before) / 2, ref, lapic, after - before };
    }
    return best;
}

static void calibrate(const struct reference *r)
{
    uint64_t best = UINT64_MAX;

    apic_timer_calibrate_start();
    for (unsigned round = 0; round < CALIBRATE_ROUNDS; round++) {
        struct sample a = sample_take(r), b;
        uint64_t ticks = r->hz * CALIBRATE_MS / 1000, elapsed;
        while (((r->read() - a.ref) & r->mask) < ticks)
            arch_relax();
        b = sample_take(r);
        elapsed = (b.ref - a.ref) & r->mask;
        if (a.width + b.width >= best || !elapsed)
            continue;
        best = a.width + b.width;
        host.tsc_khz = muldiv64(b.tsc - a.tsc, r->hz, elapsed * 1000);
        host.lapic_khz = muldiv64((uint32_t)(b.lapic - a.lapic), r->hz, elapsed * 1000);
    }
    apic_timer_set(0);
}

/* ns = ((tsc << shift) * mul) >> 32, with mul as large as it goes. */
static void scale_set(uint64_t khz)
{
    uint64_t hz = khz * 1000;
    int8_t shift = 0;

    while (hz > 2000000000ULL) {
        hz >>= 1;
        shift--;
    }
    while (hz <= 1000000000ULL) {
        hz <<= 1;
        shift++;
    }
    host.tsc_mul = (uint32_t)((1000000000ULL << 32) / hz);
    host.tsc_shift = shift;
}

static uint64_t tsc_to_ns(uint64_t tsc)
{
    tsc = host.tsc_shift < 0 ? tsc >> -host.tsc_shift : tsc << host.tsc_shift;
    return mul_shift(tsc, host.tsc_mul, 32);
}

stime_t arch_now(void)
{
    return (stime_t)tsc_to_ns(rdtsc() - host.boot_tsc);
}

void delay_us(uint64_t us)
{
    uint64_t start = rdtsc(), ticks = muldiv64(us, host.tsc_khz, 1000);
    while (rdtsc() - start < ticks)
        arch_relax();
}

static bool deadline_timer;

void arch_timer_program(stime_t deadline)
{
    stime_t left;
    uint64_t ticks;

    if (deadline == STIME_NEVER) {
        if (deadline_timer)
            wrmsr(MSR_TSC_DEADLINE, 0);
        else
            apic_timer_set(0);
        return;
    }
    left = deadline - arch_now();
    if (left < 0)
        left = 0;
    if (left > TIMER_MAX)
        left = TIMER_MAX; /* a guest may name any time: the sum with the TSC must not wrap */
    if (deadline_timer) {
        wrmsr(MSR_TSC_DEADLINE, rdtsc() + muldiv64((uint64_t)left, host.tsc_khz, 1000000));
        return;
    }
    /* When the counter is too short for it, the timer comes early, and is programmed again by timer_run. */
    ticks = muldiv64((uint64_t)left, host.lapic_khz, 1000000) + 1;
    apic_timer_set((uint32_t)min_u64(ticks, UINT32_MAX));
}

static uint8_t cmos_read(uint8_t reg)
{
    outb(0x70, reg);
    return inb(0x71);
}

struct rtc_time {
    uint8_t second, minute, hour, day, month, year;
};

static struct rtc_time rtc_read_raw(void)
{
    for (unsigned i = 0; i < 100000 && (cmos_read(0x0a) & 0x80); i++)
        arch_relax();
    return (struct rtc_time){ cmos_read(0), cmos_read(2), cmos_read(4), cmos_read(7), cmos_read(8), cmos_read(9) };
}

static uint8_t from_bcd(uint8_t v)
{
    return (uint8_t)((v >> 4) * 10 + (v & 15));
}

/* Days from 1970-01-01 to a day of the Gregorian calendar; years are counted from March so that leap days come last. */
static int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    unsigned m = month <= 2 ? month + 9 : month - 3;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int64_t rtc_seconds(void)
{
    struct rtc_time t = rtc_read_raw(), again = rtc_read_raw();
    uint8_t mode = cmos_read(0x0b);
    bool pm;

    for (unsigned i = 0; i < 10 && memcmp(&t, &again, sizeof(t)); i++) {
        t = again;
        again = rtc_read_raw();
    }
    pm = t.hour & 0x80;
    t.hour &= 0x7f;
    if (!(mode & 4))
        t = (struct rtc_time){ from_bcd(t.second), from_bcd(t.minute), from_bcd(t.hour),
                               from_bcd(t.day), from_bcd(t.month), from_bcd(t.year) };
    if (!(mode & 2))
        t.hour = (uint8_t)(t.hour % 12 + (pm ? 12 : 0));
    return days_from_date(t.year + (t.year < 70 ? 2000 : 1900), t.month, t.day) * 86400 + t.hour * 3600 + t.minute * 60 +
           t.second;
}

void time_init(void)
{
    struct reference r = reference_choose();

    calibrate(&r);
    if (!host.tsc_khz || !host.lapic_khz)
        panic("timer calibration failed against the %s", r.name);
    scale_set(host.tsc_khz);
    deadline_timer = cpuid(1).ecx & (1u << 24);
    apic_timer_mode(deadline_timer);
    host.wallclock_boot = rtc_seconds() - arch_now() / SECONDS(1);
    log_info("TSC %lu.%03lu MHz, local APIC timer %lu.%03lu MHz (%s)%s\n", host.tsc_khz / 1000, host.tsc_khz % 1000,
             host.lapic_khz / 1000, host.lapic_khz % 1000, r.name, deadline_timer ? ", TSC deadline" : "");
}
