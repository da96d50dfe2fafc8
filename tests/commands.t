#!/bin/sh
# SPDX-License-Identifier: MIT
# What must hold for every command, whatever it does: help, misuse, a full disk, a reader
# that goes away, no input, no store. The source of truth is the table of exit codes in
# crm(7). A new command is found by itself; where it needs arguments to do something, they
# stand in the table below.
. "$(dirname "$0")/lib.sh"
crm-init -q shop.db
sqlite3 shop.db <"$ROOT/tests/data/show.sql"

arguments() { # arguments COMMAND: that make it print something from shop.db
	case $1 in
	crm-query) echo 'SELECT*FROM(event)' ;;
	crm-report) echo overview ;;
	crm-show) echo ada@example.org ;;
	crm-erase) echo --dry-run ada@example.org ;;
	crm-merge) echo --log ;;
	crm-linkage) echo export ;;
	crm-init) echo new.db ;;
	esac
}

prints() { # does it write to standard output, so that a full disk or `head` matter?
	case $1 in crm-query | crm-report | crm-show | crm-merge | crm-erase) true ;; *) false ;; esac
}

screen() { # --help: exit 0, nothing on standard error, a screen of 80x24
	"$1" --help >help 2>help.err || return 1
	cat help help.err
	rows=24
	case $1 in crm-answer | crm-dedupe | crm-ingest | crm-kb | crm-reply | crm-route) rows=33 ;; esac # many things to be told
	[ ! -s help.err ] && [ "$(wc -l <help)" -le $rows ] && [ "$(wc -L <help)" -le 80 ]
}

misuse() { # 64, a message that names the command, and no data
	"$1" --no-such-option >out 2>err </dev/null
	code=$?
	cat out err
	[ $code -eq 64 ] && grep -q "^$1: " err && [ ! -s out ]
}

# shellcheck disable=SC2086 # $2 holds several words
full() {
	CRM_DB=shop.db "$1" $2 >/dev/full 2>err </dev/null
	code=$?
	cat err
	echo "exit code $code"
	[ $code -eq 74 ] && grep -q "^$1: cannot write .*: No space left on device" err
}

head1() { # a line arrives, and nobody complains
	: >err
	# shellcheck disable=SC2086
	line=$(CRM_DB=shop.db "$1" $2 2>err </dev/null | head -n 1)
	cat err
	[ -n "$line" ] && ! grep -qi 'pipe' err
}

empty() { # nothing in: no crash, no bug, no hang
	CRM_DB=shop.db timeout 20 "$1" >out 2>err </dev/null
	code=$?
	cat err
	echo "exit code $code"
	[ $code -lt 70 ] || [ $code -eq 78 ]
}

# shellcheck disable=SC2086 # $2 holds several words
nostore() {
	"$1" $2 >out 2>err </dev/null
	code=$?
	cat err
	[ $code -eq 64 ] && grep -q "^$1: no store named" err
}

# shellcheck disable=SC2086 # $2 holds several words
missing() {
	CRM_DB=nowhere/none.db "$1" $2 >out 2>err </dev/null
	code=$?
	cat err
	echo "exit code $code"
	[ $code -eq 66 ] && grep -q "^$1: " err
}

for program in "$BUILD"/bin/crm*; do
	name=$(basename "$program")
	args=$(arguments "$name")
	ok "$name --help is a screen" screen "$name"
	ok "$name --help >/dev/full is 74" full "$name" --help
	ok "$name --version" sh -c "$name --version | grep -q '^$name (crm-tools) [0-9]'"
	ok "$name --no-such-option is 64" misuse "$name"
	ok "$name with nothing in" empty "$name"
	if prints "$name"; then
		ok "$name >/dev/full is 74" full "$name" "$args"
		ok "$name | head -n 1" head1 "$name" "$args"
	fi
	[ "$name" = crm ] && continue
	case $name in
	crm-init) args= && ok "$name in a folder that is not there is 66" missing "$name" nowhere/none.db ;;
	*) ok "$name with a store that is not there is 66" missing "$name" "$args" ;;
	esac
	ok "$name without a store is 64" nostore "$name" "$args"
done

printf 'name,email\nFlora Full,flora@example.org\n' >full.csv
ok 'crm-ingest FILE >/dev/full is 74, and says why' full crm-ingest '-c contacts full.csv'
rc 'crm without a command is 64' 64 crm
rc 'crm with one that is not there is 64' 64 crm no-such-command
crm --help >help
is 'crm --help says what each command does' \
	"$(sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' help | sort | paste -sd ' ')" \
	"$(cd "$BUILD/bin" && ls -d crm-* | sed 's/crm-//' | sort | paste -sd ' ')"
is 'crm runs a command' "$(crm query -d shop.db 'SELECT 1 AS x')" '{"x":1}'
is 'crm hands on its exit code' "$(crm query -d shop.db 'SELEC' 2>/dev/null; echo $?)" 65
mkdir bin
cat >bin/crm-own <<'END'
#!/bin/sh
echo "$#:$1"
END
chmod +x bin/crm-own
is 'crm runs a command of the business' "$(PATH=$PATH:$T/bin crm own 'a b')" '1:a b'
finish
