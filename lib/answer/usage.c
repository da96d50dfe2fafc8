/* SPDX-License-Identifier: MIT */
/* Questions are put into groups one after the other, from the oldest, each into the group
 * that it shares most terms with: an index from terms to groups makes that a walk over the
 * few groups that have any of them. */
#include "answer/usage.h"

#include <stdlib.h>
#include <string.h>

#include "answer/confidence.h"
#include "answer/outcome.h"
#include "answer/terms.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"

#define TERMS_MAX 24 /* of a question; the rest does not count */

static const char sql_missing[] =
	"SELECT * FROM (SELECT a.event_id, a.conversation_id, a.at, a.terms, a.question, a.article"
	"  FROM answer AS a WHERE a.verdict = 'handed over'"
	"  AND a.reason IN ('unsure', 'no_article') AND a.terms <> '' AND a.at >= :since"
	"  AND a.at <= :now ORDER BY a.at DESC, a.event_id DESC LIMIT :most)"
	" ORDER BY at, event_id";
static const char sql_used[] =
	"WITH o AS (" CRM_OUTCOMES "),"
	" u AS (SELECT article, count(*) AS answered, count(helped) AS known,"
	"   sum(helped) AS helped, max(at) AS last FROM o GROUP BY article),"
	" h AS (SELECT article, count(*) AS n FROM answer WHERE verdict = 'handed over'"
	"   AND article IS NOT NULL AND at <= :now GROUP BY article),"
	" names AS (SELECT name FROM article UNION SELECT article FROM u)"
	" SELECT names.name, article.title, article.id IS NOT NULL, coalesce(u.answered, 0),"
	"  coalesce(u.known, 0), coalesce(u.helped, 0), coalesce(h.n, 0),"
	"  u.helped * 1.0 / nullif(u.known, 0), wilson_low(u.helped, u.known),"
	"  wilson_high(u.helped, u.known), u.last"
	" FROM names LEFT JOIN article ON article.name = names.name"
	" LEFT JOIN u ON u.article = names.name LEFT JOIN h ON h.article = names.name"
	" ORDER BY 4 DESC, names.name";

struct word {
	const char *text;
	uint32_t *groups; /* that have it */
	size_t n, cap;
};

struct tally { /* a word of a group */
	uint32_t word;
	uint32_t n;
};

struct group {
	struct tally *words;
	size_t n_words, cap_words;
	size_t questions, people;
	int64_t conversation; /* the last one counted */
	const char *examples[CRM_MISSING_EXAMPLES], *article;
	int64_t first, last;
	uint32_t shared; /* with the question at hand */
};

struct grouping {
	struct crm_arena arena;
	struct crm_table index; /* of words */
	struct word *words;
	struct group *groups;
	size_t n_words, cap_words, n_groups, cap_groups;
};

static uint32_t word_of(struct grouping *g, struct crm_slice text)
{
	uint64_t hash = crm_hash64(text.ptr, text.len);

	for (struct crm_probe p = crm_table_probe(&g->index, hash); crm_table_next(&g->index, &p);)
		if (crm_slice_is(text, g->words[p.index].text))
			return p.index;
	CRM_GROW(g->words, g->n_words + 1, g->cap_words);
	g->words[g->n_words] =
		(struct word){crm_arena_strndup(&g->arena, text.ptr, text.len), NULL, 0, 0};
	crm_table_add(&g->index, hash, (uint32_t)g->n_words);
	return (uint32_t)g->n_words++;
}

/* The words of a question, once each. */
static size_t words_of(struct grouping *g, struct crm_slice terms, uint32_t words[TERMS_MAX])
{
	struct crm_slice term;
	size_t n = 0, i;

	while (n < TERMS_MAX && crm_terms_next(&terms, &term)) {
		uint32_t word = word_of(g, term);

		for (i = 0; i < n && words[i] != word;)
			i++;
		if (i == n)
			words[n++] = word;
	}
	return n;
}

/* The group that shares most with the words; NULL: none shares half. */
static struct group *nearest(struct grouping *g, const uint32_t *words, size_t n)
{
	struct group *best = NULL;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < g->words[words[i]].n; j++) {
			struct group *at = &g->groups[g->words[words[i]].groups[j]];

			at->shared++;
			if (!best || at->shared > best->shared
			    || (at->shared == best->shared && at < best))
				best = at;
		}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < g->words[words[i]].n; j++) {
			struct group *at = &g->groups[g->words[words[i]].groups[j]];

			if (at != best)
				at->shared = 0;
		}
	if (best) {
		size_t shared = best->shared, least = n < best->n_words ? n : best->n_words;

		best->shared = 0;
		if (2 * shared < least || (shared < 2 && least > 1))
			best = NULL;
	}
	return best;
}

/* Counts the words of a question; only those that the group began with tell what it is about,
 * so that it does not grow to hold everything. */
static void count_words(struct grouping *g, struct group *to, const uint32_t *words, size_t n)
{
	bool first = !to->n_words;

	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		while (j < to->n_words && to->words[j].word != words[i])
			j++;
		if (j < to->n_words) {
			to->words[j].n++;
		} else if (first) {
			struct word *word = &g->words[words[i]];

			CRM_GROW(to->words, to->n_words + 1, to->cap_words);
			to->words[to->n_words++] = (struct tally){words[i], 1};
			CRM_GROW(word->groups, word->n + 1, word->cap);
			word->groups[word->n++] = (uint32_t)(to - g->groups);
		}
	}
}

static const char *keep(struct grouping *g, struct crm_slice s)
{
	return s.ptr ? crm_arena_strndup(&g->arena, s.ptr, s.len) : NULL;
}

static void take_question(struct grouping *g, sqlite3_stmt *st)
{
	int64_t conversation = sqlite3_column_int64(st, 1), at = sqlite3_column_int64(st, 2);
	uint32_t words[TERMS_MAX];
	size_t n = words_of(g, crm_column(st, 3), words);
	struct group *to = nearest(g, words, n);

	if (!to) {
		CRM_GROW(g->groups, g->n_groups + 1, g->cap_groups);
		to = &g->groups[g->n_groups++];
		*to = (struct group){.first = at};
	}
	count_words(g, to, words, n);
	to->questions++;
	to->people += to->conversation != conversation;
	to->conversation = conversation;
	to->last = at;
	to->article = keep(g, crm_column(st, 5));
	memmove(to->examples + 1, to->examples, (CRM_MISSING_EXAMPLES - 1) * sizeof(char *));
	to->examples[0] = keep(g, crm_column(st, 4));
}

static int by_tally(const void *a, const void *b)
{
	const struct tally *s = a, *t = b;

	return s->n != t->n ? (s->n < t->n ? 1 : -1) : (s->word > t->word) - (s->word < t->word);
}

static int by_size(const void *a, const void *b)
{
	const struct group *g = a, *h = b;

	if (g->questions != h->questions)
		return g->questions < h->questions ? 1 : -1;
	return g->first != h->first ? (g->first > h->first ? 1 : -1)
				    : strcmp(g->examples[0], h->examples[0]);
}

/* Hands out a group: with the words that at least half of its questions have. */
static void tell(struct grouping *g, struct group *group,
		 void (*each)(const struct crm_missing *, void *), void *data)
{
	struct crm_missing m = {.questions = group->questions,
				.people = group->people,
				.article = group->article,
				.first = group->first,
				.last = group->last};
	struct crm_str terms = CRM_STR_INIT;

	qsort(group->words, group->n_words, sizeof(*group->words), by_tally);
	for (size_t i = 0; i < group->n_words && 2 * group->words[i].n >= group->questions; i++)
		crm_str_addf(&terms, "%s%s", i ? " " : "", g->words[group->words[i].word].text);
	m.terms = terms.ptr;
	memcpy(m.examples, group->examples, sizeof(m.examples));
	each(&m, data);
	crm_str_release(&terms);
}

static void release(struct grouping *g)
{
	for (size_t i = 0; i < g->n_words; i++)
		free(g->words[i].groups);
	for (size_t i = 0; i < g->n_groups; i++)
		free(g->groups[i].words);
	free(g->words);
	free(g->groups);
	crm_table_release(&g->index);
	crm_arena_release(&g->arena);
}

enum crm_status crm_usage_missing(struct crm_db *db, int64_t since, size_t limit,
				  void (*each)(const struct crm_missing *, void *), void *data)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_missing);
	struct grouping g = {.arena = CRM_ARENA_INIT};
	bool row = true;
	enum crm_status rc;

	crm_bind_int(st, ":since", since);
	crm_bind_int(st, ":now", crm_db_now(db));
	crm_bind_int(st, ":most", CRM_MISSING_MOST);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		take_question(&g, st);
	if (g.n_groups)
		qsort(g.groups, g.n_groups, sizeof(*g.groups), by_size);
	for (size_t i = 0; i < g.n_groups && i < limit && rc == CRM_OK; i++)
		tell(&g, &g.groups[i], each, data);
	release(&g);
	return rc;
}

enum crm_status crm_usage_articles(struct crm_db *db, void (*each)(const struct crm_used *, void *),
				   void *data)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_used);
	bool row = true;
	enum crm_status rc;

	crm_bind_int(st, ":now", crm_db_now(db));
	crm_bind_int(st, ":quiet", CRM_CONFIDENCE_QUIET);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct crm_used used = {
			.name = crm_column(st, 0),
			.title = crm_column(st, 1),
			.exists = sqlite3_column_int(st, 2) != 0,
			.answered = sqlite3_column_int64(st, 3),
			.known = sqlite3_column_int64(st, 4),
			.helped = sqlite3_column_int64(st, 5),
			.handed_over = sqlite3_column_int64(st, 6),
			.rate = sqlite3_column_double(st, 7),
			.low = sqlite3_column_double(st, 8),
			.high = sqlite3_column_double(st, 9),
			.last = sqlite3_column_int64(st, 10),
		};

		each(&used, data);
	}
	return rc;
}
