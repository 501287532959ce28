#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian's kernel boots as dom0 on one CPU.
. "$(dirname "$0")/lib.sh"
boots --smp 1
out_has '^cpus 1$'
