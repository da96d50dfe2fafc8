#!/bin/sh
# SPDX-License-Identifier: MIT
# Files that go out with an answer: they arrive as they were, what may not leave the house does not,
# and a channel that takes none says so. Source of truth for what arrives: Python's mail parser.
. "$(dirname "$0")/lib.sh"

need jq jq --version
need sqlite3 sqlite3 --version
need python3 python3 -c 'import email'
export CRM_DB=shop.db
mkdir -p shop.d/channels files/2026
jq -n --arg exec 'cat >>line' '{medium: "chat", reads: "json", type: "message", scope: "talk", key: ["/id"],
	fields: {thread: "/thread", text: "/text"}, const: {direction: "in"}, handles: {user: "/user"},
	answers: {by: "exec", $exec, attachments: true}}' >shop.d/channels/talk.json
cat >shop.d/accounts <<'E'
{"account":"help@shop.example","channel":"email","exec":"cat >mail"}
{"account":"us","channel":"talk"}
{"account":"4711","channel":"kannel","user":"shop","exec":"cat"}
E
crm-init -q
printf 'From: Ada <ada@example.org>\nTo: help@shop.example\nSubject: Invoice?\nMessage-ID: <m1@example.org>\nDate: Mon, 2 Nov 2026 10:00:00 +0000\n\nPlease\n' |
	crm-ingest -q --channel email -
echo '{"id":"t1","thread":"t1","user":"u1","text":"hi"}' | crm-ingest -q --channel talk -
printf 'from=%%2B4915112345678&to=4711&id=s1&time=2026-11-02+10:00:00&text=hi\n' | crm-ingest -q --channel kannel -
head -c 5000 /dev/urandom >files/2026/invoice-17.pdf
printf 'Grüße\r\nzwei\n.\n' >files/note.txt
reply() { crm-reply -q --files files "$@" 2>err; }
# The parts of the mail that went out: type, name, digest of the bytes.
cat >parts <<'E'
import email, email.policy, hashlib, sys
m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
for p in m.walk():
	if not p.is_multipart():
		b = p.get_payload(decode=True)
		print(p.get_content_type(), p.get_filename() or '-', hashlib.sha256(b).hexdigest() if p.get_filename() else b.decode().strip(), p.get_content_disposition() or '-', 'DEFECT' if p.defects else '')
E
parts() { python3 parts mail | sed 's/ $//'; }
sum() { sha256sum "$1" | cut -d' ' -f1; }

# ---- they arrive ----
is 'an answer with two files' "$(echo '{"conversation":1,"text":"Here it is.","html":"<p>Here it is.</p>","attachments":[{"file":"2026/invoice-17.pdf"},{"file":"note.txt","name":"Grüße 世界.TXT"}]}' | reply | jq -r .state)" 'sent'
is '  arrives with them, byte by byte' "$(parts)" "text/plain - Here it is. -
text/html - <p>Here it is.</p> -
application/pdf invoice-17.pdf $(sum files/2026/invoice-17.pdf) attachment
text/plain Grüße 世界.TXT $(sum files/note.txt) attachment"
ok '  in lines that any server takes' sh -c '! LC_ALL=C grep -qP "[^\x00-\x7f]|.{999}" mail'
is '  and what was sent shows them' "$(sqlite3 shop.db "SELECT a.name, a.size FROM attachment AS a JOIN event AS e ON e.id = a.event_id WHERE e.direction = 'out'" | tr '\n' ' ')" \
	"invoice-17.pdf|5000 Grüße 世界.TXT|$(wc -c <files/note.txt | tr -d ' ') "
echo '{"conversation":1,"text":"","attachments":[{"name":"a.png","content":"aGVsbG8="}]}' | reply >/dev/null
is 'a line may bring its bytes itself, and say nothing else' "$(parts)" "text/plain -  -
image/png a.png $(printf hello | sha256sum | cut -d' ' -f1) attachment"
is 'the same bytes are stored once' "$(sqlite3 shop.db 'SELECT count(*) FROM blob')" 3
echo '{"conversation":1,"text":"Once more","attachments":[{"file":"note.txt"}]}' >again
crm-reply -q --files files --queue again >/dev/null
is 'the same again is the same message' "$(reply --queue again | jq -r .duplicate)" 'true'
cp files/note.txt was
echo changed >files/note.txt
is '  with another file it is another one' "$(reply --queue again | jq -r '.duplicate // "no"')" 'no'
crm-reply -q --all --now=2027-01-01T00:00:00Z >/dev/null
is 'it holds what it held when it was queued' "$(sqlite3 shop.db "SELECT count(*) FROM outbox WHERE state = 'sent'")" 4
sed 's/Once/And once/' again | crm-reply -q --files files -n | jq -r .bytes | sed 1d >mail
is 'what would go out is shown with them' "$(parts | tail -n 1)" "text/plain note.txt $(sum files/note.txt) attachment"

# ---- other ways ----
echo '{"conversation":2,"text":"See","attachments":[{"name":"a.png","content":"aGVsbG8="}]}' | reply >/dev/null
is 'a command that takes files gets them' "$(jq -c .attachments line)" '[{"name":"a.png","type":"image/png","content":"aGVsbG8="}]'
is 'a channel that takes none says so' "$(echo '{"conversation":3,"text":"See","attachments":[{"name":"a.png","content":"aGVsbG8="}]}' | reply | jq -r '[.state, .reason] | join(" ")')" 'skipped no_files'
is '  and nothing of it is kept' "$(sqlite3 shop.db 'SELECT count(*) FROM outbox WHERE conversation_id = 3')" 0

# ---- what may not leave ----
mkdir -p secret files/dir
echo secret >secret/key
ln -s ../secret/key files/link.txt
ln -s ../secret files/ln
mkfifo files/fifo
: >files/empty.txt
no() { # no TITLE WORDS ATTACHMENT
	printf '{"conversation":1,"text":"x","attachments":[%s]}\n' "$3" | timeout 10 crm-reply -q --files files >out 2>err
	is "$1" "$? $(grep -c -- "$2" err) $(wc -c <out | tr -d ' ')" '1 1 0'
}
no 'a way out of the folder' 'cannot be read in the folder' '{"file":"../secret/key"}'
no '  also by its middle' 'cannot be read in the folder' '{"file":"dir/../../secret/key"}'
no 'a path from the root' 'cannot be read in the folder' '{"file":"/etc/hostname"}'
no 'a symbolic link' 'symbolic link' '{"file":"link.txt"}'
no '  or a folder that is one' 'cannot be read in the folder' '{"file":"ln/key"}'
no 'a pipe that nobody writes' 'is no file' '{"file":"fifo"}'
no 'a folder' 'is no file' '{"file":"dir"}'
no 'what is not there' 'no such file' '{"file":"no.pdf"}'
no 'an empty file' 'is empty' '{"file":"empty.txt"}'
no 'bytes that are none' 'no base64' '{"name":"a.png","content":"%%%"}'
no 'bytes and a file' 'not both' '{"file":"note.txt","content":"aGk="}'
no 'a name with a folder' 'name must be' '{"name":"../a.png","content":"aGk="}'
no 'a name with a line break' 'name must be' '{"name":"a\r\nBcc: x@y.example","content":"aGk="}'
no 'a type with one' 'type must be' '{"name":"a.png","type":"image/png\r\nX: y","content":"aGk="}'
no 'a type that would be read as mail' 'type must be' '{"name":"a.eml","type":"message/rfc822","content":"aGk="}'
no 'no object' 'must be a list' '"note.txt"'
head -c 19000000 /dev/zero >files/large.bin
no 'too much' 'too large' '{"file":"large.bin"}'
{
	for _ in $(seq 60); do echo '{"conversation":1,"text":"x","attachments":[{"file":"","name":"a.txt"}]}'; done
	echo '{"conversation":1,"text":"x","attachments":[{"file":"note.txt"}]}'
} >nameless
# shellcheck disable=SC3045 # dash and bash have it
is 'lines that name nothing leave enough for those that do' "$(ulimit -n 40; reply -n nameless | jq -r .state)" queued
echo '{"conversation":1,"text":"x","attachments":[{"file":"note.txt"}]}' | crm-reply -q >out 2>err
is 'without --files no file is read' "$(grep -c 'folder that --files names' err)" 1
printf '{"type":"message","id":1,"conversation":1,"text":"x","attachments":[{"file":"note.txt"}]}\n' | reply --template received -n | jq -r .bytes | sed 1d >mail
is 'what a customer attached is not sent back' "$(grep -c '^To: Ada' mail) $(parts | grep -c attachment)" '1 0'

# ---- forgotten ----
echo '{"conversation":1,"text":"yours","attachments":[{"name":"mine.txt","content":"bWluZQ=="},{"name":"all.txt","content":"YWxs"}]}' | crm-reply -q --queue >/dev/null
echo '{"conversation":2,"text":"for all","attachments":[{"name":"all.txt","content":"YWxs"}]}' | crm-reply -q --queue >/dev/null
crm-erase -q "$(sqlite3 shop.db 'SELECT p.canon_id FROM conversation AS c JOIN profile AS f ON f.id = c.profile_id JOIN person AS p ON p.id = f.person_id WHERE c.id = 1')" >/dev/null 2>erased
is 'of who is erased no file is left, sent or waiting, unless it goes to others too' \
	"$(sqlite3 shop.db "SELECT CAST(bytes AS TEXT) FROM blob WHERE length(bytes) < 100 ORDER BY 1" | paste -sd,)" 'all,hello'
finish
