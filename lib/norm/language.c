/* SPDX-License-Identifier: MIT */
/* Small words are written down here for the languages of Europe that are asked for most;
 * other languages are added by a line. They are kept without accents and in lower case, so
 * that "für", "FÜR" and "fur" meet. */
#include "norm/language.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "base/hash.h"
#include "base/table.h"
#include "base/utf8.h"

#define LOOK_AT 2000 /* characters */
#define WORD_MAX 24  /* bytes of a small word */

/* The words of a language, single blanks between. Those of several languages count for each. */
static const struct {
	const char *code, *words;
} small[] = {
	{"en",
	 "a about after all also am an and any are as at be been but by can could did do does "
	 "dont for from get had has have hello hey hi how i if im in is it its ive just me "
	 "my not of on or our please should so thank thanks that the their them then there "
	 "these they this to was we were what when where which who why will with would you "
	 "your yours regards dear want need tell know"},
	{"de", "aber als am an auch auf aus bei beim bin bis bitte da danke dann das dass dem den "
	       "der des die dies diese dieser dieses doch ein eine einem einen einer eines er es "
	       "fur gibt grussen grusse gruss guten tag hab habe haben hallo hat hatte ich ihr "
	       "ihre ihnen im in ist ja kann kein keine konnen konnte liebe mal man mein meine "
	       "meinem meinen meiner mich mir mit mochte muss nach nicht noch nur ob oder schon "
	       "sehr sein sich sie sind so soll uber um und uns unter vom von vor wann warum was "
	       "wenn wer werden wie wieder will wir wird wo wurde zu zum zur wieviel"},
	{"fr",
	 "a ai alors au aux avec avez avoir bonjour c ce ces cest cet cette comment d dans de "
	 "des dois du elle en est et etre faire fait il ils j jai je l la le les leur ma mais "
	 "me mes moi mon n ne nous ou par pas peut peux plus pour pourquoi puis qu quand que "
	 "quel quelle qui quoi s sa se ses si son sont suis sur ta te tu un une vos votre "
	 "vous y merci bonsoir salut cordialement voudrais svp"},
	{"es", "a al como con cuando cual cuanto de del desde donde el ella ellos en es esta estan "
	       "este esto estoy gracias ha hacer han hay he hola la las le les lo los mas me mi "
	       "mis muy no nos o para pero por porque puede puedo que quiero se ser si sin sobre "
	       "son su sus tengo tiene un una unos y ya yo buenos dias tardes saludos favor usted"},
	{"it",
	 "a ad ai al alla anche avere buongiorno che chi ci ciao come con cosa da dal dei del "
	 "della delle di dove e ed essere fare gli grazie ha hai hanno ho i il in io la le "
	 "lo ma mi mia mio nel nella no non o per perche piu posso puo quale quando quanto "
	 "questa questo se si sono su sul tra un una uno vorrei salve saluti"},
	{"pt",
	 "a ao aos as boa bom com como da das de dia do dos e ela ele em essa esse esta estou "
	 "eu foi fazer ha isso ja mais mas me meu minha muito na nao nas no nos o obrigada "
	 "obrigado ola onde os ou para pela pelo por porque posso qual quando que quero se "
	 "sem ser seu sobre sua tem tenho um uma voce voces tarde"},
	{"nl",
	 "aan al als bij ben bent dag dan dank dat de deze die dit doen door een en er ga geen "
	 "graag groet groeten had hallo heb hebben heeft het hij hoe ik in is je jij jullie "
	 "kan kunnen maar me met mij mijn moet na naar niet nog nu of om onze ook op over "
	 "te tot u uit uw van veel voor waar waarom wanneer wat we wel wie wij wil worden "
	 "wordt zijn zo beste bedankt"},
	{"sv",
	 "alla att av blir da de den det detta din du eller en er ett for fran ha han har hej "
	 "hur i inte jag kan kommer man med men mig min mitt mycket nar ni och om pa samma "
	 "sig som ska skulle tack till under ut var vad varfor vi vill vilken vara halsningar"},
	{"pl",
	 "a ale bardzo bo by byc byl chce co czy dla do dzien dzien dobry dziekuje gdzie i ich "
	 "ile ja jak jaki jakie jest jestem jeszcze juz kiedy ktory ma mam mi mnie moge moj "
	 "moja moje mozna na nie o od oraz po prosze przez sa sie tak ten tego to tylko w we "
	 "witam za ze"},
	{"ru",
	 "а без бы был была были быть в вам вас вы где для до добрый день если есть еще же за "
	 "здравствуйте и из или их к как какой ко когда который ли меня мне могу можно мой "
	 "моя мы на нам не него нет но о об он она они от по почему при с сколько со спасибо "
	 "так то только у уже хочу что чтобы это этот я привет пожалуйста"},
	{"uk", "а але без був бути в вам вас ви де для до добрий день є ж за з і із й його коли "
	       "який котрий мене мені можна можу мій моя ми на нам не ні про по при що щоб це цей "
	       "чи чому та так то тільки у вже хочу як я дякую будь ласка"},
	{"zh", "的 了 吗 呢 吧 啊 是 在 我 我们 你 你们 您 他 她 它 和 与 或 也 都 就 还 有 没有 "
	       "不 要 想 想要 "
	       "能 可以 会 请 请问 谢谢 你好 您好 怎么 怎样 如何 什么 为什么 哪里 哪 多少 几 这 那 "
	       "这个 那个 一个 "
	       "我的 我想 你的 您的 怎么办 把 被 给 到 从 对 吗 个 得 地 着 过 很 需要"},
	{"ja", "の に は を た が で て と し れ さ ある いる も する から な こと として い や "
	       "れる など なっ ない "
	       "この ため その です ます か ください お ご どう 何 どこ いつ なぜ ました ません "
	       "たい よう"},
};
#define LANGUAGES (sizeof(small) / sizeof(small[0]))

/* A word of the lists, and a bit for each language that has it. */
static struct {
	struct crm_slice word;
	uint32_t languages;
} words[1200];
static size_t n_words;
static struct crm_table index_of = CRM_TABLE_INIT;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint32_t languages_of(struct crm_slice word, size_t *at)
{
	for (struct crm_probe p = crm_table_probe(&index_of, crm_hash64(word.ptr, word.len));
	     crm_table_next(&index_of, &p);)
		if (crm_slice_same(words[p.index].word, word)) {
			*at = p.index;
			return words[p.index].languages;
		}
	return 0;
}

static void free_index(void) __attribute__((destructor));
static void free_index(void)
{
	crm_table_release(&index_of);
}

static void make_index(void)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		for (const char *s = small[i].words; *s;) {
			struct crm_slice word = {s, strcspn(s, " ")};
			size_t at = 0;

			if (languages_of(word, &at)) {
				words[at].languages |= 1u << i;
			} else if (n_words < sizeof(words) / sizeof(words[0])) {
				words[n_words].word = word;
				words[n_words].languages = 1u << i;
				crm_table_add(&index_of, crm_hash64(word.ptr, word.len),
					      (uint32_t)n_words++);
			}
			s += word.len;
			s += *s == ' ';
		}
}

/* The letters that Latin and Cyrillic words of the lists are written with, without their
 * accents; 0: what has no part in a word. й and ї are letters of their own. */
static uint32_t fold(uint32_t c)
{
	static const char latin[] = "aaaaaaaceeeeiiiidnooooo/ouuuuyts"; /* from U+00E0; ß as s */

	c = (uint32_t)u_tolower((UChar32)c);
	if (c == 0xDF)
		return 's';
	if (c == 0x451)
		return 0x435; /* ё */
	if (c >= 0xE0 && c <= 0xFE && c != 0xF7)
		return (uint32_t)(unsigned char)latin[c - 0xE0];
	if (c >= 0x100 && c < 0x180) {
		static const char *const pairs[] = {"aāăą", "cćĉċč", "eēĕėęě", "lĺļľŀł", "nńņňŉ",
						    "oōŏő", "sśŝşš", "uūŭůűų", "zźżž"};
		char one[4];
		size_t n = crm_utf8_encode(c, one);

		for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
			if (memmem(pairs[i], strlen(pairs[i]), one, n))
				return (uint32_t)(unsigned char)pairs[i][0];
	}
	return u_isalpha((UChar32)c) ? c : 0;
}

/* What a text is made of. */
struct census {
	size_t votes[LANGUAGES];
	size_t han, kana, hangul, thai, greek, hebrew, arabic, letters;
};

static void count_script(struct census *n, uint32_t c)
{
	UErrorCode code = U_ZERO_ERROR;

	if (!u_isalpha((UChar32)c))
		return;
	n->letters++;
	if (c < 0x370)
		return;
	switch (uscript_getScript((UChar32)c, &code)) {
	case USCRIPT_HAN:
		n->han++;
		break;
	case USCRIPT_HIRAGANA:
	case USCRIPT_KATAKANA:
		n->kana++;
		break;
	case USCRIPT_HANGUL:
		n->hangul++;
		break;
	case USCRIPT_THAI:
		n->thai++;
		break;
	case USCRIPT_GREEK:
		n->greek++;
		break;
	case USCRIPT_HEBREW:
		n->hebrew++;
		break;
	case USCRIPT_ARABIC:
		n->arabic++;
		break;
	default:
		break;
	}
}

static void vote(struct census *n, const char *word, size_t len)
{
	size_t at;
	uint32_t languages = len ? languages_of((struct crm_slice){word, len}, &at) : 0;

	for (size_t i = 0; i < LANGUAGES; i++)
		n->votes[i] += languages >> i & 1;
}

static void take_census(struct crm_slice text, struct census *n)
{
	char word[WORD_MAX + 4];
	size_t len = 0, used;

	for (size_t i = 0, seen = 0; i < text.len && seen < LOOK_AT; i += used, seen++) {
		uint32_t c = 0, letter;

		used = crm_utf8_length(text.ptr + i, text.len - i);
		if (used)
			c = crm_utf8_decode(text.ptr + i, &used);
		else
			used = 1;
		count_script(n, c);
		if (c == '\''
		    || c == 0x2019) /* "don't" is dont, as "l'eau" is l and eau in French */
			continue;
		letter = fold(c);
		if (letter && len <= WORD_MAX) {
			len += crm_utf8_encode(letter, word + len);
		} else if (!letter) {
			vote(n, word, len <= WORD_MAX ? len : 0);
			len = 0;
		}
	}
	vote(n, word, len <= WORD_MAX ? len : 0);
}

const char *crm_language_of(struct crm_slice text)
{
	struct census n = {.letters = 0};
	size_t best = 0, second = 0, which = 0;

	pthread_once(&once, make_index);
	take_census(text, &n);
	if (n.kana && 5 * n.kana >= n.han / 2)
		return "ja";
	if (4 * n.han >= n.letters && n.han)
		return "zh"; /* a sign says as much as a word */
	if (2 * n.hangul >= n.letters && n.hangul)
		return "ko";
	if (2 * n.thai >= n.letters && n.thai)
		return "th";
	if (2 * n.greek >= n.letters && n.greek)
		return "el";
	if (2 * n.hebrew >= n.letters && n.hebrew)
		return "he";
	if (2 * n.arabic >= n.letters && n.arabic)
		return "ar";
	for (size_t i = 0; i < LANGUAGES; i++)
		if (n.votes[i] > best) {
			second = best;
			best = n.votes[i];
			which = i;
		} else if (n.votes[i] > second) {
			second = n.votes[i];
		}
	return best > second ? small[which].code : NULL;
}

bool crm_language_small(const char *language, struct crm_slice word)
{
	char folded[WORD_MAX + 4];
	size_t len = 0, used, at;
	uint32_t bits, letter;

	pthread_once(&once, make_index);
	for (size_t i = 0; i < word.len; i += used) {
		if (len > WORD_MAX || !(used = crm_utf8_length(word.ptr + i, word.len - i)))
			return false;
		letter = fold(crm_utf8_decode(word.ptr + i, &used));
		if (letter)
			len += crm_utf8_encode(letter, folded + len);
	}
	bits = len ? languages_of((struct crm_slice){folded, len}, &at) : 0;
	for (size_t i = 0; language && i < LANGUAGES; i++)
		if (!strcmp(small[i].code, language))
			return bits >> i & 1;
	return bits != 0;
}

bool crm_language_same(struct crm_slice a, struct crm_slice b)
{
	size_t n = 0, m = 0;

	while (n < a.len && a.ptr[n] != '-' && a.ptr[n] != '_')
		n++;
	while (m < b.len && b.ptr[m] != '-' && b.ptr[m] != '_')
		m++;
	return n && n == m && !strncasecmp(a.ptr, b.ptr, n);
}
