/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XENCONSOLED_OPTIONS_H
#define XENCONSOLED_OPTIONS_H

#include "xenconsoled/daemon.h"

/* 0: start; 1: all is said; -EINVAL: the command line is wrong, which has been said. */
int options_parse(int argc, char **argv, struct daemon_options *ret_options);

#endif
