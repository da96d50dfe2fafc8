/* SPDX-License-Identifier: MIT */
/* Notifications of Amazon SES (Developer Guide, "Amazon SNS notification contents"). A long line
 * may have been broken within a string on its way. */
#include <string.h>

#include "ingest/bounce.h"

static void unbreak(struct crm_slice text, struct crm_str *out)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] == '!' && i + 1 < text.len
		    && (text.ptr[i + 1] == '\n' || text.ptr[i + 1] == '\r'))
			continue;
		if (text.ptr[i] == '\n' || text.ptr[i] == '\r') {
			while (i + 1 < text.len
			       && (text.ptr[i + 1] == ' ' || text.ptr[i + 1] == '\n'))
				i++;
			continue;
		}
		crm_str_addc(out, text.ptr[i]);
	}
}

static void text_at(const struct crm_json_doc *doc, const struct crm_json_value *from,
		    const char *pointer, struct crm_str *out)
{
	const struct crm_json_value *v = from ? crm_json_pointer(doc, from, pointer) : NULL;

	if (v && v->type == CRM_JSON_STRING)
		crm_json_text(v, out);
}

static void ses_recipients(struct crm_reports *reports, const struct crm_json_doc *doc,
			   const struct crm_json_value *list, const char *status, bool permanent)
{
	const struct crm_json_value *v;
	uint32_t i;

	if (!list || list->type != CRM_JSON_ARRAY)
		return;
	for (i = 0, v = list + 1; i < list->count && i < CRM_REPORTS_MAX;
	     i++, v = doc->values + v->next) {
		struct crm_str s = CRM_STR_INIT;
		struct crm_report *r = crm_reports_add(reports);

		if (v->type == CRM_JSON_STRING)
			crm_json_text(v, &s);
		else
			text_at(doc, v, "/emailAddress", &s);
		crm_report_recipient(r, crm_str_slice(&s));
		r->status = status;
		if (v->type == CRM_JSON_OBJECT) {
			text_at(doc, v, "/action", &r->action);
			crm_str_clear(&s);
			text_at(doc, v, "/status", &s);
			crm_report_code(crm_str_slice(&s), r->code);
			crm_str_clear(&s);
			text_at(doc, v, "/diagnosticCode", &s);
			crm_report_say(r, crm_report_typed(crm_str_slice(&s)));
		}
		if (permanent && !r->code[0] && !r->diagnostic.len)
			crm_str_adds(&r->diagnostic, "no such user");
		crm_str_release(&s);
	}
}

static void ses_about(const struct crm_json_doc *doc, struct crm_str *about)
{
	const struct crm_json_value *mail = crm_json_pointer(doc, doc->values, "/mail");

	text_at(doc, mail, "/commonHeaders/messageId", about);
	if (!about->len)
		text_at(doc, mail, "/messageId", about);
}

static bool ses_read(struct crm_reports *reports, const struct crm_json_doc *doc, const char **kind)
{
	const struct crm_json_value *root = doc->values, *v;
	struct crm_str type = CRM_STR_INIT, sub = CRM_STR_INIT;
	bool good = true;

	text_at(doc, root, "/notificationType", &type);
	if (!type.len)
		text_at(doc, root, "/eventType", &type);
	if (!strcmp(type.ptr, "Bounce")) {
		text_at(doc, root, "/bounce/bounceSubType", &sub);
		v = crm_json_pointer(doc, root, "/bounce/bouncedRecipients");
		ses_recipients(reports, doc, v, "bounced", !strcmp(sub.ptr, "NoEmail"));
		*kind = "bounce";
	} else if (!strcmp(type.ptr, "Complaint")) {
		v = crm_json_pointer(doc, root, "/complaint/complainedRecipients");
		ses_recipients(reports, doc, v, "complained", false);
		*kind = "complaint";
	} else if (!strcmp(type.ptr, "Delivery")) {
		v = crm_json_pointer(doc, root, "/delivery/recipients");
		ses_recipients(reports, doc, v, "delivered", false);
		*kind = "receipt";
	} else {
		good = false;
	}
	crm_str_release(&type);
	crm_str_release(&sub);
	return good && reports->n;
}

bool crm_reports_ses(struct crm_reports *reports, struct crm_slice text, const char **kind,
		     struct crm_str *about)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_str json = CRM_STR_INIT;
	const char *end;
	bool good = false;

	text = crm_slice_trim(text);
	if (!text.len || text.ptr[0] != '{' || !(end = memrchr(text.ptr, '}', text.len)))
		return false;
	unbreak((struct crm_slice){text.ptr, (size_t)(end + 1 - text.ptr)}, &json);
	if (crm_json_scan(&doc, json.ptr, json.len) == CRM_OK && doc.values->type == CRM_JSON_OBJECT
	    && (good = ses_read(reports, &doc, kind)))
		ses_about(&doc, about);
	crm_json_doc_release(&doc);
	crm_str_release(&json);
	return good;
}
