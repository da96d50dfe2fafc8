#!/bin/sh
# SPDX-License-Identifier: MIT
# What users of other systems complain about, of assignment, duplicates, loops and lost mail: each
# complaint is a test, named by what it prevents. #N is its number in the project's list of
# threads; where the list has none, the system is named. What another test file shows is not
# shown again here: tests/data/complaints.tsv says where, and the end of this file holds it
# against the files.
# Source of truth: what the customer's side got (a command that keeps each mail), counted.
. "$(dirname "$0")/lib.sh"
need jq jq --version
need sqlite3 sqlite3 --version

# shellcheck source=tests/data/desk.sh
. "$ROOT/tests/data/desk.sh"

# ---- assignment ----

# SuiteCRM: the least busy one was counted by all cases ever, closed ones too.
shop
for i in 1 2 3 4; do say "m$i" "u$i" hello; done >lines
route --to anna <lines >/dev/null
crm-request -q --set resolved --now "$NOW" 1 2 3 4 >/dev/null
say m5 u5 hello | route --to ben >/dev/null
is 'SuiteCRM, what is closed is no load' "$(say m6 u6 hello | route | jq -r '.agent, .candidates[0].load' | tr '\n' ' ')" 'anna 0 '

# 18, FreeScout: sales staff merged others' tickets into theirs to claim the customers.
crm-request -q --format jsonl 5 | jq -c 'select(.type == "request") | [.agent, .assigned_at]' >before
sql "SELECT id, agent, conversation_id FROM event WHERE type = 'assignment' ORDER BY id" >>before
echo '{"a":5,"b":1}' | crm-merge -q --decide yes --now "$NOW" --actor anna >/dev/null 2>>err
crm-request -q --format jsonl 5 | jq -c 'select(.type == "request") | [.agent, .assigned_at]' >after
sql "SELECT id, agent, conversation_id FROM event WHERE type = 'assignment' ORDER BY id" >>after
is '#18 merging people claims no request and no credit' "$(diff before after)" ''
is '#18   and who merged them is on record' "$(sql 'SELECT kind, actor FROM link')" 'merge|anna'
is '#18   and can be undone: each is who they were' "$(crm-merge -q --undo 1 --now "$NOW" >/dev/null 2>&1
	sql "SELECT count(DISTINCT canon_id) FROM person WHERE id IN (1, 5)")" 2

# 6, Chatwoot: when everybody is offline, they hear nothing, and nobody hears of them.
shop
crm-agent -q anna --offline --now "$NOW" && crm-agent -q ben --offline --now "$NOW"
mail a 'Ada <ada@x.example>' 'My order'
cron >/dev/null
is '#6 nobody on duty: they are told that it has come' "$(cat got/* | grep '^To:')" 'To: Ada <ada@x.example>'
at 12:00
crm-agent -q ben --online --now "$NOW"
is '#6   and it is ben'"'"'s when he comes, and they are not told again' "$(route -a | tee line | jq -r '[.agent, .waiting_since] | join(" ")')$(ack <line >/dev/null) $(got)" 'ben 2026-11-02T10:00:00Z 1'

# 22, Zammad: an export stopped at 6,000 rows and did not say so. Chatwoot: a sweep takes 100.
shop
sql "INSERT INTO source (id, name, scope, medium) VALUES (1, 'email', '', 'email');
INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES (1, 1, '-', '{}', 0);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
INSERT INTO conversation (id, source_id, thread, opened_at, updated_at, status, waiting_since)
SELECT i, 1, 't' || i, 1000, 1000, 'new', 1000 FROM n;
INSERT INTO event (source_id, key, batch_id, line, type, at, direction, conversation_id, text, raw)
SELECT 1, 'm' || id, 1, id, 'message', 1000, 'in', id, 'hello', '{}' FROM conversation"
is '#22 10,001 requests are listed, and looked at, all of them' \
	"$(crm-request --now "$NOW" --format jsonl | wc -l | tr -d ' ') $(route -a -n | wc -l | tr -d ' ')" '10001 10001'

# ---- the same twice ----

# 15, Mautic, SuiteCRM: two crons in one second, and every contact has two mails.
shop
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do mail "a$i" "Ada $i <ada$i@x.example>" "Bike $i"; done
for i in 1 2 3; do cron >"out$i" & done
wait
is '#15 cron three times in one second: each mail is stored once' "$(sql "SELECT count(*), count(DISTINCT conversation_id) FROM event WHERE type = 'message' AND direction = 'in'")" '12|12'
is '#15   given away once' "$(sql "SELECT count(*), count(DISTINCT conversation_id) FROM event WHERE type = 'assignment'")" '12|12'
is '#15   and confirmed once' "$(got) $(cat got/* | grep '^To:' | sort -u | wc -l | tr -d ' ')" '12 12'
cron >/dev/null
{ route -a & route -a; wait; } | ack >/dev/null
is '#15   nor does the next cron say it again' "$(got)" 12

# 12054 and the like: one mail that two of our addresses got, or two mailboxes keep.
mail b 'Bea <bea@x.example>' Lamp 'Delivered-To: help@shop.example'
mail b2 'Bea <bea@x.example>' Lamp 'Delivered-To: info@shop.example'
sed -i 's/<b2@/<b@/; s/of b2/of b/' box/new/b2
cron >/dev/null
is '#15 a mail that lies in two mailboxes is one' "$(sql "SELECT count(*) FROM event WHERE key = 'b@x.example'") $(grep -l '^To: .*bea@' got/* | wc -l | tr -d ' ')" '1 1'

# A mail that was held up on the way is older than the one that began the request.
shop
mail a2 'Ada <ada@x.example>' 'Re: Bike' 'References: <a1@x.example>'
cron >/dev/null
DATE='Sun, 01 Nov 2026 10:00:00 +0000' mail a1 'Ada <ada@x.example>' Bike
at 10:10
cron >/dev/null
is '#15 a mail that comes late does not have its request confirmed again' "$(sql 'SELECT count(*) FROM conversation') $(got)" '1 1'

# Half of it done, then the power fails: what is stored must still be given away and confirmed.
shop
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do mail "a$i" "Ada $i <ada$i@x.example>" "Bike $i"; done
cut crm-ingest 0.01 2>/dev/null
cut crm-route 0.03 2>/dev/null
cut crm-reply 0.06 2>/dev/null
cron >/dev/null
route -a >/dev/null
again >/dev/null
at 10:20
crm-reply -q --all --now "$NOW" >/dev/null 2>&1
is '#15 kill -9 in the middle: all are stored and given away once' \
	"$(sql "SELECT count(*), count(DISTINCT conversation_id) FROM event WHERE type = 'message' AND direction = 'in'") $(
	sql "SELECT count(DISTINCT conversation_id) FROM event WHERE type = 'assignment'")" '16|16 16'
is '#15   nobody is told twice' "$(cat got/* | grep '^To:' | sort | uniq -d)" ''
is '#15   and each was told, or is marked: nobody knows' "$(sql "SELECT count(*) FROM outbox WHERE state IN ('sent', 'unknown')")" 16
is '#15   what counts as sent was sent' "$(sql "SELECT count(*) FROM outbox WHERE state = 'sent'" | awk -v got="$(got)" '{ print ($1 <= got) }')" 1

# ---- the same person ----

# 1, Chatwoot: the ninth digit of Brazil's mobile numbers, which WhatsApp leaves out.
shop
printf 'name,phone,country\nJoao Silva,(31) 96123-4567,BR\n' | crm-ingest -q -c contacts - 2>>err
crm-ingest -c whatsapp-cloud - >line 2>>err <<'E'
{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"1"},"contacts":[{"profile":{"name":"Joao"},"wa_id":"553161234567"}],"messages":[{"from":"553161234567","id":"wamid.IN","timestamp":"1793613600","text":{"body":"oi"},"type":"text"}]},"field":"messages"}]}]}
E
is "#1 a Brazilian's WhatsApp number without its ninth digit is theirs" "$(jq -c '[.person, .new // false]' line)" '[1,false]'

# 3, Chatwoot: an SMS from a number that a contact has already is an error, and the SMS is lost.
# 4: a telephone number is dropped because it is "taken".
shop
printf 'name,phone,country\nAda King,+4930123456,DE\nBob Stone,+4930123456,DE\n' | crm-ingest -q -c contacts - 2>>err
is '#4 a number that two people have is kept for both' "$(sql 'SELECT count(DISTINCT profile_id) FROM profile_endpoint AS p JOIN endpoint AS e ON e.id = endpoint_id WHERE value = '"'+4930123456'")" 2
at 11:00
is '#3 a message from it is stored, and routed' \
	"$(echo '{"message_uuid":"s1","from":"4930123456","to":"4930999","channel":"sms","message_type":"text","text":"hi","timestamp":"2026-11-02T10:30:00Z"}' |
		crm-ingest -c sms - 2>>err | route | jq -r .agent)" anna

# ---- lost mail ----

# 8, Chatwoot: after an outage mail that is older than a day is never fetched. 9, FreeScout: nor
# is what somebody has read already. Mail without a Message-ID is skipped, an absence notice
# thrown away, what cannot be read is an error that stops all that follows.
shop
DATE='Sun, 27 Sep 2026 10:00:00 +0000' mail old 'Ada <ada@x.example>' 'Five weeks ago'
mail read 'Bob <bob@x.example>' 'Seen and answered'
mv box/new/read 'box/cur/read:2,RS'
mail none1 'Cem <cem@x.example>' 'Without an id'
mail none2 'Dan <dan@x.example>' 'Without an id'
sed -i '/^Message-ID/d' box/new/none?
mail away 'Eve <eve@x.example>' 'Out of office' 'Auto-Submitted: auto-replied'
printf '\377\376\000junk\r\r\n\n\000' >box/new/junk
printf 'From: \n\n' >box/new/nobody
printf 'Subject: =?utf-9?Q?=FF?=\nFrom: Fay <fay@x.example>\nContent-Type: text/html; charset=x-none\n\n<p>Hi \351' >box/new/odd
mail half 'Gus <gus@x.example>' 'Not all of it is there yet'
mv box/new/half box/tmp/half
ingest >out
counts=$(sql 'SELECT sum(records), sum(stored), sum(duplicate), sum(set_aside) FROM batch')
is '#8 mail that waited for five weeks is there' "$(jq -r 'select(.key == "old@x.example") | .text' out)" 'Text of old.'
is '#9 so is what somebody has read in their mail program' "$(jq -r 'select(.key == "read@x.example") | .text' out)" 'Text of read.'
is '#9   where it keeps its mark' "$(ls box/cur)" 'read:2,RS'
is 'Chatwoot, mail without a Message-ID is there' "$(jq -r 'select(.subject == "Without an id") | .text' out | sort | tr '\n' ' ')" 'Text of none1. Text of none2. '
is 'Chatwoot, an absence notice is there, too, and said to be one' "$(sql "SELECT automatic FROM event WHERE key = 'away@x.example'")" auto-reply
is '#9 all that came is stored or set aside' "$(echo "$counts" | awk -F'|' '{ print $1, ($1 == $2 + $3 + $4) }')" '8 1'
is '#9   and what was set aside is kept, with its reason' "$(crm-ingest --rejected 2>>err | jq -r '.reason' | grep -c .)" "${counts##*|}"
ingest >again
is '#9   all of it again is nothing new' "$(grep -c '"type":"message"' again) $(sql "SELECT count(*) FROM event WHERE type = 'message'")" "0 $(grep -c '"type":"message"' out)"
mv box/tmp/half box/new/half
is '#9   what was being delivered comes when it is there' "$(ingest | jq -r .key)" half@x.example

# They go on reading their mail while it is fetched: it moves from new to cur under our hands.
shop
i=0
while [ $i -lt 150 ]; do
	i=$((i + 1))
	mail "m$i" 'Ada <ada@x.example>' Hello
done
crm-ingest -q -c email --now "$NOW" box 2>>err &
for i in 149 99 148 75 147 50 146 2 145 3 144 140 130 120 110 100 90 80 70 60; do
	mv "box/new/m$i" "box/cur/m$i:2,S"
done
rc '#9 mail that is moved while it is read' 0 wait $!
is '#9   is read all the same' "$(sql 'SELECT count(*) FROM event')" 150

# ---- whose request ----

# 11, Zammad: who writes a number into the subject is in a stranger's ticket. 12: two requests
# of the same subject become one.
shop
mail a 'Ada <ada@x.example>' 'My order'
ingest >/dev/null
mail s1 'Eve <eve@evil.example>' 'Re: [#1] My order'
mail s2 'Eve <eve@evil.example>' 'Re: [Ticket#1] [c1] #1 My order [#c1.aaaaaaaaaa]'
TO=help+c1.aaaaaaaaaa@shop.example mail s3 'Eve <eve@evil.example>' 'Re: My order' 'References: <c1@shop.example> <1@shop.example>'
mail a2 'Ada <ada@x.example>' 'My order'
ingest >out
is '#11 a number in a subject, or a made-up token, is nobody else'"'"'s request' "$(jq -r 'select(.key | test("^s")) | .conversation' out | grep -c '^1$')" 0
is '#12 the same subject is not the same request' "$(jq -r 'select(.key == "a2@x.example") | .conversation != 1' out)" true

# 13, FreeScout: somebody in copy answers, becomes the customer, and gets what is meant for her.
mail a3 'Ada <ada@x.example>' 'Re: My order' 'Cc: Bob <bob@y.example>' 'References: <a@x.example>'
at 10:05
mail b 'Bob <bob@y.example>' 'Re: My order' 'References: <a@x.example> <a3@x.example>' 'Reply-To: bob-private@y.example'
ingest >out
is '#13 who is in copy and answers is of the same request' "$(jq -r 'select(.key == "b@x.example") | .conversation' out)" 1
is '#13   but not its customer' "$(sql 'SELECT value FROM conversation JOIN endpoint ON endpoint.id = endpoint_id WHERE conversation.id = 1')" ada@x.example
answer 1 'It is on its way.' >out
is '#13   nor who our answer goes to, whatever they ask for' "$(jq -r .to out) $(cat got/* | grep -ciE '^(to|cc|bcc):.*bob')" 'ada@x.example 0'

# FreeScout: whoever has the address of a request is its customer from then on.
echo "{\"account\":\"help@shop.example\",\"channel\":\"email\",\"exec\":\"$T/taker\",\"plus\":true}" >shop.d/accounts
answer 1 'Here is its number.' >/dev/null
token=$(cat got/* | sed -n 's/^Reply-To: .*\(help+c1[^>]*\).*/\1/p')
at 10:10
TO=$token mail f 'Eve <eve@evil.example>' 'Fwd: My order'
is '#13 who was sent the address of a request and writes there is in it' "$(ingest | jq -r 'select(.key == "f@x.example") | .conversation')" 1
answer 1 'And its weight.' >out
is '#13   and gets nothing of what is said to the customer' "$(jq -r .to out) $(cat got/* | grep -ciE '^(to|cc|bcc):.*evil')" 'ada@x.example 0'

# ---- loops ----

# 14, all of them. The other side answers every mail that it gets, by itself, at once; N times
# around what we send must have come to an end.
reader() { # reader HEADERS: as printf has them; ID is that of our mail
	{
		echo '#!/bin/sh'
		echo "id=\$(sed -n 's/^Message-ID: //p' \"\$1\") n=\$(basename \"\$1\")"
		echo "{ printf 'From: Robo <robo@y.example>\\nTo: help@shop.example\\nDate: %s\\nMessage-ID: <%s@y.example>\\n' \"\$TODAY\" \"\$n\""
		echo "printf '$1' | sed \"s/OURS/\$id/\"; printf '\\nYour message matters to us. %s\\n' \"\$n\"; } >$T/box/new/\$n"
	} >got.reader
	chmod +x got.reader
}
rounds() { # rounds N: cron so often, a minute apart; how many mails went out in all
	_i=0
	while [ $_i -lt "$1" ]; do
		_i=$((_i + 1))
		at "11:0$_i"
		cron >/dev/null
	done
	got
}
begin() { # begin HEADERS: they write first
	shop
	reader "$1"
	mail r0 'Robo <robo@y.example>' 'A question'
}
begin 'Subject: Out of office\nAuto-Submitted: auto-replied\nIn-Reply-To: OURS\n'
is '#14 a loop with an absence notice: one mail goes out' "$(rounds 4)" 1
is '#14   though each notice is kept' "$(sql "SELECT count(*) FROM event WHERE automatic = 'auto-reply' AND direction = 'in'")" 1
begin 'Subject: Re: A question\nIn-Reply-To: OURS\n'
is '#14 with one that does not say that it is automatic: one' "$(rounds 4)" 1
begin 'Subject: Ticket created\n'
is '#14 with one that begins a new request each time: five in an hour' "$(rounds 8)" 5
begin 'Subject: Automatic reply\nX-Auto-Response-Suppress: All\nX-Autoreply: yes\n'
is '#14 with one that says it in its own way: one' "$(rounds 4)" 1
begin 'Subject: Undelivered Mail Returned to Sender\nReturn-Path: <>\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\n\ngone\n--B\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; robo@y.example\nAction: failed\nStatus: 5.1.1\n\n--B\nContent-Type: text/rfc822-headers\n\nMessage-ID: OURS\nTo: robo@y.example\n\n--B--\n'
is '#14 with a mail host that returns it: one' "$(rounds 3)" 1
is '#14   and it is marked' "$(crm-reply --list | jq -r .state)" bounced

# Two shops that both confirm what they get, each by this program.
shop
mkdir -p other.d other/new other/cur other/tmp
echo desk@y.example >other.d/own
echo "{\"account\":\"desk@y.example\",\"channel\":\"email\",\"exec\":\"$T/carry $T/box/new\"}" >other.d/accounts
echo "{\"account\":\"help@shop.example\",\"channel\":\"email\",\"exec\":\"$T/carry $T/other/new\"}" >shop.d/accounts
cat >carry <<'E'
#!/bin/sh
n=$(mktemp "$GOT/XXXXXXXX") && cat >"$n" && cp "$n" "$1" && echo '{}'
E
chmod +x carry
crm-init -q -d other.db
mail r0 'Desk <desk@y.example>' 'From a desk to a desk'
for i in 1 2 3 4; do
	at "11:0$i"
	cron >/dev/null
	crm-ingest -d other.db -c email --now "$NOW" other 2>>err | crm-route -d other.db --now "$NOW" 2>>err |
		crm-reply -d other.db --now "$NOW" --template received >/dev/null 2>>err
done
is '#14 two shops of this kind say one thing to each other' "$(got)" 1

# Mail of our own address (a forward, a forged one), of a list, of a machine that nobody reads.
shop
mail own 'Us <help@shop.example>' 'Fwd: A question'
mail list 'Ada <ada@x.example>' 'News' 'List-Id: <news.x.example>' 'Precedence: list'
mail daemon 'Mailer <MAILER-DAEMON@x.example>' 'Delayed'
mail none 'No Reply <no-reply@x.example>' 'Your parcel'
cron >/dev/null
is '#14 our own mail, a list, a mailer daemon, a no-reply: no answer by itself' "$(got)" 0
is '#14   and all four are kept' "$(sql "SELECT count(*) FROM event WHERE type = 'message'")" 4
# FreeScout: the note to an agent is answered by his absence notice, which is a new ticket…
shop
echo '{"agent":"anna","notify":{"channel":"email","address":"anna@shop.example"}}' >shop.d/agents
echo '@shop.example' >shop.d/own
mail a 'Ada <ada@x.example>' 'My order'
cron >/dev/null
mail oof 'Anna <anna@shop.example>' 'Out of office' 'Auto-Submitted: auto-replied' "In-Reply-To: $(sed -n 's/^Message-ID: //p' "$(grep -l '^To:.*anna@' got/*)")"
n=$(got)
for i in 1 2 3; do at "11:0$i"; cron >/dev/null; done
is "#14 an agent's absence notice to our note: nothing more" "$(got) $(sql 'SELECT count(*) FROM conversation WHERE status = '"'new'")" "$n 0"

# ---- what became of it ----

# 20, Mautic: any bounce, and a vacation reply, and they never hear of us again.
shop
for who in ada bob; do
	mail $who "$who <$who@x.example>" Hello
done
ingest | route | ack >/dev/null
returned() { # returned ID WHO STATUS ACTION
	mail "$1" 'MAILER-DAEMON@mx.example' 'Returned' 'MIME-Version: 1.0' 'Content-Type: multipart/report; report-type=delivery-status; boundary=B'
	printf '%s\n' '--B' '' 'sorry' '--B' 'Content-Type: message/delivery-status' '' 'Reporting-MTA: dns; mx.example' '' \
		"Final-Recipient: rfc822; $2@x.example" "Action: $4" "Status: $3" '' '--B' 'Content-Type: text/rfc822-headers' '' \
		"$(grep -h '^Message-ID' "$(grep -l "^To:.*$2@" got/*)")" "To: $2@x.example" '' '--B--' >>"box/new/$1"
}
at 11:00
returned d1 ada 4.2.2 failed
returned d2 ada 4.4.1 delayed
returned d3 bob 5.1.1 failed
ingest >/dev/null
is '#20 a full mailbox is no dead address; one that does not exist is' "$(sql "SELECT value, flags FROM endpoint WHERE value LIKE '%@x.example' ORDER BY 1" | tr '\n' ' ')" 'ada@x.example|0 bob@x.example|4 '
{ answer 1 'Still there?'; answer 2 'Still there?'; } >out
is '#20   so she gets our next answer, and he is left alone' "$(jq -r '"\(.conversation) \(.state) \(.reason // "")"' out | sort | tr '\n' ',')" '1 sent ,2 skipped suppressed,'

# Chatwoot and others: the state that was told last counts, so that "read" becomes "delivered",
# and an SMS that came through in the end stays "undelivered".
shop
for i in 1 2 3; do say "m$i" "u$i" hello; done >/dev/null
for i in 1 2 3; do answer $i hi; done >out
key() { sql "SELECT key FROM event WHERE direction = 'out' AND conversation_id = $1"; }
told() { # told ID CONVERSATION STATUS MINUTE
	printf '{"id":"%s","time":"2026-11-02T10:%s:00Z","about":"%s","status":"%s"}\n' "$1" "$4" "$(key "$2")" "$3" | crm-ingest -q -c talk - 2>>err
}
told r1 1 read 10
told r2 1 delivered 11
told r3 2 undelivered 10
told r4 2 delivered 12
told r5 3 delivered 12
told r6 3 undelivered 10 # an old one that comes late
is '#16 the state goes up only: read stays, undelivered and then delivered is delivered' "$(crm-reply --list | jq -r .state | tr '\n' ' ')" 'read delivered delivered '

# 16, Chatwoot: "retry" says sent, and nothing is sent.
shop
say m1 u1 hello >/dev/null
cp taker works
printf '#!/bin/sh\ncat >/dev/null; echo "{\\"outcome\\":\\"refused\\",\\"error\\":\\"no\\"}"\n' >taker
answer 1 hi >/dev/null
mv works taker
is '#16 a retry sends' "$(crm-reply --retry 1 --now "$NOW" 2>>err | jq -r .state) $(got)" 'sent 1'
is '#16   and each try is on record' "$(crm-reply --show 1 | jq -c '[.tries[].outcome]')" '["refused","sent"]'

# ---- where the others are ----

# Each line of the table names a test; a number of the list that has neither a line nor a test
# here is forgotten.
tab=$(printf '\t')
table=$ROOT/tests/data/complaints.tsv
while IFS=$tab read -r number what file title; do
	case $number in '' | '#'*) continue ;; esac
	case $file in
	-) [ -n "$title" ] && echo "# $number, $what: $title" ;;
	*) ok "$number, $what: $file has '$title'" grep -qF -- "$title" "$ROOT/tests/$file" ;;
	esac
done <"$table"
missing=
for n in $(seq 30); do
	grep -q "^$n$tab" "$table" || grep -qE "(is|ok|rc) ['\"]#$n " "$ROOT/tests/complaints.t" || missing="$missing $n"
done
is 'none of the thirty is forgotten' "$missing" ''
finish
