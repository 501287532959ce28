#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# libxenvchan's stock user (vchan-socket-proxy: gntalloc for who serves, gntdev for who connects) from a guest to dom0, from
# dom0 to a guest and from guest to guest: data arrives intact, and afterwards everything is as before.
# soak: 32 MiB instead of 1
. "$(dirname "$0")/lib.sh"
size=1
! soak || size=32
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script "size=$size" <<'S'
# What a shell does, here or in a guest, to receive from a domain by a path and to say the sum of it. The proxy ends neither
# with its input nor with the other's: when everything is there, we end it.
receiver() {
    echo ": >/got; vchan-socket-proxy $1 $2 - <>/hold >/got & until [ \$(wc -c </got) -ge $((size << 20)) ]; do usleep 100000; done; kill \$!; echo \"got: \$(md5sum </got)\""
}
data="dd if=/dev/urandom of=/data bs=1M count=$size 2>/dev/null; echo \"data: \$(md5sum </data)\""
create() {
    xl create -q /root/guest/guest.cfg "name='$1'" 'extra="console=hvc0 script"'
    wait_for $1 'guest is ready'
    typed $1 'mkfifo /hold'
}
# said GUEST WORD: the last sum of that name on its console
said() { console $1 | awk -v word="$2:" '$1 == word { sum = $2 } END { print sum }'; }
# serves STATE: until a client can come
serves() {
    within 1200 store_says "$1" running || { console one | tail; echo "nobody wrote $1"; exit 1; }
    xenstore-rm "$1"
}
# equal WHAT SUM SUM
equal() {
    [ -n "$2" ] && [ "$2" = "$3" ] || { echo "$1: $2 was sent, $3 came"; exit 1; }
    echo "$1: $size MiB intact"
}

# dom0_serves GUEST: dom0's /data, until the guest has it
dom0_serves() {
    vchan-socket-proxy -m server -s /tool/vchan-state $(xl domid $1) /tool/vchan - </data &
    server=$!
    serves /tool/vchan-state
    typed $1 "$(receiver 0 /tool/vchan)"
    kill $server 2>/dev/null || : # it may have ended with its client
    wait $server || :
}

sent=$(eval "$data" | cut -d' ' -f2)
mkfifo /hold
create zero # what dom0 keeps for good it has afterwards
dom0_serves zero
xl destroy zero
settle
create one
create two
one=$(xl domid one)
home=/local/domain/$one/data
typed one "$data"

echo "vchan-socket-proxy -m server -s data/state 0 data/up - </data &" >"$(tty_of one)"
serves $home/state
equal 'guest to dom0' "$(said one data)" "$(eval "$(receiver $one $home/up)" | awk '{ print $2 }')"

dom0_serves two
equal 'dom0 to guest' $sent "$(said two got)"

echo "vchan-socket-proxy -m server -s data/state $(xl domid two) data/side - </data &" >"$(tty_of one)"
serves $home/state
typed two "$(receiver $one $home/side)"
equal 'guest to guest' "$(said one data)" "$(said two got)"

xl destroy one
xl destroy two
same 'vchans'
echo complete
S
host --smp 2 --timeout $((500 + size * 40)) --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
