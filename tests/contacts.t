#!/bin/sh
# SPDX-License-Identifier: MIT
# Address books and workbooks as others write them. For vCards of telephones and mail programs
# tests/data/vcards.tsv says what a person reads in them: name, addresses, telephones (faxes
# last). For workbooks openpyxl is the peer: it writes what Excel would, and says itself, from
# its own values, what the rows are.
. "$(dirname "$0")/lib.sh"
need jq jq --version
need sqlite3 command -v sqlite3
export CRM_DB=t.db

D=$CRM_TEST_DATA/channels/contacts/vcard
read_card() { # read_card FILE: a line for each card
	rm -f t.db t.db-*
	crm-init -q
	crm-ingest -q "$1" || return
	sqlite3 t.db 'SELECT raw FROM profile ORDER BY line' | jq -r --arg file "$(basename "$1" .vcf)" '
		[$file, .fn // "", ([.email[]?.value] | join(", ")),
		 ([.tel[]?.value, .fax[]?.value] | join(", ")), .org // "",
		 (.adr[0] // {} | [.street, .postcode, .city] | map(select(.) | gsub("\n"; " / ")) | join(", "))]
		| join("\t")'
}
if [ -d "$D" ]; then
	find "$D" -name '*.vcf' | sort >cards
	while read -r file; do
		name=$(basename "$file" .vcf)
		read_card "$file" >got 2>err
		is "$name" "$(cat got)" "$(grep "^$name	" "$ROOT/tests/data/vcards.tsv")"
	done <cards
else
	report 0 "vCards: # SKIP $D is not here"
fi

# --- workbooks: what openpyxl writes, cell by cell
mkdir -p t.d/channels
cp "$ROOT/tests/channels/rows.json" t.d/channels
python=
for p in python3 /usr/bin/python3; do
	[ -n "$python" ] || { "$p" -c 'import openpyxl' 2>/dev/null && python=$p; }
done
if [ -n "$python" ]; then
	"$python" "$ROOT/tests/data/workbooks.py" || exit 1
	for book in *.xlsx; do
		rm -f t.db t.db-*
		crm-init -q
		crm-ingest -q --channel rows "$book" >out 2>err
		is "$book: as openpyxl has it" "$(cat err; sqlite3 t.db 'SELECT raw FROM event ORDER BY line' | jq -c '[.[]]')" \
			"$(jq -c . "${book%.xlsx}.want")"
	done
else
	report 0 'workbooks of openpyxl: # SKIP there is no openpyxl'
fi
finish
