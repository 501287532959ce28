# SPDX-License-Identifier: GPL-2.0-only
"""qhost's command line: names, defaults, and what cannot go together."""
import argparse
import os
import re
import sys

import image

CPU = "EPYC,+svm,+npt,-smap,-monitor,-rdtscp"
# For measurements: an invariant TSC. The minus list is what TCG lacks, so that the force adds only invtsc.
CPU_INVTSC = CPU + (",-rdseed,-sha-ni,-xsavec,-3dnowprefetch,-misalignsse,-osvw,-topoext,-fxsr-opt,-nrip-save,"
                    "+invtsc,x-force-features=on")

STATUS = """exit status:
  the script's own, or
  2    wrong usage
  124  the time given by --timeout is over
  125  the hypervisor panicked or dom0 crashed (the log's last 60 lines are on stderr)
  126  the host could not be started, or it ended before the script did
With a test kernel (--kernel, not a bzImage, without --script): the value the kernel writes to port 0xf4."""


def parser():
    p = argparse.ArgumentParser(
        prog="qhost", formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, epilog=STATUS,
        description="Boot a hypervisor and its dom0 in QEMU; run a script in dom0, or give its shell to the user.")
    add = p.add_argument
    add("--hypervisor", default="ours", metavar="ours|stock|FILE",
        help="ours (the build's hypervisor/xenolith), stock (Debian's Xen 4.17), or a multiboot image (default: ours)")
    add("--toolstack", default="stock", metavar="stock|ours|WORD,...",
        help="dom0's programs: Debian's, or the build's in their place, all or some of %s (default: stock)" % ", ".join(image.OURS))
    add("--kernel", metavar="FILE", help="dom0's kernel (default: Debian's), or a test kernel")
    add("--smp", type=int, default=1, metavar="N", help="CPUs (default: 1)")
    add("--mem", type=int, default=2048, metavar="MiB", help="RAM of the host (default: 2048)")
    add("--cpu", metavar="MODEL", help="QEMU's CPU model (default: %s)" % CPU)
    add("--threads", choices=["single", "multi"], help="TCG threads (default: single; multi with --hypervisor stock and more than one CPU)")
    add("--icount", action="store_true", help="one instruction is one ns of guest time; implies the invtsc CPU")
    add("--accel", default="tcg", choices=["tcg", "kvm"], help="default: tcg; kvm needs an AMD CPU, and is untested")
    add("--hv-cmdline", default="", metavar="...", help="added to the hypervisor's command line")
    add("--dom0-cmdline", default="", metavar="...", help="added to dom0's command line")
    add("--add", action="append", default=[], metavar="FILE[:PATH]", help="put a file or folder into dom0 (/root)")
    add("--script", metavar="FILE", help="run FILE in dom0, pass its output, exit with its status")
    add("--timeout", type=float, metavar="S", help="kill the host after S seconds (default: 300 with --script, else none)")
    add("--log", metavar="FILE", help="COM1: what the hypervisor and dom0's kernel print")
    add("--net", default="none", metavar="none|user|listen:PORT|connect:PORT", help="a virtio NIC (default: none)")
    add("--disk", action="append", default=[], metavar="FILE", help="a raw disk image as virtio disk")
    add("--nvme", action="append", default=[], metavar="FILE", help="a raw disk image as NVMe disk")
    add("--ahci", action="append", default=[], metavar="FILE", help="a raw disk image as AHCI disk")
    add("--shared-disk", metavar="FILE", help="a raw disk image that two hosts may use at once")
    add("--iommu", default="none", choices=["none", "amd", "beside"],
        help="amd: an IOMMU, which virtio devices use; beside: they go round it (default: none)")
    add("--device", action="append", default=[], metavar="MODEL[,NAME=VALUE...]", help="one more device of QEMU's")
    add("--boot", default="direct", choices=["direct", "grub-bios", "grub-efi"],
        help="how: by QEMU's loader, or from a disk image with GRUB, on SeaBIOS or OVMF (default: direct)")
    return p


def is_bzimage(path):
    with open(path, "rb") as f:
        return f.read(0x206)[0x202:0x206] == b"HdrS"


def refuse(reason):
    print("qhost: %s (qhost --help lists the options)" % reason, file=sys.stderr)
    sys.exit(2)


def check_files(o):
    added = [a.partition(":")[0] for a in o.add]
    for f in o.disk + o.nvme + o.ahci + added + [f for f in (o.shared_disk, o.kernel, o.script) if f]:
        if not os.path.exists(f):
            refuse("there is no file %s" % f)
    if "/" in o.hypervisor and not os.path.isfile(o.hypervisor):
        refuse("there is no file %s" % o.hypervisor)


def check(o):
    check_files(o)
    if any(word not in image.OURS for word in o.toolstack):
        refuse("--toolstack is stock, ours, or some of %s" % ", ".join(image.OURS))
    if not re.fullmatch(r"none|user|(listen|connect):[0-9]{1,5}", o.net):
        refuse("--net is none, user, listen:PORT or connect:PORT")
    if o.smp < 1 or o.mem < 256:
        refuse("--smp is at least 1, --mem at least 256")
    if o.icount and (o.smp > 1 or o.accel == "kvm" or o.threads == "multi"):
        refuse("--icount is for one CPU and one TCG thread")
    if o.boot != "direct" and o.test_kernel:
        refuse("a test kernel boots with --boot direct only")
    if not o.script and not o.test_kernel and not sys.stdin.isatty():
        refuse("without a terminal, --script says what to run")


def parse(argv):
    o = parser().parse_args(argv)
    o.test_kernel = bool(o.kernel and not o.script and os.path.exists(o.kernel) and not is_bzimage(o.kernel))
    o.toolstack = {"stock": [], "ours": [w for w in image.OURS if w != image.BESIDE]}.get(o.toolstack) or [w for w in o.toolstack.split(",") if w != "stock"]
    check(o)
    o.cpu = o.cpu or (CPU_INVTSC if o.icount else "host" if o.accel == "kvm" else CPU)
    # docs/decisions.md 13: QEMU's threads lose bits of CPU 0; with one thread stock's guests get interrupts twice.
    o.threads = o.threads or ("multi" if o.hypervisor == "stock" and o.smp > 1 else "single")
    if o.timeout is None and (o.script or o.test_kernel):
        o.timeout = 300
    return o
