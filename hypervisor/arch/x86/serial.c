/* SPDX-License-Identifier: GPL-2.0-only */
/* The first serial port (16550) and the debug port 0xe9: output by polling, input by interrupt. */
#include "cpu.h"
#include "arch.h"
#include "asm.h"
#include "console.h"
#include "device/ports.h"
#include "host_cpu.h"
#include "hv.h"
#include "lib.h"
#include "log.h"

#define COM1 0x3f8
#define COM1_IRQ 4
#define UART_DATA (COM1 + 0)
#define UART_IER (COM1 + 1)
#define UART_FCR (COM1 + 2)
#define UART_LCR (COM1 + 3)
#define UART_MCR (COM1 + 4)
#define UART_LSR (COM1 + 5)
#define LSR_DATA 0x01
#define LSR_THR_EMPTY 0x20
#define FIFO_DEPTH 16
#define DEBUG_PORT 0xe9

bool serial_polled;
static bool use_com1, use_e9, com1_broken;

static void com1_init(void)
{
    outb(UART_IER, 0);
    outb(UART_LCR, 0x80); /* divisor latch */
    outb(UART_DATA, 1);   /* 115200 */
    outb(UART_IER, 0);
    outb(UART_LCR, 3); /* 8n1 */
    outb(UART_FCR, 7); /* FIFOs on, cleared */
    outb(UART_MCR, 0xb); /* DTR, RTS, interrupt line on */
    com1_broken = inb(UART_LSR) == 0xff;
}

/* console=: a list of com1, e9, none; vga is accepted in it, and does nothing. */
static void console_option(const char *s)
{
    while (*s) {
        size_t len = 0;
        while (s[len] && s[len] != ',')
            len++;
        if (len == 4 && !memcmp(s, "com1", 4))
            use_com1 = true;
        else if (len == 2 && !memcmp(s, "e9", 2))
            use_e9 = true;
        s += len + (s[len] == ',');
    }
}

void serial_init(void)
{
    char value[64];

    console_option(cmdline_get("console", value, sizeof(value)) ? value : "com1");
    if (use_com1)
        com1_init();
    use_com1 &= !com1_broken;
    device_console_port = use_com1 ? COM1 : 0;
}

static void com1_write(const char *s, size_t len)
{
    unsigned room = 0;

    for (size_t i = 0; i < len; i++) {
        if (!room) {
            for (unsigned spin = 0; spin < 1000000 && !(inb(UART_LSR) & LSR_THR_EMPTY); spin++)
                arch_relax();
            room = FIFO_DEPTH;
        }
        outb(UART_DATA, (uint8_t)s[i]);
        room--;
    }
}

void arch_console_write(const char *s, size_t len)
{
    if (use_com1)
        com1_write(s, len);
    for (size_t i = 0; use_e9 && i < len; i++)
        outb(DEBUG_PORT, (uint8_t)s[i]);
}

/* From the CPU loop: hand over what has arrived. Bounded, so that a stuck port cannot hold a CPU. */
static void serial_poll(void)
{
    char buf[64];
    size_t n = 0;

    while (n < sizeof(buf) && (inb(UART_LSR) & LSR_DATA))
        buf[n++] = (char)inb(UART_DATA);
    if (n)
        console_receive(buf, n);
    if (n == sizeof(buf))
        __atomic_fetch_or(&this_cpu()->work, 1ULL << WORK_CONSOLE, __ATOMIC_SEQ_CST);
}

static void serial_interrupt(void)
{
    __atomic_fetch_or(&this_cpu()->work, 1ULL << WORK_CONSOLE, __ATOMIC_SEQ_CST);
}

void serial_start_input(void)
{
    uint32_t gsi;
    bool level, active_low;

    if (!use_com1)
        return;
    ioapic_isa_to_gsi(COM1_IRQ, &gsi, &level, &active_low);
    /* The poll drains the FIFO, which takes an edge line down; a level one could not be masked meanwhile. */
    serial_polled = level || ioapic_bind_host(gsi, false, active_low, serial_interrupt);
    console_start_input(serial_poll);
    serial_interrupt(); /* what came before */
    if (!serial_polled)
        outb(UART_IER, 1);
    else
        log_warn("serial input is polled\n");
}
