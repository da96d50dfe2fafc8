/* SPDX-License-Identifier: MIT */
/*
 * crm-answer: the bot. Messages in; an answer out where an article answers them, a handover
 * where a person must.
 *
 * Lines that came with one read are one transaction, and what they give is written after its
 * commit. A line that is given again gives the same again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer/articles.h"
#include "answer/bot.h"
#include "base/time.h"
#include "filter.h"
#include "report/functions.h"

enum {
	OPT_MAX_AGE = CLI_LONG,
	OPT_CALIBRATION,
	OPT_CHECK
};

static const struct cli_option options[] = {
	{'a', "all", NULL, "read no lines: all that wait and that nobody has"},
	{'t', "threshold", "P", "answer from this confidence on (0.8)"},
	{'n', "dry-run", NULL, "say what would be done, change nothing"},
	{OPT_MAX_AGE, "max-age", "TIME", "leave messages older than this alone (3d)"},
	{OPT_CALIBRATION, "calibration", NULL, "how good the confidences of past answers were"},
	{OPT_CHECK, "check", NULL, "look the rules through, answer nothing"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-answer",
	.purpose = "answer messages from the knowledge base, or hand them over",
	.synopsis = "[-a]",
	.options = options,
	.example = "  crm-ingest --channel email ~/Maildir | crm-answer | crm-route | crm-reply\n"
		   "  crm-answer --all --dry-run --threshold 0.9",
};

enum mode {
	MODE_LINES,
	MODE_ALL,
	MODE_CALIBRATION,
	MODE_CHECK
};

struct answerer {
	struct cli *cli;
	struct crm_db *db;
	struct crm_terms *terms;
	struct crm_policy *policy;
	struct crm_journal *journal;
	struct crm_bot bot;
	struct crm_json_doc doc;
	struct crm_str out, line, dir;
	enum mode mode;
	double threshold;
	int64_t max_age;
	bool dry;
	struct filter in;
	uint64_t verdicts[4], problems; /* lines = verdicts and set aside */
};

/* ---- a message ---- */

/* The event that a line of type message is about; 0: it is none. */
static int64_t event_of(const struct crm_json_doc *doc)
{
	return filter_is(doc, "type", "message") ? filter_id(doc, "id") : 0;
}

static enum crm_status take_message(struct answerer *a, int64_t event,
				    const struct crm_json_doc *line, enum crm_bot_verdict *verdict)
{
	enum crm_status rc;

	crm_str_clear(&a->line);
	rc = crm_bot_message(&a->bot, event, line, &a->line, verdict);
	if (rc != CRM_OK)
		return rc;
	a->verdicts[*verdict]++;
	crm_str_add(&a->out, a->line.ptr, a->line.len);
	return CRM_OK;
}

static enum crm_status take_line(struct answerer *a, struct crm_slice line)
{
	enum crm_bot_verdict verdict = CRM_BOT_PASSED;
	enum crm_status rc = CRM_OK;
	int64_t event;

	if (!filter_scan(&a->in, &a->doc, line))
		return CRM_OK;
	if ((event = event_of(&a->doc)))
		rc = take_message(a, event, &a->doc, &verdict);
	else
		a->verdicts[CRM_BOT_PASSED]++;
	if (rc == CRM_OK && verdict == CRM_BOT_PASSED)
		filter_pass(line, &a->out);
	return rc;
}

/* ---- many ---- */

static enum crm_status begin(struct answerer *a)
{
	return a->dry ? crm_db_begin_read(a->db) : crm_db_begin(a->db);
}

static enum crm_status end(struct answerer *a, enum crm_status rc)
{
	if (rc == CRM_OK && !a->dry)
		rc = crm_journal_settle(a->journal);
	if (rc == CRM_OK && !a->dry)
		rc = crm_db_commit(a->db);
	if (rc != CRM_OK)
		cli_fail(a->cli, crm_db_err(a->db));
	crm_db_rollback(a->db);
	if (rc != CRM_OK)
		return rc;
	cli_write(&a->out);
	cli_flush(); /* cli_finish finds what failed */
	crm_str_clear(&a->out);
	return CRM_OK;
}

static enum crm_status take_batch(void *data)
{
	struct answerer *a = data;
	enum crm_status rc = begin(a);
	struct crm_slice line;

	while (rc == CRM_OK && filter_next(&a->in, &line))
		rc = filter_fault(&a->in, a->db, take_line(a, line));
	return end(a, rc);
}

#define AT_ONCE 500 /* messages in a transaction, so that others may write in between */

static enum crm_status take_waiting(struct answerer *a)
{
	struct crm_ids events = CRM_IDS_INIT;
	enum crm_status rc = crm_bot_waiting(a->db, &events);
	enum crm_bot_verdict verdict;

	if (rc != CRM_OK)
		cli_fail(a->cli, crm_db_err(a->db));
	for (size_t i = 0; i < events.n && rc == CRM_OK;) {
		rc = begin(a);
		for (size_t n = 0; n < AT_ONCE && i < events.n && rc == CRM_OK; n++) {
			a->in.lines++;
			rc = take_message(a, events.ids[i++], NULL, &verdict);
		}
		rc = end(a, rc);
		cli_progress(a->cli, i, events.n, "messages");
	}
	crm_ids_release(&events);
	return rc;
}

static void sum_up(const struct answerer *a)
{
	const char *would = a->dry ? "would be " : "";

	cli_note(a->cli,
		 "%llu line%s: %llu %sanswered, %llu %shanded over, %llu thanked, %llu %s%s",
		 (unsigned long long)a->in.lines, a->in.lines == 1 ? "" : "s",
		 (unsigned long long)a->verdicts[CRM_BOT_ANSWERED], would,
		 (unsigned long long)a->verdicts[CRM_BOT_HANDED_OVER], would,
		 (unsigned long long)a->verdicts[CRM_BOT_THANKED],
		 (unsigned long long)a->verdicts[CRM_BOT_PASSED],
		 a->mode == MODE_ALL ? "left alone" : "passed on",
		 a->in.aside ? ", some set aside" : "");
}

/* ---- calibration ---- */

static void put_share(struct crm_str *out, const char *key, double x, bool known)
{
	crm_json_key(out, key);
	if (known)
		crm_json_real(out, x, 4);
	else
		crm_json_raw(out, CRM_SLICE("null"));
}

static void put_bins(const struct crm_calibration *c, struct crm_str *out)
{
	crm_json_key(out, "bins");
	crm_json_open(out, '[');
	for (int i = 0; i < CRM_CONFIDENCE_BINS; i++) {
		double n = (double)c->bins[i].n;

		if (!c->bins[i].n)
			continue;
		crm_json_open(out, '{');
		put_share(out, "from", (double)i / CRM_CONFIDENCE_BINS, true);
		crm_json_put_int(out, "n", (int64_t)c->bins[i].n);
		put_share(out, "told", c->bins[i].told / n, true);
		put_share(out, "helped", (double)c->bins[i].helped / n, true);
		crm_json_close(out, '}');
	}
	crm_json_close(out, ']');
}

static enum crm_status print_calibration(struct answerer *a)
{
	struct crm_calibration c;
	struct crm_str as_of = CRM_STR_INIT;
	enum crm_status rc = crm_db_begin_read(a->db);

	if (rc == CRM_OK)
		rc = crm_confidence_review(a->db, &c);
	crm_db_rollback(a->db);
	if (rc != CRM_OK)
		return cli_fail(a->cli, crm_db_err(a->db));
	crm_time_format(crm_db_now(a->db), 0, &as_of);
	crm_json_open(&a->out, '{');
	crm_json_put(&a->out, "type", "calibration");
	crm_json_put(&a->out, "as_of", as_of.ptr);
	crm_json_put_int(&a->out, "n", (int64_t)c.n);
	put_share(&a->out, "helped", c.helped, c.n);
	put_share(&a->out, "brier", c.brier, c.n);
	put_share(&a->out, "brier_base", c.brier_base, c.n);
	put_share(&a->out, "error", c.error, c.n);
	put_bins(&c, &a->out);
	put_share(&a->out, "slope", c.now.slope, true);
	put_share(&a->out, "shift", c.now.shift, true);
	crm_json_put_int(&a->out, "learnt_from", (int64_t)c.now.outcomes);
	crm_json_close(&a->out, '}');
	crm_str_addc(&a->out, '\n');
	cli_write(&a->out);
	crm_str_release(&as_of);
	return CRM_OK;
}

/* ---- options ---- */

static void parse_option(struct answerer *a, int c)
{
	struct cli *cli = a->cli;
	char *after;

	switch (c) {
	case 'a':
		a->mode = MODE_ALL;
		break;
	case 't':
		a->threshold = strtod(cli->arg, &after);
		if (after == cli->arg || *after || !(a->threshold >= 0 && a->threshold <= 1))
			cli_usage(cli, "--threshold takes a probability from 0 to 1, not '%s'",
				  cli->arg);
		break;
	case 'n':
		a->dry = true;
		break;
	case OPT_MAX_AGE:
		if (!crm_duration_parse(cli->arg, strlen(cli->arg), &a->max_age))
			cli_usage(cli,
				  "--max-age takes a length of time such as 12h or 3d, not '%s'",
				  cli->arg);
		break;
	case OPT_CALIBRATION:
		a->mode = MODE_CALIBRATION;
		break;
	case OPT_CHECK:
		a->mode = MODE_CHECK;
		break;
	}
}

static void skipped(const char *file, const char *why, void *data)
{
	cli_error(((struct answerer *)data)->cli, "%s: %s", file, why);
}

static void problem(void *data, bool error, const char *text)
{
	struct answerer *a = data;

	(void)error;
	cli_error(a->cli, "%s", text);
	a->problems++;
}

/* The rules are read, the articles brought up to date. */
static enum crm_status prepare(struct answerer *a)
{
	bool checking = a->mode == MODE_CHECK;
	struct crm_str ours = CRM_STR_INIT, articles = CRM_STR_INIT;
	struct crm_articles_news news;
	struct crm_err err;
	enum crm_status rc = crm_functions_register(a->db);

	if (rc != CRM_OK)
		return cli_fail(a->cli, crm_db_err(a->db));
	cli_config_dir(a->cli, &a->dir);
	cli_own_data("rules", "answers", &ours);
	rc = crm_policy_load(&a->policy, a->db, ours.len ? ours.ptr : NULL, a->dir.ptr,
			     checking ? problem : NULL, a, &err);
	if (rc != CRM_OK && !checking)
		cli_fail(a->cli, &err);
	crm_str_addf(&articles, "%s/articles", a->dir.ptr);
	if (rc == CRM_OK
	    && (rc = crm_articles_refresh(a->db, articles.ptr, a->terms, skipped, a, &news))
		       != CRM_OK)
		cli_fail(a->cli, crm_db_err(a->db));
	if (rc == CRM_OK && !news.articles && !checking)
		cli_note(a->cli, "no articles in %s: every message is handed over", articles.ptr);
	crm_str_release(&ours);
	crm_str_release(&articles);
	return rc;
}

static enum crm_status work(struct answerer *a)
{
	enum crm_status rc;

	if ((rc = prepare(a)) != CRM_OK)
		return rc;
	if (a->mode == MODE_CHECK)
		return a->problems ? CRM_ASIDE : CRM_OK;
	if (a->mode == MODE_CALIBRATION)
		return print_calibration(a);
	if (!a->dry && (rc = crm_journal_open(&a->journal, a->db, command.name)) != CRM_OK)
		return cli_fail(a->cli, crm_db_err(a->db));
	crm_bot_init(&a->bot, a->db, a->terms, a->policy, a->journal);
	a->bot.threshold = a->threshold;
	a->bot.max_age = a->max_age;
	rc = a->mode == MODE_ALL ? take_waiting(a)
				 : filter_run(&a->in, a->cli, NULL, take_batch, a);
	if (rc == CRM_OK)
		sum_up(a);
	crm_bot_release(&a->bot);
	return rc == CRM_OK && a->in.aside ? CRM_ASIDE : rc;
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct answerer a = {.cli = &cli,
			     .doc = CRM_JSON_DOC_INIT,
			     .out = CRM_STR_INIT,
			     .line = CRM_STR_INIT,
			     .dir = CRM_STR_INIT,
			     .threshold = CRM_BOT_THRESHOLD,
			     .max_age = CRM_BOT_MAX_AGE};
	enum crm_status rc;
	int c;

	cli_start(&cli, &command, argc, argv);
	while ((c = cli_option(&cli)) != -1)
		parse_option(&a, c);
	if (cli.argc)
		cli_usage(&cli, "'%s' is one too many: messages come from standard input",
			  cli.argv[0]);
	if (a.mode == MODE_LINES && cli_is_terminal(STDIN_FILENO))
		a.mode = MODE_ALL;
	a.terms = crm_terms_new();
	if ((rc = cli_db_open(&cli, &a.db, CRM_DB_WRITE)) == CRM_OK)
		rc = work(&a);
	crm_journal_close(a.journal);
	crm_policy_free(a.policy);
	crm_terms_free(a.terms);
	crm_json_doc_release(&a.doc);
	crm_str_release(&a.out);
	crm_str_release(&a.line);
	crm_str_release(&a.dir);
	crm_db_close(a.db);
	return cli_finish(&cli, rc);
}
