#!/bin/sh
# SPDX-License-Identifier: MIT
# Somebody asks to be forgotten. Sources of truth: the bytes of the store's files, in which grep
# must find nothing of them and everything of their neighbour; the reports, which tell the same
# numbers as before; and the same exports, read once more.
. "$(dirname "$0")/lib.sh"
need jq jq --version
need sqlite3 sqlite3 --version
# shellcheck source=tests/data/desk.sh
. "$ROOT/tests/data/desk.sh"
shop

# Ada and Ben share a telephone; Ada writes, buys, rates, sends a picture, is answered and noted.
cat >contacts.csv <<'C'
id,name,email,phone,street,postcode,city,country,birth date
lovelace-7,Ada Lovelace,ada@lovelace.example,+49 30 2312 5001,Quantenweg 9,10115,Zwergdorf,DE,1985-12-10
8,Ben Babbage,ben@babbage.example,+49 30 2312 5001,Mühlweg 2,10117,Berlin,DE,1981-01-02
C
cat >orders.csv <<'C'
Name,Email,Financial Status,Created at,Total,Currency,Billing Name,Billing Street,Billing City,Billing Zip,Billing Country,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Notes
#1001,ada@lovelace.example,paid,2026-10-01T10:00:00Z,35.00,EUR,Ada Lovelace,Quantenweg 9,Zwergdorf,10115,DE,1,Bell,35.00,B1,ring at Lovelace
#1002,ben@babbage.example,paid,2026-10-02T10:00:00Z,10.00,EUR,Ben Babbage,Mühlweg 2,Berlin,10117,DE,1,Lamp,10.00,L1,
C
# A line whose fields are shifted: the reason why it is set aside quotes one of them.
cat >shifted.csv <<'C'
Name,Email,Financial Status,Created at,Total
#1003,ada@lovelace.example,paid,to Ada Lovelace,35.00
C
# Both have the same picture, that of the shop's club.
for who in Ada.Lovelace Ben.Babbage; do
	printf 'BEGIN:VCARD\nVERSION:3.0\nUID:%s\nFN:%s\nEMAIL:%s@%s.example\nPHOTO;ENCODING=b;TYPE=JPEG:%s\nEND:VCARD\n' \
		"$who" "$(echo "$who" | tr . ' ')" "$(echo "${who%.*}" | tr AB ab)" \
		"$(echo "${who#*.}" | tr LB lb)" "$(printf 'club picture' | base64)"
done >cards.vcf
printf 'name,email\nAda Lovelace,ada@lovelace.example,surplus\n' >torn.csv
mail a1 'Ada Lovelace <ada@lovelace.example>' 'Zipperlein' 'MIME-Version: 1.0' 'Content-Type: multipart/mixed; boundary=B'
cat >>box/new/a1 <<'M'
--B
Content-Type: text/plain

My Zipperlein hurts.
--B
Content-Type: text/plain; name=lovelace.txt
Content-Disposition: attachment; filename=lovelace.txt

the secret of lovelace
--B--
M
mail b1 'Ben Babbage <ben@babbage.example>' 'Lamp'
load() { # the same files, whenever
	crm-ingest -q -c contacts --now "$NOW" contacts.csv
	crm-ingest -q -c shopify-orders --now "$NOW" orders.csv
	crm-ingest -q -c contacts --now "$NOW" torn.csv
	crm-ingest -q -c shopify-orders --now "$NOW" shifted.csv
	crm-ingest -q -c vcard --now "$NOW" cards.vcf
	crm-ingest -q -c email --now "$NOW" box
	say c1 zuse99 'Babbage was here'
}
printf '%s\n' '{"agent":"anna"}' \
	'{"agent":"ben","notify":{"channel":"email","address":"ben@shop.example"}}' >shop.d/agents
load >lines 2>>err
mkdir -p shop.d/articles && printf '# Returns\n\nSend it back.\n' >shop.d/articles/returns.md
crm-answer -q -a --now "$NOW" >/dev/null 2>>err
route -a >/dev/null
ada=$(crm-show --json ada@lovelace.example | jq .id)
request=$(sql "SELECT c.id FROM conversation AS c WHERE subject = 'Zipperlein'")
crm-note -q -g anna --now "$NOW" "$request" '@ben: Zipperlein is hers for life' >/dev/null
answer "$request" 'Dear Zipperlein' >sent
printf '{"conversation":%d,"id":"ada@lovelace.example/2","text":"Yours"}\n' "$request" |
	crm-reply --now "$NOW" >>sent 2>>err
jq -nc --argjson c "$request" --arg content "$(printf 'more of lovelace' | base64)" \
	'{conversation: $c, text: "Soon, Zipperlein", attachments: [{name: "z.txt", content: $content}]}' |
	crm-reply -q --queue --now "$NOW" >/dev/null 2>>err
crm-request -q --snooze 3d --reason 'Zipperlein is away' --now "$NOW" "$request" >/dev/null 2>>err
crm-reply -q --suppress --purpose marketing ada@lovelace.example >/dev/null 2>>err
echo '{"a":1,"b":2}' | crm-merge -q --decide no --reason 'Lovelace is not Babbage' >/dev/null 2>>err
crm-dedupe -q --all >/dev/null 2>>err # linkage keeps copies of its own
cp shop.db before.db

traces() { # how many files of the store have it
	cat shop.db* | LC_ALL=C grep -aic "$1"
}
reports() { for r in overview channels customers responses; do crm-report "$r" --as-of 2026-11-02T12:00:00Z; done; }
reports | jq -c 'del(.name)' >told

crm-erase -n ada@lovelace.example --now "$NOW" >dry
is 'what would be erased is said' "$(jq -c . dry)" \
	"{\"type\":\"erasure\",\"dry_run\":true,\"person\":$ada,\"records\":4,\"addresses\":1,\"events\":8,\"requests\":1,\"files\":1,\"queued\":1,\"rejected\":2}"
is '  and is still there' "$(sqlite3 shop.db .dump | cksum)" "$(sqlite3 before.db .dump | cksum)"

is 'an address of two names neither' "$(crm-erase 030/23125001 2>&1; echo $?)" \
	"crm-erase: '030/23125001' is more than one person, 1 and 2 among them: name one by its id
65"
lease() { sql "UPDATE outbox SET state = 'claimed', claim = 'x', lease_until = (unixepoch('$NOW') + $1) * 1000 WHERE state = 'queued' OR claim = 'x'"; }
lease 60
is 'while a message is on its way to her she is not erased' "$(crm-erase --now "$NOW" "$ada" 2>&1 | grep -c 'is being sent') $(sql 'SELECT count(*) FROM erasure')" '1 0'
lease -60 # who was sending it is no more
crm-erase --now "$NOW" --actor dpo --reason 'by letter' ada@lovelace.example >erased 2>said
is 'it is done' "$? $(jq -c 'del(.dry_run)' dry)" "0 $(cat erased)"
cat said >>err
for word in lovelace quantenweg zwergdorf zipperlein 'the secret' 'more of'; do
	is "no byte of it is left: $word" "$(LC_ALL=C grep -aqi "$word" before.db && traces "$word")" 0
done
ok 'what is Ben'"'"'s is left' [ "$(traces babbage)" -gt 0 ]
is '  the picture they share too' "$(traces 'club picture')" 1
is '  the telephone they share too' "$(crm-show --json ben@babbage.example | jq -r '.phone')" +493023125001
is 'no word finds her' "$(crm-show --json zipperlein 2>&1)" "crm-show: nobody matches 'zipperlein'"
reports | jq -c 'del(.name)' >now
is 'reports tell the same, but for her request, which was put off and is resolved' \
	"$(diff told now | sed -n 's/^[<>].*"of":\("[a-z]*"\),"value":\([0-9]*\).*/\1 \2/p' | tr '\n' ' ')" '"status" 1 "status" 2 '
is 'her request is done' "$(sql "SELECT status, subject, endpoint_id FROM conversation WHERE id = $request")" 'resolved||'
is 'it is on record' "$(sql 'SELECT person_id, actor, reason FROM erasure')" "$ada|dpo|by letter"
is 'the store is whole' "$(sql 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok
is 'she can be erased once more' "$(crm-erase --now "$NOW" "$ada" | jq .records)" 4

# The next night, the same exports.
people=$(sql 'SELECT count(*) FROM person')
load >again 2>>err
is 'the same exports do not bring her back' "$(grep -ic lovelace again) $(traces lovelace) $(sql 'SELECT count(*) FROM person')" "0 0 $people"
is '  and lines are still accounted for' \
	"$(sql 'SELECT sum(records) - sum(stored + duplicate + set_aside) FROM batch')" 0

# She writes anew: somebody new, who is answered; her no to advertising still holds.
NOW=2026-11-05T09:00:00Z TODAY='Thu, 05 Nov 2026 09:00:00 +0000'
mail a2 'Ada Lovelace <ada@lovelace.example>' 'I am back'
ingest | route >/dev/null
new=$(crm-show --json ada@lovelace.example | jq .id)
ok 'who comes back is somebody new' [ "$new" -gt "$ada" ]
is '  with nothing of before' "$(crm-show --json "$new" | jq -c '[.events, (.profiles | length), .phone]')" '[2,1,null]'
request=$(sql "SELECT id FROM conversation WHERE subject = 'I am back'")
answer "$request" 'Welcome back' >/dev/null
is '  is answered' "$(grep -rlx 'Welcome back' got | wc -l | tr -d ' ')" 1
jq -nc --argjson c "$request" '{conversation: $c, text: "Buy!", purpose: "marketing", campaign: "c"}' | crm-reply --now "$NOW" >/dev/null 2>>err
is '  and gets no advertising' "$(sql "SELECT state, reason FROM outbox ORDER BY id DESC LIMIT 1")" 'skipped|erased'
load >again 2>>err
is '  though the old exports come again' "$(crm-show --json "$new" | jq -c '[.events, (.profiles | length), .phone]')" '[3,1,null]'

# Somebody without an address is known by the source's id.
printf 'id,name\n12,Mary Somerville\n' | crm-ingest -q -c contacts --now "$NOW" >/dev/null
crm-erase -q --now "$NOW" "$(sql "SELECT id FROM person WHERE name = 'Mary Somerville'")" >/dev/null
printf 'id,name\n12,Mary Greig Somerville\n' | crm-ingest -q -c contacts --now "$NOW" >/dev/null
is 'an id does not bring anybody back' "$(traces somerville)" 0

is 'words name nobody for that' "$(crm-erase babbage 2>&1; echo $?)" \
	"crm-erase: nobody has the id or address 'babbage': look with crm-show, and name them by it
66"
finish
