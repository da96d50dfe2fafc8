#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual against the programs: every command has a page with all sections, which
# describes exactly the options that the program has; pages are clean; examples marked
# with `.\" run` do what the page shows, in a folder with a small store in $CRM_DB. The
# source of truth for options is --list-options, which getopt's own table answers.
. "$(dirname "$0")/lib.sh"
MAN=$ROOT/man

# own_options PROGRAM: without those of all commands, which crm-init alone has
own_options() {
	crm-init --list-options | sed 1d | sort >"$T/common"
	"$1" --list-options | sed 1d | sort | comm -23 - "$T/common" | tr -d = | sed 's/^--//'
}

# page_options PAGE: long options that it describes (`.It Fl -name` and `.It Fl n , -name`)
page_options() {
	sed -n 's/^\.It Fl //p' "$1" | sed 's/ Ar .*//' | tr ' ,' '\n' |
		sed -n 's/^\\\{0,1\}-\([a-z][a-z0-9-]*\)$/\1/p' | sort -u
}

same_options() { # same_options PROGRAM PAGE
	own_options "$1" | sort -u >"$T/has"
	page_options "$2" >"$T/tells"
	# the options of all commands may be described too, but need not be
	tr -d = <"$T/common" | sed 's/^--//' | sort -u >"$T/may"
	comm -23 "$T/has" "$T/tells" | sed 's/^/not described: /' >"$T/wrong"
	comm -13 "$T/has" "$T/tells" | comm -23 - "$T/may" | sed 's/^/does not exist: /' >>"$T/wrong"
	cat "$T/wrong"
	! [ -s "$T/wrong" ]
}

sections() { # sections PAGE: those that a command's page must have, in order
	awk '/^\.Sh / { print substr($0, 5) }' "$1" >"$T/sections"
	missing=
	for s in NAME SYNOPSIS DESCRIPTION ENVIRONMENT FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		grep -qx "$s" "$T/sections" || missing="$missing $s;"
	done
	[ -z "$missing" ] || echo "missing:$missing"
	[ -z "$missing" ]
}

says() { # says PROGRAM PAGE: NAME agrees with --help
	purpose=$(sed -n 's/^\.Nd //p' "$2" | head -n 1)
	"$1" --help | grep -qF -e "$purpose" || { echo "--help lacks: $purpose"; return 1; }
}

# All references from one page to another of ours lead somewhere.
references() {
	sed -n 's/^\.Xr \(crm[a-z-]*\) \([1-8]\).*/\1.\2/p' "$1" | sort -u | while read -r ref; do
		[ -e "$MAN/$ref" ] || echo "no page $ref"
	done >"$T/lost"
	cat "$T/lost"
	! [ -s "$T/lost" ]
}

# run_examples PAGE: `$ ` begins a command, `> ` goes on with it; what follows is what it
# prints.
run_examples() {
	mandoc -Tutf8 -O width=200 "$1" >/dev/null || return 1
	awk '
		/^\.\\" run/ { marked = 1; next }
		/^\.Bd/ && marked { on = 1; marked = 0; next }
		/^\.Ed/ { on = 0 }
		on { gsub(/\\e/, "\\"); gsub(/\\&/, ""); print }
	' "$1" >"$T/examples"
	rm -rf "$T/run"
	mkdir "$T/run"
	(cd "$T/run" && CRM_DB=shop.db && export CRM_DB && crm-init -q &&
		sqlite3 shop.db <"$ROOT/tests/data/show.sql") || return 1
	awk -v want="$T/want" '
		/^\$ / { print substr($0, 3); next }
		/^> / { print substr($0, 3); next }
		{ print > want }
	' "$T/examples" >"$T/script"
	[ -e "$T/want" ] || : >"$T/want"
	(cd "$T/run" && CRM_DB=shop.db sh -e "$T/script" 2>"$T/said") >"$T/printed" ||
		{ cat "$T/said"; return 1; }
	diff -u "$T/want" "$T/printed"
}

need mandoc sh -c 'command -v mandoc'
for program in "$BUILD"/bin/crm*; do
	name=$(basename "$program")
	page=$MAN/$name.1
	ok "$name has a man page" test -e "$page"
	[ -e "$page" ] || continue
	ok "$name(1) has all sections" sections "$page"
	ok "$name(1) describes its options and no other" same_options "$name" "$page"
	[ "$name" = crm ] || ok "$name --help says what the page says" says "$name" "$page"
done
for page in "$MAN"/*.[1-8]; do
	name=$(basename "$page")
	ok "$name is clean" mandoc -Tlint -Wwarning "$page"
	ok "$name refers to pages that are there" references "$page"
	rm -f "$T/want"
	if grep -q '^\.\\" run' "$page"; then
		ok "$name: its examples do what it shows" run_examples "$page"
	fi
done
ok 'crm(7) has the options of all commands' sh -c "
	crm-init --list-options | sed 1d | tr -d = | sed 's/^--//' | grep -vx list-options |
	while read -r o; do grep -q -- \"-\$o\" '$MAN/crm.7' || { echo \"\$o\"; exit 1; }; done"
# Every exit code of status.c stands in crm(7), and no other.
codes=$(sed -n '/exit_codes\[\]/,/};/p' "$ROOT/lib/base/status.c" | grep -o '= [0-9][0-9]*' | tr -d '= ' |
	{ cat; echo 71; } | sort -n | tr '\n' ' ')
is 'crm(7) lists the exit codes that there are' \
	"$(sed -n '/^\.Sh EXIT STATUS/,/^\.El/s/^\.It \([0-9]*\)$/\1/p' "$MAN/crm.7" | sort -n | tr '\n' ' ')" \
	"$codes"
ok 'the completion is a script that bash takes' sh -c \
	"'$ROOT/scripts/completion' '$BUILD/bin' > completion && bash -n completion"
ok 'it knows every command and option' sh -c "
	for p in '$BUILD'/bin/crm-*; do
		n=\$(basename \$p)
		grep -q \"^	\$n) \" completion || { echo \$n; exit 1; }
		for o in \$(\$p --list-options | sed '1d;/list-options/d'); do
			grep \"^	\$n) \" completion | grep -qF -- \"\$o\" || { echo \$n \$o; exit 1; }
		done
	done"
finish
