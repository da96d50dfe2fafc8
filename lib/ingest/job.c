/* SPDX-License-Identifier: MIT */
/* The steps of a job, and the two threads that do it. */
#include "ingest/job.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ingest/csv.h"
#include "ingest/documents.h"
#include "ingest/folder.h"
#include "ingest/reader.h"
#include "ingest/xlsx.h"
#include "norm/charset.h"

#define CHUNK_RECORDS 8192
#define CHUNK_BYTES ((size_t)2 * 1024 * 1024) /* of input: large records make small chunks */
#define CHUNKS 3
#define COMMIT_RECORDS 32768
#define OBSERVE_ROWS 10000

/* --- the job --- */

struct job {
	struct crm_db *db;
	const struct crm_channels *channels;
	const struct crm_job_options *o;
	const char *path;
	struct crm_err *err;
	struct crm_input *input;
	struct crm_reader *reader;
	struct crm_map *map;
	const struct crm_channel *channel;
	struct crm_intake *intake;
	struct crm_str sample;  /* the first bytes, decoded */
	struct crm_str mapping; /* the decisions, as JSON */
	bool is_csv;            /* a table */
	bool is_xlsx;           /* and in a workbook */
	const char **each;      /* of all shapes of the channel */
	size_t n_each;
	const struct crm_syntax *syntax; /* NULL: CSV or JSON */
	char delimiter;

	/* between the threads: chunks that wait to be stored, and empty ones */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct crm_chunk chunks[CHUNKS];
	struct crm_chunk *full[CHUNKS], *empty[CHUNKS];
	size_t n_full, n_empty;
	bool reading;          /* the other thread is at work */
	bool between;          /* it waits for the next file */
	bool stop;             /* the storing side has failed */
	struct crm_err failed; /* the reading side has */
};

static void note(struct job *j, const char *words)
{
	if (j->o->note)
		j->o->note(j->o->data, j->path, words);
}

static enum crm_status named(struct job *j, enum crm_status rc)
{
	struct crm_err why = *j->err;

	return crm_fail(j->err, rc, "%s: %.400s", strcmp(j->path, "-") ? j->path : "<stdin>",
			why.text);
}

/* What was guessed should be said; UTF-8 is what one expects. */
static void note_encoding(struct job *j, const char *encoding)
{
	char text[160];

	if (!strncasecmp(encoding, "UTF-8", 5))
		return;
	snprintf(text, sizeof(text), "looks like %s: read as that (say --encoding)", encoding);
	note(j, text);
}

static void note_sheet(struct job *j)
{
	const char *sheet = crm_reader_sheet(j->reader);
	char text[160];

	if (!sheet || j->o->sheet)
		return;
	snprintf(text, sizeof(text), "one of several sheets is read: '%.60s' (say --sheet)", sheet);
	note(j, text);
}

/* Finds out the encoding, and decodes a sample. */
static enum crm_status open_text(struct job *j)
{
	const char *encoding = j->o->encoding ? j->o->encoding
			       : j->channel   ? j->channel->encoding
					      : NULL;
	struct crm_decoder *decoder;
	struct crm_slice bytes;
	enum crm_status rc;

	if (j->is_xlsx || (j->syntax && j->syntax->binary))
		encoding = "UTF-8"; /* bytes pass through */
	if ((rc = crm_input_peek(j->input, &bytes, j->err)) != CRM_OK)
		return rc;
	if (!encoding) {
		encoding = crm_charset_sniff(bytes.ptr, bytes.len);
		if (!j->reading)
			note_encoding(j, encoding);
	}
	if ((rc = crm_decoder_new(encoding, &decoder, j->err)) != CRM_OK)
		return rc;
	crm_str_clear(&j->sample);
	crm_decoder_feed(decoder, bytes.ptr, bytes.len, false, &j->sample);
	crm_decoder_free(decoder);
	return crm_input_set_encoding(j->input, encoding, j->err);
}

/* Before the text is known: a syntax that takes bytes. */
static enum crm_status sniff_bytes(struct job *j)
{
	struct crm_slice bytes;

	if (crm_input_peek(j->input, &bytes, j->err) != CRM_OK)
		return j->err->status;
	j->is_xlsx = (!j->channel || j->channel->is_csv) && crm_xlsx_sniff(bytes);
	if (j->channel) {
		j->syntax = j->channel->syntax;
		return CRM_OK;
	}
	for (size_t i = 0; crm_syntaxes[i] && !j->syntax && !j->is_xlsx; i++)
		if (crm_syntaxes[i]->binary && crm_syntaxes[i]->sniff
		    && crm_syntaxes[i]->sniff(bytes))
			j->syntax = crm_syntaxes[i];
	return CRM_OK;
}

static bool looks_like_json(const struct crm_str *sample)
{
	struct crm_slice s = crm_slice_trim(crm_str_slice(sample));

	return s.len && (s.ptr[0] == '{' || s.ptr[0] == '[' || crm_documents_script(s));
}

/* Which syntax is it, and which lists may a document be split at? */
static void name_syntax(struct job *j)
{
	struct crm_slice sample = {j->sample.ptr, j->sample.len};
	const struct crm_channel *ch = j->channel;

	for (size_t i = 0; crm_syntaxes[i] && !j->syntax && !j->is_xlsx && !ch; i++)
		if (!crm_syntaxes[i]->binary && crm_syntaxes[i]->sniff
		    && crm_syntaxes[i]->sniff(sample))
			j->syntax = crm_syntaxes[i];
	j->is_csv = !j->syntax && (ch ? ch->is_csv : j->is_xlsx || !looks_like_json(&j->sample));
}

static void add_lists(struct job *j, const struct crm_channel *ch)
{
	for (size_t i = 0; i < ch->n_shapes; i++) {
		const struct crm_shape *shape = &ch->shapes[i];

		j->each = crm_realloc(j->each, (j->n_each + shape->n_each + 1) * sizeof(*j->each));
		for (size_t k = 0; k < shape->n_each; k++)
			j->each[j->n_each++] = shape->each[k];
		if (!shape->n_each)
			j->each[j->n_each++] = "";
	}
}

/* As long as the channel is not known: the lists of all, to see the start of any document. */
static void gather_lists(struct job *j)
{
	free(j->each);
	j->each = NULL;
	j->n_each = 0;
	if (j->channel)
		add_lists(j, j->channel);
	for (size_t i = 0; !j->channel && i < j->channels->n; i++)
		if (!j->channels->list[i]->is_csv && !j->channels->list[i]->syntax)
			add_lists(j, j->channels->list[i]);
}

static enum crm_status open_reader(struct job *j)
{
	const struct crm_channel *ch = j->channel;
	struct crm_slice sample = {j->sample.ptr, j->sample.len};
	char quote = ch ? ch->quote : '"';

	crm_reader_free(j->reader);
	j->reader = NULL;
	gather_lists(j);
	if (j->syntax) {
		j->reader = crm_reader_syntax(j->input, j->syntax);
		return CRM_OK;
	}
	if (!j->is_csv) {
		j->reader = crm_reader_json(j->input, j->each, j->n_each);
		return CRM_OK;
	}
	j->delimiter = j->is_xlsx ? ',' : j->o->delimiter; /* rows are set aside as CSV */
	if (!j->delimiter)
		j->delimiter = ch && ch->delimiter ? ch->delimiter : crm_csv_sniff(sample, quote);
	j->reader = j->is_xlsx ? crm_reader_xlsx(j->input, j->o->sheet, j->err)
			       : crm_reader_csv(j->input, j->delimiter, quote);
	if (!j->reader)
		return j->err->status;
	if (ch && ch->n_header) {
		crm_reader_set_header(j->reader, ch->header, ch->n_header);
		crm_reader_set_optional(j->reader, ch->optional);
		return CRM_OK;
	}
	return crm_reader_take_header(j->reader, j->err);
}

/* The first document that can be read shows what a file is that is no table. */
static enum crm_status read_first(struct job *j, struct crm_row *row)
{
	enum crm_read got;

	do
		got = crm_reader_next(j->reader, row);
	while (got == CRM_READ_BAD || got == CRM_READ_WAIT);
	if (got == CRM_READ_FAILED)
		*j->err = *crm_reader_err(j->reader);
	else if (got == CRM_READ_END)
		crm_fail(j->err, CRM_DATA, "cannot tell what this is: name it with --channel");
	return got == CRM_READ_OK ? CRM_OK : j->err->status;
}

static enum crm_status detect(struct job *j)
{
	struct crm_detect file = {.syntax = j->syntax, .is_csv = j->is_csv};
	struct crm_row row = {0};
	enum crm_status rc;
	char text[160];

	if (j->channel)
		return CRM_OK;
	if (!j->is_csv && (rc = read_first(j, &row)) != CRM_OK)
		return rc;
	file.doc = row.doc;
	file.columns = crm_reader_columns(j->reader, &file.n_columns);
	if ((rc = crm_channels_detect(j->channels, &file, &j->channel, j->err)) != CRM_OK)
		return rc;
	snprintf(text, sizeof(text), "read as channel '%s'", j->channel->name);
	note(j, text);
	return CRM_OK;
}

/* --- preparing --- */

/* Shows the map the columns: enough rows to see, and all of them if they leave it open. */
static enum crm_status observe(struct job *j)
{
	struct crm_row row;
	enum crm_read got;

	for (uint64_t n = 0; !crm_map_decided(j->map); n++) {
		if (n >= OBSERVE_ROWS && !crm_map_ambiguous(j->map))
			break;
		got = crm_reader_next(j->reader, &row);
		if (got == CRM_READ_WAIT && (j->o->unbuffered || !crm_map_ambiguous(j->map)))
			break;
		if (got == CRM_READ_FAILED)
			return crm_fail(j->err, crm_reader_err(j->reader)->status, "%s",
					crm_reader_err(j->reader)->text);
		if (got == CRM_READ_END)
			break;
		if (got == CRM_READ_OK)
			crm_map_observe(j->map, &row);
		if (n % 4096 == 0 && j->o->progress)
			j->o->progress(j->o->data, crm_input_bytes(j->input), 0);
	}
	return CRM_OK;
}

static enum crm_status prepare_map(struct job *j)
{
	struct crm_str words = CRM_STR_INIT;
	enum crm_status rc;
	const struct crm_slice *columns;
	char *line, *save = NULL;
	size_t n;

	columns = crm_reader_columns(j->reader, &n);
	if ((rc = crm_map_new(&j->map, j->channel, columns, n, &j->o->map, j->err)) != CRM_OK
	    || (rc = observe(j)) != CRM_OK)
		return rc;
	crm_map_decide(j->map, &words);
	for (line = strtok_r(words.ptr, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		note(j, line);
	crm_str_release(&words);
	crm_json_open(&j->mapping, '{');
	crm_map_describe(j->map, &j->mapping);
	if (j->is_csv)
		crm_json_put(&j->mapping, "delimiter", (const char[]){j->delimiter, '\0'});
	crm_json_close(&j->mapping, '}');
	return CRM_OK;
}

/* What kind of file is it? */
static enum crm_status recognise(struct job *j)
{
	enum crm_status rc;

	if (j->o->feed)
		rc = crm_input_open_feed(&j->input, j->o->feed, j->path, j->err);
	else
		rc = crm_input_open(&j->input, j->path, j->err);
	if (rc != CRM_OK)
		return j->o->feed ? named(j, rc) : rc; /* a file is named there */
	if (j->o->channel
	    && (rc = crm_channels_named(j->channels, j->o->channel, &j->channel, j->err)) != CRM_OK)
		return rc;
	if ((rc = crm_input_keep(j->input, j->err)) != CRM_OK || (rc = sniff_bytes(j)) != CRM_OK
	    || (rc = open_text(j)) != CRM_OK)
		return named(j, rc);
	name_syntax(j);
	return CRM_OK;
}

static enum crm_status prepare(struct job *j)
{
	enum crm_status rc = recognise(j);

	if (rc != CRM_OK)
		return rc;
	if ((rc = open_reader(j)) != CRM_OK)
		return named(j, rc);
	note_sheet(j);
	if ((rc = detect(j)) != CRM_OK || (rc = prepare_map(j)) != CRM_OK
	    || (rc = crm_input_rewind(j->input, j->err)) != CRM_OK
	    || (j->o->follow && (rc = crm_input_follow(j->input, j->o->follow, j->err)) != CRM_OK)
	    || (rc = open_reader(j)) != CRM_OK)
		return named(j, rc);
	return CRM_OK;
}

/* --- the threads --- */

static struct crm_chunk *take(struct job *j, struct crm_chunk **list, size_t *n)
{
	struct crm_chunk *chunk = NULL;

	pthread_mutex_lock(&j->mutex);
	while (!*n && !j->stop)
		pthread_cond_wait(&j->changed, &j->mutex);
	if (!j->stop) {
		chunk = list[0];
		memmove(list, list + 1, --*n * sizeof(*list));
	}
	pthread_mutex_unlock(&j->mutex);
	return chunk;
}

static void give(struct job *j, struct crm_chunk **list, size_t *n, struct crm_chunk *chunk)
{
	pthread_mutex_lock(&j->mutex);
	list[(*n)++] = chunk;
	pthread_cond_broadcast(&j->changed);
	pthread_mutex_unlock(&j->mutex);
}

/* What has come in the place of a file that is followed is read as that was. */
static enum crm_read follow_on(struct job *j)
{
	struct crm_slice line = crm_reader_header_line(j->reader);
	struct crm_str header = CRM_STR_INIT;
	enum crm_read got = CRM_READ_AGAIN;

	crm_str_add(&header, line.ptr ? line.ptr : "", line.len);
	if (open_reader(j) != CRM_OK) { /* or it was stopped while it waited for a header */
		got = *j->o->follow ? CRM_READ_END : CRM_READ_FAILED;
		if (got == CRM_READ_FAILED)
			j->failed = *j->err;
	} else if (!crm_slice_same(crm_reader_header_line(j->reader), crm_str_slice(&header))) {
		crm_fail(&j->failed, CRM_DATA, "%s: its header is another one now", j->path);
		got = CRM_READ_FAILED;
	}
	crm_str_release(&header);
	return got;
}

/* Goes on with the next of several files. */
static enum crm_read next_file(struct job *j)
{
	enum crm_read got = crm_input_next_file(j->input);

	j->between = got == CRM_READ_WAIT;
	if (got != CRM_READ_OK)
		return got;
	if (j->o->follow)
		return follow_on(j);
	if (open_text(j) == CRM_OK && open_reader(j) == CRM_OK)
		return CRM_READ_AGAIN;
	return CRM_READ_FAILED;
}

/* Fills a chunk: until it is full, the file ends, or a pipe has nothing more for now. */
static void fill(struct job *j, struct crm_chunk *chunk)
{
	struct crm_row row;
	size_t bytes = 0;

	crm_chunk_clear(chunk);
	while (chunk->n < CHUNK_RECORDS && bytes < CHUNK_BYTES) {
		enum crm_read got = j->between ? CRM_READ_END : crm_reader_next(j->reader, &row);

		if (got == CRM_READ_END)
			got = next_file(j);
		if (got == CRM_READ_WAIT) {
			chunk->pause = true;
			if (chunk->n)
				break;
			continue;
		}
		chunk->pause = false;
		if (got == CRM_READ_AGAIN)
			continue;
		if (got == CRM_READ_FAILED)
			j->failed = j->failed.status ? j->failed : *crm_reader_err(j->reader);
		if (got == CRM_READ_END || got == CRM_READ_FAILED) {
			chunk->last = true;
			break;
		}
		if (got == CRM_READ_OK)
			row.reason = NULL;
		crm_map_row(j->map, &row, chunk);
		bytes += row.bytes.len;
		if (j->o->unbuffered) {
			chunk->pause = true;
			break;
		}
	}
	chunk->bytes_read = crm_input_bytes(j->input);
}

static void *read_thread(void *data)
{
	struct job *j = data;
	struct crm_chunk *chunk;
	bool last = false;

	pthread_setname_np(pthread_self(), "reader");
	while (!last && (chunk = take(j, j->empty, &j->n_empty))) {
		fill(j, chunk);
		last = chunk->last;
		give(j, j->full, &j->n_full, chunk);
	}
	return NULL;
}

static enum crm_status store_chunk(struct job *j, const struct crm_chunk *chunk,
				   struct crm_outcome *outcomes)
{
	enum crm_status rc = CRM_OK;

	if (chunk->n)
		rc = crm_intake_store(j->intake, chunk, outcomes);
	if (rc == CRM_OK && j->o->stored)
		j->o->stored(j->o->data, j->channel, chunk, outcomes);
	if (rc == CRM_OK
	    && (chunk->pause || chunk->last || crm_intake_pending(j->intake) >= COMMIT_RECORDS)) {
		rc = chunk->last && !j->failed.status ? crm_intake_finish(j->intake)
						      : crm_intake_commit(j->intake);
		if (rc == CRM_OK && j->o->committed)
			j->o->committed(j->o->data);
	}
	if (j->o->progress)
		j->o->progress(j->o->data, chunk->bytes_read, crm_input_size(j->input));
	return rc;
}

static enum crm_status store_chunks(struct job *j)
{
	struct crm_outcome *outcomes = NULL;
	enum crm_status rc = CRM_OK;
	size_t cap = 0;
	bool last = false;

	while (!last && rc == CRM_OK) {
		struct crm_chunk *chunk = take(j, j->full, &j->n_full);

		last = chunk->last;
		CRM_GROW(outcomes, chunk->n, cap);
		rc = store_chunk(j, chunk, outcomes);
		give(j, j->empty, &j->n_empty, chunk);
	}
	free(outcomes);
	if (rc != CRM_OK)
		*j->err = *crm_db_err(j->db);
	else if (j->failed.status)
		*j->err = j->failed,
		rc = j->is_xlsx ? named(j, j->failed.status) : j->failed.status;
	return rc;
}

static enum crm_status run_threads(struct job *j)
{
	pthread_t reader;
	enum crm_status rc;

	pthread_mutex_init(&j->mutex, NULL);
	pthread_cond_init(&j->changed, NULL);
	for (size_t i = 0; i < CHUNKS; i++)
		j->empty[j->n_empty++] = &j->chunks[i];
	j->reading = true;
	if (pthread_create(&reader, NULL, read_thread, j))
		return crm_fail(j->err, CRM_BUG, "cannot start a thread");
	rc = store_chunks(j);
	pthread_mutex_lock(&j->mutex);
	j->stop = true;
	pthread_cond_broadcast(&j->changed);
	pthread_mutex_unlock(&j->mutex);
	pthread_join(reader, NULL);
	pthread_mutex_destroy(&j->mutex);
	pthread_cond_destroy(&j->changed);
	return rc;
}

static void note_unread(struct job *j)
{
	const struct crm_map_unread unread = crm_map_unread(j->map);
	const struct {
		uint64_t n;
		const char *one, *many;
	} notes[] = {
		{unread.emails, "e-mail address could not be read: kept as it came",
		 "e-mail addresses could not be read: kept as they came"},
		{unread.phones, "phone number could not be read: kept as it came",
		 "phone numbers could not be read: kept as they came"},
		{unread.birth_dates, "birth date is no date: kept as it came",
		 "birth dates are no dates: kept as they came"},
		{unread.local_times, "time names no zone: read as UTC (say --zone)",
		 "times name no zone: read as UTC (say --zone)"},
		{(uint64_t)crm_input_undecoded(j->input),
		 "character is not of the file's encoding (say --encoding)",
		 "characters are not of the file's encoding (say --encoding)"},
		{crm_input_maildirs_within(j->input),
		 "Maildir within this one is not read: name it as well",
		 "Maildirs within this one are not read: name them as well"},
	};
	char text[160];

	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		if (!notes[i].n)
			continue;
		snprintf(text, sizeof(text), "%llu %s", (unsigned long long)notes[i].n,
			 notes[i].n == 1 ? notes[i].one : notes[i].many);
		note(j, text);
	}
}

static enum crm_status run(struct job *j, struct crm_counts *counts)
{
	struct crm_intake_source source = {
		.name = j->channel->name,
		.scope = j->o->scope ? j->o->scope : j->channel->scope,
		.medium = j->channel->medium,
		.single = j->channel->unique,
		.file = j->path,
		.mapping = j->mapping.ptr,
		.header = crm_reader_header_line(j->reader),
		.live = j->o->follow || j->o->unbuffered
			|| (!crm_input_size(j->input) && !crm_input_is_several(j->input)),
	};
	enum crm_status rc = crm_intake_open(&j->intake, j->db, &source, j->o->rules);

	if (rc == CRM_OK)
		rc = run_threads(j);
	else
		*j->err = *crm_db_err(j->db);
	if (rc == CRM_OK)
		note_unread(j);
	*counts = *crm_intake_counts(j->intake);
	return rc;
}

static struct job *job_new(const struct crm_channels *channels, const char *path,
			   const struct crm_job_options *options, struct crm_err *err)
{
	struct job *j = crm_calloc(1, sizeof(*j));

	j->channels = channels;
	j->o = options;
	j->path = path;
	j->err = err;
	j->sample = j->mapping = (struct crm_str)CRM_STR_INIT;
	return j;
}

static void job_free(struct job *j)
{
	crm_intake_close(j->intake);
	crm_map_free(j->map);
	crm_reader_free(j->reader);
	crm_input_close(j->input);
	for (size_t i = 0; i < CHUNKS; i++)
		crm_chunk_release(&j->chunks[i]);
	crm_str_release(&j->sample);
	crm_str_release(&j->mapping);
	free(j->each);
	free(j);
}

bool crm_job_is_tables(const struct crm_channels *channels, const char *path,
		       const struct crm_job_options *options)
{
	const struct crm_job_options silent = {.channel = options->channel,
					       .encoding = options->encoding};
	struct crm_err err;
	struct job *j;
	bool tables;

	if (!strcmp(path, "-") || !crm_folder_is(path))
		return false;
	j = job_new(channels, path, &silent, &err);
	tables = recognise(j) == CRM_OK && j->is_csv && crm_input_is_several(j->input);
	job_free(j);
	return tables;
}

enum crm_status crm_job_run(struct crm_db *db, const struct crm_channels *channels,
			    const char *path, const struct crm_job_options *options,
			    struct crm_counts *counts, struct crm_err *err)
{
	struct job *j = job_new(channels, path, options, err);
	enum crm_status rc;

	j->db = db;
	*counts = (struct crm_counts){0};
	if ((rc = prepare(j)) == CRM_OK)
		rc = run(j, counts);
	job_free(j);
	return rc;
}

enum crm_status crm_job_check(const struct crm_channels *channels, const char *path,
			      const struct crm_job_options *options,
			      void (*seen)(void *data, const struct crm_channel *channel,
					   const struct crm_map *map,
					   const struct crm_chunk *chunk),
			      void *data, struct crm_err *err)
{
	struct job *j = job_new(channels, path, options, err);
	enum crm_status rc = prepare(j);
	bool last = false;

	while (rc == CRM_OK && !last) {
		fill(j, &j->chunks[0]);
		seen(data, j->channel, j->map, &j->chunks[0]);
		last = j->chunks[0].last;
		if (j->failed.status)
			*err = j->failed, rc = j->failed.status;
	}
	if (rc == CRM_OK)
		note_unread(j);
	job_free(j);
	return rc;
}
