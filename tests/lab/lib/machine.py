# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's command line for one run."""
import os
import shutil

import image
from image import LabError

OVMF = "/usr/share/OVMF"


def dom0_mib(o):
    return min(1024, o.mem * 5 // 8)


def hv_cmdline(o, kind):
    words = ["console=com1", "com1=115200,8n1", "noreboot", "loglvl=all", "guest_loglvl=all"]
    if "dom0_mem=" not in o.hv_cmdline:
        words.insert(0, "dom0_mem=%dM,max:%dM" % (dom0_mib(o), dom0_mib(o)))
    if kind.startswith("stock"):
        words.append("spec-ctrl=eager-fpu")
    if kind == "stock-pvh":
        words.append("dom0=pvh")
    return " ".join(words + [o.hv_cmdline]).strip()


def dom0_cmdline(o):
    if o.test_kernel:
        return o.dom0_cmdline
    return ("console=hvc0 panic=-1 " + o.dom0_cmdline).strip()


def kind_of(o):
    """ours | stock-pvh | stock-pv: stock's PVH dom0 has a bad time with two CPUs (soft lockups)."""
    if o.hypervisor != "stock":
        return "ours"
    return "stock-pv" if (o.smp > 1 and not o.test_kernel) or o.boot != "direct" else "stock-pvh"


def check_kvm():
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise LabError("--accel kvm: cannot use /dev/kvm; load kvm_amd, or leave --accel out")
    try:
        with open("/sys/module/kvm_amd/parameters/nested", encoding="ascii") as f:
            nested = f.read().strip()
    except OSError:
        raise LabError("--accel kvm needs an AMD CPU (kvm_amd is not loaded); leave --accel out") from None
    if nested not in ("1", "Y"):
        raise LabError("--accel kvm: nesting is off; reload kvm_amd with nested=1")


def accelerator(o):
    if o.accel == "kvm":
        check_kvm()
        return ["-accel", "kvm"]
    args = ["-accel", "tcg,thread=" + o.threads]
    return args + (["-icount", "shift=0,sleep=off"] if o.icount else [])


def escaped(path):
    return path.replace(",", ",,")


def virtio(o, kind):
    """Stock's PVH dom0 does not own the frames it names: there every virtio device must be translated."""
    return ",iommu_platform=on,disable-legacy=on" if o.iommu == "amd" or kind == "stock-pvh" else ""


def network(o, kind):
    how, _, port = o.net.partition(":")
    if how == "none":
        return ["-nic", "none"]
    backend = "user,id=net0" if how == "user" else "socket,id=net0,%s=127.0.0.1:%s" % (how, port)
    mac = {"user": "01", "listen": "02", "connect": "03"}[how]
    return ["-netdev", backend, "-device", "virtio-net-pci,netdev=net0,mac=52:54:00:78:65:%s%s" % (mac, virtio(o, kind))]


def disks(o, kind):
    args = []
    for i, path in enumerate(o.disk):
        args += ["-drive", "file=%s,format=raw,if=none,id=disk%d" % (escaped(path), i),
                 "-device", "virtio-blk-pci,drive=disk%d,serial=disk%d%s" % (i, i, virtio(o, kind))]
    for i, path in enumerate(o.nvme):
        args += ["-drive", "file=%s,format=raw,if=none,id=nvme%d" % (escaped(path), i),
                 "-device", "nvme,drive=nvme%d,serial=nvme%d" % (i, i)]
    for i, path in enumerate(o.ahci):
        args += ["-drive", "file=%s,format=raw,if=none,id=ahci%d" % (escaped(path), i),
                 "-device", "ide-hd,bus=ide.%d,drive=ahci%d,serial=ahci%d" % (i + 1, i, i)]
    if o.shared_disk:
        args += ["-drive", "file=%s,format=raw,if=none,id=shared,file.locking=off,cache=writethrough" % escaped(o.shared_disk),
                 "-device", "virtio-blk-pci,drive=shared,serial=shared,share-rw=on" + virtio(o, kind)]
    return args


def iommu(o, kind):
    return ["-device", "amd-iommu"] if o.iommu != "none" or kind == "stock-pvh" else []


def devices(o):
    return [word for d in o.device for word in ("-device", d)]


class Files:
    """The files a run boots from, some made in its work folder."""

    def __init__(self, o, work, token):
        self.work = work
        packages = None
        if not (o.test_kernel and o.hypervisor != "stock"):
            packages = image.Packages()
        self.kernel = o.kernel or packages.kernel()
        self.initramfs = None
        if not o.test_kernel:
            self.initramfs = os.path.join(work, "dom0.cpio")
            image.make_initramfs(o, token, packages, self.initramfs)
        self.efi = packages and packages.path("boot", "xen-4.17-amd64.efi")
        self.hypervisor = self._hypervisor(o, packages)

    @staticmethod
    def _hypervisor(o, packages):
        if o.hypervisor == "stock":
            return packages.path("boot", "xen-4.17-amd64")
        return image.our_hypervisor() if o.hypervisor == "ours" else o.hypervisor


def boot_direct(o, files):
    module = ("%s %s" % (files.kernel, dom0_cmdline(o))).strip()
    modules = ",".join(escaped(m) for m in [module, files.initramfs] if m)
    return ["-kernel", files.hypervisor, "-append", hv_cmdline(o, kind_of(o)), "-initrd", modules]


def flash(work):
    code, variables = os.path.join(OVMF, "OVMF_CODE.fd"), os.path.join(OVMF, "OVMF_VARS.fd")
    if not os.path.exists(code):
        raise LabError("there is no %s; install the package ovmf" % code)
    copy = os.path.join(work, "vars.fd")
    shutil.copyfile(variables, copy)
    return ["-drive", "if=pflash,format=raw,readonly=on,file=" + code, "-drive", "if=pflash,format=raw,file=" + escaped(copy)]


def boot_disk(drive):
    return ["-drive", drive + ",format=raw,if=none,id=boot", "-device", "ide-hd,drive=boot,bootindex=0"]


def boot_efi(o, files):
    """Xen's own EFI program, on a FAT drive that QEMU makes of a folder."""
    folder = os.path.join(files.work, "esp", "EFI", "BOOT")
    os.makedirs(folder)
    shutil.copyfile(files.efi, os.path.join(folder, "BOOTX64.EFI"))
    shutil.copyfile(files.kernel, os.path.join(folder, "kernel"))
    lines = ["[global]", "default=x", "[x]", "options=" + hv_cmdline(o, "stock-pvh"), "kernel=kernel " + dom0_cmdline(o)]
    if files.initramfs:
        shutil.move(files.initramfs, os.path.join(folder, "ramdisk"))
        lines.append("ramdisk=ramdisk")
    with open(os.path.join(folder, "BOOTX64.cfg"), "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")
    return flash(files.work) + boot_disk("file=fat:rw:" + escaped(os.path.join(files.work, "esp")))


def boot_grub(o, files):
    disk = os.path.join(files.work, "disk.img")
    image.helper(os.path.join(image.LAB, "mkimage.sh"), disk, files.hypervisor, hv_cmdline(o, kind_of(o)),
                 files.kernel, dom0_cmdline(o), files.initramfs)
    return (flash(files.work) if o.boot == "grub-efi" else []) + boot_disk("file=" + escaped(disk))


def boot(o, files):
    if o.boot != "direct":
        return boot_grub(o, files)
    return boot_efi(o, files) if kind_of(o) == "stock-pvh" else boot_direct(o, files)


def command(o, files, com1, com2):
    """com1, com2: -chardev definitions, with the ids com1 and com2."""
    kind = kind_of(o)
    return (["qemu-system-x86_64", "-M", "q35", "-cpu", o.cpu, "-smp", str(o.smp), "-m", str(o.mem)]
            + accelerator(o) + ["-display", "none", "-no-reboot", "-no-user-config", "-nodefaults"]
            + ["-chardev", com1, "-serial", "chardev:com1", "-chardev", com2, "-serial", "chardev:com2"]
            + ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
            + iommu(o, kind) + boot(o, files) + network(o, kind) + disks(o, kind)
            + devices(o))
