/* SPDX-License-Identifier: MIT */
/* Columns by name, and the functions that make further ones of them; see term.h. */
#include "link/term.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static bool word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
	       || c == '_';
}

static const char *skip_blanks(struct crm_scanner *s)
{
	s->at += strspn(s->text + s->at, " \t\r\n");
	return s->text + s->at;
}

static size_t word_length(const char *s)
{
	size_t n = 0;

	if (*s >= '0' && *s <= '9')
		return 0;
	while (word_byte(s[n]))
		n++;
	return n;
}

struct crm_slice crm_scan_word(struct crm_scanner *s)
{
	const char *p = skip_blanks(s);
	size_t n = word_length(p);

	s->at += n;
	return (struct crm_slice){n ? p : NULL, n};
}

bool crm_scan_sign(struct crm_scanner *s, const char *sign)
{
	const char *p = skip_blanks(s);
	size_t n = strlen(sign);

	if (strncmp(p, sign, n) != 0 || (word_byte(*sign) && word_byte(p[n])))
		return false;
	s->at += n;
	return true;
}

enum crm_status crm_scan_need(struct crm_scanner *s, const char *sign)
{
	return crm_scan_sign(s, sign) ? CRM_OK : crm_scan_fail(s, "'%s' is missing", sign);
}

/* Not by strtod, whose decimal point depends on the locale. */
enum crm_status crm_scan_number(struct crm_scanner *s, double *out)
{
	const char *p = skip_blanks(s), *from = p;
	double whole = 0, unit = 1;
	bool point = false;

	for (; (*p >= '0' && *p <= '9') || (*p == '.' && p > from && !point); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		whole = whole * 10 + (*p - '0');
		unit *= point ? 10 : 1;
		if (p - from > 15)
			return crm_scan_fail(s, "the number is too long");
	}
	if (p == from)
		return crm_scan_fail(s, "a number is missing");
	*out = whole / unit;
	s->at += (size_t)(p - from);
	return CRM_OK;
}

bool crm_scan_end(struct crm_scanner *s)
{
	return *skip_blanks(s) == '\0';
}

enum crm_status crm_scan_fail(struct crm_scanner *s, const char *fmt, ...)
{
	struct crm_str text = CRM_STR_INIT;
	char why[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	crm_utf8_printable(&text, crm_slice_of(skip_blanks(s)));
	if (text.len)
		crm_fail(s->err, CRM_CONFIG, "%s, before '%.60s'", why, text.ptr);
	else
		crm_fail(s->err, CRM_CONFIG, "%s, at the end of '%.60s'", why, s->text);
	crm_str_release(&text);
	return CRM_CONFIG;
}

/* ---- columns ---- */

int crm_spec_column(const struct crm_spec *spec, const char *name)
{
	int i;

	for (i = 0; i < spec->n_columns; i++)
		if (!strcmp(spec->column[i].name, name))
			return i;
	return -1;
}

/* Which functions there are, and of which columns. */
static const struct {
	const char *name;
	bool counts; /* takes a number of characters */
	const char *of;
	unsigned int as; /* bits of enum crm_column_as */
} functions[] = {
	[CRM_DERIVE_FIRST] = {"first", true, "a text", ~(1u << CRM_AS_DATE)},
	[CRM_DERIVE_LAST] = {"last", true, "a text", ~(1u << CRM_AS_DATE)},
	[CRM_DERIVE_SOUNDEX] = {"soundex", false, "a name or text",
				1u << CRM_AS_NAME | 1u << CRM_AS_TEXT | 1u << CRM_AS_STREET
					| 1u << CRM_AS_ORG},
	[CRM_DERIVE_YEAR] = {"year", false, "a date", 1u << CRM_AS_DATE},
	[CRM_DERIVE_MONTH_DAY] = {"month_day", false, "a date", 1u << CRM_AS_DATE},
	[CRM_DERIVE_HOUSE] = {"house", false, "a street", 1u << CRM_AS_STREET},
	[CRM_DERIVE_STREET] = {"street", false, "a street", 1u << CRM_AS_STREET},
	[CRM_DERIVE_USER] = {"user", false, "an e-mail address", 1u << CRM_AS_EMAIL},
	[CRM_DERIVE_DOMAIN] = {"domain", false, "an e-mail address", 1u << CRM_AS_EMAIL},
};
#define N_FUNCTIONS ((int)(sizeof(functions) / sizeof(functions[0])))

static int function_of(struct crm_slice word)
{
	int i;

	for (i = 1; i < N_FUNCTIONS; i++)
		if (crm_slice_is(word, functions[i].name))
			return i;
	return 0;
}

static enum crm_status no_column(struct crm_scanner *s, struct crm_slice word)
{
	struct crm_str known = CRM_STR_INIT;
	enum crm_status rc;
	int i;

	for (i = 0; i < s->spec->n_base; i++) {
		crm_str_adds(&known, i ? ", " : "");
		crm_str_adds(&known, s->spec->column[i].name);
	}
	rc = crm_fail(s->err, CRM_CONFIG, "there is no column '%.*s'; columns are %.300s",
		      (int)(word.len < 60 ? word.len : 60), word.ptr, known.ptr);
	crm_str_release(&known);
	return rc;
}

static enum crm_status scan_column(struct crm_scanner *s, int *column)
{
	struct crm_slice word = crm_scan_word(s);
	int i;

	if (!word.ptr)
		return crm_scan_fail(s, "a column is missing");
	for (i = 0; i < s->spec->n_base; i++)
		if (crm_slice_is(word, s->spec->column[i].name)) {
			*column = i;
			return CRM_OK;
		}
	return no_column(s, word);
}

/* Adds a derived column where it is new. */
static enum crm_status derived(struct crm_scanner *s, enum crm_derive derive, int base, int n,
			       int *column)
{
	struct crm_spec *spec = s->spec;
	struct crm_column_spec *c = &spec->column[spec->n_columns];
	char name[128];

	if (n)
		snprintf(name, sizeof(name), "%s(%.64s, %d)", functions[derive].name,
			 spec->column[base].name, n);
	else
		snprintf(name, sizeof(name), "%s(%.64s)", functions[derive].name,
			 spec->column[base].name);
	if ((*column = crm_spec_column(spec, name)) >= 0)
		return CRM_OK;
	if (spec->n_columns == CRM_COLUMNS)
		return crm_scan_fail(s, "more than %d columns, with those such as %s", CRM_COLUMNS,
				     name);
	*c = spec->column[base];
	c->name = crm_arena_strndup(&spec->arena, name, strlen(name));
	c->derive = derive;
	c->base = base;
	c->n = n;
	*column = spec->n_columns++;
	return CRM_OK;
}

static enum crm_status scan_function(struct crm_scanner *s, enum crm_derive derive, int *column)
{
	enum crm_status rc;
	double n = 0;
	int base;

	if ((rc = scan_column(s, &base)) != CRM_OK)
		return rc;
	if (!(functions[derive].as >> s->spec->column[base].as & 1))
		return crm_scan_fail(s, "%s is of %s, which %s is not", functions[derive].name,
				     functions[derive].of, s->spec->column[base].name);
	if (functions[derive].counts) {
		if ((rc = crm_scan_need(s, ",")) != CRM_OK
		    || (rc = crm_scan_number(s, &n)) != CRM_OK)
			return rc;
		if (n < 1 || n > 32 || n != (int)n)
			return crm_scan_fail(s, "%s takes 1 to 32 characters",
					     functions[derive].name);
	}
	if ((rc = crm_scan_need(s, ")")) != CRM_OK)
		return rc;
	return derived(s, derive, base, (int)n, column);
}

enum crm_status crm_scan_term(struct crm_scanner *s, int *column)
{
	size_t from = s->at;
	struct crm_slice word = crm_scan_word(s);

	if (word.ptr && crm_scan_sign(s, "(")) {
		int function = function_of(word);

		if (function)
			return scan_function(s, (enum crm_derive)function, column);
		s->at = from;
		return crm_scan_fail(
			s, "there is no such function of a column; there are first, last, "
			   "soundex, year, month_day, house, street, user and domain");
	}
	s->at = from;
	return scan_column(s, column);
}

enum crm_status crm_spec_term(struct crm_spec *spec, const char *text, int *column,
			      struct crm_err *err)
{
	struct crm_scanner s = {spec, text, 0, err};
	enum crm_status rc = crm_scan_term(&s, column);

	if (rc == CRM_OK && !crm_scan_end(&s))
		return crm_scan_fail(&s, "something follows the column");
	return rc;
}

bool crm_columns_alike(const struct crm_spec *spec, int a, int b)
{
	const struct crm_column_spec *x = &spec->column[a], *y = &spec->column[b];

	return x->as == y->as && x->derive == y->derive && x->n == y->n;
}
