# SPDX-License-Identifier: GPL-2.0-only
"""Runs one host: starts QEMU, passes the script's output, watches the log, decides the exit status."""
import ctypes
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import machine
from console import Framed, Plain
from image import LabError
from monitor import Monitor
from shell import run_shell

TIMEOUT, CRASHED, LAB_FAILED = 124, 125, 126
LAST_WORDS = 200 # bytes of what QEMU says when it ends by itself
CRASH = re.compile(rb"Panic on CPU|Hardware Dom0 crashed|Domain 0 crashed|Kernel panic - not syncing")
GRACE = 1.5  # seconds for the rest of a panic's text
POWEROFF_WAIT = 20  # seconds for dom0 to power off after its script


def say(text):
    print("qhost: " + text, file=sys.stderr, flush=True)


def die_with_parent():
    """In the child: QEMU must not outlive a qhost that was killed (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Log:
    """COM1's file: looks at what is new in it."""

    def __init__(self, path):
        self.path = path
        open(path, "wb").close()
        self.offset = 0
        self.tail = b""

    def crashed(self):
        with open(self.path, "rb") as f:
            f.seek(self.offset)
            new = f.read()
        self.offset += len(new)
        text = self.tail + new
        self.tail = text[-100:]
        return bool(CRASH.search(text))

    def last_lines(self, count=60):
        with open(self.path, "rb") as f:
            return b"\n".join(f.read().replace(b"\r", b"").split(b"\n")[-count:]).decode(errors="replace")

    def append(self, text):
        with open(self.path, "ab") as f:
            f.write(text.encode())


class Host:
    def __init__(self, o, files, log):
        self.o = o
        self.log = log
        ours, theirs = socket.socketpair()
        com1 = "file,id=com1,path=%s,append=on" % machine.escaped(log.path)
        com2 = "socket,id=com2,fd=%d" % theirs.fileno()
        args = machine.command(o, files, com1, com2) + ["-chardev", "stdio,id=qmp,signal=off", "-mon", "qmp,mode=control"]
        self.errors = tempfile.TemporaryFile()
        self.qemu = subprocess.Popen(args, pass_fds=[theirs.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=self.errors, start_new_session=True, preexec_fn=die_with_parent)
        theirs.close()
        ours.setblocking(False)
        self.com2 = ours
        self.monitor = Monitor(self.qemu)

    def qemu_errors(self):
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").splitlines()
        return "\n".join(line for line in lines if "TCG doesn't support requested feature" not in line)

    def wait_for_end(self, seconds):
        try:
            self.qemu.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def kill(self):
        if self.qemu.poll() is None:
            self.qemu.kill()
            self.qemu.wait()


def crash_status(host):
    time.sleep(GRACE)
    host.kill()
    say("the hypervisor or dom0 crashed; the log's last lines:")
    print(host.log.last_lines(), file=sys.stderr)
    return CRASHED


def timeout_status(host):
    say("time is over after %g s; the log's last lines:" % host.o.timeout)
    print(host.log.last_lines(20), file=sys.stderr)
    host.log.append("\nqhost: time is over; the CPUs' registers:\n%s\n" % host.monitor.registers())
    host.kill()
    return TIMEOUT


def script_status(host, status):
    if not host.wait_for_end(POWEROFF_WAIT):
        say("dom0 did not power off in %d s; killed" % POWEROFF_WAIT)
    host.kill()
    return CRASHED if status == 0 and host.log.crashed() else status


def ended_status(host, reader):
    """QEMU ended by itself."""
    if host.log.crashed():
        return crash_status(host)
    code, reason = host.qemu.returncode, host.monitor.reason()
    if not host.monitor.greeted:
        say("QEMU did not start: " + host.qemu_errors())
        return LAB_FAILED
    if host.o.test_kernel:
        return code >> 1 if code & 1 else 0 if reason == "guest-shutdown" else LAB_FAILED
    if reader.status is not None:
        return reader.status
    words = {"guest-shutdown": "the host powered off", "guest-reset": "the host was reset"}
    say("%s before the script ended" % words.get(reason, "QEMU ended (status %d)" % code))
    if code:
        say("QEMU's last words: " + host.qemu_errors()[:LAST_WORDS])
    return LAB_FAILED


def watch(host, reader, deadline):
    """Passes COM2 until the script, the time, the host or QEMU ends; the exit status."""
    while True:
        host.monitor.poll()
        reader.pump(host.com2, 0.1)
        if reader.status is not None:
            return script_status(host, reader.status)
        if host.qemu.poll() is not None:
            reader.pump(host.com2, 0)
            return ended_status(host, reader)
        if host.log.crashed():
            return crash_status(host)
        if deadline and time.monotonic() > deadline:
            return timeout_status(host)


def run_batch(o, files, log, token):
    deadline = time.monotonic() + o.timeout if o.timeout else None
    host = Host(o, files, log)
    try:
        reader = Plain(firmware=machine.kind_of(o) == "stock-pvh") if o.test_kernel else Framed(token)
        return watch(host, reader, deadline)
    finally:
        host.kill()


def on_signal(number, _):
    raise SystemExit(128 + number)


def main(o):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, on_signal)
    work = tempfile.mkdtemp(prefix="qhost-")
    token = secrets.token_hex(8)
    try:
        files = machine.Files(o, work, token)
        log = Log(os.path.abspath(o.log) if o.log else os.path.join(work, "log"))
        if o.script or o.test_kernel:
            return run_batch(o, files, log, token)
        return run_shell(o, machine.command, files, log)
    except LabError as e:
        say(str(e))
        return LAB_FAILED
    except BrokenPipeError:
        return LAB_FAILED
    finally:
        shutil.rmtree(work, ignore_errors=True)
