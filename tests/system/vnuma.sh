#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Virtual NUMA: a Debian guest of our xl with two virtual nodes sees its processors, memory and distances where vnuma= has
# them; what is wrong with vnuma= is said, and leaves no domain.
TOOLSTACK=beside
. "$(dirname "$0")/lib.sh"
python3 "$tests/lab/lib/guest.py" "$work/guest"
guests_script <<'S'
create() { # create NAME NODE0 NODE1 [SETTING...]
    name=$1 vnuma="vnuma=[[$2],[$3]]"
    shift 3
    our_xl create -q -e /root/guest/guest.cfg "name=\"$name\"" 'extra="console=hvc0 script"' "$vnuma" "$@"
}
first='"pnode=0","size=112","vcpus=0,2","vdistances=10,21"'
second='"pnode=0","size=176","vcpus=1,3","vdistances=31,10"'
create numa "$first" "$second" memory=288 vcpus=4 maxvcpus=4
wait_for numa '^guest is up: Linux .*, 4 vCPU'
typed numa 'cd /sys/devices/system/node; for n in node*; do echo "$n: cpus $(cat $n/cpulist) distances $(cat $n/distance) kB $(awk "/MemTotal/ { print \$4 }" $n/meminfo)"; done'
typed numa 'dmesg | grep -E "SRAT|SLIT|ACPI.*NUMA|NUMA:|not on the same node" | sed "s/^\[[^]]*\] /dmesg: /"'
console numa | grep -E '^(node|dmesg: )'
console numa | grep -q '^node0: cpus 0,2 distances 10 21 kB '
console numa | grep -q '^node1: cpus 1,3 distances 31 10 kB '
if console numa | grep -q '^node2: '; then exit 1; fi
# Of the second nearly all is memory, of the first also the kernel.
console numa | awk '/^node0: / { if ($NF > 20 * 1024 && $NF < 112 * 1024) ok++ }
    /^node1: / { if ($NF > 165 * 1024 && $NF <= 176 * 1024) ok++ }
    END { exit ok != 2 }'
if complaints numa; then exit 1; fi
# What CPUID says of cores and caches goes across no node: the kernel would complain and not believe it.
if console numa | grep 'not on the same node'; then exit 1; fi
typed numa 'cd /sys/devices/system/cpu; for c in cpu?; do echo "$c: package $(cat $c/topology/physical_package_id) with $(cat $c/topology/core_cpus_list) caches $(cat $c/cache/index*/shared_cpu_list)"; done'
console numa | grep '^cpu[0-9]: '
xl list -l numa | grep -q '"memkb": 180224'
our_xl destroy numa

refused 'pnode is `7' create wrong "$first" '"pnode=7","size=176","vcpus=1,3","vdistances=31,10"' vcpus=4 maxvcpus=4
refused 'vCPU 2 is on vnode 0 and on vnode 1' create wrong "$first" '"pnode=0","size=176","vcpus=2,3","vdistances=31,10"' vcpus=4 maxvcpus=4
refused 'vnode 1 is 10 from vnode 0' create wrong "$first" '"pnode=0","size=176","vcpus=1,3","vdistances=10,10"' vcpus=4 maxvcpus=4
[ "$(our_xl list | wc -l)" = 2 ]
echo complete
S
host --smp 2 --timeout 400 --add "$work/guest:/root/guest"
expect_status 0
out_has '^complete$'
clean_log
