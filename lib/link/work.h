/* SPDX-License-Identifier: MIT */
/*
 * work: jobs numbered 0 … n-1 shared out among threads. Which thread does which job is
 * left to chance, so a job writes only what belongs to its number; results are then the
 * same whatever the number of threads.
 */
#ifndef CRM_LINK_WORK_H
#define CRM_LINK_WORK_H

#include <stddef.h>

/* Calls run(data, job) for every job, on up to threads threads (0: one per processor, at
 * most 16); returns when all are done. */
void crm_work(unsigned int threads, size_t n_jobs, void (*run)(void *data, size_t job), void *data);

/* The same; and done(data, job) is called for the jobs in their order, for each once it and all
 * before it are run, by any of the threads, but one call at a time. No job is run CRM_WORK_AHEAD
 * or more before the one that is done next: job % CRM_WORK_AHEAD is a place of its own for what
 * it has to hand over. */
#define CRM_WORK_AHEAD 32
void crm_work_in_order(unsigned int threads, size_t n_jobs, void (*run)(void *data, size_t job),
		       void (*done)(void *data, size_t job), void *data);

#endif
