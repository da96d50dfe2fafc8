/* SPDX-License-Identifier: MIT */
/*
 * bounce: what became of a message, for each of its recipients, out of a report by a mail
 * host. Three kinds of report are read: the fields of RFC 3464 (also where they stand in a
 * plain text), the notifications of Amazon SES, and notices in words (ingest/notice.h).
 *
 * Anyone can write such a report. Whether it is about a message of ours is not known here;
 * who marks an address as dead must have sent it the message that the report is about.
 *
 * Limits: CRM_REPORTS_MAX recipients, a diagnostic of CRM_DIAGNOSTIC_MAX bytes; what is
 * beyond is left out. Text is taken as it comes; addresses are kept in normal form
 * (norm/email.h) or not at all.
 */
#ifndef CRM_BOUNCE_H
#define CRM_BOUNCE_H

#include "base/json.h"
#include "base/str.h"
#include "ingest/reason.h"

#define CRM_REPORTS_MAX 100
#define CRM_DIAGNOSTIC_MAX 500

struct crm_report {
	struct crm_str recipient;        /* normal form; empty: not known */
	struct crm_str local;            /* as given, where it is no address (a local user) */
	struct crm_str action;           /* as given; empty: none */
	struct crm_str diagnostic;       /* as given, without its type */
	char code[12];                   /* enhanced status, "5.1.1"; "": none */
	char reply[4];                   /* SMTP reply, "550"; "": none */
	const char *status;              /* "bounced" …; NULL until settled */
	const struct crm_reason *reason; /* NULL: not a failure */
	bool hard;                       /* the address does not work */
	unsigned rank;                   /* of the field that gave the recipient */
};

struct crm_reports {
	struct crm_report *all;
	size_t n, cap;
};
#define CRM_REPORTS_INIT   \
	{                  \
		NULL, 0, 0 \
	}

void crm_reports_release(struct crm_reports *reports);
/* Another report, zeroed; the last one there is when there are too many. Borrowed: valid
 * until the next add. */
struct crm_report *crm_reports_add(struct crm_reports *reports);
/* The report about a recipient, in normal form; NULL: there is none. Borrowed, as above. */
struct crm_report *crm_reports_find(struct crm_reports *reports, struct crm_slice recipient);
/* Drops all reports but the first n. */
void crm_reports_cut(struct crm_reports *reports, size_t n);
/* The recipient of report from an address in any form; false when it is none. */
bool crm_report_recipient(struct crm_report *report, struct crm_slice address);

/* Adds words to the diagnostic. */
void crm_report_say(struct crm_report *report, struct crm_slice text);
/* The first enhanced status (RFC 3463 2) of text; the first SMTP reply in it that refuses (RFC 5321
 * 4.2). False: there is none. */
bool crm_report_code(struct crm_slice text, char code[12]);
bool crm_report_reply(struct crm_slice text, char reply[4]);
/* "rfc822; <ada@x.org>" without its type, brackets and route (RFC 5321 appendix C). */
struct crm_slice crm_report_typed(struct crm_slice value);

/* Fields of message/delivery-status (RFC 3464 2), message/disposition-notification (RFC
 * 8098 3.1) or message/feedback-report (RFC 5965 3): calls field for each, names in lower
 * case, continuation lines put together, and with an empty name for each blank line. */
typedef void crm_field_fn(void *data, struct crm_slice name, struct crm_slice value);
void crm_fields_each(struct crm_slice text, crm_field_fn *field, void *data);

/* Adds the recipients of an RFC 3464 report. */
void crm_reports_status(struct crm_reports *reports, struct crm_slice text);
/* Adds the recipients of a notification of Amazon SES (the JSON in text) and sets *kind to
 * "bounce", "complaint" or "receipt", and about to the Message-ID it is about; false when
 * text is none. */
bool crm_reports_ses(struct crm_reports *reports, struct crm_slice text, const char **kind,
		     struct crm_str *about);

/* Completes reports: what the fields leave open is taken from the reports of notice (may be
 * NULL); then code, status, reason and hard. text is the notice, words are its
 * crm_reason_words; delay: what a report that says nothing of it is about. */
void crm_reports_settle(struct crm_reports *reports, struct crm_reports *notice,
			struct crm_slice text, struct crm_slice words, bool delay);
/* Appends the reports, a JSON array. */
void crm_reports_json(const struct crm_reports *reports, struct crm_str *json);

#endif
