/* SPDX-License-Identifier: MIT */
/* Tokens of conversations and addresses: what comes back names the same one, what is made up names
 * none. */
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

static int64_t address(struct crm_db *db, const char *text)
{
	int64_t id = -1;

	return crm_token_read_address(db, crm_slice_of(text), &id) == CRM_OK ? id : -1;
}

static void addresses(struct crm_db *db, struct crm_db *db2)
{
	struct crm_str token = CRM_STR_INIT, talk = CRM_STR_INIT;
	char text[200];

	ok(crm_token_make_address(db, 42, &token) == CRM_OK, "the token of an address");
	is_int(address(db, token.ptr), 42, "  names it");
	snprintf(text, sizeof(text), "Unsubscribe %s ", token.ptr);
	is_int(address(db, text), 42, "  as the last word");
	snprintf(text, sizeof(text), "%sx", token.ptr);
	is_int(address(db, text), 0, "  not with a letter more");
	text[strlen(token.ptr) - 1] = '\0';
	is_int(address(db, text), 0, "  nor with one less");
	snprintf(text, sizeof(text), "a43%s", token.ptr + 3);
	is_int(address(db, text), 0, "  nor another one");
	is_int(address(db2, token.ptr), 0, "  nor in another store");
	crm_token_make(db, 42, &talk);
	snprintf(text, sizeof(text), "a%s", talk.ptr + 1);
	is_int(address(db, text), 0, "  nor is that of a conversation");
	snprintf(text, sizeof(text), "+c%s", token.ptr + 1);
	is_int(found(db, text), 0, "  which it is not either");
	is_int(address(db, "a"), 0, "junk");
	is_int(address(db, " "), 0, "nothing");
	crm_str_release(&token);
	crm_str_release(&talk);
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
	addresses(db, db2);
	crm_db_close(db);
	crm_db_close(db2);
	unlink(path);
	crm_str_release(&token);
	crm_str_release(&other);
	return done();
}
