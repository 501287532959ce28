# SPDX-License-Identifier: GPL-2.0-only
"""The interactive host: COM2 is the user's terminal, COM1's log stands in for it until the shell is there."""
import os
import subprocess
import sys
import termios
import time

READY = b"qhost: the shell is ready"


def last_line(log):
    with open(log.path, "rb") as f:
        f.seek(0, os.SEEK_END)
        f.seek(max(0, f.tell() - 2000))
        lines = [line for line in f.read().replace(b"\r", b"").split(b"\n") if line.strip()]
    return lines[-1].decode(errors="replace") if lines else "starting"


def show_progress(qemu, log, deadline):
    """The log's newest line, in place, until the shell is ready or the host has ended; False: out of time."""
    start = time.monotonic()
    while qemu.poll() is None:
        with open(log.path, "rb") as f:
            if READY in f.read():
                break
        if deadline and time.monotonic() > deadline:
            return False
        print("\r\033[K[%3d s] %s" % (time.monotonic() - start, last_line(log)[:100]), end="", file=sys.stderr, flush=True)
        time.sleep(0.3)
    print("\r\033[K", end="", file=sys.stderr, flush=True)
    return True


def finish(qemu, log, deadline):
    from run import CRASHED, LAB_FAILED, TIMEOUT
    if not show_progress(qemu, log, deadline):
        return TIMEOUT
    try:
        qemu.wait(max(0, deadline - time.monotonic()) if deadline else None)
    except subprocess.TimeoutExpired:
        return TIMEOUT
    if log.crashed():
        print("\n" + log.last_lines(), file=sys.stderr)
        return CRASHED
    return LAB_FAILED if qemu.returncode else 0


def run_shell(o, command, files, log):
    args = command(o, files, "file,id=com1,path=%s,append=on" % log.path, "stdio,id=com2,mux=on,signal=off")
    saved = termios.tcgetattr(0)
    qemu = subprocess.Popen(args + ["-mon", "chardev=com2,mode=readline"])
    try:
        return finish(qemu, log, time.monotonic() + o.timeout if o.timeout else None)
    finally:
        if qemu.poll() is None:
            qemu.kill()
            qemu.wait()
        termios.tcsetattr(0, termios.TCSADRAIN, saved)
