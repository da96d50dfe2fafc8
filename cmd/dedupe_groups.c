/* SPDX-License-Identifier: MIT */
/* crm-dedupe: matches, groups and cuts, as lines. */
#include "dedupe_groups.h"

#include "link/explain.h"

static void flush(struct crm_str *out)
{
	cli_write(out);
	crm_str_clear(out);
}

struct matches {
	const struct cli *cli;
	size_t n;
};

static void write_lines(void *data, const struct crm_str *lines, size_t upto)
{
	const struct matches *m = data;

	cli_write(lines);
	cli_progress(m->cli, upto, m->n, "matches");
}

void dedupe_matches(const struct cli *cli, const struct crm_link *link, unsigned int threads)
{
	struct matches matches = {cli, link->n_pairs};

	crm_link_explain(link, threads, write_lines, &matches);
	cli_progress_end(cli);
	cli_note(cli, "%zu matches among %llu pairs of %u profiles", link->n_pairs,
		 (unsigned long long)link->n_compared, (unsigned int)link->people->n);
}

void dedupe_cuts(const struct cli *cli, const struct crm_link *link, double least)
{
	struct crm_str out = CRM_STR_INIT;
	size_t i;

	for (i = 0; i < link->n_cuts; i++) {
		crm_cut_write(link, &link->cuts[i], least, &out);
		flush(&out);
	}
	crm_str_release(&out);
	if (link->n_cuts > 0)
		cli_note(cli, "%zu pairs linked by their weight are cut", link->n_cuts);
}

void dedupe_clusters(const struct cli *cli, const struct crm_link *link, double least, bool all)
{
	struct crm_str out = CRM_STR_INIT;
	uint32_t from, end, n = 0;

	for (from = 0; from < link->groups.n; from = end) {
		end = crm_groups_end(&link->groups, from, least);
		if (!crm_group_counts(link, from, least, all))
			continue;
		crm_group_write(link, from, least, &out);
		flush(&out);
		n++;
	}
	crm_str_release(&out);
	cli_note(cli, "%u clusters among %u profiles", (unsigned int)n,
		 (unsigned int)link->people->n);
}
