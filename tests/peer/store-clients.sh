#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Clients and daemons, each with each: our libxenstore and the distribution's, on stock's xenstored, on oxenstored and on
# ours (store/client_check.c: the same text); python3-pyxs and the distribution's xenstore-* programs on ours.
. "$(dirname "$0")/../system/lib.sh"
. "$tests/peer/store/stock.sh"
check=$build/tests/peer/store/client_check
mkdir "$work/lib"
ln -s "$build/libs/store/libxenstore.so.4.0" "$work/lib/libxenstore.so.4"

# client LIBRARY DAEMON NAMES: out.LIBRARY.DAEMON
client() {
    lib=$stock_lib
    [ "$1" = stock ] || lib=$work/lib
    LD_LIBRARY_PATH=$lib XENSTORED_RUNDIR=$work/$2 timeout 60 "$check" "$3" >"$work/out.$1.$2" 2>&1 ||
        { cat "$work/out.$1.$2"; fail "the library of $1 with $2"; }
}

# Of two runs, but for the lines that match a pattern.
same() { # same OUT OUT [PATTERN]
    for i in "$1" "$2"; do grep -Ev "${3:-^\$}" "$work/out.$i" >"$work/same.$i"; done
    diff "$work/same.$1" "$work/same.$2" || fail "$1 and $2 differ (above)"
    echo "$1 and $2: $(wc -l <"$work/same.$1") lines alike"
    [ "$(wc -l <"$work/same.$1")" -gt 60 ] || fail "there is too little to compare"
}

for kind in xenstored oxenstored ours; do
    names=400
    [ $kind != oxenstored ] || names=40
    daemon_start $kind "$work/$kind"
    client stock $kind $names
    client ours $kind $names
    same stock.$kind ours.$kind
    PYTHONPATH=$stock/usr/lib/python3/dist-packages timeout 60 python3 "$tests/peer/store/pyxs_check.py" \
        "$work/$kind/socket" >"$work/pyxs.$kind" || fail "pyxs with $kind: status $?"
    [ $kind = ours ] || daemon_stop
done
same ours.xenstored ours.ours
# oxenstored says EIO where there is no such transaction, EINVAL of domains that it does not know, and lists less at once.
same ours.xenstored ours.oxenstored 'end again|in no transaction|release|resume|introduce|in parts'
diff "$work/pyxs.xenstored" "$work/pyxs.ours" || fail "pyxs sees another store"
echo "pyxs: $(wc -l <"$work/pyxs.ours") lines alike"
daemon_stop
