/* SPDX-License-Identifier: GPL-2.0-only */
/* The console (console.c): log ring, output of dom0 and guests, input and where it goes. log.h has the log itself. */
#ifndef XENOLITH_CONSOLE_H
#define XENOLITH_CONSOLE_H

#include "log.h"
#include "types.h"

struct domain;

/* Read loglvl=, guest_loglvl=, console_timestamps=; from the start of hv_main() (or earlier). */
void console_options(void);
/* Make the ring as large as conring_size= asks; needs the page allocator. What is in it stays. */
void console_grow_ring(void);

/*
 * The ring, as XEN_SYSCTL_readconsole sees it: index counts characters since boot. console_ring_start gives the first
 * index to read (incremental: not before the caller's), console_ring_copy copies from *index on, advances it and
 * returns the number of bytes (0: no more), console_ring_clear forgets all before now.
 */
uint32_t console_ring_start(bool incremental, uint32_t index);
size_t console_ring_copy(uint32_t *index, char *buf, size_t size);
void console_ring_clear(void);

/* CONSOLEIO_write: dom0's bytes as they are; a guest's by lines with its id before them, if guest_loglvl lets them out. */
void console_dom_write(const struct domain *d, const char *buf, size_t len);
/* CONSOLEIO_read: input waiting for dom0; returns the number of bytes. */
int console_input_read(char *buf, size_t size);

/* A message that a guest's doings caused: limited by guest_loglvl=. */
void log_guest(enum log_level level, const struct domain *d, const char *fmt, ...) __printf(3, 4);

/* The machine's input: arch registers how to fetch it, console_input_work() (WORK_CONSOLE) does, and it comes back here. */
void console_start_input(void (*poll)(void));
void console_input_work(void);
void console_receive(const char *buf, size_t len);

/* A panic is being printed: output goes past locks and levels. */
bool console_panicking(void);

/* Debug keys (debug_key.c): called without locks. */
void debug_key(char key);

#endif
