/* SPDX-License-Identifier: MIT */
/* Exported WhatsApp chats as JSON. The expectations are the rules in whatsapp.h; the ways of
 * writing dates are those that ICU (CLDR) gives for the languages named. */
#include "ingest/whatsapp.h"
#include "items.h"
#include "tap.h"

#define LRM "\xE2\x80\x8E"   /* left-to-right mark */
#define NNBSP "\xE2\x80\xAF" /* narrow no-break space */

static void reads(const char *text, const char *want, const char *title)
{
	char *got = items_of(&crm_syntax_whatsapp, text, strlen(text));

	is_str(got, want, title);
	free(got);
}

/* A stamp before " - A: x", or in brackets before " A: x", gives this time; NULL: none. */
static void stamp(const char *written, const char *time, const char *title)
{
	struct crm_str text = CRM_STR_INIT, want = CRM_STR_INIT;
	char *got;

	crm_str_addf(&text, *written == '[' ? "%s A: x" : "%s - A: x", written);
	crm_str_addf(&want, "{\"time\":\"%s\",\"author\":\"A\",\"text\":\"x\"}", time ? time : "");
	got = items_of(&crm_syntax_whatsapp, text.ptr, text.len);
	if (time)
		is_str(got, want.ptr, title);
	else
		ok(strchr(got, '!') != NULL, "%s", title);
	is_int(crm_syntax_whatsapp.sniff((struct crm_slice){text.ptr, text.len}), time != NULL,
	       title);
	free(got);
	crm_str_release(&text);
	crm_str_release(&want);
}

static void test_stamps(void)
{
	stamp("24/12/19, 15:04", "24/12/19 15:04", "Android, English (UK)");
	stamp("3/4/26, 9:15" NNBSP "PM", "3/4/26 21:15", "a narrow blank before PM");
	stamp("3/4/26, 12:15 AM", "3/4/26 00:15", "an hour past midnight is 0");
	stamp("3/4/26, 12:15 PM", "3/4/26 12:15", "an hour past noon is 12");
	stamp("24.12.19, 15:04", "24.12.19 15:04", "dots stay: the day is first");
	stamp("24-12-2019 15:04", "24/12/2019 15:04", "Dutch, dashes and no comma");
	stamp("2019-12-24 15:04", "2019-12-24 15:04", "Swedish, year first");
	stamp("2019/12/24, 15:04", "2019-12-24 15:04", "Japanese, year first");
	stamp("24/12/19 3:04 p. m.", "24/12/19 15:04", "Spanish halves of the day");
	stamp("24/12/19, 3:04 p.\xC2\xA0m.", "24/12/19 15:04", "with a no-break blank");
	stamp("24/12/19 kl. 15.04", "24/12/19 15:04", "Danish, a dot in the clock");
	stamp("2019. 12. 24. 오후 3:04", "2019-12-24 15:04", "Korean, the half before the clock");
	stamp("2019/12/24 上午12:04", "2019-12-24 00:04", "Chinese");
	stamp("٢٤/١٢/٢٠١٩، ٣:٠٤ م", "24/12/2019 15:04", "Arabic digits, comma and half");
	stamp("24/12/2019 à 15:04", "24/12/2019 15:04", "French");
	stamp("3/4/26, 9:15 xx", "3/4/26 09:15 xx", "a half that is not known stays, to be seen");
	stamp("[24.12.19, 15:04:09]", "24.12.19 15:04:09", "iOS, German");
	stamp("[24/12/2019, 9:15:07" NNBSP "AM]", "24/12/2019 09:15:07", "iOS, English");
	stamp("[2019-12-24, 15:04]", "2019-12-24 15:04", "brackets, minutes only");
	stamp("32/12/19, 15:04", NULL, "no such day");
	stamp("24/12/19, 25:04", NULL, "no such hour");
	stamp("24/12/19, 15:60", NULL, "no such minute");
	stamp("24/12.19, 15:04", NULL, "two ways between the numbers");
	stamp("12345/12/19, 15:04", NULL, "five digits");
	stamp("24/12/19", NULL, "no clock");
	stamp("[24/12/19, 15:04", NULL, "a bracket left open");
}

static void test_messages(void)
{
	reads("1/2/19, 15:04 - A: a\r\n\r\n b\r\n1/2/19, 15:05 - B: c",
	      "{\"time\":\"1/2/19 15:04\",\"author\":\"A\",\"text\":\"a\\r\\n\\r\\n b\"}\n"
	      "{\"time\":\"1/2/19 15:05\",\"author\":\"B\",\"text\":\"c\"}",
	      "lines that begin none continue a message");
	reads("no head\nnor here\n1/2/19, 15:04 - A: a",
	      "1! is no message: it does not begin with a date and a time\n"
	      "{\"time\":\"1/2/19 15:04\",\"author\":\"A\",\"text\":\"a\"}",
	      "what stands before the first message");
	reads("1/2/19, 15:04 - A:B: a: b",
	      "{\"time\":\"1/2/19 15:04\",\"author\":\"A:B\",\"text\":\"a: b\"}",
	      "a name ends at a colon with a blank behind it");
	reads("1/2/19, 15:04 - A:", "{\"time\":\"1/2/19 15:04\",\"author\":\"A\"}", "no text");
	reads("1/2/19, 15:04 - A joined",
	      "{\"time\":\"1/2/19 15:04\",\"system\":true,\"text\":\"A joined\"}",
	      "nobody wrote it");
	reads("1/2/19, 15:04 - A changed the subject from \"x: y\" to \"z\"",
	      "{\"time\":\"1/2/19 15:04\",\"system\":true,\"text\":\"A changed the subject from "
	      "\\\"x: y\\\" to \\\"z\\\"\"}",
	      "a colon in what the program quotes");
	reads("[1/2/19, 15:04:00] A: " LRM "A left",
	      "{\"time\":\"1/2/19 15:04:00\",\"author\":\"A\",\"system\":true,\"text\":\"A left\"}",
	      "iOS marks what the program says");
	reads("1/2/19, 15:04 - \xE2\x80\xAA+49 170\xC2\xA0"
	      "1234567\xE2\x80\xAC: a",
	      "{\"time\":\"1/2/19 15:04\",\"phone\":\"+49 170\xC2\xA0"
	      "1234567\",\"text\":\"a\"}",
	      "a number in marks of direction");
	reads("1/2/19, 15:04 - ~" NNBSP "Bob: a",
	      "{\"time\":\"1/2/19 15:04\",\"author\":\"Bob\",\"text\":\"a\"}",
	      "somebody who is in no address book");
}

static void test_files(void)
{
	reads("1/2/19, 15:04 - A: <Medien ausgeschlossen>",
	      "{\"time\":\"1/2/19 15:04\",\"author\":\"A\",\"attachments\":[{\"type\":\"media\"}]}",
	      "left out, Android");
	reads("[1/2/19, 15:04:00] A: " LRM "Bild weggelassen",
	      "{\"time\":\"1/2/19 "
	      "15:04:00\",\"author\":\"A\",\"attachments\":[{\"type\":\"media\"}]}",
	      "left out, iOS");
	reads("1/2/19, 15:04 - A: image omitted",
	      "{\"time\":\"1/2/19 15:04\",\"author\":\"A\",\"text\":\"image omitted\"}",
	      "somebody wrote so");
	reads("1/2/19, 15:04 - A: IMG-20190201-WA0000.jpg (Datei angehängt)\nlook",
	      "{\"time\":\"1/2/19 "
	      "15:04\",\"author\":\"A\",\"attachments\":[{\"type\":\"file\",\"name\":"
	      "\"IMG-20190201-WA0000.jpg\"}],\"text\":\"look\"}",
	      "exported along, Android, with what was written to it");
	reads("[1/2/19, 15:04:00] A: " LRM "<Anhang: 0001-PHOTO.jpg>",
	      "{\"time\":\"1/2/19 15:04:00\",\"author\":\"A\",\"attachments\":[{\"type\":\"file\","
	      "\"name\":\"0001-PHOTO.jpg\"}]}",
	      "exported along, iOS");
	reads("1/2/19, 15:04 - A: a " LRM "<Diese Nachricht wurde bearbeitet.>",
	      "{\"time\":\"1/2/19 15:04\",\"author\":\"A\",\"edited\":true,\"text\":\"a\"}",
	      "edited");
	reads("1/2/19, 15:04 - A: You deleted this message.",
	      "{\"time\":\"1/2/19 15:04\",\"author\":\"A\",\"deleted\":true,\"text\":\"You deleted "
	      "this message.\"}",
	      "deleted");
}

static void test_limits(void)
{
	struct crm_str text = CRM_STR_INIT;
	char *got;

	crm_str_adds(&text, "1/2/19, 15:04 - A: ");
	for (size_t i = 0; i <= CRM_WHATSAPP_MAX; i++)
		crm_str_addc(&text, 'x');
	crm_str_adds(&text, "\n1/2/19, 15:05 - B: b");
	got = items_of(&crm_syntax_whatsapp, text.ptr, text.len);
	ok(strstr(got, "1! longer than 1 MiB") == got, "a message that is too long");
	ok(strstr(got, "{\"time\":\"1/2/19 15:05\",\"author\":\"B\",\"text\":\"b\"}") != NULL,
	   "and the one after it");
	free(got);
	crm_str_release(&text);
}

int main(void)
{
	test_stamps();
	test_messages();
	test_files();
	test_limits();
	return done();
}
