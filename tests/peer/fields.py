#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""fields.py EXCEPTIONS STOCK OURS: compares two outputs of fields.dom0; fails on a difference that is not excepted."""
import re
import sys


def exceptions(path):
    with open(path, encoding="utf-8") as f:
        lines = [line.split(None, 1) for line in f if line.strip() and not line.startswith("#")]
    return [(re.compile(pattern), reason.strip()) for pattern, reason in lines]


def fields(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        pairs = [line.rstrip("\n").partition(" ") for line in f]
    return {name: value.strip() for name, _, value in pairs}


def compare(excepted, stock, ours):
    bad = 0
    for name in sorted(set(stock) | set(ours)):
        theirs, mine = stock.get(name, "(missing)"), ours.get(name, "(missing)")
        if theirs == mine:
            continue
        reason = next((why for pattern, why in excepted if pattern.fullmatch(name)), None)
        missing = "(missing)" in (theirs, mine)
        verdict = "may differ: " + reason if reason and not missing else "DIFFERS"
        bad += verdict == "DIFFERS"
        print("%s\n  stock: %s\n  ours:  %s\n  %s" % (name, theirs, mine, verdict))
    print("%d fields, %d differ without a reason" % (len(stock), bad))
    return bad


if __name__ == "__main__":
    stock, ours = fields(sys.argv[2]), fields(sys.argv[3])
    if len(stock) < 60:
        sys.exit("only %d fields from stock: something is wrong" % len(stock))
    sys.exit(1 if compare(exceptions(sys.argv[1]), stock, ours) else 0)
