# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's control channel (QMP on its stdin and stdout): why it ended, and the registers when it hangs."""
import json
import os
import select
import sys
import time


class Monitor:
    def __init__(self, qemu):
        self.qemu = qemu
        self.fd = qemu.stdout.fileno()
        self.buffer = b""
        self.greeted = False
        self.why = None
        self.answer = None

    def _send(self, command, **arguments):
        try:
            self.qemu.stdin.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
            self.qemu.stdin.flush()
        except OSError:
            pass

    def _take(self, message):
        if "QMP" in message:
            self.greeted = True
            self._send("qmp_capabilities")
        elif message.get("event") == "SHUTDOWN":
            self.why = message["data"].get("reason")
        elif isinstance(message.get("return"), str):
            self.answer = message["return"]

    def poll(self, seconds=0):
        while select.select([self.fd], [], [], seconds)[0]:
            data = os.read(self.fd, 65536)
            if not data:
                return
            *lines, self.buffer = (self.buffer + data).split(b"\n")
            for line in lines:
                if line.startswith(b"{"):
                    self._take(json.loads(line))
                elif line.strip():  # what its libraries print, when an assertion fails above all
                    print("qhost: QEMU says: " + line.decode(errors="replace").strip(), file=sys.stderr, flush=True)

    def reason(self):
        """Why the machine ended: guest-shutdown, guest-reset, ... or None."""
        self.poll()
        return self.why

    def ask(self, line, seconds=5):
        """What QEMU's monitor answers to a line; None: nothing in time."""
        self.answer = None
        self._send("human-monitor-command", **{"command-line": line})
        end = time.monotonic() + seconds
        while self.answer is None and time.monotonic() < end and self.qemu.poll() is None:
            self.poll(0.01)
        return self.answer

    def registers(self):
        lines = (self.ask("info registers -a") or "QEMU does not answer").replace("\r", "").splitlines()
        return "\n".join(line for line in lines if not line.startswith(("FPR", "YMM", "XMM", "ZMM", "FCW", "Opmask")))
