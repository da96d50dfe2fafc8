/* SPDX-License-Identifier: MIT */
/* Letters made of templates, in a store with one conversation. The templates are written here;
 * what they become is written by hand. */
#include "reply/context.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char dir[] = "context-XXXXXX";
static struct crm_db *db;
static struct crm_templates *templates;
static struct crm_context *context;
static struct crm_err err;
static struct crm_letter letter = CRM_LETTER_INIT;

static const char store[] =
	"INSERT INTO source (id, name, scope, medium) VALUES (1, 'email', '', 'email');"
	"INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES (1, 1, '-', '{}', 0);"
	"INSERT INTO person (id, canon_id, created_at, name, email, phone)"
	" VALUES (7, 7, 0, 'Ada King', 'ada@example.org', NULL), (8, 7, 0, NULL, NULL, NULL),"
	"  (9, 9, 0, 'Buy now: http://spam.example', 'mal@example.org', NULL);"
	"INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, name, given,"
	" family, language, raw) VALUES"
	" (1, 1, 'a', 1, 1, 1000, 7, 'Ada King', 'Ada', 'King', NULL, '{}'),"
	" (2, 1, 'b', 1, 2, 2000, 8, 'A. King', 'A.', 'King', 'de-AT', '{}'),"
	" (3, 1, 'c', 1, 3, 2000, 9, 'Buy now: http://spam.example', NULL, NULL, 'en', '{}');"
	"INSERT INTO conversation (id, source_id, thread, profile_id, subject, opened_at, "
	"updated_at,"
	" status, account, assignee) VALUES"
	" (42, 1, 't', 2, 'Re: AW: Where is it?', 1790000000000, 0, 'open', 'help@shop.example',"
	"  'anna'), (43, 1, 'u', 3, NULL, 0, 0, 'new', NULL, NULL);"
	"INSERT INTO conversation_alias (id, conversation_id) VALUES (41, 42);"
	"INSERT INTO event (id, source_id, key, batch_id, line, type, at, direction,"
	" conversation_id, text, raw, automatic) VALUES"
	" (1, 1, '1', 1, 1, 'message', 1790000000000, 'in', 42, 'My parcel\n\nis late.\n\n"
	"On Monday you wrote:\n> hello', '{}', NULL),"
	" (2, 1, '2', 1, 2, 'note', 1790000100000, NULL, 42, 'do not trust them', '{}', NULL),"
	" (3, 1, '3', 1, 3, 'message', 1790000200000, 'out', 42, 'we look', '{}', NULL),"
	" (4, 1, '4', 1, 4, 'message', 1790000300000, 'in', 42, 'I am away', '{}', 'auto-reply');";

static void file(const char *name, const char *text)
{
	char path[200], *slash;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static void unlink_file(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void open_context(void)
{
	char path[100];

	crm_context_close(context);
	crm_templates_free(templates);
	templates = crm_templates_new(crm_context_names);
	snprintf(path, sizeof(path), "%s/templates", dir);
	crm_templates_add(templates, path);
	snprintf(path, sizeof(path), "%s/ours", dir);
	crm_templates_add(templates, path);
	if (crm_context_open(&context, db, dir, templates, &err) != CRM_OK)
		printf("# %s\n", err.text);
}

/* The text of a letter, or the error. Borrowed: until the next call. */
static const char *say(struct crm_letter_ask ask)
{
	return crm_context_letter(context, &ask, NULL, &letter, &err) == CRM_OK ? letter.text.ptr
										: err.text;
}

/* What a template says to conversation 42. */
static const char *text(const char *template)
{
	file("templates/t.txt", "\n");
	file("templates/t.txt", template);
	open_context();
	return say((struct crm_letter_ask){.conversation = 42, .name = "t"});
}

static void test_values(void)
{
	is_str(text("\n{{person.id}} {{person.name}} {{person.given}} {{person.family}} "
		    "{{person.email}} "
		    "{{person.language}} {{person.phone|-}}"),
	       "7 Ada King Ada King ada@example.org de-AT -",
	       "who they are, all records of one person taken together");
	is_str(text("\n{{request.id}} {{request.subject}} {{request.channel}} {{request.status}} "
		    "{{request.priority}} {{request.account}}"),
	       "42 Where is it? email open normal help@shop.example", "the request");
	ok(strncmp(text("\n{{request.url}}"), "https://shop.example/r/c42.", 27) == 0,
	   "a link with the request's token, which nobody can make up");
	is_str(text("\n{{message.text}}\n{{message.quoted}}"),
	       "My parcel\n\nis late.\n> My parcel\n>\n> is late.",
	       "their latest message, without what it quotes; no note, no auto-reply, none of "
	       "ours");
	is_str(text("\n{{agent.id}} {{agent.name}}"), "anna Anna Berg", "who it is assigned to");
	is_str(text("\n{{shop.name}} {{shop.phone|no phone}}"), "Shop & Sons no phone", "the shop");
	is_str(text("\n{{now.date}} {{now.time}}; {{message.at}}"),
	       "October 1, 2026 9:30 AM; September 21, 2026 at 4:13 PM",
	       "times in the shop's zone; a template that names no language is the default's");
	is_str(say((struct crm_letter_ask){.conversation = 41, .name = "t"}), letter.text.ptr,
	       "an alias of the conversation");
	is_str(say((struct crm_letter_ask){.conversation = 44, .name = "t"}),
	       "there is no conversation 44", "no such conversation");
	text("\n{{person.name|Sir}} {{request.id|none}}");
	is_str(say((struct crm_letter_ask){.person = 8, .name = "t"}), "Ada King none",
	       "a person without a conversation, by an id merged into another");
	is_str(say((struct crm_letter_ask){.conversation = 43, .name = "t"}), "Sir 43",
	       "a name that is an advertisement is not sent on");
	text("\n{{agent.name}}");
	is_str(say((struct crm_letter_ask){.conversation = 42, .name = "t", .agent = "ben"}), "ben",
	       "who writes counts more than who it is assigned to");
	text("\n{{message.text}}");
	say((struct crm_letter_ask){.conversation = 42, .name = "t", .message = 2});
	ok(strstr(err.text, "no value for {{message.text}}") && !strstr(letter.text.ptr, "trust"),
	   "a note is no message, also when it is asked for by its id");
}

static void test_line(void)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const char line[] = "{\"code\":\"X{{agent.id}}\",\"list\":[{\"n\":1},{\"n\":2}],"
			    "\"language\":\"fr\"}";

	file("templates/l.txt", "\n{{line.code}}{{#line.list}} {{.n}}{{/line.list}}");
	file("templates/l.fr.txt", "\nfr {{line.code}}");
	open_context();
	crm_json_scan(&doc, line, sizeof(line) - 1);
	is_str(say((struct crm_letter_ask){.conversation = 42, .name = "l", .line = &doc}),
	       "fr X{{agent.id}}", "members of the line; its language");
	is_str(say((struct crm_letter_ask){
		       .conversation = 42, .name = "l", .line = &doc, .language = "de"}),
	       "X{{agent.id}} 1 2", "the language that was asked for counts more; a list");
	crm_json_doc_release(&doc);
}

/* Which of the files that there are, for a language and set. */
static const char *chosen(const char *language, const char *set)
{
	return say((struct crm_letter_ask){
		.conversation = 42, .name = "n", .language = language, .set = set});
}

static void test_choice(void)
{
	file("ours/n.en.txt", "\nours en");
	file("ours/n.de.txt", "\nours de {{> who}}");
	file("ours/partials/who.de.txt", "wir\n");
	file("ours/partials/who.txt", "we\n");
	open_context();
	is_str(chosen("de-CH", NULL), "ours de wir", "de-CH is served in de, partials too");
	is_str(chosen("de_ch", NULL), "ours de wir", "however it is written");
	is_str(chosen("nl", NULL), "ours en", "no Dutch: the default's");
	is_str(chosen("../../etc/passwd", NULL), "ours en", "a language that is a path is none");
	file("templates/n.txt", "\nmine");
	open_context();
	is_str(chosen("nl", NULL), "mine", "a file of the user's own without a language");
	is_str(chosen("de", NULL), "ours de wir", "one in the language counts more");
	file("templates/n.de-CH.txt", "\nSwiss");
	file("templates/posh/n.de.txt", "\nposh {{> who}}");
	file("templates/posh/partials/who.de.txt", "die Firma\n");
	open_context();
	is_str(chosen("de-CH", NULL), "Swiss", "the country's own");
	is_str(chosen("de", "posh"), "posh die Firma", "the voice of a brand, in its partials too");
	is_str(chosen("es", "posh"), "mine", "where the brand has none in the language");
	is_str(chosen("de", "../x"), "a template's name is of letters, digits, - and _, not '../x'",
	       "a set that is a path");
	file("shop", "{\"language\":\"de\",\"templates\":\"posh\"}");
	unlink_file("templates/n.txt");
	open_context();
	is_str(chosen("nl", NULL), "posh die Firma", "the language and the voice of the shop");
}

static void test_html(void)
{
	const struct crm_template *t;
	struct crm_str page = CRM_STR_INIT;

	file("shop", "{\"name\":\"Shop & Sons\",\"zone\":\"Europe/Berlin\"}");
	file("templates/h.html", "Subject: <b> & {{shop.name}}\n\n<p>Hi {{shop.name}}</p>\n"
				 "<p><a href=\"https://x.example\">here</a></p>\n");
	open_context();
	is_str(say((struct crm_letter_ask){.conversation = 42, .name = "h"}),
	       "Hi Shop & Sons\n\nhere <https://x.example>", "text is made from HTML alone");
	is_str(letter.subject.ptr, "<b> & Shop & Sons", "a subject is no HTML");
	crm_letter_page(&letter, "a & b", &page);
	ok(strstr(page.ptr, "srcdoc=\"&lt;p>Hi Shop &amp;amp; Sons") && strstr(page.ptr, "sandbox"),
	   "a page to look at it, which runs nothing");
	file("templates/h.txt", "Subject: s\nPurpose: marketing\nAutomatic: yes\n\ntext\n");
	file("templates/h.html", "<p>{{shop.name}}</p>");
	open_context();
	crm_context_letter(context, &(struct crm_letter_ask){.conversation = 42, .name = "h"}, &t,
			   &letter, &err);
	is_str(letter.text.ptr, "text\n", "text and HTML side by side");
	is_str(letter.html.ptr, "<p>Shop &amp; Sons</p>", "their values escaped in HTML alone");
	is_str(t->purpose, "marketing", "the purpose");
	is_str(t->automatic, "auto-reply", "automatic");
	crm_str_release(&page);
}

/* What is wrong is said with file and line, less the folder. */
static void wrong(const char *template, const char *want)
{
	const char *got = text(template), *at = strstr(got, "t.txt");

	is_str(at ? at : got, want, want);
}

static void test_variables(void)
{
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	const char line[] = "{\"evil\":\"\\\", \\\"to\\\":1,\\n\\\\\"}";

	file("templates/v.txt", "Variables: {\"1\":\"{{line.evil}}\"}\n\nx");
	open_context();
	crm_json_scan(&doc, line, sizeof(line) - 1);
	say((struct crm_letter_ask){.conversation = 42, .name = "v", .line = &doc});
	is_str(letter.variables.ptr, "{\"1\":\"\\\", \\\"to\\\":1,\\n\\\\\"}",
	       "a value cannot end the string it stands in");
	crm_json_doc_release(&doc);
}

static void test_wrong(void)
{
	wrong("Subject: x\nSubjcet: y\n\nz",
	      "t.txt:2: unknown header 'Subjcet': Subject, Purpose, Automatic or Variables, then a "
	      "blank line and the text");
	wrong("Subject: x\nz", "t.txt:2: not a header line (Subject: …); a blank line ends them");
	wrong("Subject: x\nSubject: z\n\na", "t.txt:2: two subjects");
	wrong("Variables: {\"1\":\"{{person.name}}\"\n\na",
	      "t.txt: Variables are no JSON object: a comma was expected");
	wrong("Purpose: good cause\n\na", "t.txt:1: a purpose is a word: service, marketing");
	wrong("Automatic: true\n\na", "t.txt:1: Automatic is yes or no");
	wrong("Subject: x\n\n\n{{persn.name|you}}",
	      "t.txt:4: there is no value called {{persn.name}}");
	wrong("Subject: {{#person.nmae}}x{{/person.nmae}}\n\na",
	      "t.txt:1: there is no value called {{person.nmae}}");
	wrong("\n{{> nope}}", "t.txt:2: there is no partial {{nope}}");
	wrong("Subject: x\n\n \n", "t.txt: the letter would be empty");
	wrong("# who: me\nSubject: x\n\nHello {{person.phone}}",
	      "t.txt:4: no value for {{person.phone}}");
	say((struct crm_letter_ask){.conversation = 42, .name = "nope"});
	ok(strstr(err.text, "there is no template 'nope' for language de-AT: "),
	   "no template of that name");
}

static void test_shop(void)
{
	file("shop", "{\"name\":\"S\",\n\"zone\":\"Berlin\"}");
	open_context();
	ok(!context && strstr(err.text, "shop: 'Berlin' is no time zone"), "a zone that is none");
	file("shop", "{\"name\":\"S\",\n\"phone\":49}");
	open_context();
	ok(!context && strstr(err.text, "shop:2: 'phone' must be a text"),
	   "a member that is no text");
	file("shop", "{\"name\":\"S\",\n}");
	open_context();
	ok(!context && strstr(err.text, "shop:2: a key was expected"), "no JSON");
}

int main(void)
{
	char command[100];

	ok(mkdtemp(dir) != NULL && crm_db_open(&db, ":memory:", CRM_DB_CREATE) == CRM_OK
		   && crm_db_exec(db, store) == CRM_OK,
	   "a store");
	crm_db_set_now(db, 1790839800000); /* 2026-10-01T07:30:00Z */
	file("shop", "{\"name\":\"Shop & Sons\",\"zone\":\"Europe/Berlin\","
		     "\"request_url\":\"https://shop.example/r/\"}");
	file("agents", "{\"agent\":\"anna\",\"name\":\"Anna Berg\"}\n");
	test_values();
	test_line();
	test_choice();
	test_html();
	test_variables();
	test_wrong();
	test_shop();
	crm_context_close(context);
	crm_templates_free(templates);
	crm_letter_release(&letter);
	crm_db_close(db);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) || done();
}
