/* SPDX-License-Identifier: MIT */
/* Where records lie; see place.h. */
#include "link/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static const char SQL_PROFILES[] =
	"SELECT id, CAST(json_extract(raw, :path) AS TEXT) FROM profile ORDER BY id";
static const char SQL_EVENTS[] =
	"SELECT profile_id, CAST(json_extract(raw, :path) AS TEXT) FROM event"
	" WHERE profile_id IS NOT NULL ORDER BY id";

/* Places the records that sql finds: rows of a profile and a value. */
static enum crm_status place(struct crm_db *db, const struct crm_people *people, const char *sql,
			     const char *path, const struct crm_pool *values, uint32_t *record)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql);
	enum crm_status rc;
	bool row;

	crm_bind_text(st, ":path", path);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct crm_slice s = crm_slice_trim(crm_column(st, 1));
		uint32_t value = s.len ? crm_pool_find(values, s) : 0;
		int64_t found;

		if (!value || record[value] != CRM_NOWHERE)
			continue;
		found = crm_people_find(people, sqlite3_column_int64(st, 0));
		if (found >= 0) /* else stored since people were read */
			record[value] = (uint32_t)found;
	}
	return rc;
}

static void nowhere(const struct crm_pool *values, uint32_t *record)
{
	uint32_t i;

	for (i = 0; i <= values->n; i++)
		record[i] = CRM_NOWHERE;
}

enum crm_status crm_place_values(struct crm_db *db, const struct crm_people *people,
				 const char *column, const struct crm_pool *values,
				 uint32_t *record)
{
	struct crm_str path = CRM_STR_INIT, quoted = CRM_STR_INIT;
	enum crm_status rc;

	nowhere(values, record);
	crm_json_string(&quoted, crm_slice_of(column));
	crm_str_addf(&path, "$.%s", quoted.ptr);
	if ((rc = place(db, people, SQL_PROFILES, path.ptr, values, record)) == CRM_OK)
		rc = place(db, people, SQL_EVENTS, path.ptr, values, record);
	crm_str_release(&path);
	crm_str_release(&quoted);
	return rc;
}

void crm_place_profiles(const struct crm_people *people, const struct crm_pool *values,
			uint32_t *record)
{
	uint32_t i;

	nowhere(values, record);
	for (i = 1; i <= values->n; i++) {
		struct crm_slice s = crm_pool_get(values, i);
		char buf[32], *end;
		int64_t found;

		if (s.len == 0 || s.len >= sizeof(buf))
			continue;
		memcpy(buf, s.ptr, s.len);
		buf[s.len] = '\0';
		errno = 0;
		found = crm_people_find(people, strtoll(buf, &end, 10));
		if (!*end && !errno && found >= 0)
			record[i] = (uint32_t)found;
	}
}
