#!/bin/sh
# SPDX-License-Identifier: MIT
# Mail as it goes: Postfix takes it by SMTP and delivers it to Dovecot, crm-ingest fetches it
# by IMAP; or Postfix pipes it into crm-ingest. The servers' own files and logs say what was
# delivered; a bounce is the one that Postfix writes.
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/mailserver.sh
. "$ROOT/tests/mailserver.sh"
PATH=$PATH:/usr/sbin
need 'jq' jq --version
need 'the channel email' sh -c 'crm-ingest --list | grep -q "^email "'
need 'Dovecot' dovecot_start
need 'Postfix, and root' postfix_start

export CRM_DB=$T/shop.db SSL_CERT_FILE=$T/dovecot/cert.pem
mkdir shop.d
echo 'imap:shop@localhost pw' >shop.d/secrets
chmod 600 shop.d/secrets
echo '@shop.example' >shop.d/own
crm-init -q
URL=imaps://shop@localhost:$IMAPS_PORT
BOX=$T/dovecot/mail/shop

letter() { # letter FROM TO ID SUBJECT [HEADER]…: a message
	printf 'From: %s\nTo: %s\nMessage-ID: <%s>\nSubject: %s\nDate: %s\n' "$1" "$2" "$3" "$4" \
		"$(date -R)"
	_id=$3
	shift 4
	for _header; do echo "$_header"; done
	printf '\nI am writing about %s.\n' "$_id"
}
mail() { letter "$@" | send "$(echo "$1" | sed 's/.*<//; s/>.*//')" "$2"; }
lies() { [ "$(find "$BOX/new" "$BOX/cur" -type f | wc -l)" -eq "$1" ]; }
arrived() { ok "$1 arrives" until_true 20 lies "$2"; }
fetch() { crm-ingest --fetch "$URL/${1:-INBOX}" 2>&1 >last.json | sed -n 's|^crm-ingest: [^ ]*: ||p'; }
counts() { fetch "$@" | sed -n 's/;.*//p' | sed 's/ records = / /; s/ stored + / /; s/ duplicate + / /; s/ set aside//'; }
sql() { sqlite3 "$CRM_DB" "$1"; }

# --- fetching ---

mail 'Ada Ax <ada@customer.example>' shop@shop.example one@customer.example 'A question'
mail 'Bob Bo <bob@customer.example>' shop+ticket42@shop.example two@customer.example 'Another'
arrived 'mail for the shop' 2
is 'what arrived is stored' "$(counts)" '2 2 0 0'
is 'the address with its detail is kept' \
	"$(sql "SELECT count(*) FROM event WHERE raw LIKE '%shop+ticket42@shop.example%'")" 1
is 'fetched again: nothing' "$(fetch)" 'nothing new'
mail 'Ada Ax <ada@customer.example>' shop@shop.example three@customer.example 'Re: A question' \
	'In-Reply-To: <one@customer.example>' 'References: <one@customer.example>'
arrived 'a third' 3
IN=INBOX imap shop 'STORE 1:3 +FLAGS (\Seen)' >/dev/null
is 'what another client has seen is new to us' "$(counts)" '1 1 0 0'
is 'a reply is of the request that it answers' "$(sql "
	SELECT count(DISTINCT conversation_id), count(*) FROM event
	WHERE raw ->> 'id' IN ('one@customer.example', 'three@customer.example')")" '1|2'
is 'nobody else is in it' "$(sql 'SELECT count(DISTINCT conversation_id) FROM event')" 2

# The folder is deleted and made again: its messages get numbers from 1 on, as before.
imap shop 'CREATE Kept' >/dev/null
IN=INBOX imap shop 'COPY 1:3 Kept' >/dev/null
is 'copies in another folder are the same messages' "$(counts Kept)" '3 0 3 0'
before=$(sql "SELECT uidvalidity FROM mailbox WHERE url LIKE '%/Kept'")
imap shop 'DELETE Kept' 'CREATE Kept' >/dev/null
IN=INBOX imap shop 'COPY 1:3 Kept' >/dev/null
is 'a folder that was made anew is read anew' "$(counts Kept)" '3 0 3 0'
ok 'since its numbers are others' [ "$before" != \
	"$(sql "SELECT uidvalidity FROM mailbox WHERE url LIKE '%/Kept'")" ]
is 'and again nothing is new' "$(fetch Kept)" 'nothing new'
is 'three messages are in the store' "$(sql "SELECT count(*) FROM event WHERE type = 'message'")" 3

# --- a bounce ---

letter 'shop@shop.example' gone@customer.example our-answer@shop.example 'Re: A question' \
	>answer.eml
crm-ingest -q -c email answer.eml
send shop@shop.example gone@customer.example <answer.eml
arrived "Postfix's word that nobody lives there" 4
is 'it is stored' "$(counts)" '1 1 0 0'
is 'as a bounce of that message' "$(sql "
	SELECT status.type, status.status, sent.raw ->> 'id'
	FROM event AS status JOIN event AS sent ON sent.key = status.about
	                                       AND sent.source_id = status.source_id
	WHERE status.type = 'status'")" 'status|bounced|our-answer@shop.example'
is 'the address does not work, and the others do' \
	"$(sql "SELECT value FROM endpoint WHERE flags & 4")" gone@customer.example
is 'it is nobody who wrote to us' "$(sql "
	SELECT count(*) FROM endpoint WHERE value LIKE 'mailer-daemon%'")" 0

# --- by a pipe, with the store busy ---

mkdir "$T/installed" "$T/piped"
cp "$BUILD/bin/crm-ingest" "$T/installed"
cp -RL "$BUILD/share" "$T/share"
mkdir -p "$T/installed/bin" && mv "$T/installed/crm-ingest" "$T/installed/bin/"
mv "$T/share" "$T/installed/share"
chmod -R a+rX "$T/installed"
chown "$PIPE_USER" "$T/piped"
cat >"$T/pipe" <<-END
	#!/bin/sh
	exec $T/installed/bin/crm-ingest -q -c email -d $T/piped/p.db 2>>$T/piped/log
END
chmod 755 "$T/pipe"
CRM_DB=$T/piped/p.db
crm-init -q
chown "$PIPE_USER" "$T/piped"/*
queue() { postqueue -c "$T/postfix" -j | jq -s length; }
queued() { [ "$(queue)" -eq "$1" ]; }
stored() { [ "$(sql 'SELECT count(*) FROM event')" -eq "$1" ]; }

mail 'Ada Ax <ada@customer.example>' pipe@shop.example p1@customer.example 'By a pipe'
ok 'a message that Postfix pipes in is stored' until_true 30 stored 1
# Another process writes, for longer than crm-ingest waits.
mkfifo hold
sqlite3 "$CRM_DB" <hold >/dev/null &
exec 8>hold
echo 'BEGIN IMMEDIATE;' >&8
mail 'Ada Ax <ada@customer.example>' pipe@shop.example p2@customer.example 'While it is busy'
ok 'Postfix is told to try again' until_true 60 grep -q 'relay=pipe.*status=deferred' "$T/postfix/log"
is 'and keeps it' "$(queue) $(sql 'SELECT count(*) FROM event')" '1 1'
ok 'because the store is busy' grep -q 'database is locked\|another\|busy' "$T/piped/log"
echo 'COMMIT;' >&8
exec 8>&-
postqueue -c "$T/postfix" -f
ok 'it delivers it when the store is free' until_true 60 stored 2
ok 'and has nothing left' until_true 30 queued 0
is 'both are stored, once' "$(sql "SELECT group_concat(raw ->> 'id', ' ') FROM event")" \
	'p1@customer.example p2@customer.example'
finish
