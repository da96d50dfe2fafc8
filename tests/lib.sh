# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# lib.sh: TAP for shell tests. A test file sources this, runs checks, ends with `finish`.
#
#	ok 'TITLE' COMMAND…          the command succeeds
#	is 'TITLE' GOT EXPECTED      two strings are equal
#	rc 'TITLE' CODE COMMAND…     the command exits with CODE
#	need 'TITLE' COMMAND…        skips the rest of the file, visibly, when it fails
#
# Every file works in a folder of its own, $T, with the programs in front of PATH.

set -u
ROOT=$(cd "$(dirname "$0")/$(case $0 in */slow/*) echo ../..;; *) echo ..;; esac)" && pwd)
: "${BUILD:=build}"
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
PATH=$BUILD/bin:$PATH
LC_ALL=C.UTF-8 TZ=UTC
unset CRM_DB CRM_CONFIG
# Real exports and labelled people that tests use when they find them.
: "${CRM_TEST_DATA:=$ROOT/../shared/data}"
export ROOT BUILD PATH LC_ALL TZ CRM_TEST_DATA
T=$(mktemp -d "${TMPDIR:-/tmp}/crm-test.XXXXXX")
trap 'rm -rf "$T"' EXIT
cd "$T" || exit 1
tests=0 failed=0

report() { # report STATUS TITLE
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $2"
	fi
}

ok() {
	_title=$1
	shift
	"$@" >"$T/.out" 2>&1
	_rc=$?
	report $_rc "$_title"
	[ $_rc -eq 0 ] || sed 's/^/# /' "$T/.out"
}

is() {
	[ "$2" = "$3" ]
	_rc=$?
	report $_rc "$1"
	[ $_rc -eq 0 ] || printf '%s\n' "got:      $2" "expected: $3" | sed 's/^/# /'
}

rc() {
	_title=$1 _want=$2
	shift 2
	"$@" >"$T/.out" 2>&1
	_got=$?
	[ $_got -eq "$_want" ]
	report $? "$_title"
	[ $_got -eq "$_want" ] || { echo "# exit code $_got, not $_want"; sed 's/^/# /' "$T/.out"; }
}

need() {
	_title=$1
	shift
	if ! "$@" >/dev/null 2>&1; then
		[ $tests -gt 0 ] && echo "ok $((tests + 1)) # SKIP $_title is not here" && echo "1..$((tests + 1))"
		[ $tests -gt 0 ] || echo "1..0 # SKIP $_title is not here"
		exit $((failed > 0))
	fi
}

finish() {
	echo "1..$tests"
	exit $((failed > 0))
}
