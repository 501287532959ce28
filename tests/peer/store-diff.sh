#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# soak: 20,000 sequences
# Our xenstored beside the distribution's, without Xen: random sequences of well- and ill-formed requests over sockets get
# the same answers and events, but for what store/diff.c lists.
. "$(dirname "$0")/../system/lib.sh"
. "$tests/peer/store/stock.sh"
sequences=1000
! soak || sequences=20000
cc -std=gnu11 -O1 -D_GNU_SOURCE -I "$tests/../libs/store/include" "$tests/peer/store/diff.c" -o "$work/diff"
daemon_start xenstored "$work/stock"
mkdir "$work/ours"
XENSTORED_RUNDIR=$work/ours "$build/tools/xenstored/xenstored" -N -D >"$work/ours/log" 2>&1 &
daemon=$!
cleanups="$cleanups $daemon"
wait_for_socket "$work/ours" "$daemon"
"$work/diff" "$work/stock/socket" "$work/ours/socket" $sequences "${STORE_SEED:-1}" || fail "see above"
