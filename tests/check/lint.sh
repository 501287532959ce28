#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# lint.sh: cppcheck and clang-tidy (its checks are in .clang-tidy) over the hypervisor; run by `make lint`.
cd "$(dirname "$0")/../.." || exit 99
includes="-Ihypervisor/include -Ihypervisor/arch/x86 -Ihypervisor"
flags="-std=gnu11 -ffreestanding -mcmodel=kernel -mgeneral-regs-only -DCONFIG_DEBUG=1 $includes"
bad=0
cppcheck --quiet --enable=warning,portability --error-exitcode=1 --std=c11 --inline-suppr \
    --suppressions-list=tests/check/cppcheck.suppress -D__x86_64__ -DCONFIG_DEBUG=1 $includes hypervisor || bad=1
export flags
# shellcheck disable=SC2016
find hypervisor -name '*.c' | sort |
    xargs -n 1 -P "$(nproc)" sh -c 'clang-tidy --quiet "$@" -- $flags' lint 2>/dev/null || bad=1
[ $bad = 0 ] && echo "lint: nothing found"
exit $bad
