#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Our xl on our libxenlight makes Debian guests in dom0, beside the distribution's xl, which sees them as its own: console, pause, shutdown, destroy
# from both sides; what fails leaves nothing; afterwards everything is as before.
TOOLSTACK=beside
. "$(dirname "$0")/lib.sh"
python3 "$tests/lab/lib/guest.py" "$work/guest"
guests_script <<'S'
create() { # create NAME VCPUS [OPTION|SETTING...]
    name=$1 vcpus=$2
    shift 2
    our_xl create -q -e /root/guest/guest.cfg "name=\"$name\"" "vcpus=$vcpus" "$@"
}
no_domain_runs() { our_xl list $1 | tail -n 1 | grep -q ' ---s-- '; }
ends() { within 300 no_domain_runs $1 || { our_xl list; echo 'it does not shut down'; exit 1; }; }
columns() { awk '{ print $1, $2, $3, $4 }'; } # the others change from moment to moment
create first 1
wait_for first '^guest is up: Linux .*, 1 vCPU'
our_xl destroy first # what dom0 keeps for good it has afterwards
traces_before
free=$(xl info free_memory)

create one 2 -p
[ "$(xl domid one)" = "$(our_xl domid one)" ]
[ "$(our_xl domname $(xl domid one))" = one ]
[ "$(our_xl list one | awk 'END { print $1, $4, $5 }')" = 'one 1 --p---' ] # vCPU 1 is started by its kernel
our_xl unpause one
wait_for one '^guest is up: Linux .*, 2 vCPU'
[ "$(xl list | columns)" = "$(our_xl list | columns)" ] || { xl list; our_xl list; exit 1; }
xl vcpu-list one
xl list -l one >/tmp/config
grep -q '"max_memkb": 131072' /tmp/config
our_xl pause one
xl list one | tail -n 1 | grep -q ' -[b-]p--- '
xl unpause one
refused 'domain one: writing its nodes: another domain has the name one' create one 1
refused 'kernel /root/guest/initrd.gz: ' create bad 1 -p 'kernel="/root/guest/initrd.gz"'
[ "$(our_xl list | wc -l)" = 3 ]
our_xl shutdown one
ends one
our_xl destroy one
refused 'there is no domain `one' our_xl destroy one

create two 1
wait_for two '^guest is up: Linux'
xl pause two
our_xl list two | tail -n 1 | grep -q ' -[b-]p--- '
our_xl unpause two
xl shutdown two
ends two
xl destroy two
free_memory_is $free
traces_as_before
echo complete
S
host --smp 2 --timeout 300 --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
