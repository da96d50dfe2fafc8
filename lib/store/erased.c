/* SPDX-License-Identifier: MIT */
/* Names in place of addresses, and the table of them that ingest asks. */
#include "store/erased.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

struct crm_erased_one {
	char name[CRM_ERASED_NAME];
	int64_t at;
};

static const char sql_key[] = "SELECT value FROM setting WHERE name = 'token_key'";
static const char sql_state[] = "SELECT coalesce(sum(at), 0) FROM erased";
static const char sql_all[] = "SELECT name, at FROM erased";

static enum crm_status read_key(struct crm_db *db, unsigned char key[32])
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_key);
	enum crm_status rc;
	bool row;

	if ((rc = crm_db_step(db, st, &row)) != CRM_OK)
		return rc;
	if (!row || sqlite3_column_bytes(st, 0) < 32)
		return crm_fail(crm_db_err(db), CRM_DATA, "the store has no key for names");
	memcpy(key, sqlite3_column_blob(st, 0), 32);
	sqlite3_reset(st);
	return CRM_OK;
}

static void put_name(const unsigned char key[32], const char *space, struct crm_slice scope,
		     struct crm_slice value, char name[CRM_ERASED_NAME])
{
	unsigned char hash[16];
	crypto_generichash_state state;

	crypto_generichash_init(&state, key, 32, sizeof(hash));
	crypto_generichash_update(&state, (const unsigned char *)space, strlen(space) + 1);
	crypto_generichash_update(&state, (const unsigned char *)scope.ptr, scope.len);
	crypto_generichash_update(&state, (const unsigned char *)"", 1);
	crypto_generichash_update(&state, (const unsigned char *)value.ptr, value.len);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(name, "erased:", 7);
	sodium_bin2hex(name + 7, CRM_ERASED_NAME - 7, hash, sizeof(hash));
}

static uint64_t name_hash(const char *name)
{
	return crm_hash64(name, CRM_ERASED_NAME - 1);
}

static const struct crm_erased_one *find(const struct crm_erased *e, const char *space,
					 struct crm_slice scope, struct crm_slice value,
					 char name[CRM_ERASED_NAME])
{
	put_name(e->key, space, scope, value, name);
	for (struct crm_probe p = crm_table_probe(&e->table, name_hash(name));
	     crm_table_next(&e->table, &p);)
		if (!strcmp(e->ones[p.index].name, name))
			return &e->ones[p.index];
	return NULL;
}

enum crm_status crm_erased_read(struct crm_erased *e, struct crm_db *db)
{
	enum crm_status rc;
	int64_t state;
	bool row;

	if ((rc = crm_db_int(db, crm_db_stmt(db, sql_state), 0, &state)) != CRM_OK
	    || state == e->seen)
		return rc;
	crm_table_clear(&e->table);
	e->n = 0;
	e->seen = state;
	if ((rc = read_key(db, e->key)) != CRM_OK)
		return rc;
	for (sqlite3_stmt *st = crm_db_stmt(db, sql_all);
	     (rc = crm_db_step(db, st, &row)) == CRM_OK && row;) {
		struct crm_erased_one *one;

		CRM_GROW(e->ones, e->n + 1, e->cap);
		one = &e->ones[e->n];
		snprintf(one->name, sizeof(one->name), "%s", crm_column(st, 0).ptr);
		one->at = sqlite3_column_int64(st, 1);
		crm_table_add(&e->table, name_hash(one->name), (uint32_t)e->n++);
	}
	return rc;
}

void crm_erased_release(struct crm_erased *e)
{
	crm_table_release(&e->table);
	free(e->ones);
}

bool crm_erased_address(const struct crm_erased *e, const struct crm_address *a,
			char name[CRM_ERASED_NAME])
{
	return e->n && find(e, crm_endpoint_kind_names[a->kind], a->scope, a->value, name);
}

/* Nothing else that happens is of their doing. */
static bool is_theirs(const struct crm_record *r)
{
	return r->type != CRM_STATUS && r->type != CRM_NOTE && r->type != CRM_COST
	       && !crm_slice_is(r->direction, "out");
}

bool crm_erased_is_past(const struct crm_erased *e, int64_t source, const struct crm_record *r)
{
	const struct crm_erased_one *one = NULL;
	char name[CRM_ERASED_NAME], scope[24];

	if (!e->n)
		return false;
	for (size_t i = 0; i < r->n_addresses && !one; i++)
		one = find(e, crm_endpoint_kind_names[r->addresses[i].kind], r->addresses[i].scope,
			   r->addresses[i].value, name);
	snprintf(scope, sizeof(scope), "%lld", (long long)source);
	if (r->id.ptr && r->type != CRM_CONTACT
	    && find(e, "event", crm_slice_of(scope), r->id, name))
		return true; /* it is that very event */
	if (r->id.ptr && !one && r->type == CRM_CONTACT)
		one = find(e, "contact", crm_slice_of(scope), r->id, name);
	return one && (!is_theirs(r) || (r->has_at ? r->at <= one->at : r->type == CRM_CONTACT));
}

/* erased_name(SPACE, SCOPE, VALUE) */
static void erased_name(sqlite3_context *context, int n, sqlite3_value **values)
{
	char name[CRM_ERASED_NAME];
	struct crm_slice s[3];

	for (int i = 0; i < n; i++) {
		s[i].ptr = (const char *)sqlite3_value_text(values[i]);
		s[i].len = (size_t)sqlite3_value_bytes(values[i]);
		if (!s[i].ptr)
			return; /* NULL */
	}
	put_name(sqlite3_user_data(context), s[0].ptr, s[1], s[2], name);
	sqlite3_result_text(context, name, -1, SQLITE_TRANSIENT);
}

enum crm_status crm_erased_register(struct crm_db *db)
{
	unsigned char *key = crm_malloc(32);
	enum crm_status rc = read_key(db, key);

	if (rc != CRM_OK) {
		free(key);
		return rc;
	}
	return crm_db_check(db,
			    sqlite3_create_function_v2(crm_db_handle(db), "erased_name", 3,
						       SQLITE_UTF8 | SQLITE_DETERMINISTIC, key,
						       erased_name, NULL, NULL, free),
			    "cannot define a function");
}
