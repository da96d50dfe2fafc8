# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For the cases of crm-ingest: a store, and two channels that take anything as a note.
#
#	rows [OPTION…]       CSV from standard input
#	values [OPTION…]     JSON from standard input
#
# Both print the exit status, what is stored, as it came, and what is set aside: its line,
# the reason and its bytes. Messages go to standard error.
crm-init -q
mkdir -p t.d/channels
cp "$ROOT/tests/channels/rows.json" t.d/channels
cat >t.d/channels/values.json <<'EOC'
{"reads": "json", "type": "note", "fields": {"text": "/text"}}
EOC

result() {
	echo "exit $1"
	sqlite3 t.db 'SELECT raw FROM event ORDER BY id'
	crm-ingest --rejected | jq -c '[.line, .reason, .bytes // {base64}]'
}
rows() {
	crm-ingest --channel rows "$@" - >/dev/null
	result $?
}
values() {
	crm-ingest --channel values "$@" - >/dev/null
	result $?
}
