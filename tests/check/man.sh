#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Man pages name the options that programs take, by what their help says, and no others.
srcdir=${srcdir:-.}
bad=0

# Each option in a text, one a line: -x, --long-name.
options() { grep -oE '(^|[^-a-zA-Z0-9])--?[a-zA-Z][-a-zA-Z]*' | grep -oE -e '--?[a-zA-Z][-a-zA-Z]*$' | sort -u; }
# A man page's, as it is read; $2 is the part between two lines that match (a section, or a program's own part).
page() { sed 's/\\-/-/g; s/\\f[A-Z]//g; s/^\.[A-Z]* //; s/"//g' "$1"; }

compare() { # PROGRAM HELP PAGE
    printf '%s\n' "$2" | options >"$t/help"
    printf '%s\n' "$3" | options >"$t/page"
    diff "$t/help" "$t/page" >"$t/diff" || { echo "$1: < only in its help, > only in its man page"; cat "$t/diff"; bad=1; }
}

t=$(mktemp -d) || exit 99
trap 'rm -rf "$t"' EXIT
export XENSTORED_PATH="$t/none"
for pair in xenstored.8 xenconsoled.8 xenconsole.1; do
    name=${pair%.*}
    help=$("tools/$name/$name" --help) || { echo "$name --help ends with $?"; bad=1; }
    compare "$name" "$help" "$(page "$srcdir/tools/$name/$pair" | sed -n '/^OPTIONS/,/^SH\|^CONTROL COMMANDS\|^FILES\|^EXIT STATUS/p')"
    # What it takes, but for what it passes to itself.
    grep -ohE '\{ "[a-z-]+", (no|required|optional)_argument' "$srcdir/tools/$name/"*.c | sed 's/{ "/--/; s/".*//' |
        grep -vE '^--(server|again)$' | sort >"$t/taken"
    grep -e ^-- "$t/help" | diff "$t/taken" - >"$t/diff" || { echo "$name: < only taken, > only in its help"; cat "$t/diff"; bad=1; }
done
# xl: each command's own part of the page.
sed 's/\\-/-/g; s/"//g' "$srcdir/tools/xl/xl.1" >"$t/xl.1"
for verb in $(tools/xl/xl help | sed -n 's/^ \([a-z][-a-z]*\) .*/\1/p'); do
    grep -qE "^[.]SS $verb( |\$)" "$t/xl.1" || { echo "xl $verb is not in its man page"; bad=1; }
    part=$(awk -v verb="$verb" '/^[.]S[SH] / { on = $0 ~ "^[.]SS " verb "( |$)" } on && sub(/^[.]B /, "")' "$t/xl.1")
    compare "xl $verb" "$(tools/xl/xl help "$verb" | sed -n '/^Options:/,$p' | awk -F '  +' '{ print $2 }')" "$part"
done
# xl.conf: each setting that is read has its words.
for name in $(sed -n '/^static const struct key conf_keys/,/^};/s/^    { "\([^"]*\)".*/\1/p' "$srcdir/tools/xl/conf.c"); do
    sed 's/\\-/-/g' "$srcdir/tools/xl/xl.conf.5" | grep -qF ".B $name=" || { echo "$name of xl.conf is not in its man page"; bad=1; }
done
for verb in read write ls list rm watch chmod exists; do
    help=$("tools/xenstore/xenstore-$verb" --help 2>&1)
    line=$(page "$srcdir/tools/xenstore/xenstore.1" | grep -E "^xenstore-$verb ")
    # -h and -s are said of all of them in one place.
    compare "xenstore-$verb" "$(printf '%s\n' "$help" | sed 's/^[^]]*\[-h\]//; s/\[-s\]//')" "${line#xenstore-"$verb"}"
done
exit $bad
