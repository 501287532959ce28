#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# CPUID and MSRs as dom0 sees them, in the same machine on our hypervisor and on stock Xen: our feature words are a
# subset of stock's, so that images of guests move both ways; what else differs is shown, with the reasons of
# cpuid.except for what is not a subset.
. "$(dirname "$0")/../system/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
kernel=${XENOLITH_BUILD:-$tests/../build}/tests/guest/cpuid.elf
[ -e "$kernel" ] || skip "no $kernel"
for which in stock "$HYPERVISOR"; do
    out=$work/$([ -e "$work/stock" ] && echo ours || echo stock)
    "$tests/lab/qhost" --hypervisor "$which" --kernel "$kernel" --log "$log" --timeout 90 ${CPUID_ARGS:-} >"$out" ||
        fail "$which: status $?"
done
python3 "$here/cpuid.py" "$here/cpuid.except" "$work/stock" "$work/ours"
