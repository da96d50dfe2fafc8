/* SPDX-License-Identifier: MIT */
/* FTS5 finds, C compares: the terms of the sections that were found are few, and what is
 * asked about them (how much of the question, which example question) SQL cannot say. */
#include "answer/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "answer/kin.h"
#include "norm/language.h"

#define LOOKED_AT 40 /* sections */
#define TERMS 512    /* of a question */
/* Sections that the rarest terms stand in, together: these are enough to look for. The words
 * that half of all sections have would only make it slow; they count when what was found is
 * compared. */
#define SPREAD_MAX 2000
#define LANGUAGES 8
#define TEXT_MAX 20000 /* bytes of a question that count */
/* What a hit is sorted by: covers, like and rank with these weights, fitted with those of
 * answer/confidence.c. */
#define BY_COVERS 0.2
#define BY_LIKE 0.4
#define BY_RANK 0.4

struct term {
	struct crm_slice word;
	double weight;
	int64_t sections; /* that have it */
	int place;        /* in the question */
};

struct query {
	struct crm_db *db;
	struct crm_search *search;
	struct term terms[TERMS];
	size_t n;
	double total; /* weight of all terms */
	double sections;
	struct crm_str match;
	struct crm_slice language;
};

static const char sql_languages[] = "SELECT language FROM article WHERE language IS NOT NULL "
				    "GROUP BY language ORDER BY count(*) DESC, language";
static const char sql_count[] = "SELECT count(*) FROM article_section";
static const char sql_term[] = "SELECT sections FROM article_term WHERE term = :term";
/* The weights of title, questions, heading and body. */
static const char sql_search[] =
	"SELECT a.id, s.id, a.name, a.language, a.title, a.link, s.heading,"
	" CASE s.n WHEN 0 THEN a.answer ELSE s.text END, w.title, w.questions, w.heading, w.body,"
	" -f.score, a.answer FROM (SELECT rowid AS id, rank AS score FROM article_words"
	"   WHERE article_words MATCH :match AND rank MATCH 'bm25(4.0, 4.0, 2.0, 1.0)'"
	"   ORDER BY rank LIMIT :limit) AS f"
	" JOIN article_words AS w ON w.rowid = f.id JOIN article_section AS s ON s.id = f.id"
	" JOIN article AS a ON a.id = s.article_id ORDER BY f.score, a.name, s.n";

static enum crm_status count_of(struct query *q, struct crm_slice word, int64_t *n)
{
	sqlite3_stmt *st = crm_db_stmt(q->db, sql_term);

	crm_bind_slice(st, ":term", word);
	return crm_db_int(q->db, st, 0, n);
}

static double idf(double sections, double n)
{
	return log(1 + (sections - n + 0.5) / (n + 0.5));
}

static int by_weight(const void *a, const void *b)
{
	const struct term *s = a, *t = b;

	if (s->weight != t->weight)
		return s->weight < t->weight ? 1 : -1;
	return s->place - t->place;
}

static struct term *find_term(struct query *q, struct crm_slice word)
{
	for (size_t i = 0; i < q->n; i++)
		if (crm_slice_same(q->terms[i].word, word))
			return &q->terms[i];
	return NULL;
}

/* What FTS5 looks for, of terms in order of weight. */
static void put_match(struct query *q)
{
	int64_t spread = 0;

	for (size_t i = 0; i < q->n; i++) {
		const struct term *t = &q->terms[i];

		q->total += t->weight;
		if (!t->sections || (spread && spread + t->sections > SPREAD_MAX))
			continue;
		spread += t->sections;
		/* letters and digits alone: nothing in it is syntax */
		crm_str_addf(&q->match, "%s\"%.*s\"", q->match.len ? " OR " : "", (int)t->word.len,
			     t->word.ptr);
	}
}

static void add_term(struct query *q, struct crm_slice word, double weight, int64_t sections)
{
	if (q->n < TERMS && !find_term(q, word))
		q->terms[q->n++] = (struct term){word, weight, sections, (int)q->n};
}

/* A term that no article has: its parts share its weight, and what none of them explains keeps
 * the rest. */
static enum crm_status add_unknown(struct query *q, struct crm_slice word)
{
	double weight = idf(q->sections, 0), left = 1;
	struct crm_kin kin[CRM_KIN_MAX];
	size_t n = 0;
	enum crm_status rc = CRM_OK;

	if (crm_kin_has(q->search->language))
		rc = crm_kin_find(q->db, word, &q->search->arena, kin, &n);
	for (size_t i = 0; i < n && rc == CRM_OK; i++) {
		add_term(q, kin[i].word, weight * kin[i].share, kin[i].sections);
		left -= kin[i].share;
	}
	if (left > 0.01)
		add_term(q, word, weight * left, 0);
	return rc;
}

/* The terms of the question, once each, with their weights; those of most weight first. */
static enum crm_status weigh_terms(struct query *q)
{
	struct crm_slice rest = {q->search->terms.ptr, q->search->terms.len}, word;
	enum crm_status rc = CRM_OK;
	sqlite3_stmt *st = crm_db_stmt(q->db, sql_count);
	int64_t n = 0;

	rc = crm_db_int(q->db, st, 0, &n);
	q->sections = (double)n;
	while (rc == CRM_OK && q->n < TERMS && crm_terms_next(&rest, &word)) {
		if (find_term(q, word))
			continue;
		if ((rc = count_of(q, word, &n)) != CRM_OK)
			break;
		if (n)
			add_term(q, word, idf(q->sections, (double)n), n);
		else
			rc = add_unknown(q, word);
	}
	qsort(q->terms, q->n, sizeof(q->terms[0]), by_weight);
	q->n = q->n < CRM_SEARCH_TERMS ? q->n : CRM_SEARCH_TERMS;
	put_match(q);
	return rc;
}

/* The weight of text's terms that the question has too; marks them in seen. In *all: the
 * weight of all of text's terms, those that the question has not counted as its mean. */
static double common(struct query *q, struct crm_slice text, bool *seen, double *all)
{
	double mean = q->n ? q->total / (double)q->n : 0, sum = 0;
	bool own[CRM_SEARCH_TERMS] = {false};
	struct crm_slice word;

	while (crm_terms_next(&text, &word)) {
		struct term *t = find_term(q, word);

		if (!t && all && !crm_language_small(q->search->language, word))
			*all += mean;
		if (!t || own[t - q->terms])
			continue;
		own[t - q->terms] = true;
		sum += t->weight;
		if (all)
			*all += t->weight;
		if (seen)
			seen[t - q->terms] = true;
	}
	return sum;
}

/* How alike the question is to each line of text, at best. */
static double alike(struct query *q, struct crm_slice text, bool *seen)
{
	double best = 0;

	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t n = end ? (size_t)(end - text.ptr) : text.len;
		double all = 0, sum = common(q, (struct crm_slice){text.ptr, n}, seen, &all);
		double dice = all + q->total > 0 ? 2 * sum / (all + q->total) : 0;

		best = dice > best ? dice : best;
		n += end != NULL;
		text = (struct crm_slice){text.ptr + n, text.len - n};
	}
	return best;
}

static const char *keep(struct crm_search *s, struct crm_slice text)
{
	return text.ptr ? crm_arena_strndup(&s->arena, text.ptr, text.len) : NULL;
}

static void measure(struct query *q, sqlite3_stmt *st, double best, struct crm_hit *hit)
{
	bool seen[CRM_SEARCH_TERMS] = {false};
	double covered = 0, like;

	hit->like = alike(q, crm_column(st, 8), seen);
	like = alike(q, crm_column(st, 9), seen);
	hit->like = like > hit->like ? like : hit->like;
	hit->own = common(q, crm_column(st, 10), seen, NULL)
			   + common(q, crm_column(st, 11), seen, NULL)
		   > 0;
	hit->matched = 0;
	for (size_t i = 0; i < q->n; i++) {
		covered += seen[i] ? q->terms[i].weight : 0;
		hit->matched += seen[i];
	}
	hit->covers = q->total > 0 ? covered / q->total : 0;
	hit->rank = best > 0 ? sqlite3_column_double(st, 12) / best : 0;
	hit->order = BY_COVERS * hit->covers + BY_LIKE * hit->like + BY_RANK * hit->rank;
}

/* Takes the row of st, unless a better section of its article is there. */
static void take_hit(struct query *q, sqlite3_stmt *st, double best)
{
	struct crm_search *s = q->search;
	struct crm_slice language = crm_column(st, 3);
	struct crm_hit hit = {.article = sqlite3_column_int64(st, 0)}, *at = NULL;

	measure(q, st, best, &hit);
	hit.foreign = q->language.len && language.len && !crm_language_same(language, q->language);
	for (size_t i = 0; i < s->n; i++)
		if (s->hits[i].article == hit.article)
			at = &s->hits[i];
	if (at && at->order >= hit.order)
		return;
	if (!at) {
		CRM_GROW(s->hits, s->n + 1, s->cap);
		at = &s->hits[s->n++];
	}
	hit.section = sqlite3_column_int64(st, 1);
	hit.name = keep(s, crm_column(st, 2));
	hit.language = keep(s, language);
	hit.title = keep(s, crm_column(st, 4));
	hit.link = keep(s, crm_column(st, 5));
	/* found by its title alone, it is the article that answers, not this part of it */
	hit.heading = hit.own ? keep(s, crm_column(st, 6)) : "";
	hit.answer = keep(s, crm_column(st, hit.own ? 7 : 13));
	*at = hit;
}

static int by_order(const void *a, const void *b)
{
	const struct crm_hit *g = a, *h = b;

	if (g->foreign != h->foreign)
		return g->foreign - h->foreign;
	if (g->order != h->order)
		return g->order < h->order ? 1 : -1;
	return strcmp(g->name, h->name);
}

static double margin_of(const struct crm_search *s)
{
	double margin;

	if (!s->n)
		return 0;
	if (s->n == 1 || (s->hits[1].foreign && !s->hits[0].foreign))
		return 1;
	margin = s->hits[0].order > 0 ? 1 - s->hits[1].order / s->hits[0].order : 0;
	return margin > 0 ? margin : 0;
}

static enum crm_status find(struct query *q, size_t limit)
{
	struct crm_search *s = q->search;
	sqlite3_stmt *st;
	enum crm_status rc;
	bool row = true;
	double best = 0;

	if (!q->match.len)
		return CRM_OK;
	st = crm_db_stmt(q->db, sql_search);
	crm_bind_slice(st, ":match", (struct crm_slice){q->match.ptr, q->match.len});
	crm_bind_int(st, ":limit", LOOKED_AT);
	while ((rc = crm_db_step(q->db, st, &row)) == CRM_OK && row) {
		if (!best)
			best = sqlite3_column_double(st, 12);
		take_hit(q, st, best);
	}
	if (s->n)
		qsort(s->hits, s->n, sizeof(s->hits[0]), by_order);
	s->margin = margin_of(s);
	s->n = s->n < limit ? s->n : limit;
	return rc;
}

/* Lays the question out as one of a language; NULL: of none. */
static enum crm_status ask_in(struct query *q, struct crm_terms *terms, struct crm_slice text,
			      const char *language)
{
	struct crm_search *s = q->search;

	s->language = language;
	q->language = crm_slice_of(language ? language : "");
	q->n = 0;
	q->total = 0;
	crm_str_clear(&q->match);
	crm_str_clear(&s->terms);
	s->n_terms = (int)crm_terms_add(terms, text, language, true, &s->terms);
	return weigh_terms(q);
}

/* The weight of what articles have of the question. */
static double known(const struct query *q)
{
	double sum = 0;

	for (size_t i = 0; i < q->n; i++)
		sum += q->terms[i].sections ? q->terms[i].weight : 0;
	return sum;
}

/* A few words do not tell their language by themselves: it is that of the articles that have most
 * of them. NULL: none has any. */
static enum crm_status guess(struct query *q, struct crm_terms *terms, struct crm_slice text,
			     const char **language)
{
	sqlite3_stmt *st = crm_db_stmt(q->db, sql_languages);
	struct crm_slice list[LANGUAGES];
	enum crm_status rc;
	double best = 0;
	size_t n = 0;
	bool row;

	*language = NULL;
	while ((rc = crm_db_step(q->db, st, &row)) == CRM_OK && row && n < LANGUAGES)
		list[n++] = crm_arena_keep(&q->search->arena, crm_column(st, 0));
	sqlite3_reset(st);
	for (size_t i = 0; i < n && rc == CRM_OK; i++) {
		rc = ask_in(q, terms, text, list[i].ptr);
		if (known(q) > best) {
			best = known(q);
			*language = list[i].ptr;
		}
	}
	return rc;
}

enum crm_status crm_search(struct crm_db *db, struct crm_terms *terms, struct crm_slice text,
			   const char *language, size_t limit, struct crm_search *s)
{
	struct query q = {.db = db, .search = s, .match = CRM_STR_INIT};
	const char *asked_in;
	enum crm_status rc = CRM_OK;

	crm_arena_clear(&s->arena);
	s->n = 0;
	s->margin = 0;
	text.len = text.len < TEXT_MAX ? text.len : TEXT_MAX;
	asked_in = crm_language_of(text);
	if (!asked_in && language && *language)
		asked_in = language;
	if (!asked_in)
		rc = guess(&q, terms, text, &asked_in);
	if (rc == CRM_OK && (rc = ask_in(&q, terms, text, asked_in)) == CRM_OK)
		rc = find(&q, limit);
	crm_str_release(&q.match);
	return rc;
}

void crm_search_release(struct crm_search *s)
{
	free(s->hits);
	crm_str_release(&s->terms);
	crm_arena_release(&s->arena);
	*s = (struct crm_search)CRM_SEARCH_INIT;
}
