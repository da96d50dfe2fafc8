#!/bin/sh
# SPDX-License-Identifier: MIT
# The sample shop: that the committed files are what the generator makes, that the truth
# is about every record, and that the files are written as their README says.
. "$(dirname "$0")/lib.sh"
SAMPLE=$ROOT/scripts/sample

# --- the same seed, the same bytes
ok 'the sample is made' "$ROOT/scripts/make-sample" --people 300 --seed 1 --out made
for f in orders.csv newsletter.csv support.jsonl chat.csv calls.csv truth.csv; do
	ok "$f is byte for byte the committed one" cmp "made/$f" "$SAMPLE/$f"
done
LC_ALL=de_DE.UTF-8 PERL_HASH_SEED=7 PERL_BADLANG=0 TZ=Asia/Tokyo "$ROOT/scripts/make-sample" --out made2
ok 'neither locale, zone nor hash order matter' diff -r made made2
"$ROOT/scripts/make-sample" --seed 2 --out other
rc 'another seed makes another shop' 1 cmp -s made/orders.csv other/orders.csv
rc 'without a place to put it: usage' 64 "$ROOT/scripts/make-sample"

# --- the truth is complete: ids counted by other means than the generator's
cut -d , -f 1,2 "$SAMPLE/truth.csv" | tail -n +2 | sort >truth.ids
{
	# An id stands at a row's beginning; what follows a line break inside a field does not look like one.
	grep -oE '^2[456](0[1-9]|1[012])-[0-9]+' "$SAMPLE/orders.csv" | uniq | sed 's/^/orders.csv,/'
	LC_ALL=C tail -n +2 "$SAMPLE/newsletter.csv" | cut -d ';' -f 1 | sed 's/^/newsletter.csv,/'
	jq -r '"support.jsonl,\(.id)"' "$SAMPLE/support.jsonl"
	grep -oE '^C[0-9]+-[0-9]+' "$SAMPLE/chat.csv" | sed 's/^/chat.csv,/'
	tail -n +2 "$SAMPLE/calls.csv" | cut -d ';' -f 1 | sed 's/^/calls.csv,/'
} | sort >record.ids
ok 'the truth has a row for every record, and no other' diff record.ids truth.ids
is 'no id is used twice' "$(cut -d , -f 2 truth.ids | sort | uniq -d)" ''
ok 'people are in several files' sh -c "
	n=\$(cut -d , -f 1,3 '$SAMPLE/truth.csv' | sort -u | cut -d , -f 2 | sort | uniq -c | awk '\$1 > 2' | wc -l)
	[ \$n -gt 60 ]"

# --- written as said
ok 'the newsletter is no UTF-8' sh -c "! iconv -f utf-8 -t utf-8 '$SAMPLE/newsletter.csv'"
ok 'but Windows-1252' iconv -f windows-1252 -t utf-8 "$SAMPLE/newsletter.csv"
is 'with its German columns' "$(iconv -f windows-1252 -t utf-8 "$SAMPLE/newsletter.csv" | head -n 1)" \
	'id;Vorname;Nachname;E-Mail;Telefon;Straße;PLZ;Ort;Land;Firma;Geburtsdatum;Anmeldung'
ok 'the other files are UTF-8' iconv -f utf-8 -t utf-8 "$SAMPLE/orders.csv" "$SAMPLE/support.jsonl" "$SAMPLE/chat.csv" "$SAMPLE/calls.csv"
is 'every domain is reserved' "$(cat "$SAMPLE"/*.csv "$SAMPLE"/*.jsonl | tr "[:upper:]" "[:lower:]" | LC_ALL=C grep -aoE '[a-z0-9._+-]+@[a-z0-9.-]+' |
	LC_ALL=C grep -avE '@([a-z0-9-]+\.)*(example|example\.(com|org|net))$')" ''
# Quoted fields stand in the item's column, before the numbers: those are counted from the end.
is 'an order is worth the sum of its lines' "$(tail -n +2 "$SAMPLE/orders.csv" | awk -F , '
	{ sum[$1] += $(NF - 3) * $(NF - 2); total[$1] = $(NF - 1) }
	END { for (o in sum) { d = sum[o] - total[o]; if (d > 0.001 || d < -0.001) print o, sum[o], total[o] } }')" ''
is 'orders that support is asked about exist' "$(jq -r '.order // empty' "$SAMPLE/support.jsonl" | sort -u >asked
	cut -d , -f 1 "$SAMPLE/orders.csv" | sort -u | comm -13 - asked)" ''
is 'summer time is kept' "$(cut -d , -f 2 "$SAMPLE/orders.csv" | tail -n +2 | while IFS= read -r at; do
	[ "$(TZ=Europe/Berlin date -d "$at" +%Y-%m-%dT%H:%M:%S%:z)" = "$at" ] || echo "$at"
done | head -n 3)" ''

# --- the contact list for the benchmarks
ok 'a contact list is made' "$ROOT/scripts/make-sample" --contacts 4000 --out list
is 'of as many rows' "$(wc -l <list/contacts.csv)" 4001
is 'a quarter are second records' "$(cut -d , -f 3 list/truth.csv | tail -n +2 | sort -u | wc -l)" 3000
"$ROOT/scripts/make-sample" --contacts 400 --out short
ok 'a longer list begins like a shorter one' sh -c 'head -n 401 list/contacts.csv | cmp - short/contacts.csv'

finish
