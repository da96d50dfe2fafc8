#!/bin/sh
# SPDX-License-Identifier: MIT
# Night after night: a store that grows, crm-dedupe and crm-merge over it. A person's id stays,
# whatever is merged into it; a night without news changes nothing; what a human parted stays
# parted. The truth is how the records are made here.
. "$(dirname "$0")/lib.sh"
export CRM_DB="$T/shop.db"
mkdir -p shop.d/channels
cat >shop.d/channels/people.json <<'JSON'
{"reads": "csv", "type": "contact", "key": ["nr"],
 "fields": {"given": "given", "family": "family", "birth_date": "born", "street": "street", "city": "city"}}
JSON
crm-init -q

# night N: person P comes on night P % 3, and again, with a slip, on one in three later ones.
# Names are made of parts, so that hardly any two people share one.
night() {
	awk -v night="$1" 'BEGIN {
		split("Ada Bea Cem Dan Eva Finn Gil Hana Ivo Jan Kim Lea Max Nora Olaf Pia Quinn Rosa Sven", given)
		n = split("Abel Born Czer Dorn Eber Faus Gast Hahn Isler Jung Kraus Lind Mond Nuss Ober Pfau Rain", front)
		split("mann holt sky busch tin ten meier kamp tal bluth nick berg feld", back)
		split("Jena Gera Erfurt Weimar Gotha", city)
		srand(7)
		print "nr,given,family,born,street,city"
		for (p = 0; p < 500; p++) {
			year = 1940 + int(rand() * 60); month = 1 + int(rand() * 12); day = 1 + int(rand() * 28)
			if (p % 3 > night || (p % 3 < night && (int(p / 3) + night) % 3))
				continue
			f = front[p * 5 % n + 1] back[p % 13 + 1]
			if (p % 3 < night && p % 2)
				f = substr(f, 1, 2) substr(f, 4)
			printf "%d-%d,%s,%s,%d-%02d-%02d,%d Weg %d,%s\n", p, night, given[p % 19 + 1], f,
				year, month, day, 1 + p % 40, p % 97, city[p % 5 + 1]
		}
	}'
}
people() { # profile and the person it belongs to
	sqlite3 shop.db "SELECT profile.id, canon_id FROM profile JOIN person ON person.id = person_id ORDER BY 1"
}
merges() { jq -c 'select(.type == "merge")' | wc -l; }

people >before
for n in 0 1 2; do
	night $n | crm-ingest -q -c people >/dev/null
	sqlite3 shop.db 'SELECT id, canon_id FROM person ORDER BY 1' >arrived
	crm-dedupe -q --all | crm-merge -q >merged
	people >after
	# Who was there: the same id, or an older one, and then a merge says so.
	is "night $n: nobody has a younger id than before" \
		"$(join -t "|" before after | awk -F "|" '$3 > $2' | wc -l)" 0 </dev/null
	is "night $n: an id that is gone was absorbed by another" "$(
		tr '|' ' ' <arrived | awk '$1 == $2 { print $1 }' | sort >were
		tr '|' ' ' <after | awk '{ print $2 }' | sort -u >are
		jq -r 'select(.type == "merge") | .absorbed[]' merged | sort >absorbed
		comm -23 were are | comm -23 - absorbed | wc -l
	)" 0
	ok "night $n: $(merges <merged) are merged" test "$n" -eq 0 -o "$(merges <merged)" -gt 20
	crm-dedupe -q --all | crm-merge -q >again
	is "night $n: a second run merges nobody" "$(merges <again)" 0
	people >still
	ok "night $n: and changes nobody" cmp -s after still
	mv after before
done
is 'nobody is with somebody else' "$(sqlite3 shop.db "SELECT count(*) FROM (SELECT canon_id
	FROM profile JOIN person ON person.id = person_id GROUP BY 1
	HAVING count(DISTINCT substr(raw ->> 'nr', 1, instr(raw ->> 'nr', '-'))) > 1)")" 0
ok 'nearly all are one person' test "$(sqlite3 shop.db 'SELECT count(DISTINCT canon_id) FROM
	profile JOIN person ON person.id = person_id')" -lt 520

# Parted by a human, they stay so, whoever comes next.
link=$(sqlite3 shop.db "SELECT id FROM link WHERE kind = 'merge' ORDER BY id DESC LIMIT 1")
crm-merge -q --undo "$link" >undone
a=$(jq -r '.persons[0]' undone) b=$(jq -r '.persons[1]' undone)
night 2 | sed 's/-2,/-3,/' | crm-ingest -q -c people >/dev/null
crm-dedupe -q --all | crm-merge -q >merged
is 'two whom a human parted are two after another night' \
	"$(sqlite3 shop.db "SELECT count(DISTINCT canon_id) FROM person WHERE id IN ($a, $b)")" 2
is 'and nothing was refused: the lines know it' "$(jq -c 'select(.type == "refusal")' merged | wc -l)" 0
finish
