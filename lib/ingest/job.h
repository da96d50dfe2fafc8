/* SPDX-License-Identifier: MIT */
/*
 * job: one file, from its first byte to the end of its batch.
 *
 * One thread reads, parses and normalises; the caller's stores, so that both cores work.
 * Chunks of records go from one to the other, and empty ones back.
 */
#ifndef CRM_JOB_H
#define CRM_JOB_H

#include "ingest/channels.h"
#include "ingest/input.h"
#include "ingest/map.h"
#include "store/intake.h"

struct crm_job_options {
	const char *channel;         /* NULL: told by the file's header */
	const char *scope;           /* NULL: the channel's */
	const char *encoding;        /* NULL: the channel's, else sniffed */
	char delimiter;              /* 0: the channel's, else sniffed */
	const char *sheet;           /* of a workbook; NULL: the first that is not hidden */
	const struct crm_feed *feed; /* NULL: path is a file; else what path stands for */
	/* Reads on at the end of a file as it grows, until this is not 0; NULL: does not. */
	const atomic_int *follow;
	bool unbuffered; /* commits each record before the next is read */
	struct crm_map_options map;
	const struct crm_golden_rules *rules;
	/* Called with the records of a chunk and what becomes of them if the next commit
	 * succeeds; and after that commit. */
	void (*committed)(void *data);
	void (*stored)(void *data, const struct crm_channel *channel, const struct crm_chunk *chunk,
		       const struct crm_outcome *outcomes);
	/* Something the user should know, a line of words. */
	void (*note)(void *data, const char *file, const char *words);
	/* bytes of size (0: not known) are read. */
	void (*progress)(void *data, uint64_t bytes, uint64_t size);
	void *data;
};

/* Is path a folder of tables, as its first file shows or the channel says? Each of them has columns
 * of its own, and takes a job of its own; any other folder is read as one. */
bool crm_job_is_tables(const struct crm_channels *channels, const char *path,
		       const struct crm_job_options *options);

/* Ingests path ("-": standard input; no folder of tables) into db. counts gets what became of it,
 * also when it ended with an error; that is in err, and names the file. */
enum crm_status crm_job_run(struct crm_db *db, const struct crm_channels *channels,
			    const char *path, const struct crm_job_options *options,
			    struct crm_counts *counts, struct crm_err *err);

/* Reads it as crm_job_run would and stores nothing: seen is called with the records of each
 * chunk. */
enum crm_status crm_job_check(const struct crm_channels *channels, const char *path,
			      const struct crm_job_options *options,
			      void (*seen)(void *data, const struct crm_channel *channel,
					   const struct crm_map *map,
					   const struct crm_chunk *chunk),
			      void *data, struct crm_err *err);

#endif
