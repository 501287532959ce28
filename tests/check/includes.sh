#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Hold the direction of includes: tools -> light -> {ctrl, store, migration} -> base -> public; the hypervisor includes
# only its own headers and include/public; core folders name no header of arch/x86; public headers only one another.
srcdir=${srcdir:-.}
cd "$srcdir" || exit 99
bad=0
# forbid DIR... -- PATTERN WHY : no file below DIR may include a path that matches PATTERN
forbid() {
    dirs=
    while [ "$1" != -- ]; do [ -d "$1" ] && dirs="$dirs $1"; shift; done
    [ -n "$dirs" ] || return 0
    hits=$(grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[\"<]($2)" $dirs --include='*.[chS]' --include='*.def')
    [ -z "$hits" ] || { echo "$hits"; echo "  ^ $3"; bad=1; }
}
arch=$(cd hypervisor/arch/x86 && ls -- *.h | grep -v '^arch_types.h$' | paste -sd'|' | sed 's/\./\\./g')
forbid hypervisor/object hypervisor/sched hypervisor/mm hypervisor/policy hypervisor/lib -- "($arch)\"" \
    "the core knows an architecture only through arch.h"
forbid hypervisor -- 'libs/|tools/|migration/|std(io|lib)\.h|string\.h|unistd\.h|sys/' "the hypervisor stands alone"
forbid hypervisor/include/public -- '\.\./|(types|lib|log|domain|vcpu|arch)\.h' "ABI headers include no header of ours"
forbid libs tools migration -- '(types|lib|log|lock|list|errno|arch|domain|vcpu|op|wire|cpu|hv)\.h"|hypervisor/|libs/|\.\./' \
    "userland names its headers by folder, and of the hypervisor's only public/"
forbid libs/base -- '(libs/)?(ctrl|store|light)/|migration/|tools/|xen(store|ctrl|light)' "base is below everything"
forbid libs/ctrl libs/store -- 'light/|migration/|tools/' "ctrl and store are below migration, light and tools"
forbid libs/ctrl -- 'store/' "ctrl and store stand beside each other"
forbid libs/store -- 'ctrl/' "ctrl and store stand beside each other"
forbid libs -- 'xen(stored?|consoled?)/' "libraries are below the tools"
forbid migration -- 'light/|tools/' "migration never uses light"
forbid libs/light -- 'tools/' "light is below the tools"
exit $bad
