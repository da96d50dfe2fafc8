#!/bin/sh
# SPDX-License-Identifier: MIT
# Documents that are split, as crm-ingest splits those of more than 16 MiB: what jq finds at a
# path in the whole of a generated document, it finds in the small ones, in the same order.
. "$(dirname "$0")/lib.sh"
need jq command -v jq
need 'the unit test that splits' test -x "$BUILD/unit/split"

# Documents of an object with lists, lists of lists, names that look like ways and are none,
# strings with brackets, escapes and letters beyond ASCII, in one line or indented.
cat >generate <<'EOP'
my ($seed, $kind) = @ARGV;
srand $seed;
my $indented = $seed % 2;
sub blank { $indented && rand() < 0.3 ? "\n" . " " x rand 4 : rand() < 0.1 ? " " : "" }
sub text {
	my @parts = ("a", "Ada", "}", "{", "[", "]", ",", ":", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00",
		"\xC3\xA9", "\xE4\xBD\xA0", "\\n", " ", "/");
	'"' . join("", map { $parts[rand @parts] } 1 .. rand 9) . '"'
}
sub scalar_of { my @s = (text(), "null", "true", "-1.5e3", int rand 99999, "{}", "[]"); $s[rand @s] }
sub list { my ($max, $of) = @_; '[' . join(blank() . "," . blank(), map { $of->() } 1 .. rand $max) . blank() . ']' }
sub object { '{' . join(blank() . "," . blank(), map { my ($k, $v) = @$_; "\"$k\"" . blank() . ":" . blank() . $v } @_) . blank() . '}' }
my $id = 0;
sub value { my $d = shift; $d > 2 || rand() < 0.5 ? scalar_of() : rand() < 0.5 ? list(4, sub { value($d + 1) }) : object(map { ["k$_", value($d + 1)] } 1 .. rand 4) }
sub message { object(["id", ++$id], ["messages", value(1)], ["text", text()], ["x", value(0)]) }
sub shuffled { my @a = @_; for my $i (reverse 1 .. $#a) { my $j = int rand($i + 1); @a[$i, $j] = @a[$j, $i] } @a }
sub chat { object(shuffled(["name", text()], ["id", ++$id], ["messages", list(rand() < 0.2 ? 60 : 6, \&message)], ["more", value(0)])) }
print blank() if $kind eq 'list';
print $kind eq 'list' ? list(90, \&message)
	: object(shuffled(["about", text()], ["messages", list(20, \&message)], ["other", value(0)],
		["chats", object(shuffled(["list", list(12, \&chat)], ["about", value(0)]))]));
print "\n";
EOP

same() { # same SEED KIND LARGE WHOLE FILTER PATH: prints what is wrong
	perl generate "$1" "$2" >doc
	jq -c "$5" doc >want || echo "$1 $2: not generated well"
	"$BUILD/unit/split" doc "$3" "$4" "$6" >small 2>refused
	jq -c "$5" small >got
	[ -s want ] || sed -i '/has no list of records/d' refused # true of an empty list of lists
	cmp -s want got && ! [ -s refused ] || echo "$1 $2 $3 $4 $6: differs"
}

each_seed() { # each_seed FROM TO KIND FILTER PATH
	for seed in $(seq "$1" "$2"); do
		same "$seed" "$3" 1 $((seed % 17 * 12 + 1)) "$4" "$5"
		same "$seed" "$3" $((seed * 7)) $((seed * 13 % 3000 + 1)) "$4" "$5"
	done
}

n=${SPLIT_SEEDS:-12}
is 'a list' "$(each_seed 1 "$n" list '.[]' '')" ''
is 'a list in an object' "$(each_seed 1 "$n" object '.messages[]?' /messages)" ''
is 'lists in lists' "$(each_seed 1 "$n" object '.chats.list[]?.messages[]' '/chats/list/*/messages')" ''
is 'elements on the way' "$(each_seed 1 "$n" object '.chats.list[]?' /chats/list)" ''

# What is given beside a record: the members that came before it, of all it is in.
echo '{"a":1,"list":[{"id":7,"messages":[{"n":1},{"n":2}],"late":1},{"messages":[{"n":3}],"id":8}]}' >doc
is 'and what they are in' "$("$BUILD/unit/split" doc 1 1 '/list/*/messages' |
	jq -c '[.a, .list[0].id, .list[0].late, .list[0].messages[0].n]' | tr '\n' ' ')" \
	'[1,7,null,1] [1,7,null,2] [1,null,null,3] '
finish
