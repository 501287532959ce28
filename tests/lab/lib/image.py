# SPDX-License-Identifier: GPL-2.0-only
"""What a host boots from: the cached packages and base image, and this run's initramfs."""
import fcntl
import glob
import hashlib
import os
import subprocess
import sys

import guest
from overlay import Overlay

LAB = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
REPO = os.path.dirname(os.path.dirname(LAB))

PROGRAMS = "usr/lib/xen-4.17/bin/"
LIBRARIES = "usr/lib/x86_64-linux-gnu/"
BESIDE = "beside"  # not a part of "ours": stock's xl stays
OURS = {  # the words of --toolstack: files of the build, and what they are in dom0
    "store": {"tools/xenstored/xenstored": PROGRAMS + "xenstored"},
    "console": {"tools/xenconsoled/xenconsoled": PROGRAMS + "xenconsoled", "tools/xenconsole/xenconsole": PROGRAMS + "xenconsole"},
    "xl": {"tools/xl/xl": PROGRAMS + "xl"},
    "libs": {"libs/light/libxenlight.so.4.17.0": LIBRARIES + "libxenlight.so.4.17",
             "libs/light/xlu/libxlutil.so.4.17": LIBRARIES + "libxlutil.so.4.17",
             "libs/store/libxenstore.so.4.0": LIBRARIES + "libxenstore.so.4",
             "libs/toollog/libxentoollog.so.1.0": LIBRARIES + "libxentoollog.so.1"},
    BESIDE: {"tools/xl/xl": "usr/bin/our_xl"},
}

ADDRESS = {"user": "10.0.2.15/24", "listen": "192.168.77.1/24", "connect": "192.168.77.2/24"}

MESSAGE = """
This is dom0: Debian's Linux {release}, and {xl}.
The hypervisor underneath is {hypervisor}.

A Debian guest runs on it, made by: xl create /root/guest/guest.cfg

  try    xl list | xl console guest (leave it with Ctrl-]) | xl info | xl vcpu-list | xl dmesg | xentop
  leave  poweroff, or Ctrl-A X

"""


class LabError(Exception):
    """The lab itself failed; the text says what to do."""


def cache_folder():
    default = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "xenolith")
    folder = os.path.abspath(os.environ.get("XENOLITH_CACHE") or default)
    os.makedirs(folder, exist_ok=True)
    return folder


def build_folder():
    return os.environ.get("XENOLITH_BUILD") or os.path.join(REPO, "build")


def our_hypervisor():
    for folder in (build_folder(), REPO):
        path = os.path.join(folder, "hypervisor", "xenolith")
        if os.path.isfile(path):
            return path
    raise LabError("there is no hypervisor/xenolith in %s; build it: ./quickstart build" % build_folder())


def helper(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise LabError("%s failed" % os.path.basename(command[0]))
    return done.stdout.decode().strip()


class Packages:
    """The unpacked Debian packages."""

    def __init__(self):
        self.cache = cache_folder()
        self.root = helper(os.path.join(LAB, "packages.sh"), self.cache)
        with open(os.path.join(self.root, "kernel-release"), encoding="ascii") as f:
            self.release = f.read().strip()

    def path(self, *names):
        return os.path.join(self.root, *names)

    def kernel(self):
        return self.path("boot", "vmlinuz-" + self.release)

    def _key(self):
        digest = hashlib.sha256()
        inputs = [self.path("versions"), os.path.join(LAB, "mkdom0.sh")]
        for name in inputs + sorted(glob.glob(os.path.join(LAB, "dom0", "*"))):
            with open(name, "rb") as f:
                digest.update(f.read())
        return digest.hexdigest()[:12]

    def base_image(self):
        """The base initramfs, made when its inputs are new."""
        path = os.path.join(self.cache, "dom0-%s.cpio" % self._key())
        with open(os.path.join(self.cache, "dom0.lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(path):
                print("qhost: making the dom0 image", file=sys.stderr)
                helper(os.path.join(LAB, "mkdom0.sh"), self.root, path)
        return path


def modules(o):
    names = ["virtio_pci"] if o.net != "none" or o.disk or o.shared_disk else []
    return names + (["virtio_net"] if o.net != "none" else []) + (["virtio_blk"] if o.disk or o.shared_disk else [])


def environment(o, token):
    size = ""
    if not o.script and sys.stdout.isatty():
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
        size = "%d %d" % (rows, columns) if rows and columns else ""
    values = {
        "TOKEN": token,
        "MODE": "script" if o.script else "shell",
        "MODULES": " ".join(modules(o)),
        "ADDRESS": ADDRESS.get(o.net.partition(":")[0], ""),
        "SIZE": size,
        "TERM": os.environ.get("TERM", "vt100"),
    }
    return "".join("QHOST_%s='%s'\n" % (k, v.replace("'", "")) for k, v in values.items()).encode()


def hypervisor_name(o):
    return {"ours": "Xenolith", "stock": "Debian's Xen 4.17"}.get(o.hypervisor, o.hypervisor)


def libraries(program):
    """The shared libraries that a program of the build needs besides libc: dom0's programs need fewer."""
    listed = [line.split() for line in helper("ldd", program).splitlines() if " => /" in line]
    return [words[2] for words in listed if words[0] != "libc.so.6"]


def add_ours(overlay, words):
    """Programs of the build and their libraries."""
    for word in words:
        for name, path in OURS[word].items():
            program = os.path.join(build_folder(), name)
            if not os.path.isfile(program):
                raise LabError("there is no %s; build it: ./quickstart build" % program)
            overlay.add_file(program, path)
            for library in libraries(program):
                overlay.add_file(library, LIBRARIES + os.path.basename(library))


def make_overlay(o, token, packages):
    overlay = Overlay()
    overlay.add_bytes("qhost/env", environment(o, token))
    if o.script:
        overlay.add_file(o.script, "qhost/script", 0o755)
    else:
        xl = "our own xl" if "xl" in o.toolstack else "Debian's xl 4.17"
        if BESIDE in o.toolstack:
            xl += ", with ours beside it (our_xl)"
        text = MESSAGE.format(release=packages.release, hypervisor=hypervisor_name(o), xl=xl)
        overlay.add_bytes("qhost/message", text.encode())
        for name, data in guest.files(packages).items():
            overlay.add_bytes("root/guest/" + name, data)
    add_ours(overlay, o.toolstack)
    for item in o.add:
        source, _, path = item.partition(":")
        overlay.add_tree(source, path or "root/" + os.path.basename(source.rstrip("/")))
    return overlay.archive()


def make_initramfs(o, token, packages, out):
    """Writes base image + overlay to the file out."""
    with open(packages.base_image(), "rb") as f:
        base = f.read()
    with open(out, "wb") as f:
        f.write(base + b"\0" * (-len(base) % 512) + make_overlay(o, token, packages))
