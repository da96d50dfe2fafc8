/* SPDX-License-Identifier: MIT */
/*
 * Bytes in, lines out. buf holds decoded text; [start, pos) is the record at hand. UTF-8,
 * which most input is, is read straight into buf; all else goes through a decoder.
 */
#include "ingest/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ingest/folder.h"
#include "norm/charset.h"

#define BLOCK ((size_t)256 * 1024)
#define MOVES_MAX 8 /* of a message, while it is looked for */

struct crm_input {
	int fd, spool;            /* spool: what a pipe gave so far, or -1 */
	struct crm_folder folder; /* n is 0: path is none */
	size_t file;              /* of its files */
	const struct crm_feed *feed;
	struct crm_str name, item; /* of a feed: the item at hand */
	size_t item_read;
	bool unusable; /* the item at hand; err says why */
	size_t limit;
	const atomic_int *stop; /* while following a file; else NULL */
	int events;             /* of inotify, where the file lies; or -1 */
	bool ended;             /* nothing more will come to what is followed */
	bool is_pipe, keeping, replaying, eof, waited;
	bool spooled_all;        /* spool has all of a pipe */
	_Atomic uint64_t size;   /* read by the thread that shows progress */
	uint64_t bytes, spooled; /* spooled: how much is in spool */
	char *path;
	struct crm_decoder *decoder;
	char *encoding;
	struct crm_str raw; /* the peeked bytes, until the encoding is known */
	struct crm_str buf;
	size_t start, pos;
	size_t searched; /* no LF in [pos, searched) */
	int64_t start_line, pos_line;
	bool after_cr; /* what was dropped ended in a CR that may be one line end with an LF */
	struct crm_err err;
};

static enum crm_status open_file(struct crm_input *in, const char *path, struct crm_err *err)
{
	struct stat info;

	if (in->fd > STDIN_FILENO)
		close(in->fd);
	in->fd = !strcmp(path, "-") ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0 || fstat(in->fd, &info))
		return crm_fail(err, CRM_NO_INPUT, "cannot open '%s': %s", path, strerror(errno));
	in->is_pipe = !S_ISREG(info.st_mode) || lseek(in->fd, 0, SEEK_CUR) != 0;
	in->size = in->is_pipe || in->folder.n ? 0 : (uint64_t)info.st_size;
	return CRM_OK;
}

static enum crm_status open_nth(struct crm_input *in, struct crm_err *err)
{
	struct crm_str path = CRM_STR_INIT;
	enum crm_status rc;

	for (int moves = 0;; moves++) {
		crm_str_clear(&path);
		crm_str_addf(&path, "%s/%s", in->path, in->folder.files[in->file]);
		rc = open_file(in, path.ptr, err);
		if (rc == CRM_OK || !in->folder.maildir || access(path.ptr, F_OK) == 0
		    || moves == MOVES_MAX)
			break;
		if (!crm_folder_find_moved(&in->folder, in->path, in->file)) {
			rc = open_file(in, "/dev/null", err);
			break;
		}
	}
	crm_str_release(&path);
	return rc;
}

static enum crm_status open_folder(struct crm_input *in, struct crm_err *err)
{
	enum crm_status rc = crm_folder_list(&in->folder, in->path, err);

	if (rc != CRM_OK)
		return rc;
	return in->folder.n ? open_nth(in, err) : open_file(in, "/dev/null", err);
}

static struct crm_input *input_new(const char *name)
{
	struct crm_input *in = crm_calloc(1, sizeof(*in));

	in->fd = in->spool = in->events = -1;
	in->limit = CRM_RECORD_MAX;
	in->path = crm_strdup(name);
	in->raw = in->buf = in->name = in->item = (struct crm_str)CRM_STR_INIT;
	in->start_line = in->pos_line = 1;
	return in;
}

enum crm_status crm_input_open(struct crm_input **out, const char *path, struct crm_err *err)
{
	bool is_stdin = !strcmp(path, "-");

	*out = input_new(is_stdin ? "<stdin>" : path);
	return !is_stdin && crm_folder_is(path) ? open_folder(*out, err)
						: open_file(*out, path, err);
}

/* The next item of a feed; one that is to be set aside is read like any other. */
static enum crm_read next_item(struct crm_input *in)
{
	enum crm_read got;

	crm_str_clear(&in->name);
	crm_str_clear(&in->item);
	got = in->feed->next(in->feed->data, &in->name, &in->item, &in->err);
	in->unusable = got == CRM_READ_BAD;
	return in->unusable ? CRM_READ_OK : got;
}

enum crm_status crm_input_open_feed(struct crm_input **out, const struct crm_feed *feed,
				    const char *path, struct crm_err *err)
{
	struct crm_input *in = *out = input_new(path);
	enum crm_read got;

	in->feed = feed;
	in->is_pipe = true;
	while ((got = next_item(in)) == CRM_READ_WAIT)
		;
	if (got != CRM_READ_FAILED)
		return CRM_OK; /* no item at all: an empty file */
	*err = in->err;
	return err->status;
}

static void restart(struct crm_input *in)
{
	in->eof = in->waited = in->after_cr = false;
	in->spooled_all &= !in->feed;
	in->item_read = 0;
	crm_str_clear(&in->raw);
	crm_str_clear(&in->buf);
	in->start = in->pos = in->searched = 0;
	in->start_line = in->pos_line = 1;
}

static enum crm_read follow_next(struct crm_input *in);

enum crm_read crm_input_next_file(struct crm_input *in)
{
	if (in->stop)
		return follow_next(in);
	restart(in);
	if (in->feed)
		return next_item(in);
	if (in->file + 1 >= in->folder.n)
		return CRM_READ_END;
	in->file++;
	return open_nth(in, &in->err) == CRM_OK ? CRM_READ_OK : CRM_READ_FAILED;
}

size_t crm_input_maildirs_within(const struct crm_input *in)
{
	return in->folder.within;
}

bool crm_input_is_several(const struct crm_input *in)
{
	return in->feed || in->folder.n;
}

const char *crm_input_file(const struct crm_input *in)
{
	return in->feed ? in->name.ptr : in->folder.n ? in->folder.files[in->file] : in->path;
}

const char *crm_input_unusable(const struct crm_input *in)
{
	return in->unusable ? in->err.text : NULL;
}

void crm_input_set_limit(struct crm_input *in, size_t bytes)
{
	in->limit = bytes;
}

void crm_input_close(struct crm_input *in)
{
	if (!in)
		return;
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	if (in->spool >= 0)
		close(in->spool);
	if (in->events >= 0)
		close(in->events);
	crm_decoder_free(in->decoder);
	crm_folder_release(&in->folder);
	crm_str_release(&in->name);
	crm_str_release(&in->item);
	crm_str_release(&in->raw);
	crm_str_release(&in->buf);
	free(in->encoding);
	free(in->path);
	free(in);
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			bytes += n, len -= (size_t)n;
	}
	return true;
}

static void read_item(struct crm_input *in, struct crm_str *out, size_t *got)
{
	*got = in->item.len - in->item_read < BLOCK ? in->item.len - in->item_read : BLOCK;
	crm_str_add(out, in->item.ptr + in->item_read, *got);
	in->item_read += *got;
	in->bytes += *got;
}

/* Reads up to BLOCK bytes to the end of out: the spool's first, when replaying. */
static enum crm_status read_block(struct crm_input *in, struct crm_str *out, size_t *got)
{
	char *to = crm_str_reserve(out, BLOCK);
	ssize_t n;

	if (in->feed) {
		read_item(in, out, got);
		return CRM_OK;
	}
	do
		n = read(in->replaying ? in->spool : in->fd, to, BLOCK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return crm_fail(&in->err, CRM_IO, "cannot read '%s': %s", in->path,
				strerror(errno));
	if (in->keeping && !write_all(in->spool, to, (size_t)n))
		return crm_fail(&in->err, CRM_IO, "cannot write a temporary file: %s",
				strerror(errno));
	crm_str_wrote(out, (size_t)n);
	in->bytes += (size_t)n;
	in->spooled += in->keeping ? (size_t)n : 0;
	/* at its end at once, so that the pipe is then asked before it is waited for */
	in->replaying = in->replaying && in->bytes < in->spooled;
	*got = (size_t)n;
	return CRM_OK;
}

enum crm_status crm_input_peek(struct crm_input *in, struct crm_slice *bytes, struct crm_err *err)
{
	size_t got = 1;
	enum crm_status rc = CRM_OK;

	/* a pipe that gives a little at a time is not waited for */
	while (rc == CRM_OK && in->raw.len < BLOCK && got && !(in->is_pipe && in->raw.len))
		rc = read_block(in, &in->raw, &got);
	if (rc != CRM_OK)
		*err = in->err;
	*bytes = crm_str_slice(&in->raw);
	return rc;
}

enum crm_status crm_input_set_encoding(struct crm_input *in, const char *encoding,
				       struct crm_err *err)
{
	crm_decoder_free(in->decoder);
	free(in->encoding);
	in->encoding = crm_strdup(encoding);
	return crm_decoder_new(encoding, &in->decoder, err);
}

/* Moves the record at hand to the front of buf and adds a block behind it. */
static enum crm_status fill(struct crm_input *in)
{
	struct crm_str block = CRM_STR_INIT;
	enum crm_status rc;
	size_t got = 0;
	bool straight;

	if (in->start) {
		memmove(in->buf.ptr, in->buf.ptr + in->start, in->buf.len - in->start);
		in->buf.len -= in->start;
		in->pos -= in->start;
		in->searched -= in->start;
		in->start = 0;
	}
	if (in->raw.len) {
		crm_decoder_feed(in->decoder, in->raw.ptr, in->raw.len, false, &in->buf);
		crm_str_release(&in->raw);
		return CRM_OK;
	}
	straight = crm_decoder_passes(in->decoder);
	rc = in->ended ? CRM_OK : read_block(in, straight ? &in->buf : &block, &got);
	in->eof = rc == CRM_OK && got == 0;
	if (rc == CRM_OK && !straight)
		crm_decoder_feed(in->decoder, block.ptr, block.len, in->eof, &in->buf);
	crm_str_release(&block);
	return rc;
}

/* Is there more in the file that is followed than was read? */
static bool has_grown(const struct crm_input *in)
{
	struct stat info;

	return fstat(in->fd, &info) == 0 && info.st_size > lseek(in->fd, 0, SEEK_CUR);
}

static bool nothing_to_read(const struct crm_input *in)
{
	struct pollfd p = {.fd = in->fd, .events = POLLIN};

	if (in->stop && !in->is_pipe)
		return !in->raw.len && !has_grown(in);
	return in->is_pipe && !in->feed && !in->replaying && !in->raw.len && poll(&p, 1, 0) == 0;
}

/* Has the file been cut off, or does another one stand in its place? While there is nothing
 * in that, the writer may not have noticed yet, and go on in the old one. */
static bool is_rotated(const struct crm_input *in)
{
	struct stat here, there;

	return fstat(in->fd, &here) == 0
	       && (here.st_size < lseek(in->fd, 0, SEEK_CUR)
		   || (stat(in->path, &there) == 0 && there.st_size > 0
		       && (there.st_ino != here.st_ino || there.st_dev != here.st_dev)));
}

#define LOOK_AGAIN_MS 250 /* for file systems that tell nothing, and for stop */

/* Waits until what is followed has more, or will not have any. */
static void wait_for_more(struct crm_input *in)
{
	struct pollfd p = {.fd = in->is_pipe ? in->fd : in->events, .events = POLLIN};
	char events[4096];

	while (!*in->stop) {
		if (!in->is_pipe && (has_grown(in) || (in->ended = is_rotated(in))))
			return;
		if (poll(&p, 1, LOOK_AGAIN_MS) <= 0)
			continue;
		if (in->is_pipe)
			return;
		if (read(in->events, events, sizeof(events)) < 0)
			p.fd = -1; /* looked at now and then is enough */
	}
	in->ended = true;
}

/* What stands in the place of the file that has ended. The first call gives the caller time
 * to store what it has. */
static enum crm_read follow_next(struct crm_input *in)
{
	if (*in->stop)
		return CRM_READ_END;
	if (in->ended) {
		in->ended = false;
		return CRM_READ_WAIT;
	}
	restart(in);
	crm_decoder_free(in->decoder);
	in->decoder = NULL;
	if (open_file(in, in->path, &in->err) != CRM_OK
	    || crm_decoder_new(in->encoding, &in->decoder, &in->err) != CRM_OK)
		return CRM_READ_FAILED;
	return CRM_READ_OK;
}

enum crm_status crm_input_follow(struct crm_input *in, const atomic_int *stop, struct crm_err *err)
{
	struct crm_str folder = CRM_STR_INIT;
	const char *slash = strrchr(in->path, '/');
	int fd;

	if (in->folder.n || in->feed || in->fd == STDIN_FILENO)
		return crm_fail(err, CRM_NO_INPUT, "'%s' is no file that can be followed",
				in->path);
	in->stop = stop;
	if (in->is_pipe) { /* one with a name: it does not end when its writer goes */
		fd = open(in->path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return crm_fail(err, CRM_NO_INPUT, "cannot follow '%s': %s", in->path,
					strerror(errno));
		close(in->fd);
		in->fd = fd;
		return CRM_OK;
	}
	crm_str_add(&folder, in->path, slash ? (size_t)(slash - in->path) + 1 : 0);
	in->events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (in->events >= 0)
		inotify_add_watch(in->events, folder.len ? folder.ptr : ".",
				  IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	crm_str_release(&folder);
	return CRM_OK;
}

/* The end of the line at pos: just behind its terminator; 0 when it is not in buf. */
static size_t line_end(struct crm_input *in)
{
	const char *from = in->buf.ptr + in->pos, *end = in->buf.ptr + in->buf.len;
	const char *lf = in->searched <= in->buf.len ? memchr(in->buf.ptr + in->searched, '\n',
							      in->buf.len - in->searched)
						     : NULL;
	const char *cr = memchr(from, '\r', (size_t)((lf ? lf : end) - from));

	in->searched = lf ? (size_t)(lf - in->buf.ptr) : in->buf.len;
	if (cr && cr + 1 < end)
		return (size_t)(cr - in->buf.ptr) + 1 + (cr[1] == '\n');
	if (cr && in->eof)
		return in->buf.len;
	if (lf && !cr)
		return in->searched + 1;
	return in->eof && from < end ? in->buf.len : 0;
}

static enum crm_read wait_or_fill(struct crm_input *in)
{
	if (!in->waited && nothing_to_read(in)) {
		in->waited = true;
		return CRM_READ_WAIT;
	}
	if (in->waited && in->stop)
		wait_for_more(in);
	in->waited = false;
	return fill(in) == CRM_OK ? CRM_READ_OK : CRM_READ_FAILED;
}

enum crm_read crm_input_line(struct crm_input *in, struct crm_slice *line)
{
	enum crm_read got;
	size_t end;

	if (in->searched < in->pos)
		in->searched = in->pos;
	while (!(end = line_end(in))) {
		if (in->eof)
			return CRM_READ_END;
		if (in->buf.len - in->start > in->limit) {
			end = in->buf.len;
			in->pos = end;
			return CRM_READ_BAD;
		}
		if ((got = wait_or_fill(in)) != CRM_READ_OK)
			return got;
	}
	*line = (struct crm_slice){in->buf.ptr + in->pos, end - in->pos};
	in->pos = end;
	in->pos_line++;
	return end - in->start > in->limit ? CRM_READ_BAD : CRM_READ_OK;
}

enum crm_read crm_input_piece(struct crm_input *in)
{
	enum crm_read got;

	while (in->pos == in->buf.len) {
		if (in->eof)
			return CRM_READ_END;
		if ((got = wait_or_fill(in)) != CRM_READ_OK)
			return got;
	}
	in->pos = in->buf.len;
	return CRM_READ_OK;
}

struct crm_slice crm_input_record(const struct crm_input *in)
{
	return (struct crm_slice){in->buf.ptr + in->start, in->pos - in->start};
}

int64_t crm_input_line_number(const struct crm_input *in)
{
	return in->start_line;
}

void crm_input_done(struct crm_input *in)
{
	in->start = in->pos;
	in->start_line = in->pos_line;
}

void crm_input_retry(struct crm_input *in, int64_t lines)
{
	const char *p = in->buf.ptr + in->start, *end = in->buf.ptr + in->pos, *lf = NULL, *cr;

	in->pos_line = in->start_line;
	do {
		if (!lf || lf < p)
			lf = memchr(p, '\n', (size_t)(end - p));
		if (!lf)
			lf = end;
		cr = memchr(p, '\r', (size_t)(lf - p));
		p = cr && cr + 1 != lf ? cr + 1 : lf < end ? lf + 1 : end;
		in->pos_line++;
	} while (--lines > 0 && p < end);
	in->pos = in->searched = (size_t)(p - in->buf.ptr);
}

/* How many lines end in [p, end): LF, CRLF and CR, the last of which waits to see an LF. */
static int64_t lines_ending(struct crm_input *in, const char *p, const char *end)
{
	int64_t n = in->after_cr && *p != '\n';
	const char *at;

	for (at = p; (at = memchr(at, '\n', (size_t)(end - at))); at++)
		n++;
	for (at = p; (at = memchr(at, '\r', (size_t)(end - at))); at++)
		n += at + 1 < end && at[1] != '\n';
	in->after_cr = end[-1] == '\r';
	return n;
}

void crm_input_drop(struct crm_input *in, size_t bytes)
{
	const char *p = in->buf.ptr + in->start;

	if (!bytes)
		return;
	in->start_line += lines_ending(in, p, p + bytes);
	in->start += bytes;
	if (in->searched < in->start)
		in->searched = in->start;
}

void crm_input_put_back(struct crm_input *in)
{
	if (in->after_cr && in->start < in->buf.len && in->buf.ptr[in->start] != '\n')
		in->start_line++;
	in->after_cr = false;
	in->pos = in->searched = in->start;
	in->pos_line = in->start_line;
}

void crm_input_retry_at(struct crm_input *in, size_t bytes, int64_t lines)
{
	in->pos = in->searched = in->start + bytes;
	in->pos_line = in->start_line + lines;
}

static enum crm_status make_spool(struct crm_input *in, struct crm_err *err)
{
	char path[] = "/tmp/crm-spool.XXXXXX";

	in->spool = mkstemp(path);
	if (in->spool < 0)
		return crm_fail(err, CRM_IO, "cannot make a temporary file: %s", strerror(errno));
	unlink(path);
	return CRM_OK;
}

enum crm_status crm_input_keep(struct crm_input *in, struct crm_err *err)
{
	enum crm_status rc;

	if (!in->is_pipe || in->feed)
		return CRM_OK;
	rc = make_spool(in, err);
	in->keeping = rc == CRM_OK;
	return rc;
}

enum crm_status crm_input_rewind(struct crm_input *in, struct crm_err *err)
{
	int fd = in->is_pipe ? in->spool : in->fd;

	if (in->file) {
		in->file = 0;
		if (open_nth(in, err) != CRM_OK)
			return err->status;
	} else if (!in->feed && lseek(fd, 0, SEEK_SET) < 0) {
		return crm_fail(err, CRM_IO, "cannot rewind '%s': %s", in->path, strerror(errno));
	}
	in->replaying = in->is_pipe && in->spooled;
	in->keeping = false;
	in->bytes = 0;
	restart(in);
	if (!in->decoder)
		return CRM_OK;
	crm_decoder_free(in->decoder);
	return crm_decoder_new(in->encoding, &in->decoder, err);
}

/* The rest of a pipe, or an item of a feed, into the spool. */
static enum crm_status spool_rest(struct crm_input *in)
{
	struct crm_str block = CRM_STR_INIT;
	enum crm_status rc = CRM_OK;
	size_t got = 1;

	if (in->spooled_all)
		return CRM_OK;
	if ((in->feed && ftruncate(in->spool, 0)) || lseek(in->spool, 0, SEEK_END) < 0
	    || (in->feed && !write_all(in->spool, in->item.ptr, in->item.len)))
		return crm_fail(&in->err, CRM_IO, "cannot write a temporary file: %s",
				strerror(errno));
	in->keeping = !in->feed;
	in->replaying = false;
	while (rc == CRM_OK && got && in->keeping) {
		crm_str_clear(&block);
		rc = read_block(in, &block, &got);
	}
	in->keeping = false;
	in->spooled_all = rc == CRM_OK;
	crm_str_release(&block);
	return rc;
}

enum crm_status crm_input_spool(struct crm_input *in, int *fd, struct crm_err *err)
{
	enum crm_status rc;

	if (in->is_pipe && in->spool < 0 && (rc = make_spool(in, err)) != CRM_OK)
		return rc;
	if (in->is_pipe && (rc = spool_rest(in)) != CRM_OK) {
		*err = in->err;
		return rc;
	}
	*fd = fcntl(in->is_pipe ? in->spool : in->fd, F_DUPFD_CLOEXEC, 3);
	if (*fd < 0)
		return crm_fail(err, CRM_IO, "cannot read '%s': %s", in->path, strerror(errno));
	return CRM_OK;
}

int64_t crm_input_undecoded(const struct crm_input *in)
{
	return in->decoder ? crm_decoder_bad(in->decoder) : 0;
}

uint64_t crm_input_bytes(const struct crm_input *in)
{
	return in->bytes;
}

uint64_t crm_input_size(const struct crm_input *in)
{
	return in->size;
}

const struct crm_err *crm_input_err(const struct crm_input *in)
{
	return &in->err;
}
