/* SPDX-License-Identifier: MIT */
/* The file `accounts`: who we are on each channel. */
#include "reply/account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"

struct loader {
	struct crm_accounts *accounts;
	const struct crm_channels *channels;
	const char *path;
	int64_t line;
	struct crm_err *err;
};

static enum crm_status wrong(const struct loader *l, struct crm_slice what, const char *why)
{
	return crm_fail(l->err, CRM_CONFIG, "%s:%lld: '%.*s' %s", l->path, (long long)l->line,
			(int)(what.len < 60 ? what.len : 60), what.ptr, why);
}

static bool has_control(struct crm_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return true;
	return false;
}

/* Strings are decoded where they lie, for crm_account_get to hand out. */
static enum crm_status check_member(struct loader *l, struct crm_json_value *v)
{
	static const char *const secrets[] = {"password", "secret", "token", "api_key"};
	struct crm_str s = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (crm_slice_is(v->key, secrets[i]))
			return wrong(l, v->key, "belongs into the file 'secrets'");
	if (v->type >= CRM_JSON_ARRAY)
		return wrong(l, v->key, "takes a plain value");
	if (v->type != CRM_JSON_STRING)
		return CRM_OK;
	crm_json_text(v, &s);
	v->text.ptr = crm_arena_strndup(&l->accounts->arena, s.ptr, s.len);
	v->text.len = s.len;
	v->escaped = false;
	if (has_control(v->text))
		rc = wrong(l, v->key, "holds a control character");
	crm_str_release(&s);
	return rc;
}

/* The member as a string; NULL when it is not there, or is empty. */
static const char *member(const struct crm_account *a, const char *name)
{
	const struct crm_json_value *v = crm_json_member(&a->doc, &a->doc.values[0], name);

	return v && v->type == CRM_JSON_STRING && v->text.len ? v->text.ptr : NULL;
}

static const char *scope_of(const struct crm_account *a)
{
	return a->scope ? a->scope : a->channel->scope;
}

static enum crm_status check_account(struct loader *l, struct crm_account *a)
{
	const struct crm_json_value *is_default =
		crm_json_member(&a->doc, &a->doc.values[0], "default");
	const char *channel = member(a, "channel");

	a->account = member(a, "account");
	a->name = member(a, "name");
	a->scope = member(a, "scope");
	a->is_default = is_default && is_default->type == CRM_JSON_TRUE;
	if (!a->account)
		return wrong(l, CRM_SLICE("account"), "is missing");
	if (!channel)
		return wrong(l, CRM_SLICE("channel"), "is missing");
	a->channel = crm_channels_find(l->channels, channel);
	if (!a->channel)
		return wrong(l, crm_slice_of(channel),
			     "is no channel; crm-ingest --list shows those there are");
	if (a->channel->medium && !strcmp(a->channel->medium, "email") && !strchr(a->account, '@'))
		return wrong(l, crm_slice_of(a->account), "is no e-mail address");
	for (size_t i = 0; i < l->accounts->n; i++) {
		const struct crm_account *b = &l->accounts->list[i];

		if (b->channel == a->channel && !strcmp(b->account, a->account)
		    && !strcmp(scope_of(b), scope_of(a)))
			return wrong(l, crm_slice_of(a->account), "is there already");
	}
	return CRM_OK;
}

static enum crm_status load_line(struct loader *l, struct crm_slice line)
{
	struct crm_accounts *accounts = l->accounts;
	struct crm_account a = {.line = l->line, .doc = CRM_JSON_DOC_INIT};
	const char *text = crm_arena_strndup(&accounts->arena, line.ptr, line.len);
	enum crm_status rc = crm_json_scan(&a.doc, text, line.len);

	if (rc != CRM_OK)
		rc = crm_fail(l->err, CRM_CONFIG, "%s:%lld: %s", l->path, (long long)l->line,
			      a.doc.error);
	else if (a.doc.values[0].type != CRM_JSON_OBJECT)
		rc = crm_fail(l->err, CRM_CONFIG, "%s:%lld: an account is a JSON object", l->path,
			      (long long)l->line);
	for (uint32_t i = 1; rc == CRM_OK && i < a.doc.n; i = a.doc.values[i].next)
		rc = check_member(l, &a.doc.values[i]);
	if (rc == CRM_OK)
		rc = check_account(l, &a);
	if (rc != CRM_OK) {
		crm_json_doc_release(&a.doc);
		return rc;
	}
	CRM_GROW(accounts->list, accounts->n + 1, accounts->cap);
	accounts->list[accounts->n++] = a;
	return CRM_OK;
}

static enum crm_status load(struct loader *l, int fd)
{
	enum crm_status rc = CRM_OK;
	struct crm_lines in;
	struct crm_slice line;

	crm_lines_init(&in, fd);
	while (rc == CRM_OK && crm_lines_fill(&in)) {
		while (rc == CRM_OK && crm_lines_next(&in, &line)) {
			l->line = in.line;
			line = crm_slice_trim(line);
			if (line.len && line.ptr[0] != '#')
				rc = load_line(l, line);
		}
	}
	if (rc == CRM_OK && in.error)
		rc = crm_fail(l->err, CRM_IO, "cannot read '%s': %s", l->path, strerror(in.error));
	crm_lines_release(&in);
	return rc;
}

enum crm_status crm_accounts_load(struct crm_accounts *accounts, const char *dir,
				  const struct crm_channels *channels, struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT;
	struct loader l = {accounts, channels, NULL, 0, err};
	enum crm_status rc = CRM_OK;
	int fd;

	crm_str_addf(&path, "%s/accounts", dir);
	l.path = path.ptr;
	fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		rc = crm_fail(err, CRM_CONFIG, "cannot open '%s': %s", path.ptr, strerror(errno));
	if (fd >= 0) {
		rc = load(&l, fd);
		close(fd);
	}
	crm_str_release(&path);
	return rc;
}

const struct crm_account *crm_accounts_find(const struct crm_accounts *accounts,
					    const char *channel, const char *scope,
					    const char *account)
{
	const struct crm_account *best = NULL;

	for (size_t i = 0; i < accounts->n; i++) {
		const struct crm_account *a = &accounts->list[i];

		if (strcmp(a->channel->name, channel) != 0
		    || (scope && strcmp(scope_of(a), scope) != 0))
			continue;
		if (account && !strcmp(a->account, account))
			return a;
		if (!best || (a->is_default && !best->is_default))
			best = a;
	}
	return best;
}

struct crm_slice crm_account_get(const struct crm_account *account, const char *name)
{
	const struct crm_json_value *v =
		crm_json_member(&account->doc, &account->doc.values[0], name);

	return v && v->type != CRM_JSON_NULL ? v->text : (struct crm_slice){NULL, 0};
}

long crm_account_timeout(const struct crm_account *account)
{
	struct crm_slice s = crm_account_get(account, "timeout");
	long n = s.len ? strtol(s.ptr, NULL, 10) : 0;

	if (n <= 0)
		return CRM_ACCOUNT_TIMEOUT;
	return n < CRM_ACCOUNT_TIMEOUT_MAX ? n : CRM_ACCOUNT_TIMEOUT_MAX;
}

void crm_accounts_release(struct crm_accounts *accounts)
{
	for (size_t i = 0; i < accounts->n; i++)
		crm_json_doc_release(&accounts->list[i].doc);
	free(accounts->list);
	crm_arena_release(&accounts->arena);
	*accounts = (struct crm_accounts)CRM_ACCOUNTS_INIT;
}
