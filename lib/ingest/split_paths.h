/* SPDX-License-Identifier: MIT */
/*
 * split_paths: which values of a document lie on the way to its records, told while it streams by.
 * A value has a place on each path: how many of its segments lead there.
 */
#ifndef CRM_SPLIT_PATHS_H
#define CRM_SPLIT_PATHS_H

#include "ingest/split.h"

struct crm_split_places {
	int8_t at[CRM_SPLIT_PATHS]; /* segments of each path; below 0: it does not lead there */
	bool ends;                  /* a path does */
	bool leads;                 /* one goes on */
};

struct crm_split_paths; /* new: free with crm_split_paths_free */
struct crm_split_paths *crm_split_paths_new(const char *const *paths, size_t n);
void crm_split_paths_free(struct crm_split_paths *paths);
/* Has some path a condition? Then what is at its end may be no record. */
bool crm_split_has_conditions(const struct crm_split_paths *paths);

/* The places of the root. */
void crm_split_root(const struct crm_split_paths *paths, struct crm_split_places *places,
		    bool is_array);
/* Those of an element, by its number, and of a member of what has places of; they are complete
 * after crm_split_at. seen: for each path, whether the member that it goes on with has occurred;
 * true when one occurs again. */
void crm_split_element(const struct crm_split_paths *paths, const struct crm_split_places *of,
		       size_t index, struct crm_split_places *places);
bool crm_split_member(const struct crm_split_paths *paths, const struct crm_split_places *of,
		      struct crm_slice key, bool *seen, struct crm_split_places *places);
/* Completes the places of a value: "*" is also what is no array itself. */
void crm_split_at(const struct crm_split_paths *paths, struct crm_split_places *places,
		  bool is_array);

/* Does some path lead to a record in doc? *list gets true when one leads to a list, at least. */
bool crm_split_has_records(const struct crm_split_paths *paths, const struct crm_json_doc *doc,
			   bool *list);

#endif
