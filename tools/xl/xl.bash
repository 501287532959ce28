# SPDX-License-Identifier: GPL-2.0-only
# bash completion of xl: the program says itself what may come next.
_xl()
{
    local IFS=$'\n'

    COMPREPLY=($(xl __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
}
complete -o default -F _xl xl
