/* SPDX-License-Identifier: MIT */
/*
 * article: a text that answers a question, as people write it: Markdown with a few lines
 * above it.
 *
 *	Title: Returning something
 *	Language: en
 *	Link: https://shop.example/returns
 *	Questions: How do I send something back?
 *	  Can I return an opened box?
 *	Answer: Send it back within 30 days; the label is in the parcel.
 *
 *	## What it costs
 *	Nothing within the EU. …
 *
 * The lines above end with a blank one; any of them may be missing, and so may all. A line
 * that begins with a blank or "- " goes on with the one before it. Lines of "---" around
 * them are passed over, so that what other programs call front matter will do. Without a
 * title the first heading is the title, without one of those the name; without an answer the
 * first paragraph is the answer.
 *
 * The text is CommonMark (libcmark). It is parted at its headings: section 0 is what stands
 * before the first one, or below the one that is the title. All texts here are plain: no
 * marks, no HTML, no control characters, one line for each line that is meant, links as "text
 *(address)".
 */
#ifndef CRM_ARTICLE_H
#define CRM_ARTICLE_H

#include "base/mem.h"
#include "base/str.h"

#define CRM_ARTICLE_MAX ((size_t)256 * 1024) /* bytes of a file */

struct crm_section {
	struct crm_slice heading; /* of section 0 empty */
	struct crm_slice text;
};

struct crm_article {
	struct crm_slice title, language, link, answer; /* empty: not there */
	struct crm_slice *questions;
	size_t n_questions, cap_questions;
	struct crm_section *sections; /* at least one */
	size_t n_sections, cap_sections;
	struct crm_slice *links; /* addresses that the text names */
	size_t n_links, cap_links;
	struct crm_slice unknown; /* the first line above that says nothing to us; empty: none */
	struct crm_arena arena;   /* holds all of these */
};
#define CRM_ARTICLE_INIT                                                                         \
	{                                                                                        \
		{"", 0}, {"", 0}, {"", 0}, {"", 0}, NULL, 0, 0, NULL, 0, 0, NULL, 0, 0, {"", 0}, \
			CRM_ARENA_INIT                                                           \
	}

/* Reads an article from text of at most CRM_ARTICLE_MAX bytes; any text is one. Bytes that are
 * no UTF-8 become U+FFFD. article may be reused. */
void crm_article_parse(struct crm_article *article, struct crm_slice text);
void crm_article_release(struct crm_article *article);

/* The first paragraph of text, at most max bytes of it, cut between words with an ellipsis. */
void crm_article_paragraph(struct crm_slice text, size_t max, struct crm_str *out);

#endif
