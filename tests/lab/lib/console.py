# SPDX-License-Identifier: GPL-2.0-only
"""COM2: takes the script's output out of its frame (tests/lab/dom0/agent) and passes it to stdout."""
import os
import re
import select


def write_all(data):
    while data:
        data = data[os.write(1, data):]


LOADED = re.compile(rb"kernel: 0x[0-9a-f]+-0x[0-9a-f]+\r?\n")


class Plain:
    """A test kernel's COM2: every byte is output, once the firmware (if there is one that prints) is done."""
    status = None

    def __init__(self, firmware=False):
        self.firmware = firmware
        self.before = b""

    def pump(self, com2, seconds):
        while select.select([com2], [], [], seconds)[0]:
            try:
                data = com2.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                return
            self.take(data)
            seconds = 0

    def take(self, data):
        if self.firmware:
            self.before += data
            loaded = LOADED.search(self.before)
            if not loaded:
                return
            self.firmware, data = False, self.before[loaded.end():]
        write_all(data)


class Framed(Plain):
    """Output stands between a line 'qhost-begin TOKEN' and 'qhost-end TOKEN STATUS', which follows its last byte."""

    def __init__(self, token):
        super().__init__()
        self.begin = b"\nqhost-begin %s\n" % token.encode()
        self.end = re.compile(rb"qhost-end %s ([0-9]+)\n" % token.encode())
        self.longest = len(token) + 16
        self.begun = False
        self.held = b""

    def take(self, data):
        self.held += data
        if not self.begun:
            before, found, after = self.held.partition(self.begin)
            if not found:
                return
            self.begun, self.held = True, after
        self._pass()

    def _pass(self):
        end = self.end.search(self.held)
        if end and self.status is None:
            write_all(self.held[:end.start()])
            self.status, self.held = int(end.group(1)), b""
        elif self.status is None:
            keep = self._start_of_end()
            write_all(self.held[:keep])
            self.held = self.held[keep:]

    def _start_of_end(self):
        """Where the last line may be beginning: everything before it is output."""
        start = self.held.find(b"qhost-end ", max(0, len(self.held) - self.longest))
        if start >= 0:
            return start
        for size in range(min(9, len(self.held)), 0, -1):
            if self.held.endswith(b"qhost-end "[:size]):
                return len(self.held) - size
        return len(self.held)
