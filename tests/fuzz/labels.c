/* SPDX-License-Identifier: MIT */
/* Any bytes as judged pairs: they are read, or refused in words; what is read is in order, of two
 * records each, and its scores are parts of one. */
#include "link/labels.h"
#include "check.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	static int64_t profile[] = {1, 2, 3, 12, 40};
	static struct crm_people people = {.n = 5, .profile = profile};
	static struct crm_db *db;
	struct crm_labels labels = CRM_LABELS_INIT;
	enum crm_status rc;
	size_t i;

	if (!db)
		check(crm_db_open(&db, ":memory:", CRM_DB_CREATE) == CRM_OK);
	rc = crm_labels_parse(&labels, db, &people, "labels",
			      (struct crm_slice){(const char *)bytes, len});
	check(rc == CRM_OK || *crm_db_err(db)->text);
	crm_labels_sort(&labels);
	for (i = 0; i < labels.n; i++) {
		const struct crm_label *label = &labels.label[i];

		check(label->a < label->b && label->b < people.n);
		check(label->score >= 0 && label->score <= 1);
		check(i == 0 || label[-1].a < label->a
		      || (label[-1].a == label->a && label[-1].b < label->b));
	}
	crm_labels_release(&labels);
	return 0;
}
