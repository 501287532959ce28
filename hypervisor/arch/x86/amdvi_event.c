/* SPDX-License-Identifier: GPL-2.0-only */
/* What an AMD IOMMU has to report: requests that it refused, and what is wrong with itself. */
#include "amdvi.h"

#include "lib.h"
#include "log.h"

#define RING_ENTRIES 256u
#define LINES 8 /* a call: a device that goes wild must not fill the log */

static const char *const event_name[] = {
    [EVENT_BAD_DEVICE_ENTRY] = "its entry of the device table is not valid",
    [EVENT_PAGE_FAULT] = "the address is not dom0's",
    [EVENT_DEVICE_TABLE_ERROR] = "the device table cannot be read",
    [EVENT_PAGE_TABLE_ERROR] = "the page table cannot be read",
    [EVENT_BAD_COMMAND] = "the IOMMU does not know a command",
    [EVENT_COMMAND_ERROR] = "the IOMMU cannot read its commands",
    [EVENT_TIMEOUT] = "the device does not answer an invalidation",
    [EVENT_BAD_REQUEST] = "the request is none that a device may make",
};

static const char *event_why(const struct amdvi_event *e)
{
    unsigned code = EVENT_CODE(e);

    if (code == EVENT_PAGE_FAULT && (e->word[0] & EVENT_PRESENT))
        return "the page is read-only, or the hypervisor's";
    return code < ARRAY_SIZE(event_name) && event_name[code] ? event_name[code] : "event of an unknown kind";
}

void amdvi_event_print(char *buf, size_t size, const struct amdvi_event *e)
{
    unsigned bdf = (uint16_t)e->word[0];
    const char *what = "read";

    if (e->word[0] & EVENT_INTERRUPT)
        what = "interrupt";
    else if (e->word[0] & EVENT_WRITE)
        what = "write";
    if (EVENT_CODE(e) == EVENT_BAD_COMMAND || EVENT_CODE(e) == EVENT_COMMAND_ERROR)
        snprintf(buf, size, "at 0x%lx: %s", e->word[1], event_why(e));
    else
        snprintf(buf, size, "device %02x:%02x.%x: %s at 0x%lx refused: %s (event %lx)", bdf >> 8, bdf >> 3 & 0x1f, bdf & 7,
                 what, e->word[1], event_why(e), e->word[0] >> 48);
}

/* After an overflow the unit logs nothing until the log is switched off and on. */
static void log_restart(struct amdvi_unit *u)
{
    log_warn("AMD-Vi: more events than the log could hold: some are lost\n");
    if (amdvi_control(u, u->control & ~CONTROL_EVENT_LOG, STATUS_EVENT_RUN))
        log_warn("AMD-Vi: the event log does not stop\n");
    u->reg[AMDVI_STATUS] = STATUS_EVENT_OVERFLOW;
    u->reg[AMDVI_EVENT_HEAD] = 0;
    u->reg[AMDVI_EVENT_TAIL] = 0;
    u->event_head = 0;
    u->reg[AMDVI_CONTROL] = u->control;
}

void amdvi_poll(struct amdvi_unit *u)
{
    bool overflow = u->reg[AMDVI_STATUS] & STATUS_EVENT_OVERFLOW;
    unsigned tail = (unsigned)(u->reg[AMDVI_EVENT_TAIL] / sizeof(struct amdvi_event)) % RING_ENTRIES, seen = 0;
    char line[160];

    for (; u->event_head != tail; u->event_head = (u->event_head + 1) % RING_ENTRIES)
        if (seen++ < LINES) {
            amdvi_event_print(line, sizeof(line), &u->events[u->event_head]);
            log_warn("AMD-Vi: %s\n", line);
        }
    if (seen > LINES)
        log_warn("AMD-Vi: and %u more\n", seen - LINES);
    if (overflow)
        log_restart(u);
    else if (seen)
        u->reg[AMDVI_EVENT_HEAD] = u->event_head * sizeof(struct amdvi_event);
}
