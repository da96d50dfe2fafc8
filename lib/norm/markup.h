/* SPDX-License-Identifier: MIT */
/*
 * markup: HTML of any quality as a sequence of texts and tags. Nothing is an error; what is
 * no tag is text. Time is linear in the bytes whatever they are, and nothing is allocated.
 *
 * Why not libxml2's parser, which knows the entities here: version 2.9 compares each
 * attribute of a tag with all before it, so that one tag of a megabyte takes it half a
 * minute, and it changes the encoding of the input when a <meta> or a bad byte says so.
 *
 * The reading follows the HTML standard's tokenizer (WHATWG HTML, section 13.2.5) where a
 * document is well-formed. It differs where a document ends too early: there browsers drop
 * the rest, and here an unclosed quote ends with its tag, an unclosed comment with the next
 * '>', and an unclosed title is none, because a customer's words may follow.
 */
#ifndef CRM_MARKUP_H
#define CRM_MARKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum crm_markup_kind {
	CRM_MARKUP_TEXT,  /* text: as it stands, references and all */
	CRM_MARKUP_OPEN,  /* name, attributes */
	CRM_MARKUP_CLOSE, /* name */
};

struct crm_markup_token {
	enum crm_markup_kind kind;
	struct crm_slice text;       /* the text, or the tag's name in its own case */
	struct crm_slice attributes; /* for crm_markup_attribute */
};

/* Where the reading is; what is known not to come any more. Plain data. */
struct crm_markup {
	const char *at, *end;
	bool no_tag, no_comment, no_quote[2];
	unsigned no_raw_end;
};

void crm_markup_init(struct crm_markup *m, struct crm_slice html);

/* The next token, or false at the end. Comments, declarations and processing instructions
 * are passed over, and so is all that stands within script, style, title, iframe, noembed
 * and noframes. Slices are borrowed from the document. */
bool crm_markup_next(struct crm_markup *m, struct crm_markup_token *token);

/* Takes the first attribute off *attributes; false when there is none. The value is raw
 * (entities and all), and without value it is the empty string. */
bool crm_markup_attribute(struct crm_slice *attributes, struct crm_slice *name,
			  struct crm_slice *value);

/* The character that the reference at s ("&amp;", "&#8364;", "&#x20ac;") stands for; returns
 * the bytes it takes, 0 if it is none. Named ones are HTML 4's; the semicolon may lack where
 * no letter, digit or '=' follows, as in a URL it would. 0x80 to 0x9F are read as
 * windows-1252; what is no character becomes U+FFFD. */
size_t crm_markup_reference(struct crm_slice s, uint32_t *c);

#endif
