#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The disk image that "make image" makes boots through GRUB, on SeaBIOS and on OVMF.
. "$(dirname "$0")/lib.sh"
for firmware in grub-bios grub-efi; do
    boots --boot $firmware
done
