#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dom0 resets the host.
. "$(dirname "$0")/lib.sh"
script 'reboot -f; sleep 100'
host
grep -q '^qhost: the host was reset' "$work/err" || fail "QEMU did not see a reset"
clean_log
