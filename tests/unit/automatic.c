/* SPDX-License-Identifier: MIT */
/* What was written by a program, and what it reports. The messages are written for this test
 * after the RFCs named with each, and after the wording that mail hosts are known for; what
 * is expected of each is what its reader would say of it. */
#include "ingest/automatic.h"

#include "base/json.h"
#include "ingest/reason.h"
#include "tap.h"

static char *kind_of(const char *mail, size_t len)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(mail, len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_str json = CRM_STR_INIT;

	crm_json_open(&json, '{');
	if (message)
		crm_automatic_put(message, &json);
	crm_json_close(&json, '}');
	if (crm_json_scan(&doc, json.ptr, json.len) != CRM_OK)
		printf("# not JSON: %s\n", doc.error);
	crm_json_doc_release(&doc);
	if (message)
		g_object_unref(message);
	g_object_unref(parser);
	g_object_unref(stream);
	return crm_str_detach(&json);
}

static void check(const char *mail, const char *want, const char *title)
{
	char *got = kind_of(mail, strlen(mail));

	is_str(got, want, title);
	free(got);
}

#define PERSON "From: Ada King <ada@x.example>\nTo: shop@y.example\n"
#define DAEMON                                                                        \
	"Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@x.example>\nTo: " \
	"shop@y.example\n"

static void people(void)
{
	check(PERSON "Subject: Where is my order?\n\nHello\n", "{\"kind\":\"message\"}",
	      "a person's mail");
	check(PERSON "Subject: Undelivered mail\n\nYour parcel could not be delivered to\n"
		     "bob@x.example: 550 5.1.1 user unknown\n",
	      "{\"kind\":\"message\"}", "a person may write about bounces");
	check(PERSON "Subject: Out of office?\n\nAre you closed?\n", "{\"kind\":\"message\"}",
	      "a person may write about holidays");
	check(PERSON "Auto-Submitted: no\nSubject: x\n\nx\n", "{\"kind\":\"message\"}",
	      "Auto-Submitted: no (RFC 3834 5) says that a person did it");
	check(PERSON "Subject: Fwd: Returned mail\nContent-Type: multipart/mixed; boundary=b\n\n"
		     "--b\n\nWhy?\n--b\nContent-Type: message/rfc822\n\n" DAEMON
		     "Subject: Returned mail\nContent-Type: multipart/report; boundary=c\n\n"
		     "--c\n\nfailed\n--c\nContent-Type: message/delivery-status\n\n"
		     "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; bob@x.example\n"
		     "Action: failed\nStatus: 5.1.1\n\n--c--\n--b--\n",
	      "{\"kind\":\"message\"}", "who forwards a bounce writes a message");
	check("From: Postmaster <postmaster@x.example>\nTo: shop@y.example\nSubject: Your "
	      "server\n\n"
	      "Our mail to you could not be delivered.\n",
	      "{\"kind\":\"message\"}", "a postmaster is a person too");
	check("\n\n", "{\"kind\":\"message\"}", "no header at all");
}

static void automata(void)
{
	check(PERSON
	      "Auto-Submitted: auto-replied\nIn-Reply-To: <1@y.example>\nSubject: Re: x\n\nx\n",
	      "{\"kind\":\"auto-reply\",\"auto\":\"Auto-Submitted: auto-replied\","
	      "\"about\":\"1@y.example\"}",
	      "Auto-Submitted: auto-replied (RFC 3834 5)");
	check(PERSON "auto-submitted: Auto-Generated; x=y\nSubject: x\n\nx\n",
	      "{\"kind\":\"auto-reply\",\"auto\":\"auto-submitted: Auto-Generated; x=y\"}",
	      "a notification; names and values in any case");
	check(PERSON "Return-Path: <>\nSubject: x\n\nx\n",
	      "{\"kind\":\"auto-reply\",\"auto\":\"Return-Path: <>\"}",
	      "the null path (RFC 5321 4.5.5): nobody must answer");
	check(PERSON "Precedence: auto_reply\nSubject: x\n\nx\n",
	      "{\"kind\":\"auto-reply\",\"auto\":\"Precedence: auto_reply\"}",
	      "Precedence: auto_reply");
	check(PERSON "X-Autoreply: yes\nSubject: x\n\nx\n",
	      "{\"kind\":\"auto-reply\",\"auto\":\"X-Autoreply: yes\"}", "X-Autoreply");
	check(PERSON "X-Autoreply: no\nSubject: x\n\nx\n", "{\"kind\":\"message\"}",
	      "X-Autoreply: no");
	check(PERSON "X-Auto-Response-Suppress: All\nSubject: Invoice\n\nx\n",
	      "{\"kind\":\"message\",\"auto\":\"X-Auto-Response-Suppress: All\"}",
	      "X-Auto-Response-Suppress is a wish, not a proof");
	check(PERSON "X-Auto-Response-Suppress: All\nSubject: Automatic reply: Invoice\n\nx\n",
	      "{\"kind\":\"auto-reply\",\"auto\":\"X-Auto-Response-Suppress: All\"}",
	      "with the subject of a vacation it is one");
	check(PERSON "In-Reply-To: <1@y.example>\nSubject: "
		     "=?utf-8?q?R=C3=A9ponse_automatique_:_x?=\n\nx\n",
	      "{\"kind\":\"auto-reply\",\"auto\":\"Subject: Réponse automatique : x\","
	      "\"about\":\"1@y.example\"}",
	      "an answer without Re:, in French");
	check(PERSON "In-Reply-To: <1@y.example>\nSubject: Re: Automatic reply: x\n\nx\n",
	      "{\"kind\":\"message\"}", "a person answers an automatic reply");
	check(PERSON "List-Id: Cats <cats.x.example>\nSubject: Out of office\n\nx\n",
	      "{\"kind\":\"list\",\"auto\":\"List-Id: Cats <cats.x.example>\"}",
	      "a list (RFC 2919)");
	check(PERSON "Precedence: bulk\nSubject: News\n\nx\n",
	      "{\"kind\":\"list\",\"auto\":\"Precedence: bulk\"}", "Precedence: bulk");
	check(PERSON "List-Unsubscribe: <mailto:u@x.example>\nSubject: News\n\nx\n",
	      "{\"kind\":\"list\",\"auto\":\"List-Unsubscribe: <mailto:u@x.example>\"}",
	      "a newsletter (RFC 2369)");
	check(PERSON "List-Id: <cats.x.example>\nAuto-Submitted: auto-replied\n\nx\n",
	      "{\"kind\":\"auto-reply\",\"auto\":\"Auto-Submitted: auto-replied\"}",
	      "an automatic reply to a list");
	check(PERSON "X-Loop: shop@y.example\nSubject: x\n\nx\n",
	      "{\"kind\":\"message\",\"auto\":\"X-Loop: shop@y.example\"}",
	      "X-Loop asks for silence");
}

static void status_parts(void)
{
	check(DAEMON
	      "Subject: Undelivered Mail Returned to Sender\n"
	      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
	      "--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n"
	      "Reporting-MTA: dns; x.example\nArrival-Date: Thu, 1 Jan 2026 00:00:00 +0000\n\n"
	      "Final-Recipient: rfc822; bob@x.example\nOriginal-Recipient: rfc822;Bob@Z.example\n"
	      "Action: failed\nStatus: 5.1.1\n"
	      "Diagnostic-Code: smtp; 550 5.1.1 <bob@x.example>: Recipient\n"
	      "    address rejected: User unknown\n\n"
	      "Final-Recipient: rfc822; eve@x.example\nAction: delayed\nStatus: 4.4.1\n\n"
	      "Final-Recipient: rfc822; kim@x.example\nAction: relayed\nStatus: 2.0.0\n\n"
	      "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@y.example>\n"
	      "To: bob@x.example\n\n--b--\n",
	      "{\"kind\":\"bounce\",\"auto\":\"message/delivery-status\",\"about\":\"1@y.example\","
	      "\"reports\":[{\"recipient\":\"bob@z.example\",\"status\":\"bounced\",\"action\":"
	      "\"failed\","
	      "\"code\":\"5.1.1\",\"reply\":\"550\",\"reason\":\"userunknown\",\"hard\":true,"
	      "\"diagnostic\":\"550 5.1.1 <bob@x.example>: Recipient address rejected: User "
	      "unknown\"},"
	      "{\"recipient\":\"eve@x.example\",\"status\":\"deferred\",\"action\":\"delayed\","
	      "\"code\":\"4.4.1\",\"reason\":\"networkerror\",\"hard\":false},"
	      "{\"recipient\":\"kim@x.example\",\"status\":\"relayed\",\"action\":\"relayed\","
	      "\"code\":\"2.0.0\"}]}",
	      "RFC 3464: three recipients, the one as sent to counts");
	check(DAEMON
	      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n"
	      "Content-Type: multipart/report; boundary=c\n\n--c\n"
	      "Content-Type: message/delivery-status\n\nAction: delivered\n"
	      "Final-Recipient: rfc822; bob@x.example\nStatus: 2.1.5\n\n--c\n"
	      "Content-Type: message/rfc822\n\nMessage-ID: <2@y.example>\n\nx\n--c--\n--b--\n",
	      "{\"kind\":\"receipt\",\"auto\":\"message/"
	      "delivery-status\",\"about\":\"2@y.example\","
	      "\"reports\":[{\"recipient\":\"bob@x.example\",\"status\":\"delivered\","
	      "\"action\":\"delivered\",\"code\":\"2.1.5\"}]}",
	      "a success, within another multipart, fields in another order");
	check(DAEMON "Content-Type: multipart/report; boundary=b\n\n--b\n"
		     "Content-Type: message/delivery-status\n\n"
		     "Final-Recipient: rfc822; bob@x.example\nAction: failed\nStatus: 4.4.7\n"
		     "Diagnostic-Code: smtp; 450 4.1.1 user unknown\n\n--b--\n",
	      "{\"kind\":\"bounce\",\"auto\":\"message/delivery-status\",\"reports\":[{"
	      "\"recipient\":\"bob@x.example\",\"status\":\"bounced\",\"action\":\"failed\","
	      "\"code\":\"4.4.7\",\"reply\":\"450\",\"reason\":\"userunknown\",\"hard\":false,"
	      "\"diagnostic\":\"450 4.1.1 user unknown\"}]}",
	      "who says \"for now\" does not make an address dead");
	check(DAEMON
	      "Content-Type: multipart/report; boundary=b\n\n--b\n"
	      "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; bob@x.example\n"
	      "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550-5.7.1 Mail from\n"
	      "550-5.7.1 192.0.2.1 looks like spam\n550 5.7.1 of bob@x.example\n\n--b--\n",
	      "{\"kind\":\"bounce\",\"auto\":\"message/delivery-status\",\"reports\":[{"
	      "\"recipient\":\"bob@x.example\",\"status\":\"bounced\",\"action\":\"failed\","
	      "\"code\":\"5.7.1\",\"reply\":\"550\",\"reason\":\"spamdetected\",\"hard\":false,"
	      "\"diagnostic\":\"550-5.7.1 Mail from 550-5.7.1 192.0.2.1 looks like spam 550 5.7.1 "
	      "of "
	      "bob@x.example\"}]}",
	      "a code of its own is better than 5.0.0; lines not folded as they should be");
}

static void notices(void)
{
	check("From: MAILER-DAEMON@x.example\nTo: shop@y.example\nSubject: failure notice\n\n"
	      "Hi. This is the qmail-send program at x.example.\n"
	      "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
	      "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
	      "<bob@x.example>:\n192.0.2.1 does not like recipient.\n"
	      "Remote host said: 550 5.1.1 no such user\nGiving up on 192.0.2.1.\n\n"
	      "<eve@x.example>:\nRemote host said: 552 5.2.2 mailbox full\n\n"
	      "--- Below this line is a copy of the message.\n\nReturn-Path: <shop@y.example>\n"
	      "Message-ID: <3@y.example>\nFrom: shop@y.example\nTo: bob@x.example, kim@x.example\n",
	      "{\"kind\":\"bounce\",\"auto\":\"wording: failure notice\",\"about\":\"3@y.example\","
	      "\"reports\":[{\"recipient\":\"bob@x.example\",\"status\":\"bounced\",\"code\":\"5.1."
	      "1\","
	      "\"reply\":\"550\",\"reason\":\"userunknown\",\"hard\":true,\"diagnostic\":\"192.0.2."
	      "1 does "
	      "not like recipient. Remote host said: 550 5.1.1 no such user Giving up on "
	      "192.0.2.1.\"},"
	      "{\"recipient\":\"eve@x.example\",\"status\":\"bounced\",\"code\":\"5.2.2\","
	      "\"reply\":\"552\",\"reason\":\"mailboxfull\",\"hard\":false,"
	      "\"diagnostic\":\"Remote host said: 552 5.2.2 mailbox full\"}]}",
	      "qmail: each recipient with what is said of it, none of the copy");
	check("X-Failed-Recipients: bob@x.example, eve@x.example\nAuto-Submitted: auto-replied\n"
	      "From: Mail Delivery System <Mailer-Daemon@y.example>\nTo: shop@y.example\n"
	      "Subject: Mail delivery failed: returning message to sender\n\n"
	      "This message was created automatically by mail delivery software.\n\n"
	      "  bob@x.example\n    host mx.x.example [192.0.2.1]\n"
	      "    SMTP error from remote mail server after RCPT TO:<bob@x.example>:\n"
	      "    550 Mailbox disabled\n  eve@x.example\n    Unrouteable address\n",
	      "{\"kind\":\"bounce\",\"auto\":\"X-Failed-Recipients\",\"reports\":[{"
	      "\"recipient\":\"bob@x.example\",\"status\":\"bounced\",\"reply\":\"550\","
	      "\"reason\":\"suspend\",\"hard\":true,\"diagnostic\":\"host mx.x.example [192.0.2.1] "
	      "SMTP "
	      "error from remote mail server after RCPT TO:<bob@x.example>: 550 Mailbox "
	      "disabled\"},"
	      "{\"recipient\":\"eve@x.example\",\"status\":\"bounced\",\"reason\":\"hostunknown\","
	      "\"hard\":true,\"diagnostic\":\"Unrouteable address\"}]}",
	      "Exim: X-Failed-Recipients");
	check(DAEMON "Subject: Warning: could not send message for past 4 hours\n\n"
		     "Your message to <bob@x.example> has not yet been delivered.\n",
	      "{\"kind\":\"bounce\",\"auto\":\"wording: could not send m\",\"reports\":[{"
	      "\"recipient\":\"bob@x.example\",\"status\":\"deferred\",\"reason\":\"undefined\","
	      "\"hard\":false,\"diagnostic\":\"Your message to <bob@x.example> has not yet been "
	      "delivered.\"}]}",
	      "a delay is no failure");
	check(DAEMON "Subject: Returned mail\n\n550 5.1.2 <bob@nowhere.example>... Host unknown\n"
		     "554 <eve@x.example>... Connection reset by peer\n",
	      "{\"kind\":\"bounce\",\"auto\":\"wording: returned mail\",\"reports\":[{"
	      "\"recipient\":\"bob@nowhere.example\",\"status\":\"bounced\",\"code\":\"5.1.2\","
	      "\"reply\":\"550\",\"reason\":\"hostunknown\",\"hard\":true,"
	      "\"diagnostic\":\"550 5.1.2 <bob@nowhere.example>... Host unknown\"},"
	      "{\"recipient\":\"eve@x.example\",\"status\":\"bounced\",\"reply\":\"554\","
	      "\"reason\":\"networkerror\",\"hard\":false,"
	      "\"diagnostic\":\"554 <eve@x.example>... Connection reset by peer\"}]}",
	      "replies of one line each do not mix");
	check(DAEMON
	      "Subject: Undeliverable\nContent-Type: text/html\n\n<p>Could not be delivered to:"
	      "<br>&lt;bob@x.example&gt;<p>User unknown\n",
	      "{\"kind\":\"bounce\",\"auto\":\"wording: undeliver\",\"reports\":[{"
	      "\"recipient\":\"bob@x.example\",\"status\":\"bounced\",\"reason\":\"userunknown\","
	      "\"hard\":true,\"diagnostic\":\"User unknown\"}]}",
	      "HTML alone");
	check("From: noreply@x.example\nTo: shop@y.example\nSubject: "
	      "\xE3\x83\xA1\xE3\x83\xBC\xE3\x83\xAB"
	      "\xE3\x82\xA8\xE3\x83\xA9\xE3\x83\xBC\nContent-Type: text/plain; "
	      "charset=iso-2022-jp\n\n"
	      "\x1B$BAw?.$G$-$^$;$s$G$7$?!#\x1B(B\n<bob@x.example> mailbox is full 552\n",
	      "{\"kind\":\"bounce\",\"auto\":\"wording: メールエラー\",\"reports\":[{"
	      "\"recipient\":\"bob@x.example\",\"status\":\"bounced\",\"reply\":\"552\","
	      "\"reason\":\"mailboxfull\",\"hard\":false,\"diagnostic\":\"mailbox is full 552\"}]}",
	      "Japanese, in its charset");
}

static void others(void)
{
	check("From: fbl@isp.example\nSubject: FW: Sale\nContent-Type: multipart/report;\n"
	      " report-type=feedback-report; boundary=b\n\n--b\n\nx\n--b\n"
	      "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n"
	      "Original-Rcpt-To: <bob@x.example>\n\n--b\nContent-Type: message/rfc822\n\n"
	      "Message-ID: <4@y.example>\n\nx\n--b--\n",
	      "{\"kind\":\"complaint\",\"auto\":\"message/"
	      "feedback-report\",\"about\":\"4@y.example\","
	      "\"reports\":[{\"recipient\":\"bob@x.example\",\"status\":\"complained\","
	      "\"reason\":\"abuse\"}]}",
	      "a complaint (RFC 5965)");
	check("From: dmarc@isp.example\nContent-Type: multipart/report;\n"
	      " report-type=feedback-report; boundary=b\n\n--b\n"
	      "Content-Type: message/feedback-report\n\nFeedback-Type: auth-failure\n"
	      "Original-Rcpt-To: bob@x.example\n\n--b--\n",
	      "{\"kind\":\"complaint\",\"auto\":\"message/feedback-report\",\"reports\":[]}",
	      "a failed signature is nobody's complaint (RFC 6591)");
	check(PERSON "Subject: Read: Offer\nContent-Type: multipart/report;\n"
		     " report-type=disposition-notification; boundary=b\n\n--b\n\nx\n--b\n"
		     "Content-Type: message/disposition-notification\n\nReporting-UA: x\n"
		     "Final-Recipient: rfc822;ada@x.example\nOriginal-Message-ID: <5@y.example>\n"
		     "Disposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n",
	      "{\"kind\":\"receipt\",\"auto\":\"message/disposition-notification\","
	      "\"about\":\"5@y.example\",\"reports\":[{\"recipient\":\"ada@x.example\","
	      "\"status\":\"read\",\"action\":\"displayed\"}]}",
	      "a receipt (RFC 8098)");
	check("From: no-reply@sns.amazonaws.com\nSubject: AWS Notification Message\n\n"
	      "{\"notificationType\":\"Bounce\",\"bounce\":{\"bounceType\":\"Permanent\","
	      "\"bouncedRecipients\":[{\"emailAddress\":\"bob@x.example\",\"action\":\"failed\","
	      "\"status\":\"5.1.1\",\"diagnosticCode\":\"smtp; 550 5.1.1 user unk!\n nown\"}]},"
	      "\"mail\":{\"messageId\":\"0100\",\"commonHeaders\":{\"messageId\":\"<6@y.example>\"}"
	      "}}\n\n"
	      "--\nIf you wish to stop\n",
	      "{\"kind\":\"bounce\",\"auto\":\"notification of Amazon "
	      "SES\",\"about\":\"6@y.example\","
	      "\"reports\":[{\"recipient\":\"bob@x.example\",\"status\":\"bounced\",\"action\":"
	      "\"failed\","
	      "\"code\":\"5.1.1\",\"reply\":\"550\",\"reason\":\"userunknown\",\"hard\":true,"
	      "\"diagnostic\":\"550 5.1.1 user unknown\"}]}",
	      "a notification of SES, broken within a string");
}

static void hostile(void)
{
	struct crm_str mail = CRM_STR_INIT;
	char *got;
	int i;

	check(DAEMON
	      "Content-Type: multipart/report; boundary=b\n\n--b\n"
	      "Content-Type: message/delivery-status\n\n"
	      "Final-Recipient: rfc822; bob\001@x.example\nAction: fai\033[31mled\n"
	      "Status: 5.1.1\nDiagnostic-Code: smtp; \xFF\033]0;x\007 user unknown\n\n--b--\n",
	      "{\"kind\":\"bounce\",\"auto\":\"message/delivery-status\",\"reports\":[{"
	      "\"status\":\"bounced\",\"action\":\"fai[31mled\",\"code\":\"5.1.1\","
	      "\"reason\":\"userunknown\",\"hard\":true,\"diagnostic\":\"\xEF\xBF\xBD]0;x user "
	      "unknown\"}]}",
	      "control bytes: the address is left out, the text is cleaned");
	crm_str_adds(&mail, DAEMON "Content-Type: multipart/report; boundary=b\n\n--b\n"
				   "Content-Type: message/delivery-status\n\n");
	for (i = 0; i < 1000; i++)
		crm_str_addf(&mail, "Final-Recipient: rfc822; u%d@x.example\nAction: failed\n\n",
			     i);
	crm_str_adds(&mail, "--b--\n");
	got = kind_of(mail.ptr, mail.len);
	ok(strstr(got, "\"u99@x.example\"") && !strstr(got, "\"u100@x.example\""),
	   "of a thousand recipients a hundred are taken");
	free(got);
	crm_str_clear(&mail);
	crm_str_adds(&mail, PERSON);
	for (i = 0; i < 500; i++)
		crm_str_addf(&mail, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	crm_str_adds(&mail, "Content-Type: message/delivery-status\n\n"
			    "Final-Recipient: rfc822; a@x.example\nAction: failed\n");
	got = kind_of(mail.ptr, mail.len);
	is_str(got, "{\"kind\":\"message\"}", "what lies deeper than 16 parts is not seen");
	free(got);
	crm_str_release(&mail);
}

static void reason(const char *text, const char *want)
{
	struct crm_str words = CRM_STR_INIT;
	const struct crm_reason *got;

	crm_reason_words(crm_slice_of(text), &words);
	got = crm_reason_worded((struct crm_slice){words.ptr, words.len});
	is_str(got ? got->name : NULL, want, text);
	crm_str_release(&words);
}

static void reasons(void)
{
	reason("<bob@x.example>: Recipient address rejected: User unknown in local recipient table",
	       "userunknown");
	reason("user unknown; 192.0.2.1 is on our block list", "blocked");
	reason("The email account that you tried to reach is OVER  QUOTA", "mailboxfull");
	reason("see http://spamhaus.example/mailbox-full", NULL);
	reason("<mailbox.full@x.example> no", NULL);
	is_str(crm_reason_coded("5.2.2")->name, "mailboxfull", "5.2.2 (RFC 3463 3.3)");
	is_str(crm_reason_coded("4.2.2")->name, "mailboxfull", "4.2.2 is the same, for now");
	is_str(crm_reason_coded("5.7.999")->name, "policy", "any 5.7.x (RFC 3463 3.8)");
	ok(!crm_reason_coded("5.0.0") && !crm_reason_coded(""), "5.0.0 says nothing");
	ok(crm_reason_named("userunknown")->hard && !crm_reason_named("mailboxfull")->hard,
	   "a full mailbox is somebody's, an unknown user is nobody");
}

/* The senders are those that reply/mime.h makes. */
static void senders(void)
{
#define VERP                                                             \
	"\nSubject: Undelivered mail\nFrom: MAILER-DAEMON@x.example\n\n" \
	"<ada@x.example>: 550 5.1.1 user unknown\n"
#define REPORT                                                                           \
	"\"reports\":[{\"recipient\":\"ada@x.example\",\"status\":\"bounced\","          \
	"\"code\":\"5.1.1\",\"reply\":\"550\",\"reason\":\"userunknown\",\"hard\":true," \
	"\"diagnostic\":\"550 5.1.1 user unknown\"}]}"
#define BOUNCE "{\"kind\":\"bounce\",\"auto\":\"wording: undeliver\","
	check("Return-Path: <>\nTo: bounce+k3x9q2mwta=shop.example@shop.example" VERP,
	      BOUNCE "\"about\":\"k3x9q2mwta@shop.example\"," REPORT,
	      "a report that quotes nothing tells the message by its address");
	check("Return-Path: <>\nTo: help@shop.example\n"
	      "Delivered-To: bounce+k3x9q2mwta=shop.example@shop.example" VERP,
	      BOUNCE "\"about\":\"k3x9q2mwta@shop.example\"," REPORT, "  also by the envelope's");
	check("Return-Path: <>\nTo: shop+ticket42@shop.example" VERP, BOUNCE REPORT,
	      "another detail of an address is none");
	check("Return-Path: <>\nTo: shop+a=b, a+b=" VERP, BOUNCE REPORT, "nor is a half one");
}

int main(void)
{
	g_mime_init();
	people();
	automata();
	status_parts();
	notices();
	others();
	senders();
	hostile();
	reasons();
	g_mime_shutdown();
	return done();
}
