/* SPDX-License-Identifier: MIT */
/* multicall, vm_assist and console_io: small top-level hypercalls. */
#ifndef XENOLITH_PUBLIC_MULTICALL_H
#define XENOLITH_PUBLIC_MULTICALL_H

#include <stdint.h>

#define VMASST_CMD_enable 0
#define VMASST_CMD_disable 1
#define VMASST_TYPE_runstate_update_flag 5

#define CONSOLEIO_write 0
#define CONSOLEIO_read 1

#define WIRE_DEF "multicall.def"
#include "wire_expand.h"

#endif
