/* SPDX-License-Identifier: MIT */
/* The folder is walked and compared with the store in one transaction that begins to write
 * only when something changed; so commands that only search do not wait for writers. */
#include "answer/articles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer/article.h"
#include "base/hash.h"
#include "base/table.h"
#include "base/utf8.h"
#include "norm/language.h"

#define NAME_MAX_BYTES 200

/* A file of the folder, or an article of the store. */
struct entry {
	const char *name; /* without .md */
	int64_t id;       /* in the store; 0: not there */
	int64_t size, mtime;
	const char *digest;
	bool seen; /* of the store: the file is there */
	bool stale;
};

struct folder {
	struct crm_db *db;
	const char *dir;
	struct crm_terms *terms;
	void (*skip)(const char *, const char *, void *);
	void *data;
	struct crm_articles_news *news;
	struct entry *files, *known;
	size_t n_files, cap_files, n_known, cap_known;
	struct crm_table index; /* of known, by name */
	struct crm_arena arena;
};

static const char sql_known[] = "SELECT id, name, size, mtime, digest FROM article";
static const char sql_forget_words[] = "DELETE FROM article_words WHERE rowid IN"
				       " (SELECT id FROM article_section WHERE article_id = :id)";
static const char sql_forget_sections[] = "DELETE FROM article_section WHERE article_id = :id";
static const char sql_forget[] = "DELETE FROM article WHERE id = :id";
static const char sql_touch[] = "UPDATE article SET mtime = :mtime WHERE id = :id";
static const char sql_put[] =
	"INSERT INTO article (name, language, title, link, answer, questions, size, mtime, digest,"
	" read_at) VALUES (:name, :language, :title, :link, :answer, :questions, :size, :mtime,"
	" :digest, :at) ON CONFLICT (name) DO UPDATE SET language = excluded.language,"
	" title = excluded.title, link = excluded.link, answer = excluded.answer,"
	" questions = excluded.questions, size = excluded.size, mtime = excluded.mtime,"
	" digest = excluded.digest, read_at = excluded.read_at RETURNING id";
static const char sql_put_section[] = "INSERT INTO article_section (article_id, n, heading, text)"
				      " VALUES (:article, :n, :heading, :text) RETURNING id";
static const char sql_put_words[] =
	"INSERT INTO article_words (rowid, title, questions, heading, body)"
	" VALUES (:id, :title, :questions, :heading, :body)";
static const char sql_forget_terms[] = "DELETE FROM article_term";
static const char sql_put_terms[] =
	"INSERT INTO article_term (term, sections) SELECT term, doc FROM article_vocab";
static const char sql_each[] =
	"SELECT id, (SELECT count(*) FROM article_section WHERE article_id = article.id),"
	" questions, size, name, language, title, link, answer FROM article ORDER BY name";

static void skip(struct folder *f, const char *file, const char *why)
{
	f->news->skipped++;
	if (f->skip)
		f->skip(file, why, f->data);
}

/* --- the folder --- */

static bool is_article(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && name[0] != '.' && !strcmp(name + len - 3, ".md");
}

static void add_file(struct folder *f, const char *below, const char *name, const struct stat *info)
{
	struct crm_str whole = CRM_STR_INIT;

	crm_str_addf(&whole, "%s%.*s", below, (int)(strlen(name) - 3), name);
	if (whole.len > NAME_MAX_BYTES || crm_utf8_valid(whole.ptr, whole.len) != whole.len) {
		skip(f, whole.ptr, "its name is too long, or no UTF-8");
	} else if (info->st_size > (off_t)CRM_ARTICLE_MAX) {
		skip(f, whole.ptr, "it is larger than 256 KiB: make several articles of it");
	} else {
		CRM_GROW(f->files, f->n_files + 1, f->cap_files);
		f->files[f->n_files++] = (struct entry){
			.name = crm_arena_strndup(&f->arena, whole.ptr, whole.len),
			.size = info->st_size,
			.mtime = (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec,
		};
	}
	crm_str_release(&whole);
}

/* Looks into DIR/BELOW; below ends with a slash, or is empty. */
static void walk(struct folder *f, const char *below, int depth)
{
	struct crm_str path = CRM_STR_INIT, deeper = CRM_STR_INIT;
	const struct dirent *item;
	struct stat info;
	DIR *dir;

	crm_str_addf(&path, "%s/%s", f->dir, below);
	if (!(dir = opendir(path.ptr))) {
		if (errno != ENOENT)
			skip(f, path.ptr, strerror(errno));
		crm_str_release(&path);
		return;
	}
	while ((item = readdir(dir))) {
		if (item->d_name[0] == '.' || fstatat(dirfd(dir), item->d_name, &info, 0))
			continue;
		if (S_ISDIR(info.st_mode) && depth < CRM_ARTICLES_DEPTH) {
			crm_str_clear(&deeper);
			crm_str_addf(&deeper, "%s%s/", below, item->d_name);
			walk(f, deeper.ptr, depth + 1);
		} else if (S_ISREG(info.st_mode) && is_article(item->d_name)) {
			add_file(f, below, item->d_name, &info);
		}
	}
	closedir(dir);
	crm_str_release(&deeper);
	crm_str_release(&path);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* --- the store's copy --- */

static struct entry *known_as(struct folder *f, const char *name)
{
	for (struct crm_probe p = crm_table_probe(&f->index, crm_hash64(name, strlen(name)));
	     crm_table_next(&f->index, &p);)
		if (!strcmp(f->known[p.index].name, name))
			return &f->known[p.index];
	return NULL;
}

static enum crm_status load_known(struct folder *f)
{
	sqlite3_stmt *st = crm_db_stmt(f->db, sql_known);
	bool row = true;
	enum crm_status rc;

	while ((rc = crm_db_step(f->db, st, &row)) == CRM_OK && row) {
		struct crm_slice name = crm_column(st, 1), digest = crm_column(st, 4);

		CRM_GROW(f->known, f->n_known + 1, f->cap_known);
		f->known[f->n_known] = (struct entry){
			.id = sqlite3_column_int64(st, 0),
			.name = crm_arena_strndup(&f->arena, name.ptr, name.len),
			.size = sqlite3_column_int64(st, 2),
			.mtime = sqlite3_column_int64(st, 3),
			.digest = crm_arena_strndup(&f->arena, digest.ptr, digest.len),
		};
		crm_table_add(&f->index, crm_hash64(name.ptr, name.len), (uint32_t)f->n_known++);
	}
	return rc;
}

/* Which files must be read, which articles are gone; how many of both. */
static size_t compare(struct folder *f)
{
	size_t changes = 0;

	for (size_t i = 0; i < f->n_files; i++) {
		struct entry *file = &f->files[i], *known = known_as(f, file->name);

		if (known)
			known->seen = true;
		file->id = known ? known->id : 0;
		file->digest = known ? known->digest : NULL;
		file->stale = !known || known->size != file->size || known->mtime != file->mtime;
		changes += file->stale;
	}
	for (size_t i = 0; i < f->n_known; i++)
		changes += !f->known[i].seen;
	return changes;
}

static enum crm_status run_for(struct crm_db *db, const char *sql, int64_t id)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql);

	crm_bind_int(st, ":id", id);
	return crm_db_run(db, st);
}

static enum crm_status forget_sections(struct crm_db *db, int64_t id)
{
	enum crm_status rc = run_for(db, sql_forget_words, id);

	return rc == CRM_OK ? run_for(db, sql_forget_sections, id) : rc;
}

/* Is the first folder of the name a language? "de/returns" says so, "shipping/eu" does not. */
static struct crm_slice folder_language(const char *name)
{
	size_t n = strcspn(name, "/");
	bool two = n == 2 || (n == 5 && name[2] == '-');

	for (size_t i = 0; i < n && two; i++)
		two = i == 2 || (name[i] | 0x20) >= 'a';
	return two && name[n] ? (struct crm_slice){name, n} : (struct crm_slice){"", 0};
}

static struct crm_slice language_of(const struct crm_article *a, const char *name)
{
	struct crm_slice language = a->language.len ? a->language : folder_language(name);
	struct crm_str all = CRM_STR_INIT;

	if (language.len)
		return language;
	crm_str_add(&all, a->title.ptr, a->title.len);
	for (size_t i = 0; i < a->n_questions; i++)
		crm_str_addf(&all, "\n%s", a->questions[i].ptr);
	crm_str_addf(&all, "\n%s\n%s", a->answer.ptr, a->sections[0].text.ptr);
	language = crm_slice_of(crm_language_of((struct crm_slice){all.ptr, all.len}));
	crm_str_release(&all);
	return language.ptr ? language : (struct crm_slice){"", 0};
}

static enum crm_status put_article(struct folder *f, const struct entry *file,
				   const struct crm_article *a, struct crm_slice language,
				   const char *digest, int64_t *id)
{
	sqlite3_stmt *st = crm_db_stmt(f->db, sql_put);
	const char *slash = strrchr(file->name, '/');

	crm_bind_text(st, ":name", file->name);
	crm_bind_slice(st, ":language", language);
	crm_bind_slice(st, ":title",
		       a->title.len ? a->title : crm_slice_of(slash ? slash + 1 : file->name));
	crm_bind_slice(st, ":link", a->link.len ? a->link : (struct crm_slice){NULL, 0});
	crm_bind_slice(st, ":answer", a->answer);
	crm_bind_int(st, ":questions", (int64_t)a->n_questions);
	crm_bind_int(st, ":size", file->size);
	crm_bind_int(st, ":mtime", file->mtime);
	crm_bind_text(st, ":digest", digest);
	crm_bind_int(st, ":at", crm_db_now(f->db));
	return crm_db_int(f->db, st, 0, id);
}

/* The terms of an article, as its sections share them. */
struct shared {
	struct crm_str title, questions, heading, body;
};

static enum crm_status put_section(struct folder *f, int64_t article, size_t n,
				   const struct crm_section *section, const char *language,
				   struct shared *s)
{
	sqlite3_stmt *st = crm_db_stmt(f->db, sql_put_section);
	enum crm_status rc;
	int64_t id;

	crm_bind_int(st, ":article", article);
	crm_bind_int(st, ":n", (int64_t)n);
	crm_bind_slice(st, ":heading", section->heading);
	crm_bind_slice(st, ":text", section->text);
	if ((rc = crm_db_int(f->db, st, 0, &id)) != CRM_OK)
		return rc;
	crm_str_clear(&s->heading);
	crm_terms_add(f->terms, section->heading, language, false, &s->heading);
	crm_terms_add(f->terms, section->text, language, false, &s->body);
	st = crm_db_stmt(f->db, sql_put_words);
	crm_bind_int(st, ":id", id);
	crm_bind_slice(st, ":title", (struct crm_slice){s->title.ptr, s->title.len});
	crm_bind_slice(st, ":questions",
		       (struct crm_slice){s->questions.ptr, n ? 0 : s->questions.len});
	crm_bind_slice(st, ":heading", (struct crm_slice){s->heading.ptr, s->heading.len});
	crm_bind_slice(st, ":body", (struct crm_slice){s->body.ptr, s->body.len});
	rc = crm_db_run(f->db, st);
	crm_str_clear(&s->body); /* the statement read it in place */
	return rc;
}

static enum crm_status put_sections(struct folder *f, int64_t id, const struct crm_article *a,
				    const char *language)
{
	struct shared s = {CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT, CRM_STR_INIT};
	struct crm_str one = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	crm_terms_add(f->terms, a->title, language, false, &s.title);
	for (size_t i = 0; i < a->n_questions; i++) {
		crm_str_clear(&one);
		crm_terms_add(f->terms, a->questions[i], language, false, &one);
		crm_str_addf(&s.questions, "%s\n", one.ptr);
	}
	/* the answer belongs to section 0, whether or not its text says it too */
	crm_terms_add(f->terms, a->answer, language, false, &s.body);
	for (size_t i = 0; i < a->n_sections && rc == CRM_OK; i++)
		rc = put_section(f, id, i, &a->sections[i], language, &s);
	crm_str_release(&one);
	crm_str_release(&s.title);
	crm_str_release(&s.questions);
	crm_str_release(&s.heading);
	crm_str_release(&s.body);
	return rc;
}

/* Reads a file of the folder; false, with skip called, when it cannot be read. */
static bool read_file(struct folder *f, const char *name, struct crm_str *bytes)
{
	struct crm_str path = CRM_STR_INIT;
	ssize_t n = -1;
	int fd;

	crm_str_addf(&path, "%s/%s.md", f->dir, name);
	crm_str_clear(bytes);
	if ((fd = open(path.ptr, O_RDONLY | O_CLOEXEC)) >= 0) {
		while (bytes->len <= CRM_ARTICLE_MAX
		       && (n = read(fd, crm_str_reserve(bytes, 65536), 65536)) > 0)
			crm_str_wrote(bytes, (size_t)n);
		close(fd);
	}
	if (n < 0)
		skip(f, path.ptr, strerror(errno));
	else if (bytes->len > CRM_ARTICLE_MAX)
		skip(f, path.ptr, "it grew larger than 256 KiB");
	crm_str_release(&path);
	return n == 0;
}

static enum crm_status touch(struct crm_db *db, const struct entry *file)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_touch);

	crm_bind_int(st, ":id", file->id);
	crm_bind_int(st, ":mtime", file->mtime);
	return crm_db_run(db, st);
}

static enum crm_status take_file(struct folder *f, struct entry *file, struct crm_article *a,
				 struct crm_str *bytes)
{
	struct crm_str digest = CRM_STR_INIT, code = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;
	struct crm_digest sum;
	struct crm_slice language;

	if (!read_file(f, file->name, bytes))
		return CRM_OK;
	sum = crm_digest_of(bytes->ptr, bytes->len);
	crm_digest_hex(&sum, &digest);
	if (file->id && !strcmp(file->digest, digest.ptr)) {
		rc = touch(f->db, file);
	} else {
		f->news->read++;
		crm_article_parse(a, (struct crm_slice){bytes->ptr, bytes->len});
		language = language_of(a, file->name);
		crm_str_add(&code, language.ptr, language.len);
		if (file->id)
			rc = forget_sections(f->db, file->id);
		if (rc == CRM_OK)
			rc = put_article(f, file, a, language, digest.ptr, &file->id);
		if (rc == CRM_OK)
			rc = put_sections(f, file->id, a, code.ptr);
	}
	crm_str_release(&digest);
	crm_str_release(&code);
	return rc;
}

static enum crm_status count_terms(struct crm_db *db)
{
	enum crm_status rc = crm_db_run(db, crm_db_stmt(db, sql_forget_terms));

	return rc == CRM_OK ? crm_db_run(db, crm_db_stmt(db, sql_put_terms)) : rc;
}

static enum crm_status write_changes(struct folder *f)
{
	struct crm_article article = CRM_ARTICLE_INIT;
	struct crm_str bytes = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < f->n_known && rc == CRM_OK; i++)
		if (!f->known[i].seen) {
			rc = forget_sections(f->db, f->known[i].id);
			if (rc == CRM_OK)
				rc = run_for(f->db, sql_forget, f->known[i].id);
			f->news->removed++;
		}
	for (size_t i = 0; i < f->n_files && rc == CRM_OK; i++)
		if (f->files[i].stale)
			rc = take_file(f, &f->files[i], &article, &bytes);
	if (rc == CRM_OK && f->news->read + f->news->removed)
		rc = count_terms(f->db);
	crm_article_release(&article);
	crm_str_release(&bytes);
	return rc;
}

static void forget_known(struct folder *f)
{
	crm_table_clear(&f->index);
	f->n_known = 0;
}

enum crm_status crm_articles_refresh(struct crm_db *db, const char *dir, struct crm_terms *terms,
				     void (*skip_file)(const char *, const char *, void *),
				     void *data, struct crm_articles_news *news)
{
	struct folder f = {.db = db,
			   .dir = dir,
			   .terms = terms,
			   .skip = skip_file,
			   .data = data,
			   .news = news};
	enum crm_status rc;

	*news = (struct crm_articles_news){0, 0, 0, 0};
	walk(&f, "", 0);
	if (f.n_files)
		qsort(f.files, f.n_files, sizeof(*f.files), by_name);
	if ((rc = load_known(&f)) == CRM_OK && compare(&f)) {
		/* another command may have read them since */
		forget_known(&f);
		if ((rc = crm_db_begin(db)) == CRM_OK && (rc = load_known(&f)) == CRM_OK
		    && compare(&f) && (rc = write_changes(&f)) == CRM_OK)
			rc = crm_db_commit(db);
		crm_db_rollback(db);
	}
	news->articles = f.n_files;
	free(f.files);
	free(f.known);
	crm_table_release(&f.index);
	crm_arena_release(&f.arena);
	return rc;
}

enum crm_status crm_articles_each(struct crm_db *db,
				  void (*each)(const struct crm_article_row *, void *), void *data)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_each);
	bool row = true;
	enum crm_status rc;

	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row) {
		struct crm_article_row a = {
			.id = sqlite3_column_int64(st, 0),
			.sections = sqlite3_column_int64(st, 1),
			.questions = sqlite3_column_int64(st, 2),
			.size = sqlite3_column_int64(st, 3),
			.name = crm_column(st, 4),
			.language = crm_column(st, 5),
			.title = crm_column(st, 6),
			.link = crm_column(st, 7),
			.answer = crm_column(st, 8),
		};

		each(&a, data);
	}
	return rc;
}

/* --- what is wrong with them --- */

#define SECTION_LONG 8000 /* bytes of a text that nobody reads to its end */
#define ANSWER_LONG 600   /* of an answer that is sent */

struct check {
	const char *dir;
	crm_article_problem *problem;
	void *data;
};

static void check_links(const struct check *c, const char *name, const struct crm_article *a)
{
	struct crm_str path = CRM_STR_INIT;
	const char *slash = strrchr(name, '/');

	for (size_t i = 0; i < a->n_links; i++) {
		const char *url = a->links[i].ptr;
		size_t n = strcspn(url, "#?");

		if (!n || url[0] == '/' || url[strcspn(url, ":/")] == ':')
			continue; /* within the text, or of the web */
		crm_str_clear(&path);
		crm_str_addf(&path, "%s/%.*s%.*s", c->dir, slash ? (int)(slash - name) + 1 : 0,
			     name, (int)n, url);
		if (access(path.ptr, F_OK))
			c->problem(name, "broken link", url, c->data);
	}
	if (a->link.len && strncmp(a->link.ptr, "https://", 8)
	    && strncmp(a->link.ptr, "http://", 7))
		c->problem(name, "broken link", a->link.ptr, c->data);
	crm_str_release(&path);
}

static void check_article(const struct check *c, const char *name, const struct crm_article *a)
{
	check_links(c, name, a);
	if (!a->answer.len)
		c->problem(name, "no answer", "give it an Answer: line or a first paragraph",
			   c->data);
	if (a->answer.len > ANSWER_LONG)
		c->problem(name, "too long", "the answer has more than 600 bytes", c->data);
	for (size_t i = 0; i < a->n_sections; i++)
		if (a->sections[i].text.len > SECTION_LONG)
			c->problem(name, "too long",
				   a->sections[i].heading.len ? a->sections[i].heading.ptr
							      : "its text has no headings",
				   c->data);
	if (a->unknown.len)
		c->problem(name, "unknown line", a->unknown.ptr, c->data);
}

static const char sql_twins[] =
	"SELECT a.name, b.name FROM article AS a JOIN article AS b ON b.title = a.title"
	" AND b.language = a.language AND b.name > a.name ORDER BY a.name, b.name";

static enum crm_status check_titles(struct crm_db *db, const struct check *c)
{
	sqlite3_stmt *st = crm_db_stmt(db, sql_twins);
	bool row = true;
	enum crm_status rc;

	while ((rc = crm_db_step(db, st, &row)) == CRM_OK && row)
		c->problem((const char *)sqlite3_column_text(st, 0), "same title",
			   (const char *)sqlite3_column_text(st, 1), c->data);
	return rc;
}

enum crm_status crm_articles_check(struct crm_db *db, const char *dir, crm_article_problem *problem,
				   void *data)
{
	struct crm_articles_news news = {0, 0, 0, 0};
	struct folder f = {.db = db, .dir = dir, .news = &news};
	struct check c = {dir, problem, data};
	struct crm_article article = CRM_ARTICLE_INIT;
	struct crm_str bytes = CRM_STR_INIT;

	walk(&f, "", 0);
	if (f.n_files)
		qsort(f.files, f.n_files, sizeof(*f.files), by_name);
	for (size_t i = 0; i < f.n_files; i++) {
		if (!read_file(&f, f.files[i].name, &bytes))
			continue;
		crm_article_parse(&article, (struct crm_slice){bytes.ptr, bytes.len});
		check_article(&c, f.files[i].name, &article);
	}
	crm_article_release(&article);
	crm_str_release(&bytes);
	free(f.files);
	crm_arena_release(&f.arena);
	return check_titles(db, &c);
}
