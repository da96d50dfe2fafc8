/* SPDX-License-Identifier: MIT */
/*
 * Large documents, split while they stream by. Only boundaries are looked for here:
 * brackets, and the quotes that hide them; crm_json_scan then judges each piece. The
 * ancestors of what is being read are a stack of levels; offsets (at, value_at)
 * are into the record that the input has at hand, and move when its front is dropped.
 */
#include "ingest/split.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/split_paths.h"

#define KEY_MAX ((size_t)64 * 1024)
#define KIB ((size_t)1024)

const struct crm_split_sizes crm_split_sizes = {
	.element = CRM_RECORD_MAX,
	.whole = KIB * KIB,
	.batch = 64 * KIB,
	.member = 4 * KIB,
	.spine = 32 * KIB,
	.stub = 64 * KIB,
};

struct level {
	bool is_object, has_records; /* has_records: an array, its elements are records */
	struct crm_split_places places;
	size_t spine_len;           /* of the spine, before this level was opened */
	size_t index;               /* of the next element */
	bool seen[CRM_SPLIT_PATHS]; /* of an object: the member that the path goes on with */
};

/* What becomes of a value. */
enum kind {
	DROP,   /* nothing */
	MEMBER, /* goes on the spine */
	HOLDER, /* may hold records: given whole, or taken apart */
	RECORD
};

struct item {
	uint64_t from, to; /* as places are counted by base */
	size_t index;
	enum kind kind;
	const char *why; /* it is no JSON, or NULL */
};

enum step {
	GO_ON,
	MORE, /* bytes are needed */
	GIVEN,
	REFUSED,
	ENDED
};

struct crm_split {
	struct crm_input *input;
	struct crm_split_sizes sizes;
	struct crm_split_paths *paths;
	enum {
		ROOT,
		FIRST, /* behind a bracket */
		NEXT,  /* behind a value */
		ITEM,  /* behind a comma */
		COLON,
		VALUE,
		IN_VALUE,
		PASS_OVER, /* what is broken */
		OVER
	} phase;
	bool one_line, found, inner_lines, owes_wait;
	const char *broken;       /* why, until it is dealt with */
	bool is_broken, owes_why; /* owes_why: text is being filled with what is passed over */
	char dropped;             /* the last byte of what was finished with */
	char opener;
	struct level levels[CRM_JSON_DEPTH];
	size_t n_levels;
	struct crm_str spine, key, text, head;
	int64_t head_line, line;
	const char *reason;
	size_t at;
	uint64_t base; /* how much was dropped before the record at hand */
	/* the value that at is in */
	size_t value_at;
	enum kind kind;
	struct crm_split_places places;
	bool is_container, take_apart;
	size_t depth;
	uint64_t objects; /* which of the 64 outermost brackets are { */
	bool quoted, escaped, scalar;
	/* values that were read and not given yet */
	struct item *items;
	size_t n_items, cap_items;
	bool sorted;      /* good and bad ones have been told apart, and the good ones given */
	size_t next_item; /* to be looked at, when sorted */
	bool has_apart;   /* behind them lies one that is to be taken apart */
};

struct crm_split *crm_split_new(struct crm_input *input, const char *const *paths, size_t n)
{
	struct crm_split *s = crm_calloc(1, sizeof(*s));

	s->input = input;
	s->sizes = crm_split_sizes;
	s->spine = s->key = s->text = s->head = (struct crm_str)CRM_STR_INIT;
	s->paths = crm_split_paths_new(paths, n);
	return s;
}

void crm_split_free(struct crm_split *s)
{
	if (!s)
		return;
	crm_split_paths_free(s->paths);
	free(s->items);
	crm_str_release(&s->spine);
	crm_str_release(&s->key);
	crm_str_release(&s->text);
	crm_str_release(&s->head);
	free(s);
}

void crm_split_set_sizes(struct crm_split *s, const struct crm_split_sizes *sizes)
{
	s->sizes = *sizes;
}

void crm_split_begin(struct crm_split *s, bool one_line)
{
	struct crm_slice record = crm_input_record(s->input);

	s->phase = ROOT;
	s->one_line = one_line;
	s->found = s->inner_lines = s->owes_wait = s->is_broken = s->owes_why = false;
	s->sorted = s->has_apart = s->take_apart = false;
	s->dropped = 0;
	s->broken = NULL;
	s->n_levels = s->n_items = s->at = 0;
	crm_str_clear(&s->spine);
	crm_str_clear(&s->head);
	crm_str_add(&s->head, record.ptr, record.len < s->sizes.stub ? record.len : s->sizes.stub);
	s->head_line = crm_input_line_number(s->input);
}

static struct level *top(struct crm_split *s)
{
	return &s->levels[s->n_levels - 1];
}

/* Finishes with the first n bytes of the record at hand. */
static void drop(struct crm_split *s, size_t n)
{
	if (n)
		s->dropped = crm_input_record(s->input).ptr[n - 1];
	crm_input_drop(s->input, n);
	s->at -= n;
	s->value_at -= n;
	s->base += n;
}

static enum step break_off(struct crm_split *s, const char *why)
{
	s->broken = why;
	return GO_ON;
}

/* Sets aside the bytes from one place on, as many as are kept and before `to`. */
static enum step refuse(struct crm_split *s, size_t from, size_t to, const char *why)
{
	struct crm_slice record = crm_input_record(s->input);

	if (to - from > s->sizes.stub)
		to = from + s->sizes.stub;
	crm_str_clear(&s->text);
	crm_str_add(&s->text, record.ptr + from, to - from);
	s->reason = why;
	return REFUSED;
}

/* --- where a value lies --- */

/* The bytes of a key, decoded into room where it has escapes; no value when it is no JSON. */
static struct crm_slice plain_key(const struct crm_str *quoted, struct crm_str *room)
{
	struct crm_slice key = {quoted->ptr + 1, quoted->len - 2};
	struct crm_json_doc doc = CRM_JSON_DOC_INIT;

	if (!memchr(key.ptr, '\\', key.len))
		return key;
	key = (struct crm_slice){NULL, 0};
	if (crm_json_scan(&doc, quoted->ptr, quoted->len) == CRM_OK) {
		crm_json_text(&doc.values[0], room);
		key = crm_str_slice(room);
	}
	crm_json_doc_release(&doc);
	return key;
}

/* Where the value that comes next in the top level lies. */
static void find_places(struct crm_split *s, struct crm_split_places *places, bool is_array)
{
	struct level *l = top(s);
	struct crm_str room = CRM_STR_INIT;
	struct crm_slice key = {NULL, 0};

	if (l->is_object && l->places.leads)
		key = plain_key(&s->key, &room);
	if (!l->is_object)
		crm_split_element(s->paths, &l->places, l->index, places);
	else if (crm_split_member(s->paths, &l->places, key, l->seen, places) && !s->take_apart)
		break_off(s, "a key occurs twice");
	crm_str_release(&room);
	crm_split_at(s->paths, places, is_array);
}

/* --- small documents --- */

/* Writes the spine, the key of a member, raw, and the brackets that close it all. */
static enum crm_status compose(struct crm_split *s, struct crm_slice raw, struct crm_json_doc *doc)
{
	struct crm_str *out = &s->text;

	crm_str_clear(out);
	crm_str_add(out, s->spine.ptr, s->spine.len);
	if (raw.ptr && top(s)->is_object) {
		crm_json_raw(out, crm_str_slice(&s->key));
		crm_str_addc(out, ':');
	}
	if (raw.ptr)
		crm_str_add(out, raw.ptr, raw.len);
	for (size_t i = s->n_levels; i-- > 0;)
		crm_str_addc(out, s->levels[i].is_object ? '}' : ']');
	return crm_json_scan(doc, out->ptr, out->len);
}

static size_t batch_end(const struct crm_split *s)
{
	return (size_t)(s->items[s->n_items - 1].to - s->base);
}

static struct crm_slice item_bytes(const struct crm_split *s, const struct item *item)
{
	struct crm_slice record = crm_input_record(s->input);

	return (struct crm_slice){record.ptr + (item->from - s->base),
				  (size_t)(item->to - item->from)};
}

/* The record at hand now begins with the item at i. */
static void drop_to_item(struct crm_split *s, size_t i)
{
	drop(s, (size_t)(s->items[i].from - s->base));
	s->line = crm_input_line_number(s->input);
}

/* The value that comes behind the batch is read again, level by level. */
static enum step take_apart(struct crm_split *s)
{
	drop_to_item(s, s->n_items);
	s->at = 0;
	top(s)->index = s->items[s->n_items].index;
	s->broken = NULL; /* comes later, and will be found again */
	s->take_apart = true;
	s->phase = VALUE;
	return GO_ON;
}

/* All of the batch has been dealt with. */
static enum step end_batch(struct crm_split *s)
{
	enum step step = GO_ON;

	if (s->has_apart)
		step = take_apart(s);
	else
		drop(s, batch_end(s));
	s->n_items = 0;
	s->sorted = s->has_apart = false;
	return step;
}

/* Why an item is no JSON, as deep as it is; NULL: it is some. */
static const char *why_not(struct crm_split *s, const struct item *item, struct crm_json_doc *doc)
{
	struct crm_slice raw = item_bytes(s, item);

	crm_str_clear(&s->text);
	for (size_t i = 0; i < s->n_levels; i++)
		crm_str_addc(&s->text, '[');
	crm_str_add(&s->text, raw.ptr, raw.len);
	for (size_t i = 0; i < s->n_levels; i++)
		crm_str_addc(&s->text, ']');
	return crm_json_scan(doc, s->text.ptr, s->text.len) == CRM_OK ? NULL : doc->error;
}

/* Puts the good items in one piece, with the line ends that lie between them. */
static bool join_good(struct crm_split *s, struct crm_str *out)
{
	const char *at = crm_input_record(s->input).ptr;
	bool any = false;

	for (size_t i = 0; i < s->n_items; i++) {
		struct crm_slice raw = item_bytes(s, &s->items[i]);

		if (s->items[i].why)
			continue;
		if (any)
			crm_str_addc(out, ',');
		for (; at < raw.ptr; at++)
			if (*at == '\n')
				crm_str_addc(out, '\n');
		crm_str_add(out, raw.ptr, raw.len);
		at = raw.ptr + raw.len;
		any = true;
	}
	return any;
}

static bool is_given(struct crm_split *s, const struct crm_json_doc *doc)
{
	bool records = false;

	for (size_t i = 0; i < s->n_items && !records; i++)
		records = s->items[i].kind == RECORD && !s->items[i].why
			  && !crm_split_has_conditions(s->paths);
	return records || crm_split_has_records(s->paths, doc, &s->found);
}

/* Something in the batch is no JSON: the rest is given first. A large value that holds
 * records is not refused, since some of it will be good. */
static enum step sort_batch(struct crm_split *s, struct crm_json_doc *doc)
{
	struct crm_str good = CRM_STR_INIT;
	bool given = false;

	s->sorted = true;
	s->next_item = 0;
	for (size_t i = 0; i < s->n_items && !s->has_apart; i++) {
		struct item *item = &s->items[i];

		item->why = why_not(s, item, doc);
		if (item->why && item->kind == HOLDER && item->to - item->from > s->sizes.member) {
			s->has_apart = true;
			s->n_items = i;
		}
	}
	if (s->n_items && join_good(s, &good)) {
		given = compose(s, crm_str_slice(&good), doc) == CRM_OK;
		for (size_t i = 0; i < s->n_items && !given; i++) /* it is the key */
			s->items[i].why = doc->error;
		given = given && is_given(s, doc);
	}
	crm_str_release(&good);
	return given ? GIVEN : GO_ON;
}

static enum step refuse_next(struct crm_split *s)
{
	struct crm_slice bytes;

	while (s->next_item < s->n_items && !s->items[s->next_item].why)
		s->next_item++;
	if (s->next_item == s->n_items)
		return end_batch(s);
	drop_to_item(s, s->next_item);
	s->found = true;
	bytes = item_bytes(s, &s->items[s->next_item]);
	return refuse(s, 0, bytes.len, s->items[s->next_item++].why);
}

static enum step give_batch(struct crm_split *s, struct crm_json_doc *doc)
{
	struct crm_slice all;
	bool given;

	if (s->sorted)
		return refuse_next(s);
	drop_to_item(s, 0);
	all = (struct crm_slice){crm_input_record(s->input).ptr, batch_end(s)};
	if (compose(s, all, doc) == CRM_OK) {
		given = is_given(s, doc);
		end_batch(s);
		return given ? GIVEN : GO_ON;
	}
	if (compose(s, (struct crm_slice){NULL, 0}, doc) == CRM_OK)
		return sort_batch(s, doc);
	s->n_items = 0;
	s->at = 0;
	s->phase = VALUE;
	return break_off(s, doc->error);
}

/* --- values --- */

static const unsigned char in_string[256] = {['"'] = 1, ['\\'] = 1, ['\n'] = 1};
static const unsigned char outside[256] = {['"'] = 1, ['{'] = 1, ['}'] = 1, ['['] = 1, [']'] = 1};
static const unsigned char on_line[256] = {
	['"'] = 1, ['{'] = 1, ['}'] = 1, ['['] = 1, [']'] = 1, ['\n'] = 1};

/* Behind the quote of a string: goes on until behind the other one. */
static const char *pass_string(struct crm_split *s, const char *p, const char *end)
{
	while (p < end) {
		if (s->escaped) {
			s->escaped = false;
			p++;
			continue;
		}
		while (p < end && !in_string[(unsigned char)*p])
			p++;
		if (p == end)
			break;
		if (*p == '\n') {
			break_off(s, "string does not end on its line");
			break;
		}
		s->escaped = *p == '\\';
		s->quoted = *p++ != '"';
		if (!s->quoted)
			break;
	}
	return p;
}

static void open_bracket(struct crm_split *s, const char *p, const char *start)
{
	if (s->depth < 64) {
		s->objects &= ~((uint64_t)1 << s->depth);
		s->objects |= (uint64_t)(*p == '{') << s->depth;
	}
	s->depth++;
	if (*p == s->opener && p > start && (p[-1] == '\n' || p[-1] == '\r'))
		s->inner_lines = true;
}

static bool close_bracket(struct crm_split *s, char c)
{
	s->depth--;
	if (s->depth >= 64 || ((s->objects >> s->depth) & 1) == (c == '}'))
		return true;
	break_off(s, "brackets do not match");
	return false;
}

static bool ends_scalar(char c)
{
	return memchr(" \t\r\n,:]}{[\"", c, 11);
}

/* Goes on over the value, up to end. True when it is complete: at is behind it. */
static bool pass_value(struct crm_split *s, struct crm_slice record, size_t end)
{
	const unsigned char *special = s->one_line ? on_line : outside;
	const char *p = record.ptr + s->at, *stop = record.ptr + end;
	bool complete = false;

	while (s->scalar && p < stop && !complete) {
		complete = ends_scalar(*p);
		p += !complete;
	}
	while (!s->scalar && p < stop && !complete && !s->broken) {
		if (s->quoted) {
			p = pass_string(s, p, stop);
			complete = !s->quoted && !s->depth;
			continue;
		}
		while (p < stop && !special[(unsigned char)*p])
			p++;
		if (p == stop)
			break;
		if (*p == '\n') {
			break_off(s, "the line ends before the document does");
			break;
		}
		if (*p == '"')
			s->quoted = true;
		else if (*p == '{' || *p == '[')
			open_bracket(s, p, record.ptr);
		else if (!close_bracket(s, *p))
			break;
		p++;
		complete = !s->quoted && !s->depth;
	}
	s->at = (size_t)(p - record.ptr);
	return complete;
}

static enum kind kind_of(struct crm_split *s, char first)
{
	const struct level *l = top(s);

	if (l->has_records)
		return RECORD;
	find_places(s, &s->places, first == '[');
	if (s->places.ends && first != '[')
		return RECORD;
	if ((s->places.ends || s->places.leads) && s->is_container)
		return HOLDER;
	return l->is_object ? MEMBER : DROP;
}

/* At a bracket: the first byte of the value is taken. */
static void begin_container(struct crm_split *s, struct crm_slice record)
{
	s->depth = 0;
	s->is_container = true;
	s->scalar = s->quoted = s->escaped = false;
	s->value_at = s->at;
	open_bracket(s, record.ptr + s->at, record.ptr);
	s->at++;
	s->phase = IN_VALUE;
}

static enum step begin_value(struct crm_split *s, struct crm_slice record)
{
	char c = record.ptr[s->at];

	if (memchr(",:]}", c, 4))
		return break_off(s, "a value was expected");
	s->is_container = c == '{' || c == '[';
	s->kind = kind_of(s, c);
	if (s->broken)
		return GO_ON;
	if (s->is_container) {
		begin_container(s, record);
		return GO_ON;
	}
	s->value_at = s->at++;
	s->depth = 0;
	s->escaped = false;
	s->quoted = c == '"';
	s->scalar = !s->quoted;
	s->phase = IN_VALUE;
	return GO_ON;
}

/* The container whose bracket is at value_at becomes a level of its own. */
static enum step descend(struct crm_split *s, char bracket)
{
	struct level *l = &s->levels[s->n_levels];

	if (s->n_levels == CRM_JSON_DEPTH)
		return break_off(s, "nested too deeply");
	l->is_object = bracket == '{';
	l->has_records = !l->is_object && s->places.ends;
	l->places = s->places;
	l->spine_len = s->spine.len;
	l->index = 0;
	memset(l->seen, 0, sizeof(l->seen));
	if (s->n_levels && top(s)->is_object) {
		crm_json_raw(&s->spine, crm_str_slice(&s->key));
		crm_str_addc(&s->spine, ':');
	}
	crm_json_open(&s->spine, bracket);
	s->found |= l->has_records && !crm_split_has_conditions(s->paths);
	s->n_levels++;
	s->at = s->value_at + 1;
	s->phase = FIRST;
	return GO_ON;
}

/* Is the value at hand to be taken apart when it is too large? Not a record in an array of
 * them: whoever reads the pieces would take each for one. */
static bool can_descend(struct crm_split *s)
{
	return s->is_container
	       && (s->kind == HOLDER
		   || (s->kind == RECORD && s->places.leads && !top(s)->has_records));
}

/* Sets aside the beginning of the value at hand; the rest of it is passed over. */
static enum step refuse_value(struct crm_split *s)
{
	drop(s, s->value_at);
	s->line = crm_input_line_number(s->input);
	s->kind = DROP;
	s->found = true;
	return refuse(s, 0, crm_input_record(s->input).len, "longer than 16 MiB");
}

static enum step too_long(struct crm_split *s, struct crm_json_doc *doc, struct crm_slice record)
{
	if (s->kind == MEMBER) {
		s->kind = DROP;
		return GO_ON;
	}
	if (s->n_items)
		return give_batch(s, doc);
	if (can_descend(s))
		return descend(s, record.ptr[s->value_at]);
	return refuse_value(s);
}

/* Puts a small member on the spine, in one line. One that is no JSON is refused alone. */
static enum step keep_member(struct crm_split *s, struct crm_json_doc *doc, struct crm_slice value)
{
	size_t start = s->spine.len;

	if (s->key.len + value.len > s->sizes.member
	    || s->spine.len + s->key.len + value.len > s->sizes.spine)
		return GO_ON;
	if (crm_json_scan(doc, value.ptr, value.len) != CRM_OK
	    || crm_json_scan(doc, s->key.ptr, s->key.len) != CRM_OK) {
		drop(s, s->value_at);
		s->line = crm_input_line_number(s->input);
		return refuse(s, 0, s->at, doc->error);
	}
	crm_json_raw(&s->spine, crm_str_slice(&s->key));
	crm_str_addc(&s->spine, ':');
	crm_str_add(&s->spine, value.ptr, value.len);
	for (; start < s->spine.len; start++)
		if (s->spine.ptr[start] == '\n' || s->spine.ptr[start] == '\r')
			s->spine.ptr[start] = ' ';
	return GO_ON;
}

static enum step end_value(struct crm_split *s, struct crm_json_doc *doc, struct crm_slice record)
{
	size_t len = s->at - s->value_at;

	s->phase = s->n_levels ? NEXT : OVER;
	if (s->n_levels)
		top(s)->index++;
	if (s->kind == DROP)
		return GO_ON;
	if (s->kind == MEMBER)
		return keep_member(s, doc, (struct crm_slice){record.ptr + s->value_at, len});
	CRM_GROW(s->items, s->n_items + 1, s->cap_items);
	s->items[s->n_items++] = (struct item){.from = s->base + s->value_at,
					       .to = s->base + s->at,
					       .index = top(s)->index - 1,
					       .kind = s->kind};
	s->found |= s->kind == RECORD && !crm_split_has_conditions(s->paths);
	if (top(s)->is_object || s->base + s->at - s->items[0].from >= s->sizes.batch)
		return give_batch(s, doc);
	return GO_ON;
}

static enum step go_on_value(struct crm_split *s, struct crm_json_doc *doc, struct crm_slice record)
{
	const size_t limits[] = {
		[DROP] = SIZE_MAX,
		[MEMBER] = s->sizes.member,
		[HOLDER] = s->sizes.whole,
		[RECORD] = s->sizes.element,
	};
	size_t limit = s->take_apart ? 0 : limits[s->kind], end = record.len;

	s->take_apart = false;
	if (s->scalar && limit < SIZE_MAX)
		limit++; /* what ends it is seen behind it */
	if (s->kind != DROP && end - s->value_at > limit)
		end = s->value_at + limit;
	if (s->at < end && pass_value(s, record, end))
		return end_value(s, doc, record);
	if (s->broken)
		return GO_ON;
	if (s->kind != DROP && s->at - s->value_at >= limit)
		return too_long(s, doc, record);
	return MORE;
}

/* --- what is between values --- */

static enum step begin_root(struct crm_split *s, struct crm_slice record)
{
	char c = record.ptr[s->at];

	s->opener = c;
	if (c != '{' && c != '[')
		return break_off(s, "longer than 16 MiB");
	crm_split_root(s->paths, &s->places, c == '[');
	s->value_at = s->at;
	if (c == '[' || s->places.leads)
		return descend(s, c);
	begin_container(s, record);
	return refuse_value(s);
}

static enum step read_key(struct crm_split *s, struct crm_slice record)
{
	const char *start = record.ptr + s->at, *end = record.ptr + record.len;
	const char *p;

	s->quoted = true;
	s->escaped = false;
	p = pass_string(s, start + 1, end);
	if (s->broken)
		return GO_ON;
	if ((size_t)(p - start) > KEY_MAX)
		return break_off(s, "a key is longer than 64 KiB");
	if (s->quoted)
		return MORE;
	crm_str_clear(&s->key);
	crm_str_add(&s->key, start, (size_t)(p - start));
	s->at = (size_t)(p - record.ptr);
	s->phase = COLON;
	return GO_ON;
}

static enum step close_level(struct crm_split *s, struct crm_json_doc *doc, char c)
{
	struct level *l = top(s);

	if (s->n_items)
		return give_batch(s, doc);
	if (l->is_object != (c == '}'))
		return break_off(s, "brackets do not match");
	s->spine.len = l->spine_len;
	s->n_levels--;
	s->at++;
	s->phase = s->n_levels ? NEXT : OVER;
	if (s->n_levels)
		top(s)->index++;
	return GO_ON;
}

static enum step begin_item(struct crm_split *s, struct crm_slice record)
{
	if (!top(s)->is_object)
		return begin_value(s, record);
	if (record.ptr[s->at] != '"')
		return break_off(s, "a key was expected");
	return read_key(s, record);
}

static enum step read_token(struct crm_split *s, struct crm_json_doc *doc, struct crm_slice record)
{
	char c = record.ptr[s->at];

	switch (s->phase) {
	case ROOT:
		return begin_root(s, record);
	case COLON:
		if (c != ':')
			return break_off(s, "a colon was expected");
		s->at++;
		s->phase = VALUE;
		return GO_ON;
	case VALUE:
		return begin_value(s, record);
	case FIRST:
		return c == '}' || c == ']' ? close_level(s, doc, c) : begin_item(s, record);
	case ITEM:
		return begin_item(s, record);
	default:
		if (c == '}' || c == ']')
			return close_level(s, doc, c);
		if (c != ',')
			return break_off(s, "a comma was expected");
		s->at++;
		s->phase = ITEM;
		return GO_ON;
	}
}

static bool skip_blanks(struct crm_split *s, struct crm_slice record)
{
	for (; s->at < record.len; s->at++) {
		char c = record.ptr[s->at];

		if (c == '\n' && s->one_line && s->phase != ROOT) {
			break_off(s, "the line ends before the document does");
			return true;
		}
		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return true;
	}
	return false;
}

/* --- the end, good or bad --- */

/* Can a document begin on a line that begins with c? */
static bool can_begin(struct crm_split *s, char c)
{
	if (s->one_line || (s->opener != '{' && s->opener != '['))
		return true;
	return !s->inner_lines && c == s->opener;
}

static char byte_before(const struct crm_split *s)
{
	return s->at ? crm_input_record(s->input).ptr[s->at - 1] : s->dropped;
}

/* Adds to what is kept of what is broken. */
static void keep_broken(struct crm_split *s, const char *bytes, size_t len)
{
	size_t room = s->sizes.stub - s->text.len;

	if (s->owes_why)
		crm_str_add(&s->text, bytes, len < room ? len : room);
}

/* From here on nothing can be told apart. Of what was to be given whole some may be good. */
static enum step begin_passing_over(struct crm_split *s)
{
	struct crm_slice record = crm_input_record(s->input);
	bool in_value = s->phase == IN_VALUE;

	s->reason = s->broken;
	s->broken = NULL;
	if (in_value && s->n_levels && can_descend(s))
		return descend(s, record.ptr[s->value_at]);
	s->owes_why = !in_value || s->n_levels;
	crm_str_clear(&s->text);
	if (in_value && s->kind != DROP)
		keep_broken(s, record.ptr + s->value_at, s->at - s->value_at);
	s->phase = !in_value && s->at < record.len && byte_before(s) == '\n'
				   && can_begin(s, record.ptr[s->at])
			   ? OVER
			   : PASS_OVER;
	drop(s, s->at);
	s->line = crm_input_line_number(s->input);
	s->is_broken = true;
	return GO_ON;
}

static enum step say_why(struct crm_split *s)
{
	s->owes_why = false;
	return REFUSED;
}

/* Goes on to a line with which a document may begin. */
static enum step pass_over(struct crm_split *s)
{
	struct crm_slice record = crm_input_record(s->input);
	const char *start = record.ptr + s->at, *end = record.ptr + record.len, *p = start;

	while (p < end && s->phase == PASS_OVER) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p || p + 1 == end)
			break; /* and comes back to this line end, if it is one */
		if (can_begin(s, *++p))
			s->phase = OVER;
	}
	if (!p)
		p = end;
	s->at = (size_t)(p - record.ptr);
	keep_broken(s, start, (size_t)(p - start));
	if (s->owes_why && s->text.len == s->sizes.stub)
		return say_why(s);
	return s->phase == OVER ? GO_ON : MORE;
}

static enum step end_document(struct crm_split *s)
{
	if (s->owes_why)
		return say_why(s);
	drop(s, s->at);
	if (s->found || s->is_broken) {
		crm_input_put_back(s->input);
		return ENDED;
	}
	s->found = true;
	s->line = s->head_line;
	s->reason = "has no list of records where the channel says";
	crm_str_clear(&s->text);
	crm_str_add(&s->text, s->head.ptr, s->head.len);
	return REFUSED;
}

static enum step step(struct crm_split *s, struct crm_json_doc *doc)
{
	struct crm_slice record;

	if (s->sorted || (s->n_items && (s->broken || s->owes_wait)))
		return give_batch(s, doc);
	if (s->broken)
		return begin_passing_over(s);
	if (s->owes_wait)
		return MORE;
	if (s->phase == OVER)
		return end_document(s);
	if (s->phase == PASS_OVER)
		return pass_over(s);
	record = crm_input_record(s->input);
	if (s->phase == IN_VALUE)
		return go_on_value(s, doc, record);
	if (!skip_blanks(s, record))
		return MORE;
	return s->broken ? GO_ON : read_token(s, doc, record);
}

/* Has the input read on. Only what is still needed is kept of what was. */
static enum crm_read read_on(struct crm_split *s)
{
	enum crm_read got;

	if (s->owes_wait) {
		s->owes_wait = false;
		return CRM_READ_WAIT;
	}
	if (s->n_items)
		drop(s, (size_t)(s->items[0].from - s->base));
	else if (s->phase == IN_VALUE && s->kind != DROP)
		drop(s, s->value_at);
	else
		drop(s, s->at);
	got = crm_input_piece(s->input);
	if (got == CRM_READ_WAIT && s->n_items) {
		s->owes_wait = true; /* first what there is */
		return CRM_READ_OK;
	}
	if (got != CRM_READ_END)
		return got;
	if (s->phase == PASS_OVER) {
		keep_broken(s, crm_input_record(s->input).ptr, crm_input_record(s->input).len);
		s->at = crm_input_record(s->input).len;
		s->phase = OVER;
	} else if (s->phase == ROOT) { /* blanks, and nothing else */
		s->found = true;
		s->phase = OVER;
	} else {
		break_off(s, "the document does not end");
	}
	return CRM_READ_OK;
}

enum crm_read crm_split_next(struct crm_split *s, struct crm_json_doc *doc)
{
	enum crm_read got;

	for (;;) {
		switch (step(s, doc)) {
		case GIVEN:
			return CRM_READ_OK;
		case REFUSED:
			return CRM_READ_BAD;
		case ENDED:
			return CRM_READ_END;
		case MORE:
			if ((got = read_on(s)) != CRM_READ_OK)
				return got;
			break;
		case GO_ON:
			break;
		}
	}
}

struct crm_slice crm_split_bytes(const struct crm_split *s)
{
	return crm_str_slice(&s->text);
}

int64_t crm_split_line(const struct crm_split *s)
{
	return s->line;
}

const char *crm_split_reason(const struct crm_split *s)
{
	return s->reason;
}

bool crm_split_is_broken(const struct crm_split *s)
{
	return s->is_broken;
}
