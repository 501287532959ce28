/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports of the PC that dom0 must not reach, and those by which it would stop or restart the machine under the
 * hypervisor's feet: these become domain_shutdown.
 */
#include "legacy.h"

#include "arch.h"
#include "domain.h"
#include "hv.h"
#include "public/sched.h"

#define RESET_CPU (1u << 2) /* 0xcf9 */

#define KBD_DATA 0x60
#define KBD_COMMAND 0x64
#define KBD_CMD_PULSE 0xf0  /* pulses low the output lines whose bits are 0; line 0 is the CPU's reset */
#define KBD_CMD_OUTPUT 0xd1 /* the next data byte goes to the output lines */

#define FAST_RESET (1u << 0) /* 0x92 */

#define SLP_TYP_SHIFT 10
#define SLP_TYP_MASK 7u
#define SLP_EN (1u << 13)
#define S5_UNKNOWN 0xff
#define ACPI_SPACE_IO 1

void legacy_absent(struct vcpu *v, struct io_req *req)
{
    (void)v;
    if (!req->write)
        req->data = ~0ULL >> (8 * (8 - req->size));
}

/*
 * There is no PIT. Linux looks whether it counts from 0xff down, for 50,000 readings as long as it sees ones: it sees at
 * once that it does not.
 */
void legacy_stopped_counter(struct vcpu *v, struct io_req *req)
{
    (void)v;
    if (!req->write)
        req->data = 0;
}

static void passthrough(struct io_req *req)
{
    if (req->write)
        arch_port_write((uint16_t)req->addr, req->size, req->data);
    else
        req->data = arch_port_read((uint16_t)req->addr, req->size);
}

void legacy_reset_control(struct vcpu *v, struct io_req *req)
{
    if (req->write && (req->data & RESET_CPU))
        domain_shutdown(v->domain, SHUTDOWN_reboot);
    else
        passthrough(req);
}

/* The output-line command is two writes; the first is kept back until the second shows that it does no harm. */
void legacy_keyboard(struct vcpu *v, struct io_req *req)
{
    static bool output_next; /* one keyboard controller, one domain that reaches it */
    uint8_t value = (uint8_t)req->data;

    if (req->write && req->addr == KBD_COMMAND) {
        output_next = value == KBD_CMD_OUTPUT;
        if ((value & KBD_CMD_PULSE) == KBD_CMD_PULSE && !(value & 1)) {
            domain_shutdown(v->domain, SHUTDOWN_reboot);
            return;
        }
    } else if (req->write && req->addr == KBD_DATA && output_next) {
        output_next = false;
        if (!(value & 1)) {
            domain_shutdown(v->domain, SHUTDOWN_reboot);
            return;
        }
    }
    passthrough(req);
}

void legacy_fast_a20(struct vcpu *v, struct io_req *req)
{
    if (req->write && (req->data & FAST_RESET))
        domain_shutdown(v->domain, SHUTDOWN_reboot);
    else
        passthrough(req);
}

bool legacy_acpi_reset_match(const struct vcpu *v, uint64_t port)
{
    return v->domain->privileged && host.reset_space == ACPI_SPACE_IO && host.reset_addr == port;
}

void legacy_acpi_reset(struct vcpu *v, struct io_req *req)
{
    if (req->write && (uint8_t)req->data == host.reset_value)
        domain_shutdown(v->domain, SHUTDOWN_reboot);
    else
        passthrough(req);
}

static bool in_register(uint64_t port, uint16_t base)
{
    return base && port >= base && port < base + 2u;
}

bool legacy_pm1_match(const struct vcpu *v, uint64_t port)
{
    return v->domain->privileged && (in_register(port, host.pm1a_cnt) || in_register(port, host.pm1b_cnt));
}

/*
 * SLP_EN never reaches the machine from dom0: S5 is its power-off, other sleep states are not supported. With the
 * types unknown, S5 is what a kernel would ask for. PM1b repeats PM1a.
 */
void legacy_pm1(struct vcpu *v, struct io_req *req)
{
    bool a = in_register(req->addr, host.pm1a_cnt);
    unsigned shift = 8 * (unsigned)(req->addr - (a ? host.pm1a_cnt : host.pm1b_cnt));
    uint32_t value = (uint32_t)req->data << shift;
    uint8_t type = (value >> SLP_TYP_SHIFT) & SLP_TYP_MASK;

    if (!req->write || !(value & SLP_EN))
        passthrough(req);
    else if (a && (host.s5_typ_a == S5_UNKNOWN || type == host.s5_typ_a))
        domain_shutdown(v->domain, SHUTDOWN_poweroff);
}
