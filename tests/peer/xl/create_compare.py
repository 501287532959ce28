#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""create_compare.py CONFIGURATIONS EXCEPT WORK STOCK OURS: `create -q -n` of each, by two commands of a shell. The exit codes
and the JSON are the same, or EXCEPT has a row CONFIGURATION<tab>why. They are the lines of a file, with \\n in them, or
of NAME.txt the files behind "## NAME: what for" (corpus.txt says more), known by these names."""
import json
import re
import subprocess
import sys


def run(command, path, text):
    done = subprocess.run(f"{command} create -q -n {path}", shell=True, capture_output=True, text=True, errors="replace")
    try:
        value = json.loads(done.stdout) if done.stdout else None
    except ValueError:
        value = done.stdout
    if isinstance(value, dict) and value["c_info"]["uuid"] not in text:
        value["c_info"]["uuid"] = "random"
    if isinstance(value, dict) and "ms_vm_genid" in value["b_info"].get("type.hvm", {}) and '"generate"' in text:
        value["b_info"]["type.hvm"]["ms_vm_genid"] = "random"
    return (0 if done.returncode == 0 else 1), value, done.stdout, done.stderr.strip()


def configurations(path):
    """(what it is called, its text), each once"""
    with open(path) as f:
        text = f.read()
    if not path.endswith(".txt"):
        return [(line, line.replace("\\n", "\n")) for line in text.splitlines()]
    blocks = re.split(r"(?m)^## ([^:\n]+):.*\n", text)[1:]
    return [(name, re.sub(r"\n@\n$", "", body).replace("\\r\n", "\r\n")) for name, body in zip(blocks[::2], blocks[1::2])]


def main():
    lines, excepted, work, stock, ours = sys.argv[1:]
    rows = dict(line.rstrip("\n").split("\t") for line in open(excepted) if "\t" in line and line[0] != "#")
    bad = explained = 0
    questions = configurations(lines)
    path = f"{work}/domain.cfg"
    for question, text in questions:
        with open(path, "w", newline="") as f:
            f.write(text)
        a, b = run(stock, path, text), run(ours, path, text)
        differs = a[:2] != b[:2] or (a[2] != b[2] and a[1] and a[1]["c_info"]["uuid"] != "random")
        if differs and question in rows:
            explained += 1
        elif differs:
            print(f"{question}\n  stock {a[0]} {json.dumps(a[1])} {a[3]}\n  ours  {b[0]} {json.dumps(b[1])} {b[3]}")
            bad += 1
        elif question in rows:
            print(f"{question}\n  listed in the exceptions, but the answers are alike")
            bad += 1
    for question in rows.keys() - {name for name, _ in questions}:
        print(f"{question}\n  listed in the exceptions, but not asked")
        bad += 1
    print(f"{len(questions)} configurations, {explained} explained differences, {bad} others")
    return bad > 0 or not questions


sys.exit(main())
