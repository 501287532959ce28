#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""cpuid.py EXCEPTIONS STOCK OURS: judges what tests/guest/cpuid printed on both hypervisors."""
import re
import sys

# Words of features: (leaf, sub-leaf, register). Bits of ours must be bits of stock's.
FEATURES = [(0x1, 0, "c"), (0x1, 0, "d"), (0x7, 0, "b"), (0x7, 0, "c"), (0x7, 0, "d"), (0x7, 1, "a"), (0x7, 1, "b"),
            (0x7, 1, "c"), (0x7, 1, "d"), (0x7, 2, "d"), (0xd, 0, "a"), (0xd, 1, "a"), (0x80000001, 0, "c"),
            (0x80000001, 0, "d"), (0x80000007, 0, "d"), (0x80000008, 0, "b"), (0x80000021, 0, "a"),
            (0x80000021, 0, "c")]
# Words that are equal: vendor, family and model, name, address widths.
EQUAL = [(0x0, 0, "b"), (0x0, 0, "c"), (0x0, 0, "d"), (0x1, 0, "a"), (0x80000008, 0, "a")] + [
    (leaf, 0, r) for leaf in (0x80000002, 0x80000003, 0x80000004) for r in "abcd"]


def read(name):
    leaves, msrs = {}, {}
    with open(name, encoding="ascii") as f:
        for line in f:
            w = line.split()
            if w[:1] == ["cpuid"]:
                key = tuple(int(x, 16) for x in w[1].split("."))
                leaves.setdefault(key, {}).update(zip("abcd", (int(x, 16) for x in w[2:6])))
            elif w[:1] == ["msr"]:
                msrs[w[1]] = w[2]
    return leaves, msrs


def exceptions(name):
    """Lines NAME MASK  REASON: bits that may be ours alone (words), or a value that may differ."""
    found = {}
    with open(name, encoding="utf-8") as f:
        for line in f:
            m = re.match(r"(\S+) (\S+)  (.+)", line)
            if m and not line.startswith("#"):
                found[m[1]] = (int(m[2], 16), m[3])
    return found


def name_of(leaf, sub, reg):
    return f"{leaf:x}.{sub:x}.{reg}"


def main():
    excepted = exceptions(sys.argv[1])
    (stock, stock_msrs), (ours, our_msrs) = read(sys.argv[2]), read(sys.argv[3])
    bad = 0

    def word(leaves, leaf, sub, reg):
        return leaves.get((leaf, sub), {}).get(reg, 0)

    def judge(name, wrong, text):
        nonlocal bad
        mask, reason = excepted.get(name, (0, ""))
        if wrong & ~mask:
            bad += 1
            print(f"WRONG {name}: {text}")
        elif wrong:
            print(f"excepted {name}: {text}: {reason}")

    for key in FEATURES:
        s, o = word(stock, *key), word(ours, *key)
        judge(name_of(*key), o & ~s, f"ours alone 0x{o & ~s:x}")
        if s & ~o:
            print(f"fewer {name_of(*key)}: stock alone 0x{s & ~o:x}")
    for key in EQUAL:
        s, o = word(stock, *key), word(ours, *key)
        judge(name_of(*key), s ^ o, f"stock 0x{s:x} ours 0x{o:x}")
    for leaf, sub in sorted(set(stock) | set(ours)):
        for reg in "abcd":
            s, o = word(stock, leaf, sub, reg), word(ours, leaf, sub, reg)
            if s != o and (leaf, sub, reg) not in FEATURES + EQUAL:
                print(f"differs {name_of(leaf, sub, reg)}: stock 0x{s:x} ours 0x{o:x}")
    for msr in our_msrs:
        if our_msrs[msr] != stock_msrs.get(msr) and msr != "10":
            print(f"msr {msr}: stock {stock_msrs.get(msr)} ours {our_msrs[msr]}")
    if len(ours) < 20 or len(stock) < 20:
        print("WRONG too few leaves")
        bad += 1
    print(f"{len(ours)} leaves and {len(our_msrs)} MSRs compared, {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
