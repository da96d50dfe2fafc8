/* SPDX-License-Identifier: MIT */
/*
 * notice_words: how programs that write mail put things, in several languages: lists of phrases.
 * A phrase by itself shows nothing, since people write the same words; what counts how much is
 * the business of automatic.c and notice.c.
 */
#ifndef CRM_NOTICE_WORDS_H
#define CRM_NOTICE_WORDS_H

#include "base/str.h"

enum crm_notice_list {
	CRM_NOTICE_HOST,         /* in From or Sender: a mail host */
	CRM_NOTICE_PERHAPS_HOST, /* likewise, or a person at one */
	CRM_NOTICE_SUBJECT,      /* what they call a bounce in Subject, */
	CRM_NOTICE_TEXT,         /* and in the text */
	CRM_NOTICE_COPY,         /* in a line: the copy of the message follows */
	CRM_NOTICE_DELAY,        /* it is late, and will be tried again */
	CRM_NOTICE_END,          /* it will not, whatever is said of delays */
	CRM_NOTICE_LISTS
};

/* The first phrase of a list that words (crm_reason_words, or any text in lower case) hold; NULL:
 * none. Static. */
const char *crm_notice_phrase(enum crm_notice_list list, struct crm_slice words);
/* Does a subject, in lower case, begin as vacation messages do? */
bool crm_notice_is_vacation(struct crm_slice subject);

#endif
