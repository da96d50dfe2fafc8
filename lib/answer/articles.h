/* SPDX-License-Identifier: MIT */
/*
 * articles: the knowledge base. What counts are the files, articles/[LANG/]NAME.md in the
 * configuration folder; the store keeps a copy of them for searching, and brings it up to
 * date whenever a command that uses it begins: files of another size or time are read again,
 * and indexed again if their bytes changed. A file that is gone is no article any more.
 *
 * The language of an article is what it says, else the folder it lies in when that is named
 * like a language, else the one it seems to be written in.
 */
#ifndef CRM_ARTICLES_H
#define CRM_ARTICLES_H

#include "answer/terms.h"
#include "base/mem.h"
#include "store/db.h"

#define CRM_ARTICLES_DEPTH 4 /* folders within folders that are looked into */

/* What a refresh did. */
struct crm_articles_news {
	size_t articles, read, removed;
	size_t skipped; /* too large, or not to be read */
};

/* Brings the store up to date with the folder dir (which need not be there), in a
 * transaction of its own; nothing is written when nothing changed. skip is called for each
 * file that cannot be used (may be NULL). */
enum crm_status crm_articles_refresh(struct crm_db *db, const char *dir, struct crm_terms *terms,
				     void (*skip)(const char *file, const char *why, void *data),
				     void *data, struct crm_articles_news *news);

/* An article as lists show it. Borrowed for the call. */
struct crm_article_row {
	int64_t id, sections, questions, size;
	struct crm_slice name, language, title, link, answer;
};
/* Calls each for all articles, by name. */
enum crm_status crm_articles_each(struct crm_db *db,
				  void (*each)(const struct crm_article_row *row, void *data),
				  void *data);

/* A thing in an article that is surely not meant. kind is static: "broken link", "same title",
 * "too long", "no answer", "unknown line". */
typedef void crm_article_problem(const char *name, const char *kind, const char *detail,
				 void *data);
/* Looks all articles of the folder through. Links to other files in it are followed, those to
 * the web are not. */
enum crm_status crm_articles_check(struct crm_db *db, const char *dir, crm_article_problem *problem,
				   void *data);

#endif
