#!/bin/sh
# SPDX-License-Identifier: MIT
# SMS both ways through Kannel, a private instance with its fake SMSC on loopback: a customer's
# message comes in by crm-ingest --cgi, the answer goes out and is seen at the SMSC, Latin or not,
# and the report of its delivery meets it in the store.
# Source of truth: what fakesmsc logs of the messages that it gets.
. "$(dirname "$0")/../lib.sh"

need lighttpd lighttpd -v
need Kannel sh -c 'command -v bearerbox && command -v smsbox'
FAKE=/usr/lib/kannel/test/fakesmsc
need 'its fake SMSC (kannel-extras)' test -x "$FAKE"
need jq jq --version
need python3 python3 --version
need sqlite3 sqlite3 --version

# shellcheck disable=SC2046 # five numbers
set -- $(python3 -c '
import socket
s = [socket.socket() for _ in range(5)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
ADMIN=$1 BOX=$2 SMSC=$3 SEND=$4 WEB=$5
mkdir -p t.d/channels log
printf 'kannel tok3n\nkannel-send pw\n' >t.d/secrets
chmod 600 t.d/secrets
jq -nc --arg url "http://127.0.0.1:$SEND/cgi-bin/sendsms" --arg hook "http://127.0.0.1:$WEB/hook/kannel" \
	'{account: "4711", channel: "kannel", user: "shop", $url, $hook}' >t.d/accounts
crm-init -q -d t.db
cat >kannel.conf <<END
group = core
admin-port = $ADMIN
admin-password = pw
admin-interface = 127.0.0.1
smsbox-port = $BOX
smsbox-interface = 127.0.0.1
log-file = "$T/log/bearer.log"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
port = $SMSC
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = $SEND
sendsms-interface = 127.0.0.1
log-file = "$T/log/sms.log"
mo-recode = true

group = sendsms-user
username = shop
password = pw
concatenation = true
max-messages = 10

group = sms-service
keyword = default
get-url = "http://127.0.0.1:$WEB/hook/kannel?token=tok3n&from=%p&to=%P&text=%b&id=%I&charset=%C"
max-messages = 0
catch-all = true
END
cat >hook <<END
#!/bin/sh
exec "$BUILD/bin/crm-ingest" --cgi -d "$T/t.db"
END
chmod +x hook
cat >lighttpd.conf <<END
server.document-root = "$T"
server.port = $WEB
server.bind = "127.0.0.1"
server.errorlog = "$T/server.log"
server.max-worker = 0
server.upload-dirs = ("$T")
server.modules = ("mod_alias", "mod_cgi")
alias.url = ("/hook" => "$T/hook")
\$HTTP["url"] =~ "^/hook" { cgi.assign = ("" => "") }
END
run() { "$@" >"log/${1##*/}.out" 2>&1 & pids="${pids:-} $!"; }
# shellcheck disable=SC2086 # a list
trap 'kill $pids 2>/dev/null; wait $pids 2>/dev/null; rm -rf "$T"' EXIT
until_true() { # until_true COMMAND…: up to 15 s
	for _ in $(seq 150); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	return 1
}
run lighttpd -D -f lighttpd.conf
run bearerbox -v 4 kannel.conf
until_true curl -sf "http://127.0.0.1:$ADMIN/status.txt"
run smsbox -v 4 kannel.conf
until_true sh -c "[ \"\$(curl -s -o /dev/null -w '%{http_code}' 'http://127.0.0.1:$SEND/cgi-bin/sendsms')\" = 403 ]"
status() { curl -s "http://127.0.0.1:$ADMIN/status.txt?password=pw"; }
runs() { status | grep -q 'FAKE.*connecting' && status | grep -q 'smsbox:.*on-line'; }
until_true runs
status >status
ok 'Kannel runs' runs
sql() { sqlite3 -cmd ".timeout 10000" t.db "$1"; }

# A customer writes; fakesmsc stays connected and logs what comes for them.
run "$FAKE" -H 127.0.0.1 -r "$SMSC" -i 0.1 -m 1 '+4917012345678 4711 text Where is my order?'
until_true grep -q 'sent message' log/fakesmsc.out
until_true sh -c "sqlite3 t.db \"SELECT 1 FROM event WHERE direction = 'in'\" | grep -q 1"
is 'a message comes in' "$(sql "SELECT text FROM event WHERE direction = 'in'")" 'Where is my order?'

answer() { # answer TEXT
	sql "SELECT json_object('conversation', conversation_id, 'text', '$1') FROM event WHERE direction = 'in' LIMIT 1" |
		crm-reply -q -d t.db >delivery 2>said
	ID=$(sql "SELECT key FROM event WHERE direction = 'out' ORDER BY id DESC LIMIT 1")
}
reported() {
	sql "SELECT DISTINCT h.status FROM event_history AS h JOIN event AS e ON e.id = h.event_id
	     WHERE e.key = '$ID' AND h.status = 'delivered'" | grep delivered
}
answer 'It is on its way: £5 & more'
is 'the answer is taken' "$(jq -r .state delivery)" sent
until_true grep -q 'on its way' log/fakesmsc.out
is 'the SMSC has it' "$(grep -c 'It is on its way: .*5 & more' log/fakesmsc.out)" 1
until_true reported
is 'its delivery meets it in the store' "$(reported)" delivered
is 'whose report it is' "$(sql "SELECT DISTINCT p.value FROM event AS e JOIN endpoint AS p ON p.id = e.endpoint_id WHERE e.about = '$ID'")" \
	"$(sql "SELECT p.value FROM event AS e JOIN endpoint AS p ON p.id = e.endpoint_id WHERE e.direction = 'in'")"
answer '订单已发货'
until_true reported
is 'what GSM cannot write goes out as UCS-2' "$(jq -r .state delivery) $(reported)" 'sent delivered'
# 订单已发货 in UTF-16: 8BA2 5355 5DF2 53D1 8D27, as fakesmsc writes it.
is '  byte by byte' "$(grep -c "ucs-2 %8B%A2SU%5D%F2S%D1%8D'>" log/fakesmsc.out)" 1
sed -i 's/kannel-send pw/kannel-send wrong/' t.d/secrets
answer x
is 'another password: nothing more is sent' "$(cat said)" \
	'crm-reply: 4711 (kannel): the service does not let us in: 403: Authorization failed for sendsms'
is '  and it waits' "$(crm-reply -d t.db --list queued | jq -r .state)" queued
is 'no post was refused' "$(sql 'SELECT count(*) FROM rejected')" 0
finish
