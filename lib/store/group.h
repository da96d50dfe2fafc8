/* SPDX-License-Identifier: MIT */
/*
 * group: which of these records are one person's, as a function of the set of records.
 *
 * Nothing here depends on the order in which records came: whoever calls puts them into an
 * order of their own making (source and key), and every choice below is made in that order
 * or in that of the addresses. Rules, in order:
 *
 *  1. What a person said (merges by hand) holds, and so do the ids of sources: records with
 *     the same id of one source are one person, whatever their names, and so are all that
 *     state one handle. A handle of which one may have several (a device, ids that the
 *     source merged) does so unless it would give somebody two of which one has but one: two
 *     customers may use one computer. What is joined by now is a unit.
 *  2. At an e-mail address or a telephone number, units whose names do not plainly differ
 *     are one person if there are no differing names at all; at a desk's address (info@)
 *     only where names agree. Where there are differing ones a unit belongs to those whose
 *     name agrees with its own, failing that to those whose name cannot be compared, unless
 *     these differ among themselves: then it is nobody's but that of its like.
 *  3. Agreeing names go before those that cannot be compared, e-mail before telephone. Units
 *     are never joined with one whose name plainly differs, by whatever way it came there:
 *     of two such ways the earlier one in this order holds, the other is noted as refused.
 *  4. What a person has parted stays parted.
 *
 * An address shared by many (see crm_group_shared) takes no part; the caller leaves it out.
 *
 * A consequence which lets most records be identified as they come: when a record's name
 * differs plainly from no name of the only person known at its addresses, that person is
 * who it is, and nobody else changes. identify.c relies on it.
 */
#ifndef CRM_GROUP_H
#define CRM_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

#define CRM_GROUP_PROFILES 10000 /* more than these are not identified anew */
#define CRM_GROUP_NAMES 1000     /* distinct names (of a unit: sets of names) in a group */
#define CRM_SHARED_NAMES 64      /* an address with as many distinct names is shared */

struct crm_group_name {
	struct crm_slice given, family; /* NULL or empty: not known */
};

/* Is an address at which these n distinct names are known shared by many? Yes, when there
 * are three of them (two, of a role address) that plainly differ from each other, or
 * CRM_SHARED_NAMES. True for a set is true for every larger one. The newest name is the
 * last; the others alone are known not to be enough. */
bool crm_group_shared(const struct crm_group_name *names, size_t n, bool role);

enum crm_group_kind {
	CRM_BY_ID,     /* the source's own id of a record */
	CRM_BY_HANDLE, /* an id of somebody, of which everybody has one */
	CRM_BY_MANY,   /* one of which somebody may have several */
	CRM_BY_EMAIL,
	CRM_BY_PHONE,
	CRM_GROUP_KINDS
};

struct crm_group_address {
	enum crm_group_kind kind;
	uint32_t scope;    /* of a handle: equal numbers for equal scopes */
	bool role;         /* a desk's address */
	uint32_t first, n; /* members[first … first + n): the profiles, ascending */
	int64_t id;        /* the caller's */
};

struct crm_group_pair {
	uint32_t a, b; /* profiles */
	uint32_t by;   /* the address that joined them, or would have */
};

/* Profiles are numbers from 0. All input is borrowed. */
struct crm_group {
	const struct crm_group_name *names; /* of each profile */
	uint32_t n;
	const struct crm_group_address *addresses; /* by kind, then in an order of their own */
	size_t n_addresses;
	const uint32_t *members;
	const struct crm_group_pair *must; /* said by a person to be one */
	size_t n_must;
	/* Parted by a person: of profiles with a label, nobody of the label parted[i].a may be
	 * with somebody of parted[i].b. */
	const struct crm_group_pair *labels; /* a: profile, b: label */
	size_t n_labels;
	const struct crm_group_pair *parted; /* a, b: labels */
	size_t n_parted;

	/* what comes out */
	uint32_t *person;              /* of each profile: the first profile of its person */
	struct crm_group_pair *joined; /* enough pairs to make each person one, beside must */
	size_t n_joined, cap_joined;
	struct crm_group_pair *refused; /* joined but for a differing name or a parting */
	size_t n_refused, cap_refused;
};

/* Fills what comes out. False when there are too many names: nothing is known then. */
bool crm_group_people(struct crm_group *group);
void crm_group_release(struct crm_group *group); /* what came out */

#endif
