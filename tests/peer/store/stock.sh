# SPDX-License-Identifier: GPL-2.0-only
# library
# Sourced after lib.sh: the distribution's store daemons and clients on this host, without Xen (xen_shim.c).
build=${XENOLITH_BUILD:-$tests/../build}
stock=$(packages xenstore-utils xen-utils-4.17 xen-utils-common libxenstore4 libxenmisc4.17 libxencall1 libxenevtchn1 \
    libxengnttab1 libxenforeignmemory1 libxendevicemodel1 libxentoolcore1 libxentoollog1 python3-pyxs)
stock_lib=$(dirname "$(find "$stock" -name 'libxenstore.so.4' | head -n 1)")
shim=$work/xen_shim.so
cc -shared -fPIC -O1 -w "$tests/peer/store/xen_shim.c" -o "$shim" || skip "the shim is not built: apt-get install libxen-dev"

# stock_run PROGRAM ARGUMENT...: with its own libraries
stock_run() {
    LD_LIBRARY_PATH=$stock_lib "$@"
}

wait_for_socket() { # wait_for_socket DIR PID
    n=0
    while ! [ -S "$1/socket" ]; do
        kill -0 "$2" 2>/dev/null || { cat "$1/log"; fail "the daemon of $1 has ended"; }
        n=$((n + 1))
        [ $n -lt 200 ] || fail "no socket in $1"
        sleep 0.05
    done
}

# daemon_start KIND DIR: xenstored, oxenstored, ours, or ours for rings in $FAKE_WORLD (fake); its socket is DIR/socket, its process $daemon
daemon_start() {
    mkdir -p "$2"
    fake=$build/tests/xenstored/xenstored_fake
    mkfifo "$2/events"
    case $1 in
    xenstored)
        XEN_SHIM_DIR=$2 XENSTORED_RUNDIR=$2 LD_LIBRARY_PATH=$stock_lib LD_PRELOAD=$shim \
            "$stock/usr/lib/xen-4.17/bin/xenstored" -N -F "$2/pid" >"$2/log" 2>&1 &
        ;;
    oxenstored)
        {
            sed "s|/var/run/xen/|$2/|" "$stock/etc/xen/oxenstored.conf"
            echo "xenstored-log-file = $2/xenstored.log"
        } >"$2/conf"
        XEN_SHIM_DIR=$2 LD_LIBRARY_PATH=$stock_lib LD_PRELOAD=$shim "$stock/usr/lib/xen-4.17/bin/oxenstored" --no-fork \
            --no-access-log --config-file "$2/conf" >"$2/log" 2>&1 &
        ;;
    ours)
        XENSTORED_RUNDIR=$2 "$build/tools/xenstored/xenstored" -N -D -F "$2/pid" >"$2/log" 2>&1 &
        ;;
    fake)
        make -C "$build" tests/xenstored/xenstored_fake >/dev/null || fail "no $fake"
        XENSTORED_RUNDIR=$2 "$fake" -N -D -F "$2/pid" >"$2/log" 2>&1 &
        ;;
    esac
    daemon=$!
    cleanups="$cleanups $daemon"
    wait_for_socket "$2" "$daemon"
}

daemon_stop() { # of the last daemon_start
    kill "$daemon"
    wait "$daemon" 2>/dev/null || :
}
