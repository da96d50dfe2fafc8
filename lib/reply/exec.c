/* SPDX-License-Identifier: MIT */
/*
 * The transport by a command.
 *
 * Its standard input is a socket and not a pipe, so that a command that does not read gives us
 * an error and no SIGPIPE. It leads a process group of its own: when its time is over all that it
 * started ends with it.
 */
#include "reply/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ingest/signature.h"
#include "reply/mime.h"
#include "reply/response.h"

struct exec {
	const struct crm_account *account;
	const struct crm_answers *a;
	const char *command;
	int64_t timeout; /* ms */
	struct crm_fill fill;
	pid_t pid; /* 0: none runs */
	int in, out;
	struct crm_str input, output;
};

static enum crm_status exec_open(const struct crm_account *account, const char *config_dir,
				 void **self, struct crm_err *err)
{
	const struct crm_answers *a = account->channel->answer;
	struct crm_slice own = crm_account_get(account, "exec");
	struct exec *x;

	if (!own.len && (!a || !a->exec))
		return crm_fail(err, CRM_CONFIG,
				"neither account '%s' nor channel '%s' names a command",
				account->account, account->channel->name);
	x = crm_calloc(1, sizeof(*x));
	x->account = account;
	x->a = a;
	x->command = own.len ? own.ptr : a->exec;
	x->timeout = (int64_t)crm_account_timeout(account) * 1000;
	x->in = x->out = -1;
	x->input = x->output = (struct crm_str)CRM_STR_INIT;
	crm_fill_init(&x->fill, account, config_dir);
	*self = x;
	return CRM_OK;
}

static bool exec_idempotent(void *self)
{
	return ((struct exec *)self)->a->idempotent;
}

/* --- what it is told --- */

static void put(struct crm_str *out, const char *key, struct crm_slice s)
{
	if (!s.ptr)
		return;
	crm_json_key(out, key);
	crm_json_string(out, s);
}

static void put_files(const struct crm_files *files, struct crm_str *out)
{
	crm_json_key(out, "attachments");
	crm_json_open(out, '[');
	for (size_t i = 0; i < files->n; i++) {
		const struct crm_file *f = &files->list[i];

		crm_json_open(out, '{');
		put(out, "name", f->name);
		put(out, "type", f->type);
		crm_json_key(out, "content");
		crm_str_addc(out, '"');
		crm_encoded_put(f->bytes, CRM_ENCODED_BASE64, out);
		crm_str_addc(out, '"');
		crm_json_close(out, '}');
	}
	crm_json_close(out, ']');
}

static void json_line(const struct exec *x, const struct crm_parcel *p, struct crm_str *out)
{
	crm_json_open(out, '{');
	put(out, "key", p->key);
	put(out, "to", p->to);
	put(out, "to_name", p->to_name);
	put(out, "account", crm_slice_of(x->account->account));
	put(out, "subject", p->subject);
	put(out, "text", p->text);
	put(out, "html", p->html);
	put(out, "thread", p->thread);
	put(out, "about", p->about);
	put(out, "agent", p->agent);
	put(out, "message_id", p->message_id);
	if (x->fill.variables.n) {
		crm_json_key(out, "variables");
		crm_json_raw(out, p->variables);
	}
	if (p->files.n)
		put_files(&p->files, out);
	crm_json_close(out, '}');
	crm_str_addc(out, '\n');
}

/* The mail, with the line ends that programs here use. */
static enum crm_status mail(struct exec *x, const struct crm_parcel *parcel, struct crm_err *err)
{
	struct crm_str crlf = CRM_STR_INIT;
	enum crm_status rc = crm_mime_build(parcel, x->account, &crlf, err);

	for (size_t i = 0; rc == CRM_OK && i < crlf.len; i++)
		if (crlf.ptr[i] != '\r')
			crm_str_addc(&x->input, crlf.ptr[i]);
	crm_str_release(&crlf);
	return rc;
}

static enum crm_status make_input(struct exec *x, const struct crm_parcel *parcel, bool hide,
				  struct crm_err *err)
{
	crm_str_clear(&x->input);
	crm_fill_begin(&x->fill, parcel, hide);
	if (!strcmp(x->a->by, "smtp"))
		return mail(x, parcel, err);
	if (x->a->input)
		return crm_fill_text(&x->fill, x->a->input, CRM_FILL_TEXT, &x->input, err);
	json_line(x, parcel, &x->input);
	return CRM_OK;
}

static enum crm_status exec_render(void *self, const struct crm_parcel *parcel, struct crm_str *out,
				   struct crm_err *err)
{
	struct exec *x = self;
	struct crm_receipt r = {.id = CRM_STR_INIT, .detail = CRM_STR_INIT};
	enum crm_status rc = CRM_OK;

	if (!crm_receipt_admits(x->a, parcel, &r))
		rc = crm_fail(err, CRM_DATA, "%s", r.detail.ptr);
	crm_receipt_release(&r);
	if (rc == CRM_OK)
		rc = make_input(x, parcel, true, err);
	if (rc == CRM_OK)
		crm_str_addf(out, "| %s\n%s", x->command, x->input.ptr);
	return rc;
}

/* --- running it --- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static enum crm_status spawn(struct exec *x, struct crm_err *err)
{
	char *const argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
			      (char *)(uintptr_t)x->command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int in[2] = {-1, -1}, out[2] = {-1, -1}, rc = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) || pipe2(out, O_CLOEXEC))
		rc = errno;
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_adddup2(&files, in[1], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
	if (!rc)
		rc = posix_spawn(&x->pid, "/bin/sh", &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	close_fd(&in[1]);
	close_fd(&out[1]);
	x->in = in[0];
	x->out = out[0];
	if (!rc) {
		fcntl(x->in, F_SETFL, O_NONBLOCK);
		fcntl(x->out, F_SETFL, O_NONBLOCK);
		return CRM_OK;
	}
	x->pid = 0;
	close_fd(&x->in);
	close_fd(&x->out);
	return crm_fail(err, CRM_IO, "cannot run '%s': %s", x->command, strerror(rc));
}

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Its status as of waitpid. One that has closed its output may still run: it has until then (ms
 * of clock_ms, 0: no time) to end by itself. *late: it was ended. */
static int end(struct exec *x, int64_t until, bool *late)
{
	struct timespec pause = {0, 100 * 1000};
	int status = 0;
	pid_t got;

	close_fd(&x->in);
	close_fd(&x->out);
	*late = false;
	while ((got = waitpid(x->pid, &status, WNOHANG)) == 0 && clock_ms() < until) {
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 10 * 1000 * 1000)
			pause.tv_nsec *= 2;
	}
	if (!got) {
		*late = true;
		kill(-x->pid, SIGKILL);
		while (waitpid(x->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	x->pid = 0;
	return status;
}

/* Writes what is left of the input; *at is how much is gone. */
static void write_some(struct exec *x, size_t *at)
{
	ssize_t n = send(x->in, x->input.ptr + *at, x->input.len - *at, MSG_NOSIGNAL);

	if (n > 0)
		*at += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		*at = x->input.len; /* it does not want the rest: its exit code says the rest */
}

/* Reads once; false at the end. What is more than we keep is dropped. */
static bool read_some(struct exec *x)
{
	char buf[8192];
	ssize_t n = read(x->out, buf, sizeof(buf));
	size_t room = CRM_EXEC_OUTPUT_MAX - x->output.len;

	if (n > 0)
		crm_str_add(&x->output, buf, (size_t)n < room ? (size_t)n : room);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

enum talk {
	TALK_LINE, /* a stream has answered */
	TALK_END,  /* it has closed its output */
	TALK_TIME  /* its time is over */
};

/* Gives it the input and takes what it writes, up to then. */
static enum talk talk(struct exec *x, int64_t until)
{
	size_t at = 0;

	crm_str_clear(&x->output);
	for (;;) {
		struct pollfd fds[] = {{x->out, POLLIN, 0}, {x->in, POLLOUT, 0}};
		int64_t left = until - clock_ms();

		if (at == x->input.len && !x->a->stream)
			close_fd(&x->in);
		if (left <= 0)
			return TALK_TIME;
		if (poll(fds, at < x->input.len ? 2 : 1, (int)left) < 0 && errno != EINTR)
			return TALK_TIME;
		if (at < x->input.len && fds[1].revents)
			write_some(x, &at);
		if (fds[0].revents && !read_some(x))
			return TALK_END;
		if (x->a->stream && memchr(x->output.ptr, '\n', x->output.len))
			return TALK_LINE;
	}
}

/* --- what it says --- */

static struct crm_slice text_at(const struct crm_json_doc *doc, const char *name, struct crm_str *s)
{
	const struct crm_json_value *v = crm_json_member(doc, &doc->values[0], name);

	crm_str_clear(s);
	if (!v || v->type == CRM_JSON_NULL || v->type >= CRM_JSON_ARRAY)
		return (struct crm_slice){NULL, 0};
	crm_json_text(v, s);
	return (struct crm_slice){s->ptr, s->len};
}

/* Its JSON, if that is what it wrote last. False: it wrote none. */
static bool read_json(const struct exec *x, struct crm_receipt *r, bool *said)
{
	struct crm_slice line = crm_slice_trim((struct crm_slice){x->output.ptr, x->output.len});
	const char *lf = line.len ? memrchr(line.ptr, '\n', line.len) : NULL;
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;
	struct crm_str s = CRM_STR_INIT;
	struct crm_slice t;
	bool is;

	if (lf)
		line = (struct crm_slice){lf + 1, line.len - (size_t)(lf - line.ptr) - 1};
	is = crm_json_scan(&doc, line.ptr, line.len) == CRM_OK
	     && doc.values[0].type == CRM_JSON_OBJECT;
	if (is) {
		*said = false;
		t = text_at(&doc, "outcome", &s);
		for (int i = 0; i <= CRM_UNKNOWN; i++)
			if (t.ptr && crm_slice_is(t, crm_sent_names[i])) {
				r->outcome = (enum crm_sent)i;
				*said = true;
			}
		t = text_at(&doc, "retry_after", &s);
		if (t.len && strtod(t.ptr, NULL) > 0 && strtod(t.ptr, NULL) < 1e6)
			r->retry_after = (int64_t)(strtod(t.ptr, NULL) * 1000);
		t = text_at(&doc, "id", &s);
		crm_str_add(&r->id, t.ptr ? t.ptr : "", t.len);
		t = text_at(&doc, "error", &s);
		if (t.ptr)
			crm_receipt_set(r, *said ? r->outcome : CRM_REFUSED, t.ptr);
		*said |= t.ptr || r->id.len;
	}
	crm_json_doc_release(&doc);
	crm_str_release(&s);
	return is;
}

/* By how it ended. */
static enum crm_status judge(struct exec *x, int status, struct crm_receipt *r, struct crm_err *err)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	enum crm_sent outcome = code == 0    ? CRM_SENT
				: code == 75 ? CRM_DEFERRED
				: code < 0   ? CRM_UNKNOWN
					     : CRM_REFUSED;
	char words[64] = "the command was killed";
	bool said = false;

	if (code == 78 || code == 126 || code == 127) {
		r->outcome = CRM_DEFERRED;
		return crm_fail(err, CRM_CONFIG, "%s (%s): '%s' is not set up: it exits %d",
				x->account->account, x->account->channel->name, x->command, code);
	}
	r->outcome = outcome;
	if (!read_json(x, r, &said) && x->output.len)
		crm_receipt_set(r, outcome, x->output.ptr);
	if (outcome != CRM_SENT)
		r->outcome = outcome;
	if (!r->detail.len && code) {
		if (code > 0)
			snprintf(words, sizeof(words), "the command exits %d", code);
		crm_receipt_set(r, r->outcome, words);
	}
	return CRM_OK;
}

static enum crm_status run_once(struct exec *x, struct crm_receipt *r, struct crm_err *err)
{
	int64_t until = clock_ms() + x->timeout;
	enum crm_status rc = spawn(x, err);
	bool late;

	if (rc != CRM_OK)
		return rc;
	talk(x, until);
	rc = judge(x, end(x, until, &late), r, err);
	if (late)
		crm_receipt_set(r, CRM_UNKNOWN, "the command took too long and was ended");
	return rc;
}

/* Has it ended since the last message? Then nothing of the next one went to it. */
static void mind_the_dead(struct exec *x)
{
	struct pollfd fd = {x->out, POLLIN, 0};
	bool late;

	if (x->pid && poll(&fd, 1, 0) > 0)
		end(x, 0, &late);
}

static enum crm_status run_stream(struct exec *x, struct crm_receipt *r, struct crm_err *err)
{
	int64_t until = clock_ms() + x->timeout;
	enum crm_status rc = CRM_OK;
	bool said = false, late;
	int code;

	mind_the_dead(x);
	if (!x->pid && (rc = spawn(x, err)) != CRM_OK)
		return rc;
	if (talk(x, until) == TALK_LINE) {
		r->outcome = CRM_SENT;
		if (read_json(x, r, &said) && said)
			return CRM_OK;
		crm_receipt_set(r, CRM_UNKNOWN, "the command answered with neither outcome nor id");
		end(x, 0, &late);
		return CRM_OK;
	}
	code = end(x, until, &late);
	if (WIFEXITED(code) && (WEXITSTATUS(code) == 126 || WEXITSTATUS(code) == 127))
		return judge(x, code, r, err);
	crm_receipt_set(r, CRM_UNKNOWN,
			late ? "the command took too long and was ended"
			     : "the command ended without an answer");
	return CRM_OK;
}

static enum crm_status exec_send(void *self, const struct crm_parcel *parcel,
				 struct crm_receipt *receipt, struct crm_err *err)
{
	struct exec *x = self;
	enum crm_status rc;

	crm_receipt_clear(receipt);
	if (!crm_receipt_admits(x->a, parcel, receipt))
		return CRM_OK;
	rc = make_input(x, parcel, false, err);
	if (rc == CRM_DATA || rc == CRM_NO_INPUT) {
		crm_receipt_set(receipt, CRM_REFUSED,
				rc == CRM_DATA ? err->text : "its input is optional, and missing");
		return CRM_OK;
	}
	if (rc == CRM_OK)
		rc = x->a->stream ? run_stream(x, receipt, err) : run_once(x, receipt, err);
	if (rc == CRM_OK && receipt->outcome == CRM_SENT && !receipt->id.len)
		crm_response_key(x->a, &x->fill, &(struct crm_response){.retry_after = -1},
				 &receipt->id);
	if (rc == CRM_OK && receipt->outcome == CRM_UNKNOWN && x->a->idempotent)
		receipt->outcome = CRM_DEFERRED;
	return rc;
}

static void exec_close(void *self)
{
	struct exec *x = self;
	bool late;

	if (x->pid) /* its input is closed: it has what it needs to end by itself */
		end(x, clock_ms() + x->timeout, &late);
	crm_fill_release(&x->fill);
	crm_str_release(&x->input);
	crm_str_release(&x->output);
	free(x);
}

const struct crm_transport crm_transport_exec = {
	.name = "exec",
	.open = exec_open,
	.render = exec_render,
	.send = exec_send,
	.idempotent = exec_idempotent,
	.close = exec_close,
};
