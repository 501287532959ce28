# SPDX-License-Identifier: GPL-2.0-only
# Tests of libs/light and libs/toollog.

# What of the peer tier needs no QEMU.
TESTS += tests/peer/light/layout.sh
