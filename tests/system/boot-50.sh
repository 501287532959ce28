#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Booting is not a matter of luck.
# soak: 50 boots in a row, every second one on two CPUs with a thread each
. "$(dirname "$0")/lib.sh"
soak || skip "only in make soak"
i=0
while [ $i -lt "${BOOTS:-50}" ]; do
    i=$((i + 1))
    echo "boot $i"
    boots --smp $((i % 2 + 1)) --threads multi
done
