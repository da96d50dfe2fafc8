/* SPDX-License-Identifier: MIT */
/* The profiles that crm-dedupe is asked for on standard input, and answering them at once. */
#ifndef CRM_DEDUPE_INPUT_H
#define CRM_DEDUPE_INPUT_H

#include "base/json.h"
#include "base/lines.h"
#include "cli.h"
#include "link/link.h"

struct dedupe_input {
	struct crm_lines lines;
	struct crm_json_doc doc;
	struct dedupe_asked {
		int64_t profile, line;
	} * asked; /* and not answered yet */
	size_t n, cap;
	uint64_t answered, matches;
	enum crm_status status; /* CRM_ASIDE: a line could not be used; CRM_IO */
};

/* Is something piped into us? A terminal is not, nor is /dev/null, which is what a timer
 * gives its jobs. */
bool dedupe_input_given(void);
/* Does it come as it is made, so that somebody may wait for answers? A file is there at once. */
bool dedupe_input_is_pipe(void);
void dedupe_input_init(struct dedupe_input *in);
void dedupe_input_release(struct dedupe_input *in);

/* Answers lines as they come, where they come through a pipe: until it ends, or there are so
 * many that to look for the rest together is less work. link has people and the model. */
enum crm_status dedupe_input_answer(struct cli *cli, struct crm_db *db, struct crm_link *link,
				    const struct crm_link_options *options, double least,
				    struct dedupe_input *in);
/* Reads all that is left. */
void dedupe_input_read(struct cli *cli, struct dedupe_input *in);
/* Asks link for what was read. */
void dedupe_input_want(struct cli *cli, struct dedupe_input *in, struct crm_link *link);

#endif
