/* SPDX-License-Identifier: MIT */
/* schema: the steps of schema/NNNN.sql as text, in order; the Makefile writes schema.c. */
#ifndef CRM_SCHEMA_H
#define CRM_SCHEMA_H

extern const char *const crm_schema[]; /* crm_schema[0] makes version 1 */
extern const int crm_schema_steps;

#endif
