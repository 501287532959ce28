#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""guest.py [--devices] OUTDIR [BUSYBOX]: the lab's guest, to be put into dom0: Debian's kernel, an initramfs with a
shell, an xl.cfg. With --devices the initramfs drives disks and networks: frontends, ext4 and e2fsprogs; and it talks to
other domains: /dev/xen and vchan-socket-proxy."""
import argparse
import gzip
import os
import subprocess
import sys

sys.dont_write_bytecode = True

from overlay import Overlay  # noqa: E402

LAB = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
BUSYBOX = "/bin/busybox"
APPLETS = ("sh mount cat cut sleep echo poweroff reboot halt stty head grep md5sum dd ls ps top free uname date dmesg "
           "chmod hostname ip ping vi wc tr seq usleep nproc setsid awk sed base64 sha256sum taskset").split()
DEVICE_APPLETS = "insmod umount mkdir rm cmp nc sync tee mkfifo kill".split()
DEVICE_MODULES = "xen-blkfront xen-netfront crc32c_generic ext4 xen-evtchn xen-privcmd xen-gntdev xen-gntalloc".split()
DEVICE_PACKAGES = "e2fsprogs libext2fs2 libcom-err2 libblkid1 libuuid1 libc6 libgcc-s1".split()
DEVICE_PROGRAMS = "sbin/mke2fs sbin/e2fsck usr/lib/xen-4.17/bin/vchan-socket-proxy".split()
LIBRARIES = "lib/x86_64-linux-gnu"
THREAD_CANCEL = "libgcc_s.so.1"  # libc loads it when it ends a thread; nothing names it
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


def add_modules(disk, packages):
    """The modules and what they depend on, in the order in which init loads them (/lib/modules/load)."""
    command = ["modprobe", "-d", packages.root, "-S", packages.release, "--show-depends", "-a"] + DEVICE_MODULES
    env = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
    shown = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=env).stdout.decode()
    paths = list(dict.fromkeys(line.split()[1] for line in shown.splitlines() if line.startswith("insmod")))
    for path in paths:
        disk.add_file(path, "lib/modules/" + os.path.basename(path))
    disk.add_bytes("lib/modules/load", "".join(os.path.basename(path) + "\n" for path in paths).encode())


def add_programs(disk, roots):
    """The programs and the libraries that their loader finds below roots."""
    path = ":".join(os.path.join(root, d, LIBRARIES) for root in roots for d in ("", "usr"))
    loader = os.path.realpath(os.path.join(roots[0], LIBRARIES, "ld-linux-x86-64.so.2"))
    cancel = next(p for p in (os.path.join(d, THREAD_CANCEL) for d in path.split(":")) if os.path.exists(p))
    libraries = {"ld-linux-x86-64.so.2": loader, THREAD_CANCEL: cancel}
    for name in DEVICE_PROGRAMS:
        program = next(p for p in (os.path.join(root, name) for root in roots) if os.path.exists(p))
        disk.add_file(program, "bin/" + os.path.basename(program), 0o755)
        listed = subprocess.run([loader, "--library-path", path, "--list", program],
                                stdout=subprocess.PIPE, check=True).stdout.decode()
        libraries.update((os.path.basename(line.split()[0]), line.split()[2]) for line in listed.splitlines() if " => " in line)
    for name, source in libraries.items():
        disk.add_file(os.path.realpath(source), LIBRARIES + "/" + os.path.basename(name), 0o755)
    disk.add_link("lib64", LIBRARIES)


def add_devices(disk, packages):
    import image

    for applet in DEVICE_APPLETS:
        disk.add_link("bin/" + applet, "busybox")
    add_modules(disk, packages)
    programs = image.helper(os.path.join(LAB, "packages.sh"), packages.cache, *DEVICE_PACKAGES)
    add_programs(disk, (programs, packages.root))


def initramfs(busybox, packages, devices):
    disk = Overlay(merged=False)
    disk.add_file(busybox, "bin/busybox", 0o755)
    for applet in APPLETS:
        disk.add_link("bin/" + applet, "busybox")
    for folder in ("proc", "sys", "dev", "tmp", "root", "sbin"):
        disk.add_folder(folder)
    disk.add_file(os.path.join(LAB, "guest", "init"), "init", 0o755)
    if devices:
        add_devices(disk, packages)
    return gzip.compress(disk.archive(), 6, mtime=0)


def files(packages, busybox=BUSYBOX, devices=False):
    """Name below the guest's folder -> contents."""
    with open(packages.kernel(), "rb") as f:
        return {"vmlinuz": f.read(), "initrd.gz": initramfs(busybox, packages, devices), "guest.cfg": CONFIG.encode()}


def main():
    import image

    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--devices", action="store_true")
    parser.add_argument("folder")
    parser.add_argument("busybox", nargs="?", default=BUSYBOX)
    o = parser.parse_args()
    os.makedirs(o.folder, exist_ok=True)
    for name, data in files(image.Packages(), o.busybox, o.devices).items():
        with open(os.path.join(o.folder, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
