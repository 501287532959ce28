#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# xl-bootfind on images that the distribution's mkfs makes: file systems, partitions, menus, answers, and disks that lie.
tool=$PWD/tools/bootfind/xl-bootfind
for program in grub-fstest mkfs.ext4 mkfs.vfat mcopy python3; do
    command -v $program >/dev/null || { echo "no $program: apt-get install grub-common e2fsprogs dosfstools mtools"; exit 77; }
done
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
mkdir out tree tree/boot tree/boot/grub
bad=0
fail() { echo "FAILED: $*"; bad=1; }
find() { "$tool" --output-directory="$work/out" "$@" >answer 2>said; }
has() { grep -q -e "$2" "$1" || { fail "$1 has no $2:"; cat "$1"; }; }
left() { [ "$(ls out | wc -l)" = "$1" ] || { fail "$1 files expected:"; ls -l out; }; rm -f out/*; }
ext4() { rm -f "$1"; truncate -s "${3:-16M}" "$1"; mkfs.ext4 -q -d "$2" "$1"; } # ext4 IMAGE FOLDER [SIZE]

echo 'the kernel' >tree/boot/vmlinuz-6.10
echo 'old kernel' >tree/boot/vmlinuz-6.9
printf 'ramdisk ' >tree/boot/initrd.img-6.10
printf 'more' >tree/boot/more
cat >tree/boot/grub/grub.cfg <<'G'
set default="1>0"
menuentry 'One' { linux /boot/vmlinuz-6.9; }
submenu 'Others' {
    menuentry 'Two' --id two {
        linux /boot/vmlinuz-6.10 root=/dev/xvda1 ro
        initrd /boot/initrd.img-6.10 /boot/more
    }
}
menuentry 'Gone' { linux /boot/none; }
G

echo '== answers'
ext4 disk tree
chmod 600 disk
find -q --output-format=simple0 --output="$work/file" --args='quiet x' disk || { fail 'ext4'; cat said; }
[ ! -s said ] || { fail 'it says something:'; cat said; }
tr '\0' '\n' <file >lines
[ "$(sed 's/\.......$//' lines)" = "kernel $work/out/boot_kernel
ramdisk $work/out/boot_ramdisk
args root=/dev/xvda1 ro quiet x" ] || { fail simple0; cat lines; }
[ "$(tail -c 2 file | od -An -c | tr -d ' ')" = '\0\0' ] || fail 'two NULs at the end'
cmp tree/boot/vmlinuz-6.10 out/boot_kernel.* || fail kernel
[ "$(cat out/boot_ramdisk.*)" = 'ramdisk more' ] || fail ramdisk
[ "$(stat -c %a out/boot_kernel.*)" = 600 ] || fail 'mode of the kernel'
left 2
find -q --output-format=simple --entry=One disk || fail simple
has answer '^kernel /.*boot_kernel'
has answer '^args $'
if grep ramdisk answer; then fail 'One has no ramdisk'; fi
left 1
find -q -n disk || fail dry
[ "$(cat answer)" = "linux (kernel '/boot/vmlinuz-6.10')(ramdisk '/boot/initrd.img-6.10')(args 'root=/dev/xvda1 ro')" ] || { fail sxp; cat answer; }
find -l disk || fail list
[ "$(grep -c '^title: ' answer)" = 3 ] || { fail 'three entries'; cat answer; }
has answer '^  args: root=/dev/xvda1 ro$'
find -n --entry=0 disk && has answer vmlinuz-6.9 || fail 'entry 0'
find -n --entry=two disk && has answer vmlinuz-6.10 || fail 'entry two'
find -n --kernel=/boot/vmlinuz-6.9 --args='a b' disk && has answer "(args 'a b')" || fail 'kernel'
find --kernel=/boot/vmlinuz-6.9 --ramdisk=/boot/more disk || fail 'kernel and ramdisk'
cmp tree/boot/more out/boot_ramdisk.* || fail 'ramdisk of an option'
left 2

echo '== mistakes'
wrong() { # wrong STATUS TEXT ARGUMENT...
    status=$1 text=$2
    shift 2
    find "$@"
    [ $? = "$status" ] || fail "$*: not $status"
    has said "$text"
    left 0
}
wrong 1 "its args has a ': only --output-format=simple" --args="a'b" disk
wrong 1 "its args has a ': only --output-format=simple" -n --args="a') (kernel 'b" disk
find -n --output-format=simple --args="a'b" disk && has answer "a'b" || fail 'simple: quote'
wrong 1 'the menu has no entry 7; what to do' --entry=7 disk
wrong 1 'the whole disk: kernel /boot/none: error: cannot open\|file `/boot/none. not found' --entry=Gone disk
wrong 1 '/gone: .* not found' --kernel=/gone disk
wrong 2 'sxp, simple or simple0' --output-format=xml disk
wrong 2 'absolute paths' --kernel=k disk
wrong 2 '^usage' disk disk
wrong 1 'No such file' none
wrong 1 'neither a disk' /dev/zero
wrong 1 'neither a disk' out
wrong 1 'No such file.*another' --output-directory=/nowhere disk
: >empty
wrong 1 'no file system that GRUB knows' empty
find -h && has answer '^usage' || fail help

echo '== file systems, partitions'
rm -f fat; truncate -s 40M fat
mkfs.vfat fat >/dev/null
mcopy -s -i fat tree/boot ::/
find -n fat && has answer vmlinuz-6.10 || { fail fat; cat said; }
mkdir root boot boot/loader boot/loader/entries
touch root/etc
cp tree/boot/vmlinuz-6.9 boot/vmlinuz-6.5
cp tree/boot/more boot/initramfs-6.5
printf 'title Five\nlinux /vmlinuz-6.5\ninitrd /initramfs-6.5\noptions root=LABEL=r\n' >boot/loader/entries/x-6.5.conf
printf 'title Ten\nlinux /vmlinuz-6.10\n' >boot/loader/entries/x-6.10.conf
ext4 p1 root
ext4 p2 boot
python3 - <<'P'
import struct, zlib
parts = [open(n, 'rb').read() for n in ('p1', 'p2')]
disk, at = bytearray(2048 * 512), 2048
for i, part in enumerate(parts):
    disk[446 + 16 * i:462 + 16 * i] = struct.pack('<8BII', 0, 0, 0, 0, 0x83, 0, 0, 0, at, len(part) // 512)
    at += len(part) // 512
disk[510:512] = b'\x55\xaa'
open('mbr', 'wb').write(bytes(disk) + b''.join(parts))

sectors = at + 34
entries, at = b'', 2048
for i, part in enumerate(parts):
    entries += struct.pack('<16s16sQQQ72s', bytes([0xaf] * 16), bytes([i + 1] * 16), at, at + len(part) // 512 - 1, 0, b'')
    at += len(part) // 512
entries += bytes(128 * 126)
header = struct.pack('<8sIIIIQQQQ16sQIII', b'EFI PART', 0x10000, 92, 0, 0, 1, sectors - 1, 34, sectors - 34, bytes([9] * 16), 2, 128,
                     128, zlib.crc32(entries))
header = header[:16] + struct.pack('<I', zlib.crc32(header)) + header[20:]
disk[446:510] = struct.pack('<8BII', 0, 0, 2, 0, 0xee, 255, 255, 255, 1, sectors - 1) + bytes(48)
disk[512:512 + len(header)] = header
disk[1024:1024 + len(entries)] = entries
open('gpt', 'wb').write(bytes(disk) + b''.join(parts) + bytes(34 * 512))
P
find -n --entry=Five gpt && has answer vmlinuz-6.5 || { fail gpt; cat said; }
find -l mbr || { fail mbr; cat said; }
[ "$(grep title answer | tr '\n' ' ')" = 'title: Ten title: Five ' ] || { fail 'newest first'; cat answer; }
find --entry=Five mbr && cmp boot/vmlinuz-6.5 out/boot_kernel.* || { fail 'BLS'; cat said; }
left 2
wrong 1 'partition msdos2: kernel /vmlinuz-6.10: .*not found' mbr
wrong 1 'partition gpt2: kernel /vmlinuz-6.10: .*not found' gpt
rm -r boot/loader
mv boot/vmlinuz-6.5 boot/vmlinuz-virt
mv boot/initramfs-6.5 boot/initramfs-virt
ext4 plain boot
find plain && cmp boot/initramfs-virt out/boot_ramdisk.* || { fail 'a kernel by its name'; cat said; }
has said 'no menu of a boot loader: its newest kernel is /vmlinuz-virt'
left 2
if command -v mkfs.btrfs >/dev/null; then
    rm -f btrfs; truncate -s 128M btrfs
    mkfs.btrfs -q -r tree btrfs >/dev/null && find -n btrfs && has answer vmlinuz-6.10 || { fail btrfs; cat said; }
fi

echo '== disks that lie'
ln -s loop tree/boot/grub/loop
ln -s ../../../../../../etc/passwd tree/boot/outside
sed -i 's,/boot/none,/boot/grub/loop,; s,/boot/vmlinuz-6.9,/boot/outside,' tree/boot/grub/grub.cfg
ext4 links tree
wrong 1 'too deep nesting of symlinks' --entry=Gone links
wrong 1 'not found' --entry=One links
for size in 4096 70000 1000000; do
    head -c $size disk >short
    find short && fail "an image of $size bytes"
    has said .
    left 0
done
for n in $(seq 300000); do echo 'menuentry x { linux /k; }'; done >tree/boot/grub/grub.cfg
ext4 huge tree 64M
find -n huge || { fail 'a huge grub.cfg'; cat said; }
has said 'grub.cfg is passed over: larger than 1024 KiB'
has answer vmlinuz-6.10 # by its name
printf "menuentry 'no end {\n" >tree/boot/grub/grub.cfg
ext4 quote tree
find -n quote || { fail 'a broken grub.cfg'; cat said; }
has said '/boot/grub/grub.cfg is passed over: line 2: a quote that does not end'
printf "menuentry '\033[2J x' { linux /boot/vmlinuz-6.9 '\033]0;title\007'; }\n" >tree/boot/grub/grub.cfg
rm tree/boot/outside
ext4 escape tree
find -l escape || fail escape
printf "set default='\033[2J'\nmenuentry x { linux '/\033[2J'; }\n" >tree/boot/grub/grub.cfg
ext4 escape tree
for option in -l -n -q; do
    "$tool" --output-directory=out $option escape >>answer 2>&1
done
left 0
has answer 'is none of its kernels'
has answer 'not found'
if grep -q "$(printf '\033')" answer; then fail 'control characters are printed'; fi
echo 'menuentry x { linux /boot/vmlinuz-6.9; }' >tree/boot/grub/grub.cfg
truncate -s 300M tree/boot/vmlinuz-6.9
ext4 large tree 64M
wrong 1 'kernel /boot/vmlinuz-6.9: larger than 262144 KiB' large
head -c 16M /dev/urandom >noise
wrong 1 'no file system that GRUB knows' noise
i=0
while [ $i -lt 20 ]; do # bytes of its metadata that are others': an answer or an error, nothing left, never for long
    i=$((i + 1))
    cp disk noise
    for at in $(seq 12); do
        head -c 16 /dev/urandom | dd of=noise bs=1 seek=$((1024 + (i * 7919 + at * 104729) % 1500000)) conv=notrunc 2>/dev/null
    done
    timeout 60 "$tool" --output-directory=out noise >answer 2>said
    status=$?
    [ $status = 0 ] || [ $status = 1 ] || fail "noise $i: $status"
    [ $status = 0 ] || left 0
    rm -f out/*
done
exit $bad
