#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# packages.sh CACHE: downloads and unpacks the packages of packages.list below CACHE, once, and prints
# the folder they are unpacked in. Nothing is installed. To take newer versions, remove CACHE/packages-*.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
cache=$1
list=$(sed 's/#.*//' "$lab/packages.list" | tr -s ' \n' '\n')
root=$cache/packages-$(printf %s "$list" | sha256sum | cut -c1-12)

say() { echo "packages: $*" >&2; }
fail() { say "$1"; say "what to do: $2"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

kernel_package() {
    apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1
}

resolve() {
    kernel=$(kernel_package)
    if [ -z "$kernel" ]; then
        say "apt's package lists are empty; updating them"
        as_root apt-get -q update >&2 || fail "apt-get update failed" "check the network and the apt sources"
        kernel=$(kernel_package)
    fi
    [ -n "$kernel" ] || fail "apt does not know linux-image-amd64" "this lab needs the package sources of Debian 12"
    printf '%s\n' "$list" | sed "s/^linux-image-amd64\$/$kernel/"
}

download() {
    mkdir -p "$tmp/deb"
    chmod 755 "$tmp" "$tmp/deb"
    say "downloading $(echo "$packages" | wc -w) packages"
    # shellcheck disable=SC2086
    (cd "$tmp/deb" && apt-get -q -o APT::Sandbox::User=root download $packages >"$tmp/apt.log" 2>&1) && return
    say "apt's package lists may be old; updating them"
    as_root apt-get -q update >&2 || :
    # shellcheck disable=SC2086
    (cd "$tmp/deb" && apt-get -q -o APT::Sandbox::User=root download $packages >"$tmp/apt.log" 2>&1) && return
    tail -n 5 "$tmp/apt.log" >&2
    fail "the download failed" "check the network, then: apt-get update"
}

unpack() {
    for deb in "$tmp"/deb/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tmp/root" --exclude=./usr/share/doc --exclude=./usr/share/man \
            --exclude=./usr/share/locale --exclude=./usr/lib/debug || fail "cannot unpack $deb" "check the free disk space"
        basename "$deb"
    done >"$tmp/root/versions"
    xen=$(ls "$tmp"/root/boot/xen-4.17-amd64.gz) || fail "no xen-4.17-amd64.gz in the package" "report it"
    gzip -dc "$xen" >"$tmp/root/boot/xen-4.17-amd64"
    release=$(ls "$tmp/root/lib/modules")
    echo "$release" >"$tmp/root/kernel-release"
    PATH=$PATH:/sbin:/usr/sbin depmod -b "$tmp/root" "$release" || fail "depmod failed" "install the package kmod"
}

mkdir -p "$cache"
exec 9>"$cache/packages.lock"
flock 9
if [ ! -e "$root/versions" ]; then
    tmp=$(mktemp -d "$cache/unpack.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    mkdir "$tmp/root"
    packages=$(resolve)
    download
    say "unpacking"
    unpack
    rm -rf "$root"
    mv "$tmp/root" "$root"
fi
echo "$root"
