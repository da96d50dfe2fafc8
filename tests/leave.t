#!/bin/sh
# SPDX-License-Identifier: MIT
# Leaving: who has had enough says so in one step, by whatever way the message offered, and gets no
# more of what needs consent; nobody is taken off by a program that looks at links. Sources of
# truth: RFC 8058 (the post a mail program makes, that GET must do nothing), RFC 2369, RFC 6068.
. "$(dirname "$0")/lib.sh"

need jq jq --version
need sqlite3 sqlite3 --version
export CRM_DB=shop.db
mkdir -p shop.d/templates
cat >shop.d/accounts <<'E'
{"account":"help@shop.example","channel":"email","exec":"cat >>mails","unsubscribe":"leave@shop.example"}
{"account":"4711","channel":"kannel","user":"shop","exec":"cat >>texts"}
E
echo '{"unsubscribe_url":"https://shop.example/hook/unsubscribe?t="}' >shop.d/shop
printf 'Purpose: marketing\n\nBuy! Or leave: {{person.unsubscribe_url}}\n' >shop.d/templates/offer.txt
crm-init -q
day=1
mail() { # mail FROM TO SUBJECT
	day=$((day + 1))
	printf 'From: %s\nTo: %s\nSubject: %s\nMessage-ID: <m%d@example.org>\nDate: %d Nov 2026 10:00:00 +0000\n\n%s\n' \
		"$1" "$2" "$3" $day $day hello | crm-ingest -q --channel email -
}
sms() { # sms FROM TEXT
	day=$((day + 1))
	printf 'from=%s&to=4711&id=s%d&time=2026-11-%02d+10:00:00&text=%s\n' "$1" $day $day "$2" |
		crm-ingest -q --channel kannel - >/dev/null
}
agree() { # agree ADDRESS: they once said yes
	printf '[{"email":"%s","phone":"%s","status":"given","time":"2026-01-01T00:00:00Z"}]' "$1" "${2-}" |
		crm-ingest -q --channel yes - >/dev/null
}
mkdir -p shop.d/channels
echo '{"reads":"json","type":"consent","fields":{"email":"/email","phone":"/phone","status":"/status","time":"/time"}}' >shop.d/channels/yes.json
offer() { # offer CONVERSATION [OPTION…]: what becomes of an offer at noon of the 20th
	_id=$1
	shift
	echo >>offers # each is another one
	printf '{"conversation":%d,"template":"offer","occurrence":"%d"}\n' "$_id" "$(wc -l <offers | tr -d ' ')" |
		crm-reply -q --now=2026-11-20T12:00:00Z "$@" | jq -r '[.state, .reason // empty] | join(" ")'
}
bytes() {
	printf '{"conversation":%d,"template":"offer"}\n' "$1" | crm-reply -qn --now=2026-11-20T12:00:00Z | jq -r .bytes
}
post() { # post METHOD QUERY: as a mail program posts, RFC 8058, 3.1
	printf 'List-Unsubscribe=One-Click' | REQUEST_METHOD=$1 QUERY_STRING=$2 CONTENT_LENGTH=26 \
		CONTENT_TYPE=application/x-www-form-urlencoded PATH_INFO=/unsubscribe \
		REMOTE_ADDR=192.0.2.1 crm-ingest --cgi 2>err | tr -d '\r'
}
status() { post "$@" | sed -n 's/^Status: //p'; }

mail 'Ada <ada@example.org>' help@shop.example 'A question' >/dev/null
mail 'Bob <bob@example.org>' help@shop.example 'Another one' >/dev/null
is 'nobody said yes: no offer' "$(offer 1)" 'skipped no_consent'
agree ada@example.org
agree bob@example.org
is 'they did: it goes' "$(offer 1)" 'sent'

# ---- by one click ----
bytes 1 >offer
A=$(sed -n 's/^List-Unsubscribe: <https:.*?t=\(a.*\)>,$/\1/p' offer)
ok 'an offer names a link of its own to leave by, in the header' [ -n "$A" ]
ok '  that takes one click' grep -qx 'List-Unsubscribe-Post: List-Unsubscribe=One-Click' offer
ok '  and the same in its text' grep -qx "Buy! Or leave: https://shop.example/hook/unsubscribe?t=$A" offer
is 'an answer of the service has none' "$(echo '{"conversation":1,"text":"Yes."}' | crm-reply -qn | jq -r .bytes | grep -c Unsubscribe)" 0
is 'a program that follows the link' "$(status GET "t=$A")" '200 OK'
ok '  gets a page with a button' sh -c "REQUEST_METHOD=GET QUERY_STRING=t=$A PATH_INFO=/unsubscribe crm-ingest --cgi | grep -q '<form method=post>.*<button'"
is '  and takes nobody off' "$(offer 1)" 'sent'
is 'a link that was cut, or made up, takes nobody off' "$(status POST "t=${A%?}")$(status POST "t=a2${A#a1}")$(status POST '')" \
	'400 Bad Request400 Bad Request400 Bad Request'
is '  and is kept, to be looked at' "$(crm-ingest --rejected | jq -r .reason | sort -u | paste -sd,)" 'its token is none of ours,says nothing of a person'
is 'who clicks is off' "$(status POST "t=$A") $(offer 1)" '200 OK skipped no_consent'
is '  clicking again changes nothing' "$(status POST "t=$A")" '200 OK'
is '  others stay' "$(offer 2)" 'sent'
B=$(bytes 2 | sed -n 's/^List-Unsubscribe: <https:.*?t=\(a.*\)>,$/\1/p')
is 'another one, posted from the same place in the same minute, counts too' "$(status POST "t=$B") $(offer 2)" '200 OK skipped no_consent'
is 'an answer of the service still goes' "$(echo '{"conversation":1,"text":"Yes."}' | crm-reply -q | jq -r .state)" 'sent'
is 'it is a fact, at the address, with how they said it' \
	"$(sqlite3 shop.db "SELECT DISTINCT n.value, e.status, e.text FROM event AS e JOIN endpoint AS n ON n.id = e.endpoint_id WHERE e.type = 'consent' AND e.status = 'withdrawn' AND n.value LIKE 'ada%'")" \
	'ada@example.org|withdrawn|by the link in a message'

# ---- by mail ----
mail 'Cyd <cyd@old.example>' help@shop.example 'Hello' >/dev/null
agree cyd@old.example
is 'a mailbox takes them off as well' "$(bytes 3 | sed -n 's/^.*<\(mailto:[^>]*\)>$/\1/p')" \
	"mailto:leave@shop.example?subject=unsubscribe%20$(bytes 3 | sed -n 's/^List-Unsubscribe: <https:.*?t=\(a.*\)>,$/\1/p')"
C=$(bytes 3 | sed -n 's/^List-Unsubscribe: <https:.*?t=\(a.*\)>,$/\1/p')
mail 'Cyd <cyd@new.example>' leave@shop.example "unsubscribe $C"
is '  from whatever address it is answered' "$(offer 3)" 'skipped no_consent'
is '  and is no request that somebody must answer' "$(sqlite3 shop.db "SELECT type, conversation_id IS NULL, (SELECT count(*) FROM conversation) FROM event WHERE text LIKE 'unsubscribe %'")" 'consent|1|3'
mail 'Dan <dan@example.org>' help@shop.example 'Hello' >/dev/null
agree dan@example.org
is 'who writes "Unsubscribe" by hand' "$(offer 4)" 'sent'
mail 'Dan <dan@example.org>' help@shop.example 'Unsubscribe' >/dev/null
is '  is off, too' "$(offer 4)" 'skipped no_consent'
is '  and somebody sees it' "$(sqlite3 shop.db "SELECT status FROM conversation WHERE id = 5")" 'new'
mail 'Eve <eve@example.org>' help@shop.example 'Unsubscribe asked for thrice, and you bill me' >/dev/null
is 'a request that begins with that word is one' "$(sqlite3 shop.db "SELECT type, subject FROM event ORDER BY id DESC LIMIT 1")" 'message|Unsubscribe asked for thrice, and you bill me'

# ---- by SMS ----
sms %2B4915112345678 'Hi'
agree '' +4915112345678
id=$(sqlite3 shop.db 'SELECT max(id) FROM conversation')
is 'by SMS' "$(offer "$id")" 'sent'
sms %2B4915112345678 'STOP.%0A'
is '  STOP stops them' "$(offer "$id")" 'skipped no_consent'
sms %2B4915112345678 'Start'
is '  START begins again' "$(offer "$id")" 'sent'
sms %2B4915112345678 'do+not+stop+now'
is '  a sentence with that word does neither' "$(offer "$id")" 'sent'
sms %2B4915112345678 '%D0%A1%D0%A2%D0%9E%D0%9F'
is '  and other languages have such words' "$(offer "$id")" 'skipped no_consent'
mkdir -p shop.d/rules
echo '{"words":"stop","are":["genug"]}' >shop.d/rules/replies
is 'the words are the shop'"'"'s to choose' "$(offer "$id")" 'queued frequency'
sms %2B4915112345678 'Genug!'
is '  then those count' "$(offer "$id")" 'skipped no_consent'
finish
