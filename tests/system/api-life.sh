#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A program written on libxl's public headers alone (api_life.c) is built with the distribution's headers and with ours, unchanged,
# and prints the same in dom0 with the distribution's libxenlight and with ours: calls that wait, events, a loop of its own.
. "$(dirname "$0")/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
[ -e "$build/tests/domu/flat.elf" ] || skip "no test kernels in $build/tests/domu"
[ -x "$build/tests/system/api_life" ] || skip "no $build/tests/system/api_life"
mkdir "$work/lib"
(
    export LD_LIBRARY_PATH="$build/libs/light:$build/libs/toollog"
    own_libraries "$work/lib" "$build/tests/system/api_life"
)
cp "$build/tests/system/api_life" "$work/ours"
cp "$work/ours" "$work/stock"
if [ -e /usr/include/libxl.h ]; then
    ${CC:-gcc} -Wall -Wextra -Werror -D_GNU_SOURCE "$tests/system/api_life.c" -o "$work/stock" -lxenlight -lxentoollog
else
    echo "libxen-dev is not there: the program is built with our headers only"
fi
guests_script <<'S'
life() { # life LIBRARIES PROGRAM OUT
    LD_LIBRARY_PATH=$1 "/root/$2" /root/domu/flat.elf >/tmp/$3 2>/tmp/$3.err || { echo "$3: status $?"; cat /tmp/$3 /tmp/$3.err; exit 1; }
}
life '' stock stock-stock
life /root/lib stock stock-ours
life /root/lib ours ours-ours
cat /tmp/stock-stock
diff /tmp/stock-stock /tmp/stock-ours
diff /tmp/stock-ours /tmp/ours-ours
[ "$(xl list | wc -l)" = 2 ]
echo complete
S
host --smp 2 --timeout 300 --add "$build/tests/domu:/root/domu" --add "$work/ours:/root/ours" --add "$work/stock:/root/stock" --add "$work/lib:/root/lib"
expect_status 0
out_has '^done$'
out_has '^complete$'
clean_log
