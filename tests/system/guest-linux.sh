#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian's xl makes Debian guests: one and two vCPUs, what they see of the hypervisor, pause, power-off, destroy; and
# afterwards all memory is free again.
. "$(dirname "$0")/lib.sh"
python3 "$tests/lab/lib/guest.py" "$work/guest"
guests_script <<'S'
free_memory() { xl info free_memory; }
create() { # create NAME VCPUS [OPTION...]
    name=$1 vcpus=$2
    shift 2
    xl create -q "$@" /root/guest/guest.cfg "name='$name'" "vcpus=$vcpus" 'extra="console=hvc0 script"'
}
state() { xl list "$1" | awk 'NR == 2 { print $5 }'; }

before=$(free_memory)
for vcpus in 1 2; do
    name=g$vcpus
    create $name $vcpus
    wait_for $name 'guest is ready'
    exec 3>"$(tty_of $name)"
    {
        echo 'cat /sys/hypervisor/type /sys/hypervisor/version/extra'
        echo 'cat /sys/devices/system/clocksource/clocksource0/current_clocksource'
        echo 'grep -c timer. /proc/interrupts; nproc; echo commands done'
    } >&3
    wait_for $name '^commands done'
    console $name | sed -n '/guest is up/,$p'
    xl vcpu-list $name
    xl pause $name
    case $(state $name) in *p*) ;; *) echo "$name is not paused"; exit 1 ;; esac
    xl unpause $name
    echo 'poweroff -f' >&3
    gone $name # on_poweroff is destroy
    exec 3>&-
done
for i in 1 2 3; do
    create p$i 1 -p -e
    case $(state p$i) in *p*) ;; *) echo "p$i does not start paused"; exit 1 ;; esac
done
for i in 1 2 3; do xl destroy p$i; done
xl list
[ "$(xl list | wc -l)" = 2 ]
[ "$(free_memory)" = "$before" ] || { echo "free memory was $before, is $(free_memory)"; exit 1; }
echo complete
S
host --smp 2 --add "$work/guest:/root/guest"
expect_status 0
out_has '^guest is up: Linux .*, 1 vCPU'
out_has '^guest is up: Linux .*, 2 vCPU'
out_has '^xen$'
out_has '^complete$'
clean_log
