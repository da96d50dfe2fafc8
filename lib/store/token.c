/* SPDX-License-Identifier: MIT */
/* Tokens of conversations and addresses, made and found. */
#include "store/token.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MAC_CHARS 10 /* of 5 bits */
#define KEY_CHARS 26

static const char sql_key[] = "SELECT value FROM setting WHERE name = 'token_key'";

/* n characters of the keyed hash of some bytes. */
static enum crm_status put_hash(struct crm_db *db, const void *bytes, size_t len, char *mac, int n)
{
	static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* none alike */
	unsigned char hash[crypto_generichash_BYTES];
	sqlite3_stmt *st = crm_db_stmt(db, sql_key);
	enum crm_status rc;
	bool row;

	if ((rc = crm_db_step(db, st, &row)) != CRM_OK)
		return rc;
	if (!row || sqlite3_column_bytes(st, 0) < 32)
		return crm_fail(crm_db_err(db), CRM_DATA, "the store has no key for tokens");
	crypto_generichash(hash, n == MAC_CHARS ? crypto_generichash_BYTES_MIN : sizeof(hash),
			   bytes, len, sqlite3_column_blob(st, 0), 32);
	sqlite3_reset(st);
	for (int i = 0; i < n; i++)
		mac[i] = digits[hash[i] & 31];
	mac[n] = '\0';
	return CRM_OK;
}

/* What a token names is its first letter. */
#define CONVERSATION 'c'
#define ADDRESS 'a'

static enum crm_status put_mac(struct crm_db *db, char kind, int64_t id, char mac[MAC_CHARS + 1])
{
	int64_t named[] = {id, kind};

	return put_hash(db, named, kind == CONVERSATION ? sizeof(id) : sizeof(named), mac,
			MAC_CHARS);
}

enum crm_status crm_token_of_key(struct crm_db *db, struct crm_slice key, struct crm_str *out)
{
	char mac[KEY_CHARS + 1];
	enum crm_status rc = put_hash(db, key.ptr, key.len, mac, KEY_CHARS);

	if (rc == CRM_OK)
		crm_str_adds(out, mac);
	return rc;
}

static enum crm_status make(struct crm_db *db, char kind, int64_t id, struct crm_str *out)
{
	char mac[MAC_CHARS + 1];
	enum crm_status rc = put_mac(db, kind, id, mac);

	if (rc == CRM_OK)
		crm_str_addf(out, "%c%lld.%s", kind, (long long)id, mac);
	return rc;
}

enum crm_status crm_token_make(struct crm_db *db, int64_t conversation, struct crm_str *out)
{
	return make(db, CONVERSATION, conversation, out);
}

enum crm_status crm_token_make_address(struct crm_db *db, int64_t endpoint, struct crm_str *out)
{
	return make(db, ADDRESS, endpoint, out);
}

/* Is what begins at p a token of ours? */
static enum crm_status read_one(struct crm_db *db, char kind, const char *p, const char *end,
				int64_t *id)
{
	char number[20], mac[MAC_CHARS + 1];
	enum crm_status rc;
	size_t n = 0;
	int64_t found;

	if (p == end || tolower((unsigned char)*p) != kind)
		return CRM_OK;
	for (p++; p < end && n < sizeof(number) - 1 && isdigit((unsigned char)*p); p++)
		number[n++] = *p;
	number[n] = '\0';
	if (!n || end - p < 1 + MAC_CHARS || *p != '.')
		return CRM_OK;
	found = strtoll(number, NULL, 10);
	if ((rc = put_mac(db, kind, found, mac)) != CRM_OK)
		return rc;
	if (!strncasecmp(p + 1, mac, MAC_CHARS))
		*id = found;
	return CRM_OK;
}

enum crm_status crm_token_read(struct crm_db *db, struct crm_slice text, int64_t *conversation)
{
	const char *end = text.ptr + text.len;
	enum crm_status rc = CRM_OK;

	*conversation = 0;
	for (const char *p = text.ptr; p && p < end && rc == CRM_OK && !*conversation; p++)
		if (*p == '+' || *p == '#')
			rc = read_one(db, CONVERSATION, p + 1, end, conversation);
	return rc;
}

enum crm_status crm_token_read_address(struct crm_db *db, struct crm_slice text, int64_t *endpoint)
{
	struct crm_slice word = crm_slice_trim(text);
	const char *blank = word.len ? memrchr(word.ptr, ' ', word.len) : NULL;
	const char *p = blank ? blank + 1 : word.ptr, *end = word.ptr + word.len;
	const char *dot = word.len ? memchr(p, '.', (size_t)(end - p)) : NULL;

	*endpoint = 0;
	if (!dot || end - dot != 1 + MAC_CHARS)
		return CRM_OK;
	return read_one(db, ADDRESS, p, end, endpoint);
}
