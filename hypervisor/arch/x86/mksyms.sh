#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# mksyms.sh [NM-OUTPUT]: write the symbol table of the hypervisor as assembly. The input is `nm -n IMAGE` of a first link;
# without input the table is empty, which is what the first link is made with. The table lies behind the text, so
# its size does not move what it names.
set -eu

awk '
    BEGIN {
        print "    .section .symbols, \"a\", @progbits"
        print "    .globl symbol_count, symbol_offset, symbol_name, symbol_names"
        n = 0
    }
    ($2 == "t" || $2 == "T") && $1 ~ /^ffffffff8/ && $3 !~ /^\.L/ {
        if ($1 == last)
            next
        last = $1
        address[n] = substr($1, 9)
        name[n++] = $3
    }
    END {
        print "    .balign 4\nsymbol_count: .long " n "\nsymbol_offset:"
        # The upper half is that of the link base, whose lower half is 80000000.
        for (i = 0; i < n; i++)
            print "    .long 0x" address[i] " - 0x80000000"
        print "symbol_name:"
        for (i = 0; i < n; i++)
            print "    .long " length_so_far(i)
        print "symbol_names:"
        for (i = 0; i < n; i++)
            print "    .asciz \"" name[i] "\""
        print "    .byte 0\n    .section .note.GNU-stack, \"\", @progbits"
    }
    function length_so_far(i) {
        sum = i ? sum + length(name[i - 1]) + 1 : 0
        return sum
    }
' "${1:-/dev/null}"
