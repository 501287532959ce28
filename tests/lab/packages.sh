#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# packages.sh CACHE [PACKAGE...]: downloads and unpacks the packages, or else those of packages.list, below CACHE,
# once, and prints the folder they are unpacked in. Nothing is installed. A linux-image without a version stands for the
# package that it depends on. NAME:i386 is of that architecture; then all are. To take newer versions, remove
# CACHE/packages-*.
set -eu
lab=$(cd "$(dirname "$0")" && pwd)
cache=$1
shift
named=$#
if [ $named = 0 ]; then
    list=$(sed 's/#.*//' "$lab/packages.list" | tr -s ' \n' '\n')
else
    list=$(printf '%s\n' "$@")
fi
root=$cache/packages-$(printf %s "$list" | sha256sum | cut -c1-12)

case $list in
*:i386*) # apt's lists of another architecture are kept below CACHE, the system's are left alone
    list=$(printf '%s\n' "$list" | sed 's/:i386$//')
    lists=$cache/apt-i386
    foreign="-o APT::Architecture=i386 -o APT::Architectures=i386 -o Dir::State::status=/dev/null"
    foreign="$foreign -o Dir::State::lists=$lists/lists -o Dir::Cache=$lists/cache"
    mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
    ;;
*) foreign= ;;
esac

# shellcheck disable=SC2086
apt() { # apt get|cache ARGUMENT...
    tool=apt-$1
    shift
    $tool -q -o APT::Sandbox::User=root $foreign "$@"
}

say() { echo "packages: $*" >&2; }
fail() { say "$1"; say "what to do: $2"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

update() {
    if [ -n "$foreign" ]; then apt get update >&2; else as_root apt-get -q update >&2; fi || say "apt-get update failed"
}

real_name() { # the package that stands behind the name $1; nothing if apt does not know it
    case $1 in
    linux-image-[0-9]*.*) echo "$1" ;;
    linux-image-*) apt cache depends "$1" 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1 ;;
    *) echo "$1" ;;
    esac
}

resolve() {
    for package in $list; do
        real=$(real_name "$package")
        if [ -z "$real" ]; then
            say "apt's package lists are empty; updating them"
            update
            real=$(real_name "$package")
        fi
        [ -n "$real" ] || fail "apt does not know $package" "check the network, and that apt's sources are Debian 12's"
        echo "$real"
    done
}

download() {
    mkdir -p "$tmp/deb"
    chmod 755 "$tmp" "$tmp/deb"
    say "downloading $(echo "$packages" | wc -w) packages"
    # shellcheck disable=SC2086
    (cd "$tmp/deb" && apt get download $packages >"$tmp/apt.log" 2>&1) && return
    say "apt's package lists may be old; updating them"
    update
    # shellcheck disable=SC2086
    (cd "$tmp/deb" && apt get download $packages >"$tmp/apt.log" 2>&1) && return
    tail -n 5 "$tmp/apt.log" >&2
    fail "the download failed" "check the network, then: apt-get update"
}

unpack() {
    for deb in "$tmp"/deb/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tmp/root" --exclude=./usr/share/doc --exclude=./usr/share/man \
            --exclude=./usr/share/locale --exclude=./usr/lib/debug || fail "cannot unpack $deb" "check the free disk space"
        basename "$deb"
    done >"$tmp/root/versions"
}

prepare() { # what dom0 and the stock peer start from
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
    [ $named != 0 ] || prepare
    rm -rf "$root"
    mv "$tmp/root" "$root"
fi
echo "$root"
