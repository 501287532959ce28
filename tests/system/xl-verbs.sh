#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Our xl and console in the place of the distribution's: xl looks after a guest until its end, as the configuration says; shows its console from the first
# line on; waits for shutdowns; devices come and go, and are there again after a reboot. What is refused says why in its first line.
. "$(dirname "$0")/lib.sh"
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
guests_script <<'S'
boots() { [ "$(console $1 | grep -c '^guest is up')" -ge $2 ]; }
booted() { within 900 boots $1 $2 || { console $1 | tail -n 5; cat /var/log/xen/xl-$1.log; echo "$1 has not booted $2 times"; exit 1; }; }
ended() { [ ! -d /proc/$1 ]; }
has_state() { xl list $1 | tail -n 1 | grep -q " $2 "; }

# Until its end: on_reboot it is made again, with what config-update has left; on_poweroff it goes.
xl create -q /root/guest/guest.cfg 'name="again"' --pidfile=/run/again.pid
booted again 1
[ "$(xl domid again)" = 1 ]
xl config-update -q again /root/guest/guest.cfg 'name="again"' vcpus=2
xl reboot again
booted again 2
[ "$(xl domid again)" = 2 ]
wait_for again '^guest is up: Linux .*, 2 vCPU'
grep -q '^Action for shutdown reason code 1 is restart$' /var/log/xen/xl-again.log
xl rename again renamed
[ "$(xl domid renamed)" = 2 ]
xl shutdown -w renamed 2>/tmp/said
printf 'Shutting down domain 2\nWaiting for 1 domains\nDomain 2 has been shut down, reason code 0\n' | diff - /tmp/said
gone renamed
within 100 ended $(cat /run/again.pid)
tail -n 1 /var/log/xen/xl-again.log | grep -q '^Done. Exiting now$'

# Its console on this terminal, from the first line to the last.
mkfifo /tmp/typed
xl create -c /root/guest/guest.cfg 'name="shown"' 'extra="console=hvc0 script"' </tmp/typed >/tmp/shown 2>&1 &
exec 4>/tmp/typed
wait_for shown 'guest is ready'
echo 'echo it is $((6 * 7)); sync; poweroff -f' >&4
wait $!
exec 4>&-
for line in 'Parsing config from /root/guest/guest.cfg' 'Linux version' 'guest is ready' 'it is 42'; do
    grep -q "$line" /tmp/shown || { cat /tmp/shown; echo "no '$line' was shown"; exit 1; }
done
gone shown

# In the foreground; a domain that is destroyed from elsewhere is no failure. One that crashes may stay.
xl create -F -q /root/guest/guest.cfg 'name="front"' >/tmp/front &
booted front 1
xl pause front
has_state front '..p---'
xl destroy front
wait $!
grep -q '^Domain .* has been destroyed\.$' /tmp/front
xl create -q /root/guest/guest.cfg 'name="crash"' 'extra="console=hvc0 script"' 'on_crash="preserve"' --pidfile=/run/crash.pid
wait_for crash 'guest is ready'
xl sysrq crash h
wait_for crash 'sysrq: HELP'
echo 'echo c >/proc/sysrq-trigger' >"$(tty_of crash)"
within 300 has_state crash '..-.c-' || { xl list; exit 1; }
within 100 ended $(cat /run/crash.pid)
xl destroy crash

# Devices come and go while it runs, and are there again after a reboot.
backends
truncate -s 4M /tmp/a /tmp/b
disks_are() { [ "$(xl block-list dev | awk 'NR > 1 { printf "%s %s ", $1, $4 }')" = "$1" ]; }
have_disks() { within 300 disks_are "$1" || { xl block-list dev; cat /var/log/xen/xl-dev.log; echo "the disks are not $1"; exit 1; }; }
has_nic() { xl network-list dev | grep -q " 00:16:3e:00:00:05  *[0-9]*  *4 "; }
xl create -q /root/guest/guest.cfg 'name="dev"' "disk=['file:/tmp/a,xvda,w']"
booted dev 1
xl block-attach dev file:/tmp/b,xvdb,w
xl network-attach dev bridge=xenbr0 mac=00:16:3e:00:00:05
have_disks '51712 4 51728 4 '
within 300 has_nic || { xl network-list dev; exit 1; }
xl block-list --json dev | grep -q '"vdev": "xvdb"'
refused 'xvdb' xl block-attach dev file:/tmp/b,xvdb,w
refused 'no disk xvdq' xl block-detach dev xvdq
refused 'xvdq' xl block-attach dev file:/tmp/none,xvdq,w
xl block-detach dev xvda
xl reboot dev
booted dev 2
have_disks '51728 4 '
within 300 has_nic || { xl network-list dev; exit 1; }
xl network-detach dev 00:16:3e:00:00:05
[ "$(xl network-list dev | wc -l)" = 1 ] || { xl network-list dev; xenstore-ls -f | grep vif; exit 1; } # the line of names
xl destroy dev

xl create -q -e -p --timing --json --progress=json /root/guest/guest.cfg 'name="timed"' >/tmp/timing 2>/tmp/progress
grep -q '"step": ' /tmp/timing
[ "$(grep -c '"step":' /tmp/progress)" = "$(grep -c '"step": ' /tmp/timing)" ] || { cat /tmp/timing /tmp/progress; exit 1; }
refused 'another domain has the name timed' xl create -q /root/guest/guest.cfg 'name="timed"'
xl destroy timed
refused '/root/none' xl create -q /root/guest/guest.cfg 'kernel="/root/none"'
refused '/root/none' xl create /root/none
refused 'which domain' xl shutdown
refused 'nonsense' xl shutdown nonsense
refused 'domain 0' xl destroy 0
refused 'no letter' xl sysrq 0 nonsense
echo 'autobaloon="off"' >/etc/xen/xl.conf
xl list 2>&1 | grep -q 'xl.conf:1:1: .*`autoballoon' || { xl list; exit 1; }
echo 'claim_mode="perhaps"' >/etc/xen/xl.conf
refused '/etc/xen/xl.conf:1:' xl list
rm /etc/xen/xl.conf
if ls /var/lib/xen | grep '^userdata' | grep -v '\.0\.0'; then exit 1; fi
[ "$(xl list | wc -l)" = 2 ]
echo complete
S
host --smp 2 --timeout 500 --toolstack console,xl --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
