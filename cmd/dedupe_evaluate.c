/* SPDX-License-Identifier: MIT */
/* crm-dedupe --evaluate: how good it is, held against the truth. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "dedupe.h"
#include "link/evaluate.h"
#include "link/miss.h"

static void add_share(struct crm_str *out, double share, int width)
{
	if (isnan(share))
		crm_str_addf(out, "%*s", width, "-");
	else
		crm_str_addf(out, "%*.4f", width, share);
}

static void print_metric(const struct crm_metric *m, struct crm_str *out)
{
	crm_str_addf(out, "%-10s ", m->what);
	if (isnan(m->weight))
		crm_str_addf(out, "%10s", "");
	else
		crm_str_addf(out, "%s%8.4f", m->best ? "* " : "  ", crm_probability(m->weight));
	crm_str_addf(out, "%12llu%12llu", (unsigned long long)m->found,
		     (unsigned long long)m->right);
	add_share(out, m->precision, 10);
	add_share(out, m->recall, 8);
	add_share(out, m->f1, 8);
	if (m->grouped)
		add_share(out, m->b3_f1, 8);
	crm_str_addc(out, '\n');
}

/* The pairs that go wrong at the threshold. */
static void write_misses(const struct cli *cli, const struct crm_link *link,
			 const struct crm_truth *truth, double threshold)
{
	struct crm_str out = CRM_STR_INIT;
	struct crm_miss *misses;
	size_t n = crm_misses(link, truth, crm_weight(threshold), &misses), wrong = 0, i;

	for (i = 0; i < n; i++) {
		wrong += misses[i].wrong;
		crm_miss_write(link, &misses[i], &out);
		cli_write(&out);
		crm_str_clear(&out);
	}
	cli_note(cli, "%zu pairs are together who should not, %zu are not who should", wrong,
		 n - wrong);
	crm_str_release(&out);
	free(misses);
}

enum crm_status dedupe_evaluate(struct cli *cli, struct crm_db *db, const struct crm_link *link,
				const struct dedupe_opts *o)
{
	struct crm_metric metrics[CRM_METRICS];
	struct crm_str out = CRM_STR_INIT;
	struct crm_truth truth;
	enum crm_status rc;
	int i;

	rc = crm_truth_read(&truth, db, link->people, o->truth, o->truth_id, o->truth_cluster);
	if (rc != CRM_OK) {
		crm_truth_release(&truth);
		return cli_fail(cli, crm_db_err(db));
	}
	if (truth.missing)
		cli_note(cli, "%u of %u records of %s are not in the store", truth.missing,
			 truth.rows, o->truth);
	crm_evaluate(link, &truth, metrics);
	if (cli_is_terminal(STDOUT_FILENO))
		crm_str_adds(&out, "           probability     found       right"
				   " precision  recall      F1   B3 F1\n");
	for (i = 0; i < CRM_METRICS; i++)
		if (cli_is_terminal(STDOUT_FILENO))
			print_metric(&metrics[i], &out);
		else
			crm_metric_write(&metrics[i], &out);
	cli_write(&out);
	if (o->misses)
		write_misses(cli, link, &truth, o->threshold);
	crm_str_release(&out);
	crm_truth_release(&truth);
	return CRM_OK;
}
