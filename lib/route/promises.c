/* SPDX-License-Identifier: MIT */
/* What was promised, for the eye; see promises.h. */
#include "route/promises.h"

#include "base/time.h"
#include "report/functions.h"
#include "report/requests.h"

enum crm_status crm_promises_open(struct crm_sla_job *job, struct crm_db *db,
				  const struct crm_setup *setup, int64_t as_of, uint64_t seed)
{
	struct crm_facts_options what = {.now = as_of,
					 .zone = setup->settings.zone,
					 .seed = seed,
					 .currency = &setup->currency};
	enum crm_status rc = crm_functions_register(db);

	*job = (struct crm_sla_job){.db = db, .slas = &setup->slas, .as_of = as_of};
	if (rc == CRM_OK)
		rc = crm_facts_new(&job->facts, db, setup->rules, &what);
	if (rc == CRM_OK)
		job->judge = crm_judge_new(setup->rules);
	return rc;
}

void crm_promises_close(struct crm_sla_job *job)
{
	crm_judge_free(job->judge);
	crm_facts_free(job->facts);
}

/* ---- lists ---- */

static bool is_owed(const struct crm_sla_standing *is)
{
	return !is->over && (is->state == CRM_SLA_MISSED || is->state == CRM_SLA_RUNNING);
}

static enum crm_status note_soonest(const struct crm_sla_result *r, struct crm_judge *judge,
				    void *data)
{
	const struct crm_sla_job *job = data;
	int soonest = -1;

	(void)judge;
	for (int i = 0; i < CRM_SLA_TARGETS; i++)
		if (is_owed(&r->of[i]) && (soonest < 0 || r->of[i].left < r->of[soonest].left))
			soonest = i;
	if (soonest < 0)
		return CRM_OK;
	return crm_requests_owed(job->db,
				 &(struct crm_owed){.conversation = r->conversation,
						    .sla = r->sla->name,
						    .target = crm_sla_target_names[soonest],
						    .due = r->of[soonest].due,
						    .left = r->of[soonest].left});
}

enum crm_status crm_promises_list(const struct crm_sla_job *job, struct crm_ids *requests)
{
	return crm_sla_each(job, requests, note_soonest, (void *)job);
}

/* ---- one request ---- */

static void add_time(struct crm_str *out, const char *before, int64_t ms)
{
	struct crm_str time = CRM_STR_INIT;

	crm_time_format(ms, 0, &time);
	crm_str_addf(out, "%s%.10s %.5s", before, time.ptr, time.ptr + 11);
	crm_str_release(&time);
}

static void add_left(struct crm_str *out, const struct crm_sla_standing *is)
{
	crm_str_adds(out, ", ");
	crm_duration_format(is->left < 0 ? -is->left : is->left, out);
	crm_str_adds(out, is->left < 0 ? " late" : " left");
}

static void add_standing(struct crm_str *out, const struct crm_sla_standing *is)
{
	switch (is->state) {
	case CRM_SLA_MET:
		add_time(out, " kept ", is->met);
		break;
	case CRM_SLA_PAUSED:
		crm_str_adds(out, " stands still");
		add_left(out, is);
		break;
	case CRM_SLA_MISSED:
	case CRM_SLA_RUNNING:
		if (is->due)
			add_time(out, " by ", is->due);
		add_left(out, is);
		break;
	default:
		crm_str_adds(out, " void");
	}
}

static enum crm_status tell(const struct crm_sla_result *r, struct crm_judge *judge, void *data)
{
	struct crm_str *out = data;
	const char *before = ": ";

	(void)judge;
	crm_str_adds(out, r->sla->name);
	for (int i = 0; i < CRM_SLA_TARGETS; i++) {
		if (r->of[i].state == CRM_SLA_NONE)
			continue;
		crm_str_addf(out, "%s%s", before, crm_sla_target_names[i]);
		add_standing(out, &r->of[i]);
		before = "; ";
	}
	return CRM_OK;
}

enum crm_status crm_promises_text(const struct crm_sla_job *job, int64_t conversation,
				  struct crm_str *out)
{
	struct crm_ids one = {.ids = &conversation, .n = 1, .cap = 1};

	return crm_sla_each(job, &one, tell, out);
}
