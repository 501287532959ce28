#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""compare.py STOCK OURS EXCEPT KIND: two outputs of cfg_driver, question by question. A row of EXCEPT is
KIND<tab>QUESTION<tab>why the answers differ; a row whose answers do not differ is a mistake too."""
import sys


def answers(path):
    found, question = {}, None
    for line in open(path, errors="surrogateescape"):
        line = line.rstrip("\n")
        if line.startswith("? "):
            question = line[2:]
            found[question] = []
        elif line:
            found[question].append(line)
    return found


def main():
    stock, ours = answers(sys.argv[1]), answers(sys.argv[2])
    kind, bad, seen = sys.argv[4], 0, 0
    expected = {}
    for line in open(sys.argv[3]):
        if line.strip() and not line.startswith("#"):
            row = line.rstrip("\n").split("\t")
            if row[0] == kind:
                expected[row[1]] = row[2]
    if not stock or set(stock) != set(ours):
        print(f"{kind}: {len(stock)} questions to stock, {len(ours)} to ours")
        bad = 1
    for question, want in stock.items():
        differs = ours.get(question) != want
        if differs and question not in expected:
            print(f"{kind}: {question}\n  stock {want}\n  ours  {ours.get(question)}")
            bad = 1
        if not differs and question in expected:
            print(f"{kind}: {question}: listed in the exceptions, but the answers are alike")
            bad = 1
        seen += differs
    for question in expected.keys() - stock.keys():
        print(f"{kind}: {question}: listed in the exceptions, but not asked")
        bad = 1
    print(f"{kind}: {len(stock)} questions, {seen} explained differences")
    return bad


sys.exit(main())
