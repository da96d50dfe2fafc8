/* SPDX-License-Identifier: MIT */
/* Tokens of conversations: what comes back names the same one, what is made up names none. */
#include "store/token.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static int64_t found(struct crm_db *db, const char *text)
{
	int64_t id = -1;

	return crm_token_read(db, crm_slice_of(text), &id) == CRM_OK ? id : -1;
}

int main(void)
{
	char path[] = "token-XXXXXX", text[200];
	struct crm_str token = CRM_STR_INIT, other = CRM_STR_INIT;
	struct crm_db *db, *db2;

	close(mkstemp(path));
	unlink(path);
	ok(crm_db_open(&db, path, CRM_DB_CREATE) == CRM_OK, "a store");
	ok(crm_db_open(&db2, ":memory:", CRM_DB_CREATE) == CRM_OK, "another store");
	ok(crm_token_make(db, 42, &token) == CRM_OK, "a token");
	ok(crm_token_make(db2, 42, &other) == CRM_OK, "that of another store");
	ok(strcmp(token.ptr, other.ptr) != 0, "each store has a key of its own");
	snprintf(text, sizeof(text), "Help <help+%s@shop.example>, x@example.org", token.ptr);
	is_int(found(db, text), 42, "in an address");
	for (char *p = text; *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
	is_int(found(db, text), 42, "written in capitals");
	snprintf(text, sizeof(text), "Re: [#%s] late", token.ptr);
	is_int(found(db, text), 42, "in a subject");
	text[strlen(text) - 7] ^= 1;
	is_int(found(db, text), 0, "with a wrong letter");
	snprintf(text, sizeof(text), "[#c43%s]", token.ptr + 3);
	is_int(found(db, text), 0, "of another conversation");
	snprintf(text, sizeof(text), "[#%s]", other.ptr);
	is_int(found(db, text), 0, "of another store");
	is_int(found(db, "c+#+c#c1.+c99999999999999999999999.aaaaaaaaaaaa"), 0, "junk");
	crm_db_close(db);
	crm_db_close(db2);
	unlink(path);
	crm_str_release(&token);
	crm_str_release(&other);
	return done();
}
