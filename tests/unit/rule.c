/* SPDX-License-Identifier: MIT */
/*
 * Rules files: what each operator holds of, what each mistake is told as, the order of lines.
 * Source of truth: crm-rules(5), and the words people write.
 */
#include "rule/rule.h"

#include <stdint.h>

#include "base/mem.h"
#include "base/time.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum {
	CHANNEL,
	TEXT,
	VALUE,
	LAST,
	WAITING,
	CLOCK,
	PRIORITY,
	KNOWN,
	LINE,
	FIELDS
};
static const char *const levels[] = {"low", "normal", "high", "urgent"};
static const struct crm_rule_field fields[FIELDS] = {
	[CHANNEL] = {"channel", CRM_RULE_TEXT, "", NULL, 0, false},
	[TEXT] = {"text", CRM_RULE_TEXT, "", NULL, 0, false},
	[VALUE] = {"person.value", CRM_RULE_NUMBER, "", NULL, 0, false},
	[LAST] = {"last_order", CRM_RULE_TIME, "", NULL, 0, false},
	[WAITING] = {"waiting", CRM_RULE_SPAN, "", NULL, 0, false},
	[CLOCK] = {"time", CRM_RULE_CLOCK, "", NULL, 0, false},
	[PRIORITY] = {"priority", CRM_RULE_LEVEL, "", levels, 4, false},
	[KNOWN] = {"known", CRM_RULE_BOOL, "", NULL, 0, false},
	[LINE] = {"line.*", CRM_RULE_TEXT, "", NULL, 0, false},
};
enum {
	DO_PRIORITY,
	DO_QUEUE,
	DO_SKILLS,
	ACTIONS
};
static const struct crm_rule_field actions[ACTIONS] = {
	[DO_PRIORITY] = {"priority", CRM_RULE_LEVEL, "", levels, 4, false},
	[DO_QUEUE] = {"queue", CRM_RULE_TEXT, "", NULL, 0, false},
	[DO_SKILLS] = {"skills", CRM_RULE_TEXT, "", NULL, 0, true},
};

static uint32_t sla_condition;
static int64_t sla_first;

static enum crm_status read_sla(const struct crm_rule_line *line, void *data)
{
	static const char *const members[] = {"if", "first"};
	enum crm_status rc = crm_line_members(line, members, N(members));

	++*(int *)data;
	if (rc == CRM_OK)
		rc = crm_line_condition(line, "if", &sla_condition);
	if (rc == CRM_OK)
		rc = crm_line_duration(line, "first", 0, &sla_first);
	return rc;
}

static int slas, sets;
static const struct crm_rule_kind kinds[] = {{"sla", NULL, read_sla, &slas},
					     {"set", "reopen", read_sla, &sets}};
static const struct crm_rule_spec spec = {fields, FIELDS, actions, ACTIONS, kinds, N(kinds)};

/* 2026-11-21T12:00:00Z */
#define NOW INT64_C(1795262400000)
#define DAY INT64_C(86400000)

/* A subject of whom all is known. */
static void fill(struct crm_value *row)
{
	for (size_t i = 0; i < LINE; i++)
		row[i].there = true;
	row[CHANNEL].text = crm_slice_of("Email");
	row[TEXT].text =
		crm_slice_of("J'ai reçu un article CASSÉ.\nStarting 2 refunds; 我要退款。");
	row[VALUE].number = 499.99;
	row[LAST].n = NOW - 30 * DAY;
	row[WAITING].n = 90 * 60000;
	row[CLOCK].n = 23 * 60;
	row[PRIORITY].n = 2;
	row[KNOWN].n = true;
}

/* Does a condition hold? 1, 0; -1 when it cannot be read: *err then has why. */
static int judge(const char *condition, bool known, struct crm_err *err)
{
	struct crm_rules *rules = crm_rules_new(&spec);
	struct crm_str text = CRM_STR_INIT;
	struct crm_value *row;
	struct crm_judge *j;
	int result = -1;
	size_t n;

	crm_str_addf(&text, "{\"rule\":\"r\",\"if\":%s}", condition);
	if (crm_rules_parse(rules, "f", (struct crm_slice){text.ptr, text.len}, err) == CRM_OK
	    && crm_rules_ready(rules, NULL, NULL, err) == CRM_OK) {
		row = crm_calloc(crm_rules_slots(rules), sizeof(*row));
		j = crm_judge_new(rules);
		if (known)
			fill(row);
		for (size_t i = FIELDS; i < crm_rules_slots(rules); i++) {
			row[i].there = true;
			if (crm_rules_slot_type(rules, i) == CRM_RULE_NUMBER)
				row[i].number = 0.5;
			else
				row[i].text = crm_slice_of("berlin");
		}
		crm_judge_begin(j, row, NOW);
		crm_judge_apply(j);
		crm_judge_fired(j, &n);
		result = (int)n;
		crm_judge_free(j);
		free(row);
	}
	crm_rules_free(rules);
	crm_str_release(&text);
	return result;
}

static void test_operators(void)
{
	static const struct {
		const char *condition;
		int all, nothing; /* of whom all, or nothing, is known */
	} cases[] = {
		{"{\"channel\":\"email\"}", 1, 0},
		{"{\"channel\":\"EMAIL\"}", 1, 0},
		{"{\"channel\":\"mail\"}", 0, 0},
		{"{\"channel\":\"emails\"}", 0, 0},
		{"{\"f\":\"channel\",\"v\":\"email\"}", 1, 0},
		{"{\"f\":\"channel\",\"op\":\"=\",\"v\":\"email\"}", 1, 0},
		{"{\"f\":\"channel\",\"op\":\"!=\",\"v\":\"email\"}", 0, 1},
		{"{\"channel\":{\"!=\":\"sms\"}}", 1, 1},
		{"{\"channel\":[\"sms\",\"email\"]}", 1, 0},
		{"{\"channel\":[\"sms\",\"chat\"]}", 0, 0},
		{"{\"f\":\"channel\",\"v\":[\"sms\",\"email\"]}", 1, 0},
		{"{\"channel\":{\"in\":[\"sms\",\"email\"]}}", 1, 0},
		{"{\"channel\":{\"has\":true}}", 1, 0},
		{"{\"f\":\"channel\",\"op\":\"has\"}", 1, 0},
		{"{\"channel\":{\"lacks\":true}}", 0, 1},
		{"{\"channel\":{\"starts\":\"EM\",\"ends\":\"il\"}}", 1, 0},
		{"{\"channel\":{\"starts\":\"il\"}}", 0, 0},
		{"{\"channel\":{\"ends\":[\"x\",\"il\"]}}", 1, 0},
		{"{\"text\":{\"contains\":\"CASSE\"}}", 1, 0},
		{"{\"text\":{\"contains\":\"cassé. starting\"}}", 1, 0},
		{"{\"text\":{\"contains\":[\"x\",\"tart\"]}}", 1, 0},
		{"{\"text\":{\"words\":\"reçu\"}}", 1, 0},
		{"{\"text\":{\"words\":\"recu\"}}", 1, 0},
		{"{\"text\":{\"words\":\"article cassé\"}}", 1, 0},
		{"{\"text\":{\"words\":\"start\"}}", 0, 0},
		{"{\"text\":{\"words\":\"start*\"}}", 1, 0},
		{"{\"text\":{\"words\":\"art*\"}}", 1, 0},
		{"{\"text\":{\"words\":\"tarting\"}}", 0, 0},
		{"{\"text\":{\"words\":[\"nothing\",\"2\"]}}", 1, 0},
		{"{\"text\":{\"words\":\"j'ai\"}}", 1, 0},
		{"{\"text\":{\"words\":\"退款\"}}", 1, 0},
		{"{\"text\":{\"words\":\"退 款\"}}", 0, 0},
		{"{\"text\":{\"words\":\"。\"}}", 1, 0},
		{"{\"person.value\":499.99}", 1, 0},
		{"{\"person.value\":{\">=\":499.99}}", 1, 0},
		{"{\"person.value\":{\">\":499.99}}", 0, 0},
		{"{\"person.value\":{\"<=\":499.99}}", 1, 0},
		{"{\"person.value\":{\"<\":500}}", 1, 0},
		{"{\"person.value\":{\"<\":-5e2}}", 0, 0},
		{"{\"person.value\":{\"!=\":500}}", 1, 1},
		{"{\"person.value\":{\"in\":[1,499.99]}}", 1, 0},
		{"{\"person.value\":{\"between\":[499.99,600]}}", 1, 0},
		{"{\"person.value\":{\"between\":[500,600]}}", 0, 0},
		{"{\"last_order\":{\"within\":\"30d\"}}", 1, 0},
		{"{\"last_order\":{\"within\":\"29d\"}}", 0, 0},
		{"{\"last_order\":{\"older\":\"29d\"}}", 1, 0},
		{"{\"last_order\":{\"older\":\"30d\"}}", 0, 0},
		{"{\"last_order\":{\"<\":\"2026-10-23\"}}", 1, 0},
		{"{\"last_order\":{\">\":\"2026-10-22T14:00:00+02:00\"}}", 0, 0},
		{"{\"last_order\":{\">=\":\"2026-10-22T14:00:00+02:00\"}}", 1, 0},
		{"{\"last_order\":{\"between\":[\"2026-10-01\",\"2026-11-01\"]}}", 1, 0},
		{"{\"waiting\":{\">\":\"1h\"}}", 1, 0},
		{"{\"waiting\":{\">\":\"90m\"}}", 0, 0},
		{"{\"waiting\":\"1h30m\"}", 1, 0},
		{"{\"waiting\":{\"between\":[\"0\",\"1w\"]}}", 1, 0},
		{"{\"time\":{\"between\":[\"22:00\",\"06:00\"]}}", 1, 0},
		{"{\"time\":{\"between\":[\"06:00\",\"22:00\"]}}", 0, 0},
		{"{\"time\":{\"between\":[\"09:00\",\"23:00\"]}}", 0, 0},
		{"{\"time\":{\"between\":[\"23:00\",\"24:00\"]}}", 1, 0},
		{"{\"time\":{\">=\":\"23:00\"}}", 1, 0},
		{"{\"priority\":\"high\"}", 1, 0},
		{"{\"priority\":{\">=\":\"normal\"}}", 1, 0},
		{"{\"priority\":{\">\":\"high\"}}", 0, 0},
		{"{\"priority\":[\"high\",\"urgent\"]}", 1, 0},
		{"{\"priority\":{\"between\":[\"low\",\"normal\"]}}", 0, 0},
		{"{\"known\":true}", 1, 0},
		{"{\"known\":false}", 0, 0},
		{"{\"known\":{\"!=\":true}}", 0, 1},
		{"{\"channel\":\"email\",\"priority\":\"high\"}", 1, 0},
		{"{\"channel\":\"email\",\"priority\":\"low\"}", 0, 0},
		{"{\"and\":[{\"known\":true},{\"channel\":\"email\"}]}", 1, 0},
		{"{\"or\":[{\"known\":false},{\"channel\":\"email\"}]}", 1, 0},
		{"{\"or\":[{\"known\":false},{\"channel\":\"sms\"}]}", 0, 0},
		{"{\"not\":{\"channel\":\"sms\"}}", 1, 1},
		{"{\"not\":{\"channel\":\"email\",\"known\":false}}", 1, 1},
		{"{\"known\":true,\"or\":[{\"channel\":\"sms\"},{\"not\":{\"priority\":\"low\"}}]}",
		 1, 0},
		{"{\"line.shop\":\"Berlin\"}", 1, 1},
		{"{\"line.score\":{\">\":0.4}}", 1, 1},
		{"{\"line.score\":{\"in\":[0.5]}}", 1, 1},
	};
	struct crm_err err;

	for (size_t i = 0; i < N(cases); i++) {
		int all = judge(cases[i].condition, true, &err);
		int nothing = judge(cases[i].condition, false, &err);

		if (!ok(all == cases[i].all && nothing == cases[i].nothing, "%s",
			cases[i].condition))
			printf("# all known: %d, nothing known: %d%s%s\n", all, nothing,
			       all < 0 ? " " : "", all < 0 ? err.text : "");
	}
}

static void test_condition_errors(void)
{
	static const struct {
		const char *condition, *error;
	} cases[] = {
		{"{\"person.valu\":1}",
		 "f:1: unknown field 'person.valu': did you mean 'person.value'?"},
		{"{\"xyzzy\":1}", "f:1: unknown field 'xyzzy'"},
		{"{\"line.*\":\"a\"}", "f:1: unknown field 'line.*'"},
		{"{\"line.\":\"a\"}", "f:1: unknown field 'line.': did you mean 'line.*'?"},
		{"{\"channel\":{\"start\":\"a\"}}",
		 "f:1: unknown operator 'start': did you mean 'starts'?"},
		{"{\"channel\":5}", "f:1: channel: text in quotes was expected, not 5"},
		{"{\"person.value\":\"5\"}", "f:1: person.value: a number was expected, not 5"},
		{"{\"known\":\"yes\"}", "f:1: known: true or false was expected, not yes"},
		{"{\"waiting\":{\">\":\"2 hours\"}}",
		 "f:1: waiting: a length of time such as \"30m\", \"2h\" or \"3d\" was expected, "
		 "not 2 hours"},
		{"{\"last_order\":{\">\":\"yesterday\"}}",
		 "f:1: last_order: a time such as \"2026-10-01\" or "
		 "\"2026-10-01T09:30:00+02:00\" was expected, not yesterday"},
		{"{\"time\":{\"between\":[\"22:00\",\"6:00\"]}}",
		 "f:1: time: a time of day such as \"22:00\" was expected, not 6:00"},
		{"{\"time\":{\">\":\"24:01\"}}",
		 "f:1: time: a time of day such as \"22:00\" was expected, not 24:01"},
		{"{\"priority\":\"hihg\"}",
		 "f:1: priority: 'hihg' is none of low, normal, high, urgent"},
		{"{\"priority\":3}", "f:1: priority: a name in quotes was expected, not 3"},
		{"{\"channel\":{\"<\":\"a\"}}", "f:1: channel is a text, and '<' is not for such"},
		{"{\"last_order\":\"2026-10-01\"}",
		 "f:1: last_order is a time, and '=' is not for such"},
		{"{\"waiting\":{\"within\":\"1h\"}}",
		 "f:1: waiting is a length of time, and 'within' is not for such"},
		{"{\"f\":\"channel\",\"op\":\"=\"}",
		 "f:1: channel: '=' needs a \"v\", what to compare with"},
		{"{\"f\":\"channel\",\"op\":\"has\",\"v\":1}", "f:1: 'has' takes no \"v\""},
		{"{\"channel\":{\"has\":1}}", "f:1: channel: 'has' takes true"},
		{"{\"f\":\"channel\",\"v\":\"a\",\"x\":1}",
		 "f:1: unknown member 'x' beside \"f\", \"op\", \"v\""},
		{"{\"f\":1}", "f:1: \"f\" and \"op\" are names in quotes"},
		{"{\"channel\":{\"=\":[\"a\"]}}",
		 "f:1: channel: '=' takes one value; for one of several use \"in\""},
		{"{\"person.value\":{\"between\":[1]}}",
		 "f:1: person.value: \"between\" takes a list of two, from and to"},
		{"{\"person.value\":{\"between\":[2,1]}}",
		 "f:1: person.value: \"between\" goes from the smaller to the larger"},
		{"{\"channel\":[]}", "f:1: channel: an empty list, which never holds"},
		{"{\"channel\":{}}", "f:1: channel: {} asks for nothing"},
		{"{\"text\":{\"contains\":\" \"}}",
		 "f:1: text: an empty text is in every text; ask for \"lacks\" or \"has\""},
		{"{\"text\":{\"words\":\"*\"}}", "f:1: text: a word before the * was expected"},
		{"{\"and\":{}}", "f:1: \"and\" takes a list of conditions"},
		{"{\"or\":[]}", "f:1: \"or\" takes a list of conditions"},
		{"{}", "f:1: a condition was expected, such as {\"channel\":\"email\"}, not {}"},
		{"[1]", "f:1: a condition was expected, such as {\"channel\":\"email\"}, not [1]"},
		{"{\"not\":[{\"known\":true}]}",
		 "f:1: a condition was expected, such as {\"channel\":\"email\"}, not "
		 "[{\"known\":true}]"},
	};
	struct crm_str deep = CRM_STR_INIT;
	struct crm_err err;

	for (size_t i = 0; i < N(cases); i++) {
		int result = judge(cases[i].condition, true, &err);

		is_str(result < 0 ? err.text : "it was taken", cases[i].error, cases[i].condition);
	}
	for (int i = 0; i < 17; i++)
		crm_str_adds(&deep, "{\"not\":");
	crm_str_adds(&deep, "{\"known\":true}");
	for (int i = 0; i < 17; i++)
		crm_str_addc(&deep, '}');
	is_int(judge(deep.ptr, true, &err), -1, "conditions are not nested without end");
	is_str(err.text, "f:1: conditions within conditions more than 16 deep", "and it is said");
	crm_str_release(&deep);
}

static void test_line_errors(void)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
		{"{\"rule\":\"a\"", "f:3: a comma was expected, at byte 12 of the line"},
		{"[]", "f:3: an object was expected, such as {\"rule\":\"NAME\",…}"},
		{"{\"rule\":5}", "f:3: the first member says what the line is, and names it: "
				 "{\"rule\":\"NAME\",…}"},
		{"{\"rul\":\"a\"}", "f:3: unknown kind of line 'rul': did you mean 'rule'?"},
		{"{\"if\":\"a\"}", "f:3: unknown kind of line 'if'"},
		{"{\"set\":\"reopn\"}", "f:3: unknown set 'reopn': did you mean 'reopen'?"},
		{"{\"rule\":\"a\",\"doo\":{}}", "f:3: unknown member 'doo': did you mean 'do'?"},
		{"{\"rule\":\"a\",\"do\":5}",
		 "f:3: \"do\" is an object, such as {\"priority\":\"high\"}"},
		{"{\"rule\":\"a\",\"do\":{\"priorty\":\"high\"}}",
		 "f:3: unknown action 'priorty': did you mean 'priority'?"},
		{"{\"rule\":\"a\",\"do\":{\"priority\":\"top\"}}",
		 "f:3: priority: 'top' is none of low, normal, high, urgent"},
		{"{\"rule\":\"a\",\"do\":{\"queue\":\"\"}}",
		 "f:3: queue: an empty text; null takes back what was set"},
		{"{\"rule\":\"a\",\"do\":{\"queue\":[\"x\"]}}",
		 "f:3: queue: text in quotes was expected, not [\"x\"]"},
		{"{\"rule\":\"a\",\"off\":1}", "f:3: off: true or false was expected, not 1"},
		{"{\"rule\":\"a\",\"before\":\"b\"}",
		 "f:3: there is no rule 'b' that it could stand before"},
		{"{\"rule\":\"a\",\"stop\":1}", "f:3: stop: true or false was expected, not 1"},
		{"{\"rule\":\"first\"}", "f:3: rule 'first' is there twice, first in line 2"},
		{"{\"sla\":\"a\",\"first\":5}", "f:3: first: a length of time such as \"30m\", "
						"\"2h\" or \"3d\" was expected, not 5"},
		{"{\"sla\":\"a\",\"frist\":\"1h\"}",
		 "f:3: unknown member 'frist': did you mean 'first'?"},
		{"{\"sla\":\"a\",\"if\":{\"x\":1}}", "f:3: unknown field 'x'"},
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct crm_rules *rules = crm_rules_new(&spec);
		struct crm_str text = CRM_STR_INIT;
		struct crm_err err = {.text = "it was taken"};
		enum crm_status rc;

		crm_str_addf(&text, "# a comment\r\n{\"rule\":\"first\"}\r\n%s", cases[i].line);
		rc = crm_rules_parse(rules, "f", (struct crm_slice){text.ptr, text.len}, &err);
		if (rc == CRM_OK)
			rc = crm_rules_ready(rules, NULL, NULL, &err);
		is_str(err.text, cases[i].error, cases[i].line);
		is_int(rc, CRM_CONFIG, "it is an error of configuration");
		crm_str_release(&text);
		crm_rules_free(rules);
	}
}

static struct crm_rules *load(const char *ours, const char *user)
{
	struct crm_rules *rules = crm_rules_new(&spec);
	struct crm_err err = {.text = ""};
	enum crm_status rc = crm_rules_parse(rules, "ours", crm_slice_of(ours), &err);

	if (rc == CRM_OK && user)
		rc = crm_rules_parse(rules, "user", crm_slice_of(user), &err);
	if (rc == CRM_OK)
		rc = crm_rules_ready(rules, NULL, NULL, &err);
	if (!ok(rc == CRM_OK, "the rules are read"))
		printf("# %s\n", err.text);
	return rules;
}

/* The names of the rules that hold of somebody of whom all is known. */
static struct crm_judge *fired(const struct crm_rules *rules, struct crm_value *row,
			       const char *want, const char *title)
{
	struct crm_judge *j = crm_judge_new(rules);
	struct crm_str names = CRM_STR_INIT;

	fill(row);
	crm_judge_begin(j, row, NOW);
	crm_judge_apply(j);
	crm_judge_json(j, &names);
	is_str(names.ptr, want, title);
	crm_str_release(&names);
	return j;
}

static void test_order(void)
{
	struct crm_rules *rules =
		load("{\"rule\":\"a\",\"do\":{\"queue\":\"one\"}}\n"
		     "{\"rule\":\"b\",\"do\":{\"queue\":\"two\"}}\n"
		     "{\"rule\":\"c\"}\n",
		     "\xEF\xBB\xBF{\"rule\":\"d\",\"do\":{\"queue\":\"four\"}}\n\n"
		     "{\"rule\":\"b\",\"do\":{\"skills\":\"x\"}}\n"
		     "{\"rule\":\"c\",\"off\":true}");
	struct crm_value row[FIELDS] = {0};
	struct crm_judge *j = fired(rules, row, "[\"a\",\"b\",\"d\"]",
				    "a user's line takes the place of ours; new ones come after");
	size_t n;

	is_str(crm_judge_value(j, DO_QUEUE)->text.ptr, "four", "the last rule that sets it counts");
	is_str(crm_rules_name(rules, (size_t)crm_judge_by(j, DO_QUEUE)), "d", "and is named");
	is_int(crm_judge_by(j, DO_PRIORITY), -1, "nobody set the priority");
	is_str(crm_judge_list(j, DO_SKILLS, &n)[0].ptr, "x", "a list with one text");
	is_int((long long)n, 1, "and no more");
	crm_judge_free(j);
	crm_rules_free(rules);
}

static void test_before(void)
{
	struct crm_rules *rules = load("{\"rule\":\"a\"}\n{\"rule\":\"b\"}\n{\"rule\":\"c\"}\n",
				       "{\"rule\":\"x\",\"before\":\"b\"}\n"
				       "{\"rule\":\"z\"}\n"
				       "{\"rule\":\"y\",\"before\":\"b\"}\n"
				       "{\"rule\":\"w\",\"before\":\"a\"}\n"
				       "{\"rule\":\"b\"}\n");
	struct crm_value row[FIELDS] = {0};
	struct crm_err err;

	crm_judge_free(fired(rules, row, "[\"w\",\"a\",\"x\",\"y\",\"b\",\"c\",\"z\"]",
			     "a line of the user may stand before one of ours"));
	crm_rules_free(rules);
	rules = load("{\"rule\":\"a\"}\n{\"rule\":\"b\"}\n", NULL);
	crm_rules_parse(rules, "user", crm_slice_of("{\"rule\":\"b\",\"before\":\"a\"}"), &err);
	is_str(err.text,
	       "user:1: rule 'b' takes the place of the one in ours:2, so it has no \"before\"",
	       "one that takes the place of another keeps it");
	crm_rules_free(rules);
}

static void test_actions(void)
{
	struct crm_rules *rules = load(
		"{\"rule\":\"a\",\"do\":{\"skills\":[\"x\",\"y\"],\"queue\":\"q\"}}\n"
		"{\"rule\":\"b\",\"do\":{\"skills\":[\"y\",\"z\"],\"queue\":null}}\n"
		"{\"rule\":\"c\",\"if\":{\"priority\":\"high\"},\"do\":{\"priority\":\"urgent\"}}\n"
		"{\"rule\":\"no\",\"if\":{\"priority\":\"high\"}}\n"
		"{\"rule\":\"d\",\"if\":{\"priority\":\"urgent\"},\"stop\":true}\n"
		"{\"rule\":\"e\"}\n",
		NULL);
	struct crm_value row[FIELDS] = {0};
	struct crm_judge *j = fired(rules, row, "[\"a\",\"b\",\"c\",\"d\"]",
				    "a rule sees what earlier ones set, and stop ends it");
	size_t n;

	crm_judge_list(j, DO_SKILLS, &n);
	is_int((long long)n, 3, "lists grow, each text once");
	ok(!crm_judge_value(j, DO_QUEUE)->there, "null takes back what was set");
	is_int(crm_judge_value(j, DO_PRIORITY)->n, 3, "a level is its number");
	row[PRIORITY].n = 0;
	crm_judge_begin(j, row, NOW);
	crm_judge_apply(j);
	crm_judge_fired(j, &n);
	is_int((long long)n, 3, "nothing of the subject before is left");
	ok(!crm_judge_value(j, DO_PRIORITY)->there, "nor what was set");
	crm_judge_free(j);
	crm_rules_free(rules);
}

static void test_need(void)
{
	int before = slas;
	struct crm_rules *rules = load("{\"rule\":\"a\",\"if\":{\"not\":{\"known\":true}}}\n"
				       "{\"sla\":\"s\",\"if\":{\"waiting\":{\">\":\"1h\"},"
				       "\"line.shop\":\"x\"},\"first\":\"2h\"}\n"
				       "{\"sla\":\"old\",\"off\":true,\"bogus\":1}\n",
				       NULL);
	struct crm_value row[FIELDS + 1] = {0};
	struct crm_judge *j;

	ok(crm_rules_need(rules, KNOWN) && crm_rules_need(rules, WAITING)
		   && !crm_rules_need(rules, TEXT),
	   "what no condition asks for need not be found out");
	is_int((long long)crm_rules_slots(rules), FIELDS + 1, "a slot for each open name");
	is_str(crm_rules_slot_name(rules, FIELDS), "line.shop", "which has it");
	is_int(slas - before, 1, "lines of other kinds go to who reads them");
	is_int(sla_first, 7200000, "who reads lengths of time");
	fill(row);
	row[FIELDS] = (struct crm_value){.there = true, .text = CRM_SLICE("X")};
	j = crm_judge_new(rules);
	crm_judge_begin(j, row, NOW);
	ok(crm_judge_holds(j, sla_condition), "and conditions, which hold");
	ok(crm_judge_holds(j, CRM_ALWAYS), "or always do");
	row[FIELDS].there = false;
	crm_judge_begin(j, row, NOW);
	ok(!crm_judge_holds(j, sla_condition), "or do not");
	crm_judge_free(j);
	crm_rules_free(rules);
}

static void note_problem(void *data, bool error, const char *text)
{
	crm_str_addf(data, "%s %s\n", error ? "error" : "note", text);
}

static void test_problems(void)
{
	struct crm_rules *rules = crm_rules_new(&spec);
	struct crm_str said = CRM_STR_INIT;
	struct crm_err err;

	crm_rules_parse(rules, "f",
			crm_slice_of("{\"rule\":\"a\",\"if\":{\"x\":1}}\n"
				     "{\"rule\":\"b\",\"if\":{\"known\":true}}\n"
				     "{\"rule\":\"c\",\"do\":{\"queue\":1}}\n"
				     "{\"rule\":\"d\",\"stop\":true}\n"
				     "{\"rule\":\"e\",\"do\":{\"queue\":\"q\"}}\n"),
			&err);
	is_int(crm_rules_ready(rules, note_problem, &said, &err), CRM_CONFIG, "errors are errors");
	is_str(said.ptr,
	       "error f:1: unknown field 'x'\n"
	       "note f:2: rule 'b' does nothing: it has no \"do\"\n"
	       "error f:3: queue: text in quotes was expected, not 1\n"
	       "note f:5: rule 'e' is never reached: 'd' always stops\n",
	       "all that is wrong is listed, in the order of lines");
	is_str(err.text, "f:1: unknown field 'x'", "the first error is the one returned");
	crm_str_release(&said);
	crm_rules_free(rules);
}

int main(void)
{
	struct crm_err err;
	struct crm_rules *rules = crm_rules_new(&spec);

	is_int(crm_rules_read(rules, "/no/such/file", &err), CRM_NO_INPUT, "no file");
	is_str(err.text, "cannot open '/no/such/file': No such file or directory", "by its name");
	crm_rules_free(rules);
	test_operators();
	test_condition_errors();
	test_line_errors();
	test_order();
	test_before();
	test_actions();
	test_need();
	test_problems();
	return done();
}
