#!/bin/sh
# SPDX-License-Identifier: MIT
# New messages of mailboxes: from a server that misbehaves in ways that servers do (what is
# to come out follows from RFC 3501), and from a real one, Dovecot, whose files are what
# must arrive.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/mailserver.sh
. "$ROOT/tests/mailserver.sh"
ITEMS_TOOL=$BUILD/tools/imap-items
PATH=$PATH:/usr/sbin

# A message of the server has a header of 12 + 19 + 38 + 19 + 2 bytes and a text of 12 + 19.
# items URL [UIDVALIDITY UID [MAX [TIMEOUT]]]: names and sizes, or with what is wrong
items() { echo pw | "$ITEMS_TOOL" "$@" 2>err | sed 's/ [0-9a-f]\{32\}//'; }

# --- a server that misbehaves ---

mkfifo fake.in fake.out
perl "$ROOT/tests/fake-imap.pl" fake.log <fake.in >fake.out &
exec 9>fake.in # it ends when we do
read -r PORT <fake.out
fake() {
	_folder=$1
	shift
	items "imap://ada@127.0.0.1:$PORT/$_folder" "$@" | tr '\n' ','
}

is 'all of a new folder, and where to go on' "$(fake all)" \
	'all;1 121,all;2 121,all;3 121,all;4 121,all;5 121,77 5,'
is 'only what is new; not the last one that is there already' \
	"$(fake all 77 3; fake all 77 5; fake all 77 9)" 'all;4 121,all;5 121,77 5,77 5,77 9,'
is 'all of it when the numbers are new' "$(fake all 76 5)" \
	'all;1 121,all;2 121,all;3 121,all;4 121,all;5 121,77 5,'
is 'messages that come out of order, twice, and between other things, come once' \
	"$(fake order)" 'order;5 121,order;4 121,order;3 121,order;2 121,order;1 121,77 5,'
is 'messages that went in the meantime' "$(fake gone)" 'gone;1 121,gone;2 121,gone;5 121,77 5,'
is 'a message that the server cannot give does not keep the others back' "$(fake refuse)" \
	'refuse;1 121,refuse;2 121,refuse;3 38 the server does not give it: [SERVERBUG] cannot read it,refuse;4 121,refuse;5 121,77 5,'
is 'of a large one only the header' "$(fake large 77 0 2000)" \
	'large;1 121,large;2 90 larger than 0 MiB: only its header was fetched,large;3 121,large;4 121,large;5 121,77 5,'
is 'also when the server said that it is small' "$(fake liar 77 1 2000)" \
	'liar;2 90 larger than 0 MiB: only its header was fetched,liar;3 121,liar;4 121,liar;5 121,77 5,'
is 'a connection that breaks: what was whole, and no more' "$(fake break)" \
	'break;1 121,break;2 121,77 2,'
is 'and what to do' "$(cat err)" \
	'imap-items: the server has closed the connection; what came before is stored: run it again to go on'
rc 'is a failure of the other side' 69 sh -c \
	"echo pw | '$ITEMS_TOOL' 'imap://ada@127.0.0.1:$PORT/break'"
fake unnumbered >/dev/null
ok 'a folder without lasting numbers is refused' grep -q 'cannot be told apart' err
fake bye >/dev/null
ok 'a server that says good-bye' grep -q 'the server ends the connection: going down' err
fake silent 77 0 0 1 >/dev/null
ok 'a server that says nothing' grep -q 'has not answered for 1 seconds' err
: >fake.log
items "imap://ada@mail.localhost:$PORT/all" >/dev/null
is 'the password does not go unencrypted to another host' "$(cat err) $(grep -ci auth fake.log)" \
	'imap-items: the server offers no encryption: the password is not sent 0'

# --- Dovecot ---

need 'Dovecot' dovecot_start
MAIL=$T/dovecot/mail/ada
SSL_CERT_FILE=$T/dovecot/cert.pem
export SSL_CERT_FILE

letter() { printf 'From: ada@x.example\nSubject: %s\nMessage-ID: <%s@x.example>\n\nHello\n' "$1" "$1"; }
lines() { awk '{ printf "%s\r\n", $0 }'; }
stored() { # the messages as they lie on the server's disk, one after the other by UID
	IN=$1 imap ada 'UID SEARCH ALL' >/dev/null
	for f in $(sed -n 's/^[0-9]* [^:]*:\(.*\)/\1/p' "$2/dovecot-uidlist"); do cat "$2"/*/"$f"*; done | lines
}

for n in 1 2 3; do letter $n | deposit ada INBOX; done
printf 'Subject: odd\n\n)\nC9 OK done\n* 1 FETCH (UID 1 BODY[] {3}\n\303\244\n.\n' | deposit ada INBOX
IN=INBOX imap ada 'STORE 1:4 -FLAGS (\Seen)' >/dev/null # curl deposits them as seen
mkdir got
ITEMS=got items "imaps://ada@localhost:$IMAPS_PORT/INBOX" >out
is 'four messages, encrypted' "$(wc -l <out)" 5
cat got/1 got/2 got/3 got/4 >fetched
stored INBOX "$MAIL" >there
ok 'byte by byte what the server has' cmp fetched there
place=$(tail -n 1 out)
is 'nobody has seen them' "$(IN=INBOX imap ada 'SEARCH UNSEEN' | tr -d '\r')" '* SEARCH 1 2 3 4'
# shellcheck disable=SC2086 # two words
is 'nothing new' "$(items "imap://ada@127.0.0.1:$IMAP_PORT/INBOX" $place)" "$place"
letter 5 | deposit ada INBOX
IN=INBOX imap ada 'STORE 5 +FLAGS (\Seen)' >/dev/null
# shellcheck disable=SC2086
is 'one that somebody has seen already is new to us' \
	"$(items "imap://ada@127.0.0.1:$IMAP_PORT/INBOX" $place | sed 's/;.*//' | tr '\n' ' ')" \
	"INBOX ${place% *} 5 "
is 'STARTTLS for a name that is not this machine' \
	"$(items "imap://ada@mail.localhost:$IMAP_PORT/INBOX" | wc -l) $(cat err)" '6 '
SSL_CERT_FILE=/dev/null items "imaps://ada@localhost:$IMAPS_PORT/INBOX" >out
is 'a certificate that nobody vouches for is refused' "$(wc -c <out) $(grep -c certificate err)" '0 1'
echo wrong | "$ITEMS_TOOL" "imap://ada@localhost:$IMAP_PORT" 2>err
is 'a wrong password' "$(cat err)" 'imap-items: the server refuses the user or the password'
imap ada 'CREATE "K&APw-ndigung &- mehr \"x\""'
letter k | deposit ada 'K%26APw-ndigung%20%26-%20mehr%20%22x%22'
is 'a folder whose name has blanks, quotes and umlauts' \
	"$(items "imap://ada@localhost:$IMAP_PORT/K%C3%BCndigung%20&%20mehr%20%22x%22" | head -n 1 | sed 's/;.*//')" \
	'Kündigung & mehr "x"'

# --- into a store ---

need 'jq' jq --version
need 'the channel email' sh -c 'crm-ingest --list | grep -q "^email "'
mkdir t.d
echo "imap:ada@localhost pw" >t.d/secrets
chmod 600 t.d/secrets
export CRM_DB=t.db
crm-init -q
URL=imaps://ada@localhost:$IMAPS_PORT
fetch() { crm-ingest "$@" 2>&1 >/dev/null | sed -n "s|^crm-ingest: $URL/||p"; }
ok 'a folder is fetched' crm-ingest --fetch "$URL/INBOX"
is 'all are stored' "$(sqlite3 t.db 'SELECT count(*) FROM event')" 5
is 'and once' "$(fetch --fetch "$URL/INBOX")" 'INBOX: nothing new'
letter 6 | deposit ada INBOX
is 'a new one' "$(fetch --fetch "$URL/INBOX" | sed 's/;.*//')" \
	'INBOX: 1 records = 1 stored + 0 duplicate + 0 set aside'
sqlite3 t.db 'UPDATE mailbox SET uidvalidity = 1'
is 'numbered anew: all are known' "$(fetch --fetch "$URL/inbox" | sed 's/;.*//' | tail -n 1)" \
	'INBOX: 6 records = 0 stored + 6 duplicate + 0 set aside'
is 'all folders' "$(fetch --fetch "$URL/*" | sed 's/:.*//' | sort | tr '\n' ',')" \
	'INBOX,Kündigung%20&%20mehr%20"x",'
is 'each message says where it lay' \
	"$(sqlite3 t.db "SELECT raw ->> 'folder' FROM event ORDER BY id LIMIT 1")" 'INBOX;1'
chmod 644 t.d/secrets
rc 'secrets that others can read are refused' 78 crm-ingest --fetch "$URL/INBOX"
rm t.d/secrets
rc 'no password' 78 crm-ingest --fetch "$URL/INBOX"
echo 'imap:ada@127.0.0.1 pw' >t.d/secrets
chmod 600 t.d/secrets
rc 'no such server' 69 crm-ingest --fetch imap://ada@127.0.0.1:1/INBOX
URL=imap://ada@127.0.0.1:$PORT
rc 'a connection that breaks' 69 crm-ingest --fetch "$URL/break"
is 'keeps what came before, and where that was' \
	"$(sqlite3 t.db "SELECT last_uid FROM mailbox WHERE url LIKE '%break'")" 2
rc 'what the server cannot give' 1 crm-ingest --fetch "$URL/refuse"
is 'is set aside, with its reason' "$(crm-ingest --rejected | jq -r '.reason, .bytes')" \
	"the server does not give it: [SERVERBUG] cannot read it
$(printf 'refuse;3: [SERVERBUG] cannot read it\r')"
is 'and not asked for again' "$(fetch --fetch "$URL/refuse")" 'refuse: nothing new'
rm -f t.db*
crm-init -q
crm-ingest -q --fetch "$URL/slow" &
ok 'while the server thinks, what came before is stored' until_true 2 sh -c \
	'[ "$(sqlite3 t.db "SELECT count(*) FROM event")" -eq 2 ]'
ok 'and remembered' until_true 1 sh -c \
	'[ "$(sqlite3 t.db "SELECT count(*) FROM mailbox")" -eq 1 ]'
ok 'and the store is not locked' sqlite3 t.db 'BEGIN IMMEDIATE; COMMIT'
is 'though not all is there' "$(sqlite3 t.db 'SELECT count(*) FROM event')" 2
wait $!
is 'until it is' "$(sqlite3 t.db 'SELECT count(*), last_uid FROM event, mailbox')" '5|5'
fetch --fetch "$URL/none" --fetch "$URL/all" >both
is 'a folder that does not exist does not keep another from being read' \
	"$(sed 's/;.*//' both)" \
	"none: the server refuses the folder: $(printf '\357\277\275')[31mno such folder
all: 5 records = 0 stored + 5 duplicate + 0 set aside"
echo 'imap-token:ada@127.0.0.1 ya29.token' >>t.d/secrets
: >fake.log
is 'a token is preferred' "$(fetch --fetch "$URL/all")" 'all: nothing new'
is 'and sent as XOAUTH2' "$(sed -n 's/.*AUTHENTICATE XOAUTH2 //p' fake.log | tr -d '\r' | base64 -d)" \
	"$(printf 'user=ada\001auth=Bearer ya29.token\001\001')"
rc 'a password in a URL is misuse' 64 crm-ingest --fetch imaps://ada:hunter2@localhost/
is 'and is not repeated' "$(grep -c hunter2 "$T/.out")" 0
finish
