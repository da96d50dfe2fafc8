#!/bin/sh
# SPDX-License-Identifier: MIT
# crm-dedupe --review: which pairs are asked about, at a terminal and by lines, and that the
# answers are worth more than those to as many pairs taken at random. The source of truth is
# the table decision, and for the last part who is who in a labelled set.
. "$(dirname "$0")/lib.sh"
CRM_DB=$T/t.db USER=ada
export CRM_DB USER
need jq sh -c 'command -v jq'
crm-init -q && sqlite3 t.db <"$ROOT/tests/data/duplicates.sql"
decisions() {
	sqlite3 t.db 'SELECT a, b, same, actor FROM decision ORDER BY id' | tr '\n' ' '
}

# ---- by lines ----
# The duplicates of this store are plain to see: at this threshold they are doubtful.
crm-dedupe -q -t 0.999999 --review 4 >asked
is 'as many as were asked for' "$(wc -l <asked)" 4
is 'the same seed asks the same' "$(crm-dedupe -q -t 0.999999 --review 4 --seed 1 --threads 1 | cksum)" "$(cksum <asked)"
is 'one pair once' "$(crm-dedupe -q -t 0.999999 --review 1000 | jq -c '[.a, .b]' | sort | uniq -d | wc -l)" 0
is 'nobody who is one person already' "$(crm-dedupe -q -t 0.999999 --review 1000 | jq -c 'select(.person_a == .person_b)' | wc -l)" 0
is 'all that the two have, side by side' \
	"$(crm-dedupe -q -t 0.999999 --review 1000 | jq -c 'select(.a == 3 and .b == 103) | .values[] | select(.column == "street" or .column == "given")')" \
	'{"column":"given","a":"Clara","b":"Clara","same":true}
{"column":"street","a":"15 Ringstrasse","b":"3 Schlossplatz","same":false}'
jq -c --slurp '.[0].answer = "y" | .[1].answer = "n" | .[2].answer = "?" | .[]' asked >answered
crm-merge <answered >merged 2>said
is 'yes merges, no is kept, the rest is open' "$(cat said)" \
	'crm-merge: 4 lines = 1 merged + 1 decided + 2 not answered'
is 'answers are decisions' "$(decisions)" \
	"$(jq -r --slurp '[.[0], .[1]] | to_entries[] | "\(.value.a)|\(.value.b)|\(1 - .key)|ada"' asked | tr '\n' ' ')"
is 'what is decided is not asked again' \
	"$(crm-dedupe -q -t 0.999999 --review 1000 | jq -c '[.a, .b]' | grep -cxF "$(jq -c --slurp '.[0:2][] | [.a, .b]' asked)")" 0
jq -c '.answer = "perhaps"' asked | head -n 1 | crm-merge >merged 2>said
is 'another answer is set aside' "$? $(head -n 1 said)" \
	'1 crm-merge: <stdin>:1: answer must be "y", "n" or "?"'
is 'nothing to ask is no error' "$(crm-dedupe -q -t 0.999999 --review 5 --all -t 0.999999999999999 | wc -l)" 0

# ---- at a terminal ----
need 'terminal (make tools)' test -x "$BUILD/tools/terminal"
sqlite3 t.db 'DELETE FROM decision'
crm-dedupe -q -t 0.999999 --review 4 | jq -r '"\(.a)|\(.b)"' >pairs
pair() { # pair LINE SAME: as in the table
	echo "$(sed -n "$1p" pairs)|$2|ada"
}
talk() { # talk KEYS: what is shown
	"$BUILD/tools/terminal" 80 '[q]uit ' "$1" crm-dedupe -t 0.999999 --review 4 </dev/null | tr -d '\r'
}
talk 'yn?q' >shown
is 'a key is an answer' "$(decisions)" "$(pair 1 1) $(pair 2 0) "
ok 'both are shown side by side' grep -q '^given  *[^ ].* [=≠] [^ ]' shown
ok 'what differs is marked' grep -q ' ≠ ' shown
is 'what was answered is said' "$(grep -o '1 yes, 1 no' shown)" '1 yes, 1 no'
is 'nothing in it controls the terminal' "$(LC_ALL=C grep -c '[[:cntrl:]]' shown)" 0

sqlite3 t.db 'DELETE FROM decision'
talk 'uynuu?nq' >shown
is 'undo goes back, as far as one likes' "$(decisions)" "$(pair 2 0) "
sqlite3 t.db 'DELETE FROM decision'
talk yu >shown # then the terminal is hung up
is 'what is undone is not there' "$(decisions)" ''
sqlite3 t.db 'DELETE FROM decision'
talk "n$(printf '\003')y" >shown
is 'an interrupt ends it, and keeps what was said' "$(decisions)" "$(pair 1 0) "
left=$(crm-dedupe -q -t 0.999999 --review 4 | wc -l)
talk yyyyyyy >shown
is 'after the last one it ends' "$(sqlite3 t.db 'SELECT count(*) FROM decision')" $((1 + left))

# ---- what answers are worth ----
# Forty answers from the truth, then all is merged that is more likely than not. What is
# measured is who is who in the store, answers included.
need 'the labelled set fake_1000' test -r "$CRM_TEST_DATA/er/fake_1000.csv"
FAKE=$CRM_TEST_DATA/er/fake_1000.csv
crm-init -q "$T/fake.db"
crm-ingest -q -d "$T/fake.db" -c fake1000 "$FAKE" >/dev/null
sqlite3 "$T/fake.db" "SELECT json_group_object(id, raw ->> 'cluster') FROM profile" >truth.json
worth() { # worth < QUESTIONS: F1 after they are answered
	cp "$T/fake.db" answered.db
	jq -c --slurpfile t truth.json '{type: "review", a, b,
		answer: (if $t[0][.a | tostring] == $t[0][.b | tostring] then "y" else "n" end)}' |
		crm-merge -q -d answered.db >/dev/null
	crm-dedupe -q -d answered.db --all | crm-merge -q -t 0.5 -d answered.db >/dev/null
	crm-dedupe -q -n -d answered.db --all --evaluate "$FAKE" --truth-id unique_id |
		jq -r 'select(.metric == "people") | .f1 * 10000 | floor'
}
crm-dedupe -q -n -d fake.db --review 40 |
	jq -c --slurpfile t truth.json '.answer = if $t[0][.a | tostring] == $t[0][.b | tostring] then "y" else "n" end' >judged
is 'answered questions are labels, too few to calibrate by' \
	"$(crm-dedupe -n -d fake.db --all --labels judged 2>&1 >out | grep -c 'not calibrated: ')" 1
none=$(worth </dev/null)
taught=$(crm-dedupe -q -n -d fake.db --review 40 | worth)
for seed in 1 2 3; do
	crm-dedupe -q -n -d fake.db --all -t 0.001 | awk -v s=$seed 'BEGIN { srand(s) } { print rand() "\t" $0 }' |
		sort -n | cut -f 2- | head -n 40 | worth
done >random
echo "# F1 in ten thousandths: $none without answers, $taught with those asked for, $(tr '\n' ' ' <random)at random"
ok 'forty answers help' test "$taught" -gt "$none"
ok 'more than answers on random pairs do' test "$taught" -gt "$(sort -n random | tail -n 1)"
# Who answers about pairs that he was shown has not seen those that were not: by such answers
# weights rose by 2 bits once, and people were merged with strangers.
ok 'forty answers on random pairs do no harm' test "$(sort -n random | head -n 1)" -ge $((none - 20))
finish
