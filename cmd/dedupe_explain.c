/* SPDX-License-Identifier: MIT */
/* crm-dedupe --explain: one pair in full. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/time.h"
#include "dedupe.h"
#include "filter.h"
#include "link/detail.h"
#include "store/decision.h"

static const char by_person[] = "person:";

/* Is the record meant? */
static bool means(const struct crm_people *p, const char *name, uint32_t record)
{
	size_t n = strlen(by_person);

	if (!strncmp(name, by_person, n))
		return p->person[record] == filter_id_of(crm_slice_of(name + n));
	return p->profile[record] == filter_id_of(crm_slice_of(name));
}

/* The records meant, new; an error when there are none. */
static uint32_t *find(struct cli *cli, const struct crm_people *p, const char *name, uint32_t *n)
{
	uint32_t *found = NULL, i;
	size_t cap = 0;

	*n = 0;
	for (i = 0; i < p->n; i++)
		if (means(p, name, i)) {
			CRM_GROW(found, (size_t)*n + 1, cap);
			found[(*n)++] = i;
		}
	if (!found && !strncmp(name, by_person, strlen(by_person)))
		cli_error(cli, "there is no %s; if it was merged, 'crm-show %s' says with whom",
			  name, name + strlen(by_person));
	else if (!found)
		cli_error(cli, "there is no profile '%s'", name);
	return found;
}

enum crm_status dedupe_explain_want(struct cli *cli, struct crm_link *link,
				    const struct dedupe_pair *pair)
{
	uint32_t n[2], *found[2], i;
	enum crm_status rc = CRM_OK;
	int side;

	for (side = 0; side < 2; side++)
		found[side] = find(cli, link->people, pair->name[side], &n[side]);
	if (!found[0] || !found[1])
		rc = CRM_NO_INPUT;
	for (i = 0; rc == CRM_OK && i < n[0]; i++)
		crm_link_want(link, link->people->profile[found[0][i]]);
	free(found[0]);
	free(found[1]);
	return rc;
}

/* The likeliest pair of the one's records and the other's, *a < *b; a record and itself where
 * there is no other. */
static void likeliest(struct cli *cli, const struct crm_link *l, const struct dedupe_pair *pair,
		      uint32_t *a, uint32_t *b)
{
	uint32_t n[2], *x = find(cli, l->people, pair->name[0], &n[0]);
	uint32_t *y = find(cli, l->people, pair->name[1], &n[1]);
	struct crm_score score, best = {.weight = 0};
	bool any = false;

	for (uint32_t i = 0; i < n[0]; i++)
		for (uint32_t k = 0; k < n[1]; k++) {
			uint32_t low = x[i] < y[k] ? x[i] : y[k], high = x[i] < y[k] ? y[k] : x[i];

			if (low == high && n[0] + n[1] > 2)
				continue;
			crm_scorer_explain(l->scorer, low, high, &score);
			if (any && score.weight <= best.weight)
				continue;
			any = true;
			best = score;
			*a = low, *b = high;
		}
	free(x);
	free(y);
}

/* Who decided on the pair, if somebody did. */
static enum crm_status add_decision(struct crm_db *db, struct crm_waterfall *w)
{
	struct crm_str at = CRM_STR_INIT;
	struct crm_word d;
	enum crm_status rc;
	bool found;

	rc = crm_decision_read(db, w->side[0].profile, w->side[1].profile, &w->arena, &d, &found);
	if (rc != CRM_OK || !found)
		return rc;
	crm_time_format(d.at, 0, &at);
	w->said.actor = d.actor;
	w->said.note = d.note;
	w->said.at = crm_arena_keep(&w->arena, (struct crm_slice){at.ptr, at.len});
	crm_str_release(&at);
	return CRM_OK;
}

static void write_it(const struct crm_waterfall *w, bool svg)
{
	struct crm_str out = CRM_STR_INIT;

	if (svg)
		crm_waterfall_svg(w, &out);
	else if (cli_is_terminal(STDOUT_FILENO))
		crm_waterfall_text(w, crm_columns_terminal(), &out);
	else
		crm_waterfall_json(w, &out);
	cli_write(&out);
	crm_str_release(&out);
}

enum crm_status dedupe_explain(struct cli *cli, struct crm_db *db, struct crm_link *link,
			       const struct dedupe_pair *pair)
{
	struct crm_waterfall w = CRM_WATERFALL_INIT;
	uint32_t a = 0, b = 0;
	enum crm_status rc;

	if (!link->scorer)
		link->scorer = crm_scorer_new(&link->model, link->people);
	crm_blocks_want(link->blocks, link->wanted); /* all were, if there was no model yet */
	likeliest(cli, link, pair, &a, &b);
	crm_link_waterfall(link, a, b, &w);
	if ((rc = add_decision(db, &w)) == CRM_OK)
		write_it(&w, pair->svg);
	else
		cli_fail(cli, crm_db_err(db));
	crm_waterfall_release(&w);
	return rc;
}
