/* SPDX-License-Identifier: MIT */
/* Waterfalls of made-up steps: that they add up, and that no value, however hostile or long,
 * leaves its line, its column or its element. libxml2 says what XML is. */
#include <libxml/parser.h>
#include <locale.h>
#include <math.h>

#include "base/json.h"
#include "base/utf8.h"
#include "link/waterfall.h"
#include "tap.h"

static const char *const hostile[] = {
	"plain",
	"<script>alert(1)</script> & \"quoted\" ]]>",
	"\x1b[31mred\x07\x08 and\r\nnew line\t\x7f",
	"\xE2\x80\xAE"
	"desrever \xEF\xBF\xBE\xEF\xBF\xBF not characters",
	"bad \xff\xc3 bytes \xed\xa0\x80 surrogate",
	"\xE6\xB8\xA1\xE9\x82\x89\xE6\xB8\xA1\xE9\x82\x89\xE6\xB8\xA1\xE9\x82\x89\xE6\xB8\xA1\xE9"
	"\x82\x89"
	"\xE6\xB8\xA1\xE9\x82\x89\xE6\xB8\xA1\xE9\x82\x89\xE6\xB8\xA1\xE9\x82\x89\xE6\xB8\xA1\xE9"
	"\x82\x89"
	"\xE6\xB8\xA1\xE9\x82\x89\xE6\xB8\xA1\xE9\x82\x89\xE6\xB8\xA1\xE9\x82\x89\xE6\xB8\xA1\xE9"
	"\x82\x89",
	"e\xCC\x81\xCC\x81\xCC\x81\xCC\x81 combining",
	"",
};
#define HOSTILE (int)(sizeof(hostile) / sizeof(hostile[0]))

static void make(struct crm_waterfall *w, const double *bits, int n)
{
	w->n = 0;
	crm_waterfall_add(w, CRM_STEP_OTHER, "prior", bits[0]);
	for (int i = 1; i < n; i++) {
		struct crm_step *s = crm_waterfall_add(w, CRM_STEP_LEVEL,
						       "a comparison with a long name", bits[i]);

		s->level = "a level whose label is too long for any column that there is";
		s->m = 0.5;
		s->u = 0.5 * exp2(-bits[i]);
		s->a = crm_slice_of(hostile[i % HOSTILE]);
		s->b = crm_slice_of(hostile[(i + i / HOSTILE) % HOSTILE]);
	}
	for (int i = 0; i < 2; i++) {
		w->side[i].profile = INT64_MAX - i;
		w->side[i].person = 1;
		w->side[i].name = crm_slice_of(hostile[i + 1]);
	}
	w->weight = w->step[n - 1].total;
	w->probability = 1 / (1 + exp2(-w->weight));
}

static bool controls(const struct crm_str *s)
{
	for (size_t i = 0; i < s->len; i++)
		if (((unsigned char)s->ptr[i] < 0x20 && s->ptr[i] != '\n') || s->ptr[i] == 0x7f)
			return true;
	return crm_utf8_valid(s->ptr, s->len) != s->len;
}

static size_t widest(const struct crm_str *s)
{
	size_t widest = 0;

	for (const char *p = s->ptr, *end; (end = strchr(p, '\n')); p = end + 1) {
		size_t width = crm_utf8_width((struct crm_slice){p, (size_t)(end - p)});

		widest = width > widest ? width : widest;
	}
	return widest;
}

static void check_text(const struct crm_waterfall *w, const char *what)
{
	struct crm_str out = CRM_STR_INIT;
	bool fits = true, clean = true;

	for (size_t width = 64; width < 260; width += 7) {
		crm_str_clear(&out);
		crm_waterfall_text(w, width, &out);
		fits = fits && widest(&out) <= width;
		clean = clean && !controls(&out);
	}
	ok(fits, "%s: no line is wider than the terminal", what);
	ok(clean, "%s: nothing controls the terminal", what);
	crm_str_release(&out);
}

static void check_json(const struct crm_waterfall *w, const char *what)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_str out = CRM_STR_INIT;
	const struct crm_json_value *steps;

	crm_waterfall_json(w, &out);
	ok(crm_json_scan(&doc, out.ptr, out.len) == CRM_OK
		   && strchr(out.ptr, '\n') == out.ptr + out.len - 1,
	   "%s: one line of JSON", what);
	steps = doc.n ? crm_json_member(&doc, doc.values, "steps") : NULL;
	ok(steps && (int)steps->count == w->n, "%s: with all steps", what);
	crm_json_doc_release(&doc);
	crm_str_release(&out);
}

/* How many elements have this name, or any where name is NULL; also of attributes that could
 * run or fetch something. */
static int count(const xmlNode *node, const char *name)
{
	int n = 0;

	for (; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE
		    && (!name || !strcmp((const char *)node->name, name)))
			n++;
		n += count(node->children, name);
	}
	return n;
}

static void check_svg(const struct crm_waterfall *w, const char *what)
{
	struct crm_str out = CRM_STR_INIT;
	xmlDocPtr doc;

	crm_waterfall_svg(w, &out);
	doc = xmlReadMemory(out.ptr, (int)out.len, "w.svg", NULL,
			    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	ok(doc != NULL, "%s: the picture is XML", what);
	ok(doc && !count(xmlDocGetRootElement(doc), "script")
		   && count(xmlDocGetRootElement(doc), "rect") == w->n + 2,
	   "%s: with a bar for each step, the weight, the page, and no script", what);
	ok(!strstr(out.ptr, "nan") && !strstr(out.ptr, "inf") && !controls(&out),
	   "%s: and no number that is none", what);
	xmlFreeDoc(doc);
	crm_str_release(&out);
}

static void check(const double *bits, int n, const char *what)
{
	struct crm_waterfall w = CRM_WATERFALL_INIT;

	make(&w, bits, n);
	check_text(&w, what);
	check_json(&w, what);
	check_svg(&w, what);
	crm_waterfall_release(&w);
}

/* What is rounded to nothing speaks neither for nor against. */
static void check_bits(void)
{
	struct crm_str out = CRM_STR_INIT;
	const double bits[] = {-0.004, 0.004, -0.0, -0.006, 7.266};

	for (int i = 0; i < 5; i++) {
		crm_waterfall_bits(bits[i], true, &out);
		crm_str_addc(&out, ' ');
	}
	crm_waterfall_bits(7.266, false, &out);
	is_str(out.ptr, "0.00 0.00 0.00 -0.01 +7.27 7.27", "bits as they are printed");
	crm_str_release(&out);
}

int main(void)
{
	double tenths[CRM_STEPS], huge[] = {-400, 900.5, -3}, none[] = {0}, down[] = {-1, -2, -3};
	struct crm_waterfall w = CRM_WATERFALL_INIT;

	setlocale(LC_ALL, "C.UTF-8"); /* for widths */
	for (int i = 0; i < CRM_STEPS; i++)
		tenths[i] = i % 3 ? 0.1 : -0.7;
	check(tenths, CRM_STEPS, "as many steps as there can be");
	check(huge, 3, "huge weights");
	check(none, 1, "nothing but a prior of 0");
	check(down, 3, "only against");
	for (int i = 0; i < 30; i++)
		crm_waterfall_add(&w, CRM_STEP_LEVEL, "x", 0.001);
	ok(w.step[29].total >= 0.03 && w.step[29].total <= 0.03, "thousandths add up exactly");
	crm_waterfall_release(&w);
	check_bits();
	return done();
}
