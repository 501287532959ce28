# SPDX-License-Identifier: GPL-2.0-only
# library
# Sourced by the system tests: one function to boot a host, a few to judge what came out.
set -eu
tests=$(cd "$(dirname "$0")/.." && pwd)
name=$(basename "$0" .sh)
HYPERVISOR=${HYPERVISOR:-ours}
OUT=${OUT:-${XENOLITH_BUILD:-$tests/../build}/system}
mkdir -p "$OUT"
work=$(mktemp -d)
cleanups=
trap 'for c in $cleanups; do kill "$c" 2>/dev/null || :; done; rm -rf "$work"' EXIT
log=$OUT/$name.com1
: >"$work/script"

fail() {
    echo "failed: $*"
    exit 1
}

skip() {
    echo "$*"
    exit 77
}

soak() { [ "${SOAK:-}" = 1 ]; }

# packages NAME...: the folder that these Debian packages are unpacked in
packages() { "$tests/lab/packages.sh" "${XENOLITH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xenolith}" "$@"; }

# copy_libraries ROOT FOLDER PROGRAM...: into FOLDER what these programs of packages unpacked in ROOT are linked with, libc too
copy_libraries() {
    root=$1 folder=$2
    shift 2
    path=
    for r in "$root" "$(packages)"; do path=$path$r/usr/lib/x86_64-linux-gnu:$r/lib/x86_64-linux-gnu:; done
    for program in "$@"; do
        "$(packages)/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path "$path" --list "$program" >"$work/libs" || fail "$program: its libraries"
        for library in $(sed -n 's/.*=> \([^ ]*\) (.*/\1/p' "$work/libs"); do cp -L "$library" "$folder/"; done
    done
}

# own_libraries FOLDER PROGRAM...: into FOLDER what these programs of this machine are linked with, but libc
own_libraries() {
    folder=$1
    shift
    for library in $(ldd "$@" | sed -n '/libc\.so/!s|.* => \(/[^ ]*\) .*|\1|p'); do cp -Lf "$library" "$folder/"; done
}

# qemu_files FOLDER: the distribution's QEMU with all its libraries, in FOLDER: what dom0 has stays as it is. $qemu_add are the
# options of host for it.
qemu_files() {
    mkdir "$1"
    qemu=$(packages qemu-system-xen qemu-system-data libblkid1 libcap2 libdw1 libelf1 libfdt1 libffi8 libglib2.0-0 libgstreamer-plugins-base1.0-0 \
        libgstreamer1.0-0 libjpeg62-turbo liblz4-1 libmount1 libopus0 liborc-0.4-0 libpcre2-8-0 libpixman-1-0 libsasl2-2 libselinux1 \
        libspice-server1 libssl3 libstdc++6 libudev1 libunwind8 libusb-1.0-0)
    copy_libraries "$qemu" "$1" "$qemu/usr/libexec/xen-qemu-system-i386"
    cp "$qemu/usr/libexec/xen-qemu-system-i386" "$1/"
    cat >"$1/run" <<'EOS'
#!/bin/sh
export LD_LIBRARY_PATH=/root/qemu
exec /root/qemu/xen-qemu-system-i386 -L /usr/share/qemu "$@"
EOS
    chmod 755 "$1/run"
    keys=usr/share/qemu/keymaps/en-us
    qemu_add="--add $1:/root/qemu --add $1/run:/usr/libexec/xen-qemu-system-i386 --add $qemu/$keys:/$keys"
}

# script TEXT: the script that dom0 will run (standard input without TEXT)
script() {
    { echo '#!/bin/sh'; if [ $# -gt 0 ]; then printf '%s\n' "$1"; else cat; fi; } >"$work/script"
}

# guests_script [NAME=VALUE...]: script from standard input, after dom0.sh's functions, these variables and $hypervisor
guests_script() {
    { cat "$tests/system/dom0.sh"; printf '%s\n' "hypervisor='$HYPERVISOR'" "$@"; cat; } | script
}

# host [QHOST-OPTION...]: boots, runs the script; its output is in $work/out, qhost's words in $work/err. STORE=ours,
# CONSOLE=ours, TOOLSTACK=ours, LIBS=ours: with our xenstored, our xenconsoled and xenconsole, our xl, our libraries in the place of the
# distribution's. TOOLSTACK=beside: our xl beside the distribution's, as our_xl.
# HOST_OPTIONS are stronger than the test's own.
host() {
    ours=
    for word in "store ${STORE:-stock}" "console ${CONSOLE:-stock}" "xl ${TOOLSTACK:-stock}" "libs ${LIBS:-stock}"; do
        case ${word#* } in
        ours) ours=$ours${ours:+,}${word% *} ;;
        beside) ours=$ours${ours:+,}beside ;;
        esac
    done
    [ -z "$ours" ] || set -- --toolstack "$ours" "$@"
    echo "+ qhost --hypervisor $HYPERVISOR $*"
    status=0
    "$tests/lab/qhost" --hypervisor "$HYPERVISOR" --accel "${QHOST_ACCEL:-tcg}" --log "$log" --script "$work/script" \
        --timeout 240 "$@" ${HOST_OPTIONS:-} >"$work/out" 2>"$work/err" || status=$?
    cat "$work/out" "$work/err"
}

expect_status() { # of the last host
    [ "$status" = "$1" ] && return
    echo "the log's last lines ($log):"
    tail -n 60 "$log"
    echo "the script's last lines:"
    tail -n 15 "$work/out"
    fail "status $status, expected $1"
}

out_has() { # out_has REGEX
    grep -Eq "$1" "$work/out" || fail "no '$1' in the script's output"
}

# clean_log: no warning of dom0's kernel or of the hypervisor
clean_log() {
    if grep -v 'PVH is an experimental mode' "$log" | grep -nE 'WARNING: CPU|BUG:|soft lockup|rcu.*stall|Oops|Call Trace|\(XEN\) .*(ASSERT|BUG at|WARN)|nobody cared'; then
        fail "the log has warnings"
    fi
}

# boots [QHOST-OPTION...]: one boot to dom0's init and back, with what every boot must show
boots() {
    script 'xl list || exit; echo "cpus $(nproc)"; awk "/MemTotal/ { print \"dom0 MiB\", int(\$2 / 1024) }" /proc/meminfo
        cat /sys/hypervisor/type; uname -r'
    host "$@"
    expect_status 0
    out_has '^Domain-0 +0 '
    out_has '^xen$'
    clean_log
}
