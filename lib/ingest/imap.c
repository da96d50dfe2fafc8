/* SPDX-License-Identifier: MIT */
/*
 * The dialogue with an IMAP server, and what of it is under way.
 *
 * Messages to be fetched lie in one array by UID. Four marks run through it: asked (their
 * size), sized, requested, and stored; commands under way stand in a queue, in the order in
 * which they were sent. pump() sends what there is room for; the feed then takes answers
 * until one of them is a message.
 */
#include "ingest/imap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"
#include "ingest/imap_link.h"

#define SIZES 400 /* messages whose sizes are asked at once: a command line stays below 8 KB */
#define GROUP 32  /* messages asked for at once */
#define UNDER_WAY 3
#define PATIENCE_MS 300 /* before the reader is told that nothing comes for now */
#define COMMIT_MS 1000

enum state {
	FOUND,
	SIZED,
	REQUESTED,
	AGAIN, /* the server refused a group with it: to be asked for alone */
	GIVEN,
	GONE /* deleted in the meantime */
};

struct entry {
	uint64_t end; /* GIVEN: bytes of the feed up to its end */
	uint32_t uid;
	unsigned char state;
	bool large; /* only its header is asked for */
};

enum command {
	ASK_SIZES,
	FETCH_MESSAGES,
	FETCH_HEADERS,
	FETCH_ONE
};

struct under_way {
	enum command command;
	unsigned tag;
	size_t from, to; /* entries */
};

struct crm_imap {
	struct crm_imap_link link;
	size_t message_max;

	char *folder;
	uint32_t uidvalidity, uidnext;
	uint32_t since; /* the last UID that was stored before */
	bool renumbered;
	struct entry *entries;
	size_t n, asked, sized, requested, again;
	struct under_way queue[UNDER_WAY];
	size_t n_queue;
	uint64_t bytes; /* given so far */
	int64_t paused; /* when the reader last heard WAIT, ms */
	bool waits;     /* it has just heard it: now it waits */
	struct crm_feed feed;

	pthread_mutex_t mutex; /* of states, ends and stored */
	size_t stored;
};

enum crm_status crm_imap_open(struct crm_imap **imap, const struct crm_imap_url *url,
			      const struct crm_imap_options *options, struct crm_err *err)
{
	size_t most = options->message_max ? options->message_max : CRM_IMAP_MESSAGE_MAX;
	struct crm_imap *i = crm_calloc(1, sizeof(*i));
	enum crm_status rc = crm_imap_link_open(&i->link, url, options, most, err);

	if (rc != CRM_OK) {
		free(i);
		return rc;
	}
	i->message_max = most;
	pthread_mutex_init(&i->mutex, NULL);
	*imap = i;
	return CRM_OK;
}

void crm_imap_close(struct crm_imap *i)
{
	if (!i)
		return;
	crm_imap_link_close(&i->link);
	pthread_mutex_destroy(&i->mutex);
	free(i->entries);
	free(i->folder);
	free(i);
}

bool crm_imap_is_lost(const struct crm_imap *i)
{
	return i->link.wire.broken;
}

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- folders --- */

struct folders {
	char **names;
	size_t n, cap;
};

static bool has_flag(const struct crm_imap_answer *a, const char *flag)
{
	return strcasestr(a->flags.ptr, flag);
}

static void add_folder(void *data, const struct crm_imap_answer *a)
{
	static const char *const passed[] = {"\\Noselect", "\\NonExistent", "\\Drafts", "\\Junk",
					     "\\Trash"};
	struct folders *f = data;
	struct crm_str name = CRM_STR_INIT;
	bool pass = a->kind != CRM_IMAP_LIST;

	for (size_t k = 0; k < sizeof(passed) / sizeof(passed[0]); k++)
		pass |= has_flag(a, passed[k]);
	if (!pass && crm_imap_folder_decode(crm_str_slice(&a->name), &name) && name.len) {
		CRM_GROW(f->names, f->n + 1, f->cap);
		f->names[f->n++] = crm_str_detach(&name);
	}
	crm_str_release(&name);
}

enum crm_status crm_imap_folders(struct crm_imap *i, char ***names, size_t *n, struct crm_err *err)
{
	struct folders f = {NULL, 0, 0};
	enum crm_status rc = crm_imap_run(&i->link, "LIST \"\" \"*\"", "the list of folders",
					  add_folder, &f, err);

	*names = f.names;
	*n = f.n;
	return rc;
}

static void add_quoted(struct crm_str *out, const char *folder)
{
	struct crm_str name = CRM_STR_INIT;

	crm_imap_folder_encode(folder, &name);
	crm_str_addc(out, '"');
	for (const char *p = name.ptr; *p; p++) {
		if (*p == '"' || *p == '\\')
			crm_str_addc(out, '\\');
		crm_str_addc(out, *p);
	}
	crm_str_addc(out, '"');
	crm_str_release(&name);
}

static void take_uids_of_folder(void *data, const struct crm_imap_answer *a)
{
	struct crm_imap *i = data;

	if (a->kind != CRM_IMAP_STATUS || a->code_number > UINT32_MAX)
		return;
	if (!strcmp(a->code, "UIDVALIDITY"))
		i->uidvalidity = (uint32_t)a->code_number;
	else if (!strcmp(a->code, "UIDNEXT"))
		i->uidnext = (uint32_t)a->code_number;
}

static enum crm_status examine(struct crm_imap *i, struct crm_err *err)
{
	struct crm_str text = CRM_STR_INIT;
	enum crm_status rc;

	i->uidvalidity = i->uidnext = 0;
	crm_str_adds(&text, "EXAMINE ");
	add_quoted(&text, i->folder);
	rc = crm_imap_run(&i->link, text.ptr, "the folder", take_uids_of_folder, i, err);
	crm_str_release(&text);
	if (rc == CRM_OK && !i->uidvalidity)
		rc = crm_fail(err, CRM_REMOTE,
			      "the server does not number the folder's messages for good: they "
			      "cannot be told apart");
	return rc;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void ignore(void *data, const struct crm_imap_answer *a)
{
	(void)data, (void)a;
}

/* Turns the numbers of the search into entries. n:* always finds the last message, also
 * when its number is below n; and a number said twice is one message. */
static void take_found(struct crm_imap *i)
{
	uint32_t *uids = i->link.answer.uids;
	size_t n = i->link.answer.n_uids;

	if (n)
		qsort(uids, n, sizeof(*uids), by_number);
	i->entries = crm_realloc(i->entries, (n + 1) * sizeof(*i->entries));
	i->n = 0;
	for (size_t k = 0; k < n; k++)
		if (uids[k] > (i->n ? i->entries[i->n - 1].uid : i->since))
			i->entries[i->n++] = (struct entry){0, uids[k], FOUND, false};
	free(uids);
	i->link.answer.uids = NULL;
	i->link.answer.n_uids = i->link.answer.cap_uids = 0;
}

static enum crm_status search(struct crm_imap *i, struct crm_err *err)
{
	char text[64];
	enum crm_status rc;

	if (i->since == UINT32_MAX || (i->uidnext && i->uidnext <= i->since + 1))
		return CRM_OK;
	snprintf(text, sizeof(text), "UID SEARCH UID %u:*", i->since + 1);
	rc = crm_imap_run(&i->link, text, "a search", ignore, NULL, err);
	if (rc == CRM_OK)
		take_found(i);
	return rc;
}

enum crm_status crm_imap_enter(struct crm_imap *i, const char *folder, struct crm_imap_place since,
			       struct crm_err *err)
{
	enum crm_status rc;

	free(i->folder);
	i->folder = crm_strdup(folder);
	i->n = i->asked = i->sized = i->requested = i->again = i->stored = i->n_queue = 0;
	i->bytes = 0;
	i->waits = false;
	i->paused = monotonic_ms();
	if ((rc = examine(i, err)) != CRM_OK)
		return rc;
	i->renumbered = since.uidvalidity && since.uidvalidity != i->uidvalidity;
	i->since = since.uidvalidity == i->uidvalidity ? since.uid : 0;
	return search(i, err);
}

size_t crm_imap_new(const struct crm_imap *i)
{
	return i->n;
}

bool crm_imap_renumbered(const struct crm_imap *i)
{
	return i->renumbered;
}

/* --- what is stored --- */

void crm_imap_stored(struct crm_imap *i, uint64_t bytes, bool last)
{
	pthread_mutex_lock(&i->mutex);
	for (; i->stored < i->n; i->stored++) {
		const struct entry *e = &i->entries[i->stored];

		if (e->state != GONE && (e->state != GIVEN || e->end >= bytes + last))
			break;
	}
	pthread_mutex_unlock(&i->mutex);
}

struct crm_imap_place crm_imap_place(struct crm_imap *i)
{
	struct crm_imap_place place = {i->uidvalidity, i->since};

	pthread_mutex_lock(&i->mutex);
	if (i->stored)
		place.uid = i->entries[i->stored - 1].uid;
	pthread_mutex_unlock(&i->mutex);
	return place;
}

static void set_state(struct crm_imap *i, struct entry *e, enum state state)
{
	pthread_mutex_lock(&i->mutex);
	e->state = (unsigned char)state;
	pthread_mutex_unlock(&i->mutex);
}

/* --- commands under way --- */

/* Adds a UID to a set, which is well formed but for its end: 3:5,7 */
static void add_uid(struct crm_str *set, uint32_t uid, uint32_t *from, uint32_t *to)
{
	if (*to && uid == *to + 1) {
		*to = uid;
		return;
	}
	if (*to)
		crm_str_addf(set, *to > *from ? "%u:%u," : "%u,", *from, *to);
	*from = *to = uid;
}

/* Sends command for those of the entries that are in state, which become REQUESTED (or stay
 * FOUND while their size is asked). */
static enum crm_status send_group(struct crm_imap *i, enum command command, size_t from, size_t to,
				  struct crm_err *err)
{
	static const char *const items[] = {
		[ASK_SIZES] = "(UID RFC822.SIZE)",
		[FETCH_MESSAGES] = "(UID BODY.PEEK[])",
		[FETCH_HEADERS] = "(UID BODY.PEEK[HEADER])",
		[FETCH_ONE] = "(UID BODY.PEEK[])",
	};
	struct crm_str text = CRM_STR_INIT;
	uint32_t first = 0, last = 0;
	enum crm_status rc = CRM_OK;

	crm_str_adds(&text, "UID FETCH ");
	for (size_t k = from; k < to; k++) {
		struct entry *e = &i->entries[k];

		if (e->state == GONE)
			continue;
		add_uid(&text, e->uid, &first, &last);
		if (command != ASK_SIZES)
			set_state(i, e, REQUESTED);
	}
	if (last) {
		crm_str_addf(&text, last > first ? "%u:%u" : "%u", first, last);
		crm_str_addf(&text, " %s", items[command]);
		rc = crm_imap_send(&i->link, text.ptr, err);
		i->queue[i->n_queue++] = (struct under_way){command, i->link.tag, from, to};
	}
	crm_str_release(&text);
	return rc;
}

static bool under_way(const struct crm_imap *i, enum command command)
{
	for (size_t k = 0; k < i->n_queue; k++)
		if (i->queue[k].command == command)
			return true;
	return false;
}

/* Those that the server refused as a group, one after the other. */
static enum crm_status send_again(struct crm_imap *i, struct crm_err *err)
{
	while (i->again < i->requested && i->entries[i->again].state != AGAIN)
		i->again++;
	if (i->again == i->requested || under_way(i, FETCH_ONE))
		return CRM_OK;
	return send_group(i, FETCH_ONE, i->again, i->again + 1, err);
}

/* The next entries whose sizes are known: a group of messages, or of large ones. */
static enum crm_status send_fetch(struct crm_imap *i, struct crm_err *err)
{
	size_t from = i->requested, to = from;
	bool large;

	while (from < i->sized && i->entries[from].state == GONE)
		from++;
	i->requested = to = from;
	if (from == i->sized)
		return CRM_OK;
	large = i->entries[from].large;
	while (to < i->sized && to < from + GROUP && i->entries[to].large == large)
		to++;
	i->requested = to;
	return send_group(i, large ? FETCH_HEADERS : FETCH_MESSAGES, from, to, err);
}

/* Sends what there is room for: sizes ahead of time, so that messages need not wait. */
static enum crm_status pump(struct crm_imap *i, struct crm_err *err)
{
	enum crm_status rc = CRM_OK;

	if (i->sized - i->requested < SIZES / 2 && i->asked < i->n && i->n_queue < UNDER_WAY
	    && !under_way(i, ASK_SIZES)) {
		size_t from = i->asked;

		i->asked = i->n - from < SIZES ? i->n : from + SIZES;
		rc = send_group(i, ASK_SIZES, from, i->asked, err);
	}
	if (rc == CRM_OK && i->n_queue < UNDER_WAY)
		rc = send_again(i, err);
	while (rc == CRM_OK && i->requested < i->sized && i->n_queue < UNDER_WAY - 1u)
		rc = send_fetch(i, err);
	return rc;
}

/* --- answers --- */

static struct entry *entry_of(struct crm_imap *i, uint32_t uid)
{
	size_t low = 0, high = i->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (i->entries[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < i->n && i->entries[low].uid == uid ? &i->entries[low] : NULL;
}

static void name_item(const struct crm_imap *i, const struct entry *e, struct crm_str *name)
{
	crm_str_addf(name, "%s;%u", i->folder, e->uid);
}

static void given(struct crm_imap *i, struct entry *e, size_t bytes)
{
	i->bytes += bytes;
	pthread_mutex_lock(&i->mutex);
	e->end = i->bytes;
	e->state = GIVEN;
	pthread_mutex_unlock(&i->mutex);
}

/* A message that is larger than it may be: its header only. */
static enum crm_read give_header(const struct crm_imap *i, const struct crm_str *body,
				 struct crm_str *bytes, struct crm_err *err)
{
	const char *end = memmem(body->ptr, body->len, "\r\n\r\n", 4);

	crm_str_add(bytes, body->ptr, end ? (size_t)(end + 4 - body->ptr) : body->len);
	crm_fail(err, CRM_DATA, "larger than %zu MiB: only its header was fetched",
		 i->message_max / 1024 / 1024);
	return CRM_READ_BAD;
}

static enum crm_read give(struct crm_imap *i, struct entry *e, struct crm_str *name,
			  struct crm_str *bytes, struct crm_err *err)
{
	struct crm_str *body = &i->link.answer.body;
	size_t before = bytes->len;
	enum crm_read got = CRM_READ_OK;

	name_item(i, e, name);
	if (e->large || i->link.answer.body_size > i->message_max) {
		got = give_header(i, body, bytes, err);
	} else if (!bytes->len) { /* not copied: it may be large */
		struct crm_str swapped = *bytes;

		*bytes = *body;
		*body = swapped;
	} else {
		crm_str_add(bytes, body->ptr, body->len);
	}
	given(i, e, bytes->len - before);
	return got;
}

static enum crm_read take_fetched(struct crm_imap *i, struct crm_str *name, struct crm_str *bytes,
				  struct crm_err *err)
{
	const struct crm_imap_answer *a = &i->link.answer;
	struct entry *e = a->uid ? entry_of(i, a->uid) : NULL;

	if (!e)
		return CRM_READ_WAIT;
	if (a->has_size && e->state == FOUND)
		e->large = a->size > i->message_max, set_state(i, e, SIZED);
	if (a->has_body && e->state == REQUESTED)
		return give(i, e, name, bytes, err);
	return CRM_READ_WAIT;
}

/* The server will not give this message, asked for alone: what it says is all there is. */
static enum crm_read refused(struct crm_imap *i, struct entry *e, struct crm_str *name,
			     struct crm_str *bytes, struct crm_err *err)
{
	size_t before = bytes->len;

	name_item(i, e, name);
	crm_str_addf(bytes, "%s: %s\r\n", name->ptr, i->link.answer.text.ptr);
	given(i, e, bytes->len - before);
	crm_fail(err, CRM_DATA, "the server does not give it: %.200s", i->link.answer.text.ptr);
	return CRM_READ_BAD;
}

/* A command is finished: what it did not bring is gone, or is asked for again. */
static enum crm_read finished(struct crm_imap *i, const struct under_way *u, struct crm_str *name,
			      struct crm_str *bytes, struct crm_err *err)
{
	bool good = i->link.answer.result == CRM_IMAP_OK
		    || !strcmp(i->link.answer.code, "EXPUNGEISSUED");
	enum crm_read got = CRM_READ_WAIT;

	if (u->command == ASK_SIZES)
		i->sized = u->to;
	for (size_t k = u->from; k < u->to; k++) {
		struct entry *e = &i->entries[k];

		if (e->state == FOUND)
			set_state(i, e, good ? GONE : SIZED);
		else if (u->command == ASK_SIZES || e->state != REQUESTED)
			continue;
		else if (good)
			set_state(i, e, GONE);
		else if (u->command == FETCH_ONE)
			got = refused(i, e, name, bytes, err);
		else
			set_state(i, e, AGAIN), i->again = k < i->again ? k : i->again;
	}
	return got;
}

static enum crm_read take_done(struct crm_imap *i, struct crm_str *name, struct crm_str *bytes,
			       struct crm_err *err)
{
	for (size_t k = 0; k < i->n_queue; k++) {
		struct under_way u = i->queue[k];

		if (!crm_imap_is_done(&i->link.answer, u.tag))
			continue;
		memmove(&i->queue[k], &i->queue[k + 1], (--i->n_queue - k) * sizeof(u));
		return finished(i, &u, name, bytes, err);
	}
	return CRM_READ_WAIT;
}

/* The words for a connection that broke: what is to be done about it. */
static enum crm_read failed(struct crm_imap *i, struct crm_err *err)
{
	struct crm_err why = *err;

	i->link.wire.broken = true; /* also where the server makes no sense any more */
	crm_fail(err, CRM_REMOTE, "%.380s; what came before is stored: run it again to go on",
		 why.text);
	return CRM_READ_FAILED;
}

/* A store should not stay locked while we wait for the network: what was read is committed
 * when nothing comes for a moment, and once a second in any case. */
static bool should_pause(struct crm_imap *i)
{
	if (i->waits || !i->bytes
	    || (monotonic_ms() - i->paused < COMMIT_MS
		&& crm_imap_link_ready(&i->link, PATIENCE_MS)))
		return i->waits = false;
	i->paused = monotonic_ms();
	return i->waits = true;
}

static enum crm_read next_item(void *data, struct crm_str *name, struct crm_str *bytes,
			       struct crm_err *err)
{
	struct crm_imap *i = data;
	enum crm_read got = CRM_READ_WAIT;
	int idle = 0;

	if (pump(i, err) != CRM_OK)
		return failed(i, err);
	if (i->n_queue && should_pause(i))
		return CRM_READ_WAIT;
	while (got == CRM_READ_WAIT) {
		if (pump(i, err) != CRM_OK)
			return failed(i, err);
		if (!i->n_queue)
			return CRM_READ_END;
		if (crm_imap_answer_next(&i->link, err) != CRM_OK)
			return failed(i, err);
		if (i->link.answer.kind == CRM_IMAP_FETCH)
			got = take_fetched(i, name, bytes, err);
		else if (i->link.answer.kind == CRM_IMAP_DONE)
			got = take_done(i, name, bytes, err);
		if (got == CRM_READ_WAIT && ++idle > CRM_IMAP_IDLE) {
			crm_fail(err, CRM_REMOTE, "the server comes to no end");
			return failed(i, err);
		}
	}
	return got;
}

const struct crm_feed *crm_imap_feed(struct crm_imap *i)
{
	i->feed = (struct crm_feed){.next = next_item, .data = i};
	return &i->feed;
}
