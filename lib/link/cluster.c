/* SPDX-License-Identifier: MIT */
/* Union-find; see cluster.h. */
#include "link/cluster.h"

#include <stdlib.h>

#include "base/mem.h"

void crm_clusters_init(struct crm_clusters *c, uint32_t n)
{
	uint32_t i;

	c->n = n;
	c->up = crm_malloc(((size_t)n + 1) * sizeof(*c->up));
	c->size = crm_malloc(((size_t)n + 1) * sizeof(*c->size));
	for (i = 0; i < n; i++) {
		c->up[i] = i;
		c->size[i] = 1;
	}
}

void crm_clusters_release(struct crm_clusters *c)
{
	free(c->up);
	free(c->size);
	c->up = c->size = NULL;
}

uint32_t crm_clusters_root(struct crm_clusters *c, uint32_t record)
{
	while (c->up[record] != record)
		record = c->up[record] = c->up[c->up[record]];
	return record;
}

bool crm_clusters_join(struct crm_clusters *c, uint32_t a, uint32_t b)
{
	a = crm_clusters_root(c, a);
	b = crm_clusters_root(c, b);
	if (a == b)
		return false;
	if (c->size[a] < c->size[b]) {
		uint32_t t = a;

		a = b;
		b = t;
	}
	c->up[b] = a;
	c->size[a] += c->size[b];
	return true;
}
