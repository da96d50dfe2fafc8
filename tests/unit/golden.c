/* SPDX-License-Identifier: MIT */
/*
 * Survivorship: each rule on a person made so that the rules disagree; and the file of
 * rules. The expected values follow from the definitions in golden.h.
 */
#include "store/golden.h"

#include "tap.h"

/*
 * profile  source  seen  name            city   e-mail
 * 1        shop    100   Ada King        Paris  a@x.org
 * 2        shop    200   ADA KING        Paris  (shared) info@x.org
 * 3        news    400   A. King         -      n@x.org
 * 4        chat    300   Ada M. King     Rome, with street   c@x.org
 */
static const char people[] =
	"INSERT INTO source VALUES (1, 'shop', '', 'shop'), (2, 'news', '', 'email'),"
	" (3, 'chat', '', 'chat');"
	"INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES (1, 1, '-', '{}', 0);"
	"INSERT INTO person (id, canon_id, created_at) VALUES (1, 1, 0), (2, 1, 0), (3, 3, 0);"
	"INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, name, given,"
	" family, street, city, org, raw) VALUES"
	" (1, 1, '1', 1, 1, 100, 1, 'Ada King', 'Ada', 'King', NULL, 'Paris', NULL, '{}'),"
	" (2, 1, '2', 1, 2, 200, 1, 'ADA KING', 'ADA', 'KING', NULL, 'Paris', '', '{}'),"
	" (3, 2, '3', 1, 3, 400, 2, 'A. King', NULL, NULL, NULL, NULL, NULL, '{}'),"
	" (4, 3, '4', 1, 4, 300, 2, NULL, 'Ada M.', 'King', 'Via 1', 'Rome', NULL, '{}');"
	"INSERT INTO endpoint VALUES (1, 'email', '', 'a@x.org', 0), (2, 'email', '', "
	"'info@x.org', 1),"
	" (3, 'email', '', 'n@x.org', 0), (4, 'email', '', 'c@x.org', 0);"
	"INSERT INTO profile_endpoint VALUES (1, 1), (2, 2), (3, 3), (4, 4);";

static struct crm_golden golden = CRM_GOLDEN_INIT;

static void derive(struct crm_db *db, const char *text)
{
	struct crm_golden_rules *rules = crm_golden_rules_new();
	struct crm_err err = {0};

	if (crm_golden_rules_parse(rules, "rules", crm_slice_of(text), &err) != CRM_OK)
		ok(false, "%s: %s", text, err.text);
	if (crm_golden_derive(db, rules, 1, &golden) != CRM_OK)
		ok(false, "derive: %s", crm_db_err(db)->text);
	crm_golden_rules_free(rules);
}

static void is(struct crm_db *db, const char *text, enum crm_golden_field field, const char *value,
	       int profile, const char *rule)
{
	const struct crm_golden_value *v = &golden.field[field];

	derive(db, text);
	is_str(v->value, value, text);
	is_int(v->profile, profile, "  its profile");
	is_str(v->rule, rule, "  and what decided");
}

static void test_rules(struct crm_db *db)
{
	is(db, "name newest", CRM_GOLDEN_NAME, "A. King", 3, "newest");
	is(db, "name newest", CRM_GOLDEN_GIVEN, NULL, 0, NULL);
	is(db, "name most_complete", CRM_GOLDEN_NAME, "Ada M. King", 4, "most_complete");
	is(db, "name most_complete", CRM_GOLDEN_GIVEN, "Ada M.", 4, "most_complete");
	is(db, "name most_frequent", CRM_GOLDEN_NAME, "Ada King", 1, "most_frequent");
	is(db, "name most_frequent newest", CRM_GOLDEN_NAME, "ADA KING", 2, "most_frequent");
	is(db, "name most_frequent most_complete newest", CRM_GOLDEN_NAME, "Ada King", 1,
	   "most_frequent");
	is(db, "name source_rank(chat,shop)", CRM_GOLDEN_NAME, "Ada M. King", 4, "source_rank");
	is(db, "email source_rank( nobody )", CRM_GOLDEN_EMAIL, "a@x.org", 1, "first_profile");
	is(db, "email source_rank(nobody) newest", CRM_GOLDEN_EMAIL, "n@x.org", 3, "newest");
	is(db, "address newest", CRM_GOLDEN_CITY, "Rome", 4, "newest");
	is(db, "address most_frequent", CRM_GOLDEN_CITY, "Paris", 1, "most_frequent");
	is(db, "address most_frequent", CRM_GOLDEN_STREET, NULL, 0, NULL);
	is(db, "address most_complete", CRM_GOLDEN_STREET, "Via 1", 4, "most_complete");
	is(db, "", CRM_GOLDEN_ORG, NULL, 0, NULL);
	is_int((long long)golden.profiles, 4, "profiles of merged persons count");
}

/* Case is that of Unicode (CaseFolding.txt): Ü is ü, and ß is SS. */
static void test_case(struct crm_db *db)
{
	crm_db_exec(db, "UPDATE profile SET org = CASE id WHEN 1 THEN 'Müller & Groß' WHEN 2 THEN"
			" 'MÜLLER & GROSS' WHEN 3 THEN 'Muller' END");
	is(db, "org most_frequent", CRM_GOLDEN_ORG, "Müller & Groß", 1, "most_frequent");
	is(db, "org source_rank(news) most_frequent", CRM_GOLDEN_ORG, "Muller", 3, "source_rank");
	crm_db_exec(db, "UPDATE profile SET org = NULL WHERE id = 3");
	is(db, "org newest", CRM_GOLDEN_ORG, "MÜLLER & GROSS", 2, "only");
}

static void test_shared(struct crm_db *db)
{
	derive(db, "email source_rank(shop) newest");
	is_str(golden.field[CRM_GOLDEN_EMAIL].value, "a@x.org",
	       "a shared address is not taken while there is another");
	crm_db_exec(db, "UPDATE endpoint SET flags = 1");
	is(db, "email newest", CRM_GOLDEN_EMAIL, "n@x.org", 3, "newest");
}

static void test_store(struct crm_db *db)
{
	static const char sql[] = "SELECT name || '|' || email || '|' || ifnull(phone, 'none')"
				  " FROM person WHERE id = 1";
	struct crm_golden_rules *rules = crm_golden_rules_new();
	sqlite3_stmt *st;
	bool row;

	is_int(crm_golden_refresh(db, rules, (int64_t[]){1, 3}, 2), CRM_OK, "two are refreshed");
	crm_db_step(db, st = crm_db_stmt(db, sql), &row);
	is_str(crm_column(st, 0).ptr, "A. King|n@x.org|none",
	       "and the canonical one has its record");
	sqlite3_reset(st);
	is_int(crm_golden_derive(db, rules, 3, &golden), CRM_OK, "a person without profiles");
	is_str(golden.field[CRM_GOLDEN_NAME].value, NULL, "has nothing");
	crm_golden_rules_free(rules);
}

static void refuses(const char *text, const char *error)
{
	struct crm_golden_rules *rules = crm_golden_rules_new();
	struct crm_err err = {0};

	is_int(crm_golden_rules_parse(rules, "rules", crm_slice_of(text), &err), CRM_CONFIG, text);
	is_str(err.text, error, "  says where and what");
	crm_golden_rules_free(rules);
}

static void test_errors(void)
{
	refuses("# ours\n\nnmae newest\n",
		"rules:3: unknown field 'nmae': there are name, birth_date, email, phone, org,"
		" address and language");
	refuses("name\n", "rules:1: name without a rule");
	refuses("name newest\r\nname newest", "rules:2: name has its rules in line 1 already");
	refuses("email newer", "rules:1: unknown rule 'newer': there are newest, most_frequent,"
			       " most_complete and source_rank(…)");
	refuses("email source_rank newest",
		"rules:1: source_rank needs its sources: source_rank(webshop,newsletter)");
	refuses("email source_rank(a,,b)", "rules:1: source_rank names an empty source");
	refuses("email source_rank(a,b", "rules:1: source_rank( is not closed");
	refuses("email source_rank(", "rules:1: source_rank( is not closed");
	refuses("email newest(a)", "rules:1: newest takes nothing in brackets");
	refuses("email \xff", "rules:1: not a line of text");
}

int main(void)
{
	struct crm_db *db;

	crm_db_open(&db, ":memory:", CRM_DB_CREATE);
	if (crm_db_exec(db, people) != CRM_OK)
		ok(false, "%s", crm_db_err(db)->text);
	test_rules(db);
	test_case(db);
	test_shared(db);
	test_store(db);
	test_errors();
	crm_golden_release(&golden);
	crm_db_close(db);
	return done();
}
