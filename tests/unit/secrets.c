/* SPDX-License-Identifier: MIT */
/* The file of secrets: what is found in it, and when it is refused. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/secrets.h"
#include "tap.h"

static char dir[] = "/tmp/crm-secrets.XXXXXX";
static char path[64];

static void file(const char *text, mode_t mode)
{
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

static void is_secret(const char *name, const char *want, const char *title)
{
	struct crm_str value = CRM_STR_INIT;
	struct crm_err err;

	is_str(crm_secret_get(dir, name, &value, &err) == CRM_OK ? value.ptr : err.text, want,
	       title);
	crm_secret_wipe(&value);
}

static void is_refused(const char *name, enum crm_status want, const char *title)
{
	struct crm_str value = CRM_STR_INIT;
	struct crm_err err = {0};

	is_int(crm_secret_get(dir, name, &value, &err), want, title);
	ok(value.len == 0 && !strstr(err.text, "s3cret"), "  and nothing of it is told: %s",
	   err.text);
	crm_secret_wipe(&value);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/secrets", dir);
	is_refused("imap", CRM_NO_INPUT, "without a file there is no secret");

	file("# of the shop\n\nimap\ts3cret with blanks  \r\nimap2 other\nempty\nlast end", 0600);
	is_secret("imap", "s3cret with blanks", "a value goes to the end of its line");
	is_secret("imap2", "other", "a name that begins with another's");
	is_secret("last", "end", "a last line without a newline");
	is_refused("map", CRM_NO_INPUT, "a part of a name is no name");
	is_refused("empty", CRM_CONFIG, "a name without a value is a mistake");
	is_refused("im", CRM_NO_INPUT, "the beginning of a name is no name");

	file("imap s3cret\n", 0640);
	is_refused("imap", CRM_CONFIG, "a file that the group may read is refused");
	file("imap s3cret\n", 0604);
	is_refused("imap", CRM_CONFIG, "a file that others may read is refused");
	file("imap s3cret\n", 0400);
	is_secret("imap", "s3cret", "a file that even its owner may only read will do");

	unlink(path);
	rmdir(dir);
	return done();
}
