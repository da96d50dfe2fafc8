/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of who is who: it is read, or refused in words; what was read adds up. */
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "file.h"
#include "link/evaluate.h"

static struct crm_db *store(void)
{
	struct crm_db *db = NULL;

	check(crm_db_open(&db, ":memory:", CRM_DB_CREATE) == CRM_OK);
	check(crm_db_exec(db, "INSERT INTO person (id, canon_id, created_at) VALUES (1, 1, 0);"
			      "INSERT INTO source VALUES (1, 'x', '', 'x');"
			      "INSERT INTO batch (id, source_id, file, mapping, started_at)"
			      " VALUES (1, 1, '-', '{}', 0);"
			      "INSERT INTO profile (source_id, key, batch_id, line, seen_at,"
			      " person_id, raw) VALUES (1, 'a', 1, 1, 0, 1, '{\"id\":\"1\"}'),"
			      " (1, 'b', 1, 2, 0, 1, '{\"id\":2}'), (1, 'c', 1, 3, 0, 1, '[]')")
	      == CRM_OK);
	return db;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static int64_t profile[] = {1, 2, 3};
	static const struct crm_people people = {.n = 3, .profile = profile};
	static struct crm_db *db;
	struct crm_truth truth = {0};
	uint32_t r, i, rows = 0;
	const char *path;
	int fd = file_of(bytes, len, &path);

	if (!db)
		db = store();
	if (crm_truth_read(&truth, db, &people, path, "id", "cluster") == CRM_OK) {
		for (r = 0; r < people.n; r++)
			for (i = truth.start[r]; i < truth.start[r + 1]; i++)
				rows += truth.part[i].rows;
		check(rows + truth.missing == truth.rows);
		check(truth.pairs <= (uint64_t)truth.rows * truth.rows / 2);
	} else {
		check(*crm_db_err(db)->text);
	}
	crm_truth_release(&truth);
	close(fd);
	return 0;
}
