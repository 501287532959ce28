#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The test kernels of tests/guest, each in dom0's place: what it finds on our hypervisor it finds on stock Xen.
# Files in a test's folder: "except" names lines that differ for a reason (a regular expression for the line, two
# spaces, why); "ours-only" says why stock Xen cannot run it, what it should find is in "expected" then; "args" are
# qhost's; "elsewhere" names the test that runs it instead of this one.
. "$(dirname "$0")/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
kernels=$(find "$build/tests/guest" -name '*.elf' 2>/dev/null | sort)
[ -n "$kernels" ] || skip "no test kernels in $build/tests/guest"
bad=0

run_on() { # run_on HYPERVISOR KERNEL OUT
    "$tests/lab/qhost" --hypervisor "$1" --kernel "$2" --log "$log" --timeout 60 $args >"$work/raw" 2>"$work/err"
    status=$?
    tr -d '\r' <"$work/raw" >"$3"
    [ $status = 0 ] || { echo "$2 on $1: status $status"; tail -n 30 "$work/err"; bad=1; }
}

drop_excepted() { # drop_excepted FILE EXCEPTIONS
    [ -e "$2" ] || { cat "$1"; return; }
    sed '/^#/d; s/  .*//' "$2" | grep . >"$work/patterns"
    grep -vxEf "$work/patterns" "$1" || :
}

compare() { # compare KERNEL
    name=$(basename "$1" .elf)
    dir=$tests/guest/$name
    [ ! -e "$dir/elsewhere" ] || return 0
    args=$(cat "$dir/args" 2>/dev/null || :)
    reference=stock
    set +e
    if [ -e "$dir/ours-only" ]; then
        reference=expected
        cp "$dir/expected" "$work/stock"
    else
        run_on stock "$1" "$work/stock"
    fi
    run_on "$HYPERVISOR" "$1" "$work/ours"
    set -e
    [ -s "$work/ours" ] || { echo "$name: no output"; bad=1; }
    drop_excepted "$work/stock" "$dir/except" >"$work/stock.kept"
    drop_excepted "$work/ours" "$dir/except" >"$work/ours.kept"
    diff -u --label "$reference" --label ours "$work/stock.kept" "$work/ours.kept" || bad=1
    echo "$name: $(wc -l <"$work/ours") lines compared with $reference"
}

for kernel in $kernels; do
    compare "$kernel"
done
[ $bad = 0 ] || fail "a test kernel saw something else on stock Xen, or failed"
