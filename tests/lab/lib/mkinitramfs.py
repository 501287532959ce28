#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""mkinitramfs.py OUT: dom0's initramfs with a shell on COM2, for an image that boots without qhost."""
import sys

sys.dont_write_bytecode = True

import image  # noqa: E402


class Interactive:
    script, add, net, disk, shared_disk, hypervisor = None, [], "none", [], None, "ours"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    image.make_initramfs(Interactive, "none", image.Packages(), sys.argv[1])
