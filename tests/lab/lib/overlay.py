# SPDX-License-Identifier: GPL-2.0-only
"""A cpio archive (newc) of what one run adds to dom0's initramfs; Linux unpacks archives one after the other."""
import os
import stat

MERGED = ("bin", "sbin", "lib", "lib64")  # links to usr/... in the base image


def inner_path(path):
    parts = [p for p in path.split("/") if p not in ("", ".")]
    return "/".join(["usr"] + parts if parts and parts[0] in MERGED else parts)


class Overlay:
    def __init__(self, merged=True):
        """merged: paths below /bin, /sbin, /lib go to /usr, as in dom0's base image."""
        self.place = inner_path if merged else lambda path: path.strip("/")
        self.parts = []
        self.names = set()
        self.inode = 0x70000000

    def _entry(self, name, mode, data):
        self.inode += 1
        raw = name.encode() + b"\0"
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0]
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        self.parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]

    def _folders(self, name):
        parent = os.path.dirname(name)
        if parent and parent not in self.names:
            self._folders(parent)
            self.names.add(parent)
            self._entry(parent, stat.S_IFDIR | 0o755, b"")

    def add_bytes(self, path, data, mode=0o644):
        name = self.place(path)
        self._folders(name)
        self._entry(name, stat.S_IFREG | mode, data)

    def add_link(self, path, target):
        name = self.place(path)
        self._folders(name)
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def add_folder(self, path):
        self._folders(self.place(path) + "/.")

    def add_file(self, source, path, mode=None):
        with open(source, "rb") as f:
            self.add_bytes(path, f.read(), mode or stat.S_IMODE(os.stat(source).st_mode))

    def add_tree(self, source, path):
        if not os.path.isdir(source):
            self.add_file(source, path)
            return
        for folder, _, files in os.walk(source):
            for f in files:
                full = os.path.join(folder, f)
                self.add_file(full, os.path.join(path, os.path.relpath(full, source)))

    def archive(self):
        self.inode = -1
        self._entry("TRAILER!!!", 0, b"")
        data = b"".join(self.parts)
        return data + b"\0" * (-len(data) % 512)
