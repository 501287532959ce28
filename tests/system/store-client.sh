#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The xenstore-* clients and libxenstore in dom0, over the socket and through the kernel (/dev/xen/xenbus), beside the
# distribution's on its own daemon; Debian's xl makes a guest with our library; in the guest they work too.
. "$(dirname "$0")/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
client=$build/tools/xenstore/xenstore
check=$build/tests/peer/store/client_check
for f in "$client" "$check"; do [ -e "$f" ] || skip "no $f"; done
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script <<'S'
mkdir /tmp/our
mv /root/libxenstore.so.4.0 /tmp/our/libxenstore.so.4
for way in socket xenbus; do
    unset XENSTORED_PATH
    [ $way = socket ] || export XENSTORED_PATH=/dev/xen/xenbus
    for lib in our stock; do
        echo "# client_check with the library of $lib through the $way"
        path=/tmp/our
        [ $lib = our ] || path=
        LD_LIBRARY_PATH=$path /root/client_check >/tmp/check.$way.$lib || { tail -n 3 /tmp/check.$way.$lib; exit 1; }
        [ "$(wc -l </tmp/check.$way.$lib)" -gt 60 ]
        # The kernel answers for watches itself: twice the same is two to it, and a bad path ends stock's connection.
        for f in $way.$lib socket.our; do
            cp /tmp/check.$f /tmp/same.$f
            [ $way = socket ] || grep -vE 'watch|event|first|check after' /tmp/check.$f >/tmp/same.$f
        done
        cmp /tmp/same.$way.$lib /tmp/same.socket.our || { diff /tmp/same.$way.$lib /tmp/same.socket.our; exit 1; }
    done
    /root/xenstore write /test/a "hello $way" /test/b/c x
    [ "$(xenstore-read /test/a)" = "hello $way" ]
    /root/xenstore watch -n 3 /test >/tmp/watched &
    watcher=$!
    while ! grep -q . /tmp/watched; do usleep 20000; done
    xenstore-write /test/b/d 1
    /root/xenstore rm /test
    wait $watcher
    [ "$(tr '\n' ' ' </tmp/watched)" = "/test /test/b/d /test " ]
    /root/xenstore ls -fp >/tmp/ours
    xenstore-ls -fp >/tmp/stocks
    cmp /tmp/ours /tmp/stocks
    grep -q '^/local/domain/0/name = "Domain-0"' /tmp/ours
    /root/xenstore read domid
done
echo "$(wc -l </tmp/ours) nodes seen alike"

unset XENSTORED_PATH
echo "# Debian's xl with our library"
export LD_LIBRARY_PATH=/tmp/our
cp /root/xenstore /root/client_check /tmp/our/
for m in loop xen-blkback; do modprobe $m; done
tar -c -f /tmp/clients.tar -C /tmp/our .
xl create -q /root/guest/guest.cfg "name='lib'" 'extra="console=hvc0 script"' 'disk=["file:/tmp/clients.tar,xvda,r"]'
wait_for lib 'guest is ready'
grep -l '/tmp/our/libxenstore' /proc/[0-9]*/maps # xl's own process waits for the guest's end
home=/local/domain/$(xl domid lib)
[ "$(/root/xenstore read $home/name)" = lib ]
/root/xenstore ls -f $home >/tmp/ours
xenstore-ls -f $home >/tmp/stocks
cmp /tmp/ours /tmp/stocks

echo '# in the guest'
typed lib 'mkdir /our && tar -x -f /dev/xvda -C /our'
typed lib '/our/xenstore read domid >/id && [ "$(cat /id)" = "$(/our/xenstore read /local/domain/$(cat /id)/domid)" ]'
typed lib '/our/xenstore watch -n 2 data/told >/watched & until [ -s /watched ]; do usleep 20000; done; /our/xenstore write data/told "the guest speaks"; wait $!'
[ "$(xenstore-read $home/data/told)" = 'the guest speaks' ]
typed lib '! /our/xenstore write /tool/x 1 2>/refused && grep -q "/tool/x" /refused'
for path in /our /lib; do # there is the distribution's
    xenstore-write /check ''
    xenstore-chmod /check n$(xl domid lib)
    typed lib "LD_LIBRARY_PATH=$path /our/client_check >/check.out"' || { tail -n 3 /check.out; false; }'
    typed lib "grep -vE 'watch|event|first|check after' /check.out >$path/same; [ \$(wc -l </check.out) -gt 60 ]"
done
typed lib 'cmp /our/same /lib/same'
echo 'poweroff -f' >"$(tty_of lib)"
gone lib
if xenstore-exists $home; then echo "$home is still there"; exit 1; fi
echo complete
S
host --add "$client:/root/xenstore" --add "$check:/root/client_check" --add "$work/guest:/root/guest" \
    --add "$build/libs/store/libxenstore.so.4.0:/root/libxenstore.so.4.0"
expect_status 0
out_has 'nodes seen alike'
out_has '^complete'
clean_log
