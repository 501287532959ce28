#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# mkdom0.sh PACKAGES OUT: makes dom0's initramfs (an uncompressed cpio) of the unpacked packages in PACKAGES.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
packages=$1 out=$2
release=$(cat "$packages/kernel-release")
xenbin=usr/lib/xen-4.17/bin
PATH=$PATH:/sbin:/usr/sbin

fail() { echo "mkdom0: $1" >&2; echo "mkdom0: what to do: $2" >&2; exit 1; }

libdirs=
for d in lib usr/lib; do libdirs=$libdirs$packages/$d/x86_64-linux-gnu:; done
loader=$(readlink -f "$packages/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
[ -x "$loader" ] || fail "no dynamic loader in $packages" "remove that folder and run again"

make_folders() {
    mkdir -p "$root"
    cd "$root"
    mkdir -p dev proc sys tmp root mnt etc/xen usr/bin usr/sbin usr/lib/modules usr/lib64 usr/lib/x86_64-linux-gnu \
        run/xen run/xenstored run/lock var/lib/xen/dump var/lib/xenstored var/log/xen/console
    for d in bin sbin lib lib64; do ln -s "usr/$d" "$d"; done
    ln -s ../run var/run
    ln -s ../run/lock var/lock
}

put_libraries() { # of program $1
    "$loader" --library-path "$libdirs" --list "$1" 2>/dev/null >"$work/libs" || return 0
    if grep -q 'not found' "$work/libs"; then
        fail "$1 needs $(grep 'not found' "$work/libs")" "add the library's package to packages.list"
    fi
    sed -n 's/.*=> \([^ ]*\) (.*/\1/p' "$work/libs" | while read -r lib; do
        cp -nL "$lib" "$root/usr/lib/x86_64-linux-gnu/"
    done
}

put() { # put DESTINATION-FOLDER FILE...
    to=$1
    shift
    for f; do
        [ -e "$packages/$f" ] || fail "no $f in $packages" "see packages.list"
        mkdir -p "$root/$to"
        cp -L "$packages/$f" "$root/$to/"
        put_libraries "$packages/$f"
    done
}

put_busybox() {
    put usr/bin bin/busybox
    for applet in $("$packages/bin/busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$root/usr/bin/$applet"
    done
}

put_replacing() { # a real program instead of busybox's
    for f; do rm -f "$root/usr/bin/${f##*/}"; put usr/bin "$f"; done
}

put_toolstack() {
    for f in xl xenstored xen-init-dom0 xenconsoled xenconsole libxl-save-helper xentop xen-hptool xen-hvmctx \
        xen-lowmemd xenpm xenperf xencov xen-diag xenlockprof xentrace xenctx xen-access vchan-socket-proxy xenstore-control; do
        [ ! -e "$packages/$xenbin/$f" ] || put $xenbin "$xenbin/$f"
    done
    for f in read write ls rm list exists watch chmod; do put usr/bin usr/bin/xenstore-$f; done
    cp "$packages/etc/xen/xl.conf" "$root/etc/xen/"
    cp -r "$packages/etc/xen/scripts" "$root/etc/xen/"
    [ ! -d "$packages/usr/lib/xen-common" ] || cp -r "$packages/usr/lib/xen-common" "$root/usr/lib/"
    cp -L "$packages/lib/x86_64-linux-gnu/libgcc_s.so.1" "$root/usr/lib/x86_64-linux-gnu/" # pthread_cancel loads it
    ln -s /lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$root/usr/lib64/"
    cp -L "$loader" "$root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
}

put_modules() {
    to=$root/usr/lib/modules/$release
    mkdir -p "$to"
    for m in $(sed 's/#.*//' "$lab/dom0/modules.list"); do
        modprobe -d "$packages" -S "$release" --show-depends "$m" >"$work/mods" || fail "no module $m" "fix modules.list"
        sed -n 's/^insmod \([^ ]*\).*/\1/p' "$work/mods"
    done | sort -u | while read -r ko; do
        rel=${ko#*/lib/modules/"$release"/}
        mkdir -p "$to/$(dirname "$rel")"
        cp "$ko" "$to/$rel"
    done
    cp "$packages/lib/modules/$release"/modules.builtin* "$packages/lib/modules/$release/modules.order" "$to/"
    depmod -b "$root" "$release"
}

put_ours() {
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\n' >"$root/etc/group"
    echo dom0 >"$root/etc/hostname"
    install -m 755 "$lab/dom0/init" "$root/init"
    install -m 755 "$lab/dom0/agent" "$root/usr/sbin/qhost-agent"
    install -m 644 "$lab/dom0/profile" "$root/etc/profile"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
make_folders
put_busybox
put_toolstack
put_replacing bin/bash sbin/losetup usr/bin/flock bin/ip
ln -sf bash "$root/usr/bin/sh" # busybox's sh would prefer its own ip and losetup
put usr/sbin sbin/bridge
put_modules
put_ours
cd "$root"
find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0 --reproducible >"$out.new"
mv "$out.new" "$out"
