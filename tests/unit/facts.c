/* SPDX-License-Identifier: MIT */
/*
 * What rules may ask of requests, from a small store in which each fact can be read off the
 * rows put there; and that asking for many at once scans no table.
 */
#include "route/facts.h"

#include <math.h>
#include <unistd.h>

#include "base/mem.h"
#include "report/functions.h"
#include "tap.h"

#define DAY INT64_C(86400000)
#define NOW INT64_C(1795300200000) /* Saturday 2026-11-21T22:30:00Z */

/* Person 1 (and 2, merged): asks in 1 and 2. Person 3: asks in 3. Nobody known: 4. */
static const char fill[] =
	"INSERT INTO source VALUES (1,'email','x','email'), (2,'orders','x','shop');"
	"INSERT INTO batch (id,source_id,file,mapping,started_at) VALUES (1,1,'f','{}',0);"
	"INSERT INTO person (id,canon_id,created_at,name) VALUES (1,1,0,'Ada King'),(2,1,0,'A.'),"
	" (3,3,0,'Bo');"
	"INSERT INTO profile "
	"(id,source_id,key,batch_id,line,seen_at,person_id,city,country,language,raw)"
	" VALUES "
	"(11,1,'a',1,1,100,1,'Berlin','DE',NULL,'{}'),(12,2,'b',1,1,200,2,'Wien',NULL,'de','{}'),"
	" (13,1,'c',1,1,100,3,NULL,NULL,NULL,'{}');"
	"INSERT INTO conversation "
	"(id,source_id,thread,profile_id,subject,opened_at,updated_at,status,"
	" account,follows,assignee,queue,priority,motive,waiting_since,snoozed_until) VALUES"
	" (1,1,'t1',11,'Broken',1795300200000-7200000,0,'open','shop@x.org',NULL,'anna','service',"
	"2,"
	"  'complaint',1795300200000-3600000,NULL),"
	" (2,1,'t2',12,NULL,1795300200000-86400000,0,'resolved',NULL,1,NULL,NULL,1,'complaint',"
	"NULL,NULL),"
	" (3,1,'t3',13,NULL,1795300200000-86400000,0,'snoozed',NULL,NULL,NULL,NULL,0,NULL,"
	"  1795300200000-86400000,1795300200000-1),"
	" (4,1,'t4',NULL,NULL,1795300200000,0,'new',NULL,NULL,NULL,NULL,1,NULL,NULL,NULL);"
	"INSERT INTO event "
	"(id,source_id,key,batch_id,line,type,at,direction,profile_id,conversation_id,"
	" text,automatic,raw) VALUES"
	" (1,1,'1',1,1,'message',1795300200000-7200000,'in',11,1,'first',NULL,'{}'),"
	" (2,1,'2',1,1,'message',1795300200000-5400000,'out',11,1,'our answer',NULL,'{}'),"
	" (3,1,'3',1,1,'message',1795300200000-3600000,'in',11,1,'second',NULL,'{}'),"
	" (4,1,'4',1,1,'message',1795300200000-1800000,'in',11,1,'third',NULL,'{}'),"
	" (5,1,'5',1,1,'note',1795300200000-1800000,NULL,11,1,'a note of ours',NULL,'{}'),"
	" (6,1,'6',1,1,'message',1795300200000-86400000,'in',12,2,'old',NULL,'{}'),"
	" (7,1,'7',1,1,'message',1795300200000-80000000,'in',12,2,'away',  'auto-reply','{}');"
	"INSERT INTO event "
	"(id,source_id,key,batch_id,line,type,at,profile_id,ref,amount,currency,status,"
	" rating,rating_max,raw) VALUES"
	" (20,2,'o1',1,1,'order',1795300200000-30*86400000,12,'o1',30000,'EUR','paid',NULL,NULL,'{}"
	"'),"
	" (21,2,'o2',1,1,'order',1795300200000-20*86400000,11,'o2',20050,'EUR','paid',NULL,NULL,'{}"
	"'),"
	" (22,2,'o3',1,1,'order',1795300200000-10*86400000,12,'o3',900,'JPY',NULL,NULL,NULL,'{}'),"
	" (23,2,'o4',1,1,'order',1795300200000-86400000,12,'o4',99900,'EUR','cancelled',NULL,NULL,'"
	"{}'),"
	" (24,2,'o5',1,1,'order',1795300200000+86400000,12,'o5',99900,'EUR','paid',NULL,NULL,'{}'),"
	" (25,1,'r1',1,1,'rating',1795300200000-9*86400000,11,NULL,NULL,NULL,NULL,5,5,'{}'),"
	" (26,1,'r2',1,1,'rating',1795300200000-8*86400000,12,NULL,NULL,NULL,NULL,2,5,'{}');";

/* A rule that asks for all there is. */
static const char all[] =
	"{\"rule\":\"a\",\"if\":{\"text\":\"x\",\"messages\":1,\"automatic\":true,\"language\":"
	"\"x\","
	"\"person.name\":\"x\",\"person.city\":\"x\",\"person.orders\":1,\"person.requests\":1,"
	"\"person.rating\":1,\"line.shop\":\"x\",\"line.score\":{\">\":0}},\"stop\":true}";

static struct crm_rules *rules;
static struct crm_db *db;

static struct crm_rules *load_rules(const struct crm_rule_spec *spec, const char *text,
				    struct crm_err *err)
{
	struct crm_rules *r = crm_rules_new(spec);

	if (crm_rules_parse(r, "f", crm_slice_of(text), err) == CRM_OK)
		crm_rules_ready(r, NULL, NULL, err);
	return r;
}

static struct crm_facts *load(const struct crm_facts_options *options, const int64_t *ids, size_t n)
{
	struct crm_facts *f = NULL;

	if (crm_facts_new(&f, db, rules, options) != CRM_OK
	    || crm_facts_load(f, ids, n) != CRM_OK) {
		printf("Bail out! %s\n", crm_db_err(db)->text);
		exit(1);
	}
	return f;
}

static void text_is(const struct crm_value *row, enum crm_fact fact, const char *want)
{
	char *got = row[fact].there ? crm_strndup(row[fact].text.ptr, row[fact].text.len) : NULL;

	is_str(got, want, crm_rules_slot_name(rules, fact));
	free(got);
}

/* A fact that is a whole number; -1: not known. */
static void n_is(const struct crm_value *row, enum crm_fact fact, int64_t want)
{
	is_int(row[fact].there ? row[fact].n : -1, want, crm_rules_slot_name(rules, fact));
}

static void number_is(const struct crm_value *row, enum crm_fact fact, double want)
{
	double got = row[fact].there ? row[fact].number : -1;

	if (!ok(fabs(got - want) < 1e-9, "%s", crm_rules_slot_name(rules, fact)))
		printf("# %g, not %g\n", got, want);
}

static void test_request(const struct crm_value *row)
{
	text_is(row, CRM_FACT_CHANNEL, "email");
	text_is(row, CRM_FACT_ACCOUNT, "shop@x.org");
	text_is(row, CRM_FACT_SUBJECT, "Broken");
	text_is(row, CRM_FACT_TEXT, "Broken\nsecond\nthird");
	text_is(row, CRM_FACT_COUNTRY, "DE");
	text_is(row, CRM_FACT_LANGUAGE, "de");
	text_is(row, CRM_FACT_MOTIVE, "complaint");
	text_is(row, CRM_FACT_QUEUE, "service");
	text_is(row, CRM_FACT_ASSIGNEE, "anna");
	n_is(row, CRM_FACT_STATUS, 1);
	n_is(row, CRM_FACT_PRIORITY, 2);
	n_is(row, CRM_FACT_WAITING, 3600000);
	n_is(row, CRM_FACT_AGE, 7200000);
	n_is(row, CRM_FACT_AUTOMATIC, 0);
	n_is(row, CRM_FACT_FOLLOWS, 0);
	number_is(row, CRM_FACT_MESSAGES, 3);
}

static void test_person(const struct crm_value *row)
{
	text_is(row, CRM_FACT_PERSON_NAME, "Ada King");
	text_is(row, CRM_FACT_PERSON_CITY, "Wien");
	text_is(row, CRM_FACT_PERSON_COUNTRY, "DE");
	n_is(row, CRM_FACT_PERSON_KNOWN, 1);
	n_is(row, CRM_FACT_PERSON_FIRST_ORDER, NOW - 30 * DAY);
	n_is(row, CRM_FACT_PERSON_LAST_ORDER, NOW - 10 * DAY);
	number_is(row, CRM_FACT_PERSON_ORDERS, 3);
	number_is(row, CRM_FACT_PERSON_VALUE, 500.5);
	number_is(row, CRM_FACT_PERSON_REQUESTS, 2);
	number_is(row, CRM_FACT_PERSON_COMPLAINTS, 1);
	number_is(row, CRM_FACT_PERSON_RATING, 0.4);
}

static void test_load(void)
{
	static const int64_t ids[] = {4, 1, 99, 2, 3};
	const struct crm_facts_options options = {.now = NOW, .zone = "Asia/Tokyo", .seed = 7};
	struct crm_facts *f = load(&options, ids, 5);
	const struct crm_value *row = crm_facts_row(f, 1);
	double random = row[CRM_FACT_RANDOM].number;

	test_request(row);
	test_person(row);
	n_is(row, CRM_FACT_TIME, 7 * 60 + 30); /* the next morning, in Tokyo */
	n_is(row, CRM_FACT_WEEKDAY, 6);
	ok(random >= 0 && random < 1 && random != crm_facts_row(f, 0)[CRM_FACT_RANDOM].number,
	   "random is of each request");
	is_int(crm_facts_person(f, 1), 1, "whose it is");
	ok(!crm_facts_found(f, 2) && crm_facts_found(f, 4), "one that is not there is told");
	row = crm_facts_row(f, 3);
	text_is(row, CRM_FACT_TEXT, "away"); /* nothing waits: the last one */
	n_is(row, CRM_FACT_AUTOMATIC, 1);
	n_is(row, CRM_FACT_WAITING, -1);
	n_is(row, CRM_FACT_FOLLOWS, 1);
	ok(1, "a second request of the same person, under the other id:");
	test_person(row);
	row = crm_facts_row(f, 4);
	n_is(row, CRM_FACT_STATUS, 1); /* snoozed, and its time has come */
	n_is(row, CRM_FACT_PERSON_KNOWN, 0);
	number_is(row, CRM_FACT_PERSON_VALUE, 0);
	n_is(row, CRM_FACT_PERSON_LAST_ORDER, -1);
	row = crm_facts_row(f, 0);
	n_is(row, CRM_FACT_PERSON_KNOWN, 0); /* nobody knows who */
	number_is(row, CRM_FACT_PERSON_VALUE, -1);
	text_is(row, CRM_FACT_LANGUAGE, NULL);
	is_int(crm_facts_load(f, ids, 2), CRM_OK, "and again");
	ok(crm_facts_row(f, 1)[CRM_FACT_RANDOM].number == random, "random is the same each time");
	is_int(crm_facts_load(f, ids, 0), CRM_OK, "nothing may be asked for too");
	crm_facts_free(f);
}

static void test_line(void)
{
	static const int64_t ids[] = {1};
	static const char line[] = "{\"motive\":\"refund\",\"priority\":\"urgent\",\"queue\":5,"
				   "\"shop\":\"B\\u00e9rn\",\"score\":0.75,\"country\":null}";
	const struct crm_facts_options options = {.now = NOW};
	struct crm_facts *f = load(&options, ids, 1);
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const struct crm_value *row;

	crm_json_scan(&doc, line, strlen(line));
	crm_facts_line(f, 0, &doc);
	crm_json_doc_release(&doc);
	row = crm_facts_row(f, 0);
	text_is(row, CRM_FACT_MOTIVE, "refund");
	n_is(row, CRM_FACT_PRIORITY, 3);
	text_is(row, CRM_FACT_QUEUE, "5");
	text_is(row, CRM_FACT_COUNTRY, "DE");
	text_is(row, CRM_FACTS, "Bérn");
	number_is(row, CRM_FACTS + 1, 0.75);
	n_is(row, CRM_FACT_TIME, 22 * 60 + 30);
	n_is(row, CRM_FACT_WEEKDAY, 5);
	crm_facts_free(f);
}

static void test_currency(void)
{
	static const char *const wrong[] = {
		"{\"set\":\"currency\"}",
		"f:1: \"currency\" is a code of ISO 4217, such as \"EUR\"",
		"{\"set\":\"currency\",\"currency\":\"EURO\"}",
		"f:1: \"currency\" is a code of ISO 4217, such as \"EUR\"",
		"{\"set\":\"currency\",\"currency\":\"EUR\",\"rates\":{\"USD\":0}}",
		"f:1: USD: a rate is a number above 0: what one USD is worth in EUR",
		"{\"set\":\"currency\",\"currency\":\"EUR\",\"rates\":{\"dollar\":1}}",
		"f:1: 'dollar' is no currency of ISO 4217",
		"{\"set\":\"currency\",\"currency\":\"EUR\",\"rate\":{}}",
		"f:1: unknown member 'rate': did you mean 'rates'?"};
	static const int64_t ids[] = {1};
	struct crm_currency currency = CRM_CURRENCY_INIT;
	const struct crm_rule_kind kind = {"set", "currency", crm_currency_read, &currency};
	const struct crm_rule_spec spec = {crm_fact_fields, CRM_FACTS, crm_routing_actions,
					   CRM_ROUTINGS,    &kind,     1};
	struct crm_facts_options options = {.now = NOW, .currency = &currency};
	struct crm_err err = {.text = "it was taken"};
	struct crm_facts *f;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i += 2) {
		crm_rules_free(load_rules(&spec, wrong[i], &err));
		is_str(err.text, wrong[i + 1], wrong[i]);
		crm_currency_release(&currency);
	}
	crm_rules_free(load_rules(&spec,
				  "{\"set\":\"currency\",\"currency\":\"usd\","
				  "\"rates\":{\"EUR\":1.1}}",
				  &err));
	f = load(&options, ids, 1);
	number_is(crm_facts_row(f, 0), CRM_FACT_PERSON_VALUE, 550.55); /* no rate of JPY */
	crm_facts_free(f);
	crm_currency_release(&currency);
	crm_rules_free(load_rules(&spec,
				  "{\"set\":\"currency\",\"currency\":\"EUR\","
				  "\"rates\":{\"JPY\":0.01}}",
				  &err));
	f = load(&options, ids, 1);
	number_is(crm_facts_row(f, 0), CRM_FACT_PERSON_VALUE, 509.5); /* a yen has no cents */
	crm_facts_free(f);
	crm_currency_release(&currency);
}

/* Rows stepped over in full scans of tables, json_each apart, by all statements so far. */
static int scanned(void)
{
	sqlite3_stmt *st = NULL;
	int n = 0;

	while ((st = sqlite3_next_stmt(crm_db_handle(db), st)))
		n += sqlite3_stmt_status(st, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
	return n;
}

static void test_scans(void)
{
	static const char many[] =
		"CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1"
		" FROM n WHERE i < 3100) SELECT i FROM n;"
		"INSERT INTO person (id,canon_id,created_at) SELECT i,i,0 FROM n;"
		"INSERT INTO profile (id,source_id,key,batch_id,line,seen_at,person_id,raw)"
		" SELECT i,1,i,1,1,0,i,'{}' FROM n;"
		"INSERT INTO conversation "
		"(id,source_id,thread,profile_id,opened_at,updated_at,status)"
		" SELECT i,1,i,i,0,0,'open' FROM n;"
		"INSERT INTO event (source_id,key,batch_id,line,type,at,direction,profile_id,"
		" conversation_id,text,raw) SELECT 1,'m'||i,1,1,'message',5,'in',i,i,'t','{}' FROM "
		"n;";
	static const int64_t ids[] = {1, 2, 3, 1000, 2000};
	const struct crm_facts_options options = {.now = NOW};
	struct crm_facts *f;
	int before;

	is_int(crm_db_exec(db, many), CRM_OK, "a larger store");
	before = scanned();
	f = load(&options, ids, 5);
	ok(scanned() - before < 100, "no table is scanned (%d rows)", scanned() - before);
	crm_facts_free(f);
}

int main(void)
{
	const struct crm_rule_spec spec = {crm_fact_fields, CRM_FACTS, crm_routing_actions,
					   CRM_ROUTINGS,    NULL,      0};
	const struct crm_facts_options nowhere = {.zone = "Mars/Olympus"};
	char path[] = "/tmp/crm-facts.XXXXXX";
	struct crm_err err = {.text = ""};
	struct crm_facts *f = NULL;

	close(mkstemp(path));
	unlink(path);
	rules = load_rules(&spec, all, &err);
	if (crm_db_open(&db, path, CRM_DB_CREATE) != CRM_OK || crm_db_exec(db, fill) != CRM_OK
	    || crm_functions_register(db) != CRM_OK || *err.text) {
		printf("Bail out! %s%s\n", err.text, crm_db_err(db)->text);
		return 1;
	}
	test_load();
	test_line();
	test_currency();
	test_scans();
	is_int(crm_facts_new(&f, db, rules, &nowhere), CRM_CONFIG, "an unknown zone is refused");
	crm_rules_free(rules);
	crm_db_close(db);
	unlink(path);
	return done();
}
