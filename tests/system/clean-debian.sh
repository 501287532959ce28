#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# README's two commands on a clean Debian 12: each works twice in a row, and the second time installs and builds nothing.
# soak: quickstart run and check on a clean Debian 12 (needs root, debootstrap and some 3 GiB in TMPDIR)
. "$(dirname "$0")/lib.sh"
soak || skip "only in make soak"
[ "$(id -u)" = 0 ] || skip "needs root"
command -v debootstrap >/dev/null || skip "needs debootstrap: apt-get install debootstrap"
root=$work/debian
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)}
[ -n "$mirror" ] || skip "apt here knows no bookworm: set DEBIAN_MIRROR"
export root

# inside COMMAND: runs it in the clean system, at the top of the source; mounts live as long as the command
inside() {
    command=$1 unshare -m --kill-child -pf sh -c 'mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
        mount -t tmpfs tmp "$root/tmp" &&
        exec chroot "$root" env -i HOME=/root PATH="$PATH" sh -c "cd /src && $command"'
}

twice() { # twice COMMAND EXPECTED-LAST-LINES
    for time in first second; do
        echo "+ $1, the $time time"
        inside "$1 </dev/null" >"$work/$time" 2>&1 || { tail -n 40 "$work/$time"; fail "$1, the $time time"; }
        tail -n 3 "$work/$time"
        grep -Eq "$2" "$work/$time" || fail "no '$2' in the output"
    done
    if grep -E '^== (installing|making|configuring)|^  (CC|LD)' "$work/second"; then
        fail "the second time installs or builds again"
    fi
}

debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/log" 2>&1 || { tail "$work/log"; fail debootstrap; }
for suite in bookworm bookworm-updates; do echo "deb $mirror $suite main"; done >"$root/etc/apt/sources.list"
cp /etc/resolv.conf "$root/etc/"
mkdir "$root/src"
(cd "$tests/.." && { git ls-files --cached --others --exclude-standard 2>/dev/null || find . -type f; }) |
    tar -C "$tests/.." -cf - -T - | tar -C "$root/src" -xf -
rm -rf "$root/src/build" "$root/src/configure"
twice "./quickstart run" '^Domain-0 +0 '
twice "./quickstart check" '^[0-9]+ passed, 0 failed, [0-9]+ skipped$'
