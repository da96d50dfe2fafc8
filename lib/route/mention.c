/* SPDX-License-Identifier: MIT */
/* Who is called in a text; see mention.h. */
#include "route/mention.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes beyond ASCII are letters here: names may have them. */
static bool is_name_byte(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x80 || (u >= '0' && u <= '9') || ((u | 32) >= 'a' && (u | 32) <= 'z')
	       || u == '_' || u == '-' || u == '.' || u == '+';
}

static bool is_called(struct crm_slice name, const char *what)
{
	return strlen(what) == name.len && !strncasecmp(name.ptr, what, name.len);
}

struct search {
	const struct crm_agents *agents;
	bool *called; /* by agent: was told already */
	void (*each)(void *data, struct crm_slice name, const struct crm_agent *agent);
	void *data;
};

static void tell(struct search *s, struct crm_slice name, size_t i)
{
	if (!s->called[i])
		s->each(s->data, name, &s->agents->list[i]);
	s->called[i] = true;
}

static bool tell_agent(struct search *s, struct crm_slice name)
{
	for (size_t i = 0; i < s->agents->n; i++)
		if (is_called(name, s->agents->list[i].agent)) {
			tell(s, name, i);
			return true;
		}
	return false;
}

static bool tell_team(struct search *s, struct crm_slice name)
{
	bool found = false;

	for (size_t i = 0; i < s->agents->n; i++) {
		const struct crm_names *teams = &s->agents->list[i].teams;

		for (size_t k = 0; k < teams->n; k++)
			if (is_called(name, teams->names[k])) {
				tell(s, name, i);
				found = true;
				break;
			}
	}
	return found;
}

/* name may end with what is no part of it: "@ben." */
static void tell_longest(struct search *s, struct crm_slice name)
{
	struct crm_slice whole = name;

	for (; name.len; name.len--) {
		if (tell_agent(s, name) || tell_team(s, name))
			return;
		if (is_name_byte(name.ptr[name.len - 1]) && !strchr("._-+", name.ptr[name.len - 1]))
			break;
	}
	while (whole.len && strchr("._-+", whole.ptr[whole.len - 1]))
		whole.len--;
	if (whole.len)
		s->each(s->data, whole, NULL);
}

void crm_mentions(const struct crm_agents *agents, struct crm_slice text,
		  void (*each)(void *data, struct crm_slice name, const struct crm_agent *agent),
		  void *data)
{
	struct search s = {agents, crm_calloc(agents->n + 1, sizeof(bool)), each, data};

	for (size_t i = 0; i < text.len; i++) {
		size_t n = 0;

		if (text.ptr[i] != '@' || (i && is_name_byte(text.ptr[i - 1])))
			continue;
		while (i + 1 + n < text.len && is_name_byte(text.ptr[i + 1 + n]))
			n++;
		if (n && !(i + 1 + n < text.len && text.ptr[i + 1 + n] == '@'))
			tell_longest(&s, (struct crm_slice){text.ptr + i + 1, n});
		i += n;
	}
	free(s.called);
}
