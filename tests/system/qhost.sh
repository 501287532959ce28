#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# qhost itself: bytes, statuses, files, time, crashes.
. "$(dirname "$0")/lib.sh"
script 'printf "a\000\377\r\n\tb"; exit 7'
host --add "$0:/bin/added"
expect_status 7
printf 'a\000\377\r\n\tb' | cmp - "$work/out" || fail "the output was changed"

script 'cmp /qhost/script /dev/null; ls -la /bin/added; cat /bin/added'
host --add "$0:/bin/added"
expect_status 0
out_has 'qhost itself'

script 'echo here; sleep 1000'
host --timeout 15
expect_status 124

script 'echo c >/proc/sysrq-trigger; sleep 1000'
host
expect_status 125
grep -q 'Hardware Dom0 crashed' "$work/err" || fail "no log lines on stderr"

for wrong in "--toolstack mine" "--net nothing" "--smp 0" "--disk /nonexistent"; do
    # shellcheck disable=SC2086
    host $wrong
    expect_status 2
done
