#!/bin/sh
# SPDX-License-Identifier: MIT
# Published CSV test suites through crm-ingest, by a channel that takes any row as a note:
# what is stored must be what the suite says is in the file. csv-spectrum and
# csv-test-data say it in a .json beside each file; Miller's cases say nothing, so Python's
# csv module, in its strict mode, is the oracle for them.
. "$(dirname "$0")/lib.sh"

D=$CRM_TEST_DATA/channels/csv-torture
need "csv-torture in $CRM_TEST_DATA" [ -d "$D/csv-spectrum" ]
need 'jq' jq --version
mkdir -p t.d/channels
cp "$ROOT/tests/channels/rows.json" t.d/channels

ingest() { # ingest FILE: into a new store; what it says goes to err, its status to rc
	rm -f t.db t.db-*
	crm-init -q -d t.db
	crm-ingest -q --channel rows -d t.db "$1" >out 2>err
	rc=$?
}
raws() { sqlite3 t.db 'SELECT raw FROM event ORDER BY id'; }
aside() { sqlite3 t.db "SELECT line || ': ' || reason FROM rejected ORDER BY id"; }

# as_objects < rows: [{…}]; as_rows: [[names], [values], …], with the names from the rows.
as_objects() { jq -cS -s .; }
as_rows() { jq -c -s '[(.[0] // {} | keys_unsorted)] + map([.[]])'; }

for expected in "$D"/csv-spectrum/*/*.json; do
	csv=${expected%.json}.csv
	name=csv-spectrum/$(basename "$expected" .json)
	# The suite's CRLF files lose their CR in a checkout that normalises line ends.
	case $name in
	*_crlf) sed 's/\r*$/\r/' "$csv" >crlf.csv && csv=crlf.csv ;;
	esac
	ingest "$csv"
	case $name in
	*/location_coordinates)
		# A bare quote within a field (37°36'37.8"N): this suite takes it as it stands, and
		# csv-test-data (bad-unescaped-quote) wants it refused, as RFC 4180 does. So do we.
		is "$name is set aside" "$rc $(aside)" '1 2: a quote stands where none may'
		;;
	*) is "$name is read as it should" "$rc $(raws | as_objects)" "0 $(jq -cS . "$expected")" ;;
	esac
done

for csv in "$D"/csv-test-data/*/*.csv; do
	name=csv-test-data/$(basename "$csv" .csv)
	expected=${csv%.csv}.json
	ingest "$csv"
	case $(basename "$csv" .csv) in
	bad-header-no-header)
		is "$name: a file without anything has no header" "$rc" 65
		;;
	bad-header-wrong-header)
		# A channel that takes any column cannot find a header wrong: one that does not can.
		rc "$name: columns that the channel does not know are refused" 65 \
			crm-ingest -q --channel contacts -d t.db "$csv"
		;;
	bad-header-less-fields) is "$name" "$rc $(aside)" '1 2: has 2 fields where the header has 3' ;;
	bad-header-more-fields) is "$name" "$rc $(aside)" '1 2: has 4 fields where the header has 3' ;;
	bad-missing-quote) is "$name" "$rc $(aside)" '1 2: a quote is not closed' ;;
	bad-*) is "$name" "$rc $(aside)" '1 2: a quote stands where none may' ;;
	all-empty)
		# The suite reads an empty line as a record of one empty field. Here a blank line
		# is no record, in a file of any width, as the pipe's conventions say.
		is "$name: blank lines are no records" "$rc" 65
		;;
	empty-one-column) is "$name: a blank line is no record" "$rc $(raws)" '0 ' ;;
	header-no-rows) is "$name: no rows, nothing stored" "$rc $(raws)" '0 ' ;;
	header-*) is "$name is read as it should" "$rc $(raws | as_objects)" "0 $(jq -cS . "$expected")" ;;
	*) is "$name is read as it should" "$rc $(raws | as_rows)" "0 $(jq -c . "$expected")" ;;
	esac
done

# The rows as Python reads them, one JSON array a line: those of the header's width, and
# those that are longer by empty fields only. Blank lines are no rows. Nothing at all when
# the file breaks the rules of quoting.
cat >peer.py <<'PY'
import csv, io, json, sys
csv.field_size_limit(1 << 30)
try:
    text = open(sys.argv[1], encoding='utf-8-sig', newline='').read()
    rows = [r for r in csv.reader(io.StringIO(text, newline=''), delimiter=sys.argv[2], strict=True) if r]
except (csv.Error, UnicodeDecodeError):
    sys.exit(3)
width = len(rows[0]) if rows else 0
for r in rows[1:]:
    if width > 1 and len(r) == 1 and not r[0].strip():
        continue
    if len(r) < width or any(c.strip() for c in r[width:]):
        continue
    print(json.dumps(r[:width], ensure_ascii=False, separators=(',', ':')))
PY
miller() {
	for csv in "$D"/miller/*/*.csv "$D"/miller/*/rfc-csv/*; do
		name=miller/$(basename "$csv")
		ingest "$csv"
		case $name in
		*pipe.csv) delimiter='|' ;;
		*/modify-defaults.csv) delimiter=';' ;;
		*) delimiter=, ;;
		esac
		if [ $rc -eq 65 ]; then
			report "$(grep -q ': has none\|header' err && [ -z "$(raws)" ]; echo $?)" \
				"$name is refused as a whole"
			sed 's/^/# /' err
		elif [ $rc -gt 1 ]; then
			report 1 "$name ends with $rc"
		elif python3 peer.py "$csv" $delimiter >want; then
			raws | jq -c '[.[]]' >got
			is "$name is read as by Python" "$(cat got)" "$(jq -c . want)"
		else
			# Python gives up the file; we set aside the lines at fault and store the rest.
			ok "$name: what cannot be read is set aside, with its line" [ -n "$(aside)" ]
		fi
	done
}
if python3 -c 'import csv' 2>/dev/null; then
	miller
else
	report 0 'Miller: # SKIP there is no python3'
fi
finish
