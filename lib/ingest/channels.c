/* SPDX-License-Identifier: MIT */
/* Loading the channels there are, and telling by its signs which of them a file is of. */
#include "ingest/channels.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/path.h"

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct crm_channel *const *)a)->name,
		      (*(struct crm_channel *const *)b)->name);
}

const struct crm_channel *crm_channels_find(const struct crm_channels *channels, const char *name)
{
	for (size_t i = 0; i < channels->n; i++)
		if (!strcmp(channels->list[i]->name, name))
			return channels->list[i];
	return NULL;
}

enum crm_status crm_channels_named(const struct crm_channels *channels, const char *name,
				   const struct crm_channel **found, struct crm_err *err)
{
	*found = crm_channels_find(channels, name);
	return *found ? CRM_OK
		      : crm_fail(err, CRM_CONFIG,
				 "there is no channel '%s'; --list shows those there are", name);
}

static enum crm_status load_channel(struct crm_channels *channels, const char *dir,
				    const char *file, struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT;
	size_t len = strlen(file);
	struct crm_channel *channel;
	enum crm_status rc = CRM_OK;
	char *name;

	if (len < 6 || strcmp(file + len - 5, ".json") != 0 || file[0] == '.')
		return CRM_OK;
	name = crm_strndup(file, len - 5);
	crm_str_addf(&path, "%s/%s", dir, file);
	if (!crm_channels_find(channels, name)
	    && (rc = crm_channel_load(&channel, name, path.ptr, err)) == CRM_OK) {
		CRM_GROW(channels->list, channels->n + 1, channels->cap);
		channels->list[channels->n++] = channel;
	}
	free(name);
	crm_str_release(&path);
	return rc;
}

enum crm_status crm_channels_load(struct crm_channels *channels, const char *dir,
				  struct crm_err *err)
{
	DIR *d = opendir(dir);
	enum crm_status rc = CRM_OK;
	struct dirent *e;

	if (!d)
		return crm_fail(err, CRM_CONFIG, "cannot open '%s': %s", dir, strerror(errno));
	while (rc == CRM_OK && (e = readdir(d)))
		rc = load_channel(channels, dir, e->d_name, err);
	closedir(d);
	if (channels->n)
		qsort(channels->list, channels->n, sizeof(*channels->list), by_name);
	return rc;
}

void crm_channels_release(struct crm_channels *channels)
{
	for (size_t i = 0; i < channels->n; i++)
		crm_channel_free(channels->list[i]);
	free(channels->list);
	*channels = (struct crm_channels)CRM_CHANNELS_INIT;
}

static bool has_column(const struct crm_detect *d, const char *name)
{
	for (size_t i = 0; i < d->n_columns; i++)
		if (crm_column_same(name, d->columns[i]))
			return true;
	return false;
}

/* Does the file have one of the columns in which the channel looks for this field? Of a
 * name any part will do. */
static bool has_field(const struct crm_detect *d, const struct crm_channel *ch, const char *name)
{
	bool found = false;

	for (int f = 0; f < CRM_FIELDS; f++) {
		bool meant = !strcmp(name, crm_field_names[f])
			     || (!strcmp(name, "name") && f <= CRM_FAMILY);

		for (size_t i = 0; meant && i < ch->shapes[0].fields[f].n; i++)
			found |= has_column(d, ch->shapes[0].fields[f].from[i]);
	}
	return found;
}

static bool shows(const struct crm_detect *d, const struct crm_channel *ch,
		  const struct crm_signs *signs)
{
	struct crm_spot root;

	if (d->doc)
		root = crm_spot_root(d->doc);
	for (size_t i = 0; i < signs->n; i++) {
		const char *name = signs->all[i];

		if (d->doc         ? !crm_path_fits(&root, name)
		    : *name == '@' ? !has_field(d, ch, name + 1)
				   : !has_column(d, name))
			return false;
	}
	return true;
}

/* By how many signs a file is told to be the channel's; 0: by none. */
static size_t fits(const struct crm_detect *d, const struct crm_channel *ch)
{
	size_t most = 0;

	if (ch->syntax != d->syntax || ch->is_csv != d->is_csv)
		return 0;
	if (!ch->n_signs)
		return ch->syntax != NULL; /* of a syntax of its own: whatever there is */
	for (size_t i = 0; i < ch->n_signs; i++)
		if (ch->signs[i].n > most && shows(d, ch, &ch->signs[i]))
			most = ch->signs[i].n;
	return most;
}

enum crm_status crm_channels_detect(const struct crm_channels *channels, const struct crm_detect *d,
				    const struct crm_channel **found, struct crm_err *err)
{
	const struct crm_channel *best = NULL, *tie = NULL;
	size_t most = 0;

	for (size_t i = 0; i < channels->n; i++) {
		const struct crm_channel *ch = channels->list[i];
		size_t signs = fits(d, ch);

		if (!signs || signs < most)
			continue;
		tie = signs == most ? best : NULL;
		best = ch;
		most = signs;
	}
	if (!best)
		return crm_fail(err, CRM_DATA,
				"no channel knows %s: name one with --channel (--list shows "
				"them)",
				d->is_csv ? "these columns" : "this");
	if (tie)
		return crm_fail(err, CRM_DATA,
				"could be channel '%s' or '%s': name one with --channel", tie->name,
				best->name);
	if (best->refuses)
		return crm_fail(err, CRM_DATA, "%s: to read it all the same, --channel",
				best->refuses);
	*found = best;
	return CRM_OK;
}
