/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading instructions: bytes, prefixes, page ends, and when the remembered page counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch.h"
#include "domain.h"
#include "errno.h"
#include "hv.h"
#include "p2m.h"
#include "trap/fetch.h"
#include "vcpu_regs.h"

#define BASE 0x10000ULL

static struct domain dom;
static struct vcpu vcpu = { .domain = &dom };
static uint8_t memory[2 * PAGE_SIZE]; /* at BASE, frames 5 and 6 */
static uint64_t rip, cr3;
static unsigned mode, walks;
static bool second_page, is_ram;

uint64_t arch_vcpu_rip(const struct vcpu *v)
{
    (void)v;
    return rip;
}
uint64_t arch_vcpu_cs_base(const struct vcpu *v)
{
    (void)v;
    return BASE;
}
unsigned arch_vcpu_cpl(const struct vcpu *v)
{
    (void)v;
    return 0;
}
unsigned arch_vcpu_mode(const struct vcpu *v)
{
    (void)v;
    return mode;
}
int arch_guest_walk(struct vcpu *v, guest_va_t va, unsigned access, gpaddr_t *ret_gpa, uint32_t *ret_pfec)
{
    (void)v;
    (void)ret_pfec;
    assert_int_equal(access, GUEST_WALK_FETCH);
    walks++;
    if (va < BASE || va >= BASE + (second_page ? 2 : 1) * PAGE_SIZE)
        return -EFAULT;
    *ret_gpa = va - BASE + 5 * PAGE_SIZE;
    return 0;
}
struct p2m_entry p2m_lookup(struct domain *d, gfn_t gfn)
{
    (void)d;
    return (struct p2m_entry){ .mfn = gfn, .type = is_ram ? P2M_RAM_RW : P2M_MMIO };
}
void *mfn_to_virt(mfn_t mfn)
{
    return memory + (mfn - 5) * PAGE_SIZE;
}
int copy_from_gpa(struct domain *d, void *to, gpaddr_t gpa, size_t len)
{
    (void)d;
    memcpy(to, memory + gpa - 5 * PAGE_SIZE, len);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    memset(memory, 0, sizeof(memory));
    memset(&vcpu.arch.fetch_cache, 0, sizeof(vcpu.arch.fetch_cache));
    rip = 0x100;
    cr3 = 0x3000;
    mode = 64;
    second_page = is_ram = true;
    walks = 0;
    return 0;
}

static void put(uint64_t at, const char *bytes, size_t len)
{
    memcpy(memory + at, bytes, len);
    rip = at;
}

static void prefixes(void **state)
{
    static const struct {
        const char *bytes;
        uint8_t len, mode, opcode, count;
    } rows[] = {
        { "\x0f\xa2", 2, 64, 0x0f, 0 },
        { "\x3e\x0f\x30", 3, 64, 0x0f, 1 }, /* as Linux pads WRMSR */
        { "\xf3\x90", 2, 64, 0x90, 1 },
        { "\x66\xf3\x90", 3, 32, 0x90, 2 },
        { "\x66\x48\x0f\xa2", 4, 64, 0x0f, 2 },
        { "\x48\x0f\xa2", 3, 32, 0x0f, 0 }, /* DEC EAX: not what exited */
        { "\x2e\x36\x26\x64\x65\x67\xf2\xf0\xf4", 9, 16, 0xf4, 8 },
        { "\x66\x0e\x0f\xa2", 4, 64, 0x0f, 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        put(0x100, rows[i].bytes, rows[i].len);
        mode = rows[i].mode;
        assert_int_equal(fetch_prefixes(&vcpu, BASE + rip, cr3, rows[i].opcode), rows[i].count);
    }
    memset(memory, 0x66, sizeof(memory)); /* prefixes only */
    assert_int_equal(fetch_prefixes(&vcpu, BASE + rip, cr3, 0x0f), 0);
}

static void page_ends(void **state)
{
    uint8_t bytes[MAX_INSN];

    (void)state;
    put(PAGE_SIZE - 2, "\x66\x67\x0f\xa2", 4);
    assert_int_equal(fetch_prefixes(&vcpu, BASE + rip, cr3, 0x0f), 2);
    assert_int_equal(fetch_instruction(&vcpu, bytes), MAX_INSN);
    assert_memory_equal(bytes, memory + PAGE_SIZE - 2, MAX_INSN);
    second_page = false;
    assert_int_equal(fetch_instruction(&vcpu, bytes), 2);
    assert_int_equal(fetch_prefixes(&vcpu, BASE + rip, cr3, 0x0f), 0);
    rip = PAGE_SIZE;
    assert_int_equal(fetch_instruction(&vcpu, bytes), 0);
    assert_int_equal(fetch_prefixes(&vcpu, BASE + rip, cr3, 0x0f), 0);
}

static void remembered(unsigned more_walks)
{
    unsigned before = walks;

    assert_int_equal(fetch_prefixes(&vcpu, BASE + rip, cr3, 0x0f), 0);
    assert_int_equal(walks - before, more_walks);
}

static void page_is_remembered(void **state)
{
    (void)state;
    put(PAGE_SIZE + 0x10, "\x0f\xa2", 2);
    put(0x10, "\x0f\xa2", 2);
    remembered(1);
    remembered(0);
    cr3 = 0x4000;
    remembered(1);
    vcpu.arch.flush_generation++;
    remembered(1);
    rip = PAGE_SIZE + 0x10;
    remembered(1);
    remembered(0);
    memory[PAGE_SIZE + 0x10] = 0x2e; /* the guest changed it */
    memory[PAGE_SIZE + 0x11] = 0x0f;
    assert_int_equal(fetch_prefixes(&vcpu, BASE + rip, cr3, 0x0f), 1);
}

static void other_pages_are_not(void **state)
{
    (void)state;
    is_ram = false;
    put(0x10, "\x2e\x0f\xa2", 3);
    assert_int_equal(fetch_prefixes(&vcpu, BASE + rip, cr3, 0x0f), 1);
    assert_null(vcpu.arch.fetch_cache.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(prefixes, setup),
        cmocka_unit_test_setup(page_ends, setup),
        cmocka_unit_test_setup(page_is_remembered, setup),
        cmocka_unit_test_setup(other_pages_are_not, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
