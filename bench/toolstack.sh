#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What xl costs, the distribution's and ours in turn on one host in icount mode, where a million instructions is a
# millisecond: on our hypervisor with our daemons; HYPERVISOR=stock STORE=stock CONSOLE=stock are the others (requests are counted
# with our xenstored only). Ends with 1 when ours is above a limit. CYCLES, ALIVE: smaller sizes.
: "${STORE:=ours}" "${CONSOLE:=ours}"
TOOLSTACK=beside
. "$(dirname "$0")/../tests/system/lib.sh"
bench=$(cd "$(dirname "$0")" && pwd)
tests=$bench/../tests
log=$OUT/bench-toolstack.com1
build=${XENOLITH_BUILD:-$tests/../build}
alive=${ALIVE:-190}
python3 "$tests/lab/lib/guest.py" "$work/guest"
guests_script "cycles=${CYCLES:-10}" "alive=$alive" "store=$STORE" <"$bench/toolstack.dom0"
host --icount --smp 1 --mem 2304 --timeout 1800 --add "$work/guest:/root/guest" --add "$build/bench/tiny.elf:/root/bench/tiny.elf" \
    --add "$build/bench/elapsed:/root/bench/elapsed" >"$work/all" || :
[ "$status" = 0 ] || { cat "$work/all"; fail "status $status"; }
# A figure is the least of its kind: others hold what comes once, and ticks of the clock.
awk -v alive="$alive" '
function row(what, stock, ours, limit, where) {
    printf "| %s | %s | %s | %s | %s |\n", what, stock ? stock : "", ours, stock ? sprintf("%.2f", ours / stock) : "", where ? where : limit
    if (!ours || ours + 0 > limit + 0) { above = above "\n- " what; bad = 1 }
}
function mega(tool, key) { return least[tool "." key] ? sprintf("%.1f", least[tool "." key] / 1e6) : "" }
$1 == "bench" { if (!least[$2] || $3 < least[$2]) least[$2] = $3 }
$1 == "trace" && $3 == "socket" && $5 == "CONTROL" { control[$2] = $4 } # who connects later is xl
$1 == "trace" && $3 == "socket" && $4 > control[$2] { requests[$2]++ }
END {
    print "| xl, million instructions | stock | ours | ratio | limit |"
    print "|---|---|---|---|---|"
    first = mega("ours", "create")
    many = " with " alive " alive"
    row("create of a tiny guest", mega("stock", "create"), first, 11)
    row("the same" many, mega("stock", "create-many"), mega("ours", "create-many"), 1.2 * first, "1.2 of the line above")
    row("destroy of a tiny guest", mega("stock", "destroy"), mega("ours", "destroy"), 5.5)
    row("the same" many, mega("stock", "destroy-many"), mega("ours", "destroy-many"), 97, "")
    row("list" many, mega("stock", "list-many"), mega("ours", "list-many"), 21)
    row("create of a Debian guest, its kernel never seen", mega("stock", "cold"), mega("ours", "cold"), 0.97 * mega("stock", "cold"), "0.97 of stock")
    row("the same again", "", mega("ours", "warm"), 150)
    row("the same, until its init speaks", mega("stock", "cold-until"), mega("ours", "warm-until"), 1700)
    if (requests["ours"]) row("requests to the store of a create", requests["stock"], requests["ours"], 60)
    if (bad) print "\nAbove the limit:" above
    exit bad
}' "$work/out"
