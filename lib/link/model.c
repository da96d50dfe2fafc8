/* SPDX-License-Identifier: MIT */
/* The model as JSON; see model.h. model_fit.c estimates it, model_score.c
 * applies it. */
#include "link/model.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

/* Models come from elsewhere as well. What is beyond this is none. */
#define LEAST 1e-300
#define ROUNDED 1e-6
#define SLOPE_MOST 100
#define OFFSET_MOST 1000

double crm_probability(double weight)
{
	return 1 / (1 + exp2(-weight));
}

double crm_weight(double probability)
{
	return log2(probability / (1 - probability));
}

/* ---- as JSON ---- */

static const char *const class_names[CRM_CLASSES] = {"unrelated", "match", "near"};
static const char *const kind_names[CRM_KINDS] = {"clean", "worn"};

/* Both kinds are what matches are. */
static void one_kind(struct crm_model *m)
{
	m->worn = 0;
	memcpy(m->kind[CRM_CLEAN], m->p[CRM_MATCH], sizeof(m->kind[0]));
	memcpy(m->kind[CRM_WORN], m->p[CRM_MATCH], sizeof(m->kind[0]));
}

void crm_model_plain(struct crm_model *m)
{
	one_kind(m);
	m->calibration = (struct crm_calibration)CRM_CALIBRATION_NONE;
	m->judged = 0;
}

static void put_real(struct crm_str *out, const char *key, double x)
{
	crm_json_key(out, key);
	crm_json_real(out, x, 17);
}

static void write_frequency(const struct crm_frequency *frequency, struct crm_str *out)
{
	crm_json_key(out, "rarity");
	crm_json_open(out, '{');
	put_real(out, "weight", frequency->weight);
	put_real(out, "mean", frequency->mean);
	put_real(out, "least", frequency->least);
	crm_json_close(out, '}');
}

static void write_level(const struct crm_model *m, int f, int l, struct crm_str *out)
{
	int c;

	crm_json_open(out, '{');
	crm_json_put(out, "level", m->spec->comparison[f].level[l].label);
	put_real(out, "chance", m->chance[f][l]);
	for (c = 0; c < CRM_CLASSES; c++)
		put_real(out, class_names[c], m->p[c][f][l]);
	for (c = 0; c < CRM_KINDS && m->worn > 0; c++)
		put_real(out, kind_names[c], m->kind[c][f][l]);
	if (m->frequency[f][l].weight > 0)
		write_frequency(&m->frequency[f][l], out);
	crm_json_close(out, '}');
}

static void write_calibration(const struct crm_model *m, struct crm_str *out)
{
	crm_json_key(out, "calibration");
	crm_json_open(out, '{');
	put_real(out, "slope", m->calibration.slope);
	put_real(out, "offset", m->calibration.offset);
	crm_json_put_int(out, "judged", (int64_t)m->judged);
	crm_json_close(out, '}');
}

void crm_model_write(const struct crm_model *m, struct crm_str *out)
{
	int c, f, l;

	crm_json_open(out, '{');
	crm_json_put(out, "type", "model");
	crm_json_put_int(out, "version", 2);
	crm_json_put_int(out, "seed", (int64_t)m->seed);
	crm_json_put_int(out, "records", (int64_t)m->records);
	crm_json_put_int(out, "rounds", m->rounds);
	crm_json_key(out, "linkage");
	crm_json_line(out, m->spec->json);
	crm_json_key(out, "share");
	crm_json_open(out, '{');
	for (c = 0; c < CRM_CLASSES; c++)
		put_real(out, class_names[c], m->share[c]);
	crm_json_close(out, '}');
	if (m->worn > 0)
		put_real(out, "worn", m->worn);
	if (m->judged > 0)
		write_calibration(m, out);
	crm_json_key(out, "fields");
	crm_json_open(out, '[');
	for (f = 0; f < m->spec->n_comparisons; f++) {
		crm_json_open(out, '{');
		crm_json_put(out, "field", m->spec->comparison[f].name);
		crm_json_key(out, "levels");
		crm_json_open(out, '[');
		for (l = 0; l < m->spec->comparison[f].n_levels; l++)
			write_level(m, f, l, out);
		crm_json_close(out, ']');
		crm_json_close(out, '}');
	}
	crm_json_close(out, ']');
	crm_json_close(out, '}');
}

/* A number below object; false where there is none. */
static bool read_real(const struct crm_json_doc *doc, const struct crm_json_value *object,
		      const char *name, double *out)
{
	const struct crm_json_value *v = crm_json_member(doc, object, name);
	char buf[64];

	if (!v || v->type != CRM_JSON_NUMBER || v->text.len >= sizeof(buf))
		return false;
	memcpy(buf, v->text.ptr, v->text.len);
	buf[v->text.len] = '\0';
	*out = strtod(buf, NULL);
	return isfinite(*out);
}

/* A number of 0 or more. */
static bool read_number(const struct crm_json_doc *doc, const struct crm_json_value *object,
			const char *name, double *out)
{
	return read_real(doc, object, name, out) && *out >= 0;
}

/* A probability above 0, if only just: its logarithm is finite. */
static bool read_probability(const struct crm_json_doc *doc, const struct crm_json_value *object,
			     const char *name, double *out)
{
	return read_real(doc, object, name, out) && *out >= LEAST && *out <= 1 + ROUNDED;
}

/* A count, if there is one that fits. */
static void read_count(const struct crm_json_doc *doc, const struct crm_json_value *object,
		       const char *name, uint64_t most, uint64_t *out)
{
	double n;

	if (read_number(doc, object, name, &n) && n < (double)most)
		*out = (uint64_t)n;
}

static bool read_frequency(const struct crm_json_doc *doc, const struct crm_json_value *level,
			   struct crm_frequency *out)
{
	const struct crm_json_value *v = crm_json_member(doc, level, "rarity");

	return !v
	       || (v->type == CRM_JSON_OBJECT && read_number(doc, v, "weight", &out->weight)
		   && out->weight <= CRM_FREQUENCY_MOST
		   && read_probability(doc, v, "mean", &out->mean)
		   && read_number(doc, v, "least", &out->least) && out->least <= 1);
}

static bool read_level(const struct crm_json_doc *doc, struct crm_model *m, int f, int l)
{
	const struct crm_json_value *v, *label;
	struct crm_str text = CRM_STR_INIT;
	char pointer[64];
	bool good;
	int c;

	snprintf(pointer, sizeof(pointer), "/fields/%d/levels/%d", f, l);
	v = crm_json_pointer(doc, &doc->values[0], pointer);
	if (!v || v->type != CRM_JSON_OBJECT || !(label = crm_json_member(doc, v, "level")))
		return false;
	crm_json_text(label, &text);
	good = !strcmp(text.ptr, m->spec->comparison[f].level[l].label)
	       && read_number(doc, v, "chance", &m->chance[f][l]);
	for (c = 0; c < CRM_CLASSES; c++)
		good = good && read_probability(doc, v, class_names[c], &m->p[c][f][l]);
	for (c = 0; c < CRM_KINDS && m->worn > 0; c++)
		good = good && read_probability(doc, v, kind_names[c], &m->kind[c][f][l]);
	crm_str_release(&text);
	return good && read_frequency(doc, v, &m->frequency[f][l]);
}

/* Parts that a model may lack. */
static bool read_rest(const struct crm_json_doc *doc, struct crm_model *m)
{
	const struct crm_json_value *root = &doc->values[0];
	const struct crm_json_value *v = crm_json_member(doc, root, "calibration");
	uint64_t rounds = 0;

	crm_model_plain(m);
	if (crm_json_member(doc, root, "worn")
	    && (!read_number(doc, root, "worn", &m->worn) || m->worn >= 1))
		return false;
	read_count(doc, root, "seed", INT64_MAX, &m->seed);
	read_count(doc, root, "records", INT64_MAX, &m->records);
	read_count(doc, root, "rounds", INT_MAX, &rounds);
	m->rounds = (int)rounds;
	if (!v)
		return true;
	if (v->type != CRM_JSON_OBJECT || !read_number(doc, v, "slope", &m->calibration.slope)
	    || m->calibration.slope <= 0 || m->calibration.slope > SLOPE_MOST
	    || !read_real(doc, v, "offset", &m->calibration.offset)
	    || fabs(m->calibration.offset) > OFFSET_MOST)
		return false;
	read_count(doc, v, "judged", INT64_MAX, &m->judged);
	return true;
}

static bool read_model(const struct crm_json_doc *doc, struct crm_model *m)
{
	const struct crm_json_value *root = &doc->values[0], *share;
	int c, f, l;

	if (root->type != CRM_JSON_OBJECT || !(share = crm_json_member(doc, root, "share"))
	    || share->type != CRM_JSON_OBJECT)
		return false;
	for (c = 0; c < CRM_CLASSES; c++)
		if (!read_number(doc, share, class_names[c], &m->share[c])
		    || m->share[c] > 1 + ROUNDED
		    || (m->share[c] < LEAST && c != CRM_NEAR)) /* a model may do without near */
			return false;
	if (!read_rest(doc, m))
		return false;
	for (f = 0; f < m->spec->n_comparisons; f++)
		for (l = 0; l < m->spec->comparison[f].n_levels; l++)
			if (!read_level(doc, m, f, l))
				return false;
	if (m->worn <= 0)
		one_kind(m);
	return true;
}

/* Is it the same specification, but for blanks? */
static bool same_linkage(const struct crm_json_doc *doc, const struct crm_spec *spec)
{
	const struct crm_json_value *v = crm_json_pointer(doc, &doc->values[0], "/linkage");
	struct crm_str ours = CRM_STR_INIT, theirs = CRM_STR_INIT;
	bool same;

	if (!v)
		return false;
	crm_json_line(&ours, spec->json);
	crm_json_line(&theirs, v->text);
	same = strcmp(ours.ptr, theirs.ptr) == 0;
	crm_str_release(&ours);
	crm_str_release(&theirs);
	return same;
}

enum crm_status crm_model_read(struct crm_model *m, const struct crm_spec *spec,
			       struct crm_slice json, struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	enum crm_status rc;

	memset(m, 0, sizeof(*m));
	m->spec = spec;
	if ((rc = crm_json_scan(&doc, json.ptr, json.len)) != CRM_OK)
		crm_fail(err, rc, "the model is no JSON: %s", doc.error);
	else if (!same_linkage(&doc, spec) || !read_model(&doc, m))
		rc = crm_fail(err, CRM_DATA, "not a model of these fields and levels");
	crm_json_doc_release(&doc);
	return rc;
}

enum crm_status crm_model_linkage(struct crm_slice json, struct crm_str *out, struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const struct crm_json_value *v;
	enum crm_status rc;

	if ((rc = crm_json_scan(&doc, json.ptr, json.len)) != CRM_OK)
		crm_fail(err, rc, "the model is no JSON: %s", doc.error);
	else if (!(v = crm_json_pointer(&doc, &doc.values[0], "/linkage")))
		rc = crm_fail(err, CRM_DATA,
			      "not a model of linkage: it does not say what it is of");
	else
		crm_str_add(out, v->text.ptr, v->text.len);
	crm_json_doc_release(&doc);
	return rc;
}
