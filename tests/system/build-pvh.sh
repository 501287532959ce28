#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A Debian guest that libs/ctrl and libs/light/build made, without xl: its kernel unpacked, then from the cache, with one
# vCPU and with two, from a ramdisk to its init; and afterwards all memory is free again.
. "$(dirname "$0")/lib.sh"
python3 "$tests/lab/lib/guest.py" "$work/guest"
script <<'S'
free_memory() { xl info free_memory; }
build() { /root/build_pvh --seconds 150 --cache /var/cache/xenolith/kernels --ramdisk /root/guest/initrd.gz "$@" 'guest is up'; }
set -e
chmod +x /root/build_pvh
# A kernel file that has just been written is not cached.
while [ $(($(date +%s) - $(stat -c %Z /root/guest/vmlinuz))) -le 3 ]; do usleep 100000; done
before=$(free_memory)
build /root/guest/vmlinuz 128 console=hvc0
build --map --vcpus 2 /root/guest/vmlinuz 192 console=hvc0
[ "$(free_memory)" = "$before" ] || { echo "free memory was $before, is $(free_memory)"; exit 1; }
if /root/build_pvh /root/guest/initrd.gz 64 x x; then exit 1; fi
if /root/build_pvh /root/guest/vmlinuz 32 x x; then exit 1; fi
[ "$(xl list | wc -l)" = 2 ]
echo complete
S
host --smp "${SMP:-2}" --timeout 400 --add "$work/guest:/root/guest" --add "${XENOLITH_BUILD:-$tests/../build}/tests/system/build_pvh:/root/build_pvh"
expect_status 0
out_has '^build_pvh: domain [0-9]+, unpacked kernel'
out_has '^build_pvh: domain [0-9]+, cached kernel'
out_has '^guest is up: Linux .*, 1 vCPU'
out_has '^guest is up: Linux .*, 2 vCPU'
out_has 'kernel /root/guest/vmlinuz: |memory: 32768 KiB are too few'
out_has '^complete$'
clean_log
