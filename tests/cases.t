#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs tests/cases/COMMAND/NAME: `cmd` is run by sh in an empty folder with `in` as its
# standard input; what it prints, says and returns must equal `out`, `err` and `rc`
# (absent: nothing, nothing, 0). $CASE is the case's folder, $DATA is tests/data.
# ACCEPT=1 writes the expectations instead: read the diff before committing it.
. "$(dirname "$0")/lib.sh"
DATA=$ROOT/tests/data
export DATA

expect() { # expect FILE GOT: compares, or accepts
	if [ -n "${ACCEPT:-}" ]; then
		if [ -s "$2" ]; then cp "$2" "$1"; else rm -f "$1"; fi
	elif [ -e "$1" ]; then
		diff -u "$1" "$2"
	else
		diff -u /dev/null "$2"
	fi
}

run_case() {
	CASE=$1
	export CASE
	rm -rf "$T/work"
	mkdir "$T/work"
	if [ -e "$CASE/in" ]; then in=$CASE/in; else in=/dev/null; fi
	(cd "$T/work" && CRM_DB=t.db sh "$CASE/cmd" <"$in" >"$T/got.out" 2>"$T/got.err")
	code=$?
	[ $code -eq 0 ] && : >"$T/got.rc" || echo $code >"$T/got.rc"
	status=0
	for part in out err rc; do
		expect "$CASE/$part" "$T/got.$part" >>"$T/.diff" || status=1
	done
	return $status
}

for dir in "$ROOT"/tests/cases/*/*/; do
	[ -e "$dir/cmd" ] || continue
	: >"$T/.diff"
	run_case "${dir%/}"
	report $? "$(basename "$(dirname "$dir")")/$(basename "$dir")"
	sed 's/^/# /' "$T/.diff"
done
finish
