/* SPDX-License-Identifier: MIT */
/*
 * vcard_card: the properties of one vCard: lines unfolded, cut and decoded.
 *
 * Where versions differ: 2.1 knows parameters without a name, quoted-printable with soft line
 * breaks, a blank as part of a folded line, and no backslashes but before a semicolon. Files are as
 * programs write them: base64 that is not indented, text with line ends of its own, lines that end
 * in CR CR LF; what can be told is read.
 */
#ifndef CRM_VCARD_CARD_H
#define CRM_VCARD_CARD_H

#include "base/mem.h"
#include "base/str.h"

struct crm_parameter {
	struct crm_slice name, value; /* name empty: 2.1 */
};

struct crm_property {
	struct crm_slice group, name; /* name in upper case */
	const struct crm_parameter *parameters;
	size_t n_parameters;
	enum {
		CRM_VCARD_PLAIN,
		CRM_VCARD_QUOTED,
		CRM_VCARD_BASE64
	} encoding;
	struct crm_slice charset;
	struct crm_slice raw;
	bool used; /* the caller's: it has a member of its own */
};

struct crm_vcard {
	struct crm_property *properties;
	size_t n, cap;
	int version;            /* 21, 30, 40 */
	struct crm_arena arena; /* all of the properties lie in it */
	struct crm_str line, value, part;
};

void crm_vcard_init(struct crm_vcard *card);
void crm_vcard_release(struct crm_vcard *card);

/* A line without the byte order mark that it may begin with. */
struct crm_slice crm_vcard_line(struct crm_slice line);
/* Is it BEGIN:VCARD or END:VCARD? word is "BEGIN:" or "END:". */
bool crm_vcard_is_mark(struct crm_slice line, const char *word);

/* All properties of a record, without those of agents; false when they are more than
 * CRM_VCARD_PROPERTIES. They are valid until the next one. */
bool crm_vcard_read(struct crm_vcard *card, struct crm_slice record);
/* The value of a property without its transfer encoding, as UTF-8; escapes are still in it.
 * Borrowed: valid until the next one. */
struct crm_slice crm_vcard_value(struct crm_vcard *card, const struct crm_property *property);
/* Takes from the front of *value what stands before a separator that is not escaped. ptr NULL when
 * nothing is left. */
struct crm_slice crm_vcard_part(struct crm_slice *value, char separator);
/* The text of a value, or of a part of it: without escapes, trimmed. Borrowed: valid until the next
 * one. */
struct crm_slice crm_vcard_text(struct crm_vcard *card, struct crm_slice value);
/* Appends what base64 stands for; false, and nothing is appended, when something else stands in it.
 */
bool crm_vcard_base64(struct crm_slice text, struct crm_str *out);

#endif
