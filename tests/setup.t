#!/bin/sh
# SPDX-License-Identifier: MIT
# scripts/setup on systems that are made up: programs in front of PATH stand for apt, dpkg,
# id and sudo, and write down what they were asked. Nothing is installed.
. "$(dirname "$0")/lib.sh"
SETUP=$ROOT/scripts/setup
mkdir bin
fake() { # fake NAME: a program of that name, its text from standard input
	{ echo '#!/bin/sh'; cat; } >"bin/$1"
	chmod +x "bin/$1"
}
# Packages listed in ./lacking are not installed.
fake dpkg-query <<'SH'
for name; do :; done
grep -qx -e "$name" lacking && exit 1
echo installed
SH
fake apt-get <<'SH'
echo "$*" >>asked
case $* in *install*) : >lacking ;; esac
SH
fake id <<'SH'
cat uid
SH
fake sudo <<'SH'
[ -e may-sudo ] || exit 1
[ "$1" != -n ] || exit 0
echo "sudo" >>asked
"$@"
SH
PATH=$T/bin:$PATH
unset CRM_SETUP

setup() { # setup ARGUMENT…: exit code in $code, what it said in ./said
	: >asked
	"$SETUP" "$@" </dev/null >said 2>&1
	code=$?
}

: >lacking
echo 1000 >uid
setup --test
is 'all there: nothing to do' "$code $(cat said asked)" '0 '

printf 'libcsv-dev\njq\n' >lacking
setup --test
is 'something lacks and nobody may install: it stops' "$code" 69
is 'and names exactly what lacks' "$(tail -n 1 said | tr -s ' ')" ' libcsv-dev jq'
is 'having installed nothing' "$(cat asked)" ''
echo jq >lacking
setup
is 'what only tests need is not asked for to build' "$code" 0

echo libcsv-dev >lacking
: >may-sudo
setup
is 'through sudo: it installs' "$code" 0
is 'what lacks and no more' "$(grep -v '^sudo' asked | tail -n 1 | sed 's/.*recommends //')" libcsv-dev
ok 'as root through sudo only' grep -q sudo asked
echo 0 >uid
echo libcsv-dev >lacking
setup
is 'as root: without sudo' "$code $(grep -c sudo asked)" '0 0'

fake apt-get <<'SH'
echo "E: Unable to locate package"
exit 100
SH
echo libcsv-dev >lacking
setup
is 'apt fails: so do we' "$code" 69
ok 'saying what apt said' grep -q 'Unable to locate' said

mkdir few
for tool in sh id fold sed dirname; do ln -s "$(command -v "$tool")" few/; done
PATH=$T/few "$SETUP" >said 2>&1
is 'a system without apt: it stops' "$?" 69
ok 'and names the packages' grep -q libphonenumber-dev said
ok 'unless it is told to leave that alone' env CRM_SETUP=no PATH="$T/few" "$SETUP"
rc 'unknown arguments are misuse' 64 "$SETUP" --no
finish
