#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# soak: lifecycle, listings, disks, networks, consoles: our toolstack on our hypervisor and on stock Xen, stock's on ours
# The same tests in three columns, each in its short size, lifecycle in full; docs/status.md has the table.
# WHERE, WHAT: only these.
. "$(dirname "$0")/lib.sh"
soak || skip "it is an hour: make soak NAME=three-columns"
columns=${WHERE:-ours-ours ours-stock stock-ours} # TOOLSTACK-HYPERVISOR
list=${WHAT:-xl-info guest-linux guest-console daemons cycles disk guest-net lifecycle}
unset SOAK WHERE WHAT
MEASURE=${MEASURE:-$work/lifecycle} # of lifecycle, the same for all columns
export MEASURE

result() { # result TEST COLUMN: how it ended, and how long it took
    path=$tests/system/$1.sh full= options=
    [ -e "$path" ] || { path=$tests/peer/$1.sh full=1; }
    [ "${2#*-}" = ours ] || options='--smp 1' # docs/decisions.md, 13
    [ $1 = lifecycle ] || options="$options --timeout 3600"
    start=$(date +%s) status=0
    SOAK=$full OUT=$OUT/$name-$2 HYPERVISOR=${2#*-} TOOLSTACK=${2%-*} STORE=${2%-*} CONSOLE=${2%-*} HOST_OPTIONS=$options \
        "$path" >"$OUT/$name-$2-$1.log" 2>&1 || status=$?
    case $status in
    0) echo "passed, $(($(date +%s) - start)) s" ;;
    77) echo "skipped: $(tail -n 1 "$OUT/$name-$2-$1.log")" ;;
    *) echo "FAILED, $OUT/$name-$2-$1.log" ;;
    esac
}

failed=0
for test in $list; do
    line="| $test |"
    for column in $columns; do
        said=$(result "$test" "$column")
        case $said in FAILED*) failed=1 ;; esac
        line="$line $said |"
    done
    echo "$line" | tee -a "$work/table"
done
printf '| test |%s\n' "$(for c in $columns; do printf ' toolstack %s, Xen %s |' "${c%-*}" "${c#*-}"; done)"
cat "$work/table"
[ $failed = 0 ]
