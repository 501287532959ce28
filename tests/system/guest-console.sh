#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# xl console on a terminal: the boot up to the shell's prompt, typed commands, and random data intact in both directions;
# then it is left by its escape key.
# soak: 1 MiB of random data through a guest's console and back
. "$(dirname "$0")/lib.sh"
if soak; then size=1048576; else size=65536; fi
python3 "$tests/lab/lib/guest.py" "$work/guest"
guests_script "size=$size" <<'S'
xl create -q -p /root/guest/guest.cfg
xl unpause guest
terminal 'exec xl console guest'
shows 'Linux version 6' 240
shows 'guest is up'
shows '^(~|/root) # '
screen | grep -c '^\[ *[0-9.]*\] '
type 'echo "typed: $((6 * 7))"'
shows '^typed: 42$'
type 'echo erasX'"$(printf '\177')"'ed | tr a-z A-Z' # the guest's line editor takes the X back
shows '^ERASED$'

echo '== in'
head -c $size /dev/urandom >/tmp/sent
type 'stty -echo; echo "now ta""king"; base64 -d >/tmp/data; stty sane; echo "in: $(sha256sum </tmp/data)"'
shows '^now taking'
start=$(date +%s)
base64 /tmp/sent >&4
printf '\004' >&4
shows '^in: [0-9a-f]{64}' 600
echo "in: $size bytes in $(($(date +%s) - start)) s"
want=$(sha256sum </tmp/sent)
screen | grep -q "^in: $want" || { screen | grep '^in:'; echo "in: not what was sent, $want"; exit 1; }

echo '== out'
start=$(date +%s)
type "head -c $size /dev/urandom >/tmp/data; "'echo "out: $(sha256sum </tmp/data)"; echo "be""gin"; base64 /tmp/data; echo "e""nd"'
shows '^end$' 600
echo "out: $size bytes in $(($(date +%s) - start)) s"
want=$(screen | grep -Eo '^out: [0-9a-f]{64}.*' | cut -c 6-)
got=$(screen | sed -n '/^begin$/,/^end$/p' | grep -v '^begin$\|^end$' | base64 -d | sha256sum)
[ -n "$want" ] && [ "$want" = "$got" ] || { echo "out: $got is not what was sent, $want"; exit 1; }

printf '\035' >&4 # Ctrl-]
terminal_ends
if complaints guest; then exit 1; fi
xl destroy guest
echo complete
S
host --smp 2 --add "$work/guest:/root/guest" --add "$(packages bsdutils)/usr/bin/script:/root/script" --timeout $((240 + size / 1500))
expect_status 0
out_has '^complete$'
clean_log
