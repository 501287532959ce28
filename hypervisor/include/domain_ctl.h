/* SPDX-License-Identifier: GPL-2.0-only */
/* What the toolstack's side (trap/domctl.c) and the boot code need of domains and vCPUs beyond domain.h and vcpu.h. */
#ifndef XENOLITH_DOMAIN_CTL_H
#define XENOLITH_DOMAIN_CTL_H

#include "types.h"

struct domain;
struct vcpu;

#define DOMAIN_GRANT_VERSION_MASK 0xf /* of domain_config.grant_opts */
#define CONTROLLER_PAUSE_MAX INT32_MAX

#define SHUTDOWN_CODE_NONE 0xff /* domain.shutdown_code of one that never shut down */

/* The pauses that XEN_DOMCTL_pausedomain counts. -EOVERFLOW; -EINVAL: it is not paused. */
int domain_controller_pause(struct domain *d);
int domain_controller_unpause(struct domain *d);

/* Let go of guest frames that v holds (vcpu_info), for a domain that will not run again. */
void vcpu_release(struct vcpu *v);

#endif
