#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# libxenlight, and our xl on it, make Debian guests in dom0, beside the distribution's xl, which sees them as its own: console, pause, shutdown,
# destroy from both sides; what fails leaves nothing; afterwards everything is as before.
. "$(dirname "$0")/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build}
life=$build/tests/system/light_life
[ -x "$life" ] || skip "no $life"
python3 "$tests/lab/lib/guest.py" "$work/guest"
guests_script <<'S'
nodes() { xenstore-ls -f / | grep -Ev '^/(libxl|vm|local/domain/0/(backend|device-model)(/[a-z]*)?) = ""$'; }
create() { # create NAME VCPUS
    /root/light_life create $1 /root/guest/vmlinuz /root/guest/initrd.gz 128 $2 'console=hvc0'
}
chmod +x /root/light_life /root/xl
xenolith_xl() { LD_LIBRARY_PATH=/root/lib /root/xl "$@"; }
no_domain_runs() { ! /root/light_life list | grep -q "^$1 .* runs"; }
first=$(create first 1)
/root/light_life unpause $first
wait_for first '^guest is up: Linux .*, 1 vCPU'
/root/light_life destroy $first # what dom0 keeps for good it has afterwards
nodes >/tmp/before
free=$(xl info free_memory)

one=$(create one 2)
[ "$(xl domid one)" = $one ]
[ "$(/root/light_life list | tail -n 1)" = "$one one 1 paused" ] # vCPU 1 is started by its kernel
/root/light_life unpause $one
wait_for one '^guest is up: Linux .*, 2 vCPU'
xl list one
xl vcpu-list one
xl list -l one >/tmp/config
grep -q '"max_memkb": 131072' /tmp/config
/root/light_life pause $one
xl list one | tail -n 1 | grep -q ' -[b-]p--- '
xl unpause one
! create one 1 2>/tmp/twice || { echo 'two have one name'; exit 1; }
grep -q 'domain one: writing its nodes: another domain has the name one' /tmp/twice || { cat /tmp/twice; exit 1; }
! /root/light_life create bad /root/guest/initrd.gz /root/guest/initrd.gz 64 1 x 2>/tmp/bad
head -n 1 /tmp/bad
[ "$(/root/light_life list | wc -l)" = 2 ]
/root/light_life shutdown $one
within 300 no_domain_runs $one || { /root/light_life list; echo 'it does not shut down'; exit 1; }
/root/light_life destroy $one
! /root/light_life destroy $one 2>/tmp/none
head -n 1 /tmp/none

two=$(create two 1)
xl unpause two
wait_for two '^guest is up: Linux'
xl destroy two

# Our own xl, from the configuration that stock's takes.
xenolith_xl create -q -e /root/guest/guest.cfg 'name="three"'
wait_for three '^guest is up: Linux'
three=$(xenolith_xl domid three)
[ "$(xenolith_xl domname $three)" = three ]
columns() { awk '{ print $1, $2, $3, $4 }'; } # the others change from moment to moment
[ "$(xl list | columns)" = "$(xenolith_xl list | columns)" ] || { xl list; xenolith_xl list; exit 1; }
xenolith_xl pause three
xl list three | tail -n 1 | grep -q ' -[b-]p--- '
xenolith_xl unpause three
xenolith_xl shutdown three
within 300 no_domain_runs $three || { xenolith_xl list; echo 'it does not shut down'; exit 1; }
xenolith_xl destroy three
free_memory_is $free
nodes >/tmp/after
diff /tmp/before /tmp/after
ls /var/lib/xen | grep '^userdata' | grep -v '\.0\.0' && exit 1
echo complete
S
libraries=$(ldd "$build/tools/xl/xl" | sed -n '/libc\.so/!s|.* => \(/[^ ]*\) .*|\1|p') # dom0 does not have all of them
host --smp 2 --timeout 300 --add "$work/guest:/root/guest" --add "$life:/root/light_life" --add "$build/tools/xl/xl:/root/xl" \
    $(for l in $libraries; do echo --add "$l:/root/lib/${l##*/}"; done)
expect_status 0
out_has '^complete$'
clean_log
