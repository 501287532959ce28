/* SPDX-License-Identifier: LGPL-2.1-only */
#include "ctrl.h"
#include "linux_devices.h"

const struct ctrl_transport ctrl_linux = {
    .evtchn_open = linux_evtchn_open,
    .evtchn_adopt = linux_evtchn_adopt,
    .gnttab_open = linux_gnttab_open,
    .priv_open = linux_priv_open,
};

const struct ctrl_transport *const ctrl_transport = &ctrl_linux;
