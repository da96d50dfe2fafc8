# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For the cases of channels: what becomes of a sample, as short as can be.
crm-init -q
# shows [OPTION…] [FILE]: a line for each stored record; what crm-ingest says goes to stderr
shows() {
	[ -e "${CASE:-}/in" ] && set -- "$@" -
	crm-ingest --now 2026-11-01 "$@" >records
	status=$?
	jq -c 'del(.id, .profile, .person, .new, .channel, .line, .conversation)' records
	[ $status -eq 0 ] || echo "exit $status"
}
sql() { sqlite3 t.db "$@"; }
