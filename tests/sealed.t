#!/bin/sh
# SPDX-License-Identifier: MIT
# A store in a folder that cannot be written: on a read-only medium, or somebody else's. It can
# be read, and what stands in the way of that is said. Source of truth: the same store read by
# its owner.
. "$(dirname "$0")/lib.sh"
if [ "$(id -u)" -eq 0 ]; then
	need 'somebody who may not write here' setpriv --reuid 65534 --clear-groups true
	as_guest() { setpriv --reuid 65534 --clear-groups "$@"; }
else
	as_guest() { "$@"; }
fi
chmod 755 "$T"
mkdir 'a?b#c%41' && cd 'a?b#c%41' || exit 1 # a name that would be syntax in a URI
crm-init -q shop.db
printf 'id,name,email\n1,Ada King,ada@example.org\n' | crm-ingest -q -d shop.db -c contacts >/dev/null
sql='SELECT name, email FROM person'
crm-query -d shop.db "$sql" >expected
sqlite3 shop.db 'UPDATE person SET email = NULL; PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
cp shop.db whole.db
crm-query -d shop.db "$sql" >changed
# A change that has not come into the file itself yet, as a killed command leaves it.
sqlite3 shop.db >/dev/null <<'SQL'
PRAGMA wal_autocheckpoint = 0;
UPDATE person SET email = 'ada@example.org';
.shell cp shop.db torn.db; cp shop.db-wal torn.db-wal
SQL
chmod 644 ./*.db* && chmod 555 .
is 'it is read' "$(as_guest crm-query -d whole.db "$sql" 2>&1)" "$(cat changed)"
is 'by its whole path as well' "$(as_guest crm-query -d "$PWD/whole.db" "$sql" 2>&1)" "$(cat changed)"
is '  however that is written' "$(as_guest crm-query -d "/$PWD/whole.db" "$sql" 2>&1)" "$(cat changed)"
rc 'no command writes to it' 74 as_guest crm-ingest -q -d whole.db -c contacts /dev/null
said=$(as_guest crm-query -d torn.db "$sql" 2>&1)
is 'one with changes beside it is not read without them' $? 74
ok '  which says what to do' expr "$said" : '.*run crm-init on torn.db as its owner'
chmod 755 .
crm-init -q torn.db
chmod 555 .
is '  which helps' "$(as_guest crm-query -d torn.db "$sql" 2>&1)" "$(cat expected)"
chmod 755 .
finish
