#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# lint.sh: cppcheck over the hypervisor, libraries, tools and tests, clang-tidy (its checks are in .clang-tidy) over the hypervisor;
# run by `make lint`. In libraries and tools clang's analyzer takes what the cleanup attribute frees for leaked.
cd "$(dirname "$0")/../.." || exit 99
includes="-Ihypervisor/include -Ihypervisor/arch/x86 -Ihypervisor"
flags="-std=gnu11 -ffreestanding -mcmodel=kernel -mgeneral-regs-only -DCONFIG_DEBUG=1 $includes"
bad=0
cppcheck --quiet --enable=warning,portability --error-exitcode=1 --std=c11 --inline-suppr \
    --suppressions-list=tests/check/cppcheck.suppress -D__x86_64__ -DCONFIG_DEBUG=1 $includes hypervisor || bad=1
# Of the system's headers it reads the one whose macros declare.
queue=$(printf '#include <sys/queue.h>\n' | ${CC:-cc} -M -x c - | grep -o '[^ ]*sys/queue\.h')
libs="-Ilibs -Ilibs/light/include -Ilibs/store/include -Ilibs/toollog/include -Itools -Ihypervisor/include -Itests -Itests/fake"
# shellcheck disable=SC2086
cppcheck -j "$(nproc)" --quiet --enable=warning,portability --error-exitcode=1 --std=c11 --inline-suppr \
    --suppressions-list=tests/check/cppcheck.suppress -D__x86_64__ -D_GNU_SOURCE --include="$queue" $libs libs tools tests bench || bad=1
export flags
# shellcheck disable=SC2016
find hypervisor -name '*.c' | sort |
    xargs -n 1 -P "$(nproc)" sh -c 'clang-tidy --quiet "$@" -- $flags' lint 2>/dev/null || bad=1
[ $bad = 0 ] && echo "lint: nothing found"
exit $bad
