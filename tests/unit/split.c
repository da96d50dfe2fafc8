/* SPDX-License-Identifier: MIT */
/* Large documents as small ones: what the small ones hold, where they come from, what is
 * refused. Sizes are made tiny so that the documents can be. The truth is what is written
 * here by hand, and for generated documents, jq's view of the whole (tests/split.t), for which
 * this program prints what it is given: split FILE LARGE WHOLE PATH…
 * (WHOLE 0: as usual). */
#include <unistd.h>

#include "ingest/documents.h"
#include "tap.h"

static const struct crm_split_sizes tiny = {
	.element = 60, .whole = 20, .batch = 15, .member = 24, .spine = 200, .stub = 12};

/* What holds records is larger than what is on a spine. */
static const struct crm_split_sizes roomy = {
	.element = 60, .whole = 60, .batch = 15, .member = 12, .spine = 200, .stub = 12};

struct source {
	struct crm_input *input;
	struct crm_documents *documents;
};

static struct source open_source(const char *path, size_t large,
				 const struct crm_split_sizes *sizes, const char *const *each,
				 size_t n)
{
	struct source s;
	struct crm_err err;

	if (crm_input_open(&s.input, path, &err) != CRM_OK
	    || crm_input_set_encoding(s.input, "UTF-8", &err) != CRM_OK)
		exit(66);
	crm_input_set_limit(s.input, large);
	s.documents = crm_documents_new(s.input, each, n);
	crm_documents_set_sizes(s.documents, sizes);
	return s;
}

static void close_source(struct source *s)
{
	crm_documents_free(s->documents);
	crm_input_close(s->input);
}

/* What is given, one a line: "LINE DOCUMENT" or "LINE! REASON: BYTES"; line ends in it are
 * written as ^. */
static void read_all(struct source *s, struct crm_str *out)
{
	enum crm_read got;

	while ((got = crm_documents_next(s->documents)) != CRM_READ_END) {
		struct crm_slice bytes = crm_documents_bytes(s->documents);
		size_t start;

		if (got == CRM_READ_WAIT)
			continue;
		crm_str_addi(out, crm_documents_line(s->documents));
		if (got == CRM_READ_BAD)
			crm_str_addf(out, "! %s:", crm_documents_reason(s->documents));
		crm_str_addc(out, ' ');
		start = out->len;
		crm_str_add(out, bytes.ptr, bytes.len);
		for (; start < out->len; start++)
			if (out->ptr[start] == '\n')
				out->ptr[start] = '^';
		crm_str_addc(out, '\n');
	}
}

static void check_sizes(const char *title, const struct crm_split_sizes *sizes, const char *path,
			const char *text, const char *want)
{
	char file[] = "/tmp/crm-split.XXXXXX";
	struct crm_str got = CRM_STR_INIT;
	int fd = mkstemp(file);
	struct source s;

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		exit(74);
	s = open_source(file, 20, sizes, &path, 1);
	read_all(&s, &got);
	is_str(got.ptr, want, title);
	close_source(&s);
	close(fd);
	unlink(file);
	crm_str_release(&got);
}

static void check(const char *title, const char *path, const char *text, const char *want)
{
	check_sizes(title, &tiny, path, text, want);
}

static void records(void)
{
	check("a small document is given as it is", "/m", "{\"m\":[1,2,3]}\n",
	      "1 {\"m\":[1,2,3]}^\n");
	check("a root that is an array", "", "[{\"n\":1},{\"n\":2},\n{\"n\":3},{\"n\":4}]\n",
	      "1 [{\"n\":1},{\"n\":2}]\n2 [{\"n\":3},{\"n\":4}]\n");
	check("what is no object is passed on", "", "[1,\"]\",null,true,[],{},-2.5e3,\"x\\\"y\"]",
	      "1 [1,\"]\",null,true]\n1 [[],{},-2.5e3,\"x\\\"y\"]\n");
	check("the spine: small members before the list, in one line", "/list/*/m",
	      "{\"a\":1,\"long\":\"not on the spine, it is too "
	      "long\",\n\"list\":[{\"id\":\n7,\"o\":{\n"
	      "\"x\":1},\"m\":[{\"n\":1},{\"n\":2},\n{\"n\":3}],\"after\":2},\n{\"id\":8,\"m\":[]},"
	      "{\"id\":9,\"m\":[{\"n\":4,\"t\":\"xxxxxx\"}]}]}\n",
	      "4 {\"a\":1,\"list\":[{\"id\":7,\"o\":{ \"x\":1},\"m\":[{\"n\":1},{\"n\":2}]}]}\n"
	      "5 {\"a\":1,\"list\":[{\"id\":7,\"o\":{ \"x\":1},\"m\":[{\"n\":3}]}]}\n"
	      "6 {\"a\":1,\"list\":[{\"id\":9,\"m\":[{\"n\":4,\"t\":\"xxxxxx\"}]}]}\n");
	check("what is small is given whole, with what comes after the list", "/l/*/m",
	      "{\"l\":[{\"m\":[1],\"i\":1},{\"m\":[2],\"i\":2},{\"m\":[3],\"i\":3}]}",
	      "1 {\"l\":[{\"m\":[1],\"i\":1}]}\n1 {\"l\":[{\"m\":[2],\"i\":2}]}\n"
	      "1 {\"l\":[{\"m\":[3],\"i\":3}]}\n");
	check("* is also what is no list", "/l/*/m",
	      "{\"l\":{\"x\":1,\"m\":[{\"n\":1},{\"n\":2},{\"n\":3}]}}",
	      "1 {\"l\":{\"x\":1,\"m\":[{\"n\":1},{\"n\":2}]}}\n1 "
	      "{\"l\":{\"x\":1,\"m\":[{\"n\":3}]}}\n");
	check("whatever its name", "/r/**/m",
	      "{\"r\":{\"x\":1,\"a\":{\"id\":7,\"m\":[{\"n\":1},{\"n\":2},{\"n\":3}]},"
	      "\"b\":{\"m\":[4]}}}",
	      "1 {\"r\":{\"x\":1,\"a\":{\"id\":7,\"m\":[{\"n\":1},{\"n\":2}]}}}\n"
	      "1 {\"r\":{\"x\":1,\"a\":{\"id\":7,\"m\":[{\"n\":3}]}}}\n"
	      "1 {\"r\":{\"x\":1,\"b\":{\"m\":[4]}}}\n");
	check("one record that is no list", "/data/m",
	      "{\"x\":1,\"data\":{\"y\":2,\"m\":{\"n\":1,\"t\":\"xxxxxxxxxx\"}}}",
	      "1 {\"x\":1,\"data\":{\"y\":2,\"m\":{\"n\":1,\"t\":\"xxxxxxxxxx\"}}}\n");
	check("names with escapes, here and there", "/a~1b/*/m~0",
	      "{\"\\u0061/b\":[{\"x\":\"xxxxxxxxxxxxxxx\",\"m~\":[{\"n\":1}]}]}",
	      "1 {\"\\u0061/b\":[{\"x\":\"xxxxxxxxxxxxxxx\",\"m~\":[{\"n\":1}]}]}\n");
	check("elements by a condition", "/in/?t=m",
	      "{\"in\":[{\"t\":\"m\",\"n\":1},{\"t\":\"u\",\"n\":2},{\"t\":\"u\",\"n\":3},{\"t\":"
	      "\"m\",\"n\":4}]}",
	      "1 {\"in\":[{\"t\":\"m\",\"n\":1}]}\n1 {\"in\":[{\"t\":\"m\",\"n\":4}]}\n");
	check("blanks", "", "[1]\n                        \n[2]\n                         ",
	      "1 [1]^\n3 [2]\n");
	check("several documents, on lines and not", "",
	      "[{\"n\":1},{\"n\":2},{\"n\":3}]\n\n{\"n\":4}\n[{\"n\":5},{\"n\":6}]\n[{\"n\":7},"
	      "{\"n\":8},{\"n\":9}] {\"n\":10}\n{\"n\":11}",
	      "1 [{\"n\":1},{\"n\":2}]\n1 [{\"n\":3}]\n3 {\"n\":4}^\n4 [{\"n\":5},{\"n\":6}]^\n"
	      "5 [{\"n\":7},{\"n\":8}]\n5 [{\"n\":9}]\n5  {\"n\":10}^\n6 {\"n\":11}\n");
	check("lines end in CRLF or CR", "",
	      "[1,2,3,4,5,6,7,8,9,\r\n\"a\",\r\"b\",\r\"c\",\r\n\"d\"]",
	      "1 [1,2,3,4,5,6,7,8]\n1 [9,\r^\"a\",\r\"b\",\r\"c\"]\n5 [\"d\"]\n");
}

static void scripts(void)
{
	check("a script: small", "", "a.b = [\n{\"n\":1}];\n{\"n\":2}\n;\n",
	      "1 [^{\"n\":1}];^\n3 {\"n\":2}^\n");
	check("a script: large", "",
	      "window.YTD.x_Y$.part0 = [\n{\"n\":1},{\"n\":2}, {\"n\":3}\n];\n$a={}",
	      "2 [{\"n\":1},{\"n\":2}]\n2 [{\"n\":3}]\n4 {}\n");
	check("no script", "", "a.b = 1\na = \n= {}\nx {}\n",
	      "1! not a JSON value: a.b = 1^\n2! not a JSON value: a = ^\n"
	      "3! not a JSON value: = {}^\n4! not a JSON value: x {}^\n");
}

static void refusals(void)
{
	check("too large an element", "",
	      "[{\"n\":1},\n{\"n\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}"
	      ",\n"
	      "{\"n\":3}]",
	      "1 [{\"n\":1}]\n2! longer than 16 MiB: {\"n\":\"xxxxxx\n3 [{\"n\":3}]\n");
	check("elements that are no JSON", "",
	      "[{\"n\":1},{\"n\" 2},\n{\"n\":3},{\"n\":tru},\n{\"n\":\"\xff\"},{\"n\":6}]",
	      "1 [{\"n\":1}]\n1! a colon was expected: {\"n\" 2}\n2 [{\"n\":3}]\n"
	      "2! not a JSON value: {\"n\":tru}\n3 [{\"n\":6}]\n3! invalid UTF-8: "
	      "{\"n\":\"\xff\"}\n");
	check("a bad element in a small list", "/m",
	      "{\"aaaaaa\":1,\"m\":[{\"n\":\"\xff\"},{\"n\":2}]}",
	      "1! invalid UTF-8: [{\"n\":\"\xff\"},{\n");
	check_sizes("a bad element in a list that would be given whole", &roomy, "/m",
		    "{\"aaaaaa\":1,\"m\":[{\"n\":\"\xff\"},{\"n\":2}]}",
		    "1 {\"aaaaaa\":1,\"m\":[{\"n\":2}]}\n1! invalid UTF-8: {\"n\":\"\xff\"}\n");
	check_sizes("a bad element of a list in a list", &roomy, "/l/*/m",
		    "{\"l\":[{\"m\":[1]},{\"i\":1,\n\"m\":[2,tru,\n3,4444]},{\"m\":[4]}]}",
		    "1 {\"l\":[{\"m\":[1]}]}\n2 {\"l\":[{\"i\":1,\"m\":[2,^3,4444]}]}\n"
		    "2! not a JSON value: tru\n3 {\"l\":[{\"m\":[4]}]}\n");
	check("a list twice", "/m", "{\"m\":[{\"n\":1},{\"n\":2}],\n\"m\":[{\"n\":3}]}\n{}\n",
	      "1 {\"m\":[{\"n\":1},{\"n\":2}]}\n2! a key occurs twice: [{\"n\":3}]}^\n3 {}^\n");
	check("a bad member of the spine", "/m",
	      "{\"a\":1,\n\"b\":\"\xff\",\"m\":[{\"n\":1},{\"n\":2}]}",
	      "2! invalid UTF-8: \"\xff\"\n2 {\"a\":1,\"m\":[{\"n\":1},{\"n\":2}]}\n");
	check("a key twice in the spine", "/m",
	      "{\"a\":1,\n\"a\":2,\"m\":[{\"n\":1},{\"n\":2}]}\n[1]\n{}\n",
	      "2! a key occurs twice: [{\"n\":1},{\"n\n4 {}^\n");
	check("brackets that do not match", "",
	      "[{\"n\":1},\n{\"n\":2},{\"n\":[3}],\n{\"n\":4}]\n[]\n",
	      "1 [{\"n\":1},^{\"n\":2}]\n2! brackets do not match: {\"n\":[3}],^{\n4 []^\n");
	check("a string without an end", "", "[\n{\"n\":1},\n{\"n\":\"2},\n{\"n\":3}]\n[4]\n",
	      "2 [{\"n\":1}]\n3! string does not end on its line: {\"n\":\"2},^{\"\n5 [4]^\n");
	check("a torn document between members", "/m",
	      "{\n\"m\": [{\"n\":1},{\"n\":2}], \"x\": 5\n{\n \"m\": [{\"n\":3},{\"n\":4}] }\n",
	      "2 {\"m\":[{\"n\":1},{\"n\":2}]}\n3! a comma was expected: \n"
	      "4 {\"m\":[{\"n\":3},{\"n\":4}]}\n");
	check("a file that breaks off", "/m", "{\"aaaaaaaa\":1,\"m\":[{\"n\":1},\n{\"n\":",
	      "1 {\"aaaaaaaa\":1,\"m\":[{\"n\":1}]}\n2! the document does not end: {\"n\":\n");
	check("no list where it should be", "/m", "{\"aaaaaaaa\":1,\n\"x\":[{\"n\":1}]}\n{}",
	      "1! has no list of records where the channel says: {\"aaaaaaaa\":\n3 {}\n");
	check("a list of nothing is one", "/m", "{\"aaaaaaaaaaaaaa\":1,\n\"m\":[]}\n{}", "3 {}\n");
	check("a large record that is a document", "", "{\"aaaaaaaaaaaaaa\":1,\n\"m\":[{}]}\n{}",
	      "1! longer than 16 MiB: {\"aaaaaaaaaa\n3 {}\n");
	check("a long line of nothing", "", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n{}\n",
	      "1! longer than 16 MiB: xxxxxxxxxxxx\n2 {}^\n");
	check("JSON lines: a torn long one", "",
	      "{\"n\":1}\n[{\"n\":2},{\"n\":3},{\"n\":4},\n{\"n\":5}\n",
	      "1 {\"n\":1}^\n2 [{\"n\":2},{\"n\":3}]\n2 [{\"n\":4}]\n"
	      "2! the line ends before the document does: ^\n3 {\"n\":5}^\n");
}

/* Prints what comes of a file: documents to standard output, refusals to standard error. */
static int print_file(int argc, char **argv)
{
	struct crm_split_sizes sizes = crm_split_sizes;
	struct source s;
	enum crm_read got;

	if (atol(argv[3]))
		sizes.whole = sizes.batch = (size_t)atol(argv[3]);
	s = open_source(argv[1], (size_t)atol(argv[2]), &sizes, (const char *const *)argv + 4,
			(size_t)argc - 4);
	while ((got = crm_documents_next(s.documents)) != CRM_READ_END) {
		struct crm_slice bytes = crm_documents_bytes(s.documents);

		if (got == CRM_READ_BAD)
			fprintf(stderr, "%lld: %s\n", (long long)crm_documents_line(s.documents),
				crm_documents_reason(s.documents));
		else if (got == CRM_READ_OK)
			fwrite(bytes.ptr, 1, bytes.len, stdout), putchar('\n');
	}
	close_source(&s);
	return fflush(stdout) ? 74 : 0;
}

int main(int argc, char **argv)
{
	if (argc > 3)
		return print_file(argc, argv);
	records();
	scripts();
	refusals();
	return done();
}
