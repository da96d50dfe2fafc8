/* SPDX-License-Identifier: MIT */
/* A pair's way to its weight, as text and as JSON; waterfall_svg.c has the picture. */
#include "link/waterfall.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/columns.h"
#include "base/json.h"
#include "base/utf8.h"

static const char *const standings[] = {"open", "yes", "no", "apart", "same"};

void crm_waterfall_release(struct crm_waterfall *w)
{
	crm_arena_release(&w->arena);
}

struct crm_step *crm_waterfall_add(struct crm_waterfall *w, enum crm_step_kind kind,
				   const char *name, double bits)
{
	double before = w->n ? w->step[w->n - 1].total : 0;
	struct crm_step *s = &w->step[w->n];

	if (w->n == CRM_STEPS)
		abort();
	w->n++;
	*s = (struct crm_step){.kind = kind,
			       .name = name,
			       .m = (double)NAN,
			       .u = (double)NAN,
			       .near = (double)NAN,
			       .bits = bits};
	s->total = nearbyint((before + bits) * 1000) / 1000;
	return s;
}

static void add_decision(const struct crm_waterfall *w, struct crm_str *out)
{
	crm_str_addc(out, ' ');
	if (w->said.actor.len)
		crm_str_add(out, w->said.actor.ptr, w->said.actor.len);
	else
		crm_str_adds(out, "A human");
	crm_str_adds(out, " said");
	if (w->said.at.len >= 10)
		crm_str_addf(out, " on %.10s", w->said.at.ptr);
	crm_str_addf(out, " that they are %s",
		     w->standing == CRM_STANDS_YES ? "one person" : "two people");
	if (w->said.note.len)
		crm_str_addf(out, " (%.*s)", (int)w->said.note.len, w->said.note.ptr);
	crm_str_adds(out, ", which holds whatever the weight is.");
}

void crm_waterfall_notes(const struct crm_waterfall *w, struct crm_str *out)
{
	if (w->side[0].profile == w->side[1].profile) {
		crm_str_adds(out, "Against a copy of itself: it cannot come further with anybody.");
		return;
	}
	if (w->found_by)
		crm_str_addf(out, "Found by the blocking rule %s.", w->found_by);
	else
		crm_str_adds(out, "No blocking rule finds this pair: it is not among the matches.");
	if (w->standing == CRM_STANDS_YES || w->standing == CRM_STANDS_NO)
		add_decision(w, out);
	else if (w->standing == CRM_STANDS_APART)
		crm_str_adds(out, " A human parted the people they belong to, which holds"
				  " whatever the weight is.");
	else if (w->standing == CRM_STANDS_SAME)
		crm_str_adds(out, " They belong to one person already.");
}

/* ---- text ---- */

enum {
	NAME_WIDTH = 14,
	NUMBER_WIDTH = 9, /* m, u, bits, total: each with a blank before it */
	FIXED_WIDTH = NAME_WIDTH + 4 * NUMBER_WIDTH + 2
};

struct sheet { /* the columns in use */
	size_t level, bar;
	double low, high; /* of the bars, in bits */
};

static struct sheet lay_out(const struct crm_waterfall *w, size_t width)
{
	struct sheet sheet = {.level = 10, .low = 0, .high = 0};
	size_t left = width > FIXED_WIDTH + sheet.level ? width - FIXED_WIDTH - sheet.level : 0;
	size_t longest = 10;

	for (int i = 0; i < w->n; i++) {
		const struct crm_step *s = &w->step[i]; /* without m, its level has room */
		size_t n = isnan(s->m) || !s->level ? 0 : crm_utf8_width(crm_slice_of(s->level));

		longest = n > longest ? n : longest;
		sheet.low = fmin(sheet.low, w->step[i].total);
		sheet.high = fmax(sheet.high, w->step[i].total);
	}
	left -= left > 60 ? left - 60 : 0; /* longer bars say no more */
	sheet.level += longest - sheet.level < left / 2 ? longest - sheet.level : left / 2;
	sheet.bar = width - FIXED_WIDTH - sheet.level;
	sheet.bar = sheet.bar > 60 ? 60 : sheet.bar;
	if (width <= FIXED_WIDTH + sheet.level + 5)
		sheet.bar = 0;
	return sheet;
}

/* From one total to the next: solid for what speaks for one person, light for what speaks
 * against it; a dotted line at even odds. */
static void put_bar(const struct sheet *sheet, double from, double to, struct crm_str *out)
{
	double unit = sheet->high > sheet->low
			      ? ((double)sheet->bar - 1) / (sheet->high - sheet->low)
			      : 0;
	size_t x = (size_t)lround((fmin(from, to) - sheet->low) * unit);
	size_t y = (size_t)lround((fmax(from, to) - sheet->low) * unit);
	size_t zero = (size_t)lround(-sheet->low * unit);

	for (size_t i = 0; i < sheet->bar; i++)
		if (i >= x && i <= y && (i < y || x == y || to == sheet->high))
			crm_str_adds(out, to >= from ? "\xE2\x96\x88" : "\xE2\x96\x91");
		else
			crm_str_adds(out, i == zero ? "\xE2\x94\x8A" : " ");
	crm_columns_trim(out);
}

static void put_probability(struct crm_str *out, double p)
{
	char text[32];

	if (p >= 0.001)
		snprintf(text, sizeof(text), "%.4f", p);
	else
		snprintf(text, sizeof(text), "%.2g", p);
	crm_columns_pad(out, crm_slice_of(text), NUMBER_WIDTH, CRM_RIGHT);
}

void crm_waterfall_bits(double bits, bool sign, struct crm_str *out)
{
	if (fabs(bits) < 0.005)
		crm_str_adds(out, "0.00");
	else
		crm_str_addf(out, sign ? "%+.2f" : "%.2f", bits);
}

static void put_number(struct crm_str *out, bool sign, double bits)
{
	struct crm_str text = CRM_STR_INIT;

	crm_waterfall_bits(bits, sign, &text);
	crm_columns_pad(out, crm_slice_of(text.ptr), NUMBER_WIDTH, CRM_RIGHT);
	crm_str_release(&text);
}

/* Whose value it is: an id may be longer than its column. */
static void put_value(const char *whose, int64_t profile, struct crm_slice value, size_t width,
		      struct crm_str *out)
{
	struct crm_str id = CRM_STR_INIT;

	if (!value.ptr)
		return;
	if (whose)
		crm_str_adds(&id, whose);
	else
		crm_str_addi(&id, profile);
	crm_str_adds(out, "  ");
	crm_columns_pad(out, (struct crm_slice){id.ptr, id.len}, NAME_WIDTH - 2, CRM_LEFT);
	crm_str_addc(out, ' ');
	crm_columns_fit(out, value, width - 3 - (id.len > NAME_WIDTH - 2 ? id.len : NAME_WIDTH - 2),
			CRM_LEFT);
	crm_columns_trim(out);
	crm_str_addc(out, '\n');
	crm_str_release(&id);
}

static void put_step(const struct crm_waterfall *w, const struct sheet *sheet, int i, size_t width,
		     struct crm_str *out)
{
	const struct crm_step *s = &w->step[i];
	const char *level = s->level ? s->level : "";

	crm_columns_fit(out, crm_slice_of(s->kind == CRM_STEP_RARITY ? "" : s->name), NAME_WIDTH,
			CRM_LEFT);
	crm_str_addc(out, ' ');
	if (isnan(s->m)) {
		crm_columns_fit(out, crm_slice_of(level), sheet->level + 2 * NUMBER_WIDTH,
				CRM_LEFT);
	} else {
		crm_columns_fit(out, crm_slice_of(level), sheet->level, CRM_LEFT);
		put_probability(out, s->m);
		put_probability(out, s->u);
	}
	put_number(out, i > 0, s->bits);
	put_number(out, false, s->total);
	crm_str_addc(out, ' ');
	put_bar(sheet, i ? w->step[i - 1].total : 0, s->total, out);
	crm_columns_trim(out);
	crm_str_addc(out, '\n');
	if (s->a.ptr && crm_slice_same(s->a, s->b)) {
		put_value("both", 0, s->a, width, out);
		return;
	}
	put_value(NULL, w->side[0].profile, s->a, width, out);
	put_value(NULL, w->side[1].profile, s->b, width, out);
}

static void put_sides(const struct crm_waterfall *w, size_t width, struct crm_str *out)
{
	struct crm_str line = CRM_STR_INIT;

	for (int i = 0; i < 2; i++) {
		crm_str_clear(&line);
		crm_str_addf(&line, "%lld  ", (long long)w->side[i].profile);
		crm_str_add(&line, w->side[i].name.ptr, w->side[i].name.len);
		crm_str_addf(&line, " (person %lld)", (long long)w->side[i].person);
		crm_columns_fit(out, (struct crm_slice){line.ptr, line.len}, width, CRM_LEFT);
		crm_columns_trim(out);
		crm_str_addc(out, '\n');
	}
	crm_str_addc(out, '\n');
	crm_str_release(&line);
}

static void put_header(const struct sheet *sheet, struct crm_str *out)
{
	static const char *const numbers[] = {"m", "u", "bits", "total"};

	crm_columns_pad(out, CRM_SLICE("comparison"), NAME_WIDTH, CRM_LEFT);
	crm_str_addc(out, ' ');
	crm_columns_pad(out, CRM_SLICE("level"), sheet->level, CRM_LEFT);
	for (size_t i = 0; i < 4; i++)
		crm_columns_pad(out, crm_slice_of(numbers[i]), NUMBER_WIDTH, CRM_RIGHT);
	crm_str_addc(out, '\n');
}

static double two_digits(double x)
{
	double unit = pow(10, floor(log10(x)) - 1);

	return nearbyint(x / unit) * unit;
}

void crm_waterfall_text(const struct crm_waterfall *w, size_t width, struct crm_str *out)
{
	struct sheet sheet;
	struct crm_str notes = CRM_STR_INIT;

	width = width < 64 ? 64 : width;
	sheet = lay_out(w, width);
	put_sides(w, width, out);
	put_header(&sheet, out);
	for (int i = 0; i < w->n; i++)
		put_step(w, &sheet, i, width, out);
	crm_str_addc(out, '\n');
	crm_str_addf(&notes, "%.2f bits, a probability of %.6g", w->weight, w->probability);
	if (w->probability < 0.001 && w->probability > 1e-12)
		crm_str_addf(&notes, " (1 in %.0f)", two_digits(1 / w->probability));
	crm_str_adds(&notes, " that the two are one person. ");
	crm_waterfall_notes(w, &notes);
	crm_columns_wrap(out, (struct crm_slice){notes.ptr, notes.len}, 0, width, 0);
	crm_str_addc(out, '\n');
	crm_str_release(&notes);
}

/* ---- JSON ---- */

/* As %g would write it: there are a dozen in each line. */
void crm_put_bits(struct crm_str *out, const char *key, double bits)
{
	int64_t thousandths = llround(fabs(bits) * 1000), n = thousandths;
	char buf[32], *p = buf + sizeof(buf);
	int digit;

	for (digit = 0; digit < 3; digit++, n /= 10)
		if (p < buf + sizeof(buf) || n % 10)
			*--p = (char)('0' + n % 10);
	if (p < buf + sizeof(buf))
		*--p = '.';
	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	if (bits < 0 && thousandths != 0)
		*--p = '-';
	crm_json_key(out, key);
	crm_json_raw(out, (struct crm_slice){p, (size_t)(buf + sizeof(buf) - p)});
}

void crm_put_shown(struct crm_str *out, const char *key, struct crm_slice value)
{
	struct crm_str clean = CRM_STR_INIT;

	if (!value.ptr)
		return;
	crm_json_key(out, key);
	if (crm_utf8_valid(value.ptr, value.len) == value.len) {
		crm_json_string(out, value);
		return;
	}
	crm_utf8_printable(&clean, value);
	crm_json_string(out, (struct crm_slice){clean.ptr, clean.len});
	crm_str_release(&clean);
}

static void put_real(struct crm_str *out, const char *key, double x)
{
	if (isnan(x))
		return;
	crm_json_key(out, key);
	crm_json_real(out, x, 6);
}

static void step_json(const struct crm_step *s, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "step",
		     s->kind == CRM_STEP_LEVEL    ? "level"
		     : s->kind == CRM_STEP_RARITY ? "rarity"
						  : s->name);
	if (s->kind != CRM_STEP_OTHER)
		crm_json_put(out, "field", s->name);
	crm_put_shown(out, "a", s->a);
	crm_put_shown(out, "b", s->b);
	crm_json_put(out, "level", s->level);
	put_real(out, "m", s->m);
	put_real(out, "u", s->u);
	put_real(out, "near", s->near);
	crm_put_bits(out, "bits", s->bits);
	crm_put_bits(out, "total", s->total);
	crm_json_close(out, '}');
}

void crm_waterfall_json(const struct crm_waterfall *w, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "explanation");
	crm_json_put_int(out, "a", w->side[0].profile);
	crm_json_put_int(out, "b", w->side[1].profile);
	crm_json_put_int(out, "person_a", w->side[0].person);
	crm_json_put_int(out, "person_b", w->side[1].person);
	crm_put_shown(out, "name_a", w->side[0].name);
	crm_put_shown(out, "name_b", w->side[1].name);
	put_real(out, "probability", w->probability);
	crm_put_bits(out, "weight", w->weight);
	crm_json_key(out, "found_by");
	crm_json_string(out, crm_slice_of(w->found_by));
	crm_json_put(out, "standing", standings[w->standing]);
	crm_put_shown(out, "actor", w->said.actor);
	crm_put_shown(out, "at", w->said.at);
	crm_put_shown(out, "note", w->said.note);
	crm_json_key(out, "steps");
	crm_json_open(out, '[');
	for (int i = 0; i < w->n; i++)
		step_json(&w->step[i], out);
	crm_json_close(out, ']');
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}
