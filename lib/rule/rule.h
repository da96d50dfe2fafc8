/* SPDX-License-Identifier: MIT */
/*
 * rule: what is to be done when, in files of JSON lines that people write; crm-rules(5) is
 * their description.
 *
 *	{"rule":"vip","if":{"person.value":{">=":500}},"do":{"priority":"high"}}
 *	{"sla":"gold","if":{…},"first":"1h"}
 *
 * The first member of a line says of what kind it is and names it. Lines of kind rule are
 * ours; the other kinds belong to whoever declares them. The order of lines is the order of
 * rules. Files are read one over the other: a line takes the place of an earlier one of its
 * kind and name; other new ones come after all that is there, or before the line of their kind
 * that "before" names. "off":true takes a line out.
 *
 * Nothing here knows what a rule is about. The caller declares fields (what conditions may
 * ask), actions (what a rule may set) and kinds of lines. Conditions are checked against the
 * fields when they are read: an unknown name, or a value of the wrong type, is an error with
 * file and line. What is known of a subject is a row of values, one for each slot: slot i is
 * field i. A field whose name ends in ".*" stands for as many as rules name (line.shop): each
 * has a slot of its own after those.
 *
 * Life: new, read each file, ready; then everything is only read, by any thread. Each thread
 * has a struct crm_judge of its own, which judges one subject after the other.
 *
 *	crm_rules_new(&spec) · crm_rules_read(ours) · crm_rules_read(user's) · crm_rules_ready
 *	judge = crm_judge_new(rules);
 *	for each subject: values[…] = …; crm_judge_begin(judge, values, now);
 *			  crm_judge_apply(judge); crm_judge_value(judge, ACTION) …
 */
#ifndef CRM_RULE_H
#define CRM_RULE_H

#include "base/json.h"
#include "base/status.h"
#include "base/str.h"

enum crm_rule_type {
	CRM_RULE_TEXT,
	CRM_RULE_NUMBER,
	CRM_RULE_TIME,  /* an instant, ms */
	CRM_RULE_SPAN,  /* how long, ms: 90s, 30m, 2h, 3d (base/time.h) */
	CRM_RULE_CLOCK, /* a time of day, minutes since midnight */
	CRM_RULE_LEVEL, /* one of names, which rise: low, normal, high */
	CRM_RULE_BOOL
};

/* A field that conditions may ask, or what an action sets. */
struct crm_rule_field {
	const char *name;
	enum crm_rule_type type;
	const char *about;        /* a line for people */
	const char *const *names; /* of a level: from 0 */
	size_t n_names;
	bool list; /* of an action that is a text: each rule adds to it */
};

/* What is known of a field. The type is the field's. */
struct crm_value {
	bool there; /* false: it is not known; the rest does not count */
	union {
		struct crm_slice text; /* borrowed: while the subject is judged */
		double number;
		int64_t n; /* time, span, clock, level, bool */
	};
};

/* A line of another kind, on its way to whoever reads that kind. Borrowed for the call. */
struct crm_rule_line {
	struct crm_rules *rules;
	const char *name; /* the value of its first member */
	const char *file;
	int64_t line;
	const struct crm_json_doc *doc; /* the object is doc->values */
	struct crm_err *err;
};

struct crm_rule_kind {
	const char *kind; /* sla */
	const char *name; /* only lines of this name; NULL: of any */
	/* CRM_OK, or what crm_line_fail returned. */
	enum crm_status (*read)(const struct crm_rule_line *line, void *data);
	void *data;
};

struct crm_rule_spec { /* all borrowed: must outlive the rules */
	const struct crm_rule_field *fields;
	size_t n_fields;
	const struct crm_rule_field *actions;
	size_t n_actions;
	const struct crm_rule_kind *kinds;
	size_t n_kinds;
};

struct crm_rules;

/* New: free with crm_rules_free. Without a line no rule holds. */
struct crm_rules *crm_rules_new(const struct crm_rule_spec *spec);
void crm_rules_free(struct crm_rules *rules);
/* Reads a file over what is there. Only that it is lines of JSON objects of a known kind, with
 * no name twice, is checked here. CRM_NO_INPUT: there is no such file, CRM_CONFIG with
 * FILE:LINE, CRM_IO. */
enum crm_status crm_rules_read(struct crm_rules *rules, const char *path, struct crm_err *err);
/* Reads ours (a path; NULL: none), and over it DIR/rules/NAME, the user's; neither need be
 * there. */
enum crm_status crm_rules_read_both(struct crm_rules *rules, const char *ours, const char *dir,
				    const char *name, struct crm_err *err);
/* The same from text; name is what errors call it. */
enum crm_status crm_rules_parse(struct crm_rules *rules, const char *name, struct crm_slice text,
				struct crm_err *err);

/* Calls for each thing that is wrong with lines, in their order: text is "FILE:LINE: …". An
 * error keeps the rules from being used; the rest is surely not meant: a rule that does nothing,
 * or that is never reached. */
typedef void crm_rules_problem(void *data, bool error, const char *text);
/* Makes rules of all lines that were read, and hands the others to their kinds. Once, after
 * the last file. CRM_CONFIG with the first error; with problem (may be NULL) it is called for
 * all of them. */
enum crm_status crm_rules_ready(struct crm_rules *rules, crm_rules_problem *problem, void *data,
				struct crm_err *err);

size_t crm_rules_count(const struct crm_rules *rules);
const char *crm_rules_name(const struct crm_rules *rules, size_t rule);
/* Calls each for every text that some rule sets by an action. Borrowed: while the rules live. */
void crm_rules_each_text(const struct crm_rules *rules, size_t action,
			 void (*each)(void *data, const char *rule, struct crm_slice text),
			 void *data);
/* Does any condition ask for this field (a slot)? What none asks for need not be found out. */
bool crm_rules_need(const struct crm_rules *rules, size_t slot);
/* Slots of a row: all fields, then one for each name that a field in ".*" stands for. */
size_t crm_rules_slots(const struct crm_rules *rules);
/* The name of a slot: line.shop; of a field its own. */
const char *crm_rules_slot_name(const struct crm_rules *rules, size_t slot);
/* Of what type its value is to be. That of a name that a field in ".*" stands for is told by
 * what it is compared with: line.score may be a number, line.shop a text. */
enum crm_rule_type crm_rules_slot_type(const struct crm_rules *rules, size_t slot);

struct crm_judge;

/* New: for one thread, reused for any number of subjects. */
struct crm_judge *crm_judge_new(const struct crm_rules *rules);
void crm_judge_free(struct crm_judge *judge);

/* Begins with another subject. values is its row (crm_rules_slots of them), which must stay
 * as it is until the next one, but for what apply changes; now is in ms, for conditions within
 * and older. */
void crm_judge_begin(struct crm_judge *judge, struct crm_value *values, int64_t now);
/* Does a condition hold of it? See crm_line_condition. */
bool crm_judge_holds(struct crm_judge *judge, uint32_t condition);
/* Applies all rules in order. A rule whose condition holds sets what its "do" says: the last
 * that sets something counts, lists grow, null takes back; "stop" ends it. An action that has
 * the name and the type of a field also changes its value for the rules that follow, in
 * values. */
void crm_judge_apply(struct crm_judge *judge);

/* What was set: not there when no rule did. Borrowed, as all of these: until the next
 * subject. */
const struct crm_value *crm_judge_value(const struct crm_judge *judge, size_t action);
/* The rule that set it; -1: none. */
int64_t crm_judge_by(const struct crm_judge *judge, size_t action);
/* Of an action that is a list: its *n texts, each once, in the order they were added. */
const struct crm_slice *crm_judge_list(const struct crm_judge *judge, size_t action, size_t *n);
/* The *n rules that held, in order. */
const uint32_t *crm_judge_fired(const struct crm_judge *judge, size_t *n);
/* Appends their names as a JSON array. */
void crm_judge_json(const struct crm_judge *judge, struct crm_str *out);

/*
 * For whoever reads lines of a kind of their own.
 */
#define CRM_ALWAYS 0 /* the condition that holds of everything */

/* FILE:LINE: and the text; returns CRM_CONFIG. */
enum crm_status crm_line_fail(const struct crm_rule_line *line, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Fails for a member that is none of names (n of them), with the nearest of these. The first
 * member, "off" and "before" are never wrong. */
enum crm_status crm_line_members(const struct crm_rule_line *line, const char *const *names,
				 size_t n);
/* The members of a line, or dflt where there is none; CRM_CONFIG for one of another type.
 * Texts are borrowed: valid while the rules live. */
enum crm_status crm_line_text(const struct crm_rule_line *line, const char *member,
			      const char *dflt, const char **out);
enum crm_status crm_line_number(const struct crm_rule_line *line, const char *member, double dflt,
				double *out);
/* A length of time in ms; "30m". */
enum crm_status crm_line_duration(const struct crm_rule_line *line, const char *member,
				  int64_t dflt, int64_t *out);
enum crm_status crm_line_bool(const struct crm_rule_line *line, const char *member, bool dflt,
			      bool *out);
/* The condition of a member, "if"; CRM_ALWAYS where there is none. */
enum crm_status crm_line_condition(const struct crm_rule_line *line, const char *member,
				   uint32_t *out);

/* Of n names the one that is most like name, or NULL when none is much alike. */
const char *crm_nearest(struct crm_slice name, const char *const *names, size_t n);

#endif
