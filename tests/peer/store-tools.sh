#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The xenstore-* clients beside the distribution's: the same commands (store/commands), each kind on a fresh daemon of
# stock's and of ours; standard output and exit codes are the same, and what ours say on standard error begins as stock's, with the cause behind.
# Not compared: `list -p /` (stock prints //NAME) and `ls` with an unknown option (stock goes on).
. "$(dirname "$0")/../system/lib.sh"
. "$tests/peer/store/stock.sh"

program() { # program KIND NAME
    case $1:$2 in
    ours:*) echo "$build/tools/xenstore/xenstore-$2" ;;
    stock:control) echo "$stock/usr/lib/xen-4.17/bin/xenstore-control" ;;
    stock:*) echo "$stock/usr/bin/xenstore-$2" ;;
    esac
}

# Many nodes and long names: lines are cut.
fill() {
    for len in 1 30 50 51 60 65 68 69 70 71 72 73 90; do
        digits=$(printf "%0${len}d" 0)
        stock_run "$(program stock write)" "/w/$digits" 12345 "/w/v$len" "$digits" "/w/d/e/p/$digits/x" "$digits"
    done
    stock_run "$(program stock write)" /w/bytes "$(i=1; while [ $i -lt 256 ]; do printf "\\$(printf %03o $i)"; i=$((i + 1)); done)"
}

run_all() { # run_all KIND DAEMON: out.KIND, err.KIND
    kind=$1 on=$2
    daemon_start "$on" "$work/$kind.$on"
    export XENSTORED_RUNDIR="$work/$kind.$on"
    : >"$work/out.$kind"
    : >"$work/err.$kind"
    fill
    n=0
    while IFS= read -r line; do
        n=$((n + 1))
        eval "set -- $(printf '%s' "$line" | sed 's/\\/\\\\/g')"
        command=$1
        shift
        status=0
        echo "$n: $command $*" >>"$work/out.$kind"
        stock_run timeout 10 "$(program "$kind" "$command")" "$@" >>"$work/out.$kind" 2>"$work/err" </dev/null || status=$?
        echo "status $status" >>"$work/out.$kind"
        sed "s/^/$n: /" "$work/err" >>"$work/err.$kind"
    done <"$tests/peer/store/commands"
    echo "$n commands: clients of $kind, daemon $on"
    [ "$kind" = stock ] || json
    daemon_stop
}

json() { # the same nodes, values and permissions as in lines; every byte of a value
    "$(program ours ls)" --json -f -p >"$work/flat"
    "$(program ours ls)" --json -p / >"$work/nested"
    "$(program ours ls)" -f -p >"$work/lines"
    "$(program ours read)" -R /w/bytes >"$work/bytes"
    python3 - "$work" <<'P'
import json, sys

work = sys.argv[1]
flat, nested = json.load(open(work + "/flat")), json.load(open(work + "/nested"))
lines = open(work + "/lines").read().splitlines()
seen = {}

def walk(children, path):
    for name, node in children.items():
        seen[path + "/" + name] = {"value": node["value"], "perms": node["perms"]}
        walk(node["children"], path + "/" + name)

walk(nested, "")
assert seen == flat and len(flat) == len(lines) > 60, (len(seen), len(flat), len(lines))
for path, node in flat.items():
    assert any(l.startswith(path + " = ") and l.endswith("(%s)" % ",".join(node["perms"])) for l in lines), path
value = open(work + "/bytes", "rb").read()
assert flat["/w/bytes"]["value"].encode("latin-1") == value and len(value) == 254  # the backslash was an escape
print(len(flat), "nodes in JSON")
P
}

compare() { # what run_all has left of both kinds
    diff "$work/out.stock" "$work/out.ours" || fail "the output differs (above: < stock, > ours)"
    [ "$(grep -c ' = ' "$work/out.ours")" -gt 50 ] || fail "nothing was listed"

    # Usage lines name the program as it was called, and options of ours. Command by command, each line of stock's begins ours.
    for kind in stock ours; do
        sed -e '/Usage:/d' -e '/^[0-9]*: $/d' -e 's|[^ ]*/xenstore-|xenstore-|' -e 's/specification: .*/specification/' \
            "$work/err.$kind" >"$work/e.$kind"
    done
    awk '{ n = $1 }
        NR == FNR { want[n, ++wants[n]] = $0; next }
        { have[n, ++haves[n]] = $0 }
        END {
            for (n in wants) {
                for (i = 1; i <= wants[n]; i++)
                    if (index(have[n, i], want[n, i]) != 1) { print "stock: " want[n, i]; print "ours:  " have[n, i]; bad = 1 }
                lines += wants[n]
            }
            print lines " lines on standard error compared"
            exit bad || lines < 20
        }' "$work/e.stock" "$work/e.ours" || fail "what is said on standard error differs"
}

for on in xenstored ours; do
    run_all stock $on
    run_all ours $on
    compare
done
