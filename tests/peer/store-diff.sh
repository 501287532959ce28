#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Random requests to stock's xenstored and to ours: the same answers, the same errors, the same watch events, but for what
# store/store_diff.except says, with the reasons; over sockets, and with guests on rings. STORE_DIFF_SEED begins elsewhere.
# soak: 20,000 sequences of requests to stock's xenstored and to ours, and with guests (here 2,000)
. "$(dirname "$0")/../system/lib.sh"
. "$tests/peer/store/stock.sh"
diff=$build/tests/peer/store/store_diff
except=$tests/peer/store/store_diff.except
sequences=2000
! soak || sequences=20000
seed=${STORE_DIFF_SEED:-1}

daemon_start xenstored "$work/stock"
daemon_start xenstored "$work/again"
daemon_start ours "$work/ours"

echo "+ stock beside stock: the comparison itself"
: >"$work/none"
"$diff" "$work/stock/socket" "$work/again/socket" 300 "$seed" "$work/none" || fail "stock differs from itself"
echo "+ ours beside stock"
"$diff" "$work/stock/socket" "$work/ours/socket" $sequences "$seed" "$except" || fail "answers differ"

echo "+ the same with guests on rings"
daemon_stop
daemon_start xenstored "$work/stock2"
mkdir -p "$work/fake/world"
"$diff" world "$work/fake/world"
export FAKE_WORLD="$work/fake/world"
daemon_start fake "$work/fake"
"$diff" "$work/stock2/socket" "$work/fake/socket" $sequences "$seed" "$except" "$work/stock2" || fail "guests are answered otherwise"
