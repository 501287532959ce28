#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian's kernel boots as dom0 on two CPUs.
. "$(dirname "$0")/lib.sh"
boots --smp 2
out_has '^cpus 2$'
