/* SPDX-License-Identifier: LGPL-2.1-only */
/* The two ends of a pseudo-terminal, raw: every byte goes through as it is. */
#ifndef BASE_PTY_H
#define BASE_PTY_H

#define PTY_NAME_MAX 64

/* A new master, which does not wait, and whose slave may be opened; or -errno. */
int pty_open_master(void);
/* Its slave, raw, and its path. The settings last as long as somebody has it open. A descriptor or -errno. */
int pty_open_slave(int master, char name[PTY_NAME_MAX]);

#endif
