#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# mkimage.sh OUT [HYPERVISOR [HV-CMDLINE [KERNEL [DOM0-CMDLINE [INITRAMFS]]]]]
# Makes a disk image that boots on SeaBIOS and on OVMF: GRUB, the hypervisor by multiboot2, dom0's kernel and
# initramfs as its modules. What is not given is the build's hypervisor, Debian's kernel and the lab's dom0 with a
# shell on the second serial port. Write it to a USB stick or give it to a virtual machine as a disk.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)

fail() { echo "mkimage: $1" >&2; echo "mkimage: what to do: $2" >&2; exit 1; }

[ $# -ge 1 ] || { sed -n '3,6s/^# //p' "$0"; exit 2; }
out=$1
hypervisor=${2:-${XENOLITH_BUILD:-$lab/../../build}/hypervisor/xenolith}
hv_cmdline=${3:-dom0_mem=1024M,max:1024M console=com1 com1=115200,8n1 loglvl=all}
kernel=${4:-}
dom0_cmdline=${5:-console=hvc0}
initramfs=${6:-}
for tool in grub-mkrescue xorriso mformat; do
    command -v $tool >/dev/null || fail "there is no $tool" "apt-get install grub-common xorriso mtools"
done
for platform in i386-pc x86_64-efi; do
    [ -d /usr/lib/grub/$platform ] || fail "GRUB for $platform is missing" "apt-get install grub-pc-bin grub-efi-amd64-bin"
done
[ -f "$hypervisor" ] || fail "there is no hypervisor $hypervisor" "./quickstart build"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
boot=$work/root/boot
mkdir -p "$boot/grub"
cp "$hypervisor" "$boot/hypervisor"
if [ -z "$kernel" ]; then
    packages=$("$lab/packages.sh" "${XENOLITH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xenolith}")
    kernel=$packages/boot/vmlinuz-$(cat "$packages/kernel-release")
fi
cp "$kernel" "$boot/kernel"
if [ -n "$initramfs" ]; then
    cp "$initramfs" "$boot/dom0.cpio"
else
    "$lab/lib/mkinitramfs.py" "$boot/dom0.cpio"
fi

# "placeholder" stands where other loaders give the file's name.
cat >"$boot/grub/grub.cfg" <<CFG
serial --unit=0 --speed=115200
terminal_output serial console
set timeout=0
menuentry "Xenolith" {
    multiboot2 /boot/hypervisor placeholder $hv_cmdline
    module2 /boot/kernel placeholder $dom0_cmdline
    module2 --nounzip /boot/dom0.cpio
}
CFG
grub-mkrescue -o "$out" "$work/root" >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; fail "grub-mkrescue failed" "read the lines above"; }
