#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dom0's devices (virtio disk and net, NVMe, e1000e) interrupt by MSI-X: the counts grow on the CPU that each interrupt is
# for, and go along when it is moved, also in the middle of traffic. With pci=nomsi all of them work through the IO-APIC.
# soak: 400 moves of each interrupt under load instead of 10
. "$(dirname "$0")/lib.sh"
moves=10
! soak || moves=400
for disk in virtio nvme; do
    dd if=/dev/urandom of="$work/$disk" bs=1M count=8 2>/dev/null
done
sums="$(sha256sum <"$work/virtio") $(sha256sum <"$work/nvme")"

functions() {
    cat "$tests/system/dom0.sh" - <<'S'
set -e
for m in virtio_pci virtio_blk virtio_net nvme e1000e; do modprobe $m; done
wait_until() { # wait_until WHAT COMMAND...
    what=$1
    shift
    within 300 "$@" || { cat /proc/interrupts; echo "never: $what"; exit 1; }
}
nic_of() { # nic_of DRIVER
    for n in /sys/class/net/*; do
        case $(readlink $n/device/driver) in */$1) echo ${n##*/} ;; esac
    done
}
has_nic() { [ -n "$(nic_of $1)" ]; }
wait_until 'disks' test -b /dev/vda -a -b /dev/nvme0n1
wait_until 'e1000e NIC' has_nic e1000e
ip addr add 10.0.9.1/24 dev $(nic_of e1000e) # nobody is at the other end: it only sends
ip link set $(nic_of e1000e) up
ip neigh add 10.0.9.2 lladdr 52:54:00:78:65:09 dev $(nic_of e1000e)

line_of() { awk -v name="$1" '$NF ~ name { sub(":", "", $1); print $1; exit }' /proc/interrupts; } # by its last word
count() { awk -v irq="$1:" -v column=$(($2 + 2)) '$1 == irq { print $column }' /proc/interrupts; } # count IRQ CPU
total() { echo $(($(count $1 0) + $(count $1 1))); }
read_disk() { taskset $2 dd if=/dev/$1 bs=64k count=128 iflag=direct 2>/dev/null; } # read_disk NAME CPUMASK
send() { ping -c 1 -W 1 10.0.9.2 >/dev/null || :; }
ask() { ping -c 1 -W 5 10.0.2.2 >/dev/null; }
S
}

{
    functions
    echo "moves=$moves"
    cat <<'S'
! grep -E 'IO-APIC.*(virtio|nvme|eth)' /proc/interrupts || { echo 'a device has an interrupt at the IO-APIC'; exit 1; }
is_msix() { # is_msix IRQ NAME
    [ -n "$1" ] && [ "$(cat /sys/bus/pci/devices/*/msi_irqs/$1)" = msix ] || { echo "$2 has no MSI-X"; exit 1; }
}
grown() { # grown IRQ CPU FROM BY
    [ $(($(count $1 $2) - $3)) -ge $4 ]
}
# The disks' queues are bound to the CPUs: each counts on its own, and nowhere else.
queue_counts() { # queue_counts DISK NAME CPU
    irq=$(line_of $2) other=$((1 - $3))
    is_msix "$irq" $2
    mine=$(count $irq $3) others=$(count $irq $other)
    read_disk $1 $((1 << $3)) | sha256sum
    grown $irq $3 $mine 20 && [ $(count $irq $other) = $others ] || { cat /proc/interrupts; echo "$2 does not count on CPU $3"; exit 1; }
    echo "$2: MSI-X on CPU $3"
}
queue_counts vda 'virtio[0-9]*-req.0' 0
queue_counts vda 'virtio[0-9]*-req.1' 1
queue_counts nvme0n1 nvme0q1 0
queue_counts nvme0n1 nvme0q2 1

# The others go where they are told; the first interrupt after that may still come to the old place.
traffic() { $1; grown $2 $3 $4 5; }
moves_to() { # moves_to NAME TRAFFIC CPU
    irq=$(line_of $1)
    is_msix "$irq" $1
    echo $((1 << $3)) >/proc/irq/$irq/smp_affinity
    wait_until "$1 on CPU $3" traffic $2 $irq $3 $(count $irq $3)
    before=$(count $irq $((1 - $3)))
    for i in 1 2 3 4 5; do $2; done
    [ $(count $irq $((1 - $3))) = $before ] || { cat /proc/interrupts; echo "$1 still counts on CPU $((1 - $3))"; exit 1; }
    echo "$1: moved to CPU $3"
}
sent=$(nic_of e1000e)-tx-0
for cpu in 1 0 1; do
    moves_to 'virtio[0-9]*-input.0' ask $cpu
    moves_to $sent send $cpu
done

# In the middle of traffic: nothing is lost, or the pings and the reads would not end.
input=$(line_of 'virtio[0-9]*-input.0')
output=$(line_of 'virtio[0-9]*-output.0')
is_msix "$output" output
(for i in $(seq $((moves * 2))); do ask || exit 1; done) &
pings=$!
(while kill -0 $pings 2>/dev/null; do send; done) &
sends=$!
for i in $(seq $moves); do
    for irq in $input $output $(line_of $sent); do echo $((1 + i % 2)) >/proc/irq/$irq/smp_affinity; done
    read_disk nvme0n1 $((1 + i % 2)) >/dev/null
done
wait $pings || { echo 'a ping was not answered'; exit 1; }
wait $sends
cat /proc/interrupts
for key in M z; do xl debug-keys $key; done
xl dmesg | grep -E 'PCI .*MSI-X [0-9]+: vector 0x|GSI [0-9]+: .*bound'
echo "moved $moves times"
S
} | script
host --timeout $((200 + moves * 8)) --smp 2 --net user --disk "$work/virtio" --nvme "$work/nvme" --device e1000e
expect_status 0
for sum in $sums; do
    [ "$sum" = - ] || [ "$(grep -c "^$sum " "$work/out")" = 2 ] || fail "a disk's data is not what it was"
done
out_has "^moved $moves times"
out_has 'd0: PCI 00:0.\.0 MSI-X 1: vector 0x.* for 0xfee0'
out_has 'GSI 8: .* bound'
clean_log
grep -q 'MMCONFIG at .* reserved in E820' "$log" || fail 'dom0 does not use the ECAM window'
! grep -E 'Failed to add|no interrupt vector is left|MSI-X table at' "$log" || fail 'the log has complaints'

{
    functions
    cat <<'S'
! grep -E 'PCI-MSI' /proc/interrupts || { echo 'pci=nomsi, and a device has MSI'; exit 1; }
counts() { # counts NAME COMMAND...: the name may be one of several on a line
    irq=$(awk -v name="$1" '$0 ~ name { sub(":", "", $1); print $1; exit }' /proc/interrupts)
    grep -qE "^ *$irq: .*IO-APIC.*fasteoi" /proc/interrupts || { cat /proc/interrupts; echo "$1 is not at the IO-APIC"; exit 1; }
    before=$(total $irq)
    name=$1
    shift
    "$@"
    [ $(($(total $irq) - before)) -ge 5 ] || { cat /proc/interrupts; echo "$name does not count"; exit 1; }
    echo "$name: INTx"
}
disk_sum() { read_disk $1 3 | sha256sum; }
repeat() { for i in 1 2 3 4 5 6 7 8; do $1; done; }
virtio_of() { basename $(readlink -f $1/device); }
counts $(virtio_of /sys/block/vda) disk_sum vda
counts nvme0q1 disk_sum nvme0n1
counts $(virtio_of /sys/class/net/$(nic_of virtio_net)) repeat ask
counts $(nic_of e1000e) repeat send
cat /proc/interrupts
echo complete
S
} | script
host --smp 2 --dom0-cmdline pci=nomsi --net user --disk "$work/virtio" --nvme "$work/nvme" --device e1000e
expect_status 0
for sum in $sums; do
    [ "$sum" = - ] || out_has "^$sum " || fail "a disk's data is not what it was"
done
out_has '^complete$'
clean_log
