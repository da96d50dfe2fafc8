#!/bin/sh
# SPDX-License-Identifier: MIT
# A customer's mail and our answers, as they go: Postfix and Dovecot carry them both ways,
# crm-ingest fetches, crm-route assigns, crm-reply answers. What arrived is what lies in the
# customer's mailbox; that it is one thread, Dovecot's THREAD says as well (RFC 5256).
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/mailserver.sh
. "$ROOT/tests/mailserver.sh"
PATH=$PATH:/usr/sbin
need 'jq' jq --version
need 'crm-route and crm-reply' sh -c 'command -v crm-route && command -v crm-reply'
need 'Dovecot' dovecot_start
need 'Postfix, and root' postfix_start

export CRM_DB=$T/shop.db SSL_CERT_FILE=$T/dovecot/cert.pem
mkdir shop.d
cat >shop.d/secrets <<-END
	imap:shop@localhost pw
	smtp:shop@mail.localhost pw
END
chmod 600 shop.d/secrets
echo '@shop.example' >shop.d/own
echo '{"agent":"anna","name":"Anna"}' >shop.d/agents
cat >shop.d/accounts <<-END
	{"account":"shop@shop.example","channel":"email","name":"Shop & Söhne","smtp":"smtp://shop@mail.localhost:$SMTP_PORT","ca":"$T/dovecot/cert.pem","plus":true,"verp":"bounce@shop.example","timeout":10}
END
crm-init -q
BOX=$T/dovecot/mail
URL=imaps://shop@localhost:$IMAPS_PORT/INBOX

lies() { [ "$(find "$BOX/$1/new" "$BOX/$1/cur" -type f 2>/dev/null | wc -l)" -eq "$2" ]; }
arrives() { ok "$1" until_true 20 lies "$2" "$3"; } # arrives TITLE USER MESSAGES
newest() { # newest USER: the file with the message that came last
	find "$BOX/$1/new" "$BOX/$1/cur" -type f -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2- |
		xargs cat >"newest-$1.eml"
	echo "newest-$1.eml"
}
header() { sed '/^\r*$/,$d' "$2" | tr -d '\r' | sed -e ':a' -e 'N;$!ba' -e 's/\n[ \t]/ /g' | sed -n "s/^$1: //p"; }
fetch() { crm-ingest --fetch "$URL" 2>fetch.err; }
sql() { sqlite3 "$CRM_DB" "$1"; }
mail() { # mail FROM TO ID SUBJECT [HEADER]…
	{
		printf 'From: %s\nTo: %s\nMessage-ID: <%s>\nSubject: %s\nDate: %s\n' "$1" "$2" "$3" "$4" "$(date -R)"
		_from=$1 _to=$2
		shift 4
		for _header; do echo "$_header"; done
		printf '\nIt is about an order.\n'
	} >sent.eml
	send "$(echo "$_from" | sed 's/.*<//; s/>.*//')" "$_to" <sent.eml
}

# --- there and back ---

mail 'Ada Ax <ada@customer.example>' shop@shop.example q1@customer.example 'Wo bleibt Größe 42?'
deposit ada INBOX <sent.eml # her own copy
arrives "the customer's mail arrives" shop 1
is 'it is fetched and given to an agent' \
	"$(fetch | crm-route 2>err | jq -r 'select(.type == "assignment") | "\(.conversation) \(.agent)"')" '1 anna'
printf '{"conversation":1,"agent":"anna","text":"Sie ist unterwegs.\\n.\\n-- \\nAnna"}\n' >answer
is "the agent's answer goes out" "$(crm-reply <answer 2>err | jq -r '"\(.state) \(.to)"')" 'sent ada@customer.example'
is '  once, however often it is given' "$(crm-reply <answer 2>err | jq -r .duplicate)" true
arrives '  and arrives' ada 2
M=$(newest ada)
is 'it answers her mail' "$(header In-Reply-To "$M") $(header References "$M")" \
	'<q1@customer.example> <q1@customer.example>'
is '  in one thread' "$(IN=INBOX imap ada 'THREAD REFERENCES UTF-8 ALL' | tr -d '\r')" '* THREAD (1 2)'
is '  encrypted, and by who logged in' "$(grep -c 'with ESMTPSA' "$M") $(grep -c 'sasl_username=shop' "$T/postfix/log")" '1 1'
is '  with what was written' "$(sed '1,/^\r*$/d' "$M" | tr -d '\r')" 'Sie ist unterwegs.
.
-- 
Anna'
ok '  from the account, with a name above ASCII' sh -c "grep -q '^From: .*<shop@shop.example>' '$M' && ! LC_ALL=C grep -q '[^ -~	]' '$M'"
ok '  and not as an automatic one' sh -c "! grep -qi '^Auto-Submitted' '$M'"
TOKEN=$(header Reply-To "$M" | sed 's/.*<//; s/>.*//')
is 'an answer goes to an address of this conversation' "$(echo "$TOKEN" | sed 's/\.[a-z0-9]*@/.TOKEN@/')" 'shop+c1.TOKEN@shop.example'

# Her mail program forgets what it answers: only the address tells.
mail 'Ada Ax <ada@customer.example>' "$TOKEN" q2@customer.example 'danke'
arrives 'her answer without references arrives' shop 2
is '  and is of the same conversation, complaint 12' "$(fetch | jq -r 'select(.type == "message") | .conversation')" 1
is '  as in the store' "$(sql "SELECT group_concat(DISTINCT conversation_id) FROM event WHERE type = 'message'")" 1
mail 'Bob Bo <bob@customer.example>' "$(echo "$TOKEN" | sed 's/\.[a-z0-9]*@/.aaaaaaaaaa@/')" q3@customer.example 'me too'
arrives 'somebody makes up an address like that' shop 3
is "  and does not get into others' conversations, complaint 11" "$(fetch | jq -r 'select(.type == "message") | .conversation')" 2
echo '{"conversation":1,"agent":"anna","text":"Gern."}' | crm-reply -q >/dev/null 2>err
arrives 'the next answer' ada 3
M=$(newest ada)
is '  refers to what it answers, and to all before it' "$(header In-Reply-To "$M"); $(header References "$M" | sed 's/<[a-z0-9]*@shop/<OURS@shop/')" \
	'<q2@customer.example>; <q1@customer.example> <OURS@shop.example> <q2@customer.example>'
is '  so that it stays in the thread' "$(IN=INBOX imap ada 'THREAD REFERENCES UTF-8 ALL' | tr -d '\r')" '* THREAD (1 2 3)'

NOW=$(date -u +%FT%TZ)
printf '%s\n' '{"conversation":1,"agent":"anna","text":"Größe 42 ist da.\n.\nBis bald"}' >answer
crm-reply -n --now "$NOW" <answer 2>err | jq -j .bytes >dry
crm-reply -q --now "$NOW" <answer >/dev/null 2>err
arrives 'what a dry run has shown' ada 4
newest ada >/dev/null
is '  is what arrives, but for the ends of lines' "$(sed -n '/^From: /,$p' newest-ada.eml | tr -d '\r')" \
	"$(tr -d '\r' <dry | sed '1,/^DATA$/d; $d; s/^\.//')"

# --- nobody there ---

mail 'Gone Gus <gone@customer.example>' shop@shop.example g1@customer.example 'Hello'
arrives 'a mail from an address that takes none' shop 4
C=$(fetch | jq -r 'select(.type == "message") | .conversation')
echo "{\"conversation\":$C,\"agent\":\"anna\",\"text\":\"Hello Gus\"}" | crm-reply >sent 2>err
is 'the answer is taken by our server' "$(jq -r '"\(.state) \(.to)"' sent)" 'sent gone@customer.example'
arrives 'its report that nobody lives there' shop 5
is '  comes to the sender of this one message (VERP)' \
	"$(header To "$(newest shop)" | sed 's/+[^=]*=/+ID=/')" 'bounce+ID=shop.example@shop.example'
fetch >/dev/null
is 'the address does not work, and no other' "$(sql "SELECT group_concat(value) FROM endpoint WHERE flags & 4")" gone@customer.example
is 'the outbox shows it' "$(crm-reply --list 2>err | jq -r 'select(.to == "gone@customer.example") | .state')" bounced
is 'nothing more goes there' "$(echo "{\"conversation\":$C,\"agent\":\"anna\",\"text\":\"Are you there?\"}" | crm-reply 2>err |
	jq -r '"\(.state) \(.reason)"')" 'skipped suppressed'

# --- no loops ---

if sieve vic <<-'END'; then
	require ["vacation"];
	vacation :days 1 :addresses ["vic@customer.example"] :subject "Out of office" "I am away.";
END
	mail 'Vic Vo <vic@customer.example>' shop@shop.example v1@customer.example 'A question'
	arrives 'somebody with a vacation message writes' shop 6
	fetch | crm-route 2>err | crm-reply --template received >sent 2>>err
	is 'he is told that we got it' "$(jq -r 'select(.type == "delivery") | "\(.state) \(.to)"' sent)" 'sent vic@customer.example'
	arrives '  which arrives' vic 1
	is '  and says that a program wrote it' "$(header Auto-Submitted "$(newest vic)")" auto-replied
	C=$(jq -r 'select(.type == "delivery") | .conversation' sent)
	echo "{\"conversation\":$C,\"agent\":\"anna\",\"text\":\"It is so.\"}" | crm-reply -q >/dev/null 2>err
	arrives "an agent's answer arrives as well" vic 2
	arrives '  to which the vacation message answers, once' shop 7
	fetch >got
	is 'it is of that conversation, and automatic' \
		"$(sql "SELECT conversation_id, automatic FROM event WHERE text LIKE '%I am away%'")" "$C|auto-reply"
	is 'it does not open the request again, complaint 14' "$(sql "SELECT status FROM conversation WHERE id = $C")" pending
	crm-route <got 2>err | crm-reply --template received 2>>err | jq -r 'select(.type == "delivery") | .state' >states
	is 'nobody answers it' "$(grep -c sent states)" 0
	sleep 1
	crm-route --all 2>/dev/null | crm-reply --template received >/dev/null 2>&1
	crm-reply --all >/dev/null 2>&1
	is 'and all is quiet' "$(fetch | wc -l) $(sql "SELECT count(*) FROM outbox WHERE address LIKE 'vic@%'") $(lies vic 2 && echo 2)" \
		'0 2 2'
else
	ok 'vacation messages # SKIP no Pigeonhole' true
fi

# --- the server is away ---

postfix -c "$T/postfix" stop >/dev/null 2>&1
echo '{"conversation":1,"agent":"anna","text":"Noch etwas."}' | crm-reply >sent 2>err
is 'while the server is away, it waits' "$(jq -r '"\(.state) \(.reason)"' sent)" 'queued deferred'
postfix -c "$T/postfix" start >/dev/null 2>&1
until_true 10 curl -sS "smtp://127.0.0.1:$SMTP_PORT" -X NOOP
crm-reply --all --now "$(date -u -d '+2 hours' +%FT%TZ)" >sent 2>err
is 'and goes out when it is back' "$(jq -r '"\(.state) \(.to)"' sent)" 'sent ada@customer.example'
arrives '  once' ada 5
finish
