/* SPDX-License-Identifier: MIT */
/* The parts of compound words, out of the words of the articles. */
#include "answer/kin.h"

#include <string.h>
#include <strings.h>

#define PART_MIN 5  /* bytes of a part that is a word by itself; shorter ones are often endings */
#define ALIKE_MIN 6 /* bytes that two words begin with, where neither is all of the other */

/* Between these stand those that begin as the term does. */
static const char sql_alike[] =
	"SELECT term, sections FROM article_term WHERE term >= :from AND term < :to LIMIT 500";
static const char sql_is[] = "SELECT term, sections FROM article_term WHERE term = :term";
static const char sql_ends[] = "SELECT term, sections FROM article_term WHERE length(term) > "
			       "length(:term) AND substr(term, -length(:term)) = :term "
			       "ORDER BY length(term), term LIMIT 1";

bool crm_kin_has(const char *language)
{
	static const char *const codes[] = {"de", "nl", "sv", "da", "no",
					    "nb", "nn", "fi", "hu", "is"};

	for (size_t i = 0; language && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strncasecmp(language, codes[i], 2) && strchr("-_", language[2]))
			return true;
	return false;
}

static size_t common(struct crm_slice a, struct crm_slice b)
{
	size_t n = 0;

	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	return n;
}

static void take(struct crm_kin *kin, sqlite3_stmt *st, struct crm_arena *arena, double share)
{
	*kin = (struct crm_kin){.word = crm_arena_keep(arena, crm_column(st, 0)),
				.sections = sqlite3_column_int64(st, 1),
				.share = share};
}

/* The word that a statement finds for a term. */
static enum crm_status look_up(struct crm_db *db, const char *sql, struct crm_slice term,
			       struct crm_arena *arena, double share, struct crm_kin *kin,
			       bool *found)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql);
	enum crm_status rc;

	crm_bind_slice(st, ":term", term);
	if ((rc = crm_db_step(db, st, found)) != CRM_OK || !*found)
		return rc;
	take(kin, st, arena, share);
	sqlite3_reset(st);
	return CRM_OK;
}

/* What begins as the term does, for longest; of those the shortest. */
static enum crm_status find_head(struct crm_db *db, struct crm_slice term, struct crm_arena *arena,
				 struct crm_kin *kin, size_t *head)
{
	char from[PART_MIN + 1] = "", to[PART_MIN + 1] = "";
	sqlite3_stmt *st = crm_db_stmt(db, sql_alike);
	enum crm_status rc;
	bool row;

	*head = 0;
	memcpy(from, term.ptr, PART_MIN);
	memcpy(to, term.ptr, PART_MIN);
	to[PART_MIN - 1]++;
	crm_bind_text(st, ":from", from);
	crm_bind_text(st, ":to", to);
	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct crm_slice word = crm_column(st, 0);
		size_t n = common(word, term);
		bool whole = n == word.len || n == term.len;

		if (n < PART_MIN || (!whole && (n < ALIKE_MIN || 2 * n < term.len)) || n < *head
		    || (n == *head && word.len >= kin->word.len))
			continue;
		*head = n;
		take(kin, st, arena, (double)n / (double)term.len);
	}
	return rc;
}

/* The longest word behind the head that the term ends with. */
static enum crm_status find_tail(struct crm_db *db, struct crm_slice term, size_t head,
				 struct crm_arena *arena, struct crm_kin *kin, bool *found)
{
	enum crm_status rc = CRM_OK;

	*found = false;
	for (size_t i = head > 2 ? head : 2; i + PART_MIN <= term.len && rc == CRM_OK && !*found;
	     i++)
		rc = look_up(db, sql_is, (struct crm_slice){term.ptr + i, term.len - i}, arena,
			     (double)(term.len - i) / (double)term.len, kin, found);
	return rc;
}

enum crm_status crm_kin_find(struct crm_db *db, struct crm_slice term, struct crm_arena *arena,
			     struct crm_kin kin[CRM_KIN_MAX], size_t *n)
{
	size_t head;
	bool found;
	enum crm_status rc;

	*n = 0;
	if (term.len < PART_MIN + 1)
		return CRM_OK;
	if ((rc = find_head(db, term, arena, &kin[0], &head)) != CRM_OK)
		return rc;
	*n = head > 0;
	if ((rc = find_tail(db, term, head, arena, &kin[*n], &found)) != CRM_OK)
		return rc;
	*n += found;
	if (*n)
		return CRM_OK;
	rc = look_up(db, sql_ends, term, arena, 1, &kin[0], &found);
	*n = found;
	return rc;
}
