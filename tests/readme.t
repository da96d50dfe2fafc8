#!/bin/sh
# SPDX-License-Identifier: MIT
# The README does what it shows. Blocks after a line `<!-- run -->` are one session, in a
# folder with the sample's files: `$ ` begins a command, `> ` goes on with it, the rest is
# what is printed and said. Also that the files and folders it names are there.
. "$(dirname "$0")/lib.sh"
need crm-show command -v crm-show
need crm-dedupe command -v crm-dedupe
need jq command -v jq
README=$ROOT/README.md
mkdir run
cp -R "$ROOT"/scripts/sample/*.csv "$ROOT"/scripts/sample/*.jsonl "$ROOT"/scripts/sample/shop.d run/

awk '
	/^<!-- run -->$/ { marked = 1; next }
	/^```/ { on = marked && !on; marked = on; next }
	on { print }
' "$README" >session
sed -n 's/^>$//p; s/^[$>] //p' session >script
sed '/^>$/d; /^[$>] /d' session >want
ok 'there is something to run' [ -s script ]
(cd run && COLUMNS=80 sh ../script </dev/null) >got 2>&1
ok 'it prints what the README shows' diff -u want got

# paths in `backquotes` that look like ours
grep -oE '`(scripts|lib|cmd|man|tests)/[A-Za-z0-9_./-]*`' "$README" "$ROOT/CONTRIBUTING.md" | sed 's/^[^`]*//' | tr -d '`' | sort -u >paths
: >lost
while read -r path; do
	case $path in *NAME* | *NNNN* | *X.*) continue ;; esac
	[ -e "$ROOT/$path" ] || echo "$path" >>lost
done <paths
is 'what it names is there' "$(cat lost)" ''
finish
