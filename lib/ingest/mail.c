/* SPDX-License-Identifier: MIT */
/* Where one message ends and the next begins. The rest is mail_message's. */
#include "ingest/mail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ingest/mail_ahead.h"
#include "ingest/mail_message.h"

#define AHEAD_MAX ((size_t)1024 * 1024) /* bytes of a message that is copied, to parse it ahead */
#define WRONG_LENGTHS 3 /* so many wrong Content-Lengths, and none is believed any more */

struct mail {
	struct crm_input *input;
	struct crm_mail_reader *reader;
	bool mbox, begun; /* of the file */
	bool given;       /* the record at hand was handed out */
	struct crm_mail_ahead *ahead;
	bool held;         /* what was got last is to be handed on after all that is ahead */
	enum crm_read got; /* OK: the record at hand */
	bool rest;         /* what is read belongs to a message that is too large */
	int wrong_lengths;

	/* of the record at hand */
	int64_t lines, header_lines;
	bool in_header, after_blank, candidate;
	bool bare; /* a From_ line within the Content-Length: lines are not quoted */
	bool no_length, checking;
	size_t end;    /* of the message if the line after the candidate says so */
	size_t length; /* Content-Length, plus what comes before the body: 0, none */
};

static bool is_blank(struct crm_slice line)
{
	return line.len && (*line.ptr == '\n' || *line.ptr == '\r');
}

static void new_record(struct mail *m)
{
	m->lines = m->header_lines = 0;
	m->in_header = true;
	m->after_blank = m->candidate = m->bare = m->checking = false;
	m->no_length = m->wrong_lengths >= WRONG_LENGTHS;
	m->length = 0;
}

static void *mail_open(struct crm_input *input)
{
	struct mail *m = crm_calloc(1, sizeof(*m));

	m->input = input;
	m->reader = crm_mail_reader_new();
	m->ahead = crm_mail_ahead_new(m->reader);
	new_record(m);
	return m;
}

static void mail_close(void *reader)
{
	struct mail *m = reader;

	if (!m)
		return;
	crm_mail_ahead_free(m->ahead);
	crm_mail_reader_free(m->reader);
	free(m);
}

/* A line that follows a From_ line, where that one begins a message. */
static bool begins_message(struct crm_slice line)
{
	return crm_mail_is_field(line) || crm_slice_starts_caseless(line, ">From ")
	       || crm_mail_is_from(line);
}

/* Content-Length was wrong: the record is read again from the end of its header. */
static void disbelieve(struct mail *m)
{
	m->wrong_lengths++;
	m->no_length = true;
	m->length = 0;
	m->checking = m->candidate = m->bare = false;
	m->after_blank = true;
	m->lines = m->header_lines;
	crm_input_retry(m->input, m->header_lines);
}

static void header_line(struct mail *m, struct crm_slice line)
{
	size_t length;

	if (crm_slice_starts_caseless(line, "Content-Length:") && !m->no_length && line.len < 64) {
		length = strtoul(line.ptr + strlen("Content-Length:"), NULL, 10);
		m->length = length < CRM_MAIL_MAX ? length : 0;
	} else if (is_blank(line)) {
		m->in_header = false;
		m->header_lines = m->lines;
		if (m->length)
			m->length += crm_input_record(m->input).len;
	}
}

/* A line of an mbox, within the Content-Length or just after it. False: it was wrong. */
static bool counted_line(struct mail *m, struct crm_slice line)
{
	size_t size = crm_input_record(m->input).len;

	if (size <= m->length) {
		m->bare |= m->after_blank && crm_mail_is_from(line);
		return true;
	}
	if (!m->checking && size - line.len != m->length)
		return false;
	m->checking = true;
	m->candidate = crm_mail_is_from(line);
	return m->candidate || is_blank(line);
}

enum verdict {
	GO_ON,
	ENDS_BEFORE, /* the message ends before the last two lines */
};

static enum verdict mbox_line(struct mail *m, struct crm_slice line)
{
	if (m->candidate && begins_message(line))
		return ENDS_BEFORE;
	m->candidate = false;
	if (m->in_header) {
		header_line(m, line);
	} else if (m->length) {
		if (!counted_line(m, line))
			disbelieve(m);
	}
	if (!m->length && m->after_blank && m->lines > 1)
		m->candidate = crm_mail_is_from(line);
	if (m->candidate)
		m->end = crm_input_record(m->input).len - line.len;
	m->after_blank = is_blank(line);
	return GO_ON;
}

static struct crm_slice without_mark(struct crm_slice s)
{
	if (crm_slice_starts_caseless(s, "\xEF\xBB\xBF"))
		s.ptr += 3, s.len -= 3;
	return s;
}

/* Without the empty line that a mailbox puts after a message. */
static struct crm_slice without_blank(struct crm_slice s)
{
	size_t end = s.len;

	if (end && s.ptr[end - 1] == '\n')
		end--;
	if (end && s.ptr[end - 1] == '\r')
		end--;
	if (end && end < s.len && (s.ptr[end - 1] == '\n' || s.ptr[end - 1] == '\r'))
		s.len = end;
	return s;
}

/* The message that the lines taken make up. */
static struct crm_mail_wrapped message_at_hand(const struct mail *m)
{
	struct crm_mail_wrapped message = {crm_input_record(m->input), m->mbox && !m->bare};

	message.bytes = without_mark(message.bytes);
	if (m->mbox)
		message.bytes = without_blank(message.bytes);
	return message;
}

static const char *folder_at_hand(const struct mail *m)
{
	return crm_input_is_several(m->input) ? crm_input_file(m->input) : NULL;
}

static enum crm_read give(struct mail *m, struct crm_item *item)
{
	struct crm_mail_wrapped message = message_at_hand(m);

	m->given = true;
	item->line = crm_input_line_number(m->input);
	if (m->rest)
		item->reason = "the rest of a message that is larger than 64 MiB";
	else
		crm_mail_reader_put(m->reader, &message, folder_at_hand(m), item);
	m->rest = false;
	return item->reason ? CRM_READ_BAD : CRM_READ_OK;
}

static enum crm_read give_too_large(struct mail *m, struct crm_item *item)
{
	m->given = true;
	item->line = crm_input_line_number(m->input);
	item->reason = m->rest ? "the rest of a message that is larger than 64 MiB"
			       : "a message larger than 64 MiB";
	m->rest = true;
	return CRM_READ_BAD;
}

/* The file's end: what was read last is a message, unless its Content-Length says more. */
static enum crm_read at_end(struct mail *m, bool *again)
{
	*again = m->length && crm_input_record(m->input).len < m->length;
	if (*again) {
		disbelieve(m);
		return CRM_READ_OK;
	}
	if (m->lines)
		return CRM_READ_OK;
	m->begun = m->mbox = m->rest = false;
	m->wrong_lengths = 0;
	new_record(m);
	return CRM_READ_END;
}

static void begin_file(struct mail *m, struct crm_slice line)
{
	line = without_mark(line);
	m->begun = true;
	m->mbox = crm_mail_is_from(line) || !crm_mail_is_field(line);
}

/* Takes a line; true when there is something in *got. OK: a record is at hand; BAD: a part of
 * one that is too large. */
static bool take(struct mail *m, enum crm_read *got)
{
	struct crm_slice line;
	bool again;

	*got = crm_input_line(m->input, &line);
	if (*got == CRM_READ_END) {
		*got = at_end(m, &again);
		return !again;
	}
	if (*got == CRM_READ_BAD && m->length) {
		disbelieve(m);
		return false;
	}
	if (*got != CRM_READ_OK)
		return true;
	if (!m->lines && is_blank(line) && !m->rest) {
		crm_input_done(m->input);
		return false;
	}
	if (!m->begun)
		begin_file(m, line);
	m->lines++;
	if (!m->mbox || mbox_line(m, line) == GO_ON)
		return false;
	crm_input_retry_at(m->input, m->end, m->lines - 2);
	return true;
}

static void go_on(struct mail *m)
{
	crm_input_done(m->input);
	new_record(m);
	m->given = false;
}

/* Hands on what is held, once nothing is ahead of it. */
static enum crm_read hand_on(struct mail *m, struct crm_item *item)
{
	m->held = false;
	if (m->got == CRM_READ_OK)
		return give(m, item);
	return m->got == CRM_READ_BAD ? give_too_large(m, item) : m->got;
}

/* May the record at hand be parsed ahead? A large one is not worth the copy. */
static bool goes_ahead(const struct mail *m)
{
	size_t size = crm_input_record(m->input).len;

	return m->got == CRM_READ_OK && m->mbox && !m->rest && size <= AHEAD_MAX
	       && crm_mail_ahead_fits(m->ahead, size);
}

static enum crm_read mail_next(void *reader, struct crm_item *item)
{
	struct mail *m = reader;

	if (m->given)
		go_on(m);
	for (;;) {
		struct crm_mail_wrapped message;

		while (!m->held)
			m->held = take(m, &m->got);
		if (!goes_ahead(m))
			break;
		message = message_at_hand(m);
		crm_mail_ahead_put(m->ahead, crm_input_record(m->input), &message,
				   folder_at_hand(m), crm_input_line_number(m->input));
		m->held = false;
		go_on(m);
	}
	if (crm_mail_ahead_take(m->ahead, item))
		return item->reason ? CRM_READ_BAD : CRM_READ_OK;
	return hand_on(m, item);
}

/* Names that a header has in mail and nowhere else. */
static bool is_known(struct crm_slice line)
{
	static const char *const names[] = {
		"Received:", "Return-Path:", "From:",         "To:",           "Subject:",
		"Date:",     "Message-ID:",  "MIME-Version:", "Delivered-To:", "Reply-To:"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (crm_slice_starts_caseless(line, names[i]))
			return true;
	return false;
}

static bool mail_sniff(struct crm_slice start)
{
	int known = 0, lines = 0;

	start = without_mark(start);
	if (crm_mail_is_from(start))
		return true;
	while (start.len && lines++ < 100) {
		const char *lf = memchr(start.ptr, '\n', start.len);
		size_t len = lf ? (size_t)(lf + 1 - start.ptr) : start.len;

		if (is_blank(start))
			break;
		if (*start.ptr != ' ' && *start.ptr != '\t' && !crm_mail_is_field(start)
		    && !(lines == 1 && crm_slice_starts_caseless(start, "From ")))
			return false;
		known += is_known(start);
		start.ptr += len;
		start.len -= len;
	}
	return known >= 2;
}

const struct crm_syntax crm_syntax_mail = {
	.name = "mail",
	.binary = true,
	.limit = CRM_MAIL_MAX,
	.sniff = mail_sniff,
	.open = mail_open,
	.next = mail_next,
	.close = mail_close,
};
