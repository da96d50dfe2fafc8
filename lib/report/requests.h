/* SPDX-License-Identifier: MIT */
/*
 * requests: the queue of requests and the history of one, for crm-request.
 *
 * Both are read from temp.request (store/request.h), so that they are as easily told of a
 * past moment as of now.
 */
#ifndef CRM_REQUESTS_H
#define CRM_REQUESTS_H

#include "base/json.h"
#include "report/rows.h"
#include "store/db.h"
#include "store/people.h"

/* Which requests; NULL and 0: any. */
struct crm_requests_filter {
	const char *states; /* a list with commas: new,open */
	const char *agent;  /* "": nobody's */
	const char *queue, *channel;
	int64_t idle; /* ms without an event of theirs or ours */
	int64_t limit;
};

/* Writes the requests that pass as of a moment (INT64_MAX: as they are, by the store's clock):
 * those that wait first, by priority, the longest waiting before others; then the others, the
 * latest first. Tables leave out what is not for the eye. */
enum crm_status crm_requests_list(struct crm_db *db, const struct crm_requests_filter *filter,
				  int64_t as_of, enum crm_rows_format format, struct crm_rows *rows,
				  struct crm_str *out, void (*drain)(struct crm_str *out));

/* Adds the ids of those, in that order. */
enum crm_status crm_requests_ids(struct crm_db *db, const struct crm_requests_filter *filter,
				 int64_t as_of, struct crm_ids *ids);

/* Lists tell this of a request from now on: what was promised and is owed soonest. */
struct crm_owed {
	int64_t conversation;
	const char *sla, *target;
	int64_t due, left; /* ms, 0: not known; ms of open time, negative when it is over */
};
enum crm_status crm_requests_owed(struct crm_db *db, const struct crm_owed *owed);

/* Writes what was said and done about one, oldest first. */
enum crm_status crm_request_history(struct crm_db *db, int64_t conversation, int64_t as_of,
				    struct crm_rows *rows, struct crm_str *out,
				    void (*drain)(struct crm_str *out));
/* The same as text of so many columns (40 to 120) below the request itself, which is what
 * crm_request_at says of it, and what was promised (may be empty). Times are UTC. */
enum crm_status crm_request_text(struct crm_db *db, int64_t conversation,
				 const struct crm_json_doc *request, const char *promised,
				 int64_t as_of, size_t width, struct crm_str *out);

#endif
