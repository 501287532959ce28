/* SPDX-License-Identifier: GPL-2.0-only */
/* The server's process. */
#ifndef XENSTORED_SERVE_H
#define XENSTORED_SERVE_H

#include "base/log.h"
#include "xenstored/options.h"

/* Its exit status: 2 when it would be the same the next time. */
int serve(const struct options *o, char **argv, const struct log *log);

#endif
