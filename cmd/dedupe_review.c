/* SPDX-License-Identifier: MIT */
/*
 * crm-dedupe --review: pairs for a human to decide on, as lines to be answered and piped into
 * crm-merge, or one by one at a terminal, a key for each. An answer is stored when the key is
 * pressed. Only the decision is: crm-dedupe joins nobody.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/columns.h"
#include "dedupe.h"
#include "link/review.h"
#include "store/decision.h"

struct session {
	struct cli *cli;
	struct crm_db *db;
	const struct crm_link *link;
	const struct crm_question *questions;
	size_t n;
	char *answer; /* to each question: y, n, ? or 0 */
	bool *stored; /* by us: it may have been decided the same way before */
	struct crm_str out;
};

static void say(struct session *s)
{
	cli_write(&s->out);
	cli_flush();
	crm_str_clear(&s->out);
}

static void ask(struct session *s, size_t i)
{
	const struct crm_question *q = &s->questions[i];

	crm_str_addf(&s->out, "\n%zu of %zu: %.1f bits, a probability of %.3g; ", i + 1, s->n,
		     q->weight, crm_probability(q->weight));
	if (q->alike > 1)
		crm_str_addf(&s->out, "%llu pairs agree in the same way\n",
			     (unsigned long long)q->alike);
	else
		crm_str_adds(&s->out, "no other pair agrees in the same way\n");
	crm_review_text(s->link, q, crm_columns_terminal(), &s->out);
	crm_str_adds(&s->out, "One person? [y]es [n]o [?] cannot tell [u]ndo [q]uit ");
	say(s);
}

static enum crm_status store(struct session *s, size_t i, char key)
{
	const struct crm_question *q = &s->questions[i];
	enum crm_status rc = crm_db_begin(s->db);

	if (rc == CRM_OK)
		rc = crm_decision_put(s->db, s->link->people->profile[q->a],
				      s->link->people->profile[q->b], key == 'y', cli_actor(s->cli),
				      "review", &s->stored[i]);
	if (rc == CRM_OK)
		rc = crm_db_commit(s->db);
	crm_db_rollback(s->db);
	return rc == CRM_OK ? CRM_OK : cli_fail(s->cli, crm_db_err(s->db));
}

static enum crm_status take_back(struct session *s, size_t i)
{
	const struct crm_question *q = &s->questions[i];
	enum crm_status rc = CRM_OK;

	if (s->stored[i]) {
		if ((rc = crm_db_begin(s->db)) == CRM_OK)
			rc = crm_decision_take_back(s->db, s->link->people->profile[q->a],
						    s->link->people->profile[q->b],
						    cli_actor(s->cli));
		if (rc == CRM_OK)
			rc = crm_db_commit(s->db);
		crm_db_rollback(s->db);
	}
	s->answer[i] = 0;
	s->stored[i] = false;
	return rc == CRM_OK ? CRM_OK : cli_fail(s->cli, crm_db_err(s->db));
}

/* Told to end: the terminal is to be left as it was found. */
static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static void catch_ends(void)
{
	struct sigaction action = {.sa_handler = end}; /* without SA_RESTART: read is cut short */

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* The next key that means something; q also when there are no more, and for ^C, which no
 * signal is made of while the terminal is ours. */
static char read_key(void)
{
	static const char yes[] = "yY", no[] = "nN", unsure[] = "?", undo[] = "uU",
			  quit[] = "qQ\x03\x04";
	static const char *const keys[] = {yes, no, unsure, undo, quit};
	char c;

	for (;;) {
		ssize_t n = ended ? 0 : read(STDIN_FILENO, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 'q';
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			for (const char *k = keys[i]; *k; k++)
				if (*k == c)
					return keys[i][0];
	}
}

static void echo(struct session *s, const char *word)
{
	crm_str_adds(&s->out, word);
	crm_str_addc(&s->out, '\n');
	say(s);
}

/* Asks from question to question; u goes back by one. */
static enum crm_status converse(struct session *s)
{
	enum crm_status rc = CRM_OK;
	size_t i = 0;

	while (i < s->n && rc == CRM_OK) {
		char key;

		ask(s, i);
		key = read_key();
		if (key == 'q') {
			echo(s, "quit");
			break;
		}
		if (key == 'u') {
			echo(s, i ? "undo" : "there is nothing to undo");
			if (i > 0)
				rc = take_back(s, --i);
			continue;
		}
		if (key != '?')
			rc = store(s, i, key);
		s->answer[i++] = key;
		echo(s, key == 'y' ? "yes" : key == 'n' ? "no" : "cannot tell");
	}
	return rc;
}

static void sum_up(const struct session *s)
{
	size_t yes = 0, no = 0;

	for (size_t i = 0; i < s->n; i++) {
		yes += s->answer[i] == 'y';
		no += s->answer[i] == 'n';
	}
	cli_note(s->cli, "%zu yes, %zu no%s", yes, no,
		 yes ? "; crm-dedupe | crm-merge joins those that are one" : "");
}

static enum crm_status interview(struct session *s)
{
	struct termios before, raw;
	enum crm_status rc;

	if (tcgetattr(STDIN_FILENO, &before)) {
		cli_error(s->cli, "cannot set up the terminal");
		return CRM_IO;
	}
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	catch_ends();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	s->answer = crm_calloc(s->n + 1, sizeof(*s->answer));
	s->stored = crm_calloc(s->n + 1, sizeof(*s->stored));
	rc = converse(s);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	sum_up(s);
	free(s->answer);
	free(s->stored);
	return rc;
}

enum crm_status dedupe_review(struct cli *cli, struct crm_db *db, const struct crm_link *link,
			      double threshold, size_t n, uint64_t seed)
{
	struct session s = {.cli = cli, .db = db, .link = link, .out = CRM_STR_INIT};
	struct crm_question *questions;
	enum crm_status rc = CRM_OK;

	s.n = crm_review_choose(link, threshold, n, seed, &questions);
	s.questions = questions;
	if (!s.n)
		cli_note(cli, "nothing to ask: no undecided pair is near the threshold");
	else if (cli_is_terminal(STDIN_FILENO) && cli_is_terminal(STDOUT_FILENO))
		rc = interview(&s);
	else
		for (size_t i = 0; i < s.n; i++)
			crm_review_json(link, &questions[i], &s.out);
	cli_write(&s.out);
	crm_str_release(&s.out);
	free(questions);
	return rc;
}
