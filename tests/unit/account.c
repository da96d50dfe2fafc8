/* SPDX-License-Identifier: MIT */
/* The file of accounts: which one an answer goes out by, and what is refused. What an account
 * may say is in crm-channels(5). */
#include <sys/stat.h>
#include <unistd.h>

#include "reply/account.h"
#include "tap.h"

static char dir[] = "/tmp/crm-account.XXXXXX";
static struct crm_channels channels = CRM_CHANNELS_INIT;

static void file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static void is_refused(const char *text, const char *want)
{
	struct crm_accounts accounts = CRM_ACCOUNTS_INIT;
	struct crm_err err = {0};
	enum crm_status rc;

	file("accounts", text);
	rc = crm_accounts_load(&accounts, dir, &channels, &err);
	ok(rc == CRM_CONFIG && strstr(err.text, want), "refused: %s", err.text);
	crm_accounts_release(&accounts);
}

static void is_found(const struct crm_accounts *accounts, const char *channel, const char *scope,
		     const char *account, const char *want, const char *title)
{
	const struct crm_account *a = crm_accounts_find(accounts, channel, scope, account);

	is_str(a ? a->account : "none", want, title);
}

static void test_find(void)
{
	struct crm_accounts accounts = CRM_ACCOUNTS_INIT;
	struct crm_err err = {0};
	const struct crm_account *a;

	file("accounts",
	     "# ours\n\n"
	     "{\"account\":\"one\",\"channel\":\"chat\",\"url\":\"http://a/\\u00e4\",\"port\":80}\n"
	     "{\"account\":\"two\",\"channel\":\"chat\",\"default\":true,\"name\":\"Shop\"}\r\n"
	     "{\"account\":\"one\",\"channel\":\"chat\",\"scope\":\"second\"}\n"
	     "{\"account\":\"+49\",\"channel\":\"text\"}");
	is_int(crm_accounts_load(&accounts, dir, &channels, &err), CRM_OK, "a file is loaded");
	is_int((long long)accounts.n, 4,
	       "each line but comments, the last one without newline too");
	is_found(&accounts, "chat", NULL, "one", "one", "the one that is named");
	is_found(&accounts, "chat", NULL, NULL, "two", "none is named: the default one");
	is_found(&accounts, "chat", NULL, "gone", "two", "another is named: the default one");
	is_found(&accounts, "chat", "second", "two", "one", "of another scope only its own");
	is_found(&accounts, "chat", "third", "one", "none", "a scope that has none");
	is_found(&accounts, "text", "text", NULL, "+49", "a channel's own scope");
	is_found(&accounts, "mail", NULL, NULL, "none", "a channel that has none");
	a = crm_accounts_find(&accounts, "chat", "chat", "one");
	is_str(crm_account_get(a, "url").ptr, "http://a/ä", "a member, decoded");
	ok(crm_slice_is(crm_account_get(a, "port"), "80"), "a number, as it is written");
	ok(!crm_account_get(a, "sid").ptr, "a member that is not there");
	is_int(a->line, 3, "its line");
	crm_accounts_release(&accounts);
}

int main(void)
{
	struct crm_accounts none = CRM_ACCOUNTS_INIT;
	struct crm_err err = {0};

	if (!mkdtemp(dir))
		return 1;
	file("chat.json", "{\"reads\":\"json\",\"type\":\"message\"}");
	file("text.json", "{\"reads\":\"json\",\"type\":\"message\"}");
	crm_channels_load(&channels, dir, &err);
	is_int(crm_accounts_load(&none, dir, &channels, &err), CRM_OK, "no file is no error");
	is_int((long long)none.n, 0, "  and no account");
	test_find();
	is_refused("{\"channel\":\"chat\"}", "accounts:1: 'account' is missing");
	is_refused("\n{\"account\":\"a\"}", "accounts:2: 'channel' is missing");
	is_refused("{\"account\":\"a\",\"channel\":\"nope\"}", "'nope' is no channel");
	is_refused("{\"account\":\"a\",\"channel\":\"chat\",\"token\":\"x\"}",
		   "belongs into the file");
	is_refused("{\"account\":\"a\\nb\",\"channel\":\"chat\"}", "control character");
	is_refused("{\"account\":\"a\",\"channel\":\"chat\",\"to\":[1]}", "plain value");
	is_refused("{\"account\":\"a\",\"channel\":\"chat\"}\n{\"account\":\"a\",\"channel\":"
		   "\"chat\"}",
		   "accounts:2: 'a' is there already");
	is_refused("[]", "is a JSON object");
	is_refused("{\"account\":", "accounts:1: ");
	crm_channels_release(&channels);
	return done();
}
