/* SPDX-License-Identifier: MIT */
/* Tokens of conversations, made and found. */
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

static enum crm_status put_mac(struct crm_db *db, int64_t id, char mac[MAC_CHARS + 1])
{
	return put_hash(db, &id, sizeof(id), mac, MAC_CHARS);
}

enum crm_status crm_token_of_key(struct crm_db *db, struct crm_slice key, struct crm_str *out)
{
	char mac[KEY_CHARS + 1];
	enum crm_status rc = put_hash(db, key.ptr, key.len, mac, KEY_CHARS);

	if (rc == CRM_OK)
		crm_str_adds(out, mac);
	return rc;
}

enum crm_status crm_token_make(struct crm_db *db, int64_t conversation, struct crm_str *out)
{
	char mac[MAC_CHARS + 1];
	enum crm_status rc = put_mac(db, conversation, mac);

	if (rc == CRM_OK)
		crm_str_addf(out, "c%lld.%s", (long long)conversation, mac);
	return rc;
}

/* Is what stands at p, just behind + or #, a token of ours? */
static enum crm_status read_one(struct crm_db *db, const char *p, const char *end, int64_t *id)
{
	char number[20], mac[MAC_CHARS + 1];
	enum crm_status rc;
	size_t n = 0;
	int64_t found;

	if (p == end || tolower((unsigned char)*p) != 'c')
		return CRM_OK;
	for (p++; p < end && n < sizeof(number) - 1 && isdigit((unsigned char)*p); p++)
		number[n++] = *p;
	number[n] = '\0';
	if (!n || end - p < 1 + MAC_CHARS || *p != '.')
		return CRM_OK;
	found = strtoll(number, NULL, 10);
	if ((rc = put_mac(db, found, mac)) != CRM_OK)
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
			rc = read_one(db, p + 1, end, conversation);
	return rc;
}
