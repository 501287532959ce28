#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# PVH GRUB as guests: the image that Debian ships comes to its prompt and takes commands; one with a menu and a memdisk
# boots Debian's kernel, which unpacks itself then. GRUB enters by the 32-bit PVH entry, and stays in 32-bit mode.
. "$(dirname "$0")/lib.sh"
command -v grub-mkimage >/dev/null || skip "no grub-mkimage: apt-get install grub-common"
python3 "$tests/lab/lib/guest.py" "$work/guest"
grub=$(packages grub-xen-bin grub-xen-host)
mkdir "$work/grub" "$work/disk"
cp "$grub/usr/lib/grub-xen/grub-i386-xen_pvh.bin" "$work/grub/shipped"
mv "$work/guest/vmlinuz" "$work/guest/initrd.gz" "$work/disk"
cat >"$work/disk/grub.cfg" <<'G'
set timeout=-1
menuentry 'Debian from the memdisk' {
    linux /vmlinuz console=hvc0 script
    initrd /initrd.gz
}
G
tar -C "$work/disk" -cf "$work/disk.tar" .
grub-mkimage -O i386-xen_pvh -d "$grub/usr/lib/grub/i386-xen_pvh" -m "$work/disk.tar" -p '(memdisk)' -o "$work/grub/made" \
    cpuid date echo halt linux ls memdisk normal reboot sleep tar test
guests_script <<'S'
# says GUEST COMMAND REGEX: GRUB's answer to a command; it echoes what is typed, so the answer has to differ
says() {
    printf '%s\r' "$2" >"$(tty_of $1)"
    wait_for $1 "$3"
}
before=$(xl info free_memory)

echo '== shipped'
xl create -q /dev/null 'type="pvh"' 'name="shipped"' 'kernel="/root/grub/shipped"' memory=128
wait_for shipped 'grub>'
says shipped 'echo is:${grub_cpu}:${grub_platform}' 'is:i386:xen_pvh'
says shipped 'if cpuid -l; then echo "long""mode"; fi' 'longmode'
says shipped 'ls' 'memdisk'
console shipped | tail -n 40
printf 'halt\r' >"$(tty_of shipped)"
gone shipped

echo '== made'
xl create -q /dev/null 'type="pvh"' 'name="made"' 'kernel="/root/grub/made"' memory=256
wait_for made 'Debian from the memdisk'
printf c >"$(tty_of made)"
wait_for made 'grub>'
says made 'echo is:${grub_cpu}:${grub_platform}' 'is:i386:xen_pvh'
says made 'date; sleep 1; date' '20[0-9][0-9]-.*'
printf '\033' >"$(tty_of made)" # back to the menu
usleep 300000
printf '\r' >"$(tty_of made)"
wait_for made 'guest is ready' 2400
echo 'cat /sys/hypervisor/type; nproc; echo commands done' >"$(tty_of made)"
wait_for made '^commands done'
console made | sed -n '/guest is up/,$p'
if complaints made; then exit 1; fi
echo 'poweroff -f' >"$(tty_of made)"
gone made
free_memory_is $before
echo complete
S
host --smp 2 --add "$work/grub:/root/grub"
expect_status 0
out_has '^guest is up: Linux'
out_has '^complete$'
clean_log
