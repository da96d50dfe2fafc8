/* SPDX-License-Identifier: MIT */
/* A ring of messages: put in at its end, begun by whichever thread is free, taken out at its
 * front. One mutex guards the numbers of the ring; a message belongs to the thread that has
 * begun it until it is done. */
#include "ingest/mail_ahead.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

struct place {
	struct crm_str bytes;
	struct crm_mail_wrapped message; /* in bytes */
	const char *folder;
	struct crm_item item;
	bool done;
};

struct crm_mail_ahead {
	struct place ring[CRM_MAIL_AHEAD];
	struct crm_mail_reader *reader; /* of the thread that takes */
	size_t bytes;                   /* in the ring */
	pthread_t threads[CRM_MAIL_THREADS];
	int n_threads;

	pthread_mutex_t mutex;
	pthread_cond_t put, done;
	/* How many were taken out, put in, begun. Threads see end and begun under the mutex; the
	 * one that puts and takes changes first and end, and reads them without. */
	uint64_t first, end, begun;
	bool stop;
};

static struct place *place_of(struct crm_mail_ahead *a, uint64_t i)
{
	return &a->ring[i % CRM_MAIL_AHEAD];
}

static void parse(struct crm_mail_reader *reader, struct place *place)
{
	crm_mail_reader_put(reader, &place->message, place->folder, &place->item);
}

static void *work(void *data)
{
	struct crm_mail_ahead *a = data;
	struct crm_mail_reader *reader = crm_mail_reader_new();

	pthread_mutex_lock(&a->mutex);
	while (!a->stop) {
		struct place *place;

		if (a->begun == a->end) {
			pthread_cond_wait(&a->put, &a->mutex);
			continue;
		}
		place = place_of(a, a->begun++);
		pthread_mutex_unlock(&a->mutex);
		parse(reader, place);
		pthread_mutex_lock(&a->mutex);
		place->done = true;
		pthread_cond_signal(&a->done);
	}
	pthread_mutex_unlock(&a->mutex);
	crm_mail_reader_free(reader);
	return NULL;
}

static int processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

/* Signals are for the threads of the program, which know what to do with them. */
static void start_threads(struct crm_mail_ahead *a)
{
	int most = processors();
	sigset_t all, before;

	most = most < CRM_MAIL_THREADS ? most : CRM_MAIL_THREADS;
	if (most < 2)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (a->n_threads < most && !pthread_create(&a->threads[a->n_threads], NULL, work, a))
		a->n_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct crm_mail_ahead *crm_mail_ahead_new(struct crm_mail_reader *reader)
{
	struct crm_mail_ahead *a = crm_calloc(1, sizeof(*a));

	for (size_t i = 0; i < CRM_MAIL_AHEAD; i++) {
		a->ring[i].bytes = (struct crm_str)CRM_STR_INIT;
		a->ring[i].item = (struct crm_item)CRM_ITEM_INIT;
	}
	a->reader = reader;
	pthread_mutex_init(&a->mutex, NULL);
	pthread_cond_init(&a->put, NULL);
	pthread_cond_init(&a->done, NULL);
	return a;
}

void crm_mail_ahead_free(struct crm_mail_ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->mutex);
	a->stop = true;
	pthread_cond_broadcast(&a->put);
	pthread_mutex_unlock(&a->mutex);
	while (a->n_threads)
		pthread_join(a->threads[--a->n_threads], NULL);
	for (size_t i = 0; i < CRM_MAIL_AHEAD; i++) {
		crm_str_release(&a->ring[i].bytes);
		crm_item_release(&a->ring[i].item);
	}
	pthread_cond_destroy(&a->put);
	pthread_cond_destroy(&a->done);
	pthread_mutex_destroy(&a->mutex);
	free(a);
}

bool crm_mail_ahead_fits(const struct crm_mail_ahead *a, size_t bytes)
{
	return a->end - a->first < CRM_MAIL_AHEAD
	       && (a->end == a->first || a->bytes + bytes <= CRM_MAIL_AHEAD_BYTES);
}

void crm_mail_ahead_put(struct crm_mail_ahead *a, struct crm_slice record,
			const struct crm_mail_wrapped *message, const char *folder, int64_t line)
{
	struct place *place = place_of(a, a->end);

	crm_str_clear(&place->bytes);
	crm_str_add(&place->bytes, record.ptr, record.len);
	place->message = *message;
	place->message.bytes.ptr = place->bytes.ptr + (message->bytes.ptr - record.ptr);
	place->folder = folder;
	place->item.line = line;
	place->done = false;
	a->bytes += record.len;
	if (!a->n_threads && a->end - a->first == 1)
		start_threads(a);
	pthread_mutex_lock(&a->mutex);
	a->end++;
	pthread_cond_signal(&a->put);
	pthread_mutex_unlock(&a->mutex);
}

/* Waits until the first message is done, or does it. */
static void finish(struct crm_mail_ahead *a, struct place *place)
{
	pthread_mutex_lock(&a->mutex);
	if (a->begun == a->first) {
		a->begun++;
		pthread_mutex_unlock(&a->mutex);
		parse(a->reader, place);
		return;
	}
	while (!place->done)
		pthread_cond_wait(&a->done, &a->mutex);
	pthread_mutex_unlock(&a->mutex);
}

bool crm_mail_ahead_take(struct crm_mail_ahead *a, struct crm_item *item)
{
	struct place *place = place_of(a, a->first);
	struct crm_item given = *item;

	if (a->first == a->end)
		return false;
	finish(a, place);
	a->first++;
	a->bytes -= place->bytes.len;
	*item = place->item;
	item->bytes = crm_str_slice(&place->bytes);
	place->item = given;
	return true;
}
