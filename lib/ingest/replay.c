/* SPDX-License-Identifier: MIT */
/* Lines of set-aside records, out and in again. */
#include "ingest/replay.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

/* As text where it is text, else as base64. */
static void put_bytes(struct crm_str *out, struct crm_slice bytes)
{
	size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
	bool text = crm_utf8_valid(bytes.ptr, bytes.len) == bytes.len
		    && !memchr(bytes.ptr ? bytes.ptr : "", '\0', bytes.len);
	char *base64;

	crm_json_key(out, text ? "bytes" : "base64");
	if (text) {
		crm_json_string(out, (struct crm_slice){bytes.ptr ? bytes.ptr : "", bytes.len});
		return;
	}
	base64 = crm_malloc(size);
	sodium_bin2base64(base64, size, (const unsigned char *)bytes.ptr, bytes.len,
			  sodium_base64_VARIANT_ORIGINAL);
	crm_json_string(out, crm_slice_of(base64));
	free(base64);
}

void crm_replay_put(const struct crm_rejected *r, struct crm_str *out)
{
	crm_json_open(out, '{');
	crm_json_put(out, "type", "rejected");
	crm_json_put_int(out, "id", r->id);
	crm_json_put(out, "channel", r->channel);
	crm_json_put(out, "file", r->file);
	crm_json_put(out, "part", r->part);
	crm_json_put_int(out, "line", r->line);
	crm_json_put(out, "reason", r->reason);
	if (r->header.ptr) {
		crm_json_key(out, "header");
		crm_json_string(out, r->header);
	}
	put_bytes(out, r->bytes);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

/* The bytes of a rejected line, as the user gives them back. */
static bool get_bytes(const struct crm_json_doc *doc, struct crm_str *out)
{
	const struct crm_json_value *v = crm_json_member(doc, &doc->values[0], "bytes");
	size_t len;

	if (v && v->type == CRM_JSON_STRING) {
		crm_json_text(v, out);
		return true;
	}
	v = crm_json_member(doc, &doc->values[0], "base64");
	if (!v || v->type != CRM_JSON_STRING)
		return false;
	if (sodium_base642bin((unsigned char *)crm_str_reserve(out, v->text.len), v->text.len,
			      v->text.ptr, v->text.len, NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL))
		return false;
	crm_str_wrote(out, len);
	return true;
}

/* What was decided for the file that a record stood in, unless the user decides now. */
static const char *decided(const struct crm_json_doc *mapping, const char *name, const char *stated,
			   struct crm_arena *arena)
{
	const struct crm_json_value *v = crm_json_member(mapping, &mapping->values[0], name);

	return stated ? stated : crm_json_keep(v, arena).ptr;
}

/* A record alone does not show what its column showed: 3/4 is again what it was. */
static void decide(struct crm_job_options *job, const struct crm_str *mapping,
		   struct crm_arena *arena)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_map_options *map = &job->map;
	const char *delimiter;

	job->encoding = "UTF-8"; /* it was decoded when it was set aside */
	if (crm_json_scan(&doc, mapping->ptr, mapping->len) == CRM_OK) {
		map->region = decided(&doc, "region", map->region, arena);
		map->zone = decided(&doc, "zone", map->zone, arena);
		map->currency = decided(&doc, "currency", map->currency, arena);
		map->decimal = decided(&doc, "decimal", map->decimal, arena);
		map->birth_dates = decided(&doc, "birth_dates", map->dates, arena);
		map->dates = decided(&doc, "dates", map->dates, arena);
		delimiter = decided(&doc, "delimiter", NULL, arena);
		if (!job->delimiter && delimiter)
			job->delimiter = delimiter[0];
	}
	crm_json_doc_release(&doc);
}

/* The text of the record as the only file there is. */
struct text {
	const char *name;
	struct crm_str bytes;
	bool read;
};

static enum crm_read next_text(void *data, struct crm_str *name, struct crm_str *bytes,
			       struct crm_err *err)
{
	struct text *text = data;

	(void)err;
	if (text->read)
		return CRM_READ_END;
	text->read = true;
	crm_str_adds(name, text->name);
	crm_str_add(bytes, text->bytes.ptr, text->bytes.len);
	return CRM_READ_OK;
}

static enum crm_status run(struct crm_db *db, const struct crm_channels *channels,
			   const struct crm_job_options *options, const struct crm_origin *from,
			   struct text *text, struct crm_counts *counts, struct crm_err *err)
{
	const struct crm_feed feed = {next_text, text};
	struct crm_arena arena = CRM_ARENA_INIT;
	struct crm_job_options job = *options;
	enum crm_status rc;

	job.channel = from->channel.ptr;
	job.scope = from->scope.ptr;
	job.feed = &feed;
	decide(&job, &from->mapping, &arena);
	rc = crm_job_run(db, channels, "replay", &job, counts, err);
	crm_arena_release(&arena);
	return rc;
}

static enum crm_status replay(struct crm_db *db, const struct crm_channels *channels,
			      const struct crm_job_options *options, int64_t id,
			      const struct crm_json_doc *doc, struct crm_counts *counts,
			      struct crm_err *err)
{
	struct crm_origin from = CRM_ORIGIN_INIT;
	struct text text = {NULL, CRM_STR_INIT, false};
	enum crm_status rc = crm_rejected_get(db, id, &from);

	if (rc != CRM_OK) {
		*err = *crm_db_err(db);
	} else {
		text.name = from.file.ptr;
		crm_str_add(&text.bytes, from.header.ptr, from.header.len);
		crm_str_adds(&text.bytes, from.header.len ? "\n" : "");
		if (get_bytes(doc, &text.bytes))
			rc = run(db, channels, options, &from, &text, counts, err);
		else
			rc = crm_fail(err, CRM_DATA, "record %lld has neither bytes nor base64",
				      (long long)id);
	}
	if (rc == CRM_OK && counts->set_aside == counts->new_aside
	    && (rc = crm_rejected_done(db, id)) != CRM_OK)
		*err = *crm_db_err(db);
	crm_origin_release(&from);
	crm_str_release(&text.bytes);
	return rc;
}

enum crm_status crm_replay_line(struct crm_db *db, const struct crm_channels *channels,
				const struct crm_job_options *options, struct crm_slice line,
				struct crm_counts *counts, struct crm_err *err)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const struct crm_json_value *id = NULL;
	enum crm_status rc;

	if (crm_json_scan(&doc, line.ptr, line.len) != CRM_OK)
		rc = crm_fail(err, CRM_DATA, "%s", doc.error);
	else if (!(id = crm_json_member(&doc, &doc.values[0], "id")) || id->type != CRM_JSON_NUMBER)
		rc = crm_fail(err, CRM_DATA, "no id: these are not lines of --rejected");
	else
		rc = replay(db, channels, options, strtoll(id->text.ptr, NULL, 10), &doc, counts,
			    err);
	crm_json_doc_release(&doc);
	return rc;
}
