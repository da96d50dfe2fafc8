/* SPDX-License-Identifier: MIT */
/*
 * How fast mails go out: our transport, which builds each message, against a bare libcurl loop
 * that sends the same bytes, built before, over one connection. The server is a process of its
 * own on the loopback that takes everything; with MS it answers each of our packets so many
 * milliseconds late, as a server at that distance does. They take turns, RUNS times; the best
 * of each is printed in messages a second, and their ratio.
 *
 *	smtp [MESSAGES [MS [RUNS]]]
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "reply/mime.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- the server --- */

struct session {
	char line[4096];
	size_t n;
	bool message;
	struct crm_str out;
};

static void hear(struct session *s)
{
	s->line[s->n] = '\0';
	if (s->message && !strcmp(s->line, ".\r\n"))
		crm_str_adds(&s->out, "250 2.0.0 Ok\r\n");
	if (s->message) {
		s->message = strcmp(s->line, ".\r\n") != 0;
		return;
	}
	s->message = !strncmp(s->line, "DATA", 4);
	crm_str_adds(&s->out, s->message                     ? "354 go\r\n"
			      : !strncmp(s->line, "EHLO", 4) ? "250-sink\r\n250 PIPELINING\r\n"
							     : "250 2.1.0 Ok\r\n");
}

static void serve(int fd, int ms)
{
	static struct session s = {.out = CRM_STR_INIT};
	static char buf[65536];
	int yes = 1;
	ssize_t got;

	s.n = 0;
	s.message = false;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (write(fd, "220 sink\r\n", 10) < 0)
		return;
	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		crm_str_clear(&s.out);
		for (ssize_t i = 0; i < got; i++) {
			s.line[s.n++] = buf[i];
			if (buf[i] == '\n' || s.n == sizeof(s.line) - 1) {
				hear(&s);
				s.n = 0;
			}
		}
		if (s.out.len && ms)
			usleep((useconds_t)ms * 1000);
		if (s.out.len && write(fd, s.out.ptr, s.out.len) < 0)
			return;
	}
}

/* Starts it; returns its port. */
static int start(int ms, pid_t *pid)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), client;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 5)
	    || getsockname(fd, (struct sockaddr *)&address, &size)) {
		perror("smtp: cannot listen");
		exit(74);
	}
	*pid = fork();
	while (!*pid && (client = accept(fd, NULL, NULL)) >= 0) {
		serve(client, ms);
		close(client);
	}
	close(fd);
	return ntohs(address.sin_port);
}

/* --- the contenders --- */

static struct crm_account account = {.account = "help@shop.example", .name = "Shop"};
static char text[3000], id[64];

static struct crm_parcel parcel(int n)
{
	snprintf(id, sizeof(id), "k3x9q2mwtak3x9q2mwta%d@shop.example", n);
	return (struct crm_parcel){.key = crm_slice_of(id),
				   .to = CRM_SLICE("ada@customer.example"),
				   .to_name = CRM_SLICE("Ada Ax"),
				   .subject = CRM_SLICE("Re: Größe 42"),
				   .text = crm_slice_of(text),
				   .message_id = crm_slice_of(id),
				   .in_reply_to = CRM_SLICE("two@customer.example"),
				   .agent = CRM_SLICE("anna"),
				   .at = 1763780400000};
}

static double ours(int messages)
{
	const struct crm_transport *smtp = &crm_transport_smtp;
	struct crm_receipt receipt = {.id = CRM_STR_INIT, .detail = CRM_STR_INIT};
	struct crm_err err = {0};
	double start_at = now();
	void *self;

	if (smtp->open(&account, ".", &self, &err) != CRM_OK)
		exit(78);
	for (int i = 0; i < messages; i++) {
		struct crm_parcel p = parcel(i);

		if (smtp->send(self, &p, &receipt, &err) != CRM_OK || receipt.outcome != CRM_SENT) {
			fprintf(stderr, "smtp: %s%s\n", err.text, receipt.detail.ptr);
			exit(69);
		}
	}
	smtp->close(self);
	crm_str_release(&receipt.id);
	crm_str_release(&receipt.detail);
	return messages / (now() - start_at);
}

static size_t give(char *to, size_t size, size_t n, void *data)
{
	struct crm_slice *rest = data;
	size_t len = rest->len < size * n ? rest->len : size * n;

	memcpy(to, rest->ptr, len);
	rest->ptr += len;
	rest->len -= len;
	return len;
}

static double bare(int messages, int port)
{
	struct curl_slist *to = curl_slist_append(NULL, "<ada@customer.example>");
	struct crm_parcel p = parcel(0);
	struct crm_str mail = CRM_STR_INIT;
	CURL *curl = curl_easy_init();
	struct crm_err err;
	double start_at;
	char url[64];

	crm_mime_build(&p, &account, &mail, &err);
	snprintf(url, sizeof(url), "smtp://127.0.0.1:%d/shop.example", port);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, "<help@shop.example>");
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
	start_at = now();
	for (int i = 0; i < messages; i++) {
		struct crm_slice rest = {mail.ptr, mail.len};

		curl_easy_setopt(curl, CURLOPT_READDATA, &rest);
		if (curl_easy_perform(curl) != CURLE_OK)
			exit(69);
	}
	start_at = messages / (now() - start_at);
	curl_easy_cleanup(curl);
	curl_slist_free_all(to);
	crm_str_release(&mail);
	return start_at;
}

int main(int argc, char **argv)
{
	int messages = argc > 1 ? atoi(argv[1]) : 5000, ms = argc > 2 ? atoi(argv[2]) : 0;
	int runs = argc > 3 ? atoi(argv[3]) : 3, port;
	double best_ours = 0, best_bare = 0;
	char line[64];
	pid_t server;

	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 70 == 69 ? '\n' : (char)('a' + i % 26);
	port = start(ms, &server);
	snprintf(line, sizeof(line), "{\"smtp\":\"smtp://127.0.0.1:%d\"}", port);
	crm_json_scan(&account.doc, line, strlen(line));
	for (int i = 0; i < runs; i++) {
		double rate = ours(messages);

		best_ours = rate > best_ours ? rate : best_ours;
		rate = bare(messages, port);
		best_bare = rate > best_bare ? rate : best_bare;
	}
	printf("ours %.0f/s, bare libcurl %.0f/s, ratio %.2f\n", best_ours, best_bare,
	       best_ours / best_bare);
	kill(server, SIGTERM);
	crm_json_doc_release(&account.doc);
	return 0;
}
