#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# systemd finds nothing wrong with the units, and its tmpfiles make what the daemons need.
srcdir=${srcdir:-.}
if ! command -v systemd-analyze >/dev/null || ! command -v systemd-tmpfiles >/dev/null; then
    echo "no systemd-analyze: apt-get install systemd"
    exit 77
fi
t=$(mktemp -d) || exit 99
trap 'rm -rf "$t"' EXIT
mkdir "$t/units" "$t/sbin" "$t/root"
for f in "$srcdir"/tools/*/*.service.in "$srcdir"/tools/*/*.socket.in "$srcdir"/tools/*/*.conf.in; do
    name=${f##*/}
    sed "s|@sbindir[@]|$t/sbin|; s|@runstatedir[@]|/run|; s|@localstatedir[@]|/var|" "$f" >"$t/units/${name%.in}" || exit 99
done
cp "$srcdir"/tools/*/*.mount "$t/units" || exit 99
for program in xenstored xenconsoled; do # only that it can be executed is looked at
    ln -s /bin/true "$t/sbin/$program"
done
mv "$t"/units/*.conf "$t"

said=$(systemd-analyze verify --man=no "$t"/units/* 2>&1)
status=$?
# What is wrong with units of this host is not our business.
said=$(printf '%s\n' "$said" | grep -E "$t|xenstored|xenconsoled|proc-xen")
if [ $status -ne 0 ] || [ -n "$said" ]; then
    printf '%s\n' "systemd-analyze verify: status $status" "$said"
    exit 1
fi

# A mistake is seen: this is no test otherwise.
sed -i 's/^Type=notify/Type=notfy/; s/^Restart=/Restrat=/' "$t/units/xenstored.service"
systemd-analyze verify --man=no "$t/units/xenstored.service" 2>&1 | grep -q Restrat || { echo "systemd-analyze verify finds no mistakes"; exit 1; }

[ "$(id -u)" = 0 ] || exit 0
systemd-tmpfiles --create --root="$t/root" "$t/xenstored.conf" "$t/xenconsoled.conf" || exit 1
for want in "755 run/xenstored" "700 run/xenconsoled" "700 var/log/xen/console"; do
    [ "$(stat -c %a "$t/root/${want#* }")" = "${want% *}" ] || { echo "tmpfiles: not $want"; exit 1; }
done
