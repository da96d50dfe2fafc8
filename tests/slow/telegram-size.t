#!/bin/sh
# SPDX-License-Identifier: MIT
# An export of Telegram's is one document, of any size: a large one is recognised, and all its
# messages are stored, with the chat they are in, in little memory.
. "$(dirname "$0")/../lib.sh"

need 'GNU time' command time -f %M true
# As Telegram Desktop writes it: indented by one; a huge chat, small ones, a huge one.
cat >generate <<'EOP'
my ($size, $id, $chat) = (shift() * 1e6 / 2, 0, 0);
sub chat {
	my ($bytes, $n, $most) = (0, 0, shift);
	print ",\n" if $chat++;
	print qq(   {\n    "name": "Chat $chat",\n    "type": "personal_chat",\n    "id": $chat,\n    "messages": [\n);
	while ($most ? $n++ < $most : $bytes < $size) {
		my $m = sprintf qq(%s     {\n      "id": %d,\n      "type": "message",\n      "date": "2024-05-01T10:11:12",\n)
			. qq(      "date_unixtime": "%d",\n      "from": "Ada",\n      "from_id": "user%d",\n)
			. qq(      "text": "[%d] {\\"%s\\"}",\n      "text_entities": []\n     }),
			$bytes ? ",\n" : "", ++$id, 1714558272 + $id, $chat, $id, "Hello, world! " x 100;
		$bytes += length $m;
		print $m;
	}
	print "\n    ]\n   }";
}
print qq({\n "about": "Here is the data",\n "chats": {\n  "about": "x",\n  "list": [\n);
chat(0);
chat(3) for 1 .. 1000;
chat(0);
print qq(\n  ]\n }\n}\n);
open my $f, '>', 'count';
print $f "$id\n";
EOP

crm-init -q -d t.db
perl generate "${SLOW_MB:-200}" |
	command time -o peak -f %M crm-ingest -d t.db >/dev/null 2>said
is 'its first message tells the channel' "$(grep -c "read as channel 'telegram-export'" said)" 1
is 'nothing is set aside' "$(grep -c ' 0 set aside' said)" 1
is 'all messages are stored' "$(sqlite3 t.db 'SELECT count(*) FROM event')" "$(cat count)"
is 'each in its chat' "$(sqlite3 t.db 'SELECT count(DISTINCT conversation_id) FROM event')" 1002
peak=$(tail -n 1 peak)
ok "in less than 300 MB: $peak KiB" [ "$peak" -lt 300000 ]

finish
