/* SPDX-License-Identifier: MIT */
/* A comparison's conditions are joined to one list of steps, of which a copy is made for each
 * combination of bits, without the steps whose outcome the bits tell. */
#include "link/program.h"

#include <stdlib.h>
#include <string.h>

#define NOT_YET ((int32_t)0x80808080) /* for memset; no level */

struct maker {
	struct crm_spec *spec;
	struct crm_step *flat; /* the whole, as conditions have it */
	size_t n_flat, cap_flat;
	struct crm_step *out;
	size_t n_out, cap_out;
	struct crm_program *program;
	int32_t *done; /* flat step → where it goes on for these bits; NOT_YET */
};

/* Appends a condition whose outcomes lead to yes and no; returns where it begins. */
static int32_t append(struct maker *m, const struct crm_condition *c, int32_t yes, int32_t no)
{
	size_t base = m->n_flat;
	int i;

	CRM_GROW(m->flat, base + (size_t)c->n, m->cap_flat);
	for (i = 0; i < c->n; i++) {
		const struct crm_test *t = &c->test[i];
		struct crm_step *s = &m->flat[m->n_flat++];

		s->test = *t;
		s->yes = t->yes >= 0 ? (int32_t)base + t->yes : t->yes == CRM_HOLDS ? yes : no;
		s->no = t->no >= 0 ? (int32_t)base + t->no : t->no == CRM_HOLDS ? yes : no;
	}
	return (int32_t)base + c->first;
}

/* From the last level to the first, since each leads on to the next. */
static int32_t join(struct maker *m, const struct crm_comparison *c)
{
	int32_t begin = CRM_AT_LEVEL(CRM_LEVEL_NONE);
	int ladder, l = c->n_levels - 1;

	for (ladder = c->n_ladders - 1; ladder >= 0; ladder--) {
		int32_t first = CRM_AT_LEVEL(l);

		for (l--; l >= 0 && c->level[l].ladder == ladder; l--)
			first = append(m, c->level[l].condition, CRM_AT_LEVEL(l), first);
		begin = c->when[ladder] ? append(m, c->when[ladder], first, begin) : first;
	}
	return begin;
}

static int bit_of(const struct crm_program *p, int measure)
{
	int i;

	for (i = 0; i < p->n_bits && p->bit[i].measure != measure; i++)
		;
	return i < p->n_bits ? i : -1;
}

static void choose_bits(struct maker *m, enum crm_measure_fn fn)
{
	struct crm_program *p = m->program;
	size_t i;

	for (i = m->n_flat; i > 0; i--) { /* the first levels were appended last */
		int measure = m->flat[i - 1].test.measure;
		const struct crm_measure *k = &m->spec->measures->measure[measure];

		if (k->fn != fn || p->n_bits == CRM_PROGRAM_BITS || bit_of(p, measure) >= 0)
			continue;
		p->bit[p->n_bits++] = (struct crm_bit){
			(unsigned char)measure, (unsigned char)k->slot_a, (unsigned char)k->slot_b};
		p->slots_a |= 1ull << k->slot_a;
		p->slots_b |= 1ull << k->slot_b;
		p->scoped = p->scoped || k->scoped;
	}
}

/* The copy of a step, and of all it leads to, for these bits. */
static int32_t copy(struct maker *m, int32_t at, unsigned int bits)
{
	int32_t yes, no;
	int bit;

	while (at >= 0 && (bit = bit_of(m->program, m->flat[at].test.measure)) >= 0)
		at = bits >> bit & 1 ? m->flat[at].yes : m->flat[at].no;
	if (at < 0 || m->done[at] != NOT_YET)
		return at < 0 ? at : m->done[at];
	yes = copy(m, m->flat[at].yes, bits);
	no = copy(m, m->flat[at].no, bits);
	if (yes == no) /* kept as well: a chain of such would be followed 2^n times */
		return m->done[at] = yes;
	CRM_GROW(m->out, m->n_out + 1, m->cap_out);
	m->out[m->n_out] = (struct crm_step){m->flat[at].test, yes, no};
	return m->done[at] = (int32_t)m->n_out++;
}

struct crm_program *crm_program_make(struct crm_spec *spec, const struct crm_comparison *comparison)
{
	struct crm_program *p = crm_arena_alloc(&spec->arena, sizeof(*p));
	struct maker m = {.spec = spec, .program = p};
	int32_t begin = join(&m, comparison);
	unsigned int bits;

	memset(p, 0, sizeof(*p));
	choose_bits(&m, CRM_EXACT);
	p->n_exact = p->n_bits;
	choose_bits(&m, CRM_KNOWN);
	p->start = crm_arena_alloc(&spec->arena, sizeof(*p->start) << p->n_bits);
	m.done = crm_malloc((m.n_flat + 1) * sizeof(*m.done));
	for (bits = 0; bits < 1u << p->n_bits; bits++) {
		memset(m.done, 0x80, (m.n_flat + 1) * sizeof(*m.done));
		p->start[bits] = copy(&m, begin, bits);
	}
	p->step = crm_arena_alloc(&spec->arena, (m.n_out + 1) * sizeof(*p->step));
	if (m.n_out)
		memcpy(p->step, m.out, m.n_out * sizeof(*p->step));
	free(m.done);
	free(m.flat);
	free(m.out);
	return p;
}
