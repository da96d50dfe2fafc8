/* SPDX-License-Identifier: MIT */
/*
 * crm-kb: the knowledge base: what articles there are, which of them answers a question,
 * which questions found none, and which articles help.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer/article.h"
#include "answer/articles.h"
#include "answer/confidence.h"
#include "answer/search.h"
#include "answer/usage.h"
#include "base/columns.h"
#include "base/time.h"
#include "filter.h"
#include "norm/quote.h"
#include "report/functions.h"
#include "report/rows.h"

enum {
	OPT_ADD = CLI_LONG,
	OPT_AS,
	OPT_SHOW,
	OPT_MISSING,
	OPT_USED,
	OPT_CHECK,
	OPT_LANGUAGE,
	OPT_LIMIT,
	OPT_JSON
};

static const struct cli_option options[] = {
	{OPT_ADD, "add", "FILE", "copy an article into the folder (-: standard input)"},
	{OPT_AS, "as", "NAME", "with --add: under this name, such as en/returns"},
	{'f', "force", NULL, "with --add: in place of the article of that name"},
	{OPT_SHOW, "show", "NAME", "an article as the bot reads it"},
	{OPT_MISSING, "missing", NULL, "questions that no article answered"},
	{OPT_USED, "used", NULL, "how often each article was the answer, and helped"},
	{OPT_CHECK, "check", NULL, "look for broken links, equal titles, long articles"},
	{OPT_LANGUAGE, "language", "CODE", "the language of questions that do not tell it"},
	{OPT_LIMIT, "limit", "N", "at most N (10 articles, 50 groups of questions)"},
	{OPT_JSON, "json", NULL, "JSON lines also on a terminal"},
	{0},
};

static const struct cli_command command = {
	.name = "crm-kb",
	.purpose = "the knowledge base: add, list, search and check articles",
	.synopsis = "[WORD ... | -]",
	.options = options,
	.example = "  crm-kb how do I send it back\n"
		   "  crm-kb --add returns.md --as en/returns\n"
		   "  crm-kb --missing",
};

enum mode {
	MODE_LIST,
	MODE_SEARCH,
	MODE_LINES,
	MODE_ADD,
	MODE_SHOW,
	MODE_MISSING,
	MODE_USED,
	MODE_CHECK
};

struct kb {
	struct filter in;
	struct crm_json_doc doc; /* of the line read last */
	struct cli *cli;
	struct crm_db *db;
	enum mode mode;
	const char *arg, *as, *language;
	bool force, json;
	int limit;
	size_t width, found;
	struct crm_str dir, out;
	struct crm_terms *terms;
	struct crm_confidence confidence;
	struct crm_search search;
	struct crm_rows *rows;
};

/* ---- articles in lines and tables ---- */

static struct crm_cell text_cell(struct crm_slice s)
{
	return (struct crm_cell){.type = s.ptr ? CRM_CELL_TEXT : CRM_CELL_NULL, .s = s};
}

static struct crm_cell int_cell(int64_t n)
{
	return (struct crm_cell){.type = CRM_CELL_INT, .i = n};
}

static struct crm_cell share_cell(double x, bool known)
{
	return (struct crm_cell){.type = known ? CRM_CELL_REAL : CRM_CELL_NULL, .x = x};
}

static void put_real(struct crm_str *out, const char *key, double x)
{
	crm_json_key(out, key);
	crm_json_real(out, x, 4);
}

static void end_line(struct kb *k)
{
	crm_json_close(&k->out, '}');
	crm_str_addc(&k->out, '\n');
}

static void list_one(const struct crm_article_row *a, void *data)
{
	struct kb *k = data;

	k->found++;
	if (!k->json) {
		crm_rows_add(k->rows,
			     (struct crm_cell[]){text_cell(a->name), text_cell(a->language),
						 text_cell(a->title), int_cell(a->questions),
						 int_cell(a->sections)});
		return;
	}
	crm_json_open(&k->out, '{');
	crm_json_put(&k->out, "type", "article");
	crm_json_put_slice(&k->out, "name", a->name);
	crm_json_put_slice(&k->out, "language", a->language);
	crm_json_put_slice(&k->out, "title", a->title);
	crm_json_put_slice(&k->out, "link", a->link);
	crm_json_put_slice(&k->out, "answer", a->answer);
	crm_json_put_int(&k->out, "questions", a->questions);
	crm_json_put_int(&k->out, "sections", a->sections);
	crm_json_put_int(&k->out, "bytes", a->size);
	end_line(k);
}

static void begin_table(struct kb *k, const struct crm_rows_field *fields, size_t n)
{
	if (k->json)
		return;
	k->rows = crm_rows_new(CRM_ROWS_TABLE, &k->out);
	crm_rows_width(k->rows, k->width);
	crm_rows_begin(k->rows, fields, n);
}
#define BEGIN_TABLE(k, fields) begin_table(k, fields, sizeof(fields) / sizeof((fields)[0]))

static void end_table(struct kb *k)
{
	if (!k->rows)
		return;
	crm_rows_end(k->rows);
	crm_rows_free(k->rows);
	k->rows = NULL;
}

static enum crm_status list(struct kb *k)
{
	static const struct crm_rows_field fields[] = {
		{"name", -1}, {"language", -1}, {"title", -1}, {"questions", -1}, {"sections", -1}};
	enum crm_status rc;

	BEGIN_TABLE(k, fields);
	rc = crm_articles_each(k->db, list_one, k);
	end_table(k);
	if (rc == CRM_OK && !k->found)
		cli_note(k->cli, "no articles: put Markdown files into %s, or crm-kb --add FILE",
			 k->dir.ptr);
	return rc;
}

/* ---- searching ---- */

static void put_hit(struct kb *k, const struct crm_hit *hit)
{
	struct crm_str *out = &k->out;

	crm_json_put(out, "name", hit->name);
	crm_json_put_slice(out, "language", crm_slice_of(hit->language));
	crm_json_put(out, "title", hit->title);
	crm_json_put_slice(out, "heading", crm_slice_of(hit->heading));
	crm_json_put_slice(out, "link", crm_slice_of(hit->link));
	put_real(out, "covers", hit->covers);
	put_real(out, "like", hit->like);
	put_real(out, "rank", hit->rank);
	crm_json_put_int(out, "matched", hit->matched);
}

static double confidence_of_best(const struct kb *k)
{
	return k->search.n ? crm_confidence_of(&k->confidence, crm_confidence_score(&k->search))
			   : 0;
}

static void show_hits(struct kb *k)
{
	static const struct crm_rows_field fields[] = {
		{"name", -1},   {"language", -1}, {"title", -1},     {"heading", -1},
		{"covers", -1}, {"like", -1},     {"confidence", -1}};
	double best = confidence_of_best(k);

	BEGIN_TABLE(k, fields);
	for (size_t i = 0; i < k->search.n; i++) {
		const struct crm_hit *h = &k->search.hits[i];

		if (!k->json) {
			crm_rows_add(k->rows,
				     (struct crm_cell[]){text_cell(crm_slice_of(h->name)),
							 text_cell(crm_slice_of(h->language)),
							 text_cell(crm_slice_of(h->title)),
							 text_cell(crm_slice_of(h->heading)),
							 share_cell(h->covers, true),
							 share_cell(h->like, true),
							 share_cell(best, i == 0)});
			continue;
		}
		crm_json_open(&k->out, '{');
		crm_json_put(&k->out, "type", "article");
		put_hit(k, h);
		if (i == 0)
			put_real(&k->out, "confidence", best);
		end_line(k);
	}
	end_table(k);
}

static enum crm_status search_words(struct kb *k)
{
	struct crm_str text = CRM_STR_INIT;
	enum crm_status rc;

	for (int i = 0; i < k->cli->argc; i++)
		crm_str_addf(&text, "%s%s", i ? " " : "", k->cli->argv[i]);
	rc = crm_search(k->db, k->terms, (struct crm_slice){text.ptr, text.len}, k->language,
			(size_t)(k->limit ? k->limit : 10), &k->search);
	if (rc == CRM_OK)
		show_hits(k);
	if (rc == CRM_OK && !k->search.n)
		cli_note(k->cli, "no article has any of these words");
	crm_str_release(&text);
	return rc;
}

/* A line with a text: the same line, with what was found for it behind. */
static void put_found(struct kb *k, struct crm_slice line)
{
	struct crm_str *out = &k->out;

	line = crm_slice_trim(line);
	crm_str_add(out, line.ptr, line.len - 1); /* all but the brace */
	if (line.len > 2)
		crm_str_addc(out, ',');
	crm_str_adds(out, "\"found\":{");
	crm_json_put_slice(out, "asked_in", crm_slice_of(k->search.language));
	crm_json_put(out, "terms", k->search.terms.ptr);
	if (k->search.n) {
		put_real(out, "confidence", confidence_of_best(k));
		put_real(out, "score", crm_confidence_score(&k->search));
		put_real(out, "margin", k->search.margin);
	}
	crm_json_key(out, "articles");
	crm_json_open(out, '[');
	for (size_t i = 0; i < k->search.n; i++) {
		crm_json_open(out, '{');
		put_hit(k, &k->search.hits[i]);
		crm_json_close(out, '}');
	}
	crm_json_close(out, ']');
	crm_str_adds(out, "}}\n");
}

static enum crm_status search_line(struct kb *k, struct crm_slice line)
{
	const struct crm_json_value *text;
	struct crm_str plain = CRM_STR_INIT, own = CRM_STR_INIT;
	enum crm_status rc;

	if (!filter_scan(&k->in, &k->doc, line))
		return CRM_OK;
	text = crm_json_member(&k->doc, k->doc.values, "text");
	if (!text || text->type != CRM_JSON_STRING)
		return filter_aside(&k->in, "no \"text\" in this line");
	if (crm_json_member(&k->doc, k->doc.values, "found")) /* one key twice would be no record */
		return filter_aside(&k->in, "it has \"found\" already");
	crm_json_text(text, &plain);
	crm_quote_split((struct crm_slice){plain.ptr, plain.len}, &own, NULL);
	rc = crm_search(k->db, k->terms, (struct crm_slice){own.ptr, own.len}, k->language,
			(size_t)(k->limit ? k->limit : 3), &k->search);
	if (rc == CRM_OK)
		put_found(k, line);
	crm_str_release(&plain);
	crm_str_release(&own);
	return rc;
}

static enum crm_status search_batch(void *data)
{
	struct kb *k = data;
	enum crm_status rc = CRM_OK;
	struct crm_slice line;

	while (rc == CRM_OK && filter_next(&k->in, &line))
		rc = search_line(k, line);
	cli_write(&k->out);
	cli_flush();
	crm_str_clear(&k->out);
	return rc;
}

static enum crm_status search_lines(struct kb *k)
{
	enum crm_status rc = filter_run(&k->in, k->cli, NULL, search_batch, k);

	return rc == CRM_OK && k->in.aside ? CRM_ASIDE : rc;
}

/* ---- what is missing, what is used, what is wrong ---- */

static void missing_one(const struct crm_missing *m, void *data)
{
	struct kb *k = data;

	k->found++;
	if (!k->json) {
		crm_rows_add(k->rows, (struct crm_cell[]){int_cell((int64_t)m->questions),
							  text_cell(crm_slice_of(m->terms)),
							  text_cell(crm_slice_of(m->examples[0])),
							  text_cell(crm_slice_of(m->article))});
		return;
	}
	crm_json_open(&k->out, '{');
	crm_json_put(&k->out, "type", "missing");
	crm_json_put_int(&k->out, "questions", (int64_t)m->questions);
	crm_json_put_int(&k->out, "conversations", (int64_t)m->people);
	crm_json_put(&k->out, "terms", m->terms);
	crm_json_key(&k->out, "examples");
	crm_json_open(&k->out, '[');
	for (int i = 0; i < CRM_MISSING_EXAMPLES && m->examples[i]; i++)
		crm_json_string(&k->out, crm_slice_of(m->examples[i]));
	crm_json_close(&k->out, ']');
	crm_json_put(&k->out, "nearest", m->article);
	crm_json_put_time(&k->out, "first", m->first);
	crm_json_put_time(&k->out, "last", m->last);
	end_line(k);
}

static enum crm_status missing(struct kb *k)
{
	static const struct crm_rows_field fields[] = {
		{"questions", -1}, {"about", -1}, {"for example", -1}, {"nearest", -1}};
	enum crm_status rc;

	BEGIN_TABLE(k, fields);
	rc = crm_usage_missing(k->db, 0, (size_t)(k->limit ? k->limit : 50), missing_one, k);
	end_table(k);
	if (rc == CRM_OK && !k->found)
		cli_note(k->cli, "no question was handed over for want of an article");
	return rc;
}

static void put_share(struct crm_str *out, const char *key, double x, bool known)
{
	crm_json_key(out, key);
	if (known)
		crm_json_real(out, x, 4);
	else
		crm_json_raw(out, CRM_SLICE("null"));
}

static void used_one(const struct crm_used *u, void *data)
{
	struct kb *k = data;
	bool known = u->known > 0;

	if (!k->json) {
		crm_rows_add(k->rows, (struct crm_cell[]){text_cell(u->name), int_cell(u->answered),
							  int_cell(u->known), int_cell(u->helped),
							  share_cell(u->rate, known),
							  share_cell(u->low, known),
							  share_cell(u->high, known),
							  int_cell(u->handed_over)});
		return;
	}
	crm_json_open(&k->out, '{');
	crm_json_put(&k->out, "type", "used");
	crm_json_put_slice(&k->out, "article", u->name);
	crm_json_put_slice(&k->out, "title", u->title);
	if (!u->exists) {
		crm_json_key(&k->out, "gone");
		crm_json_bool(&k->out, true);
	}
	crm_json_put_int(&k->out, "answered", u->answered);
	crm_json_put_int(&k->out, "n", u->known);
	crm_json_put_int(&k->out, "helped", u->helped);
	put_share(&k->out, "rate", u->rate, known);
	put_share(&k->out, "low", u->low, known);
	put_share(&k->out, "high", u->high, known);
	crm_json_put_int(&k->out, "handed_over", u->handed_over);
	crm_json_put_time(&k->out, "last", u->last);
	end_line(k);
}

static enum crm_status used(struct kb *k)
{
	static const struct crm_rows_field fields[] = {
		{"article", -1}, {"answered", -1}, {"n", -1},    {"helped", -1},
		{"rate", -1},    {"low", -1},      {"high", -1}, {"handed over", -1}};
	enum crm_status rc;

	BEGIN_TABLE(k, fields);
	rc = crm_usage_articles(k->db, used_one, k);
	end_table(k);
	return rc;
}

static void problem_one(const char *name, const char *kind, const char *detail, void *data)
{
	struct kb *k = data;

	k->found++;
	if (!k->json) {
		crm_rows_add(k->rows, (struct crm_cell[]){text_cell(crm_slice_of(name)),
							  text_cell(crm_slice_of(kind)),
							  text_cell(crm_slice_of(detail))});
		return;
	}
	crm_json_open(&k->out, '{');
	crm_json_put(&k->out, "type", "problem");
	crm_json_put(&k->out, "article", name);
	crm_json_put(&k->out, "problem", kind);
	crm_json_put(&k->out, "detail", detail);
	end_line(k);
}

static enum crm_status check(struct kb *k)
{
	static const struct crm_rows_field fields[] = {
		{"article", -1}, {"problem", -1}, {"detail", -1}};
	enum crm_status rc;

	BEGIN_TABLE(k, fields);
	rc = crm_articles_check(k->db, k->dir.ptr, problem_one, k);
	end_table(k);
	return rc == CRM_OK && k->found ? CRM_ASIDE : rc;
}

/* ---- one article ---- */

static enum crm_status io_failure(struct kb *k, const char *doing, const char *path)
{
	cli_error(k->cli, "cannot %s '%s': %s", doing, path, strerror(errno));
	return errno == ENOENT ? CRM_NO_INPUT : CRM_IO;
}

/* Reads a whole file, at most CRM_ARTICLE_MAX + 1 bytes of it. */
static enum crm_status read_whole(struct kb *k, const char *path, struct crm_str *bytes)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	enum crm_status rc = CRM_OK;
	ssize_t n = 0;

	if (fd < 0)
		return io_failure(k, "open", path);
	while (bytes->len <= CRM_ARTICLE_MAX
	       && (n = read(fd, crm_str_reserve(bytes, 65536), 65536)) > 0)
		crm_str_wrote(bytes, (size_t)n);
	if (n < 0)
		rc = io_failure(k, "read", path);
	if (!standard)
		close(fd);
	return rc;
}

/* A name within the folder: no way out of it, nothing hidden, no control characters. */
static bool good_name(const char *name)
{
	if (!*name || strlen(name) > 150 || *name == '/' || strstr(name, "//"))
		return false;
	for (const char *s = name; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7F || *s == '\\'
		    || (*s == '.' && (s == name || s[-1] == '/')))
			return false;
	return name[strlen(name) - 1] != '/';
}

/* What the new article is called: --as, else its file, without .md. */
static void name_of(struct kb *k, struct crm_str *name)
{
	const char *slash = strrchr(k->arg, '/');
	const char *s = k->as ? k->as : slash ? slash + 1 : k->arg;
	size_t len = strlen(s);

	if (!k->as && !strcmp(k->arg, "-"))
		cli_usage(k->cli, "--add - needs a name: --as NAME");
	if (len > 3 && !strcmp(s + len - 3, ".md"))
		len -= 3;
	crm_str_add(name, s, len);
	if (!good_name(name->ptr))
		cli_usage(k->cli, "'%s' is no name for an article; give one with --as", name->ptr);
}

static void make_folders(char *path)
{
	for (char *s = path + 1; *s; s++)
		if (*s == '/') {
			*s = '\0';
			mkdir(path, 0777); /* what fails is said when the file is opened */
			*s = '/';
		}
}

/* Writes beside the file and renames, so that no half article is ever read. */
static enum crm_status write_file(struct kb *k, char *path, const struct crm_str *bytes)
{
	struct crm_str part = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;
	FILE *file;

	make_folders(path);
	crm_str_addf(&part, "%s.part", path);
	if (!k->force && !access(path, F_OK)) {
		cli_error(k->cli, "there is '%s' already: --force puts this in its place", path);
		rc = CRM_DATA;
	} else if (!(file = fopen(part.ptr, "wx"))) {
		rc = io_failure(k, "write", part.ptr);
	} else {
		size_t n = fwrite(bytes->ptr, 1, bytes->len, file);

		if ((fclose(file) || n != bytes->len || rename(part.ptr, path))) {
			rc = io_failure(k, "write", path);
			unlink(part.ptr);
		}
	}
	crm_str_release(&part);
	return rc;
}

static enum crm_status refresh(struct kb *k);

static enum crm_status add(struct kb *k)
{
	struct crm_str bytes = CRM_STR_INIT, name = CRM_STR_INIT, path = CRM_STR_INIT;
	enum crm_status rc;

	name_of(k, &name);
	crm_str_addf(&path, "%s/%s.md", k->dir.ptr, name.ptr);
	if ((rc = read_whole(k, k->arg, &bytes)) == CRM_OK && bytes.len > CRM_ARTICLE_MAX) {
		cli_error(k->cli, "'%s' is larger than 256 KiB: make several articles of it",
			  k->arg);
		rc = CRM_DATA;
	}
	if (rc == CRM_OK)
		rc = write_file(k, path.ptr, &bytes);
	if (rc == CRM_OK && (rc = refresh(k)) == CRM_OK)
		cli_note(k->cli, "added %s", path.ptr);
	crm_str_release(&bytes);
	crm_str_release(&name);
	crm_str_release(&path);
	return rc;
}

/* The article as it is understood: its members, then its text. */
static enum crm_status show(struct kb *k)
{
	struct crm_article a = CRM_ARTICLE_INIT;
	struct crm_str bytes = CRM_STR_INIT, path = CRM_STR_INIT;
	enum crm_status rc;

	if (!good_name(k->arg))
		cli_usage(k->cli, "'%s' is no name of an article", k->arg);
	crm_str_addf(&path, "%s/%s.md", k->dir.ptr, k->arg);
	if ((rc = read_whole(k, path.ptr, &bytes)) == CRM_OK) {
		crm_article_parse(&a, (struct crm_slice){bytes.ptr, bytes.len});
		crm_json_open(&k->out, '{');
		crm_json_put(&k->out, "type", "article");
		crm_json_put(&k->out, "name", k->arg);
		crm_json_put_slice(&k->out, "language", a.language);
		crm_json_put_slice(&k->out, "title", a.title);
		crm_json_put_slice(&k->out, "link", a.link);
		crm_json_put_slice(&k->out, "answer", a.answer);
		crm_json_key(&k->out, "questions");
		crm_json_open(&k->out, '[');
		for (size_t i = 0; i < a.n_questions; i++)
			crm_json_string(&k->out, a.questions[i]);
		crm_json_close(&k->out, ']');
		crm_json_key(&k->out, "sections");
		crm_json_open(&k->out, '[');
		for (size_t i = 0; i < a.n_sections; i++) {
			crm_json_open(&k->out, '{');
			crm_json_put_slice(&k->out, "heading", a.sections[i].heading);
			crm_json_put_slice(&k->out, "text", a.sections[i].text);
			crm_json_close(&k->out, '}');
		}
		crm_json_close(&k->out, ']');
		end_line(k);
	}
	crm_article_release(&a);
	crm_str_release(&bytes);
	crm_str_release(&path);
	return rc;
}

/* ---- options ---- */

static void set_mode(struct kb *k, enum mode mode)
{
	if (k->mode != MODE_LIST)
		cli_usage(k->cli, "--add, --show, --missing, --used and --check go one at a time");
	k->mode = mode;
	k->arg = k->cli->arg;
}

static void parse_option(struct kb *k, int c)
{
	switch (c) {
	case OPT_ADD:
		set_mode(k, MODE_ADD);
		break;
	case OPT_SHOW:
		set_mode(k, MODE_SHOW);
		break;
	case OPT_MISSING:
		set_mode(k, MODE_MISSING);
		break;
	case OPT_USED:
		set_mode(k, MODE_USED);
		break;
	case OPT_CHECK:
		set_mode(k, MODE_CHECK);
		break;
	case OPT_AS:
		k->as = k->cli->arg;
		break;
	case 'f':
		k->force = true;
		break;
	case OPT_LANGUAGE:
		k->language = k->cli->arg;
		break;
	case OPT_LIMIT:
		k->limit = (int)cli_number(k->cli, "limit", 1, 1000);
		break;
	case OPT_JSON:
		k->json = true;
		break;
	}
}

static void check_usage(struct kb *k)
{
	struct cli *cli = k->cli;

	if ((k->as || k->force) && k->mode != MODE_ADD)
		cli_usage(cli, "--as and --force go with --add");
	if (cli->argc && k->mode != MODE_LIST)
		cli_usage(cli, "'%s' is one too many", cli->argv[0]);
	if (cli->argc)
		k->mode = cli->argc == 1 && !strcmp(cli->argv[0], "-") ? MODE_LINES : MODE_SEARCH;
}

static void skipped(const char *file, const char *why, void *data)
{
	cli_error(((struct kb *)data)->cli, "%s: %s", file, why);
}

static enum crm_status refresh(struct kb *k)
{
	struct crm_articles_news news;
	enum crm_status rc = crm_articles_refresh(k->db, k->dir.ptr, k->terms, skipped, k, &news);

	return rc == CRM_OK ? CRM_OK : cli_fail(k->cli, crm_db_err(k->db));
}

static enum crm_status work(struct kb *k)
{
	static enum crm_status (*const works[])(struct kb *) = {
		[MODE_LIST] = list, [MODE_SEARCH] = search_words, [MODE_LINES] = search_lines,
		[MODE_ADD] = add,   [MODE_SHOW] = show,           [MODE_MISSING] = missing,
		[MODE_USED] = used, [MODE_CHECK] = check};
	bool file = k->mode == MODE_ADD || k->mode == MODE_SHOW;
	enum crm_status rc = CRM_OK;

	cli_config_dir(k->cli, &k->dir);
	crm_str_adds(&k->dir, "/articles");
	if (!file && (rc = refresh(k)) != CRM_OK)
		return rc;
	if (!file
	    && ((rc = crm_functions_register(k->db)) != CRM_OK
		|| (rc = crm_db_begin_read(k->db)) != CRM_OK
		|| (rc = crm_confidence_learn(k->db, &k->confidence)) != CRM_OK))
		return cli_fail(k->cli, crm_db_err(k->db));
	rc = works[k->mode](k);
	if (!file && rc != CRM_OK && rc != CRM_ASIDE && rc != CRM_IO)
		cli_fail(k->cli, crm_db_err(k->db));
	crm_db_rollback(k->db);
	cli_write(&k->out);
	return rc;
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct kb k = {.cli = &cli,
		       .dir = CRM_STR_INIT,
		       .out = CRM_STR_INIT,
		       .confidence = CRM_CONFIDENCE_INIT,
		       .search = CRM_SEARCH_INIT};
	enum crm_status rc;
	int c;

	cli_start(&cli, &command, argc, argv);
	k.json = !cli_is_terminal(STDOUT_FILENO);
	k.width = crm_columns_terminal();
	while ((c = cli_option(&cli)) != -1)
		parse_option(&k, c);
	check_usage(&k);
	k.terms = crm_terms_new();
	if ((rc = cli_db_open(&cli, &k.db, CRM_DB_WRITE)) == CRM_OK)
		rc = work(&k);
	crm_terms_free(k.terms);
	crm_json_doc_release(&k.doc);
	crm_search_release(&k.search);
	crm_str_release(&k.dir);
	crm_str_release(&k.out);
	crm_db_close(k.db);
	return cli_finish(&cli, rc);
}
