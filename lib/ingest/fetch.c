/* SPDX-License-Identifier: MIT */
/* What lies between a mailbox's URL and the job that stores its messages. */
#include "ingest/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secrets.h"
#include "ingest/imap.h"
#include "store/mailbox.h"

struct work {
	const struct crm_fetch *f;
	struct crm_imap_url url;
	struct crm_imap *imap;
	struct crm_str name; /* the URL of the folder at hand */
	uint64_t bytes;      /* of the feed, handed to the store */
	bool last;
	struct crm_err put; /* remembering has failed */
};

static void name_error(const char *url, struct crm_err *err)
{
	struct crm_err why = *err;

	crm_fail(err, why.status, "%s: %.380s", url, why.text);
}

/* --- the password --- */

static enum crm_status named_secret(const struct work *w, const char *kind, struct crm_str *value,
				    struct crm_err *err)
{
	struct crm_str name = CRM_STR_INIT;
	enum crm_status rc;

	crm_str_adds(&name, kind);
	crm_imap_url_account(&w->url, &name);
	rc = crm_secret_get(w->f->config, name.ptr, value, err);
	if (rc == CRM_NO_INPUT)
		crm_fail(err, rc, "no password: it belongs into '%s/secrets', as '%s PASSWORD'",
			 w->f->config, name.ptr);
	crm_str_release(&name);
	return rc;
}

static enum crm_status find_secret(const struct work *w, struct crm_str *value, bool *token,
				   struct crm_err *err)
{
	enum crm_status rc = named_secret(w, "imap-token:", value, err);

	*token = rc == CRM_OK;
	if (rc == CRM_NO_INPUT)
		rc = named_secret(w, "imap:", value, err);
	if (rc == CRM_NO_INPUT)
		rc = err->status = CRM_CONFIG;
	return rc;
}

static enum crm_status connect_to(struct work *w, struct crm_err *err)
{
	struct crm_imap_options options = {.ca_file = w->f->ca_file};
	const char *channel = w->f->job->channel;
	const struct crm_channel *found;
	struct crm_str secret = CRM_STR_INIT;
	enum crm_status rc;

	/* told before anything is asked, and also where nothing is new */
	if (channel && (rc = crm_channels_named(w->f->channels, channel, &found, err)) != CRM_OK)
		return rc;
	rc = find_secret(w, &secret, &options.token, err);
	options.secret = secret.ptr;
	if (rc == CRM_OK)
		rc = crm_imap_open(&w->imap, &w->url, &options, err);
	crm_secret_wipe(&secret);
	return rc;
}

/* --- one folder --- */

static void remember(struct work *w)
{
	struct crm_imap_place place = crm_imap_place(w->imap);
	struct crm_mailbox mailbox = {place.uidvalidity, place.uid};

	if (crm_mailbox_put(w->f->db, w->name.ptr, &mailbox) != CRM_OK && !w->put.status)
		w->put = *crm_db_err(w->f->db);
}

static void on_stored(void *data, const struct crm_channel *channel, const struct crm_chunk *chunk,
		      const struct crm_outcome *outcomes)
{
	struct work *w = data;
	const struct crm_job_options *job = w->f->job;

	w->bytes = chunk->bytes_read;
	w->last = chunk->last;
	if (job->stored)
		job->stored(job->data, channel, chunk, outcomes);
}

static void on_committed(void *data)
{
	struct work *w = data;
	const struct crm_job_options *job = w->f->job;

	if (job->committed)
		job->committed(job->data);
	crm_imap_stored(w->imap, w->bytes, w->last);
	remember(w);
}

static void on_note(void *data, const char *file, const char *words)
{
	const struct crm_job_options *job = ((struct work *)data)->f->job;

	if (job->note)
		job->note(job->data, file, words);
}

static void on_progress(void *data, uint64_t bytes, uint64_t size)
{
	const struct crm_job_options *job = ((struct work *)data)->f->job;

	if (job->progress)
		job->progress(job->data, bytes, size);
}

/* Says what is about to happen, where it may take long or surprise. */
static void tell(struct work *w)
{
	char text[120];

	if (crm_imap_renumbered(w->imap))
		on_note(w, w->name.ptr,
			"the server has numbered its messages anew: all are fetched again");
	if (crm_imap_new(w->imap) < 1000)
		return;
	snprintf(text, sizeof(text), "%zu messages to be fetched", crm_imap_new(w->imap));
	on_note(w, w->name.ptr, text);
}

static enum crm_status run_job(struct work *w, struct crm_counts *counts, struct crm_err *err)
{
	struct crm_job_options job = *w->f->job;
	enum crm_status rc;

	w->bytes = 0;
	w->last = false;
	w->put.status = CRM_OK;
	if (!crm_imap_new(w->imap)) {
		remember(w);
	} else {
		tell(w);
		job.feed = crm_imap_feed(w->imap);
		job.stored = on_stored;
		job.committed = on_committed;
		job.note = on_note;
		job.progress = on_progress;
		job.data = w;
		rc = crm_job_run(w->f->db, w->f->channels, w->name.ptr, &job, counts, err);
		if (rc != CRM_OK)
			return rc;
	}
	*err = w->put;
	return w->put.status;
}

static enum crm_status fetch_folder(struct work *w, const char *folder)
{
	struct crm_imap_place since;
	struct crm_counts counts = {0};
	struct crm_mailbox mailbox;
	struct crm_err err = {0};
	enum crm_status rc;

	crm_str_clear(&w->name);
	crm_imap_url_write(&w->url, folder, &w->name);
	if (w->f->begin)
		w->f->begin(w->f->data, w->name.ptr);
	if ((rc = crm_mailbox_get(w->f->db, w->name.ptr, &mailbox)) != CRM_OK) {
		err = *crm_db_err(w->f->db);
	} else {
		since = (struct crm_imap_place){(uint32_t)mailbox.uidvalidity,
						(uint32_t)mailbox.last_uid};
		if ((rc = crm_imap_enter(w->imap, folder, since, &err)) == CRM_OK)
			rc = run_job(w, &counts, &err);
		else
			name_error(w->name.ptr, &err);
	}
	w->f->end(w->f->data, w->name.ptr, &counts, rc, &err);
	return rc;
}

/* --- all of it --- */

static void fail_all(const struct work *w, struct crm_err *err)
{
	const struct crm_counts none = {0};

	name_error(w->name.ptr, err);
	w->f->end(w->f->data, w->name.ptr, &none, err->status, err);
}

static enum crm_status fetch_all(struct work *w, struct crm_err *err)
{
	char **names = NULL;
	size_t n = 0;
	enum crm_status worst = crm_imap_folders(w->imap, &names, &n, err), rc;

	if (worst != CRM_OK)
		fail_all(w, err);
	for (size_t i = 0; i < n; i++) {
		/* a folder that is refused does not keep the others from being read */
		if (worst == CRM_OK || (worst == CRM_REMOTE && !crm_imap_is_lost(w->imap))) {
			rc = fetch_folder(w, names[i]);
			worst = rc != CRM_OK ? rc : worst;
		}
		free(names[i]);
	}
	free(names);
	return worst;
}

enum crm_status crm_fetch_run(const struct crm_fetch *fetch, const char *url)
{
	struct work w = {.f = fetch, .name = CRM_STR_INIT};
	struct crm_err err = {0};
	enum crm_status rc = crm_imap_url_parse(&w.url, url, &err);

	/* not as it came: it may hold a password, which is one reason to refuse it */
	crm_str_adds(&w.name, "mailbox");
	if (rc == CRM_OK) {
		crm_str_clear(&w.name);
		crm_imap_url_write(&w.url, w.url.folder, &w.name);
		rc = connect_to(&w, &err);
	}
	if (rc != CRM_OK)
		fail_all(&w, &err);
	else if (!strcmp(w.url.folder, "*"))
		rc = fetch_all(&w, &err);
	else
		rc = fetch_folder(&w, w.url.folder);
	crm_imap_close(w.imap);
	crm_imap_url_release(&w.url);
	crm_str_release(&w.name);
	return rc;
}
