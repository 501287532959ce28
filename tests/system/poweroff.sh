#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dom0 powers the host off: QEMU ends.
. "$(dirname "$0")/lib.sh"
script 'poweroff -f; sleep 100'
host
grep -q '^qhost: the host powered off' "$work/err" || fail "QEMU did not see a power-off"
clean_log
