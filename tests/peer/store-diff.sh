#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Random requests to stock's xenstored and to ours: the same answers, the same errors, the same watch events, but for what
# store/store_diff.except says, with the reasons. STORE_DIFF_SEED begins elsewhere.
# soak: 20,000 sequences of requests to stock's xenstored and to ours (here 3,000)
. "$(dirname "$0")/../system/lib.sh"
. "$tests/peer/store/stock.sh"
diff=$build/tests/peer/store/store_diff
except=$tests/peer/store/store_diff.except
sequences=3000
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
