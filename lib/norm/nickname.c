/* SPDX-License-Identifier: MIT */
/* Forms of names; see nickname.h. Each distinct form has the numbers of its lines. */
#include "norm/nickname.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"

#define LINES 16 /* that a form may stand on; further ones are not seen */

struct form {
	struct crm_slice text;
	uint32_t line[LINES];
	int n;
};

struct crm_nicknames {
	struct crm_arena arena;
	struct crm_table table;
	struct form *form;
	size_t n, cap;
};

static struct crm_slice first_word(struct crm_slice s)
{
	const char *end = s.len ? memchr(s.ptr, ' ', s.len) : NULL;

	return end ? (struct crm_slice){s.ptr, (size_t)(end - s.ptr)} : s;
}

static struct form *find(const struct crm_nicknames *n, struct crm_slice word, uint64_t hash)
{
	struct crm_probe p = crm_table_probe(&n->table, hash);

	while (crm_table_next(&n->table, &p))
		if (crm_slice_same(n->form[p.index].text, word))
			return &n->form[p.index];
	return NULL;
}

static void add(struct crm_nicknames *n, struct crm_slice word, uint32_t line)
{
	uint64_t hash = crm_hash64(word.ptr, word.len);
	struct form *f = find(n, word, hash);

	if (!f) {
		CRM_GROW(n->form, n->n + 1, n->cap);
		f = &n->form[n->n];
		*f = (struct form){.text = crm_arena_keep(&n->arena, word)};
		crm_table_add(&n->table, hash, (uint32_t)n->n++);
	}
	if (f->n < LINES)
		f->line[f->n++] = line;
}

static void read_line(struct crm_nicknames *n, struct crm_slice line, uint32_t number)
{
	const char *comment = line.len ? memchr(line.ptr, '#', line.len) : NULL;

	if (comment)
		line.len = (size_t)(comment - line.ptr);
	while ((line = crm_slice_trim(line)).len) {
		struct crm_slice word = first_word(line);

		add(n, word, number);
		line.ptr += word.len;
		line.len -= word.len;
	}
}

struct crm_nicknames *crm_nicknames_new(struct crm_slice text)
{
	struct crm_nicknames *n = crm_calloc(1, sizeof(*n));
	uint32_t number = 0;

	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end ? (size_t)(end - text.ptr) : text.len;

		read_line(n, (struct crm_slice){text.ptr, len}, ++number);
		len += end != NULL;
		text.ptr += len;
		text.len -= len;
	}
	return n;
}

void crm_nicknames_free(struct crm_nicknames *n)
{
	if (!n)
		return;
	crm_table_release(&n->table);
	crm_arena_release(&n->arena);
	free(n->form);
	free(n);
}

static struct crm_nicknames *ours;

static void read_ours(void)
{
	ours = crm_nicknames_new(crm_slice_of(crm_nicknames_text));
}

const struct crm_nicknames *crm_nicknames_ours(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_ours);
	return ours;
}

uint32_t crm_nicknames_form(const struct crm_nicknames *n, struct crm_slice key)
{
	struct crm_slice word = first_word(key);
	const struct form *f = find(n, word, crm_hash64(word.ptr, word.len));

	return f ? (uint32_t)(f - n->form) + 1 : 0;
}

bool crm_nicknames_one(const struct crm_nicknames *n, uint32_t a, uint32_t b)
{
	const struct form *x, *y;
	int i, j;

	if (!a || !b)
		return false;
	x = &n->form[a - 1];
	y = &n->form[b - 1];
	for (i = 0; i < x->n; i++)
		for (j = 0; j < y->n; j++)
			if (x->line[i] == y->line[j])
				return true;
	return false;
}

bool crm_nicknames_alike(const struct crm_nicknames *n, struct crm_slice a, struct crm_slice b)
{
	if (crm_slice_same(first_word(a), first_word(b)))
		return first_word(a).len > 0;
	return crm_nicknames_one(n, crm_nicknames_form(n, a), crm_nicknames_form(n, b));
}
