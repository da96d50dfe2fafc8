# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For the cases of crm-ingest that are about people: an empty store, and short ways to look
# into it.
crm-init -q
mkdir -p t.d/channels

# ingest CHANNEL [OPTION…]: from standard input; prints the exit status and, of each stored
# record, its line, who it is (* the first record of somebody) and what is in conflict.
ingest() {
	channel=$1
	shift
	crm-ingest --channel "$channel" "$@" - >records
	status=$?
	jq -r '"\(.line): person \(.person)\(if .new then "*" else "" end)\(if .conflict then " conflict \(.conflict)" else "" end)"' records
	[ $status -eq 0 ] || echo "exit $status"
}
sql() { sqlite3 t.db "$@"; }
