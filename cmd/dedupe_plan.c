/* SPDX-License-Identifier: MIT */
/* crm-dedupe --plan: the blocking rules, before any pair is compared. */
#include "dedupe_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/utf8.h"

enum {
	MOST_NAME = 26,
	SMALL_WIDTH = 9
};

struct sheet { /* the columns in use */
	size_t name, count;
	bool matches; /* rules were rated by the matches that they find */
};

static struct sheet lay_out(const struct crm_plan_report *report)
{
	struct sheet sheet = {.name = strlen("rule"), .count = strlen("  pairs")};
	char digits[32];

	for (int i = 0; i < report->n; i++) {
		const struct crm_plan_choice *c = &report->choice[i];
		size_t name = crm_utf8_width(crm_slice_of(c->report.rule));
		int n = snprintf(digits, sizeof(digits), "  %llu",
				 (unsigned long long)c->report.pairs);

		sheet.name = name > sheet.name ? name : sheet.name;
		sheet.count = (size_t)n > sheet.count ? (size_t)n : sheet.count;
		sheet.matches = sheet.matches || !isnan(c->new_matches);
	}
	sheet.name = sheet.name > MOST_NAME ? MOST_NAME : sheet.name;
	return sheet;
}

static void add_count(struct crm_str *out, double n, size_t width)
{
	struct crm_str text = CRM_STR_INIT;

	if (!isnan(n))
		crm_str_addf(&text, "%.0f", n);
	crm_columns_fit(out, (struct crm_slice){text.ptr, text.len}, width, CRM_RIGHT);
	crm_str_release(&text);
}

/* The largest block, as its values; or why a rule is not used. */
static void add_remark(const struct sheet *sheet, const struct crm_plan_choice *choice,
		       const struct crm_blocks *blocks, struct crm_str *out)
{
	const struct crm_block_size *top = &choice->report.top[0];
	struct crm_str text = CRM_STR_INIT;
	size_t used =
		4 + sheet->name + 2 * sheet->count + (sheet->matches ? 2 : 1) * SMALL_WIDTH + 2;
	size_t width = crm_columns_terminal();

	if (!choice->used)
		crm_str_adds(&text, choice->why);
	else if (top->size > 1)
		crm_blocks_values(blocks, choice->place, top->thing, &text);
	crm_str_adds(out, "  ");
	crm_columns_fit(out, (struct crm_slice){text.ptr, text.len},
			width > used + 10 ? width - used : 10, CRM_LEFT);
	crm_columns_trim(out);
	crm_str_addc(out, '\n');
	crm_str_release(&text);
}

static void add_row(const struct sheet *sheet, const struct crm_plan_choice *choice,
		    const struct crm_blocks *blocks, uint64_t new_pairs, struct crm_str *out)
{
	if (choice->used)
		crm_str_addf(out, "%3d ", choice->place + 1);
	else
		crm_str_adds(out, "  - ");
	crm_columns_fit(out, crm_slice_of(choice->report.rule), sheet->name, CRM_LEFT);
	add_count(out, (double)choice->report.pairs, sheet->count);
	add_count(out, (double)new_pairs, sheet->count);
	if (sheet->matches)
		add_count(out, choice->new_matches, SMALL_WIDTH);
	add_count(out, choice->report.top[0].size, SMALL_WIDTH);
	add_remark(sheet, choice, blocks, out);
}

static void print_table(const struct crm_plan_report *report, const struct crm_blocks *blocks,
			const uint64_t *new_pairs, uint64_t pairs, struct crm_str *out)
{
	struct sheet sheet = lay_out(report);
	int used, i;

	crm_str_addf(out, "    %-*s%*s%*s", (int)sheet.name, "rule", (int)sheet.count, "pairs",
		     (int)sheet.count, "new");
	if (sheet.matches)
		crm_str_addf(out, "%*s", SMALL_WIDTH, "matches");
	crm_str_addf(out, "%*s\n", SMALL_WIDTH, "largest");
	for (used = 1; used >= 0; used--)
		for (i = 0; i < report->n; i++)
			if (report->choice[i].used == used)
				add_row(&sheet, &report->choice[i], blocks,
					new_pairs[report->choice[i].place], out);
	for (i = 0; i < report->n; i++) {
		const struct crm_plan_choice *c = &report->choice[i];

		if (!c->used || c->report.dropped_pairs == 0)
			continue;
		crm_str_addf(out, "%s: %llu pairs of too large blocks are left out\n",
			     c->report.rule, (unsigned long long)c->report.dropped_pairs);
	}
	crm_str_addf(out, "%llu pairs of %u profiles are compared; the budget is %llu\n",
		     (unsigned long long)pairs, crm_blocks_people(blocks)->n,
		     (unsigned long long)report->budget);
}

static int by_place(const void *x, const void *y)
{
	const struct crm_plan_choice *a = x, *b = y;

	return (a->place > b->place) - (a->place < b->place);
}

void dedupe_plan(const struct crm_link *link, const struct crm_link_options *o)
{
	struct crm_plan_options options = {.budget = o->budget,
					   .cap = o->cap,
					   .seed = o->seed,
					   .threads = o->threads,
					   .keep = true};
	struct crm_plan_report *report = crm_calloc(1, sizeof(*report));
	struct crm_blocks *blocks = crm_plan_choose(link->people, &options, report);
	uint64_t new_pairs[CRM_RULES], pairs;
	struct crm_str out = CRM_STR_INIT;
	int i;

	pairs = crm_plan_count(blocks, report->used, o->threads, new_pairs);
	qsort(report->choice, (size_t)report->n, sizeof(report->choice[0]), by_place);
	if (cli_is_terminal(STDOUT_FILENO)) {
		print_table(report, blocks, new_pairs, pairs, &out);
	} else {
		for (i = 0; i < report->n; i++)
			crm_plan_choice_write(&report->choice[i], blocks,
					      new_pairs[report->choice[i].place], &out);
		crm_plan_report_write(report, link->people, pairs, &out);
	}
	cli_write(&out);
	crm_str_release(&out);
	crm_blocks_free(blocks);
	free(report);
}

/* What is not compared, and nobody would miss otherwise: pairs of blocks that are too large. */
static void note_dropped(const struct cli *cli, const struct crm_link *link)
{
	uint64_t pairs = 0, most = 0;
	int r, rules = 0, worst = 0;

	for (r = 0; r < crm_blocks_rules(link->blocks); r++) {
		struct crm_block_report b = crm_blocks_report(link->blocks, r);

		rules += b.dropped_pairs > 0;
		pairs += b.dropped_pairs;
		if (b.dropped_pairs > most)
			most = b.dropped_pairs, worst = r;
	}
	if (rules)
		cli_note(cli,
			 "%llu pairs of too large blocks left out by %d rules, most by %s: see "
			 "--plan",
			 (unsigned long long)pairs, rules,
			 crm_blocks_report(link->blocks, worst).rule);
}

void dedupe_plan_note(const struct cli *cli, const struct crm_link *link)
{
	const struct crm_plan_report *plan = &link->planned;
	uint64_t pairs = 0;
	int r, rules = crm_blocks_rules(link->blocks), finding = 0;

	if (plan->used < plan->n)
		cli_note(cli,
			 "%d blocking rules of %d are used, to keep within %llu pairs: see --plan",
			 plan->used, plan->n, (unsigned long long)plan->budget);
	for (r = 0; r < rules; r++) {
		pairs += link->fresh[r];
		finding += link->fresh[r] > 0;
	}
	cli_note(cli, "%llu pairs to compare, found by %d of %d blocking rules",
		 (unsigned long long)pairs, finding, rules);
	if (!link->wanted) /* else most of it is of others */
		note_dropped(cli, link);
}
