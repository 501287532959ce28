#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""verbs_compare.py LINES EXCEPT WORK STOCK OURS: each of LINES to two commands of a shell, on a host that shims play. Standard
output, exit code and what was asked of libxenlight (the file SHIM_LOG) are the same, or EXCEPT has a row LINE<tab>why. Of
a usage only the exit code counts."""
import os
import re
import shlex
import subprocess
import sys

GOES_ON = [  # the time of day, and the machine's own uptime
    (r"(?m)^ \d\d:\d\d:\d\d up", " NOW up"),
    (r"(?m)^(Domain-0 +0) [^-]*:\d\d:\d\d$", r"\1 UP"),
    (r"up [^,]*(, +[\d:]+)?, Domain-0", "up UP, Domain-0"),
]


def run(command, line, work):
    log = os.path.join(work, "calls")
    if os.path.exists(log):
        os.unlink(log)
    words = shlex.split(line)
    env = dict(os.environ, SHIM_LOG=log)
    while words and re.match(r"[A-Z_]+=", words[0]):
        name, value = words.pop(0).split("=", 1)
        env[name] = value
    done = subprocess.run(command + " " + shlex.join(words), shell=True, capture_output=True, env=env, timeout=60,
                          text=True, errors="replace", stdin=subprocess.DEVNULL, cwd=work)
    out = "" if done.stdout.startswith("Usage:") else done.stdout
    for pattern, instead in GOES_ON:
        out = re.sub(pattern, instead, out)
    calls = ""
    if os.path.exists(log):
        with open(log) as f:
            calls = f.read()
    return (done.returncode, out, calls), done.stderr.strip()


def main():
    lines, excepted, work, stock, ours = sys.argv[1:6]
    with open(excepted) as f:
        rows = dict(line.rstrip("\n").split("\t") for line in f if "\t" in line and line[0] != "#")
    with open(lines) as f:
        questions = [line for line in f.read().splitlines() if line and line[0] != "#"]
    bad = explained = 0
    for question in questions:
        a, a_said = run(stock, question, work)
        b, b_said = run(ours, question, work)
        if a == b and question in rows:
            print(f"xl {question}\n  listed in the exceptions, but the answers are alike")
            bad += 1
        elif a != b and question in rows:
            explained += 1
        elif a != b:
            print(f"xl {question}\n  stock {a}\n    {a_said}\n  ours  {b}\n    {b_said}")
            bad += 1
    for question in rows.keys() - set(questions):
        print(f"xl {question}\n  listed in the exceptions, but not asked")
        bad += 1
    print(f"{len(questions)} commands, {explained} explained differences, {bad} others")
    return bad > 0 or not questions


if __name__ == "__main__":
    sys.exit(main())
