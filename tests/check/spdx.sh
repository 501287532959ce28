#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every source file names its licence: MIT for the public ABI and the store's wire format, LGPL for libs/, GPL for the rest.
srcdir=${srcdir:-.}
cd "$srcdir" || exit 99
bad=0
for f in $(find hypervisor libs migration tools tests bench -type f \( -name '*.[chS]' -o -name '*.def' -o -name '*.sh' \
        -o -name '*.py' -o -name '*.lds' -o -name '*.mk' \) 2>/dev/null) quickstart configure.ac Makefile.am; do
    case $f in
    hypervisor/include/public/* | libs/store/include/xen/*) want=MIT ;;
    libs/*) want=LGPL-2.1-only ;;
    *) want=GPL-2.0-only ;;
    esac
    head -3 "$f" | grep -q "SPDX-License-Identifier: $want" || { echo "$f: no SPDX line with $want"; bad=1; }
done
exit $bad
