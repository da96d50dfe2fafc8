#!/bin/sh
# SPDX-License-Identifier: MIT
# Mail out to a server that misbehaves in ways that servers do. Source of truth: its own list
# of the messages that it took, beside what we say became of each (RFC 5321 4.2.1, 4.5.3.2).
. "$(dirname "$0")/lib.sh"
need 'jq' jq --version
need 'send-parcel (make tools)' [ -x "$BUILD/tools/send-parcel" ]

mkfifo fake.in fake.out
mkdir server shop.d
printf '%s\n' PIPELINING SMTPUTF8 ENHANCEDSTATUSCODES 'AUTH PLAIN' >server/caps
perl "$ROOT/tests/fake-smtp.pl" server <fake.in >fake.out &
exec 9>fake.in # it ends when we do
read -r PORT <fake.out
: >shop.d/secrets
chmod 600 shop.d/secrets

n=0
parcels() { # parcels TO…: a parcel to each
	for _to; do
		n=$((n + 1))
		printf '{"key":"%s","to":"%s","subject":"Re: A question","text":"It is so.\\n.\\nAnna","message_id":"m%s@shop.example","in_reply_to":"q@customer.example"}\n' \
			"$n" "$_to" "$n"
	done
}
URL=smtp://127.0.0.1:$PORT
deliver() { "$BUILD/tools/send-parcel" shop.d "{\"smtp\":\"$URL\",\"timeout\":${TIMEOUT:-5}}" 2>&1; }
said() { parcels "$@" | deliver; }
faults() { # faults FAULT…: what goes wrong next; nothing is left of what was to before
	rm -f server/accepted server/connections server/log server/*.eml server/count
	: >server/accepted
	: >server/log
	: >server/faults
	for _fault; do echo "$_fault" >>server/faults; done
}
taken() { sed 's/.* //' server/accepted | paste -sd' ' -; }
# outcome TITLE FAULT ADDRESS WHAT-IS-SAID TAKEN CONNECTIONS
outcome() {
	_title=$1
	faults "$2"
	is "$_title" "$(said "$3")" "$4"
	is "  what the server has, and connections" "$(taken) $(grep -c . server/connections)" "$5 $6"
	[ ! -s server/faults ] || is '  the fault has happened' "$(cat server/faults)" ''
}
ADA=ada@customer.example

# --- what becomes of a parcel ---

faults 'mail go'
is 'a message that is taken' "$(said $ADA)" 'sent 250 2.0.0 Ok: queued'
is 'from whom and to whom' "$(cat server/accepted)" "help@shop.example $ADA m1@shop.example"
is 'as it was rendered, its dots single again' "$(tr -d '\r' <server/1.eml)" \
	"$(n=0; parcels $ADA | "$BUILD/tools/send-parcel" shop.d "{\"smtp\":\"$URL\"}" render |
		tr -d '\r' | sed '1,3d;$d;s/^\.//')"

outcome 'busy at the greeting: later' 'greet 421 4.3.2 too busy' $ADA \
	'deferred 421 the server takes no mail for now: 4.3.2 too busy' '' 1
outcome 'no service for us: not the fault of the message' 'greet 554 5.7.1 go away' $ADA \
	'deferred 554 the server takes no mail for now: 5.7.1 go away' '' 1
outcome '421 at MAIL' 'mail 421 4.7.0 slow down' $ADA 'deferred 421 4.7.0 slow down' '' 1
outcome 'the sender is refused' 'mail 550 5.7.1 not yours' $ADA 'refused 550 5.7.1 not yours' '' 1
outcome 'we should have logged in: not the fault of the message' 'mail 530 5.7.0 log in first' $ADA \
	"send-parcel: account 'help@shop.example': the server refuses the login: 530 5.7.0 log in first" '' 1
outcome 'greylisted' 'rcpt 451 4.7.1 come back later' $ADA 'deferred 451 4.7.1 come back later' '' 1
outcome 'nobody there: the address is bad' 'rcpt 550 5.1.1 <ada>: User unknown' $ADA \
	'refused 550 5.1.1 <ada>: User unknown [address bad]' '' 1
outcome 'by its words as well' 'rcpt 550 No such user here' $ADA \
	'refused 550 No such user here [address bad]' '' 1
outcome 'spam is no bad address' 'rcpt 554 5.7.1 Message rejected as spam' $ADA \
	'refused 554 5.7.1 Message rejected as spam' '' 1
outcome '421 at DATA' 'data 421 4.3.0 going down' $ADA 'deferred 421 4.3.0 going down' '' 1
outcome 'DATA is refused' 'data 554 5.5.1 no' $ADA 'refused 554 5.5.1 no' '' 1
faults 'body close'
TEXT=$(printf '%20000s' x | tr ' ' y)
is 'closed in the middle of a long message: nobody has it' "$(
	parcels $ADA | jq -c --arg s "$TEXT" '.text = ([range(300) | $s] | join("\n"))' | deliver |
		sed 's/^\(deferred 0\) .*/\1/')  $(taken)" 'deferred 0  '
faults 'body 552 5.3.4 too large'
is 'refused in the middle of it, which is heard' "$(
	parcels $ADA | jq -c --arg s "$TEXT" '.text = ([range(300) | $s] | join("\n"))' | deliver)$(taken)" \
	'refused 552 5.3.4 too large'
outcome 'closed in the middle of a short one, when all of it was out already: unknown' 'body close' $ADA \
	'unknown 0 after all of the message was sent: the server closed the connection' '' 1
outcome 'later, after all of it' 'dot 451 4.3.0 disk full' $ADA 'deferred 451 4.3.0 disk full' '' 1
outcome 'refused, after all of it' 'dot 550 5.1.1 nobody' $ADA \
	'refused 550 5.1.1 nobody [address bad]' '' 1
outcome '421 after all of it' 'dot 421 4.3.0 going down' $ADA 'deferred 421 4.3.0 going down' '' 1
outcome 'closed after the final dot, and not taken: unknown' 'dot close' $ADA \
	'unknown 0 after all of the message was sent: the server closed the connection' '' 1
outcome 'taken, and closed before it said so: unknown, not sent again' 'dot keep' $ADA \
	'unknown 0 after all of the message was sent: the server closed the connection' \
	"m$((n + 1))@shop.example" 1
outcome 'an answer to the final dot that says nothing: unknown' 'dot 354 what?' $ADA \
	'unknown 354 what?' '' 1
TIMEOUT=1
outcome 'taken, and no answer in time: unknown' 'dot wait 2.3' $ADA \
	'unknown 0 after all of the message was sent: the server does not answer in time' \
	"m$((n + 1))@shop.example" 1
outcome 'no answer before the message: later' 'mail wait 1.3' $ADA \
	'deferred 0 the server does not answer in time' '' 1
unset TIMEOUT
outcome 'an answer byte by byte' 'mail drip' $ADA 'sent 250 2.0.0 Ok: queued' \
	"m$((n + 1))@shop.example" 1
outcome 'an answer without end' 'mail flood' $ADA 'deferred 0 the server does not speak SMTP' '' 1
outcome 'closed at MAIL' 'mail close' $ADA 'deferred 0 the server closed the connection' '' 1

# --- more than one ---

faults 'mail go'
is 'several' "$(said $ADA $ADA $ADA | sort | uniq -c | sed 's/^ *//')" '3 sent 250 2.0.0 Ok: queued'
is '  over one connection' "$(grep -c . server/connections) $(grep -c EHLO server/log)" '1 1'
faults 'mail go' 'rcpt go' 'data go' 'dot go' 'mail close'
is 'a kept connection that is gone is made anew; nothing is lost' "$(said $ADA $ADA)" \
	'sent 250 2.0.0 Ok: queued
sent 250 2.0.0 Ok: queued'
is '  nor sent twice' "$(taken) $(grep -c . server/connections)" \
	"m$((n + 1))@shop.example m$((n + 2))@shop.example 2"
faults 'mail go' 'rcpt go' 'data go' 'dot go' 'mail 421 4.4.2 timeout exceeded'
is 'a server that was tired of waiting' "$(said $ADA $ADA | tail -n 1) $(taken)" \
	"sent 250 2.0.0 Ok: queued m$((n + 1))@shop.example m$((n + 2))@shop.example"
faults 'mail go' 'rcpt go' 'data go' 'dot keep'
n=100
is 'one that is unknown is not sent again' "$(said $ADA $ADA)" \
	'unknown 0 after all of the message was sent: the server closed the connection
sent 250 2.0.0 Ok: queued'
is '  the next one goes over another connection' "$(taken) $(grep -c . server/connections)" \
	'm101@shop.example m102@shop.example 2'
for caps in PIPELINING ''; do
	echo "$caps" >server/caps
	faults 'rcpt 550 5.1.1 nobody' 'rcpt 451 4.7.1 later'
	n=0
	is "the next message after a refused one (${caps:-one command at a time})" \
		"$(said gone@customer.example $ADA $ADA)" 'refused 550 5.1.1 nobody [address bad]
deferred 451 4.7.1 later
sent 250 2.0.0 Ok: queued'
	is '  over the same connection' "$(taken) $(grep -c . server/connections)" 'm3@shop.example 1'
	ok '  nobody else got it' grep -q "^help@shop.example $ADA m3" server/accepted
done
# --- hostile values ---

: >server/caps
faults
is 'no command gets in by an address' \
	"$(said 'a@customer.example>\r\nRCPT TO:<all@evil.example' 'a@b.example\u0000' 'a b@c.example' '' | sort -u)" \
	"refused 0 the recipient '' is no address: no @
refused 0 the recipient 'a b@c.example' is no address: a character before the @ that addresses do not have
refused 0 the recipient 'a@b.example�' is no address: a domain that IDNA does not allow
refused 0 the recipient 'a@customer.example>  RCPT TO:<all@evil.example' is no address: a character before the @ that addresses do not have"
is '  and the server has heard of none' "$(cat server/log server/connections 2>/dev/null)" ''
is 'an address above ASCII needs a server that takes it' "$(said jörg@customer.example)" \
	'refused 0 the server takes no addresses above ASCII (SMTPUTF8)'
echo SMTPUTF8 >server/caps
faults
is '  as this one' "$(said jörg@customer.example) $(grep -c '^MAIL.*> SMTPUTF8$' server/log)" \
	'sent 250 2.0.0 Ok: queued 1'
faults 'rcpt 550 5.1.1 \033[31mred'
printf 'rcpt 550 5.1.1 \033[31mred\377\n' >server/faults
is 'what a server says cannot harm a terminal' "$(said $ADA)" 'refused 550 5.1.1 �[31mred� [address bad]'

# --- who we are, and to whom we speak ---

URL=smtp://help@127.0.0.1:$PORT
echo 'AUTH PLAIN' >server/caps
faults
is 'a password that is not there' "$(said $ADA)" \
	"send-parcel: no password: it belongs into 'shop.d/secrets', as 'smtp:help@127.0.0.1 PASSWORD'"
echo 'smtp:help@127.0.0.1 hunter2' >shop.d/secrets
is 'with a password' "$(said $ADA) $(grep -c ^AUTH server/log)" 'sent 250 2.0.0 Ok: queued 1'
faults 'auth 535 5.7.8 wrong'
is 'a wrong one is said once, and no fault of a message' "$(said $ADA $ADA; grep -c . server/connections)" \
	"send-parcel: account 'help@shop.example': the server refuses the login: 535 5.7.8 wrong
1"
faults 'auth 454 4.7.0 try later'
is 'a login that does not work for now' "$(said $ADA)" \
	'deferred 454 the server takes no mail for now: 4.7.0 try later'
chmod 644 shop.d/secrets
faults
ok 'secrets that others can read are refused' sh -c "echo '$(said $ADA)' | grep -q secrets"
is '  before anything is sent' "$(cat server/connections 2>/dev/null)" ''
chmod 600 shop.d/secrets
echo 'smtp:help@mail.localhost hunter2' >shop.d/secrets
URL=smtp://help@mail.localhost:$PORT
faults
is 'the password does not go unencrypted to another host' \
	"$(said $ADA) $(grep -c AUTH server/log) $(taken)" \
	'deferred 0 the server offers no encryption: nothing is sent 0 '
URL=smtp://nobody.invalid
is 'a name that is none' "$(said $ADA)" 'deferred 0 Could not resolve host: nobody.invalid'
URL=smtp://help:hunter2@h
is 'a password in a URL' "$(said $ADA)" \
	"send-parcel: account 'help@shop.example': smtp: a password does not belong in a URL: put it into the file secrets"
is 'no server' "$("$BUILD/tools/send-parcel" shop.d '{}' 2>&1 </dev/null)" \
	"send-parcel: account 'help@shop.example': smtp: is missing: smtps://USER@HOST"

# --- by crm-reply, which is killed ---

export CRM_DB=$T/shop.db
crm-init -q
echo @shop.example >shop.d/own
echo "{\"account\":\"help@shop.example\",\"channel\":\"email\",\"smtp\":\"smtp://127.0.0.1:$PORT\"}" >shop.d/accounts
printf 'PIPELINING\n' >server/caps
printf 'From: Ada <%s>\nTo: help@shop.example\nSubject: A question\nMessage-ID: <q@customer.example>\nDate: Mon, 02 Nov 2026 10:00:00 +0000\n\nHow?\n' "$ADA" |
	crm-ingest -q -c email >/dev/null
state() { crm-reply --list | jq -r .state; }
echo '{"conversation":1,"agent":"anna","text":"So.","subject":"Größe"}' >line
faults 'dot wait 30'
crm-reply -q <line >/dev/null 2>&1 &
for _try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
	[ -s server/accepted ] && break
	sleep 0.1
done
kill -9 $! 2>/dev/null
wait $! 2>/dev/null
ID=$(taken)
faults
crm-reply -q <line >/dev/null 2>&1
is 'killed while the server had it and had not said so: not sent again' "$(taken)" ''
LATER=$(date -u -d '+1 hour' +%FT%TZ)
crm-reply -q --all --now "$LATER" >/dev/null 2>&1
is '  but shown as unknown, once its claim is over' "$(state) $(taken)" 'unknown '
crm-reply --retry-unknown --now "$LATER" >/dev/null 2>&1
is '  and sent again on demand, under the same Message-ID' "$(state) $(taken)" "sent $ID"
is 'an address that is refused is marked' "$(
	faults 'rcpt 550 5.1.1 nobody'
	echo '{"conversation":1,"agent":"anna","text":"More."}' | crm-reply 2>/dev/null | jq -r '"\(.state) \(.reason)"'
	sqlite3 shop.db "SELECT value FROM endpoint WHERE flags & 4")" "failed refused
$ADA"

# --- encrypted ---

need 'openssl' openssl version
free_port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'; }
TLS=$(free_port)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost -keyout key.pem -out shop.d/cert.pem 2>/dev/null
mkfifo tls
tls() { # a server for one connection
	rm -f tls.log
	# shellcheck disable=SC2094 # a pipe
	{ perl "$ROOT/tests/fake-smtp.pl" server stdio <tls |
		openssl s_server -accept "127.0.0.1:$TLS" -key key.pem -cert shop.d/cert.pem -naccept 1 -quiet >tls 2>tls.log; } &
	for _try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		ss -ltn 2>/dev/null | grep -q ":$TLS " && break
		sleep 0.05
	done
}
tls_said() { parcels $ADA | "$BUILD/tools/send-parcel" shop.d "$1" 2>&1; }
faults
tls
is 'a certificate that nobody vouches for: nothing is sent' \
	"$(tls_said "{\"smtp\":\"smtps://localhost:$TLS\"}" | grep -c '^deferred 0.*certificate') $(taken)" '1 '
wait $!
faults
tls
is 'one of an own authority' \
	"$(tls_said "{\"smtp\":\"smtps://localhost:$TLS\",\"ca\":\"cert.pem\"}") $(grep -c . server/accepted)" \
	'sent 250 2.0.0 Ok: queued 1'
wait $!
faults
tls
is 'one for another name' \
	"$(tls_said "{\"smtp\":\"smtps://127.0.0.1:$TLS\",\"ca\":\"cert.pem\"}" | grep -c '^deferred 0') $(taken)" '1 '
wait $!
finish
