/* SPDX-License-Identifier: MIT */
/*
 * crm-merge: makes one person of two, and two of one.
 *
 * Lines that came with one read are one transaction, and what they give is written after
 * its commit: a line that was printed is in the store. Killed in between, the same lines
 * can be given again; those that are done already change nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "filter.h"
#include "store/golden.h"
#include "store/people.h"

enum {
	OPT_UNDO = CLI_LONG,
	OPT_AGAIN,
	OPT_SPLIT,
	OPT_LOG,
	OPT_DECIDE,
	OPT_REASON,
	OPT_ACTOR
};

static const struct cli_option options[] = {
	{'t', "threshold", "P", "merge matches of at least this probability (0.95)"},
	{'n', "dry-run", NULL, "say what would be done, change nothing"},
	{OPT_DECIDE, "decide", "yes|no", "a human's word on the pairs; yes merges"},
	{OPT_UNDO, "undo", "LINK", "undo a merge or a split; -: the links on stdin"},
	{OPT_AGAIN, "again", NULL, "with --undo: it may be merged again later"},
	{OPT_SPLIT, "split", "PROFILE", "make a person of its own of a profile"},
	{OPT_LOG, "log", NULL, "list the links of PERSON, or all"},
	{OPT_REASON, "reason", "TEXT", "why, for the log"},
	{OPT_ACTOR, "actor", "NAME", "who, for the log ($USER)"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-merge",
	.purpose = "link profiles to one person, undo it, split a profile off",
	.synopsis = "[FILE ...] | --log [PERSON]",
	.options = options,
	.example = "  crm-dedupe | crm-merge --threshold 0.99",
};

enum mode {
	MODE_LINES,
	MODE_UNDO,
	MODE_UNDO_LINES,
	MODE_SPLIT,
	MODE_LOG
};

struct merger {
	struct cli *cli;
	struct crm_db *db;
	struct crm_golden_rules *rules;
	struct crm_golden golden;
	struct crm_merge merge;
	struct crm_parted parted;
	struct crm_json_doc doc;
	struct crm_str out, reason;

	enum mode mode;
	int64_t id; /* of --undo, --split, --log */
	double threshold;
	bool dry, again;
	bool begun; /* dry: what all lines would do is undone together at the end */
	int decide; /* 1 yes, 0 no, -1 not given */
	const char *why, *actor;

	struct filter in;
	/* lines = merged + same + below + refused + decided + open + undone + set aside + passed */
	uint64_t merged, same, below, refused, decided, open, undone, passed;
};

/* ---- what is written ---- */

static void put_persons(struct crm_str *out, const char *key, const struct crm_ids *ids)
{
	crm_json_key(out, key);
	crm_json_open(out, '[');
	for (size_t i = 0; i < ids->n; i++)
		crm_json_int(out, ids->ids[i]);
	crm_json_close(out, ']');
}

/* Opens a record; the id of a link that will not be there tomorrow is not given out. */
static void open_record(struct merger *m, const char *type, int64_t link)
{
	crm_json_open(&m->out, '{');
	crm_json_put(&m->out, "type", type);
	if (m->dry) {
		crm_json_key(&m->out, "dry_run");
		crm_json_bool(&m->out, true);
	} else if (link) {
		crm_json_put_int(&m->out, "link", link);
	}
}

static void close_record(struct merger *m)
{
	crm_json_close(&m->out, '}');
	crm_str_addc(&m->out, '\n');
}

static void put_merge(struct merger *m, int64_t a, int64_t b, struct crm_slice evidence)
{
	open_record(m, "merge", m->merge.link);
	crm_json_put_int(&m->out, "person", m->merge.person);
	put_persons(&m->out, "absorbed", &m->merge.absorbed);
	crm_json_put_int(&m->out, "a", a);
	crm_json_put_int(&m->out, "b", b);
	crm_json_key(&m->out, "evidence");
	crm_json_raw(&m->out, evidence);
	crm_json_key(&m->out, "golden");
	crm_golden_json(&m->golden, &m->out);
	close_record(m);
}

static void put_refusal(struct merger *m, int64_t a, int64_t b)
{
	open_record(m, "refusal", 0);
	crm_json_put_int(&m->out, "a", a);
	crm_json_put_int(&m->out, "b", b);
	crm_json_put(&m->out, "reason", m->merge.refused_by);
	crm_json_put(&m->out, "detail", m->merge.detail.ptr);
	close_record(m);
}

static void put_decision(struct merger *m, int64_t a, int64_t b, bool same)
{
	open_record(m, "decision", 0);
	crm_json_put_int(&m->out, "a", a);
	crm_json_put_int(&m->out, "b", b);
	crm_json_put(&m->out, "decision", same ? "yes" : "no");
	close_record(m);
}

static void put_parted(struct merger *m, const char *type, int64_t undoes)
{
	open_record(m, type, m->parted.link);
	if (undoes)
		crm_json_put_int(&m->out, "undoes", undoes);
	if (m->parted.profile)
		crm_json_put_int(&m->out, "profile", m->parted.profile);
	put_persons(&m->out, "persons", &m->parted.persons);
	close_record(m);
}

/* ---- one line ---- */

struct request { /* what a line asks for */
	int64_t a, b;
	double probability; /* -1: it has none */
	int decision;       /* 1 yes, 0 no, -1 none */
	bool unanswered;    /* a question to a human, who has not decided it */
};

/* The answer to a review line of crm-dedupe: 1 yes, 0 no, -1 none; false: it is no answer. */
static bool read_answer(const struct crm_json_doc *doc, int *answer)
{
	static const struct {
		const char *text;
		int means;
	} answers[] = {{"y", 1}, {"yes", 1}, {"n", 0}, {"no", 0}, {"?", -1}, {"", -1}};
	const struct crm_json_value *v = crm_json_member(doc, doc->values, "answer");
	size_t i;

	*answer = -1;
	if (!v || v->type == CRM_JSON_NULL)
		return true;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (filter_is(doc, "answer", answers[i].text)) {
			*answer = answers[i].means;
			return true;
		}
	return false;
}

/* A probability; -1 when there is none. */
static double read_probability(const struct crm_json_doc *doc, const char *name)
{
	const struct crm_json_value *p = crm_json_member(doc, doc->values, name);

	/* A number ends at what ends it. */
	return p && p->type == CRM_JSON_NUMBER ? strtod(p->text.ptr, NULL) : -1;
}

/* Reads the line in m->doc. NULL, or why it cannot be used. */
static const char *read_request(struct merger *m, struct request *r)
{
	const struct crm_json_doc *doc = &m->doc;
	double grouped = read_probability(doc, "group_probability");
	int answer;

	*r = (struct request){.decision = m->decide};
	r->a = filter_id(doc, "a");
	r->b = filter_id(doc, "b");
	r->probability = read_probability(doc, "probability");
	if (!r->a || !r->b)
		return "a and b must be the ids of two profiles";
	if (r->a == r->b)
		return "a and b are the same profile";
	if (filter_is(doc, "decision", "yes"))
		r->decision = 1;
	else if (filter_is(doc, "decision", "no"))
		r->decision = 0;
	else if (crm_json_member(doc, doc->values, "decision"))
		return "decision must be \"yes\" or \"no\"";
	if (r->probability < 0 && filter_is(doc, "type", "match"))
		return "a match without a probability";
	if (r->probability > 1 || grouped > 1)
		return "a probability is from 0 to 1";
	if (grouped >= 0) /* what all of their group say counts, not the pair alone */
		r->probability = grouped;
	if (!filter_is(doc, "type", "review"))
		return NULL;
	if (!read_answer(doc, &answer))
		return "answer must be \"y\", \"n\" or \"?\"";
	r->decision = answer >= 0 ? answer : r->decision;
	r->unanswered = r->decision < 0;
	return NULL;
}

/* What the log will say when --reason does not. */
static const char *reason_for(struct merger *m, const struct request *r)
{
	crm_str_clear(&m->reason);
	if (m->why)
		crm_str_adds(&m->reason, m->why);
	else if (r->decision >= 0)
		crm_str_adds(&m->reason, "decision");
	else if (r->probability >= 0)
		crm_str_addf(&m->reason, "match, probability %.6g", r->probability);
	else
		crm_str_adds(&m->reason, "asked for");
	return m->reason.ptr;
}

static enum crm_status merge_pair(struct merger *m, const struct request *r, bool told)
{
	struct crm_slice evidence = m->doc.values[0].text;
	struct crm_act act = {m->actor, reason_for(m, r), evidence};
	enum crm_status rc;

	rc = crm_people_merge(m->db, r->a, r->b, r->decision == 1, &act, &m->merge);
	if (rc != CRM_OK)
		return rc;
	if (m->merge.outcome == CRM_MERGE_SAME) {
		told ? m->decided++ : m->same++;
		return CRM_OK;
	}
	if (m->merge.outcome == CRM_MERGE_REFUSED) {
		m->refused++;
		put_refusal(m, r->a, r->b);
		return CRM_OK;
	}
	m->merged++;
	if ((rc = crm_golden_derive(m->db, m->rules, m->merge.person, &m->golden)) == CRM_OK)
		rc = crm_golden_store(m->db, &m->golden);
	put_merge(m, r->a, r->b, evidence);
	return rc;
}

/* A pair of profiles: first a human's word, if there is one, then the merge. */
static enum crm_status take_pair(struct merger *m, const struct request *r)
{
	bool told = false;
	enum crm_status rc;

	if (r->decision >= 0) {
		rc = crm_decision_put(m->db, r->a, r->b, r->decision, m->actor, m->why, &told);
		if (rc != CRM_OK)
			return rc;
		if (told)
			put_decision(m, r->a, r->b, r->decision);
	}
	if (r->decision == 0) {
		if ((rc = crm_people_check(m->db, r->a, r->b, true, &m->merge)) != CRM_OK)
			return rc;
		if (m->merge.outcome == CRM_MERGE_SAME)
			cli_note(m->cli,
				 "%s:%lld: noted, but %lld and %lld are one person now: see --log "
				 "%lld",
				 m->in.file, (long long)m->in.line, (long long)r->a,
				 (long long)r->b, (long long)m->merge.person);
		m->decided++;
		return CRM_OK;
	}
	if (r->decision < 0 && r->probability >= 0 && !(r->probability >= m->threshold)) {
		m->below++;
		return CRM_OK;
	}
	return merge_pair(m, r, told);
}

static enum crm_status undo_link(struct merger *m, int64_t link)
{
	struct crm_act act = {m->actor, m->why ? m->why : "undone", {NULL, 0}};
	enum crm_status rc = crm_people_undo(m->db, link, m->again, &act, &m->parted);

	if (rc == CRM_OK)
		rc = crm_golden_refresh(m->db, m->rules, m->parted.persons.ids,
					m->parted.persons.n);
	if (rc == CRM_OK)
		put_parted(m, "undo", link);
	return rc;
}

static enum crm_status take_undo(struct merger *m)
{
	enum crm_status rc;
	int64_t link = filter_id(&m->doc, "link");

	if (!link)
		return filter_aside(&m->in, "link must be the id of a link");
	if ((rc = undo_link(m, link)) == CRM_OK)
		m->undone++;
	return rc;
}

static enum crm_status take_line(struct merger *m, struct crm_slice line)
{
	const struct crm_json_value *type;
	struct request r;
	const char *why;

	if (!filter_scan(&m->in, &m->doc, line))
		return CRM_OK;
	if (m->mode == MODE_UNDO_LINES)
		return take_undo(m);
	type = crm_json_member(&m->doc, m->doc.values, "type");
	if (type && !filter_is(&m->doc, "type", "match") && !filter_is(&m->doc, "type", "review")) {
		m->passed++;
		filter_pass(line, &m->out);
		return CRM_OK;
	}
	if ((why = read_request(m, &r)))
		return filter_aside(&m->in, why);
	if (r.unanswered) {
		m->open++;
		return CRM_OK;
	}
	return take_pair(m, &r);
}

/* ---- files of lines ---- */

/* A batch is a transaction; dry, all of them are one. */
static enum crm_status take_batch(void *data)
{
	struct merger *m = data;
	enum crm_status rc = m->begun ? CRM_OK : crm_db_begin(m->db);
	struct crm_slice line;

	m->begun = m->dry;
	while (rc == CRM_OK && filter_next(&m->in, &line))
		rc = filter_fault(&m->in, m->db, take_line(m, line));
	if (rc == CRM_OK && !m->dry)
		rc = crm_db_commit(m->db);
	if (rc != CRM_OK)
		return cli_fail(m->cli, crm_db_err(m->db));
	cli_write(&m->out);
	cli_flush(); /* cli_finish finds what failed */
	crm_str_clear(&m->out);
	return CRM_OK;
}

static void sum_up(const struct merger *m)
{
	struct crm_str parts = CRM_STR_INIT;

	filter_count(&parts, m->merged, m->dry ? "would be merged" : "merged", " + ");
	filter_count(&parts, m->undone, m->dry ? "would be undone" : "undone", " + ");
	filter_count(&parts, m->same, "one person already", " + ");
	filter_count(&parts, m->decided, "decided", " + ");
	filter_count(&parts, m->open, "not answered", " + ");
	filter_count(&parts, m->below, "below the threshold", " + ");
	filter_count(&parts, m->refused, "refused", " + ");
	filter_count(&parts, m->in.aside, "set aside", " + ");
	filter_count(&parts, m->passed, "passed on", " + ");
	cli_note(m->cli, "%llu line%s%s%s", (unsigned long long)m->in.lines,
		 m->in.lines == 1 ? "" : "s", parts.len ? " = " : "", parts.ptr);
	crm_str_release(&parts);
}

static enum crm_status take_files(struct merger *m)
{
	enum crm_status rc = filter_run(&m->in, m->cli, NULL, take_batch, m);

	crm_db_rollback(m->db);
	if (rc != CRM_OK)
		return rc;
	sum_up(m);
	return m->refused || m->in.aside ? CRM_ASIDE : CRM_OK;
}

/* ---- undo, split, log ---- */

static enum crm_status take_one(struct merger *m)
{
	struct crm_act act = {m->actor, m->why ? m->why : "split off", {NULL, 0}};
	enum crm_status rc = crm_db_begin(m->db);

	if (rc == CRM_OK && m->mode == MODE_UNDO) {
		rc = undo_link(m, m->id);
	} else if (rc == CRM_OK) {
		rc = crm_people_split(m->db, m->id, &act, &m->parted);
		if (rc == CRM_OK)
			rc = crm_golden_refresh(m->db, m->rules, m->parted.persons.ids,
						m->parted.persons.n);
		if (rc == CRM_OK)
			put_parted(m, "split", 0);
	}
	if (rc == CRM_OK && !m->dry)
		rc = crm_db_commit(m->db);
	if (rc != CRM_OK)
		rc = cli_fail(m->cli, crm_db_err(m->db));
	else
		cli_write(&m->out);
	crm_db_rollback(m->db);
	return rc;
}

static void put_id(struct crm_str *out, const char *key, int64_t id)
{
	if (id)
		crm_json_put_int(out, key, id);
}

static void print_link(const struct crm_link *link, void *data)
{
	struct merger *m = data;
	struct crm_str at = CRM_STR_INIT;

	crm_time_format(link->at, 0, &at);
	crm_str_clear(&m->out);
	crm_json_open(&m->out, '{');
	crm_json_put(&m->out, "type", "link");
	crm_json_put_int(&m->out, "link", link->id);
	crm_json_put(&m->out, "kind", link->kind);
	put_id(&m->out, "person_a", link->a);
	put_id(&m->out, "person_b", link->b);
	put_id(&m->out, "profile", link->profile);
	put_id(&m->out, "undoes", link->undoes);
	put_id(&m->out, "undone_by", link->undone_by);
	crm_json_put(&m->out, "at", at.ptr);
	crm_json_put(&m->out, "actor", link->actor);
	crm_json_put(&m->out, "reason", link->reason);
	if (link->evidence) {
		crm_json_key(&m->out, "evidence");
		crm_json_raw(&m->out, crm_slice_of(link->evidence));
	}
	close_record(m);
	cli_write(&m->out);
	crm_str_release(&at);
}

static enum crm_status print_log(struct merger *m)
{
	enum crm_status rc;

	if ((rc = crm_db_begin_read(m->db)) == CRM_OK)
		rc = crm_link_each(m->db, m->id, print_link, m);
	crm_db_rollback(m->db);
	return rc == CRM_OK ? CRM_OK : cli_fail(m->cli, crm_db_err(m->db));
}

/* ---- options ---- */

static double parse_threshold(struct cli *cli)
{
	char *end;
	double p = strtod(cli->arg, &end);

	if (end == cli->arg || *end || !(p >= 0 && p <= 1))
		cli_usage(cli, "--threshold takes a probability from 0 to 1, not '%s'", cli->arg);
	return p;
}

static void set_mode(struct merger *m, enum mode mode)
{
	if (m->mode != MODE_LINES)
		cli_usage(m->cli, "--undo, --split and --log go one at a time");
	m->mode = mode;
}

static void parse_option(struct merger *m, int c)
{
	struct cli *cli = m->cli;

	switch (c) {
	case 't':
		m->threshold = parse_threshold(cli);
		break;
	case 'n':
		m->dry = true;
		break;
	case OPT_UNDO:
		set_mode(m, strcmp(cli->arg, "-") ? MODE_UNDO : MODE_UNDO_LINES);
		if (m->mode == MODE_UNDO)
			m->id = cli_number(cli, "undo", 1, INT64_MAX);
		break;
	case OPT_AGAIN:
		m->again = true;
		break;
	case OPT_SPLIT:
		set_mode(m, MODE_SPLIT);
		m->id = cli_number(cli, "split", 1, INT64_MAX);
		break;
	case OPT_LOG:
		set_mode(m, MODE_LOG);
		break;
	case OPT_DECIDE:
		if (strcmp(cli->arg, "yes") && strcmp(cli->arg, "no"))
			cli_usage(cli, "--decide takes yes or no, not '%s'", cli->arg);
		m->decide = cli->arg[0] == 'y';
		break;
	case OPT_REASON:
		m->why = cli->arg;
		break;
	case OPT_ACTOR:
		m->actor = cli->arg;
		break;
	}
}

/* What fits no line of the synopsis is a misunderstanding. */
static void check_usage(struct merger *m)
{
	struct cli *cli = m->cli;

	if (m->again && m->mode != MODE_UNDO && m->mode != MODE_UNDO_LINES)
		cli_usage(cli, "--again goes with --undo");
	if (m->decide >= 0 && m->mode != MODE_LINES)
		cli_usage(cli, "--decide is about pairs of profiles: give {\"a\":…,\"b\":…} lines");
	if (m->mode == MODE_LOG && cli->argc) {
		if (cli->argc > 1)
			cli_usage(cli, "--log takes one person");
		cli->arg = cli->argv[0];
		m->id = cli_number(cli, "log", 1, INT64_MAX);
	} else if (cli->argc && (m->mode == MODE_UNDO || m->mode == MODE_SPLIT)) {
		cli_usage(cli, "'%s' is one too many", cli->argv[0]);
	}
	if ((m->mode == MODE_LINES || m->mode == MODE_UNDO_LINES) && !cli->argc
	    && cli_is_terminal(STDIN_FILENO))
		cli_usage(cli, "standard input is a terminal: pipe lines of crm-dedupe in");
}

static enum crm_status work(struct merger *m)
{
	enum crm_status rc;

	if (m->mode == MODE_LOG)
		return print_log(m);
	if ((rc = cli_golden_rules(m->cli, &m->rules)) != CRM_OK)
		return rc;
	return m->mode == MODE_UNDO || m->mode == MODE_SPLIT ? take_one(m) : take_files(m);
}

static void release(struct merger *m)
{
	crm_golden_rules_free(m->rules);
	crm_golden_release(&m->golden);
	crm_merge_release(&m->merge);
	crm_ids_release(&m->parted.persons);
	crm_json_doc_release(&m->doc);
	crm_str_release(&m->out);
	crm_str_release(&m->reason);
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct merger m = {.cli = &cli,
			   .golden = CRM_GOLDEN_INIT,
			   .merge = CRM_MERGE_INIT,
			   .out = CRM_STR_INIT,
			   .reason = CRM_STR_INIT,
			   .threshold = 0.95,
			   .decide = -1};
	enum crm_status rc;
	int c;

	cli_start(&cli, &command, argc, argv);
	m.actor = cli_actor(&cli);
	while ((c = cli_option(&cli)) != -1)
		parse_option(&m, c);
	check_usage(&m);
	rc = cli_db_open(&cli, &m.db, m.mode == MODE_LOG ? CRM_DB_READ : CRM_DB_WRITE);
	if (rc == CRM_OK)
		rc = work(&m);
	release(&m);
	crm_db_close(m.db);
	return cli_finish(&cli, rc);
}
