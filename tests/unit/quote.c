/* SPDX-License-Identifier: MIT */
/* The reply and the rest of a mail. Source of truth: mails written for this test, in the
 * manner of the programs named beside them, of which it is known who wrote which line.
 * With a file as argument it prints the reply in it, for tests/replies.t. */
#include "norm/quote.h"

#include "tap.h"

/* Parts text and compares the reply. */
static void reply_is(const char *text, const char *want, const char *title)
{
	struct crm_str reply = CRM_STR_INIT;

	crm_quote_split(crm_slice_of(text), &reply, NULL);
	is_str(reply.ptr, want, title);
	crm_str_release(&reply);
}

/* An introduction, above a quote with and one without marks. */
static void intro(const char *line, const char *title)
{
	struct crm_str text = CRM_STR_INIT, reply = CRM_STR_INIT, quoted = CRM_STR_INIT;
	struct crm_str want = CRM_STR_INIT;

	crm_str_addf(&text, "Danke, 42!\n\n%s\n\n> alt\n> älter\n\nund dies", line);
	crm_quote_split((struct crm_slice){text.ptr, text.len}, &reply, &quoted);
	crm_str_addf(&want, "%s\n> alt\n> älter", line);
	if (!ok(!strcmp(reply.ptr, "Danke, 42!\n\nund dies") && !strcmp(quoted.ptr, want.ptr), "%s",
		title))
		printf("# reply: %s\n# rest: %s\n", reply.ptr, quoted.ptr);
	crm_str_clear(&text);
	crm_str_addf(&text, "Danke, 42!\r\n%s\r\n\r\nalt\r\n\r\nälter\r\n", line);
	crm_str_clear(&reply);
	crm_quote_split((struct crm_slice){text.ptr, text.len}, &reply, NULL);
	is_str(reply.ptr, "Danke, 42!", "  and without marks");
	crm_str_release(&text);
	crm_str_release(&reply);
	crm_str_release(&quoted);
	crm_str_release(&want);
}

static void introductions(void)
{
	intro("On Tue, 5 Mar 2024 at 09:12, Ann Lee <ann@shop.example> wrote:", "Gmail");
	intro("On Mar 5, 2024, at 9:12 AM, Ann Lee <ann@shop.example> wrote:", "Apple Mail");
	intro("On Tue, Mar 5, 2024 at 9:12 AM Customer Care <\ncare@shop.example> wrote:",
	      "Gmail, wrapped within the address");
	intro("On Tue, 5 Mar 2024, 09:12 Ann Lee from the very long department,\n"
	      "<ann@shop.example>\nwrote:",
	      "on three lines");
	intro("Am Di., 5. März 2024 um 09:12 Uhr schrieb Anna Lä <a@shop.example>:", "de, Gmail");
	intro("Am 05.03.24 um 09:12 schrieb Anna Lä <a@shop.example>:", "de, Thunderbird");
	intro("Am 05.03.2024 um 09:12 schrieb a@shop.example:", "de, iPhone");
	intro("Le mar. 5 mars 2024 à 09:12, Anne Lé <a@shop.example> a écrit :", "fr, Gmail");
	intro("Le 05/03/2024 à 09:12, Anne Lé a écrit :", "fr, Thunderbird");
	intro("El mar, 5 mar 2024 a las 9:12, Ana (<a@shop.example>) escribió:", "es, Gmail");
	intro("El 5/3/24 a las 9:12, Ana escribió:", "es, Thunderbird");
	intro("Il giorno mar 5 mar 2024 alle ore 09:12 Anna <a@shop.example>\nha scritto:",
	      "it, Gmail");
	intro("Em ter., 5 de mar. de 2024 às 09:12, Ana <a@shop.example> escreveu:", "pt, Gmail");
	intro("Op di 5 mrt 2024 om 09:12 schreef Anna <a@shop.example>:", "nl, Gmail");
	intro("W dniu 5.03.2024 o 09:12, Anna pisze:", "pl, Thunderbird");
	intro("wt., 5 mar 2024 o 09:12 Anna <a@shop.example> napisał(a):", "pl, Gmail");
	intro("Den tis 5 mars 2024 kl 09:12 skrev Anna <a@shop.example>:", "sv, Gmail");
	intro("Den 5. mars 2024 kl. 09.12 skrev Anna <a@shop.example>:", "no, iPhone");
	intro("tirs. 5. mar. 2024 kl. 09.12 skrev Anna <a@shop.example\n>:",
	      "da, Gmail, wrapped before the '>'");
	intro("ti 5. maalisk. 2024 klo 9.12 Anna (a@shop.example) kirjoitti:", "fi, Gmail");
	intro("út 5. 3. 2024 v 9:12 odesílatel Anna <a@shop.example> napsal:", "cs, Gmail");
	intro("Anna <a@shop.example> ezt írta (időpont: 2024. márc. 5., K, 9:12):", "hu, Gmail");
	intro("În mar., 5 mar. 2024 la 09:12, Ana <a@shop.example> a scris:", "ro, Gmail");
	intro("вт, 5 мар. 2024 г. в 09:12, Анна <a@shop.example>:", "ru, Gmail");
	intro("05.03.2024, 09:12, \"Анна\" <a@shop.example>:", "ru, Yandex");
	intro("5 марта 2024 г., 09:12, Анна <a@shop.example> написал(а):", "ru, Apple Mail");
	intro("вт, 5 бер. 2024 р. о 09:12 Анна <a@shop.example> пише:", "uk, Gmail");
	intro("Anna <a@shop.example>, 5 Mar 2024 Sal, 09:12 tarihinde şunu yazdı:", "tr, Gmail");
	intro("Στις Τρί 5 Μαρ 2024 στις 9:12 π.μ., ο χρήστης Άννα <a@shop.example> έγραψε:",
	      "el, Gmail");
	intro("Vào Th 3, 5 thg 3, 2024 vào lúc 09:12 Anna <a@shop.example> đã viết:", "vi");
	intro("安娜 <a@shop.example> 于2024年3月5日周二 09:12写道：", "zh, Gmail");
	intro("2024年3月5日(火) 9:12 アンナ <a@shop.example>:", "ja, Gmail");
	intro("2024년 3월 5일 (화) 오전 9:12, 안나 <a@shop.example>님이 작성:", "ko, Gmail");
	intro("\xE2\x80\xAB"
	      "בתאריך יום ג׳, 5 במרץ 2024 ב-9:12 מאת Anna <\xE2\x80\xAA"
	      "a@shop.example\xE2\x80\xAC>:\xE2\x80\xAC",
	      "he, Gmail");
	intro("في الثلاثاء، 5 مارس 2024 في 9:12 ص تمت كتابة ما يلي بواسطة Anna <a@shop.example>:",
	      "ar, Gmail");
	intro("---- On Tue, 05 Mar 2024 09:12:00 +0100 Ann <a@shop.example> wrote ----", "Zoho");
	intro("--- On Tue, 5/3/24, Ann <a@shop.example> wrote:", "Yahoo");
	reply_is("See below.\n\nAnn Lee writes:\n> old", "See below.", "Gnus");
	reply_is("See.\n* Ann Lee <a@x.example> [2024-03-05 09:12]:\n> old", "See.", "mutt");
}

/* A block of headers between a letter and what it answers. */
static void headers(const char *block, const char *title)
{
	struct crm_str text = CRM_STR_INIT;

	crm_str_addf(&text, "Danke!\n\n%s\n\nalt\n\nälter", block);
	reply_is(text.ptr, "Danke!", title);
	crm_str_release(&text);
}

static void header_blocks(void)
{
	headers("From: Ann Lee <a@shop.example>\nSent: Tuesday, March 5, 2024 9:12 AM\n"
		"To: Bob <b@x.example>\nCc: Carl\nSubject: Your order",
		"Outlook");
	headers("________________________________\nFrom: Ann Lee\nSent: Tuesday, March 5, 2024\n"
		"To: Bob\nSubject: Your order",
		"Outlook on the web, without an address");
	headers("*Von:* Anna <a@shop.example>\n*Gesendet:* Dienstag, 5. März 2024 09:12\n"
		"*An:* Bob\n*Betreff:* Ihre Bestellung",
		"de, bold");
	headers("De : Anne <a@shop.example>\nEnvoyé : mardi 5 mars 2024 09:12\nÀ : Bob\n"
		"Objet : Commande",
		"fr");
	headers("De: Ana <a@shop.example>\nEnviado el: martes, 5 de marzo de 2024 9:12\n"
		"Para: Bob\nAsunto: Pedido",
		"es");
	headers("Da: Anna <a@shop.example>\nInviato: martedì 5 marzo 2024 09:12\nA: Bob\n"
		"Oggetto: Ordine",
		"it");
	headers("De: Ana <a@shop.example>\nEnviada em: terça-feira, 5 de março de 2024 09:12\n"
		"Para: Bob\nAssunto: Pedido",
		"pt");
	headers("Van: Anna <a@shop.example>\nVerzonden: dinsdag 5 maart 2024 09:12\nAan: Bob\n"
		"Onderwerp: Bestelling",
		"nl");
	headers("Od: Anna <a@shop.example>\nWysłano: wtorek, 5 marca 2024 09:12\nDo: Bob\n"
		"Temat: Zamówienie",
		"pl");
	headers("От: Анна <a@shop.example>\nОтправлено: 5 марта 2024 г. 9:12\nКому: Bob\nТема: "
		"Заказ",
		"ru");
	headers("发件人: Anna <a@shop.example>\n发送时间: 2024年3月5日 9:12\n收件人: Bob\n主题: "
		"订单",
		"zh");
	headers("差出人: Anna <a@shop.example>\n送信日時: 2024年3月5日 9:12\n宛先: Bob\n件名: 注文",
		"ja");
	headers("보낸 사람: Anna <a@shop.example>\n보낸 날짜: 2024년 3월 5일\n받는 사람: "
		"Bob\n제목: 주문",
		"ko");
	headers("________________________________\nLeketso: Anna <a@shop.example>\n"
		"Letsatsi: 5 Hlakubele 2024 09:12\nHo: Bob\nTaba: Taelo",
		"a language that is not in the tables, below Outlook's rule");
	headers("From: Ann with a name so long\n<a@shop.example>\nSent: Tuesday, March 5, 2024\n"
		"To: Bob\nSubject: Your order",
		"wrapped");
	headers("-----Original Message-----\nFrom: Ann\nSubject: x", "Original Message");
	headers("-------- Ursprüngliche Nachricht --------\nVon: Anna\nBetreff: x", "de, phone");
	headers("-----Mensaje original-----", "es, without headers");
	headers("Begin forwarded message:\n\nFrom: Ann <a@shop.example>\nSubject: x",
		"Apple's forward");
	headers("---------- Forwarded message ---------\nFrom: Ann <a@shop.example>",
		"Gmail's forward");
	headers("##- Please type your reply above this line -##", "a desk's marker");
}

static void signatures(void)
{
	reply_is("Yes.\n-- \nBob\nAcme\n\nPhone 1", "Yes.", "the standard's mark");
	reply_is("Yes.\n\n-- \nBob\n\nOn Mon, 4 Mar 2024, Ann wrote:\n> old\n\nand this",
		 "Yes.\n\nand this", "a signature ends where the quote begins");
	reply_is("Yes.\n\n—\nBob", "Yes.", "a dash");
	reply_is("Sent.\n\nSent from my iPhone", "Sent.", "a telephone");
	reply_is("Da.\n\nVon meinem iPhone gesendet", "Da.", "de");
	reply_is("Da.\n\nGesendet von Outlook für iOS<https://x.example/a>", "Da.", "de, Outlook");
	reply_is("Oui.\n\nEnvoyé de mon iPhone", "Oui.", "fr");
	reply_is("Sí.\n\nEnviado desde mi Samsung Galaxy", "Sí.", "es");
	reply_is("Sì.\n\nInviato da iPhone", "Sì.", "it");
	reply_is("Ja.\n\nVerstuurd vanaf mijn iPad", "Ja.", "nl");
	reply_is("Tak.\n\nWysłane z iPhone'a", "Tak.", "pl");
	reply_is("Да.\n\nОтправлено с iPhone", "Да.", "ru");
	reply_is("はい。\n\niPhoneから送信", "はい。", "ja");
	reply_is("好的。\n\n发自我的iPhone", "好的。", "zh");
	reply_is("Evet.\n\niPhone'umdan gönderildi", "Evet.", "tr");
	reply_is("Where is it?\n\nKind regards,\n\nBob Fox\nHead of Sales\n+1 555 0100",
		 "Where is it?", "a block below a closing");
	reply_is("Where is it?\n\nKind regards,\nBob", "Where is it?\n\nKind regards,\nBob",
		 "a closing and a name are part of the letter");
	reply_is("Yes\n\nRegards,\nBob\n\nPS: it was two parcels, not one.",
		 "Yes\n\nRegards,\nBob\n\nPS: it was two parcels, not one.", "so is a postscript");
	reply_is("Ok\n\n_______________________________________________\nshop mailing list\n"
		 "shop@lists.example\nhttps://lists.example/mailman/listinfo/shop",
		 "Ok", "a mailing list's footer");
	reply_is("Ok\n\nThis email and any attachments are confidential and intended solely for\n"
		 "the person to whom they are addressed.",
		 "Ok", "a lawyer's");
}

/* What looks like a quote or a signature, and is the sender's. */
static void kept(const char *text, const char *title)
{
	reply_is(text, text, title);
}

static void false_friends(void)
{
	kept("On Monday I ordered two lamps.\nOn Tuesday one came.", "sentences with On");
	kept("As my brother wrote:\nthe lamp is broken.", "a verb alone");
	kept("My trip:\nFrom: Berlin\nTo: Paris\nDate: 12 May 2024\nPlease book.", "a trip");
	kept("From: our house to yours, merry Christmas.", "From: in a greeting");
	kept("Please call me at 12:30, or write to bob@x.example:\nI am at home.", "an address");
	kept("Sent from my office last week, the parcel has not come.\n\nBob", "Sent from");
	kept("Von meinem Konto wurden 50 EUR abgebucht.\n\nBitte prüfen.", "Von meinem");
	kept("Siparişim yanlış adrese gönderildi\n\nYardım edin", "gönderildi");
	kept("Enviado de nuevo el comprobante, espero respuesta\n\nAna", "Enviado de");
	kept("It costs\n--\nmore than I thought, and I should like to say at length why: it is "
	     "because "
	     "the price on your page was 20 and the one on the bill is 25, which is not what we "
	     "said, "
	     "is it?",
	     "-- between paragraphs");
	kept("Points:\n-- one\n-- two", "-- before points");
	kept("Options\n--------\nRed\nBlue", "an underlined heading");
	kept("The mailing list at the shop is broken.\n\nI want to unsubscribe from it.", "lists");
	kept("I forward the original message from Ann: she said no.\n\nBob", "original message");
	kept("Le lundi 5 mars 2024, j'ai reçu ceci :\nune lampe.", "fr, a date and a colon");
	kept("Am 5.3.2024 um 10:00 kam ein Paket an:\neine Lampe.", "de, a date and a colon");
	kept("Sizes:\n\n10 > 5\n\nand x>y", "greater than within a line");
}

static void whole(void)
{
	kept("From: Ann <a@shop.example>\nSent: Tuesday\nTo: Bob\nSubject: x\n\nold",
	     "a forward without a word is the whole");
	kept("> quoted and nothing else", "so is a quote alone");
	reply_is("-- \nBob", "--\nBob", "and a signature alone");
	kept("Sent from my iPhone", "and a telephone's line");
	reply_is("", "", "nothing is nothing");
	reply_is("\n\n  \n", "", "nor are blank lines");
	reply_is("Sent from my iPhone\n\nThe lamp is broken.", "The lamp is broken.",
		 "an answer below a telephone's line");
	reply_is("> Red?\nYes.\n> Blue?\n>> Green?\nNo.\n\nThanks", "Yes.\n\nNo.\n\nThanks",
		 "answers between the lines");
	reply_is("Ok\n\nOn Mon, 4 Mar 2024 at 9:00, Ann <a@x.example> wrote:\n"
		 "> a long line that was wrapped by a mail program after the sixtieth colu\n"
		 "mn of it\n> next\n\nand me",
		 "Ok\n\nand me", "the wrapped end of a quoted line is quoted");
	reply_is("Ok\xA0\n\xFF bad\n> x\n", "Ok\xA0\n\xFF bad", "bytes that are no UTF-8 stay");
}

/* Twice as long must not take much more than twice as long: all is handled in no time. */
static void large(void)
{
	static const char *const lines[] = {"--\n",        "On 1.1.2020 10:00 x@y a wrote b:\n",
					    "From: a@b\n", "__\n",
					    "a\n>",        "x <\n> wrote:\n"};
	struct crm_str text = CRM_STR_INIT, reply = CRM_STR_INIT;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		crm_str_clear(&text);
		crm_str_clear(&reply);
		while (text.len < 500 * 1000)
			crm_str_adds(&text, lines[i]);
		crm_quote_split((struct crm_slice){text.ptr, text.len}, &reply, NULL);
		ok(reply.len > 0, "half a megabyte of one line, %zu", i);
	}
	crm_str_clear(&reply);
	while (text.len <= CRM_QUOTE_TEXT_MAX)
		crm_str_adds(&text, "> x\n");
	crm_quote_split((struct crm_slice){text.ptr, text.len}, &reply, NULL);
	is_int((long long)reply.len, (long long)text.len, "what is too long for a letter is whole");
	crm_str_release(&text);
	crm_str_release(&reply);
}

static int print_reply(const char *file)
{
	struct crm_str text = CRM_STR_INIT, reply = CRM_STR_INIT;
	FILE *f = fopen(file, "rb");
	char bytes[65536];
	size_t n;

	if (!f)
		return 66;
	while ((n = fread(bytes, 1, sizeof(bytes), f)))
		crm_str_add(&text, bytes, n);
	fclose(f);
	crm_quote_split((struct crm_slice){text.ptr, text.len}, &reply, NULL);
	puts(reply.ptr);
	crm_str_release(&text);
	crm_str_release(&reply);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return print_reply(argv[1]);
	introductions();
	header_blocks();
	signatures();
	false_friends();
	whole();
	large();
	return done();
}
