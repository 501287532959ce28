#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# libxenvchan's stock user (vchan-socket-proxy): a guest serves by gntalloc, dom0 connects by gntdev; data arrives intact, and
# afterwards everything is as before.
# soak: 32 MiB instead of 1
. "$(dirname "$0")/lib.sh"
size=1
! soak || size=32
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script "size=$size" <<'S'
mkfifo /hold
exec 5<>/hold
# receive DOMID PATH: the sum of what comes. The proxy does not end with its input: when everything is there, we end it.
receive() {
    : >/got
    vchan-socket-proxy $1 $2 - <&5 >/got &
    until [ "$(wc -c </got)" -ge $((size << 20)) ]; do usleep 100000; done
    kill $!
    wait $! || :
    md5sum </got
}
create() {
    xl create -q /root/guest/guest.cfg "name='$1'" 'extra="console=hvc0 script"'
    wait_for $1 'guest is ready'
}

create zero # what dom0 keeps for good it has afterwards
xl destroy zero
settle
create one
typed one "dd if=/dev/urandom of=/data bs=1M count=$size; echo \"data: \$(md5sum </data)\""
one=$(xl domid one)
home=/local/domain/$one/data

echo "vchan-socket-proxy -m server -s data/state 0 data/up - </data &" >"$(tty_of one)"
tries=0
until [ "$(xenstore-read $home/state 2>/dev/null)" = running ]; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || { console one | tail; echo "the guest does not serve"; exit 1; }
    usleep 100000
done
sum=$(receive $one $home/up)
console one | grep "^data: $sum" || { console one | grep '^data: '; echo "$sum arrived"; exit 1; }

xl destroy one
same 'vchans'
echo complete
S
host --smp 2 --timeout $((400 + size * 20)) --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
