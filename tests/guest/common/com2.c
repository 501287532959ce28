/* SPDX-License-Identifier: GPL-2.0-only */
/* Output and end of a test kernel that runs in the place of dom0's. */
#include "guest.h"

#define COM2 0x2f8
#define DEBUG_EXIT_PORT 0xf4

void guest_put(char c)
{
    while (!(port_in(COM2 + 5, 1) & 0x20))
        ;
    port_out(COM2, 1, (uint8_t)c);
}

void guest_exit(unsigned status)
{
    port_out(DEBUG_EXIT_PORT, 4, status);
    for (;;)
        __asm__ __volatile__("cli; hlt");
}
