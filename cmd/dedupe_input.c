/* SPDX-License-Identifier: MIT */
/* Lines that name profiles; see dedupe_input.h. */
#include "dedupe_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/live.h"

#define LIVE_MOST 10000 /* answered one by one; it takes some ten seconds */

bool dedupe_input_given(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && !S_ISCHR(st.st_mode);
}

bool dedupe_input_is_pipe(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && !S_ISREG(st.st_mode);
}

void dedupe_input_init(struct dedupe_input *in)
{
	*in = (struct dedupe_input){.doc = CRM_JSON_DOC_INIT};
	crm_lines_init(&in->lines, STDIN_FILENO);
}

void dedupe_input_release(struct dedupe_input *in)
{
	crm_lines_release(&in->lines);
	crm_json_doc_release(&in->doc);
	free(in->asked);
}

/* The profile a line names; false for a record that carries none. */
static bool profile_of(struct crm_json_doc *doc, int64_t *profile)
{
	const struct crm_json_value *v;
	struct crm_str text = CRM_STR_INIT;
	char *end;

	if (doc->values[0].type != CRM_JSON_OBJECT
	    || !(v = crm_json_member(doc, &doc->values[0], "profile"))
	    || v->type != CRM_JSON_NUMBER)
		return false;
	crm_json_text(v, &text);
	errno = 0;
	*profile = strtoll(text.ptr, &end, 10);
	v = *end || errno ? NULL : v;
	crm_str_release(&text);
	return v != NULL;
}

/* The next profile in what was read of the input. */
static bool next_profile(struct cli *cli, struct dedupe_input *in, int64_t *profile)
{
	struct crm_slice line;

	while (crm_lines_next(&in->lines, &line)) {
		line = crm_slice_trim(line);
		if (line.len == 0)
			continue;
		if (crm_json_scan(&in->doc, line.ptr, line.len) != CRM_OK) {
			cli_error(cli, "<stdin>:%lld: %s", (long long)in->lines.line,
				  in->doc.error);
			in->status = CRM_ASIDE;
		} else if (profile_of(&in->doc, profile)) {
			return true;
		}
	}
	return false;
}

static bool fill(struct cli *cli, struct dedupe_input *in)
{
	if (crm_lines_fill(&in->lines))
		return true;
	if (in->lines.error) {
		cli_error(cli, "cannot read standard input: %s", strerror(in->lines.error));
		in->status = CRM_IO;
	}
	return false;
}

static void unknown(struct cli *cli, struct dedupe_input *in, int64_t profile, int64_t line)
{
	cli_error(cli, "<stdin>:%lld: there is no profile %lld", (long long)line,
		  (long long)profile);
	in->status = CRM_ASIDE;
}

static enum crm_status answer(struct cli *cli, struct crm_db *db, struct crm_live *live,
			      double least, struct dedupe_input *in, int64_t profile)
{
	struct crm_str out = CRM_STR_INIT;
	enum crm_status rc = crm_live_ask(live, profile, least, &out, &in->matches);

	if (rc == CRM_NO_INPUT) {
		unknown(cli, in, profile, in->lines.line);
		rc = CRM_OK;
	} else if (rc != CRM_OK) {
		cli_fail(cli, crm_db_err(db));
	}
	cli_write(&out);
	crm_str_release(&out);
	in->answered++;
	return rc;
}

enum crm_status dedupe_input_answer(struct cli *cli, struct crm_db *db, struct crm_link *link,
				    const struct crm_link_options *options, double least,
				    struct dedupe_input *in)
{
	struct crm_live *live;
	enum crm_status rc = crm_live_new(db, link, options, &live);
	int64_t profile;

	do {
		while (rc == CRM_OK && in->answered < LIVE_MOST && next_profile(cli, in, &profile))
			rc = answer(cli, db, live, least, in, profile);
		cli_flush();
	} while (rc == CRM_OK && in->answered < LIVE_MOST && fill(cli, in));
	crm_live_free(live);
	if (in->answered)
		cli_note(cli, "%llu matches of the %llu profiles asked for, among %u",
			 (unsigned long long)in->matches, (unsigned long long)in->answered,
			 link->people->n);
	return rc;
}

void dedupe_input_read(struct cli *cli, struct dedupe_input *in)
{
	int64_t profile;

	do
		while (next_profile(cli, in, &profile)) {
			CRM_GROW(in->asked, in->n + 1, in->cap);
			in->asked[in->n++] = (struct dedupe_asked){profile, in->lines.line};
		}
	while (fill(cli, in));
}

void dedupe_input_want(struct cli *cli, struct dedupe_input *in, struct crm_link *link)
{
	size_t i;

	crm_link_want_none(link);
	for (i = 0; i < in->n; i++)
		if (!crm_link_want(link, in->asked[i].profile))
			unknown(cli, in, in->asked[i].profile, in->asked[i].line);
}
