/* SPDX-License-Identifier: GPL-2.0-only */
/* Output and end of a test kernel that runs in the place of dom0's. */
#include "guest.h"

#define COM2 0x2f8
#define LINE_STATUS (COM2 + 5)
#define READY_FOR_NEXT 0x20 /* of the line status */
#define ALL_SENT 0x40
#define DEBUG_EXIT_PORT 0xf4

void guest_put(char c)
{
    while (!(port_in(LINE_STATUS, 1) & READY_FOR_NEXT))
        ;
    port_out(COM2, 1, (uint8_t)c);
}

void guest_exit(unsigned status)
{
    while (!(port_in(LINE_STATUS, 1) & ALL_SENT)) /* the machine's end would take what still waits with it */
        ;
    port_out(DEBUG_EXIT_PORT, 4, status);
    for (;;)
        __asm__ __volatile__("cli; hlt");
}
