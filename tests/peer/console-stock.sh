#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# soak: our console daemon and client on stock Xen, and beside our store on ours
# What tests/system/guest-console.sh and console.sh see with stock's programs, with ours: on stock Xen, then with our
# xenstored as well.
here=$(cd "$(dirname "$0")" && pwd)
[ "${SOAK:-}" = 1 ] || { echo "only in full"; exit 77; }
set -e
SOAK= CONSOLE=ours HYPERVISOR=stock "$here/../system/guest-console.sh"
SOAK= CONSOLE=ours HYPERVISOR=stock "$here/../system/console.sh"
SOAK= CONSOLE=ours STORE=ours "$here/../system/guest-console.sh"
