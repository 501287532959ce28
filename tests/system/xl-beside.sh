#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The distribution's xl on its libraries, and ours on ours, ask and tell the same hypervisor and store of the same guest:
# standard output and exit codes are the same. docs/xl-differences.md has what differs; of usages only the exit code counts.
TOOLSTACK=beside
. "$(dirname "$0")/lib.sh"
python3 "$tests/lab/lib/guest.py" "$work/guest"
cat >"$work/commands" <<'END'
list beside
list -v beside
list -Z -c -n beside
list -l beside
list nonsense
list -x
vm-list
vcpu-list beside
vcpu-list nonsense
info nr_cpus
info total_memory
info free_memory
info xen_version
info xen_scheduler
info hw_caps
info virt_caps
info -x
claims
sharing beside
uptime beside
uptime nonsense
domid beside
domid nonsense
domid
domname 0
domname 77
debug-keys q
debug-keys
vcpu-pin beside 0 0
vcpu-pin beside 1 0-1 1
vcpu-list beside
vcpu-pin beside 7 0
vcpu-pin beside 0 9
vcpu-pin beside all all all
vcpu-list beside
vcpu-set beside 1
vcpu-set beside 2
vcpu-set beside 9
vcpu-set nonsense 1
mem-max beside 200
mem-max beside x
mem-max nonsense 1
mem-set beside 100
mem-set beside 128
mem-set nonsense 1
list -l beside
list beside
sched-credit2 -d beside
sched-credit2 -d beside -w 300
sched-credit2 -d beside
sched-credit2 -d beside -w 70000
sched-credit2
sched-credit2 -s
sched-credit2 -p Pool-0
sched-credit2 -d nonsense
sched-credit
sched-credit -d beside
sched-rtds
cpupool-list
cpupool-list -c
cpupool-list nonsense
cpupool-rename nonsense x
cpupool-destroy nonsense
cpupool-cpu-add nonsense 1
cpupool-migrate nonsense Pool-0
cpupool-numa-split
block-list beside
network-list beside
rename nonsense x
pause beside
list beside
unpause nonsense
trigger beside nonsense
trigger nonsense nmi
sysrq nonsense h
dump-core nonsense /tmp/x
block-detach beside xvdz
block-detach nonsense xvda
network-detach beside 7
destroy nonsense
destroy 0
nonsense
END
guests_script <<'S'
# Times go on; usages are in their own words; ours says which pool a domain is in.
alike() { sed -E '/"pool_name":/d; s/,$//; s/[0-9]+\.[0-9]$/T/; s/ [0-9]+\.[0-9]( |$)/ T /; s/[0-9]+:[0-9:]+$/T/; /^Usage/,$d' "$1"; }
xl create -q -p /root/guest/guest.cfg 'name="beside"' vcpus=2 maxmem=192
bad=0 n=0
while read -r line; do
    a=0 b=0
    xl $line >/tmp/a 2>/tmp/a.err || a=$?
    our_xl $line >/tmp/b 2>/tmp/b.err || b=$?
    n=$((n + 1))
    alike /tmp/a >/tmp/a.like
    alike /tmp/b >/tmp/b.like
    [ $a = $b ] && cmp -s /tmp/a.like /tmp/b.like && continue
    echo "xl $line: < stock ($a), > ours ($b)"
    diff /tmp/a.like /tmp/b.like || :
    head -n 2 /tmp/a.err /tmp/b.err
    bad=$((bad + 1))
done </root/commands
echo "$n commands, $bad that answer differently"
xl destroy beside
our_xl check || { echo 'xl check finds this host wanting'; bad=1; }
[ $bad = 0 ]
S
host --smp 2 --timeout 1000 --add "$work/guest:/root/guest" --add "$work/commands:/root/commands"
expect_status 0
out_has ' 0 that answer differently$'
