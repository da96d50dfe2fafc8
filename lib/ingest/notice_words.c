/* SPDX-License-Identifier: MIT */
/* The phrases, in lower case. A * stands for up to 60 bytes; where several stand in a text, the one
 * that comes first here is the one that counts. */
#include "ingest/notice_words.h"

#include <pthread.h>
#include <string.h>

#include "ingest/reason.h"

static const char *const hosts[] = {
	"mailer-daemon", "mailer daemon", "mailerdaemon",       "mail deliver",
	"mail.deliver",  "maildelivery",  "delivery subsystem", "delivery status",
};

static const char *const perhaps_hosts[] = {
	"postmaster",        "post_master",        "post-master",
	"ndr administrator", "mail administrator", "system administrator",
};

static const char *const subjects[] = {
	"undeliver",
	"not delivered",
	"non-deliver",
	"nondeliver",
	"non deliver",
	"returned mail",
	"returned to sender",
	"returning message",
	"returning to sender",
	"delivery status",
	"delivery notification",
	"delivery fail",
	"delivery has failed",
	"delivery error",
	"delivery problem",
	"delivery report",
	"delivery delay",
	"failed delivery",
	"mail failure",
	"failure notice",
	"failure notification",
	"mail system error",
	"message delayed",
	"could not be delivered",
	"could not send m",
	"cannot send message",
	"couldn't be delivered",
	"error sending your mail",
	"unzustellbar",
	"nicht zugestellt",
	"non remis",
	"non distribu",
	"no entregado",
	"no se puede entregar",
	"mancato recapito",
	"mancata consegna",
	"não entregue",
	"niet bezorgd",
	"onbestelbaar",
	"niedostarcz",
	"не доставлено",
	"недоставл",
	"メールエラー",
	"配信不能",
	"送信できません",
	"送信エラー",
	"退信",
};

static const char *const texts[] = {
	"could not be delivered",
	"couldn't be delivered",
	"couldn\xE2\x80\x99t be delivered",
	"cannot be delivered",
	"can't be delivered",
	"not been delivered",
	"not be delivered",
	"wasn't delivered",
	"was not delivered",
	"did not reach the following",
	"not able to deliver",
	"wasn't able to deliver",
	"unable to deliver",
	"trouble delivering",
	"error delivering",
	"error * trying to deliver",
	"delivery * failed",
	"delivery failed",
	"failed to deliver",
	"failed permanently",
	"delivery error",
	"delivery problem",
	"permanent fatal errors",
	"permanent error",
	"transient non-fatal errors",
	"following address(es) failed",
	"delivery to the following",
	"transcript of session",
	"message is delayed",
	"returned to sender",
	"returned to you",
	"message could not be sent",
	"message was rejected",
	"invalid user address",
	"failed addresses follow",
	"failure reasons",
	"nicht zugestellt",
	"n'a pas pu être",
	"no se ha podido entregar",
	"non è stato possibile",
	"не может быть доставлено",
	"送信できませんでした",
	"送信できません",
	"お届けできません",
	"送信に失敗しました",
};

static const char *const copies[] = {
	"below this line is a copy",
	"copy of the message",
	"copy of your message",
	"copy of the original",
	"enclosed is a copy",
	"original message follow",
	"original message header",
	"original message -",
	"-original message",
	"original message:",
	"message headers follow",
	"message header follow",
	"header of the original",
	"unsent message",
	"returned message -",
	"-returned message",
	"returned message:",
	"message text follows",
	"the original message:",
	"undelivered message follow",
	"first * lines of the",
	"message contents follow",
	"original message is attached",
	"content of your message",
	"ursprüngliche nachricht",
	"mensaje original",
	"message d'origine",
};

static const char *const delays[] = {
	"is delayed for more than",
	"has been delayed",
	"delivery delayed",
	"delivery is delayed",
	"will retry",
	"will keep trying",
	"will continue to",
	"will be retried",
	"temporary failure report",
	"could not send mail for past",
	"could not send message for past",
	"not yet been delivered",
	"do not need to re",
	"still being attempted",
	"warning message only",
	"warning--",
	"no action is required",
	"status notification (delay)",
	"delivery attempts will continue",
	"delayed mail",
};

static const char *const ends[] = {
	"giving up",  "given up",
	"permanent",  "not going to try again",
	"no further", "could not be delivered for",
};

static const char *const vacations[] = {
	"auto:",
	"auto reply",
	"auto-reply",
	"autoreply",
	"autorespon",
	"auto response",
	"automatic reply",
	"automatic response",
	"automatische antwort",
	"automatisch antwoord",
	"abwesenheit",
	"abwesend",
	"out of office",
	"out of the office",
	"out-of-office",
	"vacation",
	"away from",
	"away until",
	"réponse automatique",
	"absence",
	"absent",
	"respuesta automática",
	"fuera de la oficina",
	"ausencia",
	"resposta automática",
	"ausência",
	"risposta automatica",
	"fuori sede",
	"assenza",
	"afwezig",
	"autosvar",
	"automatiskt svar",
	"automatisk svar",
	"automaattinen vastaus",
	"odpowiedź automatyczna",
	"automatická odpověď",
	"automatikus válasz",
	"автоответ",
	"автоматический ответ",
	"otomatik yanıt",
	"自動応答",
	"自動返信",
	"自动回复",
	"自动答复",
	"自動回覆",
};

#define LIST(table)                                     \
	{                                               \
		table, sizeof(table) / sizeof(*(table)) \
	}

static const struct {
	const char *const *phrases;
	size_t n;
} lists[CRM_NOTICE_LISTS] = {
	[CRM_NOTICE_HOST] = LIST(hosts),       [CRM_NOTICE_PERHAPS_HOST] = LIST(perhaps_hosts),
	[CRM_NOTICE_SUBJECT] = LIST(subjects), [CRM_NOTICE_TEXT] = LIST(texts),
	[CRM_NOTICE_COPY] = LIST(copies),      [CRM_NOTICE_DELAY] = LIST(delays),
	[CRM_NOTICE_END] = LIST(ends),
};

static struct crm_phrases filed[CRM_NOTICE_LISTS];

static void file_phrases(void)
{
	for (int i = 0; i < CRM_NOTICE_LISTS; i++)
		crm_phrases_init(&filed[i], lists[i].phrases, lists[i].n, sizeof(char *));
}

const char *crm_notice_phrase(enum crm_notice_list list, struct crm_slice words)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	size_t i;

	pthread_once(&once, file_phrases);
	i = crm_phrases_find(&filed[list], words);
	return i ? lists[list].phrases[i - 1] : NULL;
}

bool crm_notice_is_vacation(struct crm_slice subject)
{
	for (size_t i = 0; i < sizeof(vacations) / sizeof(vacations[0]); i++)
		if (crm_slice_starts(subject, vacations[i]))
			return true;
	return false;
}
