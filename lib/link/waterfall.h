/* SPDX-License-Identifier: MIT */
/*
 * waterfall: how two records come to their weight, step by step: where they start (prior),
 * what each comparison adds or takes off, and where they end. One value, shown in three ways:
 * as text for a terminal, as a JSON line, as a picture (SVG).
 *
 * The steps add up: each total is the total before and the step's bits, in thousandths of a
 * bit, and the last total is the weight.
 */
#ifndef CRM_LINK_WATERFALL_H
#define CRM_LINK_WATERFALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/str.h"

enum crm_step_kind {
	CRM_STEP_LEVEL,  /* a comparison, on the level reached */
	CRM_STEP_RARITY, /* how rare the value is that they share (term frequency) */
	CRM_STEP_OTHER   /* prior, near, …: known by its name */
};

struct crm_step {
	enum crm_step_kind kind;
	const char *name;      /* of the comparison, or of what else speaks; static or in arena */
	const char *level;     /* the label of the level reached, or what it is about; NULL */
	struct crm_slice a, b; /* what the two have, as it came; NULL: nothing to show */
	double m, u, near;     /* how often two records of one person, of two people taken at
				* random, of near ones are on this level; NAN: does not apply */
	double bits, total;
};
#define CRM_STEPS 40

/* What stands above the weight. */
enum crm_standing {
	CRM_STANDS_OPEN,  /* nothing does */
	CRM_STANDS_YES,   /* a human said that they are one person */
	CRM_STANDS_NO,    /* that they are two */
	CRM_STANDS_APART, /* the people they belong to were parted by a human */
	CRM_STANDS_SAME   /* they belong to one person already */
};

struct crm_waterfall {
	struct {
		int64_t profile, person;
		struct crm_slice name;
	} side[2];
	struct crm_step step[CRM_STEPS];
	int n;
	double weight, probability;
	const char *found_by; /* the first blocking rule that finds the pair; NULL: none */
	enum crm_standing standing;
	struct { /* of CRM_STANDS_YES and NO: who said so, when (RFC 3339), and why */
		struct crm_slice actor, at, note;
	} said;
	struct crm_arena arena; /* owns the texts */
};
#define CRM_WATERFALL_INIT              \
	{                               \
		.arena = CRM_ARENA_INIT \
	}
void crm_waterfall_release(struct crm_waterfall *w);

/* Appends a step; its total is worked out. Steps beyond CRM_STEPS are a bug. */
struct crm_step *crm_waterfall_add(struct crm_waterfall *w, enum crm_step_kind kind,
				   const char *name, double bits);

/* What stands above the weight, and which rule finds the pair, in words; static text or in out. */
void crm_waterfall_notes(const struct crm_waterfall *w, struct crm_str *out);

/* Appends bits with two digits: with + where sign asks for it, and none where nothing is left. */
void crm_waterfall_bits(double bits, bool sign, struct crm_str *out);
/* Appends it as text, lines at most width columns wide (60 or more). */
void crm_waterfall_text(const struct crm_waterfall *w, size_t width, struct crm_str *out);
/* Appends it as a line of JSON: crm-records(5), explanation. */
void crm_waterfall_json(const struct crm_waterfall *w, struct crm_str *out);
/* Appends it as a whole SVG 1.1 document, without scripts or anything from elsewhere. It has
 * colours for light and for dark surroundings. */
void crm_waterfall_svg(const struct crm_waterfall *w, struct crm_str *out);

/* Appends bits as a JSON number of thousandths, after key. */
void crm_put_bits(struct crm_str *out, const char *key, double bits);
/* Appends key and a text that came from data as a JSON string; what is no UTF-8 would make the
 * line no JSON. Nothing without a value. */
void crm_put_shown(struct crm_str *out, const char *key, struct crm_slice value);

#endif
