#!/bin/sh
# SPDX-License-Identifier: MIT
# Real files, each into a store of its own: what becomes of every one of them is in the
# tables tests/data/fixtures/*.tsv, a line a file:
#
#	path  channel  stored  duplicate  set aside  reasons
#
# path is below $CRM_TEST_DATA/channels. channel is the one that the file is told to be; with
# ! before it, the one that has to be named, for the file alone does not tell; or - for a file
# that no channel takes, and then only the reason counts: what crm-ingest says, or ours, in
# brackets, for what is no export and is not even tried. Reasons of records set aside are
# those in the store, each with its number.
#
# The sources of truth: the files' own documentation and a count of their records by jq and
# Python's csv module, when the tables were written. ACCEPT=1 rewrites the counts and reasons
# of the lines there are, and adds a line for each new file of a family: read the diff.
. "$(dirname "$0")/../lib.sh"
CHANNELS=$CRM_TEST_DATA/channels TAB=$(printf '\t')
need 'real files' test -d "$CHANNELS"
need sqlite3 command -v sqlite3

# becomes PATH CHANNEL: prints what the table should say after them
becomes() {
	rm -f f.db*
	crm-init -q -d f.db
	case $2 in
	!*) crm-ingest -d f.db --now 2026-11-01 --channel "${2#!}" "$CHANNELS/$1" >/dev/null 2>said ;;
	*) crm-ingest -d f.db --now 2026-11-01 "$CHANNELS/$1" >/dev/null 2>said ;;
	esac
	_rc=$?
	_read=$(sed -n "s/.*read as channel '\(.*\)'.*/\1/p" said)
	case $2 in !*) _read=$2 ;; esac
	case $_rc in
	0 | 1) ;;
	*)
		printf -- '-\t-\t-\t-\t%s' "$(sed -n '$s/^crm-ingest: [^:]*: //p' said | tr '\t' ' ')"
		return
		;;
	esac
	_counts=$(sed -n "s/.*: [0-9]* records* = \([0-9]*\) stored + \([0-9]*\) duplicate + \([0-9]*\) set aside.*/\1$TAB\2$TAB\3/p" said | head -n 1)
	printf '%s\t%s\t%s' "$_read" "${_counts:-0${TAB}0${TAB}0}" "$(sqlite3 f.db "SELECT coalesce(group_concat(n || ' ' || reason, '; '), '')
	  FROM (SELECT count(*) AS n, replace(replace(reason, char(9), ' '), char(10), ' ') AS reason FROM rejected GROUP BY reason ORDER BY n DESC, reason LIMIT 3)")"
}

# families TABLE: the folders that its paths begin with
families() {
	cut -d / -f 1 "$1" | sort -u
}

# wrong TABLE: lines that say otherwise; with ACCEPT the table as it is now
compare() {
	while IFS=$TAB read -r path channel rest; do
		[ -n "$path" ] || continue
		case $channel$TAB$rest in
		-*\[*\]) printf '%s\t%s\t%s\n' "$path" "$channel" "$rest" ;;
		*) printf '%s\t%s\n' "$path" "$(becomes "$path" "$channel")" ;;
		esac
	done
}

for table in ${FIXTURES:-"$ROOT"/tests/data/fixtures/*.tsv}; do
	name=$(basename "$table" .tsv)
	cut -f 1 "$table" | sort >listed
	for family in $(families "$table"); do
		(cd "$CHANNELS" && find "$family" -type f ! -name PROVENANCE.tsv)
	done | sort >there
	comm -13 listed there >missing
	if [ -n "${ACCEPT:-}" ]; then
		{ cat "$table"; sed "s/\$/$TAB?/" missing; } | sort >all
		compare <all >"$table"
		echo "# $table rewritten"
	fi
	# two tables may share a family: what one lacks another may have
	cat "$ROOT"/tests/data/fixtures/*.tsv | cut -f 1 | sort >listed
	is "$name: every file is in a table" "$(comm -13 listed there)" ''
	compare <"$table" >now
	ok "$name: each becomes what it is said to" diff "$table" now
done
finish
