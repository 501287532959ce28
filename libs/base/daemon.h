/* SPDX-License-Identifier: LGPL-2.1-only */
/* What a program does to become a daemon. */
#ifndef BASE_DAEMON_H
#define BASE_DAEMON_H

/*
 * Goes on in a child, in a session of its own and in /. The first process waits, and ends with 0 once a byte was written
 * to the returned pipe, with 1 when the pipe is closed without. -errno: still the first process, or nothing to go on with.
 */
int daemon_background(void);
/* Standard input, output and errors are /dev/null from now on. */
void daemon_null_stdio(void);
/* A datagram socket at which the service manager waits for the lines of sd_notify(3), or -1: there is none. */
int daemon_notify_socket(void);

#endif
