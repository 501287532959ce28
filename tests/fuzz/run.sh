#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# run.sh FUZZER: a short run with a fixed seed, or FUZZ_SECONDS with a corpus that grows in FUZZER.corpus. An input that
# breaks something stays as FUZZER-crash-*; give it to the fuzzer as its argument to see it again.
prog=$1 runs=20000
set -- -print_final_stats=1 -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$prog-"
case $prog in
*bzimage*) set -- "$@" -max_len=16384 ;;
*guest_walk*) runs=200000; set -- "$@" -max_len=1024 -len_control=10 ;;
*ivrs*) runs=200000; set -- "$@" -max_len=512 ;;
*vpci*) set -- "$@" -max_len=512 -len_control=10 ;;
*xenstored_snapshot*) set -- "$@" -max_len=2048 -len_control=0 ;;
*xenstored_request*) set -- "$@" -max_len=192 -len_control=10 ;;
*xenstored*) set -- "$@" -max_len=512 -len_control=10 ;;
*xlcfg*) runs=100000; set -- "$@" -max_len=512 -len_control=10 ;;
*xldisk*) runs=100000; set -- "$@" -max_len=128 -len_control=10 ;;
*light_json*) runs=10000; set -- "$@" -max_len=256 -len_control=10 ;;
*store_async*) set -- "$@" -max_len=512 -len_control=10 ;;
*kernel_image*) runs=100000; set -- "$@" -max_len=64 -len_control=10 ;;
*hypercall*) set -- "$@" -max_len=1024 -len_control=10 ;;
*) set -- "$@" -max_len=64 ;;
esac
case $(head -c 2 "$prog") in
'#!') exec "$prog" ;;
esac
if [ -n "${FUZZ_SECONDS:-}" ]; then
    mkdir -p "$prog.corpus"
    exec "./$prog" "$@" -max_total_time="$FUZZ_SECONDS" "$prog.corpus"
fi
exec "./$prog" "$@" -seed=1 -runs="${FUZZ_RUNS:-$runs}"
