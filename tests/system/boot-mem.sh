#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# dom0 boots on small and large hosts.
# soak: hosts of 4096 and 8192 MiB too
. "$(dirname "$0")/lib.sh"
sizes=1024
if soak; then sizes="1024 4096 8192"; fi
for mem in $sizes; do
    boots --mem "$mem"
done
