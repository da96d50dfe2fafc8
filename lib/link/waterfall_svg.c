/* SPDX-License-Identifier: MIT */
/*
 * The waterfall as a picture. An SVG 1.1 document that stands by itself: no scripts, no fonts
 * or styles from elsewhere; colours follow the reader's light or dark surroundings, and every
 * bar has its number beside it, so that colour alone carries nothing.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/columns.h"
#include "base/utf8.h"
#include "link/waterfall.h"

enum {
	WIDTH = 960,
	LEFT = 16,  /* of the texts */
	BARS = 420, /* where the bars begin, and end */
	BARS_END = 800,
	TOTALS = 944,   /* right edge of the numbers */
	TOP = 104,      /* of the first row */
	ROW = 22,       /* a line of text */
	VALUE = 16,     /* a line of values below it */
	TEXT_CHARS = 54 /* what fits beside the bars */
};

static const char head[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
	" role=\"img\" aria-labelledby=\"t d\">\n";

static const char style[] =
	"<style>\n"
	"text { font: 13px system-ui, 'DejaVu Sans', Arial, sans-serif; fill: #1a1a1a }\n"
	".page { fill: #ffffff } .h { font-size: 17px; font-weight: 600 } .s { font-weight: 600 }\n"
	".v, .x { fill: #5a5a5a; font-size: 12px } .n { text-anchor: end }\n"
	".m { text-anchor: middle } .for { fill: #1b7f5c } .against { fill: #b5482f }\n"
	".all { fill: #3b5b92 } .grid { stroke: #d9d9d9 } .even { stroke: #8a8a8a }\n"
	".step { stroke: #8a8a8a; stroke-dasharray: 2 2 }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"text { fill: #ececec } .page { fill: #16181c } .v, .x { fill: #a8adb5 }\n"
	".for { fill: #3fb68b } .against { fill: #e07a5f } .all { fill: #7da2e0 }\n"
	".grid { stroke: #33373e } .even, .step { stroke: #7a808a } }\n"
	"</style>\n";

/* Appends text so that it is character data of XML 1.0: of what its production Char leaves
 * out, controls have been made harmless before, and these two are left. */
static void put_escaped(struct crm_str *out, struct crm_slice text)
{
	struct crm_str clean = CRM_STR_INIT;

	crm_utf8_printable(&clean, text);
	for (size_t i = 0; i < clean.len; i++) {
		const char *c = clean.ptr + i;

		if (*c == '&')
			crm_str_adds(out, "&amp;");
		else if (*c == '<')
			crm_str_adds(out, "&lt;");
		else if (*c == '>')
			crm_str_adds(out, "&gt;");
		else if (!strncmp(c, "\xEF\xBF\xBE", 3) || !strncmp(c, "\xEF\xBF\xBF", 3))
			crm_str_adds(out, "\xEF\xBF\xBD"), i += 2;
		else
			crm_str_addc(out, *c);
	}
	crm_str_release(&clean);
}

/* A line of text, cut where it would run into what is beside it. */
static void put_text(struct crm_str *out, int x, int y, const char *class, struct crm_slice text,
		     size_t most)
{
	struct crm_str fit = CRM_STR_INIT;

	crm_columns_fit(&fit, text, most, CRM_LEFT);
	crm_columns_trim(&fit);
	crm_str_addf(out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
	put_escaped(out, (struct crm_slice){fit.ptr, fit.len});
	crm_str_adds(out, "</text>\n");
	crm_str_release(&fit);
}

static void put_bits_text(struct crm_str *out, int x, int y, const char *class, double bits,
			  bool sign)
{
	struct crm_str text = CRM_STR_INIT;

	crm_waterfall_bits(bits, sign, &text);
	put_text(out, x, y, class, crm_slice_of(text.ptr), 16);
	crm_str_release(&text);
}

/* ---- the axis ---- */

struct axis {
	double low, high;
	int step; /* bits between grid lines */
};

static double place(const struct axis *axis, double bits)
{
	return BARS + (bits - axis->low) / (axis->high - axis->low) * (BARS_END - BARS);
}

static struct axis axis_of(const struct crm_waterfall *w)
{
	static const int steps[] = {1, 2, 5, 10, 20, 50, 100, 200};
	struct axis axis = {0, 0, 500};
	size_t i;

	for (int s = 0; s < w->n; s++) {
		axis.low = fmin(axis.low, w->step[s].total);
		axis.high = fmax(axis.high, w->step[s].total);
	}
	for (i = sizeof(steps) / sizeof(steps[0]); i-- > 0;)
		if ((axis.high - axis.low) / steps[i] <= 6)
			axis.step = steps[i];
	axis.low = floor(axis.low / axis.step) * axis.step;
	axis.high = ceil(axis.high / axis.step) * axis.step;
	if (axis.high <= axis.low)
		axis.high = axis.low + axis.step;
	return axis;
}

static void put_axis(const struct axis *axis, int bottom, struct crm_str *out)
{
	for (double bits = axis->low; bits <= axis->high; bits += axis->step) {
		double x = place(axis, bits), p = 1 / (1 + exp2(-bits));
		char text[32];

		crm_str_addf(out, "<path d=\"M%.1f %dV%d\" class=\"%s\"/>\n", x, TOP - 12, bottom,
			     bits < 0 || bits > 0 ? "grid" : "even");
		snprintf(text, sizeof(text), bits < 0 || bits > 0 ? "%+.0f" : "0", bits);
		put_text(out, (int)lround(x), TOP - 34, "x m", crm_slice_of(text), 16);
		if (p > 0.999)
			snprintf(text, sizeof(text), "1\xE2\x88\x92%.0e", 1 / (1 + exp2(bits)));
		else
			snprintf(text, sizeof(text), p < 0.001 ? "%.0e" : "%.2g", p);
		put_text(out, (int)lround(x), TOP - 18, "x m", crm_slice_of(text), 16);
	}
	put_text(out, BARS - 32, TOP - 34, "x n", CRM_SLICE("bits"), 16);
	put_text(out, BARS - 32, TOP - 18, "x n", CRM_SLICE("probability"), 16);
	put_text(out, TOTALS - 72, TOP - 18, "x n", CRM_SLICE("bits"), 16);
	put_text(out, TOTALS, TOP - 18, "x n", CRM_SLICE("total"), 16);
}

static void put_bar(const struct axis *axis, int y, double from, double to, const char *class,
		    struct crm_str *out)
{
	double x = place(axis, fmin(from, to)), end = place(axis, fmax(from, to));

	crm_str_addf(out,
		     "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"14\" rx=\"2\""
		     " class=\"%s\"/>\n",
		     x, y, fmax(end - x, 1), class);
}

/* ---- rows ---- */

static int row_height(const struct crm_step *s)
{
	int values = !s->a.ptr ? 0 : crm_slice_same(s->a, s->b) ? 1 : 2;

	return ROW + values * VALUE + 4;
}

static void put_label(const struct crm_step *s, int y, struct crm_str *out)
{
	struct crm_str label = CRM_STR_INIT;

	crm_str_addf(&label, "%s%s%s", s->kind == CRM_STEP_RARITY ? "" : s->name,
		     s->level && s->kind != CRM_STEP_RARITY ? ": " : "", s->level ? s->level : "");
	put_text(out, LEFT, y, s->kind == CRM_STEP_RARITY ? "v" : "s",
		 (struct crm_slice){label.ptr, label.len}, TEXT_CHARS - 4);
	crm_str_release(&label);
}

static void put_row(const struct crm_waterfall *w, const struct axis *axis, int i, int y,
		    struct crm_str *out)
{
	const struct crm_step *s = &w->step[i];
	double from = i ? w->step[i - 1].total : 0;

	crm_str_adds(out, "<g>");
	if (!isnan(s->m) && !isnan(s->u))
		crm_str_addf(out, "<title>m %.4g, u %.4g</title>", s->m, s->u);
	put_label(s, y + 14, out);
	if (s->a.ptr)
		put_text(out, LEFT, y + 14 + VALUE, "v", s->a, TEXT_CHARS);
	if (s->a.ptr && !crm_slice_same(s->a, s->b))
		put_text(out, LEFT, y + 14 + 2 * VALUE, "v", s->b, TEXT_CHARS);
	put_bar(axis, y + 3, from, s->total, s->bits < 0 ? "against" : "for", out);
	crm_str_addf(out, "<path d=\"M%.1f %dV%d\" class=\"step\"/>\n", place(axis, s->total),
		     y + 17, y + row_height(s) + 3);
	put_bits_text(out, TOTALS - 72, y + 14, "n", s->bits, i > 0);
	put_bits_text(out, TOTALS, y + 14, "n", s->total, false);
	crm_str_adds(out, "</g>\n");
}

static void put_title(const struct crm_waterfall *w, struct crm_str *out)
{
	struct crm_str title = CRM_STR_INIT, notes = CRM_STR_INIT;

	for (int i = 0; i < 2; i++) {
		crm_str_addf(&title, "%s%lld ", i ? " and " : "", (long long)w->side[i].profile);
		crm_columns_fit(&title, w->side[i].name, 32, CRM_LEFT);
		crm_columns_trim(&title);
	}
	crm_str_addf(&title, ": one person with probability %.4g", w->probability);
	crm_waterfall_notes(w, &notes);
	crm_str_adds(out, "<title id=\"t\">");
	put_escaped(out, (struct crm_slice){title.ptr, title.len});
	crm_str_adds(out, "</title>\n<desc id=\"d\">");
	put_escaped(out, (struct crm_slice){notes.ptr, notes.len});
	crm_str_adds(out, "</desc>\n");
	crm_str_adds(out, style);
	crm_str_adds(out, "<rect width=\"100%\" height=\"100%\" class=\"page\"/>\n");
	put_text(out, LEFT, 28, "h", (struct crm_slice){title.ptr, title.len}, 110);
	put_text(out, LEFT, 48, "v", (struct crm_slice){notes.ptr, notes.len}, 150);
	crm_str_release(&title);
	crm_str_release(&notes);
}

void crm_waterfall_svg(const struct crm_waterfall *w, struct crm_str *out)
{
	struct axis axis = axis_of(w);
	int bottom = TOP, y = TOP;

	for (int i = 0; i < w->n; i++)
		bottom += row_height(&w->step[i]);
	crm_str_addf(out, head, WIDTH, bottom + 40, WIDTH, bottom + 40);
	put_title(w, out);
	put_axis(&axis, bottom + 24, out);
	for (int i = 0; i < w->n; i++) {
		put_row(w, &axis, i, y, out);
		y += row_height(&w->step[i]);
	}
	put_text(out, LEFT, y + 14, "s", CRM_SLICE("weight"), TEXT_CHARS);
	put_bar(&axis, y + 3, 0, w->weight, "all", out);
	put_bits_text(out, TOTALS, y + 14, "n s", w->weight, false);
	crm_str_adds(out, "</svg>\n");
}
