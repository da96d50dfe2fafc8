/* SPDX-License-Identifier: MIT */
/* Jobs for threads; see work.h. */
#include "link/work.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define MAX_THREADS 16

struct pool {
	atomic_size_t next;
	size_t n_jobs;
	void (*run)(void *data, size_t job);
	void *data;
};

static void *worker(void *arg)
{
	struct pool *pool = arg;
	size_t job;

	while ((job = atomic_fetch_add(&pool->next, 1)) < pool->n_jobs)
		pool->run(pool->data, job);
	return NULL;
}

void crm_work(unsigned int threads, size_t n_jobs, void (*run)(void *data, size_t job), void *data)
{
	struct pool pool = {.n_jobs = n_jobs, .run = run, .data = data};
	pthread_t ids[MAX_THREADS];
	unsigned int started = 0;

	if (threads == 0) {
		long cpus = sysconf(_SC_NPROCESSORS_ONLN);

		threads = cpus < 1 ? 1 : (unsigned int)cpus;
	}
	if (threads > MAX_THREADS)
		threads = MAX_THREADS;
	/* This thread works too: a thread that cannot be had only costs time. */
	while (started + 1 < threads && started + 1 < n_jobs
	       && pthread_create(&ids[started], NULL, worker, &pool) == 0)
		started++;
	worker(&pool);
	while (started > 0)
		pthread_join(ids[--started], NULL);
}
