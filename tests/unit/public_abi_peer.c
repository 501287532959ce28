/* SPDX-License-Identifier: GPL-2.0-only */
/* The distribution's Xen headers (libxen-dev) on the rows of public_abi.def. */
#define __XEN_TOOLS__ 1
#define __XEN_INTERFACE_VERSION__ 0x00041100

#include "public_abi.h"

#include <xen/xen.h>

#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define SIZE(ours, theirs) {"sizeof " #ours, sizeof(struct theirs), 0},
#define FIELD(s, f, theirs, their_f) \
    {#s "." #f, offsetof(struct theirs, their_f), sizeof(((struct theirs *)0)->their_f)},
#define OFFSET(s, f, theirs, their_f) {#s "." #f, offsetof(struct theirs, their_f), 0},
#define CONST(name) {#name, (uint64_t)(name), 0},

const struct abi_value abi_peer[] = {
#include "public_abi.def"
};
const size_t nr_abi_peer = sizeof(abi_peer) / sizeof(abi_peer[0]);
