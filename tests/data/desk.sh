# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# desk.sh: a shop with two agents that is written to by mail and chat. Sourced behind lib.sh, in $T.

export CRM_DB=shop.db GOT=$T/got USER=tester
# The customer's side: keeps every mail whole, as got/N; then does what reader says, if anything.
cat >taker <<'E'
#!/bin/sh
n=$(mktemp "$GOT/XXXXXXXX") && cat >"$n" && echo '{}'
[ ! -x "$GOT.reader" ] || "$GOT.reader" "$n"
E
chmod +x taker
shop() { # a store, two agents, mail and a chat that are answered by the taker
	rm -rf shop.db* shop.d box got got.reader
	mkdir -p shop.d/channels shop.d/rules box/new box/cur box/tmp got
	printf '{"agent":"%s"}\n' anna ben >shop.d/agents
	echo help@shop.example >shop.d/own
	printf '{"account":"%s","channel":"%s","exec":"%s"}\n' help@shop.example email "$T/taker" >shop.d/accounts
	printf '{"account":"us","channel":"talk"}\n' >>shop.d/accounts
	jq -n --arg exec "$T/taker" '{medium: "chat", reads: "json", type: "message", scope: "talk", key: ["/id"],
		fields: {time: "/time", thread: "/thread", name: "/name", text: "/text", direction: "/dir",
			phone: "/phone", about: "/about", status: "/status"}, handles: {user: "/user"},
		records: [{type: "message", when: {"/status": ""}}, {type: "status", when: {"/status": "*"}}],
		answers: {by: "exec", $exec}}' >shop.d/channels/talk.json
	crm-init -q
	at 10:00
}
at() { NOW=2026-11-02T$1:00Z TODAY="Mon, 02 Nov 2026 $1:00 +0000"; }
mail() { # mail ID FROM SUBJECT [HEADER]…: a mail of now, into the Maildir
	_id=$1
	{
		printf 'From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%s@x.example>\nDate: %s\n' "$2" "${TO:-help@shop.example}" "$3" "$1" "${DATE:-$TODAY}"
		shift 3
		for _header; do printf '%s\n' "$_header"; done
		printf '\nText of %s.\n' "$_id"
	} >"box/new/$_id"
}
say() { # say ID USER TEXT: in the chat, now
	printf '{"id":"%s","time":"%s","thread":"%s","user":"%s","name":"%s","text":"%s","dir":"in"}\n' "$1" "$NOW" "$2" "$2" "$2" "$3" |
		crm-ingest -c talk - 2>>err
}
ingest() { crm-ingest -c email --now "$NOW" box 2>>err; }
route() { crm-route --now "$NOW" "$@" 2>>err; }
ack() { crm-reply --now "$NOW" --template received 2>>err; } # what the shop sends by itself
answer() { printf '{"conversation":%s,"text":"%s","agent":"anna"}\n' "$1" "$2" | crm-reply --now "$NOW" 2>>err; }
cron() { ingest | route | ack; } # every few minutes
again() { crm-request --now "$NOW" --format jsonl | ack; } # those whose line was lost on its way
got() { find got -type f | wc -l | tr -d ' '; }
sql() { sqlite3 shop.db "$1"; }

cut() { # cut PROGRAM SECONDS: cron's pipe, of which that one is killed after so long
	mkfifo p1 p2
	crm-ingest -q -c email --now "$NOW" box >/dev/null 2>&1 & i=$!
	[ "$1" = crm-ingest ] || wait
	crm-route -a -q --now "$NOW" >p2 2>/dev/null & r=$!
	crm-reply -q --now "$NOW" --template received <p2 >/dev/null 2>&1 & o=$!
	case $1 in crm-ingest) k=$i ;; crm-route) k=$r ;; *) k=$o ;; esac
	sleep "$2"
	kill -9 $k 2>/dev/null
	wait
	rm -f p1 p2
}
