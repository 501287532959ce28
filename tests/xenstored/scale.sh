#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The store's daemon without a hypervisor: 300 guests started in parallel, each in one transaction, none starved; many
# nodes, walked, there after kill -9 and a live update. Prints what it took. SOAK=1: 120,000 nodes, and what a read costs the
# server itself, which is to be 3,000 instructions at most (with valgrind).
set -eu
XENSTORED_RUNDIR=$(mktemp -d /dev/shm/xenstored-scale-XXXXXX)
LD_LIBRARY_PATH=libs/store
export XENSTORED_RUNDIR LD_LIBRARY_PATH
daemon=
end() {
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || :
    wait
    rm -rf "$XENSTORED_RUNDIR"
}
trap end EXIT
run() {
    tools/xenstored/xenstored -N -D 2>>"$XENSTORED_RUNDIR/log" &
    daemon=$!
    tries=0
    until bench/store-scale reads 1 >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 6000 ] || { echo "the daemon does not answer"; exit 1; }
        sleep 0.01
    done
    bench/store-scale "$@"
    kill "$daemon"
    wait "$daemon"
    daemon=
    rm "$XENSTORED_RUNDIR/journal"
}
instructions() {
    valgrind --tool=callgrind --callgrind-out-file="$XENSTORED_RUNDIR/calls.%p" bench/store-read "$1" >/dev/null 2>&1
    # The server's is the larger one: the client only writes and reads.
    sed -n 's/^totals: //p' "$XENSTORED_RUNDIR"/calls.* | sort -n | tail -n 1
    rm "$XENSTORED_RUNDIR"/calls.*
}

run starts 300
run nodes "$([ -n "${SOAK:-}" ] && echo 120000 || echo 5000)"
[ -n "${SOAK:-}" ] || exit 0
command -v valgrind >/dev/null || { echo "instructions of a read: not measured, no valgrind"; exit 0; }
few=$(instructions 1000)
many=$(instructions 3000)
each=$(((many - few) / 2000))
echo "instructions-a-read $each"
[ "$each" -le 3000 ]
