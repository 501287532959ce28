#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Guests whose kernel lies on their own disk, made by our xl: xl-bootfind finds Linux there; and PVH GRUB, which finds Linux
# from within; a program with a menu, which is shown and answered on the guest's console. What goes wrong says so; afterwards no file, process or domain is left.
TOOLSTACK=beside
. "$(dirname "$0")/lib.sh"
build=${XENOLITH_BUILD:-$tests/../build} find=$build/tools/bootfind/xl-bootfind
[ -x "$find" ] || skip "no $find"
command -v grub-fstest >/dev/null || skip "no grub-fstest: apt-get install grub-common"
python3 "$tests/lab/lib/guest.py" --devices "$work/guest"
grub=$(packages grub-xen-bin grub-xen-host)
mkdir -p "$work/tree/boot/grub" "$work/libraries"
cp "$work/guest/vmlinuz" "$work/tree/boot/vmlinuz-6.1"
cp "$work/guest/initrd.gz" "$work/tree/boot/initrd.img-6.1"
cp "$grub/usr/lib/grub-xen/grub-i386-xen_pvh.bin" "$work/tree/boot/grub.bin"
cat >"$work/tree/boot/grub/grub.cfg" <<'G'
set default=second
set timeout=0
menuentry 'GRUB' { linux /boot/grub.bin; }
menuentry 'Second' --id second { linux /boot/vmlinuz-6.1 console=hvc0 script second; initrd /boot/initrd.img-6.1; }
G
truncate -s 64M "$work/disk"
mkfs.ext4 -q -d "$work/tree" "$work/disk"
own_libraries "$work/libraries" /usr/bin/grub-fstest
guests_script <<'S'
for m in loop xen-blkback; do modprobe $m; done
mkdir -p /tmp/disks
cp /root/disk /tmp/disks/disk
chmod 600 /tmp/disks/disk
create() { # create NAME [OPTION|SETTING...]
    name=$1
    shift
    our_xl create -q -e /dev/null 'type="pvh"' "name=\"$name\"" memory=256 "disk=['file:/tmp/disks/disk,xvda,r']" "$@"
}
nothing_left() {
    if ls -d /var/lib/xen/bootloader.* 2>/dev/null || pidof xl-bootfind grub-fstest sleep; then echo 'left'; exit 1; fi
    [ "$(xl list | wc -l)" = 2 ] || { xl list; exit 1; }
}

echo '== found on its disk'
create one 'bootloader="pygrub"' || { ls -l /tmp/disks /root; exit 1; }
wait_for one 'guest is ready'
typed one 'grep -q "console=hvc0 script second$" /proc/cmdline'
typed one 'disks xvda; mkdir /mnt; mount -t ext4 -o ro /dev/xvda /mnt && [ -f /mnt/boot/vmlinuz-6.1 ]'
if ls -d /var/lib/xen/bootloader.* 2>/dev/null; then exit 1; fi
xl list -l one | grep -q '"bootloader": "pygrub"'
xl destroy one

echo '== a menu'
cat >/tmp/menu <<'M'
#!/bin/sh
for a; do case $a in --output=*) out=${a#*=} ;; esac; done
[ -t 0 ] || exit 1
printf 'which? '
read -r answer
printf 'it is %s\r\n' "$answer"
printf 'kernel /root/guest/vmlinuz\0ramdisk /root/guest/initrd.gz\0args console=hvc0 script %s\0' "$answer" >$out
M
chmod +x /tmp/menu
create menu -c 'bootloader="/tmp/menu"' </dev/null >/tmp/shown 2>&1 &
asks() { grep -q 'which? $' /tmp/shown; }
within 300 asks || { cat /tmp/shown; xl list; exit 1; }
xl list | grep -q '^menu '
echo 'the-second' >"$(tty_of menu)"
wait_for menu 'guest is ready'
typed menu 'cat /proc/cmdline'
xl destroy menu
wait $! || exit 1
for line in 'which? ' 'Linux version' 'guest is ready' '^console=hvc0 script the-second'; do
    grep -q "$line" /tmp/shown || { cat /tmp/shown; echo "no '$line' was shown"; exit 1; }
done
nothing_left

echo '== a menu whose guest is given up'
create menu -c 'bootloader="/tmp/menu"' </dev/null >/tmp/shown 2>&1 &
xl=$!
within 300 asks || { cat /tmp/shown; xl list; exit 1; }
kill $(pidof our_xl)
! wait $xl || exit 1
nothing_left

echo '== what goes wrong'
refused 'no entry Third; what to do' create three 'bootloader="pygrub"' 'bootloader_args=["--entry=Third"]'
refused 'cannot be executed: No such file or directory' create three 'bootloader="/nowhere"'
printf '#!/bin/sh\nsleep 1000\n' >/tmp/slow
chmod +x /tmp/slow
export LIBXL_BOOTLOADER_TIMEOUT=1
refused 'it took too long and was killed' create three 'bootloader="/tmp/slow"'
unset LIBXL_BOOTLOADER_TIMEOUT
dd if=/dev/urandom of=/tmp/disks/disk bs=4096 count=64 conv=notrunc 2>/dev/null
refused 'kernel="..." in place of bootloader=' create three 'bootloader="pygrub"'
cp /root/disk /tmp/disks/disk
nothing_left

echo '== PVH GRUB'
create grub 'bootloader="xl-bootfind"' 'bootloader_args=["--entry=GRUB"]'
wait_for grub 'guest is ready' 2400
typed grub 'grep -q "console=hvc0 script second$" /proc/cmdline'
xl destroy grub
nothing_left
losetup -a | grep /tmp/disks && exit 1
echo complete
S
host --smp 2 --timeout 500 --add "$work/disk:/root/disk" --add "$work/guest:/root/guest" --add "$work/libraries:/usr/lib" \
    --add "$build/tools/xenconsole/xenconsole:/usr/local/libexec/xen/bin/xenconsole" \
    --add "$find:/usr/local/libexec/xen/bin/xl-bootfind" --add /usr/bin/grub-fstest:/usr/bin/grub-fstest
expect_status 0
out_has '^complete$'
clean_log
