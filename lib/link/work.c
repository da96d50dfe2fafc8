/* SPDX-License-Identifier: MIT */
/* Jobs for threads; see work.h. */
#include "link/work.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#define MAX_THREADS 16

/* Runs worker(arg) on up to threads threads, but no more than there are jobs. */
static void run_workers(unsigned int threads, size_t n_jobs, void *(*worker)(void *), void *arg)
{
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
	       && pthread_create(&ids[started], NULL, worker, arg) == 0)
		started++;
	worker(arg);
	while (started > 0)
		pthread_join(ids[--started], NULL);
}

/* ---- in any order ---- */

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

	run_workers(threads, n_jobs, worker, &pool);
}

/* ---- handed over in order ---- */

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t room; /* another job is done */
	size_t next, n_done, n_jobs;
	bool ready[CRM_WORK_AHEAD]; /* job % CRM_WORK_AHEAD is run, and not done */
	bool busy;                  /* somebody calls done */
	void (*run)(void *data, size_t job);
	void (*done)(void *data, size_t job);
	void *data;
};

/* Locked: calls done for all jobs that it is time for, unless another thread does. */
static void hand_over(struct queue *q)
{
	if (q->busy)
		return;
	q->busy = true;
	while (q->ready[q->n_done % CRM_WORK_AHEAD]) {
		q->ready[q->n_done % CRM_WORK_AHEAD] = false;
		pthread_mutex_unlock(&q->lock);
		q->done(q->data, q->n_done);
		pthread_mutex_lock(&q->lock);
		q->n_done++;
		pthread_cond_broadcast(&q->room);
	}
	q->busy = false;
}

static void *worker_in_order(void *arg)
{
	struct queue *q = arg;
	size_t job;

	pthread_mutex_lock(&q->lock);
	for (;;) {
		while (q->next < q->n_jobs && q->next >= q->n_done + CRM_WORK_AHEAD)
			pthread_cond_wait(&q->room, &q->lock);
		if (q->next == q->n_jobs)
			break;
		job = q->next++;
		pthread_mutex_unlock(&q->lock);
		q->run(q->data, job);
		pthread_mutex_lock(&q->lock);
		q->ready[job % CRM_WORK_AHEAD] = true;
		hand_over(q);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

void crm_work_in_order(unsigned int threads, size_t n_jobs, void (*run)(void *data, size_t job),
		       void (*done)(void *data, size_t job), void *data)
{
	struct queue q = {.lock = PTHREAD_MUTEX_INITIALIZER,
			  .room = PTHREAD_COND_INITIALIZER,
			  .n_jobs = n_jobs,
			  .run = run,
			  .done = done,
			  .data = data};

	run_workers(threads, n_jobs, worker_in_order, &q);
	pthread_mutex_destroy(&q.lock);
	pthread_cond_destroy(&q.room);
}
