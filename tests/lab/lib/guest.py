#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""guest.py OUTDIR [BUSYBOX]: the lab's guest, to be put into dom0: Debian's kernel, an initramfs with a shell, an xl.cfg."""
import gzip
import os
import sys

sys.dont_write_bytecode = True

from overlay import Overlay  # noqa: E402

LAB = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
BUSYBOX = "/bin/busybox"
APPLETS = ("sh mount cat cut sleep echo poweroff reboot halt stty head grep md5sum dd ls ps top free uname date dmesg "
           "chmod hostname ip ping vi wc tr seq usleep nproc setsid awk sed base64 sha256sum taskset").split()
CONFIG = """\
# A Debian guest; try: xl create /root/guest/guest.cfg memory=256 vcpus=2
name = "guest"
type = "pvh"
kernel = "/root/guest/vmlinuz"
ramdisk = "/root/guest/initrd.gz"
extra = "console=hvc0"
memory = 128
vcpus = 1
"""


def initramfs(busybox):
    disk = Overlay(merged=False)
    disk.add_file(busybox, "bin/busybox", 0o755)
    for applet in APPLETS:
        disk.add_link("bin/" + applet, "busybox")
    for folder in ("proc", "sys", "dev", "tmp", "root", "sbin"):
        disk.add_folder(folder)
    disk.add_file(os.path.join(LAB, "guest", "init"), "init", 0o755)
    return gzip.compress(disk.archive(), 6, mtime=0)


def files(packages, busybox=BUSYBOX):
    """Name below the guest's folder -> contents."""
    with open(packages.kernel(), "rb") as f:
        return {"vmlinuz": f.read(), "initrd.gz": initramfs(busybox), "guest.cfg": CONFIG.encode()}


def main(folder, *busybox):
    import image

    os.makedirs(folder, exist_ok=True)
    for name, data in files(image.Packages(), *busybox).items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
