#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""create_compare.py LINES EXCEPT WORK STOCK OURS: `create -q -n` of each configuration of LINES (with \\n in it), by two
commands of a shell. The exit codes and the JSON are the same, or EXCEPT has a row CONFIGURATION<tab>why."""
import json
import subprocess
import sys


def run(command, path):
    done = subprocess.run(f"{command} create -q -n {path}", shell=True, capture_output=True, text=True, errors="replace")
    try:
        value = json.loads(done.stdout) if done.stdout else None
    except ValueError:
        value = done.stdout
    if isinstance(value, dict) and value["c_info"]["uuid"] != "00000000-0000-0000-0000-000000000001":
        value["c_info"]["uuid"] = "random"
    return (0 if done.returncode == 0 else 1), value, done.stdout, done.stderr.strip()


def main():
    lines, excepted, work, stock, ours = sys.argv[1:]
    rows = dict(line.rstrip("\n").split("\t") for line in open(excepted) if "\t" in line and line[0] != "#")
    bad = explained = 0
    questions = open(lines).read().splitlines()
    path = f"{work}/domain.cfg"
    for question in questions:
        with open(path, "w") as f:
            f.write(question.replace("\\n", "\n"))
        a, b = run(stock, path), run(ours, path)
        differs = a[:2] != b[:2] or (a[2] != b[2] and a[1] and a[1]["c_info"]["uuid"] != "random")
        if differs and question in rows:
            explained += 1
        elif differs:
            print(f"{question}\n  stock {a[0]} {json.dumps(a[1])} {a[3]}\n  ours  {b[0]} {json.dumps(b[1])} {b[3]}")
            bad += 1
        elif question in rows:
            print(f"{question}\n  listed in the exceptions, but the answers are alike")
            bad += 1
    for question in rows.keys() - set(questions):
        print(f"{question}\n  listed in the exceptions, but not asked")
        bad += 1
    print(f"{len(questions)} configurations, {explained} explained differences, {bad} others")
    return bad > 0 or not questions


sys.exit(main())
