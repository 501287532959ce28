#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The distribution's xl and libvirt's Xen driver find all that they need in our libraries: by their undefined names, and xl by
# running. What they are taken from was downloaded for the tests in QEMU (tests/lab/packages.sh); nothing is downloaded here.
cache=${XENOLITH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xenolith}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
bad=0
ours="libs/light/libxenlight.so.4.17.0 libs/light/xlu/libxlutil.so.4.17 libs/store/libxenstore.so.4.0 libs/toollog/libxentoollog.so.1.0"

first() { # first PATTERN: a file of the packages
    find "$cache" -path "$1" -type f 2>/dev/null | head -n 1
}
for lib in $ours; do
    nm -D --defined-only --with-symbol-versions "$lib" | awk '$2 != "A" { sub("@@", "@", $3); print $3 }'
done | sort -u >"$work/ours"
needs() { # needs NAME FILE
    nm -D --undefined-only --with-symbol-versions "$2" | awk '{ print $2 }' | grep -E '^(libxl_|xlu_|xs_|xtl_)' | sort -u >"$work/needed"
    missing=$(comm -13 "$work/ours" "$work/needed")
    [ -s "$work/needed" ] || { echo "$1: needs nothing of ours: is it $1?"; bad=1; }
    [ -z "$missing" ] || { echo "$1: not in our libraries:" $missing; bad=1; }
    echo "$1: $(wc -l <"$work/needed") names"
}

xl=$(first '*/usr/lib/xen-4.17/bin/xl')
[ -n "$xl" ] || { echo "the distribution's xl is not in $cache: tests/lab/mkimage.sh downloads it"; exit 77; }
needs xl "$xl"
driver=$(first '*/libvirt_driver_libxl.so')
[ -n "$driver" ] || driver=$(find /usr/lib -name libvirt_driver_libxl.so 2>/dev/null | head -n 1)
if [ -n "$driver" ]; then needs "libvirt's driver" "$driver"; else echo "libvirt's driver is not there"; fi

mkdir "$work/lib"
ln -s "$PWD/libs/light/libxenlight.so.4.17.0" "$work/lib/libxenlight.so.4.17"
ln -s "$PWD/libs/light/xlu/libxlutil.so.4.17" "$work/lib/libxlutil.so.4.17"
ln -s "$PWD/libs/store/libxenstore.so.4.0" "$work/lib/libxenstore.so.4"
ln -s "$PWD/libs/toollog/libxentoollog.so.1.0" "$work/lib/libxentoollog.so.1"
echo 'name = "g" type = "pvh" kernel = "/k" memory = 64' | tr ' ' '\n' | sed 'N;N;s/\n/ /g' >"$work/guest.cfg"
stock() { # stock ARGUMENT...: the distribution's xl, all names bound at once; other Xen libraries are the packages'
    LD_BIND_NOW=1 LD_LIBRARY_PATH="$work/lib:${xl%/xen-4.17/bin/xl}/x86_64-linux-gnu" "$xl" "$@" 2>&1
}
stock create -n "$work/guest.cfg" >"$work/said"
grep -q "Parsing config from $work/guest.cfg" "$work/said" || { echo "xl create -n:"; cat "$work/said"; bad=1; }
if grep -q 'symbol lookup\|cannot open shared' "$work/said"; then cat "$work/said"; bad=1; fi
grep -q 'cannot reach the hypervisor\|"name": "g"' "$work/said" || { echo "it does not run on our library:"; cat "$work/said"; bad=1; }
exit $bad
