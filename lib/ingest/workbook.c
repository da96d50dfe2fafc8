/* SPDX-License-Identifier: MIT */
/* A workbook's own files: relationships, the list of sheets, styles, shared texts. */
#include "ingest/workbook.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

struct sheet {
	char *name, *id;
	bool hidden;
};

struct relation {
	char *id, *type, *target;
};

struct custom_format {
	long id;
	struct crm_numfmt format;
};

/* What is gathered while a workbook is opened. */
struct opening {
	struct crm_workbook *workbook;
	struct relation *relations; /* of the part at hand */
	size_t n_relations, cap_relations;
	struct sheet *sheets;
	size_t cap_sheets;
	struct custom_format *custom;
	size_t n_custom, cap_custom, cap_formats, cap_ends;
	bool in_cells, in_text, in_sound;
	const char *refused;
};

static char *dup_slice(struct crm_slice s)
{
	return crm_strndup(s.ptr ? s.ptr : "", s.len);
}

static bool is_yes(struct crm_slice s)
{
	return crm_slice_is(s, "1") || crm_slice_is(s, "true") || crm_slice_is(s, "on");
}

/* A number without a sign, or -1. */
static long number(struct crm_slice s)
{
	long n = 0;

	if (!s.len || s.len > 9)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return -1;
		n = 10 * n + (s.ptr[i] - '0');
	}
	return n;
}

static bool refuse(struct opening *o, const char *why)
{
	o->refused = why;
	return false;
}

static bool skip_end(void *data, const char *name)
{
	(void)data, (void)name;
	return true;
}

static bool skip_text(void *data, const char *bytes, size_t len)
{
	(void)data, (void)bytes, (void)len;
	return true;
}

static enum crm_status read_part(struct opening *o, const char *name,
				 const struct crm_xml_handler *handler, struct crm_err *err)
{
	enum crm_status rc = crm_package_read(o->workbook->package, name, handler, err);

	if (rc == CRM_OK && o->refused)
		rc = crm_fail(err, CRM_DATA, "%s", o->refused);
	return rc;
}

/* --- relationships: the names by which the parts of a package refer to each other --- */

static void forget_relations(struct opening *o)
{
	for (size_t i = 0; i < o->n_relations; i++) {
		free(o->relations[i].id);
		free(o->relations[i].type);
		free(o->relations[i].target);
	}
	o->n_relations = 0;
}

static bool start_relation(void *data, const char *name, const struct crm_xml_attributes *a)
{
	struct opening *o = data;
	struct relation *r;

	if (strcmp(name, "Relationship") != 0)
		return true;
	if (o->n_relations == CRM_PACKAGE_FILES)
		return refuse(o, "refers to too many files");
	CRM_GROW(o->relations, o->n_relations + 1, o->cap_relations);
	r = &o->relations[o->n_relations++];
	r->id = dup_slice(crm_xml_attribute(a, "Id"));
	r->type = dup_slice(crm_xml_attribute(a, "Type"));
	r->target = dup_slice(crm_xml_attribute(a, "Target"));
	return true;
}

/* Appends target as seen from the file base: its folder, with . and .. resolved. */
static void resolve(const char *base, const char *target, struct crm_str *out)
{
	const char *slash = strrchr(base, '/');

	crm_str_clear(out);
	if (*target != '/' && *target != '\\' && slash)
		crm_str_add(out, base, (size_t)(slash - base));
	while (*target) {
		size_t n = strcspn(target, "/\\");

		if (n == 2 && !memcmp(target, "..", 2)) {
			slash = out->len ? strrchr(out->ptr, '/') : NULL;
			out->len = slash ? (size_t)(slash - out->ptr) : 0;
			crm_str_reserve(out, 0)[0] = '\0';
		} else if (n && !(n == 1 && *target == '.')) {
			if (out->len)
				crm_str_addc(out, '/');
			crm_str_add(out, target, n);
		}
		target += n + (target[n] != '\0');
	}
}

/* Reads the relationships of a part, "" for those of the package; none is no error. */
static enum crm_status read_relations(struct opening *o, const char *part, struct crm_err *err)
{
	struct crm_xml_handler handler = {start_relation, skip_end, skip_text, o};
	const char *slash = strrchr(part, '/');
	int folder = slash ? (int)(slash + 1 - part) : 0;
	struct crm_str name = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	forget_relations(o);
	crm_str_addf(&name, "%.*s_rels/%s.rels", folder, part, part + folder);
	if (crm_package_has(o->workbook->package, name.ptr))
		rc = read_part(o, name.ptr, &handler, err);
	crm_str_release(&name);
	return rc;
}

static bool is_type(const struct relation *r, const char *type)
{
	const char *last = strrchr(r->type, '/');

	return last && !strcmp(last + 1, type);
}

static const struct relation *relation_of_type(const struct opening *o, const char *type)
{
	for (size_t i = 0; i < o->n_relations; i++)
		if (is_type(&o->relations[i], type))
			return &o->relations[i];
	return NULL;
}

/* --- the list of sheets --- */

static bool start_workbook(void *data, const char *name, const struct crm_xml_attributes *a)
{
	struct opening *o = data;
	struct sheet *sheet;
	struct crm_slice state;

	if (!strcmp(name, "workbookPr"))
		o->workbook->from_1904 = is_yes(crm_xml_attribute(a, "date1904"));
	if (strcmp(name, "sheet") != 0)
		return true;
	if (o->workbook->n_sheets == CRM_SHEETS_MAX)
		return refuse(o, "has too many sheets");
	CRM_GROW(o->sheets, o->workbook->n_sheets + 1, o->cap_sheets);
	sheet = &o->sheets[o->workbook->n_sheets++];
	state = crm_xml_attribute(a, "state");
	sheet->name = dup_slice(crm_xml_attribute(a, "name"));
	sheet->id = dup_slice(crm_xml_prefixed(a, "id"));
	sheet->hidden = state.len && !crm_slice_is(state, "visible");
	return true;
}

/* The relationship of a sheet that has cells: charts are sheets, too. */
static const struct relation *relation_of_sheet(const struct opening *o, const struct sheet *sheet)
{
	for (size_t i = 0; i < o->n_relations; i++)
		if (!strcmp(o->relations[i].id, sheet->id))
			return is_type(&o->relations[i], "worksheet") ? &o->relations[i] : NULL;
	return NULL;
}

static enum crm_status no_sheet(const struct opening *o, const char *name, struct crm_err *err)
{
	struct crm_str names = CRM_STR_INIT;

	for (size_t i = 0; i < o->workbook->n_sheets && names.len < 300; i++)
		crm_str_addf(&names, "%s'%s'", i ? ", " : "", o->sheets[i].name);
	if (name)
		crm_fail(err, CRM_DATA, "has no sheet '%.60s'; it has %s", name, names.ptr);
	else
		crm_fail(err, CRM_DATA, "has no sheet of cells that is not hidden");
	crm_str_release(&names);
	return CRM_DATA;
}

static enum crm_status choose_sheet(struct opening *o, const char *part, const char *name,
				    struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT;

	for (size_t i = 0; i < o->workbook->n_sheets; i++) {
		const struct sheet *sheet = &o->sheets[i];
		const struct relation *r = relation_of_sheet(o, sheet);

		if (!r || (name ? strcasecmp(name, sheet->name) != 0 : sheet->hidden))
			continue;
		resolve(part, r->target, &path);
		o->workbook->sheet = crm_strdup(sheet->name);
		o->workbook->part = crm_str_detach(&path);
		return CRM_OK;
	}
	return no_sheet(o, name, err);
}

/* --- styles --- */

static struct crm_numfmt format_of(const struct opening *o, long id)
{
	for (size_t i = 0; i < o->n_custom; i++)
		if (o->custom[i].id == id)
			return o->custom[i].format;
	return crm_numfmt_builtin(id);
}

static bool add_custom(struct opening *o, const struct crm_xml_attributes *a)
{
	struct crm_numfmt format = crm_numfmt_of_code(crm_xml_attribute(a, "formatCode"));

	if (o->n_custom == CRM_SHEETS_MAX)
		return refuse(o, "has too many number formats");
	CRM_GROW(o->custom, o->n_custom + 1, o->cap_custom);
	o->custom[o->n_custom++] =
		(struct custom_format){number(crm_xml_attribute(a, "numFmtId")), format};
	return true;
}

static bool start_styles(void *data, const char *name, const struct crm_xml_attributes *a)
{
	struct opening *o = data;
	struct crm_workbook *w = o->workbook;

	if (!strcmp(name, "numFmt"))
		return add_custom(o, a);
	if (!strcmp(name, "cellXfs"))
		o->in_cells = true;
	if (!o->in_cells || strcmp(name, "xf") != 0)
		return true;
	if (w->n_formats == CRM_STYLES_MAX)
		return refuse(o, "has too many styles");
	CRM_GROW(w->formats, w->n_formats + 1, o->cap_formats);
	w->formats[w->n_formats++] = format_of(o, number(crm_xml_attribute(a, "numFmtId")));
	return true;
}

static bool end_styles(void *data, const char *name)
{
	struct opening *o = data;

	return !o->in_cells || strcmp(name, "cellXfs") != 0;
}

/* --- shared texts --- */

/* The code of _xHHHH_ at s, or -1. */
static long escape_at(const char *s, size_t len)
{
	long code = 0;

	if (len < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_')
		return -1;
	for (int i = 2; i < 6; i++) {
		const char *hex = "0123456789abcdef", *at = strchr(hex, s[i] | 0x20);

		if (!s[i] || !at || (s[i] < '0'))
			return -1;
		code = 16 * code + (at - hex);
	}
	return code >= 0xD800 && code <= 0xDFFF ? -1 : code;
}

void crm_workbook_unescape(struct crm_str *s, size_t from)
{
	char *to;
	size_t len = s->len;

	if (len - from < 7 || !memmem(s->ptr + from, len - from, "_x", 2))
		return;
	to = s->ptr + from;
	for (size_t i = from; i < len;) {
		long code = escape_at(s->ptr + i, len - i);

		if (code < 0) {
			*to++ = s->ptr[i++];
		} else {
			to += crm_utf8_encode(code ? (uint32_t)code : 0xFFFD, to);
			i += 7;
		}
	}
	*to = '\0';
	s->len = (size_t)(to - s->ptr);
}

static bool start_string(void *data, const char *name, const struct crm_xml_attributes *a)
{
	struct opening *o = data;

	(void)a;
	o->in_sound |= !strcmp(name, "rPh"); /* how it is spoken, in Japanese */
	o->in_text = !o->in_sound && !strcmp(name, "t");
	return true;
}

static bool end_string(void *data, const char *name)
{
	struct opening *o = data;
	struct crm_workbook *w = o->workbook;

	o->in_text = false;
	o->in_sound &= strcmp(name, "rPh") != 0;
	if (strcmp(name, "si") != 0)
		return true;
	if (w->n_strings == CRM_STRINGS_MAX / sizeof(*w->ends))
		return refuse(o, "has too many texts");
	crm_workbook_unescape(&w->strings, w->n_strings ? w->ends[w->n_strings - 1] : 0);
	CRM_GROW(w->ends, w->n_strings + 1, o->cap_ends);
	w->ends[w->n_strings++] = (uint32_t)w->strings.len;
	return true;
}

static bool text_string(void *data, const char *bytes, size_t len)
{
	struct opening *o = data;

	if (!o->in_text)
		return true;
	if (o->workbook->strings.len + len > CRM_STRINGS_MAX)
		return refuse(o, "has more than 64 MiB of texts");
	crm_str_add(&o->workbook->strings, bytes, len);
	return true;
}

struct crm_slice crm_workbook_string(const struct crm_workbook *w, size_t i)
{
	size_t start = i && i <= w->n_strings ? w->ends[i - 1] : 0;

	if (i >= w->n_strings)
		return (struct crm_slice){NULL, 0};
	return (struct crm_slice){w->strings.ptr + start, w->ends[i] - start};
}

/* --- opening --- */

/* A file that others refer to by its type, if there is one. */
static enum crm_status read_of_type(struct opening *o, const char *part, const char *type,
				    const struct crm_xml_handler *handler, struct crm_err *err)
{
	const struct relation *r = relation_of_type(o, type);
	struct crm_str path = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	if (!r)
		return CRM_OK;
	resolve(part, r->target, &path);
	if (crm_package_has(o->workbook->package, path.ptr))
		rc = read_part(o, path.ptr, handler, err);
	crm_str_release(&path);
	return rc;
}

static enum crm_status what_else(const struct crm_package *package, struct crm_err *err)
{
	if (crm_package_has(package, "content.xml"))
		return crm_fail(err, CRM_DATA, "is an OpenDocument file: save it as .xlsx or CSV");
	if (crm_package_has(package, "xl/workbook.bin"))
		return crm_fail(err, CRM_DATA, "is an .xlsb workbook: save it as .xlsx or CSV");
	return crm_fail(err, CRM_DATA, "is a zip archive, but no .xlsx workbook: unpack it first");
}

static enum crm_status find_workbook(struct opening *o, struct crm_str *part, struct crm_err *err)
{
	enum crm_status rc = read_relations(o, "", err);
	const struct relation *r;

	if (rc != CRM_OK)
		return rc;
	r = relation_of_type(o, "officeDocument");
	resolve("", r ? r->target : "xl/workbook.xml", part);
	if (!crm_package_has(o->workbook->package, part->ptr)
	    || (part->len > 4 && !strcmp(part->ptr + part->len - 4, ".bin")))
		return what_else(o->workbook->package, err);
	return CRM_OK;
}

static enum crm_status read_workbook(struct opening *o, const char *sheet, struct crm_err *err)
{
	const struct crm_xml_handler sheets = {start_workbook, skip_end, skip_text, o};
	const struct crm_xml_handler styles = {start_styles, end_styles, skip_text, o};
	const struct crm_xml_handler strings = {start_string, end_string, text_string, o};
	struct crm_str part = CRM_STR_INIT;
	enum crm_status rc;

	if ((rc = find_workbook(o, &part, err)) == CRM_OK
	    && (rc = read_part(o, part.ptr, &sheets, err)) == CRM_OK
	    && (rc = read_relations(o, part.ptr, err)) == CRM_OK
	    && (rc = choose_sheet(o, part.ptr, sheet, err)) == CRM_OK
	    && (rc = read_of_type(o, part.ptr, "styles", &styles, err)) == CRM_OK)
		rc = read_of_type(o, part.ptr, "sharedStrings", &strings, err);
	crm_str_release(&part);
	return rc;
}

enum crm_status crm_workbook_open(struct crm_workbook **out, int fd, const char *sheet,
				  struct crm_err *err)
{
	struct crm_workbook *w = crm_calloc(1, sizeof(*w));
	struct opening o = {.workbook = w};
	enum crm_status rc;
	char magic[4] = "";

	w->strings = (struct crm_str)CRM_STR_INIT;
	if (pread(fd, magic, sizeof(magic), 0) == 4 && !memcmp(magic, "\xD0\xCF\x11\xE0", 4)) {
		close(fd);
		rc = crm_fail(err, CRM_DATA,
			      "is an .xls workbook, or one with a password: save it as .xlsx "
			      "without a password, or as CSV");
	} else if ((rc = crm_package_open(&w->package, fd, err)) == CRM_OK) {
		rc = read_workbook(&o, sheet, err);
	}
	forget_relations(&o);
	for (size_t i = 0; i < w->n_sheets; i++) {
		free(o.sheets[i].name);
		free(o.sheets[i].id);
	}
	free(o.relations);
	free(o.sheets);
	free(o.custom);
	if (rc == CRM_OK)
		*out = w;
	else
		crm_workbook_free(w);
	return rc;
}

void crm_workbook_free(struct crm_workbook *w)
{
	if (!w)
		return;
	crm_package_free(w->package);
	crm_str_release(&w->strings);
	free(w->ends);
	free(w->formats);
	free(w->sheet);
	free(w->part);
	free(w);
}
