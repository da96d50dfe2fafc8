/* SPDX-License-Identifier: MIT */
/*
 * path: JSON Pointers (RFC 6901) with what exports need beyond them.
 *
 *	/from/id       from the record down
 *	2/name         two steps up from the record first, as in Relative JSON Pointers
 *	               (draft-bhutton-relative-json-pointer): a list counts as a step
 *	/parts/ * /text (written without the blanks) each element of a list; of what is no list,
 *	               the value itself
 *	/photo/-1      the last element
 *	/text/ *text    each element: itself where it is plain, else its member text
 *	/tags/?name=plan/value   of a list the elements whose member name is plan
 *	2/users/?id=@author_id   …whose member id is what the record's author_id is
 *	/list/?id      …that have a member id; ?!id: that have none; ?id!=1: where it is not 1;
 *	               of what is no list, itself, if it is so
 *	/rooms/ ** /events (written without the blanks) each member of an object, whatever its
 *	               name
 *	3#             (the whole path) the name of the member three steps up
 *
 * A value is reached by a spot: itself and all it lies in.
 */
#ifndef CRM_PATH_H
#define CRM_PATH_H

#include "base/json.h"

struct crm_spot {
	const struct crm_json_doc *doc;
	const struct crm_json_value *chain[CRM_JSON_DEPTH + 2]; /* the root … the value */
	size_t depth;                                           /* chain[depth] is the value */
};

/* The spot of a document's root. */
struct crm_spot crm_spot_root(const struct crm_json_doc *doc);
const struct crm_json_value *crm_spot_value(const struct crm_spot *spot);

/* Calls found for each value that path leads to from a spot, until it returns false; the
 * spot it is given is borrowed: valid during the call. */
void crm_path_walk(const struct crm_spot *from, const char *path,
		   bool (*found)(const struct crm_spot *spot, void *data), void *data);
/* Is path of the kind 3#? Then *key is that name as it is written (ptr NULL: it has none),
 * borrowed from the document, and *escaped says whether it holds backslashes. */
bool crm_path_name(const struct crm_spot *from, const char *path, struct crm_slice *key,
		   bool *escaped);
/* Does it lead anywhere? "PATH=TEXT": to a value of this text? */
bool crm_path_fits(const struct crm_spot *from, const char *path);
/* Is path well formed? What is wrong with it, or NULL; static. */
const char *crm_path_wrong(const char *path);

/* Appends the document with nothing but this value in the lists on the way to it: what a
 * record is in, to be read again alone. Other members of more than 4 KiB are left out. */
void crm_spot_alone(const struct crm_spot *spot, struct crm_str *out);

#endif
