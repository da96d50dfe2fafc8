/* SPDX-License-Identifier: MIT */
/*
 * input: a file or a pipe as lines of UTF-8.
 *
 * The reader of a format takes physical lines one after the other; those since the last
 * crm_input_done make up the record at hand, stay in memory, and can be taken again from
 * a later line on (crm_input_retry), which is how a stray quote costs one line and not
 * the rest of the file. Lines end at LF, CRLF or CR. At most CRM_RECORD_MAX bytes are
 * held for a record.
 *
 * An input may be several files one after the other: those of a folder (a Maildir's new and
 * cur; else all of it, folders within it too, in the order of their names), or the items
 * of a feed. A message of a Maildir that somebody moves meanwhile, as reading it does, is read
 * where it lies then. Reading ends with each; crm_input_next_file goes on to the next one.
 *
 * A column may have to be seen as a whole before the first record can be understood
 * (day/month or month/day?). So an input can be rewound: a file by seeking, a pipe by
 * what was read being kept in an unlinked temporary file.
 */
#ifndef CRM_INPUT_H
#define CRM_INPUT_H

#include <stdatomic.h>

#include "base/status.h"
#include "base/str.h"

#define CRM_RECORD_MAX ((size_t)16 * 1024 * 1024)

struct crm_input;

enum crm_read {
	CRM_READ_OK,    /* a line; of a format's reader: a record */
	CRM_READ_BAD,   /* of a format's reader: a record that cannot be read */
	CRM_READ_AGAIN, /* something else is at hand now: ask again */
	CRM_READ_WAIT,  /* a pipe with nothing in it for now: the next call waits for it */
	CRM_READ_END,
	CRM_READ_FAILED /* see the error */
};

/* Items from elsewhere than a file, such as the messages of a mailbox on a server. */
struct crm_feed {
	/* Appends the next item's name and all of its bytes. OK; BAD: it is to be set aside,
	 * err says why, and the bytes are what there is of it; WAIT: nothing for now, the next
	 * call waits for it; END; FAILED with err. */
	enum crm_read (*next)(void *data, struct crm_str *name, struct crm_str *bytes,
			      struct crm_err *err);
	void *data;
};

/* path "-" is standard input. *input is new: free with crm_input_close. */
enum crm_status crm_input_open(struct crm_input **input, const char *path, struct crm_err *err);
/* Items of feed (borrowed); path is what messages call it. */
enum crm_status crm_input_open_feed(struct crm_input **input, const struct crm_feed *feed,
				    const char *path, struct crm_err *err);
/* The next one of several files: OK, WAIT (a feed with nothing for now: the next call waits),
 * END, FAILED. Its encoding is to be set again, unless it is one that is followed. */
enum crm_read crm_input_next_file(struct crm_input *input);
bool crm_input_is_several(const struct crm_input *input);
/* How many Maildirs lie within the one that is read, and are passed over. */
size_t crm_input_maildirs_within(const struct crm_input *input);
/* The name of the file at hand, of several files below their folder. Borrowed: valid until
 * the next one. */
const char *crm_input_file(const struct crm_input *input);
/* Why the item of a feed at hand is to be set aside, whatever is in it; NULL: it is not.
 * Borrowed: valid until the next one. */
const char *crm_input_unusable(const struct crm_input *input);
/* Reads on at the end of the file as it grows, as tail -F does: what is renamed or cut off is
 * read to its end, and crm_input_next_file goes on with what stands in its place. Waits until
 * *stop (borrowed) is not 0, which ends the input. After the last rewind; not for folders. */
enum crm_status crm_input_follow(struct crm_input *input, const atomic_int *stop,
				 struct crm_err *err);
/* How many bytes a record may have, instead of CRM_RECORD_MAX. */
void crm_input_set_limit(struct crm_input *input, size_t bytes);
void crm_input_close(struct crm_input *input);

/* The first bytes of the input as they came, up to 256 KiB: to find out the encoding
 * from. Borrowed: valid until a line is taken. */
enum crm_status crm_input_peek(struct crm_input *input, struct crm_slice *bytes,
			       struct crm_err *err);
/* How the bytes are to be read, before the first line. CRM_CONFIG for an unknown one. */
enum crm_status crm_input_set_encoding(struct crm_input *input, const char *encoding,
				       struct crm_err *err);

/* Takes the next line, terminator included. Borrowed: valid until the next call. CRM_READ_BAD:
 * the record has become longer than CRM_RECORD_MAX. */
enum crm_read crm_input_line(struct crm_input *input, struct crm_slice *line);
/* Takes all that is there, without regard to lines: at least one byte, unless it returns
 * END, WAIT or FAILED. No limit is watched. */
enum crm_read crm_input_piece(struct crm_input *input);
/* The lines taken since done, as one piece, and the number of the first. */
struct crm_slice crm_input_record(const struct crm_input *input);
int64_t crm_input_line_number(const struct crm_input *input);
/* The record at hand is finished with. */
void crm_input_done(struct crm_input *input);
/* Ends the record at hand after its first lines, at least one; the line after them is the
 * next one taken. */
void crm_input_retry(struct crm_input *input, int64_t lines);
/* Finishes with the first bytes of the record at hand; the others stay at hand. */
void crm_input_drop(struct crm_input *input, size_t bytes);
/* Puts the record at hand back: its first line is the next one taken. */
void crm_input_put_back(struct crm_input *input);

/* The same, when it is known how many bytes those lines are. */
void crm_input_retry_at(struct crm_input *input, size_t bytes, int64_t lines);

/* From the start again. After crm_input_keep everything that a pipe gives is kept, so
 * that this is possible; crm_input_rewind ends the keeping. */
enum crm_status crm_input_keep(struct crm_input *input, struct crm_err *err);
enum crm_status crm_input_rewind(struct crm_input *input, struct crm_err *err);

/* All of the input's bytes in a file that can be read at any place: the file itself or, of a
 * pipe that is kept (crm_input_keep), what it gave up to its end, which is waited for. *fd is
 * new: the caller closes it. It shares its position with the input, which is to be rewound
 * before it is read again. */
enum crm_status crm_input_spool(struct crm_input *input, int *fd, struct crm_err *err);

int64_t crm_input_undecoded(const struct crm_input *input); /* characters lost in decoding */
uint64_t crm_input_bytes(const struct crm_input *input);    /* read so far */
uint64_t crm_input_size(const struct crm_input *input);     /* 0: not known */
const struct crm_err *crm_input_err(const struct crm_input *input); /* after CRM_READ_FAILED */

#endif
