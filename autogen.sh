#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make configure from configure.ac. Needed once after a clone; ./quickstart does it by itself.
set -e
cd "$(dirname "$0")"
autoreconf --install --force
