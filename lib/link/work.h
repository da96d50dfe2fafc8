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

#endif
