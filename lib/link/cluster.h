/* SPDX-License-Identifier: MIT */
/*
 * cluster: who ends up together when all pairs of a weight are joined: the connected
 * components of the graph of pairs (union-find with path halving, by size).
 */
#ifndef CRM_LINK_CLUSTER_H
#define CRM_LINK_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

struct crm_clusters {
	uint32_t n;
	uint32_t *up;   /* towards the root; a root points to itself */
	uint32_t *size; /* of a root's cluster */
};

/* n records, each by itself. Release with crm_clusters_release. */
void crm_clusters_init(struct crm_clusters *clusters, uint32_t n);
void crm_clusters_release(struct crm_clusters *clusters);
/* The record that stands for the cluster of this one. */
uint32_t crm_clusters_root(struct crm_clusters *clusters, uint32_t record);
/* Joins two; false when they were together already. */
bool crm_clusters_join(struct crm_clusters *clusters, uint32_t a, uint32_t b);

#endif
