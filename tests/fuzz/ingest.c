/* SPDX-License-Identifier: MIT */
/* Any bytes through a whole job, twice, into a store in memory: records = stored +
 * duplicate + set aside, the second time nothing is stored, and no row hangs in the air. */
#include <string.h>

#include "check.h"
#include "file.h"
#include "ingest/job.h"

#define CSV_CHANNEL                                                                            \
	"{\"reads\":\"csv\",\"type\":\"order\",\"region\":\"DE\",\"zone\":\"Europe/Berlin\","  \
	"\"fields\":{\"order\":\"o\",\"name\":\"n\",\"email\":\"e\",\"phone\":\"p\",\"time\":" \
	"\"t\","                                                                               \
	"\"amount\":\"a\",\"status\":\"s\",\"line\":\"l\",\"line_name\":\"i\",\"birth_date\":" \
	"\"b\"},"                                                                              \
	"\"handles\":{\"customer\":\"c\"}}"
#define JSON_CHANNEL                                                                               \
	"{\"reads\":\"json\",\"type\":\"message\",\"key\":\"/id\",\"fields\":{\"text\":\"/text\"," \
	"\"thread\":\"/thread\",\"email\":\"/from\",\"phone\":\"/phone\",\"time\":\"/time\","      \
	"\"direction\":\"/dir\",\"order\":\"/order\"},\"out\":{\"email\":\"/to\"}}"

static struct crm_db *db;
static struct crm_channels channels = CRM_CHANNELS_INIT;
static struct crm_golden_rules *rules;

static void add_channel(const char *name, const char *json)
{
	struct crm_err err;
	const char *path;
	int fd = file_of(json, strlen(json), &path);

	CRM_GROW(channels.list, channels.n + 1, channels.cap);
	check(crm_channel_load(&channels.list[channels.n++], name, path, &err) == CRM_OK);
	close(fd);
}

static struct crm_counts run(const char *path, const char *channel)
{
	struct crm_job_options options = {
		.channel = channel, .map = {.this_year = 2026}, .rules = rules};
	struct crm_counts counts;
	struct crm_err err = {0};
	enum crm_status rc = crm_job_run(db, &channels, path, &options, &counts, &err);

	if (rc != CRM_OK && rc != CRM_DATA)
		fprintf(stderr, "%d %s\n", rc, err.text);
	check(rc == CRM_OK || (rc == CRM_DATA && *err.text));
	check(counts.records == counts.stored + counts.duplicate + counts.set_aside);
	return counts;
}

static bool dangles(void)
{
	sqlite3_stmt *st = crm_db_stmt(db, "PRAGMA foreign_key_check");
	bool row = true;

	check(st && crm_db_step(db, st, &row) == CRM_OK);
	return row;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	const char *channel = len && (*bytes == '{' || *bytes == '[') ? "json" : "csv", *path;
	struct crm_counts first, again;
	int fd;

	if (!rules) {
		rules = crm_golden_rules_new();
		add_channel("csv", CSV_CHANNEL);
		add_channel("json", JSON_CHANNEL);
	}
	fd = file_of(bytes, len, &path);
	check(crm_db_open(&db, ":memory:", CRM_DB_CREATE) == CRM_OK);
	crm_db_set_now(db, 1760000000000);
	first = run(path, channel);
	again = run(path, channel);
	check(again.records == first.records && !again.stored && !again.new_people);
	check(!dangles());
	crm_db_close(db);
	close(fd);
	return 0;
}
