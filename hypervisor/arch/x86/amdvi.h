/* SPDX-License-Identifier: GPL-2.0-only */
/* AMD's IOMMU: registers, commands and events (AMD I/O Virtualization Technology Specification, 48882). */
#ifndef XENOLITH_AMDVI_H
#define XENOLITH_AMDVI_H

#include "ivrs.h"
#include "types.h"

/* Registers, as indices of 64-bit words. */
#define AMDVI_DEVICE_TABLE (0x0000 / 8)
#define AMDVI_COMMAND_BASE (0x0008 / 8)
#define AMDVI_EVENT_BASE (0x0010 / 8)
#define AMDVI_CONTROL (0x0018 / 8)
#define AMDVI_FEATURES (0x0030 / 8)
#define AMDVI_COMMAND_HEAD (0x2000 / 8)
#define AMDVI_COMMAND_TAIL (0x2008 / 8)
#define AMDVI_EVENT_HEAD (0x2010 / 8)
#define AMDVI_EVENT_TAIL (0x2018 / 8)
#define AMDVI_STATUS (0x2020 / 8)

#define AMDVI_RING_256 (8ULL << 56) /* log2 of the entries of a ring, in its base register */
#define AMDVI_RING_SIZE PAGE_SIZE

#define CONTROL_ENABLE (1ULL << 0)
#define CONTROL_HT_TUNNEL (1ULL << 1)
#define CONTROL_EVENT_LOG (1ULL << 2)
#define CONTROL_PASS_PW (1ULL << 8)
#define CONTROL_RES_PASS_PW (1ULL << 9)
#define CONTROL_COHERENT (1ULL << 10)
#define CONTROL_ISOCHRONOUS (1ULL << 11)
#define CONTROL_COMMANDS (1ULL << 12)

#define FEATURES_INVALIDATE_ALL (1ULL << 6)

#define STATUS_EVENT_OVERFLOW (1ULL << 0)
#define STATUS_EVENT_RUN (1ULL << 3)
#define STATUS_COMMAND_RUN (1ULL << 4)

/* The unit's PCI capability, bits of its first word. */
#define CAPABILITY_CACHES_ABSENT (1u << 26) /* it may remember that an entry was not present */
#define CAPABILITY_FEATURES (1u << 27)      /* there is a features register */

struct amdvi_command {
    uint64_t word[2];
};
#define COMMAND(opcode) ((uint64_t)(opcode) << 60)
#define COMMAND_WAIT COMMAND(1)
#define COMMAND_WAIT_STORE 1ULL
#define COMMAND_DEVICE COMMAND(2)
#define COMMAND_PAGES COMMAND(3)
#define COMMAND_INTERRUPTS COMMAND(5)
#define COMMAND_EVERYTHING COMMAND(8)
#define PAGES_ALL 0x7ffffffffffff003ULL /* of any address, with the tables on the way */

struct amdvi_device { /* an entry of the device table */
    uint64_t word[4];
};
#define DEVICE_VALID (1ULL << 0)
#define DEVICE_TRANSLATED (1ULL << 1)
#define DEVICE_LEVELS(n) ((uint64_t)(n) << 9)
#define DEVICE_READ (1ULL << 61)
#define DEVICE_WRITE (1ULL << 62)

struct amdvi_event {
    uint64_t word[2];
};
enum amdvi_event_code {
    EVENT_BAD_DEVICE_ENTRY = 1,
    EVENT_PAGE_FAULT,
    EVENT_DEVICE_TABLE_ERROR,
    EVENT_PAGE_TABLE_ERROR,
    EVENT_BAD_COMMAND,
    EVENT_COMMAND_ERROR,
    EVENT_TIMEOUT,
    EVENT_BAD_REQUEST,
};
#define EVENT_CODE(e) ((unsigned)((e)->word[0] >> 60))
#define EVENT_PRESENT (1ULL << 52)
#define EVENT_WRITE (1ULL << 53)
#define EVENT_INTERRUPT (1ULL << 51)

struct amdvi_unit {
    volatile uint64_t *reg;
    struct amdvi_command *commands;
    struct amdvi_event *events;
    uint64_t done;         /* the unit stores here how far it has come */
    uint64_t asked;
    unsigned tail;         /* of commands; entries */
    unsigned event_head;
    uint64_t control;
    const struct ivrs_unit *ivrs;
};

/* Set the control register, and wait until none of the status bits `running` is set. 0, or -EIO: they stay. */
int amdvi_control(struct amdvi_unit *u, uint64_t control, uint64_t running);

/* amdvi_event.c: log what the unit reports, at most a few lines a call; the lock that guards its rings is held. */
void amdvi_poll(struct amdvi_unit *u);
/* One event in words. */
void amdvi_event_print(char *buf, size_t size, const struct amdvi_event *e);

#endif
